"""Adaptive slices of landscapes: values, centre, sign, metrics, samples, splits, lines through them, files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import landscape_widget as lw
from networks import cnn, images, mlp, vectors
from reference import losses


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs.argmax(1) == targets).double().mean()


def landscape_of(**options: Any) -> lw.Landscape:
    return lw.Landscape(mlp(), F.cross_entropy, vectors(40), **options)


def two_splits() -> lw.Landscape:
    x, y = vectors(60)
    return lw.Landscape(
        mlp(), F.cross_entropy, (x[:40], y[:40]), splits={"test": (x[40:], y[40:])}, metrics={"accuracy": accuracy}
    )


def axes_of(landscape: lw.Landscape, count: int) -> list[Any]:
    return [landscape.directions.gaussian(seed) for seed in range(count)]


def test_the_losses_of_an_adaptive_surface_are_those_of_a_naive_loop() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    surface = landscape.surface(d, e, span=((-0.5, 1.5), 0.8), progress=False)
    x, y = vectors(40)
    coords = np.array([[-0.5, -0.8], [1.1, 0.3], [0.0, 0.0], [0.4, -0.6]])
    exact = losses(mlp(), lambda net: F.cross_entropy(net(x), y), [d.vector, e.vector], coords)
    assert surface.losses.shape == (101, 101)
    np.testing.assert_allclose(surface.at(*coords.T), exact, atol=surface.error)
    nodes = surface.nodes
    again = losses(mlp(), lambda net: F.cross_entropy(net(x), y), [d.vector, e.vector], nodes.coords)
    np.testing.assert_allclose(nodes.losses, again, rtol=1e-12)
    assert surface.evaluations == len(nodes.losses) < 300


def test_the_centre_is_exact_also_where_it_is_no_node() -> None:
    landscape = landscape_of()
    (d,) = axes_of(landscape, 1)
    curve = landscape.curve(d, span=(-0.3, 1.7), progress=False)
    assert 0.0 not in curve.nodes.coords
    assert curve.center_loss == landscape.center_loss == curve.at(0.0)
    beside = landscape.curve(d, span=(0.5, 1.0), progress=False)
    assert beside.center_loss == landscape.center_loss
    assert beside.kind == "off-centre"


def test_computed_points_are_exact_and_the_others_say_by_how_much_they_may_be_off() -> None:
    landscape = landscape_of()
    (d,) = axes_of(landscape, 1)
    curve = landscape.curve(d, progress=False)
    assert curve.is_exact[[0, 100, 200]].all()
    assert not curve.is_exact.all()
    assert (curve.errors[curve.is_exact] == 0).all()
    assert 0 < curve.error == curve.errors.max()
    assert curve.relative_error <= 0.005
    exact = landscape.curve(d, exact=True, progress=False)
    assert exact.is_exact.all()
    assert (exact.error, exact.relative_error, exact.nodes.losses.size) == (0.0, 0.0, 41)


def test_every_evaluation_is_counted() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    assert landscape.center_loss > 0
    before = landscape.evaluations
    surface = landscape.surface(d, e, progress=False)
    assert landscape.evaluations - before == surface.evaluations


def test_a_loss_that_is_nowhere_negative_is_never_drawn_negative() -> None:
    class Pit(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.zeros(1, 2, dtype=torch.float64))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 0 + self.w.sum().square()

    landscape = lw.Landscape(Pit(), lambda out, _: out.mean(), (torch.zeros(3, 1), torch.zeros(3)))
    d = landscape.directions.from_vector(torch.tensor([1.0, 0.5], dtype=torch.float64))
    curve = landscape.curve(d, span=(-0.7, 3.0), progress=False)
    assert curve.losses.min() >= 0
    assert (curve.at(np.linspace(-0.7, 3.0, 1001)) >= 0).all()


def test_several_splits_share_one_pass() -> None:
    landscape = two_splits()
    d, e = axes_of(landscape, 2)
    assert landscape.center_loss > 0
    before = landscape.evaluations
    both = landscape.surface(d, e, split=("train", "test"), progress=False)
    assert list(both) == ["train", "test"]
    assert landscape.evaluations - before <= both["train"].evaluations + 1  # the centre on the other split
    np.testing.assert_array_equal(both["train"].nodes.coords, both["test"].nodes.coords)
    for name in both:
        alone = landscape.surface(d, e, split=name, exact=True, points=3, progress=False)
        assert both[name].split == name
        np.testing.assert_allclose(both[name].losses[::50, ::50], alone.losses, atol=both[name].error)
    exact = landscape.curve(d, split=("test",), exact=True, points=5, progress=False)
    assert list(exact) == ["test"]


@pytest.mark.parametrize("split", [("train", "valid"), (), ("train", "train"), 3])
def test_splits_that_make_no_sense_are_refused(split: Any) -> None:
    landscape = two_splits()
    with pytest.raises(
        ValueError, match=r"split must be (one of 'train', 'test'|a name, or a tuple of different names)"
    ):
        landscape.curve(landscape.directions.gaussian(), split=split, progress=False)


def test_metrics_are_known_at_the_nodes_and_linear_between() -> None:
    landscape = two_splits()
    (d,) = axes_of(landscape, 1)
    curve = landscape.curve(d, progress=False)
    exact = landscape.curve(d, exact=True, points=3, progress=False)
    np.testing.assert_allclose(curve.metrics["accuracy"][::100], exact.metrics["accuracy"])
    steps = np.diff(curve.metrics["accuracy"], 2)
    assert (np.abs(steps) < 1e-9).mean() > 0.8
    assert landscape.surface(d, -1 * d, progress=False).metrics["accuracy"].shape == (101, 101)


def test_losses_of_single_samples_give_standard_errors_and_paired_noise() -> None:
    landscape = landscape_of()
    (d,) = axes_of(landscape, 1)
    curve = landscape.curve(d, span=(-0.4, 1.2), per_sample=True, progress=False)
    x, y = vectors(40)
    at_center = F.cross_entropy(mlp()(x), y, reduction="none").detach().numpy()
    np.testing.assert_allclose(curve.center_per_sample, at_center, rtol=1e-12)
    assert curve.per_sample.shape == (len(curve.nodes.losses), 40)
    np.testing.assert_allclose(curve.per_sample.mean(1), curve.nodes.losses, rtol=1e-12)
    np.testing.assert_allclose(curve.stderr, curve.per_sample.std(1, ddof=1) / np.sqrt(40), rtol=1e-12)
    center = np.flatnonzero(curve.nodes.coords[:, 0] == 0)
    assert curve.noise[center] == pytest.approx(0.0)
    assert (curve.noise >= 0).all()
    plain = landscape.curve(d, span=(-0.4, 1.2), progress=False)
    assert (plain.per_sample, plain.stderr, plain.noise) == (None, None, None)
    assert curve.classification.noise_floor > plain.classification.noise_floor


def test_a_loss_without_single_samples_says_so() -> None:
    landscape = lw.Landscape(
        mlp(), lambda out, y: F.cross_entropy(out, y, weight=torch.tensor([1.0, 2.0, 5.0]).double()), vectors(40)
    )
    with pytest.raises(ValueError, match="per_sample must be"):
        landscape.curve(landscape.directions.gaussian(), per_sample=True, progress=False)


@pytest.mark.parametrize("angle", [0.0, 37.0, -90.0])
def test_a_line_through_a_surface_is_the_curve_there_and_costs_nothing(angle: float) -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    surface = landscape.surface(d, e, span=(1.0, 0.8), progress=False)
    before = landscape.evaluations
    line = surface.along(angle, span=(-0.5, 0.7))
    assert landscape.evaluations == before
    assert (line.evaluations, line.span) == (0, (-0.5, 0.7))
    vector = np.cos(np.deg2rad(angle)) * d.vector + np.sin(np.deg2rad(angle)) * e.vector
    mixed = landscape.directions.from_vector(vector)
    exact = landscape.curve(mixed, span=(-0.5, 0.7), exact=True, points=7, progress=False)
    np.testing.assert_allclose(line.at(exact.alphas), exact.losses, atol=surface.error)
    assert line.at(0.0) == landscape.center_loss


def test_a_line_reaches_as_far_as_the_surface() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    surface = landscape.surface(d, e, span=(1.0, 0.5), progress=False)
    assert surface.along(0).span == (-1.0, 1.0)
    assert surface.along(90).span == pytest.approx((-0.5, 0.5))
    assert surface.along(45).span[1] == pytest.approx(0.5 * np.sqrt(2))
    with pytest.raises(ValueError, match=r"span must be inside the slice, at most 0\.5 here, got 0\.6"):
        surface.along(90, span=0.6)


def test_a_short_line_states_its_error_in_its_own_scale() -> None:
    landscape = landscape_of()
    surface = landscape.surface(*axes_of(landscape, 2), progress=False)
    whole, part = surface.along(20), surface.along(20, span=0.1)
    assert part.scale < whole.scale
    assert part.expected_error == pytest.approx(surface.expected_error * surface.scale / part.scale)
    assert part.errors[50] == pytest.approx(surface.expected_error * surface.scale)


def test_a_line_through_an_exact_grid_states_what_reading_between_its_points_may_miss() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    grid = landscape.surface(d, e, exact=True, points=11, progress=False)
    line, fine = grid.along(30), landscape.surface(d, e, tol=0.001, progress=False).along(30)
    assert 0 < np.abs(line.losses - fine.losses).max() <= line.error


def test_a_volume_and_its_planes() -> None:
    landscape = landscape_of()
    d, e, f = axes_of(landscape, 3)
    volume = landscape.volume(d, e, f, span=(0.6, 0.5, (-0.3, 0.4)), progress=False)
    assert volume.losses.shape == (33, 33, 33)
    assert volume.gammas[[0, -1]].tolist() == [-0.3, 0.4]
    plane = volume.plane((1, 0.5, 0), (0, 0.2, 1), span=0.25)
    x, y = vectors(40)
    coords = np.array([[0.2, -0.1], [-0.25, 0.25]])
    points = coords @ np.array([[1, 0.5, 0], [0, 0.2, 1]])
    axes = [d.vector, e.vector, f.vector]
    exact = losses(mlp(), lambda net: F.cross_entropy(net(x), y), axes, points)
    np.testing.assert_allclose(plane.at(*coords.T), exact, atol=volume.error)
    np.testing.assert_allclose(volume.at(*points.T), exact, atol=volume.error)
    assert volume.along((0, 0, 2)).span == pytest.approx((-0.15, 0.15))
    grid = landscape.volume(d, e, f, exact=True, points=(2, 3, 4), progress=False)
    assert (grid.losses.shape, grid.is_exact.all()) == ((4, 3, 2), True)
    assert landscape.volume(d, e, f, exact=True, points=2, orthogonalise=True, progress=False).labels[0] == d.label


def test_slopes_and_bends_of_a_slice_are_those_of_the_loss() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    surface = landscape.surface(d, e, span=0.5, tol=0.0005, progress=False)
    _, gradient = landscape._objective.gradient(landscape.center)
    slopes = [float(gradient @ axis.vector) for axis in (d, e)]
    np.testing.assert_allclose(surface.gradient(0.0, 0.0), slopes, atol=2e-3)
    step = 1e-3
    away = landscape.center + step * d.vector
    bend = float((landscape._objective.gradient(away)[1] - gradient) @ e.vector) / step
    hessian = surface.hessian(0.0, 0.0)
    assert hessian.shape == (2, 2)
    assert hessian[0, 1] == hessian[1, 0] == pytest.approx(bend, abs=0.05)
    with pytest.raises(ValueError, match=r"gradient must be read off an interpolant, got a plain grid"):
        landscape.curve(d, exact=True, points=3, progress=False).gradient(0.0)


@pytest.mark.parametrize("per_sample", [False, True])
def test_adaptive_slices_come_back_from_their_files(tmp_path: Path, per_sample: bool) -> None:
    landscape = two_splits()
    d, e, f = axes_of(landscape, 3)
    made = [
        landscape.curve(d, per_sample=per_sample, progress=False),
        landscape.surface(d, e, tol=0.05, progress=False),
    ]
    made.append(landscape.volume(d, e, f, span=0.2, tol=0.1, progress=False))
    for slice_ in made:
        again = lw.load(slice_.save(tmp_path / type(slice_).__name__))
        assert type(again) is type(slice_)
        np.testing.assert_array_equal(again.losses, slice_.losses)
        np.testing.assert_array_equal(again.is_exact, slice_.is_exact)
        np.testing.assert_array_equal(again.nodes.coords, slice_.nodes.coords)
        np.testing.assert_array_equal(again.metrics["accuracy"], slice_.metrics["accuracy"])
        assert again.at(*[0.1] * len(again.axes)) == slice_.at(*[0.1] * len(again.axes))
        assert (again.error, again.caption, repr(again)) == (slice_.error, slice_.caption, repr(slice_))
    assert (lw.load(tmp_path / "Curve.npz").noise is None) is not per_sample


def test_a_slice_that_is_not_smooth_becomes_a_grid_that_says_why() -> None:
    landscape = lw.Landscape(mlp(), lambda out, _: out.square().square().mean(), vectors(40))
    (d,) = axes_of(landscape, 1)
    curve = landscape.curve(d, span=1e160, progress=False)
    assert curve.is_exact.all()
    assert curve.reason == "the loss is NaN or infinite at some points"
    assert "exact" in curve.caption
    assert "plain grid: the loss is NaN or infinite" in curve.caption


def test_the_caption_says_that_values_are_read_between_points() -> None:
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(30))
    d, e = axes_of(landscape, 2)
    surface = landscape.surface(d, e, progress=False)
    assert f"interpolated from {surface.evaluations} points, off by at most" in surface.caption
    assert surface.provenance["tolerance"] == 0.01


def test_one_sample_is_enough_and_a_zero_direction_is_refused() -> None:
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(1))
    d = landscape.directions.gaussian()
    assert np.isfinite(landscape.curve(d, progress=False).losses).all()
    with pytest.raises(ValueError, match=r"direction must be non-zero somewhere, got zero in all weights that move"):
        landscape.curve(0.0 * d, progress=False)


@pytest.mark.parametrize(("tol", "least"), [(0.01, 0.005), (0.002, 0.002), (0.1, 0.1)])
def test_a_surface_is_as_fine_as_its_kind_needs_unless_a_coarser_one_is_asked_for(tol: float, least: float) -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    surface = landscape.surface(d, e, span=((-0.5, 1.5), 0.8), tol=tol, progress=False)
    assert 0 < surface.relative_error <= least
    if tol <= 0.01:
        assert surface.kind != "unclear"


def test_an_unclear_surface_tells_the_tolerance_that_its_kind_needs() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    coarse = landscape.surface(d, e, span=((-3, 3.5), 3), tol=0.1, progress=False)
    assert coarse.kind == "unclear"
    told = re.search(r"A tolerance \(tol\) of ([\d.]+) or less tells it", coarse.classification.reason)
    assert told
    fine = landscape.surface(d, e, span=((-3, 3.5), 3), tol=float(told[1]), progress=False)
    assert "read between" not in fine.classification.reason


def test_an_unclear_part_of_a_surface_tells_how_much_finer_that_must_be() -> None:
    landscape = landscape_of()
    d, e = axes_of(landscape, 2)
    flat = landscape.surface(d, 0.01 * e, span=((-3, 3.5), 3), tol=0.1, progress=False).along(90)
    assert flat.kind == "unclear"
    assert re.search(r"Compute it itself, or what it was read off \d+ times as exactly\.$", flat.classification.reason)
