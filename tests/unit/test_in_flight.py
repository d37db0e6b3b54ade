"""Several points at a time equal one after the other, whatever is asked for."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import landscape_widget as lw
from landscape_widget.core import passes, setup
from landscape_widget.core.in_flight import InFlight, Replayed
from landscape_widget.core.passes import Cancelled
from networks import cnn, images, mlp, vectors
from reference import losses, moved, number, recalibrated

both = pytest.mark.parametrize("many", [InFlight, Replayed])
COORDS = np.array([[-0.7, 0.3], [0.0, 0.0], [1.3, -0.4], [0.2, 2.1], [0.9, 0.1]])


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)
    monkeypatch.setattr(setup, "CONV_TILE", 5)
    monkeypatch.setattr(passes, "LOCKSTEP_TILE", 7)


def points_of(landscape: lw.Landscape) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Two axes and the points `[C, P]` at `COORDS`."""
    axes = [landscape.directions.gaussian(seed=seed).vector for seed in (3, 4)]
    steps = torch.stack(axes)
    return axes, landscape.center + torch.as_tensor(COORDS, dtype=steps.dtype) @ steps


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, (1e-12, 0)), (torch.float32, (1e-5, 1e-6))])
@pytest.mark.parametrize("batchnorm", ["frozen", "recalibrate"])
@both
def test_points_in_flight_equal_the_naive_loop(batchnorm, dtype, tolerance, many):
    model, (x, y) = cnn(dtype=dtype), images(31, dtype=dtype)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm=batchnorm, calibration=11)
    axes, points = points_of(landscape)
    found = [row[0].loss for row in many(landscape._objective).values(points, ["train"])]

    def loss_of(net: nn.Module) -> torch.Tensor:
        fit = recalibrated(net, x[torch.arange(11) * 31 // 11]) if batchnorm == "recalibrate" else net
        return F.cross_entropy(fit(x), y)

    expected = losses(model, loss_of, axes, COORDS)
    np.testing.assert_allclose(found, expected, rtol=10 * tolerance[0], atol=tolerance[1])


@both
def test_splits_metrics_and_losses_of_samples_are_those_of_single_points(many):
    test = images(12)[0] * 2 + 1, images(12)[1]
    metrics = {"accuracy": lambda outputs, targets: (outputs.argmax(1) == targets).double().mean()}
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31), splits={"test": test}, metrics=metrics)
    _, points = points_of(landscape)
    rows = many(landscape._objective).values(points, ["test", "train"], per_sample=True)
    for point, row in zip(points, rows, strict=True):
        for found, split in zip(row, ("test", "train"), strict=True):
            (expected,) = landscape._objective.values(point, [split], per_sample=True)
            assert found.loss == pytest.approx(expected.loss, rel=1e-12)
            assert found.metrics == expected.metrics
            np.testing.assert_allclose(found.per_sample, expected.per_sample, rtol=1e-10)


def test_a_model_that_keeps_state_between_its_layers_is_in_nobodys_way():
    class Keeps(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp()

        def forward(self, x):
            self.last = self.body(x)
            return self.last * self.last.std()

    model, (x, y) = Keeps().eval(), vectors(9)
    landscape = lw.Landscape(model, lambda outputs, targets: F.cross_entropy(outputs, targets), [(x, y)])
    axes, points = points_of(landscape)
    expected = losses(copy.deepcopy(model), lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    found = [row[0].loss for row in InFlight(landscape._objective).values(points, ["train"])]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@both
def test_the_same_points_give_the_same_bits_twice(many):
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31))
    _, points = points_of(landscape)
    flight = many(landscape._objective)
    assert flight.values(points, ["train"]) == flight.values(points, ["train"])


@both
def test_a_replaced_centre_brings_its_buffers_along(many):
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31), batchnorm="frozen")
    flight = many(landscape._objective)
    flight.values(landscape.center[None], ["train"])
    other, (x, y) = cnn(), images(31)
    with torch.no_grad():
        other[1].running_mean.add_(0.7)
    landscape._objective.recenter(other)
    ((value,),) = flight.values(landscape._objective.center[None], ["train"])
    assert value.loss == pytest.approx(number(F.cross_entropy(moved(other, [])(x), y)), rel=1e-12)


@both
def test_a_stop_reaches_every_thread_and_the_next_call_works(many):
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31))
    _, points = points_of(landscape)
    flight = many(landscape._objective)
    with pytest.raises(Cancelled):
        flight.values(points, ["train"], stop=lambda: True)
    assert len(flight.values(points, ["train"], stop=lambda: False)) == len(COORDS)


@both
def test_only_chosen_parameters_move_in_the_copies(many):
    model, (x, y) = mlp(), vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), params="2.*")
    d = landscape.directions.gaussian(seed=3).vector
    ((value,),) = many(landscape._objective).values((landscape.center + 0.8 * d)[None], ["train"])
    step = {"2.weight": d[:21].view(3, 7), "2.bias": d[21:]}
    assert value.loss == pytest.approx(number(F.cross_entropy(moved(model, [(0.8, step)])(x), y)), rel=1e-12)
