"""Recipes: each shows its kind where that is to be had, says what it rests on, and tells failure from success."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import landscape_widget as lw
from landscape_widget.recipes import RECIPES
from landscape_widget.recipes.result import judged
from landscape_widget.recipes.workbench import Copy, Prepared
from landscape_widget.shapes.classification import SURFACE_KINDS
from mining_cases import landscape
from recipe_cases import CASES, made, quadratic

NAMES = ("bowl", "flank", "trough", "three-basins", "saddle", "wine-bottle", "three-in-a-row")
KINDS = ("bowl", "slope", "two-basins", "three-basins", "saddle", "wine-bottle", "three-basins")


def test_the_names_and_kinds_are_the_documented_ones() -> None:
    assert lw.recipes() == NAMES == tuple(CASES)
    assert tuple(RECIPES[name].kind for name in NAMES) == KINDS
    assert set(KINDS) <= set(SURFACE_KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_each_recipe_shows_its_kind(name: str) -> None:
    found = made(name)
    assert found.succeeded, found
    assert found.kind == found.surface.kind == RECIPES[name].kind
    assert not found.reason
    assert found.surface.mined == (RECIPES[name].mines)
    assert all(direction.is_mined == bool(place == 0 or name == "wine-bottle") for place, direction in mined_axes(name))


def mined_axes(name: str) -> list[tuple[int, lw.Curve]]:
    return list(enumerate(made(name).directions)) if RECIPES[name].mines else []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "three-basins"])
def test_axes_are_orthogonal_in_the_filter_metric(name: str) -> None:
    d, e = made(name).directions
    assert d.cosine(e) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", ["saddle", "wine-bottle", "three-in-a-row"])
def test_mined_directions_keep_their_length_and_are_confirmed(name: str) -> None:
    found = made(name)
    assert found.evidence.mined is not None
    assert found.evidence.mined.succeeded
    for mine, theirs in zip(found.directions, found.evidence.mined.directions, strict=False):
        assert torch.equal(mine.vector, theirs.vector)
    assert "confirmed on data not mined on" in found.report


def test_three_basins_lie_where_the_models_are() -> None:
    valleys = made("three-basins").surface.classification.valleys
    places = sorted((round(v.alpha, 1) + 0.0, round(v.beta, 1) + 0.0) for v in valleys)
    assert places == [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0)]
    assert "They meet at 90 degrees" in made("three-basins").report


def test_the_report_tells_kind_reason_rings_and_hessian() -> None:
    found = made("bowl")
    lines = found.report.splitlines()
    assert lines[0] == "bowl: succeeded, the surface is of kind bowl."
    assert lines[1] == found.surface.classification.reason
    assert lines[2] == "Two Gaussian directions: nothing was mined or copied."
    assert lines[3] == "Losses on rings around the centre (0), each at 16 angles:"
    radii, rings = found.evidence.around.radii, found.evidence.around.rings
    assert lines[4] == f"  r = {radii[1]:.3g}: {rings[1].min():.4g} to {rings[1].max():.4g}"
    assert lines[-1].startswith("Eigenvalues of the 2 x 2 Hessian at the centre: ")
    assert repr(found) == str(found) == found.report


def test_the_surface_is_the_landscapes_own() -> None:
    found = made("flank")
    again = landscape(CASES["flank"][0]).surface(*found.directions, span=found.span, tol=0.005, progress=False)
    np.testing.assert_array_equal(found.surface.losses, again.losses)
    assert found.surface.relative_error <= 0.005


def test_another_seed_is_another_plane_and_the_same_seed_the_same() -> None:
    first, again, other = (
        landscape(quadratic).recipe("bowl", seed=seed, progress=False).directions for seed in (3, 3, 4)
    )
    assert torch.equal(first[0].vector, again[0].vector)
    assert torch.equal(first[1].vector, again[1].vector)
    assert not torch.equal(first[1].vector, other[0].vector)


def test_a_recipe_that_does_not_show_its_kind_says_so() -> None:
    found = landscape(quadratic).recipe("flank", progress=False)  # downhill there is nothing, and nothing to mine
    assert not found.succeeded
    assert found.kind != "slope"
    lines = found.report.splitlines()
    assert lines[:2] == [f"flank: did not succeed, the surface is of kind {found.kind}.", "A slope was wanted."]
    assert "no slope is to be seen along the steepest one downhill" in found.report
    assert found.evidence.mined is not None


def test_what_is_not_confirmed_on_other_data_is_no_success() -> None:
    good = made("saddle")
    mined = replace(
        good.evidence.mined, succeeded=False, report=replace(good.evidence.mined.report, reason="Too shallow.")
    )
    prepared = Prepared(good.directions, good.span, "By hand.", mined)
    found = judged("saddle", "saddle", prepared, good.surface)
    assert found.kind == "saddle"
    assert not found.succeeded
    assert found.reason == "What was mined is not confirmed on data not mined on: Too shallow."


@pytest.mark.parametrize(("is_same", "verb"), [(True, "equals"), (False, "differs from")])
def test_a_copy_counts_only_where_its_loss_is_that_of_the_centre(is_same: bool, verb: str) -> None:
    good = made("trough")
    copy = Copy("a permuted copy, seed 0", (1.0, 0.0), 0.25, is_same)
    found = judged("trough", "two-basins", Prepared(good.directions, good.span, "", None, (copy,)), good.surface)
    assert found.succeeded == is_same
    assert f"The loss at (1, 0), a permuted copy, seed 0, is 0.25 and {verb} the centre's, 0." in found.report
    assert ("A symmetric copy has another loss than the centre." in found.report) == (not is_same)
