"""The losses of one step of mining at a few points, and the gradient of their score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landscape_widget.core.objective import Objective
from landscape_widget.mining.goals import Array, Goal, Seen, Step

Key = tuple[int, str, float]


@dataclass(frozen=True)
class Stepped:
    """One minibatch at the points of one step.

    Attributes:
        objective: What the step lowers, in nats.
        seen: Of the step, for the eye.
        center: Loss of the same minibatch at the centre; NaN where it plays no part.
        gradient: `[K, P]`, of the objective in the directions.
    """

    objective: float
    seen: Seen
    center: float
    gradient: Tensor

    @property
    def is_finite(self) -> bool:
        """False where a loss or the gradient is NaN or infinite: no step can be taken from it."""
        return bool(torch.isfinite(self.gradient).all()) and math.isfinite(self.objective)


class Slopes:
    """Points around the centre along some directions, on one minibatch.

    Args:
        objective: L.
        directions: `[K, P]` on the objective's device.
        units: The minibatch.
    """

    def __init__(self, objective: Objective, directions: Tensor, units: Tensor) -> None:
        self._objective, self._directions, self._units = objective, directions, units

    def losses(self, coords: Array) -> list[float]:
        """At `coords [M, K]`, with batch statistics as in a step."""
        return [loss for loss, _ in self.slopes(coords, [False] * len(coords))]

    def slopes(self, coords: Array, with_gradient: list[bool]) -> list[tuple[float, Tensor | None]]:
        """Losses, and gradients `[P]` where they are asked for."""
        found = self._objective.slopes(lambda number: self._point(coords[number]), with_gradient, self._units)
        return [(slope.loss, slope.gradient) for slope in found]

    def _point(self, coord: Array) -> Tensor:
        return point_at(self._objective.center, self._directions, coord.tolist())


def point_at(center: Tensor, directions: Tensor, coord: Sequence[float]) -> Tensor:
    """`center + coord @ directions`, `[P]`, without further vectors in between."""
    point = center.clone()
    for length, direction in zip(coord, directions, strict=True):
        if length:
            point.add_(direction, alpha=length)
    return point


def stepped(
    objective: Objective,
    directions: Tensor,
    units: Tensor,
    goal: Goal,
    step: Step,
    *,
    barrier: float,
    active: set[Key],
) -> Stepped:
    """Evaluate one step on one minibatch.

    A point that the score ignored the last time (a barrier high enough, no bump) is looked at without a gradient
    first, which costs a third; once it counts again, it is computed anew.

    Args:
        objective: L.
        directions: `[K, P]` on the objective's device.
        units: The minibatch, the same for all points of the step.
        goal: What is mined.
        step: The points.
        barrier: B0 in nats.
        active: The points that counted the last time they were looked at; brought up to date.
    """
    around = Slopes(objective, directions, units)
    keys = [_key(number, step) for number in range(len(step.coords))]
    has_gradient = [
        objective.keeps_gradients and (number < step.num_sure or key in active) for number, key in enumerate(keys)
    ]
    coords = np.concatenate([step.coords, np.zeros((1, len(directions)))]) if goal.needs_center else step.coords
    found = around.slopes(coords, [*has_gradient, False][: len(coords)])
    center = found.pop()[0] if goal.needs_center else math.nan
    losses = torch.tensor([loss for loss, _ in found], dtype=torch.float64, requires_grad=True)
    score = goal.score(step, losses, center, barrier)
    (weights,) = torch.autograd.grad(score, losses)
    for key, weight in zip(keys, weights.tolist(), strict=True):
        (active.add if weight else active.discard)(key)
    gradient = _gradient(around, step.coords, weights, [slope for _, slope in found], torch.zeros_like(directions))
    losses = losses.detach()
    return Stepped(float(score.detach()), goal.seen(losses, center), center, gradient)


def _key(number: int, step: Step) -> Key:
    """Which point of a step this is, whatever was drawn for the others."""
    return number, step.part, round(float(np.linalg.norm(step.coords[number])), 6)


def _gradient(around: Slopes, coords: Array, weights: Tensor, gradients: list[Tensor | None], total: Tensor) -> Tensor:
    """`[K, P]`: the sum of the points' gradients by their weights; those that are missing are computed, one by one."""
    for number in torch.nonzero(weights).flatten().tolist():
        gradient = gradients[number]
        if gradient is None:
            gradient = around.slopes(coords[number : number + 1], [True])[0][1]
        assert gradient is not None
        for row, length in zip(total, coords[number].tolist(), strict=True):
            row.add_(gradient, alpha=float(weights[number]) * length)
    return total
