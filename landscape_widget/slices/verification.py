"""What a check of a slice found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slices.nodes import Array


@dataclass(frozen=True, eq=False)
class Verification:
    """A slice beside what a landscape computes at the same points; prints as a short report.

    Attributes:
        agrees: Whether all agree: computed points within rounding, points between them within twice the stated error,
            and the centre.
        verdict: In one sentence, whether it agrees, or what differs.
        findings: What else was noticed, one sentence each.
        coords: `[n, K]`, alpha first: the points computed again.
        shown: `[n]`: what the slice says there.
        computed: `[n]`: what the landscape says.
        is_node: `[n]`: whether the slice's value was computed at that very point.
        center_losses: The slice's and the landscape's.
        error: What the slice states as its largest error.
        evaluations: How many points this cost.
    """

    agrees: bool
    verdict: str
    findings: tuple[str, ...]
    coords: Array
    shown: Array
    computed: Array
    is_node: NDArray[np.bool_]
    center_losses: tuple[float, float]
    error: float
    evaluations: int

    @property
    def differences(self) -> Array:
        """`[n]`: absolute differences; NaN where either is no finite number."""
        with np.errstate(invalid="ignore"):
            sizes: Array = np.abs(self.shown - self.computed)
        return np.where(np.isfinite(sizes), sizes, np.nan)

    @property
    def largest_difference(self) -> float:
        """Over all points, in the unit of the loss; NaN where none can be compared."""
        return self._largest(np.ones_like(self.is_node))[0]

    def _largest(self, chosen: NDArray[np.bool_]) -> tuple[float, str]:
        """The largest difference of some of the points, and where it is."""
        sizes = np.where(chosen, self.differences, np.nan)
        if np.isnan(sizes).all():
            return float("nan"), "no point"
        place = int(np.nanargmax(sizes))
        where = ", ".join(f"{name} = {at:.4g}" for name, at in zip(AXIS_NAMES, self.coords[place], strict=False))
        return float(sizes[place]), where

    def __repr__(self) -> str:
        nodes = self.is_node
        size, where = self._largest(nodes)
        word = "agrees" if self.agrees else f"differs. {self.verdict}"
        lines = [f"Verification: {word}", f"  {nodes.sum()} points: largest difference {size:.3g} at {where}"]
        if not nodes.all():
            size, where = self._largest(~nodes)
            stated = f"the slice states {self.error:.3g}"
            lines.append(f"  {(~nodes).sum()} points between: largest difference {size:.3g} at {where} ({stated})")
        lines.append("  centre {:.6g} in the slice, {:.6g} here".format(*self.center_losses))
        return "\n".join([*lines, *(f"  {finding}" for finding in self.findings)])
