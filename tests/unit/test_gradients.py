"""Gradients against finite differences and against autograd on the whole set at once."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from networks import cnn, images, mlp, vectors
from reference import moved


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)


def slope_along(landscape: lw.Landscape, d: Tensor, split: str = "train", step: float = 1e-4) -> float:
    """Central difference with an error of order step^4."""
    objective = landscape._objective

    def loss(alpha: float) -> float:
        return objective.value(objective.center + alpha * d, split).loss

    return (8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))) / (12 * step)


def autograd_gradient(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    F.cross_entropy(model(x), y).backward()
    return torch.cat([p.grad.reshape(-1) for p in model.parameters()])


@pytest.mark.parametrize("calibration", [11, 512])
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_gradient_goes_through_the_calibration_statistics(calibration, split):
    splits = {"test": (images(12)[0] + 0.5, images(12)[1])}
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31), calibration=calibration, splits=splits)
    d = landscape.directions.gaussian(normalize="model").vector
    _, gradient = landscape._objective.gradient(landscape.center, split)
    assert float(gradient @ d) == pytest.approx(slope_along(landscape, d, split), rel=1e-6, abs=1e-9)


def test_the_recalibrated_gradient_over_one_set_is_that_of_training_mode():
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    loss, gradient = landscape._objective.gradient(landscape.center)
    expected = autograd_gradient(moved(model, []).train(), x, y)
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-11)
    assert loss == pytest.approx(landscape.center_loss, rel=1e-11)


def test_the_frozen_gradient_is_that_of_eval_mode(monkeypatch):
    from landscape_widget.core import setup

    monkeypatch.setattr(setup, "CONV_TILE", 4)
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm="frozen")
    expected = autograd_gradient(moved(model, []), x, y)
    torch.testing.assert_close(landscape._objective.gradient(landscape.center)[1], expected, rtol=1e-10, atol=1e-12)


def test_the_gradient_direction_leads_downhill():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    d = landscape.directions.gradient()
    assert slope_along(landscape, d.vector) < 0


def test_the_loss_of_a_minibatch_is_differentiable_in_the_point():
    model, (x, y) = cnn(), images(31)
    objective = lw.Landscape(model, F.cross_entropy, (x, y))._objective
    units = torch.tensor([3, 8, 20, 30, 1])
    point = objective.center.clone().requires_grad_(True)
    loss = objective.batch_loss(point, units)
    (gradient,) = torch.autograd.grad(3 * loss, point)
    training = moved(model, []).train()
    expected = autograd_gradient(training, x[units], y[units])
    torch.testing.assert_close(gradient, 3 * expected, rtol=1e-9, atol=1e-11)


def test_parameters_that_the_loss_does_not_use_have_gradient_zero():
    class Spare(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.spare = mlp(), nn.Linear(2, 2).double()

        def forward(self, x):
            return self.body(x)

    objective = lw.Landscape(Spare(), F.cross_entropy, vectors(9))._objective
    gradient = objective.gradient(objective.center)[1]
    assert torch.equal(gradient[66:], torch.zeros(6, dtype=torch.float64))
    assert gradient[:66].abs().max() > 0


def test_losses_of_samples_are_in_the_users_order_and_their_mean_is_the_loss():
    model, (x, y) = mlp(), vectors(23)
    objective = lw.Landscape(model, F.cross_entropy, (x, y), calibration=7)._objective
    expected = F.cross_entropy(model(x), y, reduction="none").detach()
    torch.testing.assert_close(objective.per_sample(objective.center), expected, rtol=1e-12, atol=0)
    units = torch.tensor([5, 2, 19])
    torch.testing.assert_close(objective.per_sample(objective.center, units=units), expected[units], rtol=1e-12, atol=0)


def test_losses_of_samples_are_none_where_their_mean_is_not_the_loss():
    def ranking(outputs, targets):
        return F.cross_entropy(outputs, targets) + (outputs.mean(0) - 1).square().sum()

    objective = lw.Landscape(mlp(), ranking, vectors(23))._objective
    assert objective.per_sample(objective.center) is None


@pytest.mark.parametrize("norm", [True, False])
def test_the_loss_of_a_large_minibatch_is_computed_in_tiles_with_common_statistics(norm):
    model, (x, y) = cnn(norm=norm), images(300)
    objective = lw.Landscape(model, F.cross_entropy, (x, y))._objective
    units = torch.randperm(300, generator=torch.Generator().manual_seed(0))[:270]
    point = objective.center.clone().requires_grad_(True)
    loss = objective.batch_loss(point, units)
    (gradient,) = torch.autograd.grad(loss, point)
    assert objective._passes.gradient_tile(len(units), own_statistics=norm) == 32
    training = moved(model, []).train()
    expected = autograd_gradient(training, x[units], y[units])
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-11)
    again = objective.batch_loss(objective.center, units)
    assert float(loss.detach()) == float(again)
    (second,) = torch.autograd.grad(objective.batch_loss(point, units), point)
    assert torch.equal(gradient, second)
