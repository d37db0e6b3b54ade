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
from networks import cnn, images, initialised, mlp, seeded, vectors
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


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, (1e-12, 0)), (torch.float32, (1e-5, 1e-6))])
@pytest.mark.parametrize("count", [1, 2])
def test_first_layers_combined_on_a_plane_equal_the_naive_loop(count, dtype, tolerance):
    layers = [nn.Flatten(), nn.Linear(2 * 6 * 7, 7), nn.BatchNorm1d(7), nn.ReLU(inplace=True), nn.Linear(7, 3)]
    model, (x, y) = initialised(nn.Sequential(*layers).to(dtype)), images(31, dtype=dtype)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm="frozen")
    axes, coords = points_of(landscape)[0][:count], COORDS[:, :count]
    replayed = Replayed(landscape._objective)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, coords)
    for _ in range(2):
        found = [row[0].loss for row in replayed.values_on(axes, coords, ["train"])]
        np.testing.assert_allclose(found, expected, rtol=10 * tolerance[0], atol=tolerance[1])
    assert all(outputs for tiles in replayed._plane._kept.values() for outputs in tiles)
    recalibrated_too = replayed.values_on(axes, coords, ["train"], batchnorm="recalibrate")
    point = landscape.center + float(coords[2, 0]) * axes[0] + (float(coords[2, 1]) * axes[1] if count == 2 else 0)
    assert recalibrated_too[2][0].loss == pytest.approx(
        landscape._objective.value(point, batchnorm="recalibrate").loss, rel=10 * tolerance[0], abs=tolerance[1]
    )


def test_another_plane_and_another_centre_share_nothing_with_the_first():
    model, (x, y) = initialised(nn.Sequential(nn.Linear(40, 7), nn.Tanh(), nn.Linear(7, 3)).double()), wide(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    first, second = points_of(landscape)[0]
    replayed = Replayed(landscape._objective)
    for axes in ([first], [second], [second, first]):
        coords = COORDS[:, : len(axes)]
        expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, coords)
        found = [row[0].loss for row in replayed.values_on(axes, coords, ["train"])]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    other = initialised(copy.deepcopy(model), seed=5)
    landscape._objective.recenter(other)
    found = [row[0].loss for row in replayed.values_on([second], COORDS[:, :1], ["train"])]
    expected = losses(other, lambda net: F.cross_entropy(net(x), y), [second], COORDS[:, :1])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def wide(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs `[count, 40]` and labels of 3 classes."""
    return torch.randn(count, 40, generator=seeded(6), dtype=torch.float64), vectors(count)[1]


def test_outputs_that_would_take_too_much_memory_are_not_kept(monkeypatch):
    monkeypatch.setattr("landscape_widget.core.plane.MOST_BYTES", 0)
    model, (x, y) = initialised(nn.Sequential(nn.Linear(40, 7), nn.Tanh(), nn.Linear(7, 3)).double()), wide(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    axes, replayed = points_of(landscape)[0], Replayed(landscape._objective)
    found = [row[0].loss for row in replayed.values_on(axes, COORDS, ["train"])]
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert not replayed._plane._kept


def test_a_thread_by_itself_takes_larger_tiles_of_small_samples():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(2500))
    samples = landscape._objective._samples["train"]
    assert [int(t.weight) for t in samples.tiles()] == [1024, 1024, 452]
    assert [int(t.weight) for t in samples.tiles(is_alone=True)] == [2048, 452]
