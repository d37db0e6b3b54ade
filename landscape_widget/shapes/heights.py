"""When two losses differ: what counts above noise, rounding and a share of the scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Dips below this share of the scale are not told from noise (kappa; checked on measured curves).
KAPPA = 0.01
# Standard errors that a difference must exceed.
SIGMAS = 3.0
# Differences below this share of the losses themselves are rounding of float32 sums: about eight units in the
# last place.
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Heights:
    """The losses that are judged, by the index of their point.

    Attributes:
        losses: `[N]`, finite: an infinite loss stands as high as the highest finite one.
        noise: `[N]`, standard error of the paired difference to the centre.
        scale: The height that counts, `min(range, ceiling)`.
        cap: The loss from which everything counts as equally high; inf without a ceiling.
    """

    losses: np.ndarray
    noise: np.ndarray
    scale: float
    cap: float

    def floor(self, *points: int) -> float:
        """The least difference in loss that counts between these points (at least one)."""
        return float(max(self.floors[point] for point in points))

    def error(self, *points: int) -> float:
        """What noise and rounding may do to a difference between these points; what is surely high has none."""
        return float(max(self._errors[point] for point in points))

    def capped(self, point: int, prominence: float) -> float:
        """A prominence as far as it lies below the cap."""
        return float(min(prominence, self.cap - self.losses[point]))

    @cached_property
    def floors(self) -> np.ndarray:
        """`[N]`: the least difference to each point that counts."""
        floors: np.ndarray = np.maximum(self._errors, KAPPA * self.scale)
        return floors

    @cached_property
    def _errors(self) -> np.ndarray:
        rounding = ROUNDING * np.minimum(np.abs(self.losses), abs(self.cap))
        is_surely_high = self.losses - SIGMAS * self.noise > self.cap
        errors: np.ndarray = np.where(is_surely_high, 0.0, np.maximum(SIGMAS * self.noise, rounding))
        return errors
