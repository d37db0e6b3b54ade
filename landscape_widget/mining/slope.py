"""The losses of one step of mining at a few points of the curve, and the gradient of their score."""

from __future__ import annotations

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
        center: Loss of the same minibatch at the centre.
        gradient: `[P]`, of the objective in the direction d.
    """

    objective: float
    losses: tuple[float, ...]
    center: float
    gradient: Tensor

    @property
    def is_finite(self) -> bool:
        """False where a loss or the gradient is NaN or infinite: no step can be taken from it."""
        return bool(torch.isfinite(self.gradient).all()) and abs(self.objective) < float("inf")


def loss_at(objective: Objective, point: Tensor, units: Tensor) -> float:
    """Loss of a minibatch at a point `[P]`, with batch statistics, as in a step."""
    with torch.no_grad():
        return float(objective.batch_loss(point, units))


def slope(objective: Objective, direction: Tensor, units: Tensor, goal: Goal, *, draw: float, barrier: float) -> Slope:
    """Evaluate one step on one minibatch.

    The graphs of the points stay apart: those that the score ignores (a barrier high enough, no bump) then
    cost no backward pass.

    Args:
        objective: L.
        direction: d `[P]` on the objective's device.
        units: The minibatch, the same for all points of the step.
        goal: What is mined.
        draw: In [0, 1), places the points that are drawn by chance.
        barrier: B0 in nats.
    """
    alphas = goal.step_alphas(draw)
    center = loss_at(objective, objective.center, units)
    points = [(objective.center + alpha * direction).requires_grad_() for alpha in alphas]
    losses = [objective.batch_loss(point, units) for point in points]
    values = torch.tensor([float(loss.detach()) for loss in losses], dtype=torch.float64, requires_grad=True)
    score = goal.score(alphas, values, center, barrier)
    (weights,) = torch.autograd.grad(score, values)
    gradient = torch.zeros_like(direction)
    for alpha, weight, loss, point in zip(alphas, weights.tolist(), losses, points, strict=True):
        if weight != 0:
            gradient.add_(torch.autograd.grad(loss, point)[0], alpha=weight * alpha)
    return Slope(float(score.detach()), tuple(values.tolist()), center, gradient)
