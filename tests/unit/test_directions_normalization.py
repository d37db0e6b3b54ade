"""The length of a direction is that of the centre's parts, per filter, layer or model."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from directions_cases import Case, Lora, Tied, mixed_model, two_layers
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions.normalization import normalize


def assert_norms_per_slice(case: Case, vector: Tensor, *, rtol: float = 1e-6) -> None:
    """Each slice along the first axis has the centre's norm; tensors of one axis or none are zero."""
    moved, weights = case.space.split(vector.double()), case.space.split(case.center.double())
    for name, weight in weights.items():
        if weight.dim() < 2:
            assert not moved[name].any(), name
            continue
        for noise_filter, filter_ in zip(moved[name], weight, strict=True):
            torch.testing.assert_close(noise_filter.norm(), filter_.norm(), rtol=rtol, atol=0)


@pytest.mark.parametrize("law", ["gaussian", "uniform", "rademacher", "gradient"])
def test_filter_noise_has_the_norm_of_each_filter_in_every_kind_of_layer(law: str) -> None:
    case = Case(mixed_model(), slope=lambda point: point.cos())
    direction = getattr(case.directions, law)(normalize="filter")
    assert case.space.shapes[case.space.names.index("transposed.weight")] == (6, 5, 2, 2)
    assert_norms_per_slice(case, direction.vector)
    assert case.home.metric.norm(direction.vector) == pytest.approx(case.space.num_filters**0.5, rel=1e-6)
    assert case.home.metric.radius(direction.vector) == pytest.approx(1.0, rel=1e-6)


def test_filter_noise_of_a_float64_model_is_exact_to_float64() -> None:
    case = Case(mixed_model().double())
    direction = case.directions.gaussian(seed=3)
    assert direction.vector.dtype == torch.float64
    assert_norms_per_slice(case, direction.vector, rtol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_directions_of_half_precision_models_are_float32(dtype: torch.dtype) -> None:
    case = Case(mixed_model().to(dtype))
    direction = case.directions.gaussian(seed=3)
    assert direction.vector.dtype == torch.float32
    assert_norms_per_slice(case, direction.vector)


def test_layer_noise_has_the_norm_of_each_tensor_and_leaves_biases() -> None:
    case = Case(mixed_model())
    moved = case.space.split(case.directions.gaussian(seed=2, normalize="layer").vector)
    for name, weight in case.space.split(case.center).items():
        expected = weight.norm() if weight.dim() > 1 else torch.tensor(0.0)
        torch.testing.assert_close(moved[name].norm(), expected)


def test_layer_noise_is_not_filter_noise() -> None:
    case = Case(mixed_model())
    layer, filter_ = (case.directions.gaussian(seed=2, normalize=n).vector for n in ("layer", "filter"))
    assert not torch.allclose(layer, filter_)


def test_model_noise_has_the_norm_of_the_centre_and_moves_biases() -> None:
    case = Case(mixed_model())
    direction = case.directions.gaussian(seed=2, normalize="model")
    torch.testing.assert_close(direction.vector.norm(), case.center.norm())
    assert case.space.split(direction.vector)["norm.bias"].any()


def test_no_normalisation_leaves_the_raw_noise() -> None:
    case = Case(two_layers())
    raw = case.directions.rademacher(seed=2, normalize="none").vector
    assert set(raw.tolist()) == {-1.0, 1.0}


def test_filters_of_zero_norm_on_either_side_stay_zero_without_nan() -> None:
    space = ParamSpace(("w",), ((3, 2),), torch.float32)
    center = torch.tensor([3.0, 4.0, 0.0, 0.0, 6.0, 8.0])
    noise = torch.tensor([1.0, 0.0, 1.0, 2.0, 0.0, 0.0])
    result = normalize(space, noise, center, "filter")
    torch.testing.assert_close(result, torch.tensor([5.0, 0.0, 0.0, 0.0, 0.0, 0.0]), rtol=0, atol=0)


def test_weights_too_small_for_float32_squares_keep_their_length() -> None:
    space = ParamSpace(("w",), ((1, 2),), torch.float32)
    result = normalize(space, torch.tensor([0.0, 2.0]), torch.tensor([3e-25, 4e-25]), "filter")
    torch.testing.assert_close(result, torch.tensor([0.0, 5e-25]), rtol=1e-6, atol=0)


def test_tensors_without_axes_or_entries_are_zero_under_filter() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.temperature = nn.Parameter(torch.tensor(2.0))
            self.empty = nn.Parameter(torch.zeros(0, 4))
            self.none_wide = nn.Parameter(torch.zeros(3, 0))
            self.weight = nn.Parameter(torch.tensor([[3.0, 4.0]]))

    case = Case(Odd())
    vector = case.directions.gaussian().vector
    assert vector[0] == 0
    assert vector.norm() == pytest.approx(5.0)
    assert case.directions.gaussian(normalize="layer").vector.norm() == pytest.approx(5.0)


def test_tied_parameters_count_once() -> None:
    case = Case(Tied())
    assert case.space.names == ("words.weight", "head.bias")
    assert_norms_per_slice(case, case.directions.gaussian().vector)


def test_a_fresh_lora_factor_is_zero_and_the_rest_moves() -> None:
    case = Case(Lora())
    moved = case.space.split(case.directions.gaussian().vector)
    assert not moved["lora_b"].any()
    assert moved["lora_a"].any()


@pytest.mark.parametrize(("params", "mode"), [("lora_b", "filter"), ("lora_b", "layer"), ("lora_b", "model")])
def test_a_fresh_lora_factor_alone_is_refused_with_the_remedy(params: str, mode: str) -> None:
    with pytest.raises(ValueError, match=rf"normalize must leave something that moves, got '{mode}', .*LoRA"):
        Case(Lora(), params).directions.gaussian(normalize=mode)


def test_the_remedy_for_a_fresh_lora_factor_works() -> None:
    assert Case(Lora(), "lora_b").directions.gaussian(normalize="none").vector.all()


@pytest.mark.parametrize("mode", ["filter", "layer"])
def test_biases_alone_are_refused_with_the_remedy(mode: str) -> None:
    with pytest.raises(ValueError, match=r'one axis or none \(biases, norms\).* Use normalize="none" \(or "model"'):
        Case(two_layers(), "*bias").directions.gaussian(normalize=mode)


def test_the_remedy_for_biases_works() -> None:
    case = Case(two_layers(), "*bias")
    torch.testing.assert_close(case.directions.gaussian(normalize="model").vector.norm(), case.center.norm())


def test_an_unknown_normalisation_is_refused() -> None:
    case = Case(two_layers())
    text = r"normalize must be one of 'filter', 'layer', 'model', 'none', got 'weight'\."
    with pytest.raises(ValueError, match=text):
        case.directions.gaussian(normalize="weight")
    with pytest.raises(ValueError, match=text):
        case.directions.gradient(normalize="weight")
    with pytest.raises(ValueError, match=text):
        case.directions.gaussian().normalized("weight")
