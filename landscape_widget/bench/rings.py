"""The ring test of a wine bottle: losses on circles around the centre, computed one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from landscape_widget.directions import Direction
from landscape_widget.landscape import Landscape
from landscape_widget.shapes.heights import KAPPA
from landscape_widget.shapes.scale import scale_of

ANGLES = 16
RADII = (0.5, 1.0, 1.5, 2.0)
MOAT = 1.0  # where the miner wants low ground
SPLITS = ("train", "test")


def ring_test(landscape: Landscape, directions: Sequence[Direction]) -> bool:
    """Whether a plane is a wine bottle at all angles, on the training and on the held-out data."""
    return all(is_bottle(center, rings, landscape.ceiling) for center, rings in rings_of(landscape, directions))


def is_bottle(center: float, rings: NDArray[np.float64], ceiling: float | None) -> bool:
    """Whether every point of the moat lies below the centre, and every angle rises behind its lowest point.

    Args:
        center: The loss there.
        rings: `[R, ANGLES]`, from the innermost to the outermost.
        ceiling: A rise that counts as high.
    """
    least = KAPPA * scale_of([center, *rings.ravel()], ceiling)
    moat = rings[RADII.index(MOAT)]
    walls = rings[-1] - rings.min(axis=0)
    return bool((center - moat >= least).all() and (walls >= least).all())


def rings_of(landscape: Landscape, directions: Sequence[Direction]) -> list[tuple[float, NDArray[np.float64]]]:
    """The loss at the centre and `[R, ANGLES]` on the rings, for each split; exact.

    The first angle is half a step: at 0 nothing would be left of the second direction, and there is no such direction.
    """
    d, e = directions
    lines = []
    for angle in 2 * np.pi * (np.arange(ANGLES // 2) + 0.5) / ANGLES:
        line = float(np.cos(angle)) * d + float(np.sin(angle)) * e
        count = 2 * len(RADII) + 1
        lines.append(landscape.curve(line, span=RADII[-1], exact=True, points=count, split=SPLITS, progress=False))
    return [_rings([line[split].losses for line in lines]) for split in SPLITS]


def _rings(lines: Sequence[NDArray[np.float64]]) -> tuple[float, NDArray[np.float64]]:
    """Lines `[2 R + 1]` through the centre, from one side to the other -> rings."""
    losses, middle = np.stack(lines), len(RADII)
    right, left = losses[:, middle + 1 :], losses[:, middle - 1 :: -1]
    return float(losses[0, middle]), np.concatenate([right, left]).T
