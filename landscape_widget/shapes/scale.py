"""How high is high: the scale by which the losses of a slice are judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

# Where no ceiling is known, walls may be this share of the range before they hide what lies at the bottom.
_LEAST_SHARE = 0.1


def scale_of(losses: ArrayLike, ceiling: float | None = None) -> float:
    """The smaller of the losses' range and `ceiling`; 0 if nothing is finite. NaN and inf do not count."""
    finite = _finite(losses)
    if not finite.size:
        return 0.0
    height = float(finite.max() - finite.min())
    return height if ceiling is None else min(height, ceiling)


def ceiling_of(losses: ArrayLike) -> float | None:
    """The ceiling of a slice whose loss names none: the larger of median - min and a tenth of the range.

    NaN and inf do not count; None if nothing is finite or all losses are the same.
    """
    finite = _finite(losses)
    if not finite.size or finite.min() == finite.max():
        return None
    low = finite.min()
    return float(max(np.median(finite) - low, _LEAST_SHARE * (finite.max() - low)))


def slice_scale(losses: np.ndarray, ceiling: float | None) -> float:
    """The scale of a slice, `min(range, ceiling)`, where the ceiling may be left to its losses."""
    return scale_of(losses, ceiling if ceiling is not None else ceiling_of(losses))


def unit_of(losses: np.ndarray, lowest: float, scale: float) -> np.ndarray:
    """`max(scale, L - L_min)`: the unit of errors; 1 where all is flat."""
    unit: np.ndarray = np.maximum(scale, losses - lowest)
    unit[unit <= 0] = 1.0
    return unit


def _finite(losses: ArrayLike) -> np.ndarray:
    values = np.asarray(losses, dtype=np.float64)
    return values[np.isfinite(values)]
