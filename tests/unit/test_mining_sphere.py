"""Mined directions have the radius asked for in the filter metric, whatever the scale of the filters."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from landscape_widget.core.params import FilterMetric, ParamSpace, moving_parameters, space_of
from landscape_widget.mining.draws import generator
from landscape_widget.mining.sphere import Descent, Sphere, rate
from networks import cnn

RADIUS = 0.7


def place() -> tuple[ParamSpace, Tensor]:
    parameters = moving_parameters(cnn(), "all")
    space = space_of(parameters)
    return space, space.flatten(parameters)


def sphere(others: tuple[Tensor, ...] = (), scaled: float = 1.0) -> tuple[Sphere, FilterMetric]:
    space, center = place()
    metric = FilterMetric.at(space, scaled * center)
    return Sphere.of(metric, RADIUS, others, center), metric


def random(seed: int) -> Tensor:
    return torch.randn(place()[0].size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rows(*seeds: int) -> Tensor:
    return torch.stack([random(seed) for seed in seeds])


def check_on_sphere(on: Sphere, metric: FilterMetric, point: Tensor) -> None:
    identity = torch.eye(len(point), dtype=point.dtype)
    assert torch.allclose(point @ point.T, identity, atol=1e-10)
    for direction in on.directions(point):
        assert metric.radius(direction) == pytest.approx(RADIUS)
        assert bool((direction[metric.scale == 0] == 0).all())
    assert bool((metric.scale == 0).any())


@pytest.mark.parametrize("num_axes", [1, 2])
def test_a_start_has_the_radius_and_leaves_biases_and_norms_alone(num_axes) -> None:
    on, metric = sphere()
    point = on.start(generator(3), num_axes)
    assert point.shape == (num_axes, len(metric.scale))
    check_on_sphere(on, metric, point)


@pytest.mark.parametrize("num_axes", [1, 2])
def test_every_step_stays_on_the_sphere(num_axes) -> None:
    on, metric = sphere()
    run = Descent(on, on.start(generator(3), num_axes))
    for seed in range(4):
        run.move(rows(seed, seed + 10)[:num_axes], planned=9)
        check_on_sphere(on, metric, run.point)
    assert run.steps_done == 4


def test_the_descent_finds_the_lowest_point_of_a_linear_loss() -> None:
    on, _ = sphere()
    slope = rows(1)
    best = -on.project(on.scale * slope)
    run = Descent(on, on.start(generator(0)))
    for _ in range(150):
        run.move(slope, planned=150)
    assert float((run.point * best).sum()) > 0.99


@pytest.mark.parametrize("num_axes", [1, 2])
def test_the_slope_is_tangent_and_that_of_the_loss_in_v(num_axes) -> None:
    on, _ = sphere()
    point, slope = on.start(generator(2), num_axes), rows(5, 6)[:num_axes]
    tangent = on.tangent(point, slope)
    overlap = tangent @ point.T
    assert torch.allclose(overlap, -overlap.T, atol=1e-12)
    step = 1e-6
    moved = on.project(point + step * tangent)
    rise = float((slope * (on.directions(moved) - on.directions(point))).sum())
    assert rise == pytest.approx(step * float(tangent.square().sum()), rel=1e-3)


def test_directions_stay_orthogonal_to_others_in_the_filter_metric() -> None:
    others = (random(7), random(8))
    on, metric = sphere(others)
    run = Descent(on, on.start(generator(4), 2))
    run.move(rows(9, 11), planned=5)
    check_on_sphere(on, metric, run.point)
    for other in others:
        for direction in run.directions:
            assert metric.inner(direction, other) == pytest.approx(0, abs=1e-10)


def test_the_direction_scales_with_the_filters() -> None:
    (small, _), (large, _) = sphere(), sphere(scaled=4.0)
    point = small.start(generator(6))
    assert torch.allclose(large.directions(point), 4 * small.directions(point))


def test_dependent_directions_are_refused() -> None:
    with pytest.raises(ValueError, match="orthogonal_to must hold independent directions, got 2 of which one is"):
        sphere((random(7), -3 * random(7)))


def test_too_many_directions_are_refused() -> None:
    space, center = place()
    metric = FilterMetric.at(space, center)
    room = int((metric.scale > 0).sum())
    others = list(torch.eye(space.size, dtype=torch.float64)[metric.scale > 0])
    with pytest.raises(ValueError, match=rf"orthogonal_to must hold fewer directions than .* \({room}\), got {room}"):
        Sphere.of(metric, RADIUS, others, center)


def test_the_rate_is_a_cosine_over_the_plan() -> None:
    assert [rate(step, 4) for step in range(5)] == pytest.approx([0.3, 0.256, 0.15, 0.044, 0], abs=1e-3)
    assert rate(300, 600) == pytest.approx(0.15)
