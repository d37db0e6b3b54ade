"""Why random directions show what they show: the curvatures of many, and what trace and norm predict of them.

For d = D z with independent z of mean 0 and variance 1 and M = D H D: E d^T H d = tr M, and
Var d^T H d = 2 |M|^2 + (kurtosis - 3) sum_i M_ii^2. Where noise is brought to the length of each filter, layer or
model, the part of the spread that comes from its length is gone: (kurtosis - 1) sum_f (tr M_ff)^2 / n_f, as if each
block were isotropic. That the Hessian explains v-basins is a claim of arXiv:2405.12493; these statements are our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import chi2
from torch import Tensor

from landscape_widget._checks import as_choice
from landscape_widget.core.objective import Objective
from landscape_widget.core.params import ParamSpace
from landscape_widget.curvature.moments import Estimate
from landscape_widget.curvature.operator import Operator
from landscape_widget.curvature.probing import SAMPLES_A_PASS, Probing
from landscape_widget.progress import watched

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Draw = Callable[[str, int, str], Tensor]  # noise, seed, normalize -> [P]
# Fourth moment of a law over its squared variance, and its variance where it is not normalised.
KURTOSIS = {"gaussian": 3.0, "rademacher": 1.0, "uniform": 1.8}
VARIANCE = {"gaussian": 1.0, "rademacher": 1.0, "uniform": 1 / 3}
NORMALIZATIONS = ("filter", "layer", "model", "none")
LEVEL = 0.95  # of intervals
PRODUCTS = 600  # at most, for each of trace, norm and the ends of the spectrum


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


@dataclass(frozen=True)
class Units:
    """What a normalisation makes of noise: d = D z, with z of variance 1 and a fixed length in each group.

    Attributes:
        scale: `[P]` float64, D; None: 1 everywhere.
        groups: `[P]`, which group each weight belongs to; None where no length is fixed.
    """

    scale: Tensor | None
    groups: Tensor | None


def units_of(space: ParamSpace, center: Tensor, normalize: str) -> Units:
    """D and the groups of one normalisation at a centre `[P]`."""
    if normalize == "none":
        return Units(None, None)
    whole = center.detach().cpu().double()
    if normalize == "model":
        return Units(torch.full_like(whole, float(whole.norm()) / len(whole) ** 0.5), torch.zeros(len(whole)).long())
    scales, groups, count = [], [], 0
    for size, rows in zip(space.sizes, space.filters(whole), strict=True):
        if rows is None:
            scales.append(whole.new_zeros(size))
            groups.append(torch.full((size,), count))
            count += 1
            continue
        rows = rows if normalize == "filter" else rows.reshape(1, -1)
        each = rows.norm(dim=1, keepdim=True) / rows.shape[1] ** 0.5
        scales.append(each.expand_as(rows).reshape(-1))
        groups.append((count + torch.arange(len(rows)))[:, None].expand_as(rows).reshape(-1))
        count += len(rows)
    return Units(torch.cat(scales), torch.cat(groups))


def explain(
    objective: Objective,
    probing_of: Callable[[Tensor | None, Any], Probing],
    draw: Draw,
    n: int,
    *,
    noise: str,
    normalize: str,
    named: Mapping[str, Tensor],
    tol: float,
    progress: Any,
) -> Explanation:
    """See `Hessian.explain`; `probing_of(scale, key)` gives the operator of a metric."""
    as_choice("noise", noise, KURTOSIS)
    as_choice("normalize", normalize, NORMALIZATIONS)
    units = units_of(objective.space, objective.center, normalize)
    key = ("plain", None) if normalize == "none" else ("units", normalize)
    probing = probing_of(units.scale, key)
    with watched(progress, "directions") as report:
        plain = probing_of(None, ("plain", None)).operator
        found: list[float] = []
        for start in range(0, n, SAMPLES_A_PASS):
            seeds = range(start, min(n, start + SAMPLES_A_PASS))
            found += quadratics(plain, torch.stack([draw(noise, seed, normalize) for seed in seeds]))
            report(len(found), n)
        for what in ("trace", "norm"):
            probing.estimate_to(what, tol, PRODUCTS, objective.memory_budget, lambda *_: None)
        probing.converge(1, "both", 1e-3, PRODUCTS, objective.memory_budget, lambda *_: None)
        marks = _marks(probing, plain, named)
    return _explained(probing, units, np.array(found), marks, noise, normalize, tol)


def quadratics(operator: Operator, rows: Tensor) -> list[float]:
    """`d^T H d` of directions `[k, P]`, by an operator in the plain metric."""
    rows = rows.to(operator.like)
    return [float(value) for value in (rows.double() * operator.apply(rows).double()).sum(1)]


def _explained(
    probing: Probing, units: Units, found: Array, marks: dict[str, float], noise: str, normalize: str, tol: float
) -> Explanation:
    variance = VARIANCE[noise] if normalize == "none" else 1.0
    trace, norm = (probing.estimate(what, tol) for what in ("trace", "norm"))
    mean = Estimate(variance * trace.estimate, variance * trace.stderr, trace.converged, trace.products)
    spread = variance * math.sqrt(max(_variance(probing, units, noise), 0.0))
    error = spread * norm.stderr / norm.estimate if norm.estimate else 0.0
    values = probing.recurrence.ritz().values
    excess = 12 * float((values**4).sum()) / norm.estimate**4 if norm.estimate else 0.0
    count = len(found)
    is_gaussian = noise == "gaussian" and normalize in ("none", "model")
    bound = _laurent_massart(trace.estimate, norm.estimate, float(values[0])) if is_gaussian else None
    return Explanation(
        noise,
        normalize,
        found,
        mean,
        Estimate(spread, error, norm.converged, norm.products),
        2 / (2 / (count - 1) + excess / count),
        float(ndtr(-mean.estimate / spread)) if spread else 0.0,
        _cantelli(mean.estimate, spread) if bound is None else bound,
        "Cantelli 1928" if bound is None else "Laurent and Massart 2000",
        (trace.estimate / norm.estimate) ** 2 if norm.estimate else 0.0,
        {name: variance * value for name, value in marks.items()},
        probing.operator.products.is_approximate,
    )


def _variance(probing: Probing, units: Units, noise: str) -> float:
    """Of `d^T H d` where z has variance 1."""
    moments, kurtosis = probing.moments, KURTOSIS[noise]
    assert moments is not None
    found = 2 * moments.norm()[0] ** 2
    if kurtosis != 3:
        found += (kurtosis - 3) * moments.squared_diagonal()
    if units.groups is not None:
        groups = probing.operator.gathered(units.groups.to(probing.operator.like)).long()
        found -= (kurtosis - 1) * moments.squared_traces(groups)
    return found


def _marks(probing: Probing, plain: Operator, named: Mapping[str, Tensor]) -> dict[str, float]:
    """Curvatures of chosen directions at the length of random ones, sqrt(n) in units of the metric."""
    operator, values = probing.operator, probing.recurrence.ritz().values
    marks = {
        "top eigenvector": operator.size * float(values[-1]),
        "bottom eigenvector": operator.size * float(values[0]),
    }
    rows = {"gradient": operator.gradient(), **{name: operator.units(row) for name, row in named.items()}}
    for name, row in rows.items():
        length = float(row.double().square().sum())
        if length > 0:
            marks[name] = operator.size * quadratics_in_units(operator, row) / length
    return marks


def quadratics_in_units(operator: Operator, row: Tensor) -> float:
    """`u^T M u` of one vector `[n]` in units of the metric."""
    return float((row.double() * operator.apply(row[None])[0].double()).sum())


def _laurent_massart(trace: float, norm: float, lowest: float) -> float:
    """`P(z^T M z <= 0) <= exp(-s^2)` with `2 norm s + 2 max(-lowest, 0) s^2 = trace`, for Gaussian z.

    Source: Laurent and Massart 2000, lemma 1, for the form with eigenvalues of both signs.
    """
    if trace <= 0:
        return 1.0
    low = max(-lowest, 0.0)
    root = trace / (norm + math.sqrt(norm**2 + 2 * low * trace))
    return math.exp(-(root**2))


def _cantelli(mean: float, spread: float) -> float:
    """`P(x <= 0) <= spread^2 / (spread^2 + mean^2)` for any law with a positive mean."""
    return 1.0 if mean <= 0 else spread**2 / (spread**2 + mean**2)
