"""Landscapes whose surfaces are known, one for each recipe."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from landscape_widget.recipes import RecipeResult
from mining_cases import Offsets, double_well, landscape, radius_of_one


def _others(outputs: Tensor, first: int) -> Tensor:
    return outputs[:, first:].square().sum(1)


def quadratic(outputs: Tensor, targets: Tensor) -> Tensor:
    """The centre at the bottom."""
    return _others(outputs, 0).mean() + 0 * targets.sum()


def on_a_flank(outputs: Tensor, targets: Tensor) -> Tensor:
    """A bowl whose bottom lies at a distance of 1/2 along the first axis."""
    return ((outputs[:, 0] - 0.5) ** 2 + _others(outputs, 1)).mean() + 0 * targets.sum()


def two_bowls(outputs: Tensor, targets: Tensor) -> Tensor:
    """Bottoms at the centre and at a distance of 2 along the first axis."""
    first = outputs[:, 0]
    return ((first * (first - 2)) ** 2 + _others(outputs, 1)).mean() + 0 * targets.sum()


def three_bowls(outputs: Tensor, targets: Tensor) -> Tensor:
    """Bottoms at the centre and at a distance of 2 along the first and along the second axis."""
    (x, y), others = outputs[:, :2].unbind(1), _others(outputs, 2)
    near = [x**2 + y**2, (x - 2) ** 2 + y**2, x**2 + (y - 2) ** 2]
    return (torch.stack(near).min(0).values.clamp(max=3) + others).mean() + 0 * targets.sum()


def bottle(outputs: Tensor, targets: Tensor) -> Tensor:
    """A hill at the centre and a moat around it at a distance of 1 in the plane of the first two axes."""
    return ((outputs[:, :2].square().sum(1) - 1) ** 2 + _others(outputs, 2)).mean() + 0 * targets.sum()


# How far a vvv-basin of the default radius reaches along the first axis of `mining_cases.Offsets`.
REACH = 1.4 / radius_of_one(landscape())


def three_wells(outputs: Tensor, targets: Tensor) -> Tensor:
    """Bottoms at the centre and at a distance of `REACH` on both sides along the first axis, barriers of 2 between."""
    first = outputs[:, 0] / REACH
    return (14 * first**2 * (first**2 - 1) ** 2 + 0.1 * _others(outputs, 1)).mean() + 0 * targets.sum()


def moved(*steps: float) -> Offsets:
    """The network of `mining_cases` at so far along its first axes."""
    model = Offsets()
    with torch.no_grad():
        for axis, step in enumerate(steps):
            model.weight[0, axis] += step
    return model


CASES: dict[str, tuple[Any, tuple[Offsets, ...]]] = {
    "bowl": (quadratic, ()),
    "flank": (on_a_flank, ()),
    "trough": (two_bowls, (moved(2),)),
    "three-basins": (three_bowls, (moved(2), moved(0, 2))),
    "saddle": (double_well, ()),
    "wine-bottle": (bottle, ()),
    "three-in-a-row": (three_wells, ()),
}


@cache
def made(name: str) -> RecipeResult:
    """The recipe where its kind is to be had."""
    loss, models = CASES[name]
    return landscape(loss).recipe(name, models=models, progress=False)
