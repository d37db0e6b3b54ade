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


@pytest.mark.parametrize("threads", [True, False])
def test_a_minibatch_has_its_own_statistics_at_each_of_several_points(threads):
    model, (x, y) = cnn(), images(31)
    objective = lw.Landscape(model, F.cross_entropy, (x, y))._objective
    objective._passes._in_threads = threads
    units = torch.tensor([3, 8, 20, 30, 1])
    points = torch.stack([objective.center * scale for scale in (1.0, 0.9, 1.2)])
    found = objective.slopes(lambda i: points[i], [True, False, True], units)
    for point, slope, has_gradient in zip(points, found, (True, False, True), strict=True):
        training = moved(model, []).train()
        torch.nn.utils.vector_to_parameters(point, training.parameters())
        assert slope.loss == pytest.approx(F.cross_entropy(training(x[units]), y[units]).item(), rel=1e-10)
        assert (slope.gradient is not None) == has_gradient
        if has_gradient:
            expected = autograd_gradient(training, x[units], y[units])
            torch.testing.assert_close(slope.gradient, expected, rtol=1e-9, atol=1e-11)


def test_points_are_evaluated_at_the_new_centre_after_another_state_was_taken():
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    objective, units = landscape._objective, torch.arange(9)
    objective._passes._in_threads = True
    objective.slopes(lambda i: objective.center, [False, False], units)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    landscape.recenter()
    expected = F.cross_entropy(moved(model, []).train()(x[units]), y[units])
    for slope in objective.slopes(lambda i: objective.center, [False, True], units):
        assert slope.loss == pytest.approx(expected.item(), rel=1e-10)


def test_what_a_step_keeps_between_forward_and_backward_grows_with_the_minibatch():
    objective = lw.Landscape(cnn(), F.cross_entropy, images(31))._objective
    small, large = (objective.activation_bytes(torch.arange(count)) for count in (8, 16))
    assert small > 8 * images(1)[0].nbytes
    assert 1.7 * small < large < 2.1 * small


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

    def slope(*, with_gradient):
        return objective.slopes(lambda _: objective.center, [with_gradient], units)[0]

    found = slope(with_gradient=True)
    assert objective._passes.gradient_tile(len(units), own_statistics=norm) == 32
    training = moved(model, []).train()
    expected = autograd_gradient(training, x[units], y[units])
    torch.testing.assert_close(found.gradient, expected, rtol=1e-9, atol=1e-11)
    assert found.loss == slope(with_gradient=False).loss
    assert torch.equal(found.gradient, slope(with_gradient=True).gradient)
