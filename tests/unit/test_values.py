"""Every exact value equals a naive deep-copy loop (promise 3), and the centre the model's own loss (promise 2)."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import landscape_widget as lw
from landscape_widget.core import passes, setup
from networks import cnn, images, mlp, vectors
from reference import losses, moved, named, number, recalibrated


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)


COORDS = np.array([[-0.7, 0.3], [0.0, 0.0], [1.3, -0.4], [0.2, 2.1]])


def values_of(landscape: lw.Landscape, axes: list[torch.Tensor], coords: np.ndarray) -> np.ndarray:
    return np.array([v.loss for v in landscape._engine.evaluate(axes, coords)])


def axes_of(landscape: lw.Landscape) -> list[torch.Tensor]:
    return [landscape.directions.gaussian(seed=seed).vector for seed in (3, 4)]


@pytest.fixture
def num_threads(request):
    """Torch with another number of threads, put back afterwards for every thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, (1e-12, 0)), (torch.float32, (1e-5, 1e-6))])
@pytest.mark.parametrize("tile", [1, 3, 64])
def test_a_convolutional_network_equals_the_naive_loop_for_every_tile(monkeypatch, dtype, tolerance, tile):
    monkeypatch.setattr(setup, "CONV_TILE", tile)
    model, (x, y) = cnn(norm=False, dtype=dtype), images(23, dtype=dtype)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    axes = axes_of(landscape)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=tolerance[0], atol=tolerance[1])


@pytest.mark.parametrize("num_threads", [1, 2, 5], indirect=True)
def test_a_network_with_frozen_batchnorm_equals_the_naive_loop_for_every_thread_count(monkeypatch, num_threads):
    monkeypatch.setattr(setup, "CONV_TILE", 4)
    model, (x, y) = cnn(), images(23)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm="frozen")
    axes = axes_of(landscape)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-12)


@pytest.mark.parametrize("num_threads", [1, 2, 5], indirect=True)
@pytest.mark.parametrize("tile", [2, 7, 32])
@pytest.mark.parametrize("calibration", [11, 23, 512])
def test_recalibrated_batchnorm_equals_one_pass_of_the_calibration_set(monkeypatch, num_threads, tile, calibration):
    monkeypatch.setattr(passes, "LOCKSTEP_TILE", tile)
    monkeypatch.setattr(setup, "CONV_TILE", 5)
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), calibration=calibration)
    axes = axes_of(landscape)
    chosen = x[torch.arange(min(calibration, 31)) * 31 // min(calibration, 31)]
    steps = [named(model, axis) for axis in axes]
    nets = [recalibrated(moved(model, list(zip(coord, steps, strict=True))), chosen) for coord in COORDS.tolist()]
    expected = [number(F.cross_entropy(net(x), y)) for net in nets]
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-11)


def test_lockstep_tiles_are_used_for_the_small_network():
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(70))
    landscape.center_loss  # noqa: B018 - the first evaluation chooses
    assert "calibration in lock-step tiles" in landscape._objective.remarks


def test_statistics_of_the_training_part_serve_other_splits():
    model, (x, y), (x2, y2) = cnn(), images(31), (images(12)[0] * 2 + 1, images(12)[1])
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), splits={"test": (x2, y2)})
    expected = number(F.cross_entropy(recalibrated(moved(model, []), x)(x2), y2))
    assert landscape._slicer.center_loss("test") == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("batchnorm", ["frozen", None])
def test_the_centre_is_the_models_own_loss(batchnorm):
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm=batchnorm)
    plain = number(F.cross_entropy(model(x), y))
    train = number(F.cross_entropy(recalibrated(moved(model, []), x)(x), y))
    assert landscape.center_loss_frozen == pytest.approx(plain, rel=1e-12)
    assert landscape.center_loss == pytest.approx(plain if batchnorm else train, rel=1e-11)


def test_recalibrated_batchnorm_equals_the_network_in_training_mode():
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    training = moved(model, []).train()
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(training(x), y)), rel=2e-7)


def test_a_batchnorm_layer_that_is_used_twice_keeps_two_sets_of_statistics():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = cnn()
            self.norm = nn.BatchNorm1d(3).double()
            self.mix = mlp()

        def forward(self, x):
            return self.norm(self.norm(self.body(x)).square() + 0.3)

    model, (x, y) = Twice().eval(), images(70)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    expected = number(F.cross_entropy(moved(model, []).train()(x), y))
    assert landscape.center_loss == pytest.approx(expected, rel=2e-7)


