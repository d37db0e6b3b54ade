"""What may stand where losses of a surface are missing."""

from __future__ import annotations

import numpy as np


def walled(losses: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Every hole as high as the greatest loss."""
    return np.where(holes, losses[~holes].max(), losses)


def bridged(losses: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Every hole filled from its rim inwards, each point with the mean of its known neighbours."""
    filled, unknown = np.where(holes, 0.0, losses), holes.copy()
    while unknown.any():
        known = np.pad(~unknown, 1).astype(float)
        sums, counts = _around(np.pad(filled, 1) * known), _around(known)
        rim = unknown & (counts > 0)
        filled[rim] = sums[rim] / counts[rim]
        unknown &= ~rim
    return filled


def _around(padded: np.ndarray) -> np.ndarray:
    """Sum over the eight neighbours of each inner point."""
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    shifts = [(b, a) for b in range(3) for a in range(3) if (b, a) != (1, 1)]
    total: np.ndarray = sum((padded[b : b + rows, a : a + columns] for b, a in shifts), np.zeros((rows, columns)))
    return total
