"""Loss axes and colours under which both the centre and its walls can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

# From here on, walls that are this many times as high as the lowest loss would flatten everything else.
HUGE_RATIO = 100.0
# A curve stays readable on a linear axis until its walls are this many ceilings high.
HIGH_CEILINGS = 4.0
# A loss that touches 0 would pull a log axis down without end.
LOG_DECADES = 5.0


@dataclass(frozen=True)
class LossAxis:
    """How losses are drawn.

    Attributes:
        low: The lowest loss that is told apart.
        high: The highest one.
        is_log: The scale is logarithmic.
        note: What was done, in words; empty where nothing was.
    """

    low: float
    high: float
    is_log: bool = False
    note: str = ""


def curve_axis(losses: ArrayLike, ceiling: float | None = None, log: bool | None = None) -> LossAxis:
    """Of a curve: logarithmic where positive losses stretch over a huge range, far above the ceiling.

    Args:
        losses: What is drawn; holes are left out.
        ceiling: A rise in loss that counts as high.
        log: Whether the axis is logarithmic; None: as said above.

    Raises:
        ValueError: If it is to be logarithmic and not all losses are positive.
    """
    low, high = _limits(losses)
    is_high = ceiling is None or high - low >= HIGH_CEILINGS * ceiling
    if _chosen(log, low, _is_huge(low, high) and is_high):
        return _log(low, high, "log loss axis")
    return LossAxis(low, high)


def surface_axis(losses: ArrayLike, ceiling: float | None = None, log: bool | None = None) -> LossAxis:
    """Of a map: logarithmic where walls are a hundred times the lowest loss.

    Where losses are not all positive, colours stop a few ceilings above the lowest one instead. `log` and errors as
    in `curve_axis`.
    """
    low, high = _limits(losses)
    if _chosen(log, low, _is_huge(low, high)):
        return _log(low, high, "log colour scale")
    if low <= 0 and ceiling is not None and high - low > HIGH_CEILINGS * ceiling:
        top = low + HIGH_CEILINGS * ceiling
        return LossAxis(low, top, note=f"colours stop at {top:.3g}, losses reach {high:.3g}")
    return LossAxis(low, high)


def _chosen(log: bool | None, low: float, is_better: bool) -> bool:
    if log and low <= 0:
        raise ValueError(
            f"log must be False or None where not all losses are positive, got {log}. The lowest is {low:.4g}."
        )
    return is_better if log is None else log


def _is_huge(low: float, high: float) -> bool:
    return low > 0 and high >= HUGE_RATIO * low


def _log(low: float, high: float, note: str) -> LossAxis:
    least = high * 10**-LOG_DECADES
    if low >= least:
        return LossAxis(low, high, is_log=True, note=note)
    return LossAxis(least, high, is_log=True, note=f"{note} from {least:.2g} up, losses reach {low:.2g}")


def _limits(losses: ArrayLike) -> tuple[float, float]:
    values = np.asarray(losses, dtype=np.float64)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
