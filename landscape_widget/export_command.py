"""`landscape-widget export`: the offline page without a notebook, of the demo or of what a function returns."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from landscape_widget import Landscape, demo
from landscape_widget._checks import complaint
from landscape_widget.page_file import page_path

FORM = "module:function"
DESCRIPTION = (
    "Compute the plane of two Gaussian directions and write PAGE, one file of HTML that needs no network: its sliders "
    "for mixing, noise scale and resolution redraw curve, map and surface. Takes about half a minute for the demo."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be given after `export`."""
    parser.add_argument("page", metavar="PAGE", help="the file to write, ending in .html; an existing one is replaced")
    parser.add_argument(
        "--model",
        metavar=FORM,
        type=_named,
        help="a function without arguments that returns a Landscape, such as train:landscape for landscape() in "
        "./train.py (default: the demo's network)",
    )
    parser.add_argument("--title", default="", help="the page's heading")


def run(arguments: argparse.Namespace) -> int:
    """Write the page; returns the exit status."""
    try:
        page_path(arguments.page)  # before the model is made, which may take long
    except ValueError as error:
        raise RuntimeError(error) from None
    landscape = demo() if arguments.model is None else _made(*arguments.model)
    written = landscape.export(arguments.page, title=arguments.title)
    sys.stdout.write(f"Wrote {written} ({written.stat().st_size // 1000} kB). Open it in any browser.\n")
    return 0


def _named(text: str) -> tuple[str, str]:
    module, colon, function = text.partition(":")
    if colon and function.isidentifier() and all(part.isidentifier() for part in module.split(".")):
        return module, function
    raise argparse.ArgumentTypeError(complaint("--model", FORM, text, "train:landscape is landscape() in ./train.py."))


def _made(module: str, name: str) -> Landscape:
    """What the function returns; what it raises is its own affair and comes with its traceback."""
    function = getattr(_imported(module), name, None)
    if not callable(function):
        got = "no such name" if function is None else type(function).__name__
        raise RuntimeError(complaint("--model", f"a function of {module}", f"{module}:{name} ({got})"))
    made = function()
    if not isinstance(made, Landscape):
        rule = "a function that returns a Landscape"
        raise RuntimeError(complaint("--model", rule, f"{module}:{name}, which returned {type(made).__name__}"))
    return made


def _imported(module: str) -> object:
    """Looked for in the present folder first, as `python -m` does."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # something that the module itself wants is missing
        remedy = f"No module is called {error.name!r} in {folder} or in this environment."
        raise RuntimeError(complaint("--model", "a module that can be imported", module, remedy)) from None