def test_layers_without_running_statistics_use_each_whole_batch():
    model = cnn()
    model[1] = nn.BatchNorm2d(4, track_running_stats=False).double()
    model[4] = nn.Identity()
    (x, y), model = images(23), model.eval()
    landscape = lw.Landscape(model, F.cross_entropy, [(x[:9], y[:9]), (x[9:], y[9:])])
    parts = [number(F.cross_entropy(model(x[:9]), y[:9])), number(F.cross_entropy(model(x[9:]), y[9:]))]
    assert landscape.batchnorm is None
    assert landscape.center_loss == pytest.approx((9 * parts[0] + 14 * parts[1]) / 23, rel=1e-12)
    assert "whole batches: tiles of a batch do not reproduce its loss" in landscape._objective.remarks


def test_the_same_seed_gives_the_same_bits_twice():
    first, second = (lw.Landscape(cnn(), F.cross_entropy, images(70)) for _ in range(2))
    axes = axes_of(first)
    np.testing.assert_array_equal(values_of(first, axes, COORDS), values_of(second, axes, COORDS))


def test_only_chosen_parameters_move():
    model, (x, y) = mlp(), vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), params="2.*")
    d = landscape.directions.gaussian(seed=3)
    assert landscape.center.shape == (7 * 3 + 3,)
    step = {"2.weight": d.vector[:21].view(3, 7), "2.bias": d.vector[21:]}
    expected = number(F.cross_entropy(moved(model, [(0.8, step)])(x), y))
    assert values_of(landscape, [d.vector], np.array([[0.8]]))[0] == pytest.approx(expected, rel=1e-12)


def test_trainable_parameters_and_all_floating_ones_differ():
    model = mlp()
    model[0].requires_grad_(False)
    everything = lw.Landscape(model, F.cross_entropy, vectors(9))
    trainable = lw.Landscape(model, F.cross_entropy, vectors(9), params="trainable")
    assert (len(everything.center), len(trainable.center)) == (66, 24)


def test_tied_parameters_move_once_and_together():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = mlp()
            self.second = nn.Linear(7, 5).double()
            self.second.weight = nn.Parameter(self.first[0].weight.detach().t().clone())
            self.last = nn.Linear(5, 7).double()
            self.last.weight = self.first[0].weight

        def forward(self, x):
            return self.first(x) + self.last(x)[:, :3]

    model, (x, y) = Tied().eval(), vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    d = landscape.directions.gaussian(seed=5)
    assert len(landscape.center) == sum(p.numel() for p in model.parameters())
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), [d.vector], np.array([[0.6]]))
    np.testing.assert_allclose(values_of(landscape, [d.vector], np.array([[0.6]])), expected, rtol=1e-12)


def test_another_dtype_is_computed_in_that_dtype():
    model, (x, y) = mlp(torch.float32), vectors(9, dtype=torch.float32)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), dtype=torch.float64)
    expected = number(F.cross_entropy(moved(model, []).double()(x.double()), y))
    assert landscape.center.dtype == torch.float64
    assert landscape.center_loss == pytest.approx(expected, rel=1e-12)


def test_half_precision_is_computed_as_it_is_with_its_floor_measured():
    model, (x, y) = mlp(torch.bfloat16), vectors(40, dtype=torch.bfloat16)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    curve = landscape.curve(landscape.directions.gaussian(), exact=True, points=11)
    assert landscape.center.dtype == torch.float32
    assert 1e-5 < curve.error < 0.1
    assert curve.classification.noise_floor >= curve.error
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(model(x), y)), abs=0.02)


def test_nan_and_inf_are_values_and_the_rest_is_computed():
    def loss(outputs, targets):
        return F.cross_entropy(outputs, targets).sub(1e-9).where(outputs.abs().max() < 1e3, torch.nan)

    landscape = lw.Landscape(mlp(), loss, vectors(9))
    curve = landscape.curve(landscape.directions.gaussian(), span=(-0.5, 1e5), exact=True, points=7)
    assert np.isnan(curve.losses[-1])
    assert np.isfinite(curve.losses[0])


def test_a_thread_that_starts_later_sees_the_same_number_of_threads():
    before = torch.get_num_threads()
    lw.Landscape(cnn(), F.cross_entropy, images(70)).center_loss  # noqa: B018
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert [torch.get_num_threads(), *seen] == [before, before]
