"""The losses of one step of mining at a few points of the curve, and the gradient of their score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_widget.core.objective import Objective
from landscape_widget.mining.objectives import Goal


@dataclass(frozen=True)
class Slope:
    """One minibatch at the points of one step.

    Attributes:
        objective: What the step lowers, in nats.
        losses: At the alphas of the step; the sides +1 and -1 come first.
        center: Loss of the same minibatch at the centre; NaN where it plays no part.
        gradient: `[P]`, of the objective in the direction d.
    """

    objective: float
    losses: tuple[float, ...]
    center: float
    gradient: Tensor

    @property
    def is_finite(self) -> bool:
        """False where a loss or the gradient is NaN or infinite: no step can be taken from it."""
        return bool(torch.isfinite(self.gradient).all()) and math.isfinite(self.objective)


def loss_at(objective: Objective, point: Tensor, units: Tensor) -> float:
    """Loss of a minibatch at a point `[P]`, with batch statistics, as in a step."""
    with torch.no_grad():
        return float(objective.batch_loss(point, units))


def slope(
    objective: Objective,
    direction: Tensor,
    units: Tensor,
    goal: Goal,
    *,
    alphas: tuple[float, ...],
    barrier: float,
    active: set[float],
) -> Slope:
    """Evaluate one step on one minibatch.

    A point that the score ignored the last time (a barrier high enough, no bump) is looked at without a gradient
    first, which costs a third; once it counts again, it is computed anew.

    Args:
        objective: L.
        direction: d `[P]` on the objective's device.
        units: The minibatch, the same for all points of the step.
        goal: What is mined.
        alphas: Of this step.
        barrier: B0 in nats.
        active: The alphas that counted the last time they were looked at; brought up to date.
    """
    points = _Points(objective, direction, units)
    center = loss_at(objective, objective.center, units) if goal.needs_center else math.nan
    values = torch.tensor(
        [points.loss(alpha, with_gradient=abs(alpha) == 1 or alpha in active) for alpha in alphas],
        dtype=torch.float64,
        requires_grad=True,
    )
    score = goal.score(alphas, values, center, barrier)
    (weights,) = torch.autograd.grad(score, values)
    gradient = torch.zeros_like(direction)
    for alpha, weight in zip(alphas, weights.tolist(), strict=True):
        (active.add if weight else active.discard)(alpha)
        if weight:
            gradient.add_(points.gradient(alpha), alpha=weight * alpha)
    return Slope(float(score.detach()), tuple(values.tolist()), center, gradient)


class _Points:
    """The points of one step: each is its own graph, kept only while it may be needed."""

    def __init__(self, objective: Objective, direction: Tensor, units: Tensor) -> None:
        self._objective, self._direction, self._units = objective, direction, units
        self._graphs: dict[float, tuple[Tensor, Tensor]] = {}

    def loss(self, alpha: float, *, with_gradient: bool) -> float:
        """In nats."""
        point = self._objective.center + alpha * self._direction
        if not with_gradient:
            return loss_at(self._objective, point, self._units)
        point.requires_grad_()
        self._graphs[alpha] = point, self._objective.batch_loss(point, self._units)
        return float(self._graphs[alpha][1].detach())

    def gradient(self, alpha: float) -> Tensor:
        """`[P]`, of the loss at this point."""
        if alpha not in self._graphs:
            self.loss(alpha, with_gradient=True)
        point, loss = self._graphs.pop(alpha)
        gradient: Tensor = torch.autograd.grad(loss, point)[0]
        return gradient
