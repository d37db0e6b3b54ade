"""Topological prominence on a line: how far one must climb out of each dip of a curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_OUTSIDE = -1  # what lies beyond both borders: deeper than every dip


class Dip(NamedTuple):
    """A local minimum, paired with the point over which it joins deeper ground.

    Attributes:
        point: Where the minimum lies; the middle of a flat bottom.
        barrier: Where the water of a rising flood first runs over to a deeper dip or past the border.
        prominence: Loss at the barrier minus loss at the minimum, greater than 0.
    """

    point: int
    barrier: int
    prominence: float


def find_dips(losses: np.ndarray, distances: np.ndarray) -> list[Dip]:
    """All dips of a curve, from left to right, by persistence pairing.

    The points are visited from the lowest to the highest. A point with no visited neighbour opens a dip, one
    between two dips ends the shallower of them. Beyond the borders lies deeper ground, so a minimum on the
    border is no dip, and a border is the wall of the dip beside it.

    Args:
        losses: `[A]`, finite.
        distances: `[A]`, distance from the centre. Of dips that are equally deep, the nearer one lives on:
            a curve and its mirror image then have the same dips.
    """
    count = len(losses)
    order = np.lexsort((np.arange(count), distances, losses))
    rank = {_OUTSIDE: -1} | {int(point): place for place, point in enumerate(order)}
    owner = {_OUTSIDE: _OUTSIDE, count: _OUTSIDE}  # union-find; a dip is named by its lowest point
    dips = []
    for point in map(int, order):
        beside = {_root(owner, near) for near in (point - 1, point + 1) if near in owner}
        eldest = min(beside, key=rank.__getitem__, default=point)
        owner[point] = eldest
        for root in beside - {eldest}:
            owner[root] = eldest
            dips.append(Dip(root, point, float(losses[point] - losses[root])))
    real = [dip._replace(point=_middle(losses, dip.point)) for dip in dips if dip.prominence > 0]
    return sorted(real)


def _root(owner: dict[int, int], point: int) -> int:
    while owner[point] != point:
        owner[point] = owner[owner[point]]
        point = owner[point]
    return point


def _middle(losses: np.ndarray, index: int) -> int:
    """The middle of the flat stretch around `index`; of two middles, the one nearer to `index`."""
    low = high = index
    while losses[low - 1] == losses[index]:
        low -= 1
    while losses[high + 1] == losses[index]:
        high += 1
    return (low + high + (index > (low + high) / 2)) // 2
