"""The table of the paper's explanation: curvatures of random directions beside what trace and norm predict of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from landscape_widget.curvature.moments import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
LEVEL = 0.95  # of intervals


@dataclass(frozen=True, eq=False)
class Explanation:
    """Curvatures along random directions beside their prediction.

    Attributes:
        noise: Law of the directions.
        normalize: Their lengths.
        curvatures: `[n]`, `d^T H d`, in nats per squared alpha.
        predicted_mean: tr M.
        predicted_spread: Standard deviation.
        degrees: Of freedom, of the chi-square law that the measured variance follows; fewer than n - 1 where few
            eigenvalues dominate.
        predicted_negative: Share of negative curvatures, by a normal law.
        bound: An upper bound of that share, by theory.
        bound_by: Whose.
        effective_rank: tr(M)^2 / |M|^2.
        marks: Name -> curvature of other directions, at the length of the random ones: gradient, ends of the
            spectrum, directions of the user's.
        approximate: Products were differences of gradients.
    """

    noise: str
    normalize: str
    curvatures: Array
    predicted_mean: Estimate
    predicted_spread: Estimate
    degrees: float
    predicted_negative: float
    bound: float
    bound_by: str
    effective_rank: float
    marks: Mapping[str, float]
    approximate: bool

    @property
    def mean(self) -> float:
        """Of the measured curvatures."""
        return float(self.curvatures.mean())

    @property
    def spread(self) -> float:
        """Their standard deviation."""
        return float(self.curvatures.std(ddof=1))

    @property
    def negative(self) -> float:
        """The share of them below zero."""
        return float((self.curvatures < 0).mean())

    @property
    def spread_interval(self) -> tuple[float, float]:
        """Where the measured spread lies in 95 % of cases if the prediction is right."""
        tails = (1 - LEVEL) / 2, (1 + LEVEL) / 2
        low, high = (math.sqrt(float(chi2.ppf(tail, self.degrees)) / self.degrees) for tail in tails)
        spread = self.predicted_spread.estimate
        return low * spread, high * spread

    @property
    def spread_pvalue(self) -> float:
        """Chance of a spread at least as odd as the measured one, two-sided, if the prediction is right."""
        ratio = (self.spread / self.predicted_spread.estimate) ** 2 * self.degrees
        below = float(chi2.cdf(ratio, self.degrees))
        return min(1.0, 2 * min(below, 1 - below))

    def __str__(self) -> str:
        count, (low, high) = len(self.curvatures), self.spread_interval
        title = f"{count} {self.noise} directions, normalize={self.normalize!r}: curvature d^T H d"
        if self.approximate:
            title += " (approximate: differences of gradients)"
        rows = [
            ("mean", f"{self.mean:.5g}", str(self.predicted_mean)),
            ("spread", f"{self.spread:.4g}", f"{self.predicted_spread}, 95 % of {count}: {low:.4g} to {high:.4g}"),
            ("negative", f"{100 * self.negative:.3g} %", self._negative_in_words()),
        ]
        lines = [f"  {name:<9} {seen:>11}   predicted {told}" for name, seen, told in rows]
        relative = math.sqrt(2 / self.effective_rank) if self.effective_rank else math.inf
        lines.append(f"  effective rank {self.effective_rank:.4g}: relative spread sqrt(2/r) = {relative:.3g}")
        lines.append("  at the same length:")
        width = max(map(len, self.marks), default=0)
        mean = self.predicted_mean.estimate
        for name, value in self.marks.items():
            lines.append(f"    {name:<{width}} {value:>11.5g}   {value / mean:.3g} x the mean")
        return "\n".join([title, *lines])

    __repr__ = __str__

    def _negative_in_words(self) -> str:
        return (
            f"{100 * self.predicted_negative:.2g} % by a normal law, at most {100 * self.bound:.2g} % ({self.bound_by})"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The histogram with its prediction and the marks, into `ax` or a new figure; returns the axes."""
        from landscape_widget.curvature.drawing import draw_explanation

        return draw_explanation(self, ax)
