"""Plain grids from coarse to fine, for slices that are no smooth functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.chebyshev import tensor_coords
from landscape_widget.slices.display import spread_linearly, uniform_axis
from landscape_widget.widget.known import Known, Value, num_missing

Array = NDArray[np.float64]

CURVE_POINTS = (11, 41)  # every fourth point of the fine curve is one of the coarse
SURFACE_POINTS = (5, 11, 21)  # before the wanted resolution; 5 and 11 lie in 21, 21 in 41


@dataclass(frozen=True, eq=False)
class Grid:
    """Points of a line or a plane around the centre, equally far on both sides.

    Attributes:
        axes: One `[A]` for a curve, `[A]` and `[B]` for a surface, increasing.
    """

    axes: tuple[Array, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """`(A,)` or `(B, A)`."""
        return tuple(axis.size for axis in reversed(self.axes))

    @property
    def coords(self) -> Array:
        """`[G, K]`, row-major: one row of alphas for each beta."""
        return tensor_coords(self.axes)


def curve_grids(span: float) -> list[Grid]:
    """The curve over (-span, span), coarse to fine."""
    return [Grid((uniform_axis(-span, span, points),)) for points in CURVE_POINTS]


def surface_grids(span: float, resolution: int) -> list[Grid]:
    """The surface over (-span, span) squared, coarse to fine; the last has the wanted resolution."""
    coarser = [points for points in SURFACE_POINTS if points < resolution and _helps(points, resolution)]
    axes = [uniform_axis(-span, span, points) for points in [*coarser, resolution]]
    return [Grid((nodes, nodes)) for nodes in axes]


def _helps(points: int, resolution: int) -> bool:
    """A coarser grid costs nothing where its points are used again; a small one is worth it anyway."""
    return (resolution - 1) % (points - 1) == 0 or points**2 < resolution**2 / 4


def still_wanted(known: Known[Value], grids: Sequence[Grid], steps: Array) -> list[Grid]:
    """The grids from the last one that is known as a whole on; all of them where none is.

    Args:
        known: Points of a plane.
        grids: Coarse to fine.
        steps: `[K', K]`: the grid's axes in the coordinates of `known`.
    """
    whole = [i for i, grid in enumerate(grids) if not num_missing(known, [grid.coords @ steps])]
    return list(grids[max(whole, default=0) :])


def refined(coarse: Grid, losses: Array, fine: Grid) -> Array:
    """`losses` of a coarse grid read off linearly on a finer one: a first look, not values.

    Where a corner is NaN so is the cell.
    """
    return spread_linearly(coarse.axes, losses, fine.axes)
