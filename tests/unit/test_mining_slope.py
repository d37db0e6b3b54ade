"""The gradient of a step is that of its score, whichever points were computed without a gradient at first."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

import landscape_widget as lw
from landscape_widget.core.objective import Objective
from landscape_widget.mining.objectives import GOALS
from landscape_widget.mining.slope import loss_at, slope
from networks import cnn, images

UNITS = torch.tensor([1, 4, 5, 9, 16, 20])


def objective() -> Objective:
    return lw.Landscape(cnn(), F.cross_entropy, images(24))._engine.objective


def direction(of: Objective) -> torch.Tensor:
    noise = torch.randn(of.space.size, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return 0.2 * noise * of.metric.scale


def score_at(of: Objective, kind: str, alphas: tuple[float, ...], d: torch.Tensor, barrier: float) -> float:
    losses = torch.tensor([loss_at(of, of.center + alpha * d, UNITS) for alpha in alphas], dtype=torch.float64)
    return float(GOALS[kind].score(alphas, losses, loss_at(of, of.center, UNITS), barrier))


@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize(
    ("kind", "draw", "barrier"),
    [("w-peak", 0.1, math.nan), ("w-peak", 0.9, math.nan), ("vvv-basin", 0.0, 50.0), ("vvv-basin", 0.0, 0.0)],
)
def test_the_gradient_is_the_finite_difference_of_the_score(kind, draw, barrier, knows) -> None:
    of = objective()
    d, alphas = direction(of), GOALS[kind].step_alphas(draw)
    active = set(alphas) if knows else set()
    found = slope(of, d, UNITS, GOALS[kind], alphas=alphas, barrier=barrier, active=active)
    probe = direction(of).flip(0) * (of.metric.scale > 0)
    step = 1e-5
    ends = [score_at(of, kind, alphas, d + sign * step * probe, barrier) for sign in (1, -1)]
    assert found.is_finite
    assert found.objective == pytest.approx(score_at(of, kind, alphas, d, barrier))
    assert float(found.gradient @ probe) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-4, abs=1e-7)


def test_points_that_do_not_count_are_remembered_as_such() -> None:
    of = objective()
    active = {0.5, -0.5}
    found = slope(
        of,
        direction(of),
        UNITS,
        GOALS["vvv-basin"],
        alphas=GOALS["vvv-basin"].step_alphas(0.0),
        barrier=0.0,
        active=active,
    )
    assert active == {1.0, -1.0}
    assert math.isnan(found.center)
    assert len(found.losses) == 4


def test_a_loss_that_is_not_finite_is_said_to_be_so() -> None:
    of = objective()
    far = direction(of) * 1e200
    goal = GOALS["vvv-basin"]
    found = slope(of, far, UNITS, goal, alphas=goal.step_alphas(0.0), barrier=1.0, active=set())
    assert not found.is_finite
