"""Command line: `demo` opens JupyterLab on the quickstart; `export` a page, `bench` speed, `gallery` pictures."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from landscape_widget import __version__, export_command
from landscape_widget._checks import complaint
from landscape_widget.bench import command as bench
from landscape_widget.gallery import command as gallery

FOLDER = "landscape-demo"
NOTEBOOK = "quickstart.ipynb"
_PACKAGE = Path(__file__).resolve().parent
# In a wheel the notebook lies in the package, in a checkout beside it.
_SOURCES = (_PACKAGE / "notebooks" / NOTEBOOK, _PACKAGE.parent / "notebooks" / NOTEBOOK)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "bench":
            return bench.run(arguments)
        if arguments.command == "export":
            return export_command.run(arguments)
        if arguments.command == "gallery":
            return gallery.run(arguments)
        return _demo(no_browser=arguments.no_browser, port=arguments.port)
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"landscape-widget: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="landscape-widget", description="Loss landscapes in JupyterLab.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    demo = commands.add_parser(
        "demo",
        help="open JupyterLab on a copy of the quickstart notebook",
        description=f"Copy {NOTEBOOK} into ./{FOLDER} (never over an old copy) and open JupyterLab on it.",
    )
    demo.add_argument("--no-browser", action="store_true", help="start the server, print its address, open nothing")
    demo.add_argument("--port", type=_port, help="port of the server (default: JupyterLab's choice)")
    export_command.add_options(
        commands.add_parser(
            "export",
            help="write one offline page whose sliders work without a kernel",
            description=export_command.DESCRIPTION,
        )
    )
    bench.add_options(
        commands.add_parser(
            "bench",
            help="measure how fast slices are here, beside other tools",
            description="Time exact and adaptive surfaces of small networks beside the plain loop and the other tools "
            "that are installed here, compare their values, and print tables. Takes some minutes.",
        )
    )
    gallery.add_options(
        commands.add_parser(
            "gallery",
            help="write a page with every kind of curve and surface",
            description="Make every kind of curve and every recipe for a surface on the demo's network, and write "
            "pictures and a page, index.html, into DIR. Takes some minutes; fails if a kind is not shown.",
        )
    )
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(complaint("port", "an integer from 1 to 65535", text))


def _demo(*, no_browser: bool, port: int | None) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise RuntimeError(
            f"JupyterLab is not installed in this environment. Install it: {sys.executable} -m pip install jupyterlab"
        )
    notebook = _copy_notebook(Path.cwd() / FOLDER)
    return _run(_lab_command(notebook, no_browser=no_browser, port=port))


def _copy_notebook(folder: Path) -> Path:
    """The notebook in `folder`: a new copy, or the one that is there, which is never overwritten."""
    notebook = folder / NOTEBOOK
    if notebook.exists():
        _say(f"{notebook} is there already: opening it as it is. For a fresh copy rename or delete it.")
        return notebook
    source = next((path for path in _SOURCES if path.exists()), None)
    if source is None:
        raise RuntimeError(f"{NOTEBOOK} is missing from this installation. Install landscape-widget again.")
    folder.mkdir(exist_ok=True)
    shutil.copyfile(source, notebook)
    _say(f"Copied the quickstart to {notebook}.")
    return notebook


def _lab_command(notebook: Path, *, no_browser: bool, port: int | None) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebook.parent}"]
    command.append(f"--LabApp.default_url=/lab/tree/{notebook.name}")  # so the printed address leads there too
    # Without these JupyterLab asks other machines for news and updates.
    command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    if no_browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container everybody is root, and JupyterLab would refuse
    return command


def _run(command: list[str]) -> int:
    if os.name == "posix":
        os.execv(command[0], command)  # so that Ctrl-C and signals reach JupyterLab itself
    return subprocess.call(command)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
