"""Topological prominence on a line: how far one must climb out of each dip of a curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Dip(NamedTuple):
    """A local minimum, paired with the point over which it joins deeper ground.

    Attributes:
        point: Where the minimum lies; the middle of a flat bottom.
        barrier: Where the water of a rising flood first runs over to a deeper dip; for the deepest dip of all,
            the highest point of the curve.
        prominence: Loss at the barrier minus loss at the minimum, greater than 0.
    """

    point: int
    barrier: int
    prominence: float


def find_dips(losses: np.ndarray, distances: np.ndarray) -> list[Dip]:
    """All dips of a curve, from left to right, by persistence pairing; the borders are walls.

    The points are visited from the lowest to the highest. A point with no visited neighbour opens a dip, one
    between two dips ends the shallower of them. Minima on the border are among the dips.

    Args:
        losses: `[A]`, finite.
        distances: `[A]`, distance from the centre. Of dips that are equally deep, the nearer one lives on:
            a curve and its mirror image then have the same dips.
    """
    order = [int(point) for point in np.lexsort((np.arange(len(losses)), distances, losses))]
    rank = {point: place for place, point in enumerate(order)}
    owner: dict[int, int] = {}  # union-find over the visited points; a dip is named by its lowest point
    pairs = [(order[0], _top(losses, distances))]
    for point in order:
        beside = {_root(owner, near) for near in (point - 1, point + 1) if near in owner}
        eldest = min(beside, key=rank.__getitem__, default=point)
        owner[point] = eldest
        for root in beside - {eldest}:
            owner[root] = eldest
            pairs.append((root, point))
    heights = [float(losses[barrier] - losses[root]) for root, barrier in pairs]
    dips = [(_middle(losses, root), top, height) for (root, top), height in zip(pairs, heights, strict=True)]
    return sorted(Dip(*dip) for dip in dips if dip[2] > 0)


def _top(losses: np.ndarray, distances: np.ndarray) -> int:
    """The highest point; of equal ones the nearest to the centre."""
    return int(np.lexsort((-distances, losses))[-1])


def _root(owner: dict[int, int], point: int) -> int:
    while owner[point] != point:
        owner[point] = owner[owner[point]]
        point = owner[point]
    return point


def _middle(losses: np.ndarray, index: int) -> int:
    """The middle of the flat stretch around `index`; of two middles, the one nearer to `index`."""
    low = high = index
    while low > 0 and losses[low - 1] == losses[index]:
        low -= 1
    while high < len(losses) - 1 and losses[high + 1] == losses[index]:
        high += 1
    return (low + high + (index > (low + high) / 2)) // 2
