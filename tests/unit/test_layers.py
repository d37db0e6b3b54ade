"""Who may import whom: a file imports only from the rows above its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import landscape_widget

ROOT = Path(landscape_widget.__file__).parent
NAME = "landscape_widget"
# Data flow downwards. A folder or a file of the package is one row; `__init__` is the package itself.
ROWS = (
    "_checks",
    "progress",
    "core",
    "shapes",
    "slices",
    "engine",
    "curvature",
    "directions",
    "mining",
    "slicing",
    "recipes",
    "census",
    "verifying",
    "report",
    "page_file",
    "widget",
    "landscape",
    "demo",
    "demo_data",
    "bench",
    "__init__",
    "gallery",
    "export_command",
    "__main__",
)
WITHOUT_TORCH = {"_checks", "shapes", "slices"}
WIDGET_LIBRARIES = {"anywidget", "ipywidgets", "ipyvolume", "traitlets", "IPython"}
SLOW_TO_IMPORT = {"h5py", "ipyvolume", "matplotlib", "skimage", "xarray"}  # imported when first used
# The files that may import these at their top; so they are themselves imported only inside functions.
DRAWS = {"slices.drawing", "curvature.drawing"}
# Reads `__version__`, which stands in the package itself.
READS_VERSION = {"landscape"}


def modules() -> dict[str, Path]:
    """Dotted name below the package -> file; a folder's `__init__` bears the folder's name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[-1] == "__init__" and len(parts) > 1:
            parts.pop()
        found[".".join(parts)] = path
    return found


MODULES = modules()


def row(module: str) -> str:
    return module.split(".")[0]


def own_name(dotted: str) -> str:
    """`landscape_widget.core.params` -> `core.params`; the package itself is `__init__`."""
    return dotted.removeprefix(NAME).lstrip(".") or "__init__"


def targets(node: ast.Import | ast.ImportFrom, folder: str) -> list[str]:
    """The modules that one statement of a file in `folder` imports, ours by the longest name that is a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parents = folder.split(".")
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [base])])
    if base.split(".")[0] != NAME:
        return [base]
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [name if own_name(name) in MODULES else base for name in inner]


def imports(module: str, *, top_level_only: bool = False) -> Iterator[str]:
    path = MODULES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    folder = ".".join([NAME, *path.parent.relative_to(ROOT).parts])
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from targets(node, folder)


def own_imports(module: str, *, top_level_only: bool = False) -> set[str]:
    found = imports(module, top_level_only=top_level_only)
    return {own_name(name) for name in found if name.split(".")[0] == NAME}


def libraries(module: str, *, top_level_only: bool = False) -> set[str]:
    return {name.split(".")[0] for name in imports(module, top_level_only=top_level_only)}


def forbidden(module: str, imported: set[str]) -> list[str]:
    """Those of the imported modules that stand in a lower row than the module's own."""
    place = ROWS.index(row(module))
    return sorted(name for name in imported if ROWS.index(row(name)) > place)


def test_every_module_has_a_row() -> None:
    assert {row(module) for module in MODULES} <= set(ROWS)
    assert {"core.params", "shapes", "demo", "__init__", "__main__"} <= set(MODULES)


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"__init__"}))
def test_imports_point_upwards(module: str) -> None:
    allowed = {"__init__"} if module in READS_VERSION else set()
    assert forbidden(module, own_imports(module) - allowed) == []


def test_a_forbidden_import_is_seen() -> None:
    imported = {"_checks", "core.gate", "engine.evaluate", "__init__"}
    assert forbidden("core.params", imported) == ["__init__", "engine.evaluate"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from landscape_widget.core import params", ["landscape_widget.core.params"]),
        ("from landscape_widget.core.params import ParamSpace", ["landscape_widget.core.params"]),
        ("from .params import ParamSpace", ["landscape_widget.core.params"]),
        ("from . import gate, params", ["landscape_widget.core.gate", "landscape_widget.core.params"]),
        ("from ..shapes import curves", ["landscape_widget.shapes.curves"]),
        ("from landscape_widget import __version__", ["landscape_widget"]),
        ("import torch.nn, numpy", ["torch.nn", "numpy"]),
    ],
)
def test_every_form_of_import_is_read(statement: str, expected: list[str]) -> None:
    node = ast.parse(statement).body[0]
    assert isinstance(node, ast.Import | ast.ImportFrom)
    assert targets(node, "landscape_widget.core") == expected


@pytest.mark.parametrize("folder", sorted({row(module) for module in MODULES if "." in module}))
def test_no_circle_inside_a_folder(folder: str) -> None:
    waiting = {m: own_imports(m, top_level_only=True) - {m} for m in MODULES if row(m) == folder}
    # A folder's `__init__` gathers names from its files and is imported by none of them.
    waiting.pop(folder, None)
    while waiting:
        free = {module for module, needed in waiting.items() if not needed & set(waiting)}
        assert free, f"these import each other in a circle: {sorted(waiting)}"
        waiting = {module: needed for module, needed in waiting.items() if module not in free}


@pytest.mark.parametrize("module", MODULES)
def test_libraries_stay_where_they_belong(module: str) -> None:
    if row(module) in WITHOUT_TORCH:
        assert "torch" not in libraries(module)
    if row(module) != "widget":
        assert not libraries(module) & WIDGET_LIBRARIES
    if module not in DRAWS:
        assert not libraries(module, top_level_only=True) & SLOW_TO_IMPORT
        assert not own_imports(module, top_level_only=True) & DRAWS


def test_only_the_landscape_opens_the_widget() -> None:
    users = {module for module in MODULES if "widget" in {row(name) for name in own_imports(module)}}
    allowed = {"landscape", "__init__", "__main__"}
    assert {module for module in users if row(module) != "widget"} <= allowed
    for module in ("landscape", "__init__"):
        assert "widget" not in {row(name) for name in own_imports(module, top_level_only=True)}


def test_the_package_imports_light() -> None:
    code = f"import sys, {NAME}; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    names = {name.split(".")[0] for name in loaded.stdout.split()}
    assert {NAME, "numpy"} <= names
    assert not names & {"ipyvolume", "ipywidgets", "anywidget", "matplotlib", "IPython", "sklearn", "pandas"}
