"""Is the mined curve of the wanted kind? Asked on one part of the data at a time, with its own noise."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.objective import Objective, PointValue
from landscape_widget.mining.objectives import Goal
from landscape_widget.shapes.classification import Classification
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.scale import ceiling_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Judgement:
    """A mined curve on one part of the data.

    Attributes:
        classification: With the noise of the differences to the centre, where it is known.
        center_loss: In nats.
        lowest: Least finite loss of the curve.
        has_noise: Whether the losses of single samples were to be had.
        num_points: Points computed.
    """

    classification: Classification
    center_loss: float
    lowest: float
    has_noise: bool
    num_points: int

    @property
    def height(self) -> float:
        """What the kind is measured by: depth of a w-peak, barrier of a vvv-basin; NaN for other kinds."""
        found = self.classification
        return found.depth if found.kind == "w-peak" else found.barrier

    def shows(self, kind: str) -> bool:
        """Of this kind, and by more than its noise."""
        return self.classification.kind == kind and self.height > self.classification.noise_floor


def symmetric_grid(span: float, points: int) -> Array:
    """An odd number of alphas from -span to span, 0 among them exactly."""
    half = points // 2
    grid: Array = span * np.arange(-half, half + 1) / half
    return grid


def trace(
    objective: Objective,
    vector: Tensor,
    alphas: Array,
    split: str = "train",
    units: Tensor | None = None,
    *,
    center: PointValue | None = None,
) -> Generator[None, None, list[PointValue]]:
    """The curve of a direction `[P]` (on the objective's device); pauses after each point.

    `center` is the value at alpha = 0, where it is known.
    """
    values = []
    for alpha in alphas.tolist():
        if alpha == 0 and center is not None:
            values.append(center)
            continue
        values.append(objective.value(objective.center + alpha * vector, split, units=units))
        yield
    return values


def judge(
    objective: Objective,
    vector: Tensor,
    goal: Goal,
    *,
    split: str,
    units: Tensor | None,
    ceiling: float | None,
) -> Generator[None, None, Judgement]:
    """Compute and classify the curve of a direction on one part of the data; pauses after each point.

    Args:
        objective: L.
        vector: d `[P]` on the objective's device.
        goal: Its span and points are used.
        split: Of the data.
        units: Of the split; None for all.
        ceiling: A rise in loss that counts as high; None: as the losses of the curve suggest.
    """
    alphas = symmetric_grid(goal.span, goal.judge_points)
    values = yield from trace(objective, vector, alphas, split, units)
    losses = np.array([value.loss for value in values])
    high = ceiling_of(losses) if ceiling is None else ceiling
    rough = classify(alphas, losses, ceiling=high)
    places = _turning_points(alphas, losses, [valley[0] for valley in rough.valleys])
    errors = yield from _paired_errors(objective, vector, alphas[places], split, units)
    noise = None if errors is None else np.interp(alphas, alphas[places], errors)
    return Judgement(
        classification=classify(alphas, losses, noise=noise, ceiling=high),
        center_loss=float(losses[len(losses) // 2]),
        lowest=float(np.nanmin(losses)) if np.isfinite(losses).any() else math.nan,
        has_noise=errors is not None,
        num_points=len(alphas) + (0 if errors is None else len(places)),
    )


def _turning_points(alphas: Array, losses: Array, valleys: Sequence[float]) -> list[int]:
    """Indices of the centre, the valleys, and the highest point between each two of these."""
    marks = sorted({len(alphas) // 2, *(int(np.abs(alphas - alpha).argmin()) for alpha in valleys)})
    heights = np.where(np.isfinite(losses), losses, -math.inf)
    tops = [a + int(heights[a : b + 1].argmax()) for a, b in pairwise(marks)]
    return sorted({*marks, *tops})


def _paired_errors(
    objective: Objective, vector: Tensor, alphas: Array, split: str, units: Tensor | None
) -> Generator[None, None, Array | None]:
    """Standard errors of the mean difference to the centre, sample by sample."""
    center = objective.per_sample(objective.center, split, units=units)
    if center is None or len(center) < 2:
        return None
    errors = []
    for alpha in alphas.tolist():
        losses = objective.per_sample(objective.center + alpha * vector, split, units=units)
        if losses is None:
            return None
        errors.append(float((losses - center).std()) / math.sqrt(len(center)))
        yield
    return np.array(errors)
