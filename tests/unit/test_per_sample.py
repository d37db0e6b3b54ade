"""Losses of single samples, and several splits at one point: both equal what separate computations give."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import landscape_widget as lw
from landscape_widget.core import passes, setup
from networks import cnn, images, mlp, vectors
from reference import moved, named, number, recalibrated


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)
    monkeypatch.setattr(setup, "CONV_TILE", 5)
    monkeypatch.setattr(passes, "LOCKSTEP_TILE", 7)


def at(landscape: lw.Landscape, amount: float) -> torch.Tensor:
    """A point off the centre."""
    return landscape.center + amount * landscape.directions.gaussian(seed=3).vector


def one_by_one(net: torch.nn.Module, data: tuple[torch.Tensor, torch.Tensor]) -> np.ndarray:
    """`[n]`: the loss on batches of one, a loop."""
    return np.array([number(F.cross_entropy(net(x[None]), y[None])) for x, y in zip(*data, strict=True)])


@pytest.mark.parametrize("calibration", [11, 512])
@pytest.mark.parametrize("batchnorm", ["frozen", "recalibrate"])
def test_each_samples_loss_equals_a_loop_over_batches_of_one_in_the_users_order(batchnorm, calibration):
    model, data = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, data, batchnorm=batchnorm, calibration=calibration)
    point = at(landscape, 0.7)
    (value,) = landscape._objective.values(point, ["train"], per_sample=True)
    net = moved(model, [(1.0, named(model, point - landscape.center))])
    if batchnorm == "recalibrate":
        net = recalibrated(net, data[0][torch.arange(min(calibration, 31)) * 31 // min(calibration, 31)])
    np.testing.assert_allclose(value.per_sample, one_by_one(net, data), rtol=1e-10)
    assert value.per_sample.mean() == pytest.approx(value.loss, rel=1e-12)
    assert value.loss == pytest.approx(landscape._objective.value(point).loss, rel=1e-13)


def test_chosen_units_come_in_the_order_asked_for():
    model, data = cnn(norm=False), images(31)
    objective = lw.Landscape(model, F.cross_entropy, data)._objective
    units = torch.tensor([30, 2, 17, 3, 4, 5, 6])
    (value,) = objective.values(objective.center, ["train"], units=units, per_sample=True)
    np.testing.assert_allclose(value.per_sample, one_by_one(model, data)[units.numpy()], rtol=1e-11)


@pytest.mark.parametrize("batchnorm", ["frozen", "recalibrate"])
def test_several_splits_equal_single_calls_and_calibrate_once(monkeypatch, batchnorm):
    test = images(12)[0] * 2 + 1, images(12)[1]
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31), splits={"test": test}, batchnorm=batchnorm)
    objective, point = landscape._objective, at(landscape, 0.4)
    expected = [objective.value(point, split) for split in ("test", "train")]
    calls, calibrate = [], passes.Passes.calibrate
    monkeypatch.setattr(passes.Passes, "calibrate", lambda self: calls.append(self) or calibrate(self))
    assert objective.values(point, ["test", "train"]) == expected
    assert len(calls) == (batchnorm == "recalibrate")


def test_the_mean_is_compared_once_for_many_points():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    objective, counted = landscape._objective, []
    inner = objective._values
    objective._values = lambda *args, **options: counted.append(args) or inner(*args, **options)
    for amount in (0.1, 0.2, 0.3):
        objective.values(at(landscape, amount), ["train"], per_sample=True)
    assert len(counted) == 4


def weighted(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(outputs, targets, weight=torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64))


REFUSAL = r"per_sample must be False where the loss is not the mean over samples .* got True\. Closures, class weights"


@pytest.mark.parametrize(
    "arguments", [{"loss_fn": weighted}, {"closure": lambda model, batch: F.cross_entropy(model(batch[0]), batch[1])}]
)
def test_a_loss_without_losses_of_single_samples_is_refused_with_the_reason(arguments):
    objective = lw.Landscape(mlp(), data=vectors(9), **arguments)._objective
    with pytest.raises(ValueError, match=REFUSAL):
        objective.values(objective.center, ["train"], per_sample=True)
    assert objective.value(objective.center).per_sample is None
