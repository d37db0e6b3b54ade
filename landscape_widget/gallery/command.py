"""`landscape-widget gallery DIR`: makes the exhibits one after the other and writes the page."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from landscape_widget import __version__
from landscape_widget._checks import complaint
from landscape_widget.gallery.exhibits import SECTIONS, Exhibit
from landscape_widget.gallery.hanging import Hung, Workshop
from landscape_widget.gallery.page import page

PAGE = "index.html"
FAILED, STOPPED = 1, 130  # exit statuses: a kind is not shown; Ctrl-C


def add_options(parser: argparse.ArgumentParser) -> None:
    """The argument of `gallery`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="an empty folder, or a new one")


def run(options: argparse.Namespace) -> int:
    """Make the whole gallery; returns the exit status."""
    return make(options.folder)


def make(folder: Path, sections: Mapping[str, Sequence[Exhibit]] = SECTIONS) -> int:
    """Make exhibits and a page that holds them; returns the exit status, 1 if one does not show its kind.

    Ctrl-C ends it with the page of what there is.

    Args:
        folder: Empty, or new.
        sections: By title.

    Raises:
        RuntimeError: The folder cannot be used, or matplotlib is missing.
    """
    _prepare(folder)
    hung: dict[str, list[Hung]] = {title: [] for title in sections}
    try:
        _hang_all(Workshop(folder), sections, hung)
    except KeyboardInterrupt:
        _say("Interrupted: the page holds what there is.\n")
        return STOPPED
    finally:
        (folder / PAGE).write_text(page(hung, __version__), encoding="utf-8")
    _say(f"{(folder / PAGE).resolve()}\n")
    missing = [one.exhibit.name for section in hung.values() for one in section if not one.succeeded]
    if missing:
        sys.stderr.write(f"landscape-widget: not of the kind that they must show: {', '.join(missing)}\n")
    return FAILED if missing else 0


def _prepare(folder: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise RuntimeError(f"matplotlib is not installed. Install it: {sys.executable} -m pip install matplotlib")
    if folder.exists() and not folder.is_dir():
        raise RuntimeError(complaint("DIR", "a folder", str(folder), "A file has that name."))
    if folder.is_dir() and any(folder.iterdir()):
        raise RuntimeError(complaint("DIR", "an empty folder, or a new one", str(folder), "Something is in it."))
    folder.mkdir(parents=True, exist_ok=True)


def _hang_all(workshop: Workshop, sections: Mapping[str, Sequence[Exhibit]], hung: Mapping[str, list[Hung]]) -> None:
    """Into `hung`, one after the other, so that an interrupt leaves what was made."""
    total, done = sum(map(len, sections.values())), 0
    for title, exhibits in sections.items():
        for exhibit in exhibits:
            done += 1
            _say(f"{done}/{total} {exhibit.name} ... ")
            start = time.perf_counter()
            hung[title].append(_one(workshop, exhibit))
            _say(f"{hung[title][-1].shown.kind}, {time.perf_counter() - start:.0f} s\n")


def _one(workshop: Workshop, exhibit: Exhibit) -> Hung:
    with warnings.catch_warnings():
        # In a cell an interrupt of mining keeps what there is; here it ends the command.
        warnings.filterwarnings("error", message="Mining was interrupted")
        try:
            return workshop.hang(exhibit)
        except UserWarning as interrupt:
            raise KeyboardInterrupt from interrupt


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
