"""Noise depends on the seed and the parameters' names, and on nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from directions_cases import Case, mixed_model, two_layers
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions.noise import LAWS, draw


@pytest.mark.parametrize("law", LAWS)
def test_a_seed_is_one_direction_for_every_choice_of_parameters(law: str) -> None:
    model = mixed_model()
    every, some = Case(model), Case(model, ["linear.*", "conv.weight"])
    whole = every.space.split(getattr(every.directions, law)(seed=7).vector)
    parts = some.space.split(getattr(some.directions, law)(seed=7).vector)
    assert set(parts) == {"conv.weight", "linear.weight", "linear.bias"}
    for name, part in parts.items():
        torch.testing.assert_close(part, whole[name], rtol=0, atol=0)


def test_seeds_and_parameters_of_one_shape_get_different_noise() -> None:
    space = ParamSpace(("a", "b"), ((5, 3), (5, 3)), torch.float32)
    first, second = space.split(draw(space, "gaussian", 3)).values()
    other = space.split(draw(space, "gaussian", 4))["a"]
    assert not torch.equal(first, second)
    assert not torch.equal(first, other)


def test_noise_of_a_float64_model_is_the_float32_noise() -> None:
    narrow = ParamSpace(("a", "b"), ((40, 3), (5,)), torch.float32)
    wide = ParamSpace(("a", "b"), ((40, 3), (5,)), torch.float64)
    assert draw(wide, "gaussian", 2).dtype == torch.float64
    torch.testing.assert_close(draw(wide, "gaussian", 2), draw(narrow, "gaussian", 2).double(), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("law", "low", "high", "variance"),
    [("gaussian", -6.0, 6.0, 1.0), ("uniform", -1.0, 1.0, 1 / 3), ("rademacher", -1.0, 1.0, 1.0)],
)
def test_laws_have_their_mean_variance_and_bounds(law: str, low: float, high: float, variance: float) -> None:
    values = draw(ParamSpace(("w",), ((200, 100),), torch.float32), law, 1)
    assert values.min() >= low
    assert values.max() <= high
    assert abs(values.mean()) < 0.03
    assert values.var() == pytest.approx(variance, rel=0.03)


def test_rademacher_has_only_two_values() -> None:
    assert set(draw(ParamSpace(("w",), ((9, 9),), torch.float32), "rademacher", 0).tolist()) == {-1.0, 1.0}


def test_wrappers_do_not_change_the_noise() -> None:
    model = two_layers()
    plain, wrapped = Case(model), Case(nn.DataParallel(model))
    assert wrapped.space.names[0] == "module.0.weight"
    torch.testing.assert_close(
        plain.directions.gaussian(4).vector, wrapped.directions.gaussian(4).vector, rtol=0, atol=0
    )


def test_the_global_generator_is_not_touched() -> None:
    case, before = Case(two_layers()), torch.get_rng_state()
    for law in LAWS:
        getattr(case.directions, law)(seed=1)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_seeds_that_are_none_are_refused(seed: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"seed must be an integer of at least 0, got "):
        Case(two_layers()).directions.gaussian(seed=seed)
