"""Saved slices, read back with no model at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from landscape_widget._checks import complaint
from landscape_widget.slices import records
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.files import damaged, read_container
from landscape_widget.slices.surface import Surface

Reader = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Any]


def load(path: str | os.PathLike[str], readers: Mapping[str, Reader] | None = None) -> Any:
    """Read a saved slice, or what `readers` (kind of file -> function of header and arrays) know besides.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file was not saved by this package, is damaged, newer, or of a kind not known.
    """
    kind, header, arrays = read_container(path)
    known: dict[str, Reader] = {"curve": _curve, "surface": _surface, **(readers or {})}
    if kind not in known:
        raise ValueError(complaint("path", "a saved " + " or ".join(known), f"a {kind} in {os.fspath(path)}"))
    try:
        return known[kind](header, arrays)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise damaged(path, error) from error


def _curve(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Curve:
    return Curve(**records.assembled(header, arrays))


def _surface(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Surface:
    return Surface(**records.assembled(header, arrays))
