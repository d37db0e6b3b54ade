"""Interpolants on nested nodes: exact where they must be, with derivatives, for spans that are not symmetric."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_widget.slices.chebyshev import LEVELS, Axis, Interpolant, lobatto, tensor_coords

STRENGTHS = (0.0, 1.5, 2.5)


def smooth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.exp(-x) * np.cos(2 * y) + 0.3 * x * y


def interpolant(*axes: Axis) -> Interpolant:
    coords = tensor_coords([axis.nodes for axis in axes])
    return Interpolant(axes, smooth(*coords.T).reshape([axis.count for axis in reversed(axes)]))


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("span", [(-1.0, 1.0), (-0.5, 1.5), (0.2, 3.0)])
def test_every_level_holds_the_one_before_to_the_bit(span: tuple[float, float], strength: float) -> None:
    for count in LEVELS[:-1]:
        axis = Axis(*span, count, strength)
        finer = axis.refined()
        assert (axis.nodes[0], axis.nodes[-1]) == span
        assert (np.diff(finer.nodes) > 0).all()
        np.testing.assert_array_equal(finer.nodes[::2], axis.nodes)
        assert finer.coarser() == axis


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_centre_is_a_node_of_every_symmetric_span(strength: float) -> None:
    for count in LEVELS:
        assert Axis(-0.7, 0.7, count, strength).nodes[count // 2] == 0.0


def test_stretching_draws_nodes_to_the_centre() -> None:
    plain, stretched = (np.diff(Axis(-2.0, 2.0, 17, strength).nodes)[8] for strength in (0.0, 2.5))
    assert stretched < 0.5 * plain
    assert Axis(0.5, 2.0, 9, 2.5).nodes == pytest.approx(1.25 + 0.75 * lobatto(9))


@pytest.mark.parametrize("strength", STRENGTHS)
def test_values_and_derivatives_of_a_smooth_function(strength: float) -> None:
    function = interpolant(Axis(-0.5, 1.5, 33, strength), Axis(-0.8, 0.6, 33, strength))
    x, y = np.random.default_rng(0).uniform((-0.5, -0.8), (1.5, 0.6), size=(40, 2)).T
    np.testing.assert_allclose(function(x, y), smooth(x, y), atol=1e-10)
    slopes = -np.exp(-x) * np.cos(2 * y) + 0.3 * y
    np.testing.assert_allclose(function.derivative((1, 0), x, y), slopes, atol=1e-7)
    bends = -4 * np.exp(-x) * np.cos(2 * y)
    np.testing.assert_allclose(function.derivative((0, 2), x, y), bends, atol=1e-4)
    np.testing.assert_allclose(function.derivative((1, 1), x, y), 2 * np.exp(-x) * np.sin(2 * y) + 0.3, atol=1e-5)


def test_nodes_give_their_own_values_and_a_grid_the_same_as_points() -> None:
    first, second = Axis(-1.0, 2.0, 9, 1.5), Axis(-0.5, 0.5, 5, 0.0)
    function = interpolant(first, second)
    np.testing.assert_array_equal(function.on_grid(first.nodes, second.nodes), function.values)
    xs, ys = np.linspace(-1, 2, 4), np.linspace(-0.5, 0.5, 3)
    grid = function.on_grid(xs, ys)
    assert grid.shape == (3, 4)
    np.testing.assert_allclose(grid, function(xs[None, :], ys[:, None]), rtol=1e-13)


def test_a_volume_keeps_its_axes_apart() -> None:
    axes = (Axis(-1.0, 1.0, 5), Axis(0.0, 2.0, 9), Axis(-3.0, 1.0, 5, 1.5))
    coords = tensor_coords([axis.nodes for axis in axes])
    values = (coords[:, 0] + 10 * coords[:, 1] ** 2 + 100 * np.exp(-((coords[:, 2] / 3) ** 2))).reshape(5, 9, 5)
    function = Interpolant(axes, values)
    np.testing.assert_array_equal(function.on_grid(*(axis.nodes for axis in axes)), values)
    assert float(function(0.3, 1.7, axes[2].nodes[1])) == pytest.approx(
        0.3 + 28.9 + 100 * np.exp(-((axes[2].nodes[1] / 3) ** 2)), rel=1e-12
    )


def test_the_step_error_is_what_the_level_before_misses() -> None:
    first, second = Axis(-1.0, 1.5, 9, 1.5), Axis(-0.5, 0.7, 5, 1.5)
    fine = interpolant(first, second)
    coarse = fine.coarser(0)
    assert [axis.count for axis in coarse.axes] == [5, 5]
    missed = coarse.on_grid(first.nodes[1::2], second.nodes) - fine.values[:, 1::2]
    np.testing.assert_allclose(fine.step_error(0), missed, atol=1e-14)
    assert fine.step_error(1).shape == (2, 9)
