"""How random directions are explained, in short steps.

For d = D z with independent z of mean 0 and variance 1 and M = D H D: E d^T H d = tr M, and
Var d^T H d = 2 |M|^2 + (kurtosis - 3) sum_i M_ii^2. Where noise is brought to the length of each filter, layer or
model, the part of the spread that comes from its length is gone: (kurtosis - 1) sum_f (tr M_ff)^2 / n_f, as if each
block were isotropic. That the Hessian explains v-basins is a claim of arXiv:2405.12493; these statements are our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

from landscape_widget.core.params import ParamSpace
from landscape_widget.curvature.explanation import Array, Explanation
from landscape_widget.curvature.moments import Estimate
from landscape_widget.curvature.operator import Operator
from landscape_widget.curvature.probing import SAMPLES_A_PASS, Probing

Draw = Callable[[str, int, str], Tensor]  # noise, seed, normalize -> [P]
# Fourth moment of a law over its squared variance, and its variance where it is not normalised.
KURTOSIS = {"gaussian": 3.0, "rademacher": 1.0, "uniform": 1.8}
VARIANCE = {"gaussian": 1.0, "rademacher": 1.0, "uniform": 1 / 3}
NORMALIZATIONS = ("filter", "layer", "model", "none")
PRODUCTS = 600  # at most, for each of trace, norm and the ends of the spectrum


class Said(NamedTuple):
    """How far an explanation has come: so much is done, of so much, in words."""

    done: int
    total: int
    words: str


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


@dataclass(frozen=True)
class Question:
    """What is to be explained.

    Attributes:
        n: How many random directions, seeds 0, 1, ...
        noise: Their law, one of `KURTOSIS`.
        normalize: Their lengths, one of `NORMALIZATIONS`.
        named: Name -> `[P]`: more directions to be placed among them.
        tol: Relative standard error of trace and norm.
    """

    n: int
    noise: str
    normalize: str
    named: Mapping[str, Tensor]
    tol: float


def explaining(
    question: Question,
    units: Units,
    plain: Operator,
    probing: Probing,
    draw: Draw,
    known: list[float],
    budget: int | None,
) -> Generator[Said, None, Explanation]:
    """Pauses after each short piece of work.

    Args:
        question: What to explain.
        units: Of its normalisation.
        plain: The Hessian itself.
        probing: Of the Hessian in these units.
        draw: noise, seed, normalize -> the direction `[P]`.
        known: Curvatures of the first seeds; more are added.
        budget: Memory in bytes, or None.
    """
    noise, normalize, count = question.noise, question.normalize, question.n
    while len(known) < count:
        seeds = range(len(known), min(count, len(known) + SAMPLES_A_PASS))
        known += quadratics(plain, torch.stack([draw(noise, seed, normalize) for seed in seeds]))
        yield Said(len(known), count, "random directions")
    for what in ("trace", "norm"):
        for done, total in probing.estimating(what, question.tol, PRODUCTS, budget):
            yield Said(done, total, what)
    for done, total in probing.converging(1, "both", 1e-3, PRODUCTS, budget):
        yield Said(done, total, "ends of the spectrum")
    marks = _marks(probing, question.named)
    return _explained(probing, units, np.array(known[:count]), marks, question)


def quadratics(operator: Operator, rows: Tensor) -> list[float]:
    """`d^T H d` of directions `[k, P]`, by an operator in the plain metric."""
    rows = rows.to(operator.like)
    return [float(value) for value in (rows.double() * operator.apply(rows).double()).sum(1)]


def _explained(
    probing: Probing, units: Units, found: Array, marks: dict[str, float], question: Question
) -> Explanation:
    noise, normalize, tol = question.noise, question.normalize, question.tol
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


def _marks(probing: Probing, named: Mapping[str, Tensor]) -> dict[str, float]:
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
