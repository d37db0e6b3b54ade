"""What a step of mining minimises: small functions of the losses at a few points of the curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

TAU = 0.2  # nats: how soft the maximum over the two sides is
BUMP_WEIGHT = 1.0  # of a rise next to the centre; wanted for radii near 1, harmless below
BARRIER_WEIGHT = 0.5  # of what a barrier lacks; with 0 the miner finds a flat line and no barriers
BUMP_PLACES = (0.25, 0.5, 0.75)
# Where the loss still falls at the ends of the span, as it does early in training, the sides are no valleys:
# the ends have to rise above them by this share of the depth.
WALL_WEIGHT = 1.0
WALL_SHARE = 0.25
W_PEAK_SPAN = 2.0


@dataclass(frozen=True)
class Goal:
    """One kind that can be mined, with its defaults.

    Attributes:
        kind: As in `classify`.
        radius: Default rho: root mean square change per filter, relative to the filter.
        steps: Default number of steps.
        span: Default half-width of its curves, in lengths of the direction.
        step_alphas: A number in [0, 1) -> the alphas of one step: the two sides, +1 and -1, and two more.
        fixed_alphas: Those at which `growth` is measured, on the fixed set.
        score: (alphas of a step, losses there, loss at the centre, barrier) -> what is minimised, in nats.
        growth: (losses at `fixed_alphas`, loss at the centre, barrier) -> how far the shape has come, in nats.
        barrier_of: (losses at the alphas of a step, loss at the centre) -> what lies between the valleys.
        needs_center: Whether the centre's loss plays a part in the score.
        needs_barrier: Whether B0 does.
        show_points: Points of the curve of a snapshot; the sides are among them.
        judge_points: Points of the curves that confirm the kind; as many as a curve has by default.
    """

    kind: str
    radius: float
    steps: int
    span: float
    step_alphas: Callable[[float], tuple[float, ...]]
    fixed_alphas: tuple[float, ...]
    score: Callable[[tuple[float, ...], Tensor, float, float], Tensor]
    growth: Callable[[Tensor, float, float], Tensor]
    barrier_of: Callable[[Sequence[float], float], float]
    needs_center: bool
    needs_barrier: bool
    show_points: int
    judge_points: int
    num_axes: int = 1


def soft_max(losses: Tensor) -> Tensor:
    """Between mean and maximum, so that neither side is bought with the other."""
    return TAU * (torch.logsumexp(losses / TAU, dim=0) - math.log(len(losses)))


def w_peak_alphas(draw: float) -> tuple[float, ...]:
    """Half of the steps look at the ends of the span, the others for a bump next to the centre."""
    place = W_PEAK_SPAN if draw >= 0.5 else BUMP_PLACES[int(2 * draw * len(BUMP_PLACES))]
    return (1.0, -1.0, place, -place)


def w_peak(alphas: tuple[float, ...], losses: Tensor, center: float, barrier: float) -> Tensor:
    """Both sides low, no bump between them and the centre, and walls behind them. `losses [4]`."""
    sides, others = losses[:2], losses[2:]
    if alphas[2] < 1:
        return soft_max(sides) + BUMP_WEIGHT * torch.relu(others - center).sum()
    return soft_max(sides) + WALL_WEIGHT * _missing_wall(sides, others, center).sum()


def _missing_wall(sides: Tensor, ends: Tensor, center: float) -> Tensor:
    """`[2]`: by how much each end is too low."""
    depth = torch.relu(center - sides.detach())
    return torch.relu(sides + WALL_SHARE * depth - ends)


def w_peak_growth(losses: Tensor, center: float, barrier: float) -> Tensor:
    """Depth of the higher side below the centre, less what the walls lack. `losses [4]` at 1, -1 and the ends."""
    sides, ends = losses[:2], losses[2:]
    return center - sides.max() - _missing_wall(sides, ends, center).max()


def vvv_basin(alphas: tuple[float, ...], losses: Tensor, center: float, barrier: float) -> Tensor:
    """Both sides low, and half-way to them a loss of `barrier`. `losses [4]` at 1, -1, 1/2, -1/2.

    The barriers are clipped: an unbounded maximum would win over everything else.
    """
    return soft_max(losses[:2]) + BARRIER_WEIGHT * torch.relu(barrier - losses[2:]).sum()


def vvv_growth(losses: Tensor, center: float, barrier: float) -> Tensor:
    """How far the lower barrier, clipped, stands above the highest of the three valleys."""
    return losses[2:].min().clamp(max=barrier) - losses[:2].max().clamp(min=center)


GOALS = {
    goal.kind: goal
    for goal in (
        Goal(
            kind="w-peak",
            radius=0.3,
            steps=200,
            span=W_PEAK_SPAN,
            step_alphas=w_peak_alphas,
            fixed_alphas=(1.0, -1.0, W_PEAK_SPAN, -W_PEAK_SPAN),
            score=w_peak,
            growth=w_peak_growth,
            barrier_of=lambda losses, center: center,
            needs_center=True,
            needs_barrier=False,
            show_points=17,
            judge_points=41,
        ),
        Goal(
            kind="vvv-basin",
            radius=1.4,
            steps=300,
            span=1.5,
            step_alphas=lambda draw: (1.0, -1.0, 0.5, -0.5),
            fixed_alphas=(1.0, -1.0, 0.5, -0.5),
            score=vvv_basin,
            growth=vvv_growth,
            barrier_of=lambda losses, center: min(losses[2:]),
            needs_center=False,
            needs_barrier=True,
            show_points=13,
            judge_points=41,
        ),
    )
}
