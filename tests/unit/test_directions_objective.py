"""Directions on a real objective: downhill goes down, and alpha = 1 towards a model is that model."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from landscape_widget.core.gate import Gate
from landscape_widget.core.losses import PairLoss
from landscape_widget.core.objective import Objective
from landscape_widget.core.reading import read
from landscape_widget.core.setup import Settings
from landscape_widget.directions import Directions, Home, ModelState


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))


def opened(batchnorm: str) -> tuple[Objective, Directions]:
    torch.manual_seed(0)
    data = (torch.randn(40, 1, 6, 6), torch.randint(5, (40,)))
    raw = {"train": read("data", data, None, is_pair=True, seed=0)}
    settings = Settings(batchnorm=batchnorm)
    objective = Objective(network(1), PairLoss(nn.functional.cross_entropy, {}), raw, settings)
    home = Home.at(objective.space, objective.center)
    state = ModelState.of(network(1), objective.space)
    return objective, Directions(objective, Gate(), lambda: home, lambda: state)


@pytest.mark.parametrize("batchnorm", ["recalibrate", "frozen"])
def test_the_loss_falls_along_the_gradient_at_its_slope(batchnorm: str) -> None:
    objective, directions = opened(batchnorm)
    downhill, slope = directions.gradient(), directions.gradient("none")
    step = 1e-3
    low, high = (objective.value(objective.center + a * downhill.vector).loss for a in (-step, step))
    expected = -float(slope.vector @ downhill.vector)
    assert (high - low) / (2 * step) == pytest.approx(expected, rel=0.01)
    assert expected < 0


@pytest.mark.parametrize("batchnorm", ["recalibrate", "frozen"])
def test_the_loss_at_the_end_of_a_way_to_a_model_is_its_loss(batchnorm: str) -> None:
    objective, directions = opened(batchnorm)
    other = network(2)
    direction = directions.to(other)
    target = torch.cat([p.detach().reshape(-1) for p in other.parameters()])
    there = objective.value(objective.center + direction.vector).loss
    assert there == pytest.approx(objective.value(target).loss, rel=1e-5)


def test_the_home_of_an_objective_has_its_hash() -> None:
    objective, directions = opened("frozen")
    assert directions.gaussian().weights_hash == objective.weights_hash
