"""Saved slices, read back with no model at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from landscape_widget._checks import complaint
from landscape_widget.slices import records
from landscape_widget.slices.base import Slice
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.files import damaged, read_container
from landscape_widget.slices.hdf5 import is_hdf5, read_hdf5
from landscape_widget.slices.surface import Surface
from landscape_widget.slices.volume import Volume

Reader = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Any]


def load(path: str | os.PathLike[str], readers: Mapping[str, Reader] | None = None) -> Any:
    """Read a saved slice, or what `readers` (kind of file -> function of header and arrays) know besides.

    Files of tomgoldstein/loss-landscape (`.h5`) are read too: surfaces, curves and directions.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file was not saved by this package, is damaged, newer, or of a kind not known.
    """
    if isinstance(path, (str, os.PathLike)) and is_hdf5(path):
        return read_hdf5(path)
    kind, header, arrays = read_container(path)
    slices: dict[str, type[Slice]] = {"curve": Curve, "surface": Surface, "volume": Volume}
    known: dict[str, Reader] = {name: partial(_assembled, cls) for name, cls in slices.items()} | dict(readers or {})
    if kind not in known:
        *others, last = known
        rule = f"a saved {', '.join(others)} or {last}"
        raise ValueError(complaint("path", rule, f"a {kind} in {os.fspath(path)}"))
    try:
        return known[kind](header, arrays)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise damaged(path, error) from error


def _assembled(cls: type[Slice], header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Slice:
    return cls(**records.assembled(header, arrays))
