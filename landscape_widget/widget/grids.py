"""Which points are computed, and in which order: grids from coarse to fine, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Value = TypeVar("Value")

CURVE_POINTS = (11, 41)  # every fourth point of the fine curve is one of the coarse
SURFACE_POINTS = (5, 11, 21)  # before the wanted resolution; 5 and 11 lie in 21, 21 in 41
DIGITS = 12  # two coordinates that differ by rounding only are one point


@dataclass(frozen=True, eq=False)
class Grid:
    """Points of a plane: a curve along alpha (beta = 0), or a surface.

    Attributes:
        alphas: `[A]`, increasing.
        betas: `[B]`; None for a curve.
    """

    alphas: Array
    betas: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """`(A,)` or `(B, A)`."""
        sizes = (len(self.alphas),) if self.betas is None else (len(self.betas), len(self.alphas))
        return tuple(sizes)

    @property
    def coords(self) -> Array:
        """`[G, 2]`, row-major: one row of alphas for each beta."""
        betas = np.zeros(1) if self.betas is None else self.betas
        beta, alpha = np.meshgrid(betas, self.alphas, indexing="ij")
        coords: Array = np.stack([alpha.ravel(), beta.ravel()], axis=1)
        return coords


def axis(span: float, points: int) -> Array:
    """`[points]` from -span to span; where their number is odd, 0 is one of them exactly."""
    nodes: Array = np.linspace(-span, span, points)
    if points % 2:
        nodes[points // 2] = 0.0
    return nodes


def curve_grids(span: float) -> list[Grid]:
    """The curve over (-span, span), coarse to fine."""
    return [Grid(axis(span, points)) for points in CURVE_POINTS]


def surface_grids(span: float, resolution: int) -> list[Grid]:
    """The surface over (-span, span) squared, coarse to fine; the last has the wanted resolution."""
    coarser = [points for points in SURFACE_POINTS if points < resolution and _helps(points, resolution)]
    axes = [axis(span, points) for points in [*coarser, resolution]]
    return [Grid(nodes, nodes) for nodes in axes]


def _helps(points: int, resolution: int) -> bool:
    """A coarser grid costs nothing where its points are used again; a small one is worth it anyway."""
    return (resolution - 1) % (points - 1) == 0 or points**2 < resolution**2 / 4


class Known(Generic[Value]):
    """What has been computed at points of one plane."""

    def __init__(self) -> None:
        self._values: dict[tuple[float, float], Value] = {}

    def __len__(self) -> int:
        return len(self._values)

    def add(self, coord: Sequence[float], value: Value) -> None:
        """Keep the value at `(alpha, beta)`."""
        self._values[_key(coord)] = value

    def at(self, coords: Array) -> list[Value | None]:
        """The values at `coords [G, 2]`; None where nothing has been computed."""
        return [self._values.get(_key(coord)) for coord in coords]

    def missing(self, coords: Array) -> Array:
        """`[M, 2]`: those of `coords [G, 2]` still to be computed, from the centre outwards."""
        is_missing = np.array([_key(coord) not in self._values for coord in coords], dtype=bool)
        left: Array = coords[is_missing]
        return left[np.argsort(np.abs(left).max(axis=1), kind="stable")] if len(left) else left


def _key(coord: Sequence[float]) -> tuple[float, float]:
    return round(float(coord[0]), DIGITS), round(float(coord[1]), DIGITS)


def num_missing(known: Known[Value], grids: Sequence[Grid]) -> int:
    """How many points all these grids together still need."""
    points = {_key(coord) for grid in grids for coord in grid.coords}
    return sum(value is None for value in known.at(np.array(sorted(points))))


def still_wanted(known: Known[Value], grids: Sequence[Grid]) -> list[Grid]:
    """The grids from the last one that is known as a whole on; all of them where none is."""
    first = max((i for i, grid in enumerate(grids) if not num_missing(known, [grid])), default=0)
    return list(grids[first:])


def refined(coarse: Grid, losses: Array, fine: Grid) -> Array:
    """`losses` of a coarse surface read off bilinearly on a finer one, `[B, A]`: a first look, not values.

    Where a corner is NaN so is the cell.
    """
    assert coarse.betas is not None
    assert fine.betas is not None
    rows = np.stack([np.interp(fine.alphas, coarse.alphas, row) for row in losses])
    filled: Array = np.stack([np.interp(fine.betas, coarse.betas, column) for column in rows.T], axis=1)
    return filled
