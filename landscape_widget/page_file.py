"""Where a page is written to, and how: as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from landscape_widget._checks import complaint
from landscape_widget.slices.files import whole_file

SUFFIXES = (".html", ".htm")


def page_path(path: str | os.PathLike[str]) -> Path:
    """The file that a page shall be written to.

    Raises:
        TypeError: If that is no path.
        ValueError: If its name does not end in `.html`.
        FileNotFoundError: If its folder does not exist.
        IsADirectoryError: If it is a folder itself.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(complaint("path", "a path", path, "Write 'page.html'."))
    target = Path(path).expanduser()
    if target.is_dir():
        raise IsADirectoryError(f"path must be a file, got the folder {str(target)!r}. Add a name: 'page.html'.")
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(complaint("path", "the name of a page, ending in .html", str(target)))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"path must lie in an existing folder, got {str(target)!r}. Create it first.")
    return target


def write_page(target: Path, text: str) -> Path:
    """Write it; an existing file is replaced only when the new one is complete."""
    with whole_file(target) as file:
        file.write(text.encode())
    return target
