"""The gradient of a step is that of its score, whichever points were computed without a gradient at first."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import landscape_widget as lw
from landscape_widget.core import minibatch
from landscape_widget.core.objective import Objective
from landscape_widget.mining.draws import generator
from landscape_widget.mining.goals import Goal, Step
from landscape_widget.mining.objectives import GOALS, goal_of
from landscape_widget.mining.slope import Key, Slopes, stepped
from networks import cnn, images

UNITS = torch.tensor([1, 4, 5, 9, 16, 20])
BARRIER = 3.5
TARGET = goal_of("target", target=[[0.0, 1.0, 0.3], [1.0, 0.0, 0.7], [0.5, math.nan, 1.0]])


def objective() -> Objective:
    return lw.Landscape(cnn(), F.cross_entropy, images(24))._engine.objective


def directions(of: Objective, num_axes: int, seed: int = 3) -> Tensor:
    stream = torch.Generator().manual_seed(seed)
    noise = torch.randn(num_axes, of.space.size, generator=stream, dtype=torch.float64)
    return 0.2 * noise * of.space.filter_norms(of.center)


def score_at(of: Objective, goal: Goal, step: Step, d: Tensor) -> float:
    around = Slopes(of, d, UNITS)
    losses = torch.tensor(around.losses(step.coords), dtype=torch.float64)
    return float(goal.score(step, losses, around.losses(np.zeros((1, len(d))))[0], BARRIER))


def all_steps(goal: Goal) -> list[Step]:
    """One for each part that the steps of this kind look at."""
    steps = [goal.step(generator(seed, "test")) for seed in range(30)]
    return list({step.part: step for step in steps}.values())[:4]


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("goal", [*GOALS.values(), TARGET], ids=lambda goal: goal.kind)
def test_the_gradient_is_the_finite_difference_of_the_score(goal, is_large, monkeypatch) -> None:
    of = objective()
    if is_large:
        monkeypatch.setattr(minibatch, "LARGEST_IN_FLIGHT", 1)
    assert of.keeps_gradients != is_large
    d = directions(of, goal.num_axes)
    probe = directions(of, goal.num_axes, seed=8)
    for step in all_steps(goal):
        active: set[Key] = set()
        for _ in range(2):  # the second time it is known which points count
            found = stepped(of, d, UNITS, goal, step, barrier=BARRIER, active=active)
            size = 1e-5
            ends = [score_at(of, goal, step, d + sign * size * probe) for sign in (1, -1)]
            assert found.is_finite
            assert found.objective == pytest.approx(score_at(of, goal, step, d))
            slope = float((found.gradient * probe).sum())
            assert slope == pytest.approx((ends[0] - ends[1]) / (2 * size), rel=1e-4, abs=1e-6)


def test_points_that_do_not_count_are_remembered_as_such() -> None:
    of, goal = objective(), GOALS["vvv-basin"]
    step = goal.step(generator(0))
    active: set[Key] = set()
    stepped(of, directions(of, 1), UNITS, goal, step, barrier=50.0, active=active)
    assert len(active) == 4
    found = stepped(of, directions(of, 1), UNITS, goal, step, barrier=0.0, active=active)
    assert {key[2] for key in active} == {1.0}
    assert math.isnan(found.center)


def test_a_loss_that_is_not_finite_is_said_to_be_so() -> None:
    of, goal = objective(), GOALS["vvv-basin"]
    far = directions(of, 1) * 1e200
    assert not stepped(of, far, UNITS, goal, goal.step(generator(0)), barrier=1.0, active=set()).is_finite
