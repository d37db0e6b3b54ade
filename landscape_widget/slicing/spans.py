"""Spans and grids as users write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget._checks import as_bounds, as_int, complaint
from landscape_widget.directions.direction import Direction
from landscape_widget.slices.display import uniform_axis

Array = NDArray[np.float64]
Bounds = tuple[float, float]

MOST_POINTS = 2001  # an axis; more is a slip of the keyboard
EXACT_POINTS = {1: 41, 2: 41, 3: 17}  # an axis of an exact grid, by number of axes


def bounds_of(span: Any, directions: Sequence[Direction]) -> list[Bounds]:
    """(low, high) of each axis; without a span each direction's own."""
    single = isinstance(span, (tuple, list)) and len(directions) == 1
    spans = [span] if single else one_an_axis("span", span, len(directions))
    return [as_bounds("span", d.default_span if own is None else own) for own, d in zip(spans, directions, strict=True)]


def grid_of(limits: Sequence[Bounds], points: Any) -> tuple[Array, ...]:
    """The uniform grid of an exact slice; a node lies at the centre where span and number of points allow it."""
    default = EXACT_POINTS[len(limits)]
    counts = one_an_axis("points", points, len(limits))
    sizes = [default if count is None else as_int("points", count, low=2, high=MOST_POINTS) for count in counts]
    return tuple(uniform_axis(low, high, size) for (low, high), size in zip(limits, sizes, strict=True))


def one_an_axis(name: str, value: Any, num_axes: int) -> list[Any]:
    """An argument for each axis: one value for all, or a tuple with one entry an axis, alpha first."""
    if not isinstance(value, (tuple, list)):
        return [value] * num_axes
    if len(value) != num_axes:
        raise ValueError(complaint(name, f"one value, or {num_axes} of them, alpha first", value))
    return list(value)
