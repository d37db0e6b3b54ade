"""Noise whose signs are those of the weights."""

from __future__ import annotations

import pytest
import torch

import landscape_widget as lw
from directions_cases import Case, mixed_model, two_layers


def share_of_same_signs(case: Case, vector: torch.Tensor) -> float:
    matters = (vector != 0) & (case.center != 0)
    return float((vector.sign() == case.center.sign())[matters].double().mean())


@pytest.mark.parametrize("ratio", [0.0, 0.4, 1.0])
def test_the_share_of_equal_signs_grows_with_the_ratio(ratio: float) -> None:
    case = Case(mixed_model())
    direction = case.directions.sign_aligned(ratio, seed=1)
    spread = 4 * (0.25 / case.space.size) ** 0.5
    assert share_of_same_signs(case, direction.vector) == pytest.approx((1 + ratio) / 2, abs=spread)
    assert direction.source == {"kind": "sign_aligned", "ratio": ratio, "seed": 1, "normalize": "filter"}
    assert direction.default_span == 1.0


def test_only_signs_differ_from_gaussian_noise_of_the_seed() -> None:
    case = Case(mixed_model())
    plain = case.directions.gaussian(seed=4).vector
    torch.testing.assert_close(case.directions.sign_aligned(0.7, seed=4).vector.abs(), plain.abs())
    torch.testing.assert_close(case.directions.sign_aligned(0.0, seed=4).vector, plain)


def test_a_larger_ratio_aligns_more_of_the_same_entries() -> None:
    case = Case(mixed_model())
    few, many = (case.directions.sign_aligned(ratio, 2, "none").vector for ratio in (0.3, 0.6))
    plain = case.directions.gaussian(2, "none").vector
    changed_few, changed_many = few != plain, many != plain
    assert changed_few.any()
    assert not (changed_few & ~changed_many).any()
    assert changed_many.sum() > changed_few.sum()


def test_an_entry_that_is_zero_at_the_centre_keeps_its_sign() -> None:
    model = two_layers()
    with torch.no_grad():
        model[0].bias.zero_()
    case = Case(model)
    aligned, plain = (case.space.split(d.vector)["0.bias"] for d in (
        case.directions.sign_aligned(1.0, 3, "none"), case.directions.gaussian(3, "none")
    ))  # fmt: skip
    torch.testing.assert_close(aligned, plain, rtol=0, atol=0)


def test_aligned_noise_is_made_again_at_another_centre() -> None:
    case = Case(two_layers())
    old = case.directions.sign_aligned(1.0, seed=1)
    with torch.no_grad():
        for parameter in case.model.parameters():
            parameter.neg_()
    case.recenter()
    torch.testing.assert_close(case.directions.remade(old).vector, -old.vector)


def test_the_demo_is_flatter_towards_larger_weights_of_the_same_sign() -> None:
    landscape = lw.demo()

    def asymmetry(ratio: float) -> float:
        d = 0.6 * landscape.directions.sign_aligned(ratio, seed=0, normalize="model")
        curve = landscape.curve(d, exact=True, points=9, progress=False)
        error = 1 - curve.metrics["accuracy"]
        return float(error[curve.alphas < 0].mean() - error[curve.alphas > 0].mean())

    assert asymmetry(1.0) > 0.1
    assert abs(asymmetry(0.0)) < asymmetry(1.0) / 2


@pytest.mark.parametrize(("ratio", "error"), [(1.5, ValueError), (-0.1, ValueError), ("all", TypeError)])
def test_a_ratio_that_is_no_share_is_refused(ratio: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"ratio must be a (share from 0 to 1|finite number), got "):
        Case(two_layers()).directions.sign_aligned(ratio)


def test_other_arguments_are_checked_as_for_other_noise() -> None:
    directions = Case(two_layers()).directions
    with pytest.raises(ValueError, match=r"normalize must be one of 'filter', .*, got 'weight'\."):
        directions.sign_aligned(normalize="weight")
    with pytest.raises(ValueError, match=r"seed must be an integer of at least 0, got -1\."):
        directions.sign_aligned(seed=-1)
