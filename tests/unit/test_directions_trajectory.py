"""The plane of a training path: components, shares, places and distances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from directions_cases import Case, two_layers


def checkpoint(case: Case, step: torch.Tensor) -> dict[str, torch.Tensor]:
    return case.space.split((case.center + step).clone())


def known_path() -> tuple[Case, torch.Tensor, list[dict[str, torch.Tensor]]]:
    """Steps of known lengths along three orthogonal axes, from a float64 centre."""
    case = Case(two_layers().double())
    axes = torch.linalg.qr(torch.randn(case.space.size, 3, generator=torch.Generator().manual_seed(0)).double())[0].T
    steps = torch.tensor([[4.0, 0.0, 0.0], [2.0, 1.0, 0.0], [-1.0, 2.0, 0.5], [0.0, 0.0, 0.0]]).double() @ axes
    return case, steps, [checkpoint(case, step) for step in steps]


def test_components_are_those_of_a_singular_value_decomposition_of_the_differences() -> None:
    case, steps, checkpoints = known_path()
    found = case.directions.trajectory(checkpoints)
    _, singular, rows = np.linalg.svd(steps.numpy(), full_matrices=False)
    np.testing.assert_allclose(found.explained, singular[:2] ** 2 / (singular**2).sum(), rtol=1e-12)
    for direction, row in zip(found.directions, rows, strict=False):
        assert abs(float(direction.vector @ torch.from_numpy(row))) == pytest.approx(1, rel=1e-12)
        assert float(direction.vector.norm()) == pytest.approx(1, rel=1e-12)


def test_coordinates_and_distances_make_up_each_checkpoint() -> None:
    case, steps, checkpoints = known_path()
    found = case.directions.trajectory(checkpoints)
    plane = torch.stack([direction.vector for direction in found.directions]).numpy()
    assert found.coords.shape == (4, 2)
    left = steps.numpy() - found.coords @ plane
    np.testing.assert_allclose(found.distances, np.linalg.norm(left, axis=1), atol=1e-12)
    np.testing.assert_allclose(left @ plane.T, 0, atol=1e-12)
    assert found.distances[2] > 0.05
    np.testing.assert_allclose([*found.coords[3], found.distances[3]], 0, atol=1e-12)


def test_the_first_component_points_to_the_farthest_checkpoint_and_spans_hold_the_path() -> None:
    case, _, checkpoints = known_path()
    found = case.directions.trajectory(checkpoints)
    assert found.coords[0, 0] == found.coords[:, 0].max() > 3.9
    for place, direction in enumerate(found.directions):
        low, high = direction.default_span
        assert low < min(0, found.coords[:, place].min())
        assert high > max(0, found.coords[:, place].max())


def test_a_straight_path_has_one_component_and_more_can_be_asked_for() -> None:
    case, steps, checkpoints = known_path()
    straight = case.directions.trajectory([checkpoint(case, 2 * steps[1]), checkpoint(case, -steps[1])])
    assert len(straight.directions) == 1
    np.testing.assert_allclose(straight.explained, [1.0])
    np.testing.assert_allclose(straight.distances, 0, atol=1e-12)
    three = case.directions.trajectory(checkpoints, components=5)
    assert len(three.directions) == 3
    assert three.explained.sum() == pytest.approx(1)
    np.testing.assert_allclose(three.distances, 0, atol=1e-12)


def test_directions_say_what_they_are() -> None:
    case, _, checkpoints = known_path()
    first, second = case.directions.trajectory(checkpoints).directions
    assert first.label == "first component of the trajectory"
    assert second.source["kind"] == "trajectory"
    assert second.source["component"] == 1
    assert first.keeps_length
    assert repr(case.directions.trajectory(checkpoints)).startswith("Trajectory(4 checkpoints, explained: ")


def test_on_the_demo_the_loss_in_the_plane_is_near_that_of_each_checkpoint_that_lies_near_it() -> None:
    landscape = lw.demo()
    names = lw.demo_checkpoints()[:8]
    found = landscape.directions.trajectory([lw.demo_model(name) for name in names])
    assert found.explained.sum() > 0.9
    assert found.distances.max() < 0.15 * np.abs(found.coords).max()
    curve = landscape.curve(found.directions[0], exact=True, points=7, progress=False)
    assert curve.span == found.directions[0].default_span
    assert curve.losses[-1] > 1  # beyond the initialisation


@pytest.mark.parametrize("wrong", [[], two_layers(), "run.pt", {"a": 1}])
def test_what_is_no_sequence_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"checkpoints must be a sequence of modules, state dicts or paths, got "):
        Case(two_layers()).directions.trajectory(wrong)


def test_a_checkpoint_that_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match=r"checkpoints\[1\] must be only the model's names, got 2 extra: 3\.weight"):
        Case(two_layers()).directions.trajectory([two_layers(4), nn.Sequential(*two_layers(4), nn.Linear(2, 2))])


def test_the_centre_alone_is_no_path() -> None:
    with pytest.raises(ValueError, match=r"checkpoints minus the centre must be non-zero somewhere, got zero"):
        Case(two_layers()).directions.trajectory([two_layers(), two_layers()])
