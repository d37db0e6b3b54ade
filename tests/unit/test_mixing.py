"""The axes of the explorer: sources turned into one another at lengths that mean something."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from directions_cases import Case, mixed_model, two_layers
from landscape_widget.directions import Axes, Direction, mix

ANGLES = (-90.0, -35.0, 0.0, 20.0, 90.0)


@pytest.fixture
def case() -> Case:
    return Case(mixed_model())


def length(case: Case, direction: Direction) -> float:
    return case.home.metric.norm(direction.vector)


def mined(case: Case, seed: int, size: float) -> Direction:
    vector = size * case.directions.gaussian(seed).vector
    return Direction(vector, "mined", {"kind": "mined"}, 1.5, case.space, case.home)


def assert_axes_of_noise(case: Case, axes: Axes, size: float) -> None:
    """Both axes have one length and a right angle."""
    assert axes.lengths == pytest.approx((size, size), rel=1e-6)
    assert (length(case, axes.d1), length(case, axes.d2)) == pytest.approx(axes.lengths)
    assert axes.cosine == pytest.approx(0.0, abs=1e-6)
    assert axes.d1.cosine(axes.d2) == pytest.approx(axes.cosine, abs=1e-7)


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize("has_third", [True, False])
def test_mixed_noise_keeps_lengths_and_right_angles(case: Case, degrees: float, has_third: bool) -> None:
    a, b, c = (case.directions.gaussian(seed) for seed in range(3))
    axes = mix(a, b, c if has_third else None, degrees)
    assert_axes_of_noise(case, axes, case.space.num_filters**0.5)
    assert axes.d1.cosine(a) == pytest.approx(math.cos(math.radians(degrees)), abs=1e-6)


def test_at_0_the_first_axis_is_a_itself(case: Case) -> None:
    a, b, c = (case.directions.gaussian(seed) for seed in range(3))
    assert mix(a, b, c, 0).d1 is a
    assert mix(a, mined(case, 1, 1.4), c, 0).d1.is_mined is False


def test_at_90_the_first_axis_is_the_orthogonal_part_of_b(case: Case) -> None:
    a, b = case.directions.gaussian(0), 3 * case.directions.gaussian(1)
    axis = mix(a, b, None, 90).d1
    part = b.orthogonal_to(a)
    torch.testing.assert_close(axis.vector, part.vector * (length(case, a) / length(case, part)))
    torch.testing.assert_close(mix(a, b, None, -90).d1.vector, -axis.vector, rtol=0, atol=0)


def test_without_a_third_source_the_axes_turn_in_one_plane(case: Case) -> None:
    a, b = case.directions.gaussian(0), case.directions.uniform(1)
    turned = mix(a, b, None, 90).d1.vector
    axes = mix(a, b, None, 25)
    cos, sin = math.cos(math.radians(25)), math.sin(math.radians(25))
    torch.testing.assert_close(axes.d1.vector, cos * a.vector + sin * turned)
    torch.testing.assert_close(axes.d2.vector, -sin * a.vector + cos * turned)


@pytest.mark.parametrize("make", ["mined", "to", "multiple", "loaded"])
def test_models_and_mined_directions_keep_the_length_of_their_orthogonal_part(
    case: Case, make: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    a = case.directions.gaussian(0)
    other = {"state": [p + 0.01 for p in case.model.parameters()]}
    b = {
        "mined": lambda: mined(case, 1, 1.4),
        "to": lambda: case.directions.to(other["state"]),
        "multiple": lambda: 0.5 * mined(case, 1, 1.4),
        "loaded": lambda: _saved_and_loaded(case, mined(case, 1, 1.4), tmp_path_factory),
    }[make]()
    axes = mix(a, b, None, 90)
    torch.testing.assert_close(axes.d1.vector, b.orthogonal_to(a).vector, rtol=0, atol=0)
    assert axes.lengths[0] == pytest.approx(length(case, b) * (1 - b.cosine(a) ** 2) ** 0.5, rel=1e-6)
    assert axes.lengths[1] == pytest.approx(length(case, a), rel=1e-6)


def _saved_and_loaded(case: Case, direction: Direction, folder: pytest.TempPathFactory) -> Direction:
    path = folder.mktemp("d") / "d.npz"
    direction.save(path)
    return case.directions.load(path)


def test_between_unequal_lengths_the_axes_tell_their_cosine(case: Case) -> None:
    a, b = case.directions.gaussian(0), mined(case, 1, 1.4)
    axes = mix(a, b, None, 45)
    short, long = length(case, a), length(case, b.orthogonal_to(a))
    assert axes.lengths[0] == pytest.approx(math.hypot(short, long) / 2**0.5, rel=1e-6)
    assert axes.cosine == pytest.approx((long**2 - short**2) / (long**2 + short**2), abs=1e-6)


def test_noise_beside_a_mined_direction_takes_its_length_and_is_not_mined(case: Case) -> None:
    a, b = mined(case, 0, 1.4), case.directions.gaussian(1)
    axes = mix(a, b, None, 90)
    assert axes.lengths[0] == pytest.approx(length(case, a), rel=1e-6)
    assert not axes.d1.is_mined
    assert axes.d2.is_mined
    assert mix(a, b, None, 10).d1.is_mined


def test_the_third_source_returns_to_its_own_length_unless_it_means_something(case: Case) -> None:
    a, b = mined(case, 0, 1.4), mined(case, 1, 0.3)
    noise, model = case.directions.gaussian(2), mined(case, 2, 2.0)
    axes = mix(a, b, noise, 30)
    assert axes.lengths[1] == pytest.approx(length(case, noise), rel=1e-6)
    assert axes.cosine == pytest.approx(0.0, abs=1e-6)
    axes = mix(a, b, model, 30)
    torch.testing.assert_close(axes.d2.vector, model.orthogonal_to(axes.d1).vector)


def test_mixed_axes_say_how_they_were_made(case: Case) -> None:
    a, b = case.directions.gaussian(0), case.directions.gaussian(1)
    d1 = mix(a, b, None, -35).d1
    assert d1.label == "gaussian, seed 0 mixed with gaussian, seed 1 at -35°"
    assert (d1.source["kind"], d1.source["degrees"]) == ("mix", -35)
    assert d1.normalization == "filter"
    assert d1.source["parts"][0] == a.source
    assert d1.source["parts"][1]["of"] == b.source
    to = case.directions.to([p + 0.01 for p in case.model.parameters()])
    d1 = mix(a, to, None, 45).d1
    assert d1.normalization == "none"
    assert d1.default_span == (-1.0, 1.5)


def test_parallel_sources_are_refused_by_name(case: Case) -> None:
    a, b, c = (case.directions.gaussian(seed) for seed in range(3))
    with pytest.raises(ValueError, match=r"source b must not be parallel to source a, got a cosine of -1\.0\."):
        mix(a, -2 * a, c, 20)
    with pytest.raises(ValueError, match=r"source c must not be parallel to the mix of a and b, got a cosine of 1\.0"):
        mix(a, b, mix(a, b, None, 20).d1, 20)


@pytest.mark.parametrize(("place", "name"), [(0, "source a"), (1, "source b"), (2, "source c")])
def test_sources_that_the_metric_does_not_see_are_refused_by_name(case: Case, place: int, name: str) -> None:
    sources = [case.directions.gaussian(seed) for seed in range(3)]
    biases: Tensor = torch.where(case.home.metric.scale > 0, 0.0, 1.0)
    sources[place] = case.directions.from_vector(biases)
    with pytest.raises(ValueError, match=rf"{name} must move weights that the filter metric sees"):
        mix(*sources, 20)


def test_sources_of_other_models_and_angles_that_are_none_are_refused(case: Case) -> None:
    a, b = case.directions.gaussian(0), case.directions.gaussian(1)
    foreign = Case(nn.Linear(3, 2)).directions.gaussian(0)
    with pytest.raises(ValueError, match="source b must have the parameters of this landscape"):
        mix(a, foreign, None, 20)
    with pytest.raises(ValueError, match="source c must have the parameters of this landscape"):
        mix(a, b, foreign, 20)
    with pytest.raises(ValueError, match=r"mixing must be a finite number, got nan\."):
        mix(a, b, None, float("nan"))


def test_float64_axes_are_orthogonal_to_float64() -> None:
    case = Case(two_layers().double())
    a, b, c = (case.directions.gaussian(seed) for seed in range(3))
    axes = mix(a, b, c, 20)
    assert axes.d1.vector.dtype == torch.float64
    assert abs(axes.cosine) < 1e-15
