"""Limits of an axis that stay put during a drag, so that a zoom does not look like nothing happening."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Shares of an axis that the data may take; beyond them it is fitted anew as soon as it may move.
LEAST_SHARE, LARGEST_SHARE = 0.25, 0.95
PADDING = 0.08  # of the data's range, above and below, once fitted


@dataclass(frozen=True)
class Limits:
    """The ends of an axis, or of a colour range; `low < high`, both finite."""

    low: float
    high: float

    @property
    def ends(self) -> tuple[float, float]:
        """`(low, high)`."""
        return (self.low, self.high)

    def suits(self, low: float, high: float) -> bool:
        """Whether data from `low` to `high` lie inside and take a sensible share of the axis."""
        share = (high - low) / (self.high - self.low)
        return self.low <= low and high <= self.high and LEAST_SHARE <= share <= LARGEST_SHARE


def fitted(low: float, high: float) -> Limits:
    """Limits with a little room around the data; what is nowhere negative gets no negative end."""
    room = PADDING * (high - low) or 0.05 * abs(high) or 1.0
    bottom = low - room
    return Limits(max(bottom, 0.0) if low >= 0 else bottom, high + room)


def fitted_log(low: float, high: float) -> Limits:
    """The same for a log axis: room by a factor; `0 < low <= high`."""
    factor = max((high / low) ** PADDING, 1.05)
    return Limits(low / factor, high * factor)


def extent(losses: NDArray[np.float64], *, positive: bool = False) -> tuple[float, float] | None:
    """Smallest and largest finite (and, if asked, positive) value; None where there is none."""
    kept = losses[np.isfinite(losses) & ((losses > 0) | (not positive))]
    return (float(kept.min()), float(kept.max())) if kept.size else None


class LimitsKeeper:
    """The limits of one axis through many pictures."""

    def __init__(self, *, cap: float = math.inf) -> None:
        """`cap`: a rise above the lowest value that the axis never exceeds (walls are cut there)."""
        self._cap = cap
        self._limits: Limits | None = None
        self._is_log = False

    def forget(self) -> None:
        """Fit to the next picture: another landscape, another quantity."""
        self._limits = None

    def limits(self, losses: NDArray[np.float64], *, may_move: bool, is_log: bool = False) -> Limits:
        """The limits under which these losses (any shape) are to be drawn.

        Args:
            losses: What is to be drawn; NaN and inf are left out.
            may_move: False during a drag and where the axes are locked; else the limits are fitted anew once
                the data leave them or have become tiny in them.
            is_log: The axis is logarithmic; a change of that always fits anew.
        """
        if is_log != self._is_log:
            self._limits, self._is_log = None, is_log
        ends = extent(losses, positive=is_log)
        if ends is None:
            return self._limits or Limits(0.1 if is_log else 0.0, 1.0)
        low, high = ends[0], min(ends[1], ends[0] + self._cap)
        if self._limits is None or (may_move and not self._suits(self._limits, low, high)):
            self._limits = fitted_log(low, high) if is_log else fitted(low, high)
        return self._limits

    def _suits(self, limits: Limits, low: float, high: float) -> bool:
        if not self._is_log:
            return limits.suits(low, high)
        return Limits(math.log(limits.low), math.log(limits.high)).suits(math.log(low), math.log(high))
