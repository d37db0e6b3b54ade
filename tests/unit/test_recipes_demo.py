"""Recipes on the demo's network, those that need no mining; `notebooks/gallery.ipynb` makes all of them."""

from __future__ import annotations

from functools import cache

import pytest
import torch
import torch.nn.functional as F

import landscape_widget as lw
from landscape_widget.demo import digits
from landscape_widget.recipes import RecipeResult

NUM_SAMPLES = 256  # enough for the kinds, and a fifth of the time


@cache
def at(checkpoint: str) -> lw.Landscape:
    inputs, targets = digits("train")
    return lw.Landscape(lw.demo_model(checkpoint), F.cross_entropy, (inputs[:NUM_SAMPLES], targets[:NUM_SAMPLES]))


@cache
def made(name: str, seed: int = 0) -> RecipeResult:
    return at("early" if name == "flank" else "final").recipe(name, seed=seed, progress=False)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("bowl", "bowl"), ("flank", "slope"), ("trough", "two-basins"), ("three-basins", "three-basins")],
)
def test_each_shows_its_kind(name: str, kind: str) -> None:
    assert made(name).kind == kind
    assert made(name).succeeded, made(name)


@pytest.mark.parametrize(("name", "places"), [("trough", [(1, 0)]), ("three-basins", [(1, 0), (0, 1)])])
def test_copies_have_the_loss_of_the_centre(name: str, places: list[tuple[float, float]]) -> None:
    found = made(name)
    assert [copy.place for copy in found.evidence.copies] == places
    for copy, direction in zip(found.evidence.copies, found.directions, strict=False):
        exact = at("final").curve(direction, span=(0, 1), exact=True, points=2, progress=False)
        assert copy.loss == pytest.approx(exact.losses[1], rel=1e-6)
        assert copy.loss == pytest.approx(found.surface.center_loss, rel=1e-4)
        assert copy.is_same


def test_another_training_run_serves_as_well() -> None:
    found = at("final").recipe("trough", models=(lw.demo_model("seed-1"),), progress=False)
    assert found.succeeded, found
    assert found.evidence.copies == ()
    to = at("final").directions.to(lw.demo_model("seed-1"))
    assert torch.equal(found.directions[0].vector, to.vector)


def test_the_flank_follows_the_gradient_across_noise() -> None:
    noise, downhill = made("flank").directions
    gradient = at("early").directions.gradient()
    assert downhill.cosine(gradient) > 0.99
    assert torch.equal(noise.vector, at("early").directions.gaussian(0).vector)
    (low, high) = made("flank").span[1]
    (bottom,) = made("flank").surface.classification.valleys
    assert low < 0 < bottom.beta < high
    assert bottom.loss < made("flank").surface.center_loss
