"""Chunks of points in one pass of vmap equal the naive loop, or are refused with the reason."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from landscape_widget.core import setup
from landscape_widget.core.objective import Cancelled
from landscape_widget.engine import contender
from landscape_widget.engine.plans import Job, Threads, candidates
from networks import cnn, images, initialised, mlp, seeded, vectors
from plan_cases import CASES, REFUSED, Case
from reference import losses, moved, named, number, recalibrated

COORDS = np.array([[-0.7, 0.3], [0.0, 0.0], [1.3, -0.4], [0.2, 2.1], [0.5, 0.9]])


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)


def values_of(landscape: lw.Landscape, axes: list[Tensor], coords: np.ndarray, **how) -> np.ndarray:
    return np.array([value.loss for value in landscape._engine.evaluate(axes, coords, **how)])


def axes_of(landscape: lw.Landscape) -> list[Tensor]:
    return [landscape.directions.gaussian(seed=seed).vector for seed in (3, 4)]


def batched(*args, **kwargs) -> lw.Landscape:
    landscape = lw.Landscape(*args, **kwargs)
    landscape._engine.plan = "vmap"
    return landscape


def expected_recalibrated(model: nn.Module, axes: list[Tensor], calibration: Tensor, x: Tensor, y: Tensor):
    steps = [named(model, axis) for axis in axes]
    nets = [recalibrated(moved(model, list(zip(coord, steps, strict=True))), calibration) for coord in COORDS.tolist()]
    return [number(F.cross_entropy(net(x), y)) for net in nets]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
def test_vmap_equals_the_naive_loop(case: Case, dtype: torch.dtype):
    model, arguments, loss_of = case.made(dtype)
    landscape = batched(model, **arguments)
    axes = axes_of(landscape)
    relative, absolute = (1e-12, 1e-14) if dtype == torch.float64 else (1e-5, 1e-6)
    expected = losses(model, loss_of, axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=relative, atol=absolute)
    assert landscape._engine.plan.startswith("vmap over chunks of")


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_vmap_cannot_take_is_refused_with_the_reason_and_computed_by_the_loop(case: Case):
    model, arguments, loss_of = case.made(torch.float64)
    landscape = lw.Landscape(model, **arguments)
    with pytest.raises(
        ValueError, match=f"plan must be 'loop' or 'auto' for this model, got 'vmap', but {case.reason}"
    ):
        landscape._engine.plan = "vmap"
    assert landscape._engine.plan.startswith("loop over points (auto")
    axes = axes_of(landscape)
    expected = losses(model, loss_of, axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-11)


@pytest.mark.parametrize("case", [*CASES, *REFUSED], ids=lambda case: case.name)
def test_points_in_threads_equal_the_naive_loop(case: Case):
    model, arguments, loss_of = case.made(torch.float64)
    landscape = lw.Landscape(model, **arguments)
    axes = axes_of(landscape)
    rows = Threads(landscape._objective).compute(Job(axes, ("train",)), COORDS)
    expected = losses(model, loss_of, axes, COORDS)
    np.testing.assert_allclose([value.loss for (value,) in rows], expected, rtol=1e-11)


@pytest.mark.parametrize("num_threads", [1, 2])
def test_threads_are_tried_where_there_are_several(num_threads):
    before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        assert (Threads in candidates(torch.device("cpu"))) is (num_threads > 1)
    finally:
        torch.set_num_threads(before)
    assert Threads not in candidates(torch.device("cuda"))


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("tile", [4, 64])
def test_every_size_of_chunks_and_of_tiles_gives_the_same(monkeypatch, size, tile):
    monkeypatch.setattr(contender, "FIRST_CHUNK", size)
    monkeypatch.setattr(setup, "CONV_TILE", tile)
    model, (x, y) = cnn(norm=False), images(23)
    landscape = batched(model, F.cross_entropy, (x, y))
    axes = axes_of(landscape)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-12)


@pytest.mark.parametrize("calibration", [11, 31])
@pytest.mark.parametrize("size", [1, 3])
def test_recalibrated_batchnorm_takes_the_statistics_of_each_point(monkeypatch, calibration, size):
    monkeypatch.setattr(contender, "FIRST_CHUNK", size)
    monkeypatch.setattr(setup, "CONV_TILE", 5)
    model, (x, y) = cnn(), images(31)
    landscape = batched(model, F.cross_entropy, (x, y), calibration=calibration)
    axes = axes_of(landscape)
    chosen = x[torch.arange(calibration) * 31 // calibration]
    expected = expected_recalibrated(model, axes, chosen, x, y)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-11)


def test_frozen_batchnorm_keeps_the_stored_statistics():
    model, (x, y) = cnn(), images(31)
    landscape = batched(model, F.cross_entropy, (x, y), batchnorm="frozen")
    axes = axes_of(landscape)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-12)


def test_another_mode_than_the_landscapes():
    model, (x, y) = cnn(), images(31)
    landscape = batched(model, F.cross_entropy, (x, y), batchnorm="frozen")
    axes = axes_of(landscape)
    expected = expected_recalibrated(model, axes, x, x, y)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS, batchnorm="recalibrate"), expected, rtol=1e-11)


def test_several_splits_and_metrics_in_one_pass():
    model, (x, y), (x2, y2) = cnn(), images(31), (images(12)[0] * 2 + 1, images(12)[1])

    def hits(outputs, targets):
        return (outputs.argmax(1) == targets).double().mean()

    landscape = batched(model, F.cross_entropy, (x, y), splits={"test": (x2, y2)}, metrics={"accuracy": hits})
    axes, before = axes_of(landscape), landscape.evaluations
    rows = list(landscape._engine.evaluate_all(axes, COORDS, ["test", "train"]))
    assert (
        landscape.evaluations - before == len(COORDS) + 2 * 2 + 1
    )  # checks: two points by both plans, one by the loop
    steps = [named(model, axis) for axis in axes]
    for coord, (test, train) in zip(COORDS.tolist(), rows, strict=True):
        net = recalibrated(moved(model, list(zip(coord, steps, strict=True))), x)
        for value, inputs, targets in ((test, x2, y2), (train, x, y)):
            assert value.loss == pytest.approx(number(F.cross_entropy(net(inputs), targets)), rel=1e-11)
            assert value.metrics == {"accuracy": pytest.approx(float(hits(net(inputs), targets)))}


def test_several_splits_by_the_loop_are_those_of_each_alone():
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31), splits={"test": images(12)})
    axes = axes_of(landscape)
    rows = list(landscape._engine.evaluate_all(axes, COORDS, ["test", "train"]))
    alone = [list(landscape._engine.evaluate(axes, COORDS, split=split)) for split in ("test", "train")]
    assert [tuple(row) for row in rows] == list(zip(*alone, strict=True))


def test_losses_of_single_samples_come_from_the_loop():
    landscape = batched(mlp(), F.cross_entropy, vectors(9))
    axes = axes_of(landscape)
    rows = list(landscape._engine.evaluate_all(axes, COORDS, ["train"], per_sample=True))
    for (value,), loss in zip(rows, values_of(landscape, axes, COORDS), strict=True):
        assert value.per_sample.shape == (9,)
        assert value.per_sample.mean() == pytest.approx(loss, rel=1e-12)


def test_chosen_samples_only():
    model, (x, y) = mlp(), vectors(23)
    landscape = batched(model, F.cross_entropy, (x, y))
    axes, units = axes_of(landscape), torch.tensor([3, 19, 4])
    expected = losses(model, lambda net: F.cross_entropy(net(x[units]), y[units]), axes, COORDS)
    before = landscape.evaluations
    np.testing.assert_allclose(values_of(landscape, axes, COORDS, units=units), expected, rtol=1e-12)
    assert landscape.evaluations - before <= 1  # a part of the data is no evaluation, but the check of one point is


def test_data_sorted_by_class_give_the_same_as_shuffled_data():
    (x, y), order = images(31), torch.randperm(31, generator=seeded(5))
    landscapes = [batched(cnn(), F.cross_entropy, data) for data in ((x, y), (x[order], y[order]))]
    found = [values_of(landscape, axes_of(landscape), COORDS) for landscape in landscapes]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-11)


@pytest.mark.parametrize("count", [1, 2])
def test_one_point_and_directions_of_no_length(count):
    model, (x, y) = mlp(), vectors(9)
    landscape = batched(model, F.cross_entropy, (x, y))
    found = values_of(landscape, [torch.zeros_like(landscape.center)], np.full((count, 1), 0.7))
    np.testing.assert_allclose(found, [number(F.cross_entropy(model(x), y))] * count, rtol=1e-12)


def test_one_sample():
    model, (x, y) = mlp(), vectors(1)
    landscape = batched(model, F.cross_entropy, (x, y))
    axes = axes_of(landscape)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-12)


def test_nan_and_inf_are_values():
    def loss(outputs, targets):
        return F.cross_entropy(outputs, targets).where(outputs.abs().max() < 1e3, torch.nan)

    landscape = batched(mlp(), loss, vectors(9))
    found = values_of(landscape, axes_of(landscape)[:1], np.array([[-0.5], [1e5], [0.4]]))
    assert np.isnan(found).tolist() == [False, True, False]


def test_only_chosen_parameters_move_and_half_precision_is_kept():
    model, (x, y) = mlp(torch.bfloat16), vectors(40, dtype=torch.bfloat16)
    landscape = batched(model, F.cross_entropy, (x, y), params="2.*")
    axes = axes_of(landscape)
    looped = lw.Landscape(model, F.cross_entropy, (x, y), params="2.*")
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), values_of(looped, axes, COORDS), rtol=2e-2)


def test_the_users_model_and_the_random_state_stay_untouched():
    model, before, state = cnn(), moved(cnn(), []), torch.get_rng_state()
    landscape = batched(model, F.cross_entropy, images(31))
    values_of(landscape, axes_of(landscape), COORDS)
    assert torch.equal(torch.get_rng_state(), state)
    for mine, copied in zip(model.state_dict().values(), before.state_dict().values(), strict=True):
        assert torch.equal(mine, copied)


def test_the_private_copy_is_left_as_the_loop_needs_it():
    model, (x, y) = cnn(), images(31)
    landscape = batched(model, F.cross_entropy, (x, y))
    axes = axes_of(landscape)
    by_vmap = values_of(landscape, axes, COORDS)
    landscape._engine.plan = "loop"
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), by_vmap, rtol=1e-12)


def test_a_forward_pass_that_keeps_a_tensor_leaves_nothing_behind():
    class Keeping(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.last = mlp(), None

        def forward(self, x):
            self.last = self.body(x)
            return self.last

    model, (x, y) = Keeping().eval(), vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    kept = landscape._objective.module.last
    with pytest.raises(ValueError, match="but its forward pass keeps 'last' for later"):
        landscape._engine.plan = "vmap"
    assert torch.equal(landscape._objective.module.last, kept)


def test_cancelling_between_chunks_keeps_the_chunks_before(monkeypatch):
    monkeypatch.setattr(contender, "FIRST_CHUNK", 2)
    landscape, asked = batched(mlp(), F.cross_entropy, vectors(9)), []
    values = landscape._engine.evaluate(axes_of(landscape), COORDS, stop=lambda: len(asked) > 0)
    found = [next(values), next(values)]
    asked.append(True)
    with pytest.raises(Cancelled):
        next(values)
    looped = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    np.testing.assert_allclose([v.loss for v in found], values_of(looped, axes_of(looped), COORDS[:2]), rtol=1e-12)


def test_points_are_computed_when_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(contender, "FIRST_CHUNK", 2)
    landscape = batched(mlp(), F.cross_entropy, vectors(9))
    before = landscape.evaluations
    next(landscape._engine.evaluate(axes_of(landscape), COORDS))
    assert landscape.evaluations - before == 2 + 1  # a chunk, and its first point by the loop to compare


def test_a_call_in_a_cell_gets_the_engine_between_two_chunks(monkeypatch):
    monkeypatch.setattr(contender, "FIRST_CHUNK", 2)
    landscape = batched(mlp(), F.cross_entropy, vectors(9))
    values = landscape._engine.evaluate(axes_of(landscape), COORDS, background=True)
    next(values)
    assert landscape._engine.gate._lock.acquire(blocking=False)
    landscape._engine.gate._lock.release()
    assert len(list(values)) == len(COORDS) - 1


def test_a_landscape_that_was_recentred_is_batched_around_its_new_centre():
    model, (x, y) = mlp(), vectors(9)
    landscape = batched(model, F.cross_entropy, (x, y))
    with torch.no_grad():
        model[0].weight.add_(0.3)
    landscape.recenter()
    axes = axes_of(landscape)
    expected = losses(model, lambda net: F.cross_entropy(net(x), y), axes, COORDS)
    np.testing.assert_allclose(values_of(landscape, axes, COORDS), expected, rtol=1e-12)


@pytest.mark.cuda
@pytest.mark.parametrize("norm", [False, True])
def test_on_a_gpu_vmap_equals_the_loop(norm):
    model, (x, y) = cnn(norm=norm, dtype=torch.float32).cuda(), images(64, dtype=torch.float32)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    axes = axes_of(landscape)
    found = []
    for landscape._engine.plan in ("loop", "vmap"):
        found.append(values_of(landscape, axes, COORDS))
    np.testing.assert_allclose(found[1], found[0], rtol=2e-3)
    assert "float32" in landscape._engine.plan


@pytest.mark.cuda
def test_on_a_gpu_a_chunk_waits_for_the_device_as_often_as_one_point(monkeypatch):
    model, data = initialised(nn.Linear(5, 3)).cuda(), vectors(9, dtype=torch.float32)
    waits = []
    for size in (1, 40):
        monkeypatch.setattr(contender, "FIRST_CHUNK", size)
        landscape = batched(model, F.cross_entropy, data)
        axes = [axis.cuda() for axis in axes_of(landscape)]
        values_of(landscape, axes, COORDS[:1])
        torch.cuda.set_sync_debug_mode("warn")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            values_of(landscape, axes, np.repeat(COORDS, 8, axis=0)[:size])
        torch.cuda.set_sync_debug_mode("default")
        waits.append(len(caught))
    assert 0 < waits[1] <= waits[0]
