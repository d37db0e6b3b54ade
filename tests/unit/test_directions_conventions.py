"""`normalized(like=...)`: each tool's lengths against a plain restatement of what that tool does, tensor by tensor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from directions_cases import Case, mixed_model
from landscape_widget.directions.conventions import CONVENTIONS
from landscape_widget.slices.caption import unit_text

Part = Callable[[Tensor, Tensor], Tensor]


def filters(noise: Tensor, weight: Tensor) -> Tensor:
    return torch.stack([d * w.norm() / d.norm() for d, w in zip(noise, weight, strict=True)])


def whole(noise: Tensor, weight: Tensor) -> Tensor:
    return noise * weight.norm() / noise.norm()


def zero(noise: Tensor, weight: Tensor) -> Tensor:
    return torch.zeros_like(noise)


def entries(noise: Tensor, weight: Tensor) -> Tensor:
    return torch.stack([d.sign() * w.abs() for d, w in zip(noise, weight, strict=True)])


def columns(noise: Tensor, weight: Tensor) -> Tensor:
    result = noise.clone()
    for place in np.ndindex(*noise.shape[1:]):
        one = (slice(None), *place)
        result[one] = noise[one] * weight[one].norm() / noise[one].norm()
    return result


def rows(noise: Tensor, weight: Tensor) -> Tensor:
    result = noise.clone()
    for place in np.ndindex(*noise.shape[:-1]):
        result[place] = noise[place] * weight[place].norm() / noise[place].norm()
    return result


def four_and_two_axes(noise: Tensor, weight: Tensor) -> Tensor:
    return filters(noise, weight) if noise.dim() in (2, 4) else whole(noise, weight)


def as_many(noise: Tensor, weight: Tensor) -> Tensor:
    return noise * noise.numel() ** 0.5 / noise.norm()


# tool -> (tensors with two or more axes, those with one, length of the whole direction in norms of the model)
TABLE: dict[str, tuple[Part, Part, float | None]] = {
    "tomgoldstein": (filters, zero, None),
    "loss-landscapes": (filters, entries, 1 / 2),
    "oxford": (filters, whole, 1 / 2),
    "LLA": (filters, whole, None),
    "losscape": (whole, zero, None),
    "gradfield": (filters, whole, None),
    "loss-landscape-3d": (four_and_two_axes, whole, None),
    "nngeom": (whole, whole, None),
    "PascalSun": (whole, whole, None),
    "Landscaper": (as_many, as_many, 0.01),
    "Landscaper-git": (whole, whole, 0.01),
    "how-do-vits-work": (columns, zero, None),
    "landscapeviz": (rows, entries, None),
}


def case() -> Case:
    """Tensors with one to four axes, none of which is zero."""
    model = mixed_model().double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3)
    return Case(model)


def restated(case: Case, tool: str, raw: Tensor) -> Tensor:
    weights, flat, length = TABLE[tool]
    parts = []
    for noise, weight in zip(case.space.split(raw).values(), case.space.split(case.center).values(), strict=True):
        parts.append((weights if noise.dim() > 1 else flat)(noise, weight).reshape(-1))
    vector = torch.cat(parts)
    return vector if length is None else vector * length * case.center.norm() / vector.norm()


def test_every_tool_is_in_the_table() -> None:
    assert set(TABLE) == set(CONVENTIONS)


@pytest.mark.parametrize("tool", TABLE)
def test_a_direction_has_the_lengths_that_the_tool_gives_it(tool: str) -> None:
    here = case()
    raw = here.directions.gaussian(seed=3, normalize="none")
    direction = raw.normalized(like=tool)
    torch.testing.assert_close(direction.vector, restated(here, tool, raw.vector), rtol=1e-12, atol=1e-14)
    assert direction.default_span == raw.default_span


@pytest.mark.parametrize("tool", TABLE)
def test_the_tool_stands_in_label_record_and_caption(tool: str) -> None:
    direction = case().directions.gaussian(normalize="none").normalized(like=tool)
    assert direction.label == f"gaussian, seed 0, like {tool}"
    assert direction.normalization == f"like {tool}"
    assert unit_text(direction.record()).endswith(f"(as {tool} normalises)")


def test_no_two_tools_that_differ_in_the_table_give_the_same_direction() -> None:
    here = case()
    raw = here.directions.gaussian(seed=3, normalize="none")
    found = {tool: raw.normalized(like=tool).vector for tool in TABLE}
    same = [{a, b} for a in TABLE for b in TABLE if a < b and torch.equal(found[a], found[b])]
    assert same == [{"LLA", "gradfield"}, {"PascalSun", "nngeom"}]


@pytest.mark.parametrize(
    ("tool", "expected"),
    [("loss-landscapes", 1 / 2.5 / 2), ("oxford", 2.5 / 2), ("Landscaper", 2.5), ("Landscaper-git", 2.5)],
)
def test_the_distance_scales_as_in_the_tool(tool: str, expected: float) -> None:
    here = case()
    direction = here.directions.gaussian().normalized(like=tool, distance=2.5)
    assert float(direction.vector.norm() / here.center.norm()) == pytest.approx(expected)
    assert "distance 2.5" in unit_text(direction.record())


def test_without_ignoring_them_biases_and_norms_move_by_themselves_like_tomgoldstein() -> None:
    here = case()
    raw = here.directions.gaussian(normalize="none")
    moved = here.space.split(raw.normalized(like="tomgoldstein", ignore="").vector)
    default = here.space.split(raw.normalized(like="tomgoldstein", ignore="biasbn").vector)
    for name, weight in here.space.split(here.center).items():
        torch.testing.assert_close(moved[name], weight if weight.dim() == 1 else default[name])


@pytest.mark.parametrize(
    "arguments",
    [{"like": "gradfield"}, {"like": "oxford", "distance": 3.0}, {"like": "tomgoldstein", "ignore": ""}],
)
def test_the_recipe_makes_it_again_at_another_centre(arguments: dict[str, object]) -> None:
    here = case()
    old = here.directions.gaussian(seed=2, normalize="none").normalized(**arguments)
    with torch.no_grad():
        for parameter in here.model.parameters():
            parameter.mul_(1.5)
    here.recenter()
    again = here.directions.remade(old)
    assert again.home is here.home
    assert again.source == old.source
    torch.testing.assert_close(again.vector, 1.5 * old.vector)


def test_parts_that_are_zero_stay_zero_without_nan() -> None:
    here = Case(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))  # its beta is zero at the centre
    for tool in TABLE:
        vector = here.directions.gaussian(normalize="none").normalized(like=tool).vector
        assert torch.isfinite(vector).all()
        assert tool == "Landscaper" or not here.space.split(vector)["1.bias"].any()


def test_arguments_that_do_not_go_together_are_named() -> None:
    direction = case().directions.gaussian()
    with pytest.raises(ValueError, match=r"mode must be given, or like, and not both, got None\. Such as normalized"):
        direction.normalized()
    with pytest.raises(ValueError, match=r"mode must be given, or like, and not both, got 'filter'"):
        direction.normalized("filter", like="oxford")
    with pytest.raises(ValueError, match=r"like must be one of 'tomgoldstein', 'loss-landscapes', .*, got 'li'\."):
        direction.normalized(like="li")
    with pytest.raises(ValueError, match=r"distance must be left out for like='nngeom', which has none, got 2\."):
        direction.normalized(like="nngeom", distance=2)
    with pytest.raises(ValueError, match=r"distance must be a finite number greater than 0, got -1\."):
        direction.normalized(like="oxford", distance=-1)
    with pytest.raises(ValueError, match=r"ignore must be left out for like='oxford', which has none, got ''\."):
        direction.normalized(like="oxford", ignore="")
    with pytest.raises(ValueError, match=r"ignore must be one of 'biasbn', '', got 'bn'\."):
        direction.normalized(like="tomgoldstein", ignore="bn")
    with pytest.raises(ValueError, match=r"distance must be left out without like, got 2\."):
        direction.normalized("filter", distance=2)


def test_biases_alone_are_refused_where_the_tool_leaves_them() -> None:
    direction = Case(mixed_model(), "*bias").directions.gaussian(normalize="none")
    with pytest.raises(ValueError, match=r"normalize must leave something that moves, got 'like losscape'"):
        direction.normalized(like="losscape")
