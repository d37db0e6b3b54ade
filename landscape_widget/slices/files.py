"""One file for everything that is saved: a .npz container without pickle, whose header is JSON."""

from __future__ import annotations

import json
import os
import struct
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

FORMAT = "landscape_widget"
VERSION = 1
SUFFIX = ".npz"

_HEADER = "header"
_ZIP_MAGIC = b"PK"
# What zipfile and numpy raise on files cut short, overwritten or made by someone who means harm.
_DAMAGE: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, MemoryError),
    *(KeyError, TypeError, ValueError, NotImplementedError, RuntimeError),
)


class Container(NamedTuple):
    """What a file holds.

    Attributes:
        kind: `"curve"`, `"surface"`, `"direction"`.
        header: What is no array, JSON-able.
        arrays: Name -> array.
    """

    kind: str
    header: dict[str, Any]
    arrays: dict[str, np.ndarray]


def write_container(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> Path:
    """Write one file and return its path, which ends in `.npz`: where it does not, that is appended.

    The file appears as a whole or not at all: an existing one is replaced only when the new one is complete.

    Raises:
        TypeError: If the header holds something that JSON cannot say, or an array holds Python objects.
        FileNotFoundError: If the folder does not exist.
    """
    target = target_of(path, SUFFIX)
    head = {"format": FORMAT, "version": VERSION, "kind": kind, "header": dict(header)}
    text = json.dumps(head, default=plain)
    members = {_HEADER: np.frombuffer(text.encode(), dtype=np.uint8)} | _checked(arrays)
    with whole_file(target) as file:
        np.savez(file, allow_pickle=False, **members)
    return target


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A file to write to, which appears once it is complete, and not at all after an error.

    Raises:
        FileNotFoundError: If the folder does not exist.
    """
    if not target.parent.is_dir():
        raise FileNotFoundError(f"path must lie in an existing folder, got {str(target)!r}. Create it first.")
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def read_container(path: str | os.PathLike[str]) -> Container:
    """Read a file of `write_container`; the suffix `.npz` may be left out. Nothing in it is executed.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the file was not saved by this package, is damaged, or of a newer format.
    """
    source = _source(path)
    _check_is_zip(source)
    head, arrays = _members(source)
    if head.get("format") != FORMAT:
        raise _foreign(source)
    version = head.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise damaged(source, f"version {version!r}")
    if version > VERSION:
        raise ValueError(
            f"path must be a file of format {VERSION} or older, got format {version} in {str(source)!r}. "
            "It was saved by a newer landscape_widget: upgrade with pip install -U landscape-widget."
        )
    if not isinstance(head.get("kind"), str) or not isinstance(head.get("header"), dict):
        raise damaged(source, "its header is not whole")
    return Container(head["kind"], head["header"], arrays)


def damaged(path: str | os.PathLike[str], detail: object) -> ValueError:
    """The error about one of our own files that cannot be read."""
    what = f"{detail!r}" if isinstance(detail, Exception) else str(detail)
    return ValueError(
        f"path must be an undamaged file, got {os.fspath(path)!r} ({what}). Save it again, or use another copy."
    )


def _foreign(path: Path) -> ValueError:
    return ValueError(
        f"path must be a file saved by landscape_widget, got {str(path)!r}, which is something else. "
        "Slices and directions are saved with .save(path)."
    )


def target_of(path: str | os.PathLike[str], suffix: str) -> Path:
    """Where to write: the path, with its suffix where that is missing; where a link leads, not the link itself."""
    asked = _as_path(path)
    if not asked.name:
        raise ValueError(f"path must name a file, got {os.fspath(path)!r}.")
    whole = asked if asked.suffix == suffix else asked.with_name(asked.name + suffix)
    return whole.resolve() if whole.is_symlink() else whole


def _source(path: str | os.PathLike[str]) -> Path:
    asked = _as_path(path)
    for candidate in (asked, asked.with_name(asked.name + SUFFIX) if asked.name else asked):
        if candidate.is_file():
            return candidate
    if asked.is_dir():
        raise IsADirectoryError(f"path must be a file, got the folder {str(asked)!r}.")
    raise FileNotFoundError(f"path must be an existing file, got {str(asked)!r}.")


def _as_path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(f"path must be a string or a path, got {path!r}.")
    return Path(path).expanduser()


def _checked(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if name == _HEADER or array.dtype.hasobject:
            raise TypeError(f"arrays must be numbers, none of them called 'header', got {name!r}: {array.dtype}.")
    return plain


def plain(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"header must hold numbers, texts, lists and dicts only, got {value!r}.")


def _check_is_zip(path: Path) -> None:
    if zipfile.is_zipfile(path):
        return
    with path.open("rb") as file:
        start = file.read(len(_ZIP_MAGIC))
    # A .npz cut short has lost the table of contents at its end, and still begins like one.
    raise damaged(path, "it is not whole") if start == _ZIP_MAGIC else _foreign(path)


def _members(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{_HEADER}.npy" not in archive.namelist():
                raise _foreign(path)
            broken = archive.testzip()
        if broken is not None:
            raise damaged(path, f"{broken} is not what was written")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head = json.loads(arrays.pop(_HEADER).tobytes())
    except _DAMAGE as error:
        if isinstance(error, ValueError) and str(error).startswith("path must be"):
            raise
        raise damaged(path, error) from error
    return (head, arrays) if isinstance(head, dict) else ({}, arrays)
