"""Topological prominence: how far one must climb out of each dip of a curve, or of a surface."""

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
    """All dips of a curve, from left to right; the borders are walls. Minima on the border are among them.

    Args:
        losses: `[A]`, finite.
        distances: `[A]`, distance from the centre. Of dips that are equally deep, the nearer one lives on:
            a curve and its mirror image then have the same dips.
    """
    points = np.arange(len(losses))
    beside = np.stack([points - 1, np.where(points + 1 < len(losses), points + 1, -1)], axis=1)
    heights = [(root, top, float(losses[top] - losses[root])) for root, top in paired(losses, distances, beside)]
    dips = [Dip(_middle(losses, root), top, height) for root, top, height in heights]
    return sorted(dip for dip in dips if dip.prominence > 0)


def paired(losses: np.ndarray, distances: np.ndarray, beside: np.ndarray) -> list[tuple[int, int]]:
    """(Lowest point, barrier) of every dip, by persistence pairing.

    The points are visited from the lowest to the highest. A point with no visited neighbour opens a dip, one
    between two dips ends the shallower of them.

    Args:
        losses: `[N]`, finite.
        distances: `[N]`: of points that are equally deep the nearer one comes first.
        beside: `[N, M]`: neighbours of each point; -1 for none.
    """
    order = np.lexsort((np.arange(len(losses)), distances, losses))
    rank = np.empty(len(losses) + 1, dtype=int)
    rank[order], rank[-1] = np.arange(len(losses)), len(losses)  # -1, no point, comes after all of them
    pairs = [(0, int(rank[_top(losses, distances)]))]
    owner: list[int] = []  # union-find over the visited ranks; a dip is named by its lowest
    for place, ranks in enumerate(rank[beside[order]].tolist()):
        roots = {_root(owner, near) for near in ranks if near < place}
        eldest = min(roots, default=place)
        owner.append(eldest)
        for root in roots - {eldest}:
            owner[root] = eldest
            pairs.append((root, place))
    return [(int(order[root]), int(order[top])) for root, top in pairs]


def _top(losses: np.ndarray, distances: np.ndarray) -> int:
    """The highest point; of equal ones the nearest to the centre."""
    return int(np.lexsort((-distances, losses))[-1])


def _root(owner: list[int], point: int) -> int:
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
