"""Saved directions, read back."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
import torch

from landscape_widget._checks import complaint
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions.direction import FILE_KIND, Direction
from landscape_widget.slices.files import read_container


def load(path: str | PathLike[str]) -> Direction:
    """A saved direction with no model at hand.

    Raises:
        ValueError: If the file is no direction, or damaged.
    """
    kind, header, arrays = read_container(path)
    if kind != FILE_KIND:
        remedy = "Slices are read by landscape_widget.load(path)."
        raise ValueError(complaint("path", "a saved direction", f"a {kind} in {path}", remedy))
    return from_record(header, arrays)


def from_record(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Direction:
    """The direction that a container of kind `"direction"` holds."""
    try:
        vector = torch.from_numpy(np.array(arrays["vector"]))
        shapes = tuple(tuple(int(n) for n in shape) for shape in header["shapes"])
        space = ParamSpace(tuple(header["names"]), shapes, vector.dtype)
        span = header["default_span"]
        return Direction(
            vector=vector,
            label=str(header["label"]),
            source=dict(header["source"]),
            default_span=tuple(span) if isinstance(span, list) else float(span),
            space=space,
            saved_hash=header["weights"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"path must be a whole saved direction, got a damaged one: {error!r}.") from error
