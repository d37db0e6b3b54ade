"""What recipes refuse, each with its remedy."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from mining_cases import landscape
from networks import initialised, mlp, vectors
from recipe_cases import moved, quadratic, two_bowls


class Branching(nn.Module):
    """Its forward pass depends on the numbers in its input, so torch.fx cannot trace it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(5, 4), nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.first(inputs)
        return self.second(torch.tanh(hidden) if hidden.abs().max() > 0 else hidden)


def branching() -> lw.Landscape:
    return lw.Landscape(initialised(Branching().double()), F.cross_entropy, vectors(40))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"name": "egg-box"}, ValueError, r"name must be one of 'bowl', 'flank', .*'three-in-a-row', got 'egg-box'\."),
        ({"name": "bowl", "seed": -1}, ValueError, "seed must be an integer of at least 0, got -1"),
        (
            {"name": "saddle", "models": (1,)},
            ValueError,
            "models must be left out for the recipe 'saddle', got 1. Only 'trough' and 'three-basins' use other models",
        ),
        (
            {"name": "trough", "models": (1, 2)},
            ValueError,
            "models must be at most 1 for the recipe 'trough', got 2.",
        ),
        (
            {"name": "trough", "models": moved(2)},
            TypeError,
            r"models must be a sequence of modules, state dicts or paths, got 'Offsets'. Pass models=\(model,\).",
        ),
        ({"name": "bowl", "progress": 3}, TypeError, "progress must be None, False or a callable"),
    ],
)
def test_bad_arguments_are_refused_in_words(arguments: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        landscape(quadratic).recipe(**arguments)


def test_a_model_of_another_architecture_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        landscape(two_bowls).recipe("trough", models=(nn.Linear(3, 2),), progress=False)


def test_a_network_without_copies_needs_models_and_takes_them() -> None:
    words = (
        "models must hold 2 more networks of this architecture for this recipe, got none. No symmetric copy could be "
        "made: model must be traceable by torch.fx for directions.permutation, got TraceError: .* "
        r"Pass models=\(other, ...\): networks of further training runs."
    )
    with pytest.raises(ValueError, match=words):
        branching().recipe("three-basins", progress=False)
    other = initialised(Branching().double(), seed=5)
    with pytest.raises(ValueError, match="models must hold 1 more network of this architecture"):
        branching().recipe("three-basins", models=(other,), progress=False)
    found = branching().recipe("trough", models=(other,), progress=False)
    assert found.evidence.copies == ()
    assert "The way to Branching (alpha = 1) and a Gaussian direction." in found.report


def test_models_come_first_and_copies_make_up_for_the_rest() -> None:
    other = initialised(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double(), seed=5)
    found = lw.Landscape(mlp(), F.cross_entropy, vectors(40)).recipe("three-basins", models=(other,), progress=False)
    (copy,) = found.evidence.copies
    assert copy.place == (0.0, 1.0)
    assert copy.is_same
    assert copy.label == "a permuted copy, seed 0"
    assert copy.loss == pytest.approx(found.surface.center_loss, rel=1e-12)
