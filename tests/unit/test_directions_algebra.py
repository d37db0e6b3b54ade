"""Angles in the filter metric, sums, multiples, and where a direction belongs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from directions_cases import Case, mixed_model, two_layers
from landscape_widget.directions import Direction, fitted


def naive_inner(case: Case, first: Tensor, second: Tensor) -> float:
    """The filter metric written as loops over filters."""
    total = 0.0
    parts = (case.space.split(v.double()) for v in (first, second, case.center))
    for one, other, weight in zip(*(part.values() for part in parts), strict=True):
        if weight.dim() > 1:
            for a, b, w in zip(one, other, weight, strict=True):
                total += float((a * b).sum() / w.norm() ** 2) if w.norm() > 0 else 0.0
    return total


def test_the_cosine_is_that_of_the_filter_metric() -> None:
    case = Case(mixed_model())
    d, e = case.directions.gaussian(0, "model"), case.directions.uniform(1, "none")
    expected = (
        naive_inner(case, d.vector, e.vector)
        / (naive_inner(case, d.vector, d.vector) * naive_inner(case, e.vector, e.vector)) ** 0.5
    )
    assert d.cosine(e) == pytest.approx(expected, abs=1e-7)
    assert d.cosine(2 * d) == pytest.approx(1.0, abs=1e-9)
    assert d.cosine(-d) == pytest.approx(-1.0, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-3, 40.0])
def test_the_orthogonal_part_is_orthogonal_whatever_the_lengths(scale: float) -> None:
    case = Case(mixed_model())
    d, e = case.directions.gaussian(0), scale * case.directions.gaussian(1)
    part = (d + 0.3 * e).orthogonal_to(e)
    assert abs(part.cosine(e)) < 1e-7
    torch.testing.assert_close(part.vector, d.orthogonal_to(e).vector, rtol=1e-4, atol=1e-5)


def test_a_nearly_parallel_direction_still_becomes_orthogonal() -> None:
    case = Case(mixed_model())
    e = case.directions.gaussian(1)
    part = (e + 1e-3 * case.directions.gaussian(0)).orthogonal_to(e)
    assert abs(part.cosine(e)) < 1e-5


def test_what_the_metric_does_not_see_stays() -> None:
    case = Case(mixed_model())
    d, e = (case.directions.gaussian(seed, "model") for seed in (0, 1))
    part = d.orthogonal_to(e)
    unseen = case.home.metric.scale == 0
    assert unseen.sum() == sum(n for n, s in zip(case.space.sizes, case.space.shapes, strict=True) if len(s) < 2)
    torch.testing.assert_close(part.vector[unseen], d.vector[unseen], rtol=0, atol=0)
    assert not torch.equal(part.vector[~unseen], d.vector[~unseen])


def test_the_orthogonal_part_is_not_rescaled() -> None:
    case = Case(two_layers())
    d, e = case.directions.gaussian(0), case.directions.gaussian(1)
    metric = case.home.metric
    expected = metric.norm(d.vector) * (1 - d.cosine(e) ** 2) ** 0.5
    assert metric.norm(d.orthogonal_to(e).vector) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("factor", [1.0, -2.5, 1 / 3])
def test_parallel_directions_are_refused(factor: float) -> None:
    d = Case(mixed_model()).directions.gaussian(0)
    sign = "1.0" if factor > 0 else "-1.0"
    with pytest.raises(ValueError, match=rf"direction must not be parallel to e, got a cosine of {sign}\. Choose"):
        d.orthogonal_to(factor * d)


def test_directions_that_vanish_in_the_metric_are_refused() -> None:
    case = Case(two_layers())
    d = case.directions.gaussian(0)
    biases = torch.where(case.home.metric.scale > 0, 0.0, 1.0)
    unseen = case.directions.from_vector(biases)
    with pytest.raises(ValueError, match=r"direction must move weights that the filter metric sees, got one that"):
        unseen.orthogonal_to(d)
    with pytest.raises(ValueError, match=r"e must move weights that the filter metric sees.* normalize=\"filter\""):
        d.orthogonal_to(unseen)
    with pytest.raises(ValueError, match=r"e must move weights that the filter metric sees"):
        d.cosine(unseen)


def test_sums_and_multiples_are_those_of_the_vectors() -> None:
    case = Case(two_layers())
    d, e = case.directions.gaussian(0), case.directions.uniform(3, "model")
    torch.testing.assert_close((2 * d - e * 0.5).vector, 2 * d.vector - 0.5 * e.vector)
    torch.testing.assert_close((-d).vector, -d.vector)
    torch.testing.assert_close((np.float64(2) * d).vector, 2 * d.vector)
    assert (d + e).source == {"kind": "sum", "parts": [d.source, e.source]}
    assert (d * 3).source == {"kind": "multiple", "factor": 3.0, "of": d.source}
    assert (d + e).normalization == "none"
    assert d.normalization == "filter"


def test_only_numbers_and_directions_can_be_combined() -> None:
    d = Case(two_layers()).directions.gaussian(0)
    for combine in (lambda: d + 1, lambda: d - 1, lambda: d * "2", lambda: d * True):
        with pytest.raises(TypeError, match=r"unsupported operand|can't multiply"):
            combine()
    with pytest.raises(ValueError, match=r"factor must be a finite number, got nan\."):
        d * float("nan")


def test_a_difference_of_equals_is_refused_as_zero() -> None:
    d = Case(two_layers()).directions.gaussian(0)
    with pytest.raises(ValueError, match=r"direction must be non-zero somewhere, got zero in all weights that move\."):
        d - d


def test_a_mined_part_makes_the_whole_mined_but_an_orthogonal_axis_does_not() -> None:
    case = Case(two_layers())
    noise = case.directions.gaussian(0)
    mined = Direction(case.directions.gaussian(1).vector, "mined", {"kind": "mined"}, 1.5, case.space, case.home)
    assert not noise.is_mined
    assert (0.5 * mined + noise).is_mined
    assert mined.normalized("filter").is_mined
    assert mined.orthogonal_to(noise).is_mined
    assert not noise.orthogonal_to(mined).is_mined


def test_normalized_rescales_and_records_it() -> None:
    case = Case(two_layers())
    d = case.directions.gaussian(0, "none")
    torch.testing.assert_close(d.normalized("filter").vector, case.directions.gaussian(0).vector)
    assert d.normalized("filter").normalization == "filter"
    assert d.normalized("none") is d
    biases = case.directions.from_vector(torch.where(case.home.metric.scale > 0, 0.0, 1.0))
    with pytest.raises(ValueError, match=r"normalize must leave something that moves, got 'layer'"):
        biases.normalized("layer")


def test_a_filter_normalised_direction_scales_with_its_relu_layer() -> None:
    model, scaled = two_layers(), two_layers()
    with torch.no_grad():
        scaled[0].weight.mul_(3)
        scaled[2].weight.div_(3)
    before, after = Case(model).directions.gaussian(2).vector, Case(scaled).directions.gaussian(2).vector
    factors = torch.cat([torch.full((12,), 3.0), torch.ones(3), torch.full((6,), 1 / 3), torch.ones(2)])
    torch.testing.assert_close(after, before * factors)


def test_directions_of_another_model_are_refused_by_name() -> None:
    case, other = Case(two_layers()), Case(nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)))
    d, e = case.directions.gaussian(0), other.directions.gaussian(0)
    text = r"must have the parameters of this landscape, got 0.weight \(5, 4\) where 0.weight \(3, 4\) is needed"
    for combine in (lambda: d + e, lambda: d.cosine(e), lambda: d.orthogonal_to(e)):
        with pytest.raises(ValueError, match=text):
            combine()
    with pytest.raises(ValueError, match=rf"d {text}"):
        fitted(e, case.space, case.home, name="d")


def test_directions_of_another_choice_of_parameters_are_refused_by_number() -> None:
    whole, part = Case(two_layers()), Case(two_layers(), "0.*")
    with pytest.raises(ValueError, match=r"got 2 parameters where 4 are needed\. It comes from another model, or"):
        fitted(part.directions.gaussian(0), whole.space, whole.home)


def test_another_centre_of_the_same_model_is_taken_with_a_warning() -> None:
    here, there = Case(two_layers(1)), Case(two_layers(9))
    d = there.directions.gaussian(0)
    with pytest.warns(UserWarning, match=r"'gaussian, seed 0' was made at another centre of this model") as caught:
        taken = fitted(d, here.space, here.home)
    assert len(caught) == 1
    assert taken.home is here.home
    assert taken.vector is d.vector
    with pytest.warns(UserWarning, match="another centre") as caught:
        here.directions.gaussian(1) + d
    assert caught[0].filename == __file__


def test_the_same_weights_in_another_landscape_are_no_other_centre() -> None:
    here, twin = Case(two_layers(1)), Case(two_layers(1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        taken = fitted(twin.directions.gaussian(0), here.space, here.home)
    assert taken.home is here.home


def test_a_direction_is_taken_over_in_the_dtype_of_the_landscape() -> None:
    wide, narrow = Case(two_layers(1).double()), Case(two_layers(1))
    with pytest.warns(UserWarning, match="another centre"):
        taken = fitted(wide.directions.gaussian(0), narrow.space, narrow.home)
    assert taken.vector.dtype == torch.float32
    assert taken.space.dtype == torch.float32


def test_what_is_no_direction_is_refused() -> None:
    case = Case(two_layers())
    with pytest.raises(TypeError, match=r"d must be a direction, got .*Tensor.*from_vector\(tensor\)"):
        fitted(torch.ones(23), case.space, case.home, name="d")


def test_the_record_is_what_provenance_needs() -> None:
    d = Case(two_layers()).directions.gaussian(6)
    record = d.record()
    assert record | {"hash": ""} == {
        "label": "gaussian, seed 6",
        "hash": "",
        "source": {"kind": "gaussian", "seed": 6, "normalize": "filter"},
        "normalization": "filter",
        "mined": False,
        "default_span": 1.0,
    }
    assert record["hash"] == Case(two_layers()).directions.gaussian(6).record()["hash"]
    assert record["hash"] != Case(two_layers()).directions.gaussian(5).record()["hash"]
    assert repr(d).startswith("Direction('gaussian, seed 6', P=23, source=")
