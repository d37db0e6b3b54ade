"""A slice checked against a landscape: what agrees, and what differs in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from landscape_widget.slices.verification import Verification
from landscape_widget.verifying import verify
from networks import cnn, images, initialised, mlp, seeded, vectors
from reference import losses

SPANS = ((-0.5, 1.0), (-1.5, 0.8))
loss_fn = nn.functional.cross_entropy


def landscape(model: nn.Module | None = None, data: Any = None, **options: Any) -> lw.Landscape:
    return lw.Landscape(model or mlp(), loss_fn, data or vectors(40), **options)


def with_norms(**options: Any) -> lw.Landscape:
    return landscape(cnn(), images(24), **options)


def directions(of: lw.Landscape, normalize: str = "filter") -> tuple[Any, Any]:
    return of.directions.gaussian(3, normalize), of.directions.gaussian(4, normalize)


def plane(of: lw.Landscape, normalize: str = "filter", *, span: Any = SPANS, points: Any = (7, 5)) -> lw.Surface:
    return of.surface(*directions(of, normalize), span=span, exact=True, points=points, progress=False)


def checked(slice_: Any, of: lw.Landscape, **options: Any) -> Verification:
    return verify(slice_, of._slicer, of.directions, **options)


def differs(slice_: Any, of: lw.Landscape, **options: Any) -> str:
    """The verdict of a slice that must not agree; the check must stay cheap."""
    found = checked(slice_, of, **options)
    assert not found.agrees
    assert found.evaluations <= len(found.shown) + 40
    assert repr(found).startswith(f"Verification: differs. {found.verdict}\n")
    return found.verdict


def foreign(surface: lw.Surface) -> lw.Surface:
    """The same numbers with no provenance."""
    return lw.Surface.from_arrays(surface.alphas, surface.betas, surface.losses)


@pytest.fixture(scope="module")
def plain() -> lw.Landscape:
    return landscape(splits={"test": vectors(30)})


@pytest.fixture(scope="module")
def normed() -> lw.Landscape:
    return with_norms()


def test_an_exact_surface_agrees_and_costs_its_points_only(plain: lw.Landscape) -> None:
    made = plane(plain)
    found = checked(made, plain, n=9, seed=2)
    assert found.agrees
    assert (found.verdict, found.evaluations, len(found.shown)) == ("the values agree", 9, 9)
    assert found.largest_difference < 1e-12
    assert found.is_node.all()
    places = {tuple(row) for row in made.nodes.coords.tolist()}
    assert {tuple(row) for row in found.coords.tolist()} <= places
    assert found.coords.tolist() == checked(made, plain, n=9, seed=2).coords.tolist()
    assert found.coords.tolist() != checked(made, plain, n=9, seed=3).coords.tolist()


def test_curves_volumes_and_other_splits_agree(plain: lw.Landscape) -> None:
    d, e = directions(plain)
    f = plain.directions.gradient()
    assert checked(plain.curve(d, exact=True, points=5, split="test"), plain).agrees
    assert checked(plain.volume(d, e, f, span=0.4, exact=True, points=3), plain).agrees
    assert checked(plain.curve(2 * d + e, exact=True, points=5), plain).agrees


def test_an_interpolated_slice_is_checked_between_its_nodes_too(normed: lw.Landscape) -> None:
    made = normed.curve(directions(normed)[0], progress=False)
    found = checked(made, normed, n=8)
    assert found.agrees
    assert found.is_node.tolist() == [True] * 8 + [False] * 4
    assert found.error == made.error > 0
    assert "4 points between: largest difference" in repr(found)
    boastful = replace(
        made, expected_error=1e-12, interpolant=replace(made.interpolant, values=made.interpolant.values * 1.01)
    )
    words = "the computed points agree, but between them the slice is off by more than twice what it states"
    assert differs(boastful, normed, n=8) == words


def test_a_saved_slice_agrees(plain: lw.Landscape, tmp_path) -> None:
    assert checked(lw.load(plane(plain).save(tmp_path / "s")), plain).agrees


def test_arrays_agree_along_directions_that_are_given(plain: lw.Landscape) -> None:
    found = checked(foreign(plane(plain)), plain, directions=directions(plain))
    assert found.agrees
    assert np.isnan(found.center_losses[0])
    curve = plain.curve(directions(plain)[1], exact=True, points=9)
    assert checked(lw.Curve.from_arrays(curve.alphas, curve.losses), plain, directions=directions(plain)[1]).agrees


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_another_precision_agrees_within_its_rounding(plain: lw.Landscape, dtype: torch.dtype) -> None:
    data = (vectors(40)[0].to(dtype), vectors(40)[1])
    coarse = landscape(mlp().to(dtype), data)
    made = coarse.surface(*directions(coarse), span=SPANS, exact=True, points=(7, 5), progress=False)
    assert checked(made, coarse).agrees
    if dtype == torch.float32:
        assert checked(made, plain).agrees
        assert 0 < checked(made, plain).largest_difference < 1e-5


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(
    ("mixed_up", "words"),
    [
        (lambda v: v.T, "the grid is transposed (alpha and beta are swapped)"),
        (lambda v: v[:, ::-1], "the grid is flipped along alpha"),
        (lambda v: v[::-1], "the grid is flipped along beta"),
        (lambda v: np.roll(v, 1, axis=0), "the grid is shifted by one cell along beta"),
        (lambda v: np.roll(v, -1, axis=1), "the grid is shifted by one cell along alpha"),
    ],
)
def test_a_mixed_up_grid_is_named(plain: lw.Landscape, mixed_up: Any, words: str, is_known: bool) -> None:
    made = plane(plain, points=7)
    wrong = replace(made, losses=mixed_up(made.losses))
    assert differs(wrong if is_known else foreign(wrong), plain, directions=directions(plain)) == words


def test_every_other_row_shifted_is_named(plain: lw.Landscape) -> None:
    made = plane(plain, points=(7, 6))
    wrong = np.array(made.losses)
    wrong[::2, :-1] = wrong[::2, 1:]
    words = "every other row of the grid is shifted by one cell along alpha, as loss-landscapes writes it"
    assert differs(replace(made, losses=wrong), plain) == words


def test_a_grid_with_torn_rows_is_named(plain: lw.Landscape) -> None:
    made = plane(plain)
    wrong = made.losses.ravel().reshape(7, 5).T
    assert differs(replace(made, losses=wrong), plain) == "the grid is scrambled (its rows and columns were mixed up)"


def test_a_flipped_curve_is_named(plain: lw.Landscape) -> None:
    made = plain.curve(directions(plain)[0], span=(-0.5, 1.0), exact=True, points=9)
    assert differs(replace(made, losses=made.losses[::-1]), plain) == "the grid is flipped along alpha"


def test_the_other_batchnorm_mode_is_named() -> None:
    frozen, recalibrated = with_norms(batchnorm="frozen"), with_norms()
    one = "frozen (plain eval()) in the slice, recalibrated at every point in this landscape"
    other = "recalibrated at every point in the slice, frozen (plain eval()) in this landscape"
    assert differs(plane(frozen), recalibrated) == f"another BatchNorm mode: {one}"
    assert differs(plane(recalibrated), frozen) == f"another BatchNorm mode: {other}"
    transposed = plane(frozen, points=5)
    assert differs(replace(transposed, losses=transposed.losses.T), recalibrated) == (
        f"another BatchNorm mode: {one}; the grid is transposed (alpha and beta are swapped)"
    )
    assert "BatchNorm in this landscape: recalibrate" in repr(checked(plane(frozen), recalibrated))


def test_layer_normalised_directions_named_filter_are_found_out(plain: lw.Landscape) -> None:
    honest, layered = plane(plain), plane(plain, "layer")
    wrong = replace(layered, provenance=layered.provenance | {"directions": honest.provenance["directions"]})
    words = "another normalisation: its directions have the lengths of 'layer', not of 'filter'"
    assert differs(wrong, plain) == words
    assert differs(foreign(layered), plain, directions=directions(plain)) == words
    assert checked(layered, plain).agrees


def test_vectors_that_should_have_been_normalised_are_found_out(plain: lw.Landscape) -> None:
    raw = plain.directions.from_vector(torch.randn(plain.center.numel(), generator=seeded(), dtype=torch.float64))
    made = plain.curve(raw.normalized("model"), span=(-0.5, 1.0), exact=True, points=7)
    words = "another normalisation: its directions have the lengths of 'model', not of 'none'"
    assert differs(lw.Curve.from_arrays(made.alphas, made.losses), plain, directions=raw) == words


def test_opposite_and_swapped_directions_are_named(plain: lw.Landscape) -> None:
    d, e = directions(plain)
    made = foreign(plane(plain))
    opposite = "another direction: the opposite one along "
    assert differs(made, plain, directions=(-d, e)) == f"{opposite}alpha"
    assert differs(made, plain, directions=(-d, -e)) == f"{opposite}alpha and beta"
    assert differs(made, plain, directions=(e, d)) == "other directions: alpha and beta are swapped"


def test_other_directions_are_told_by_the_centre_that_agrees(plain: lw.Landscape) -> None:
    made = foreign(plane(plain, span=1.0, points=5))
    others = plain.directions.gaussian(7), plain.directions.gaussian(8)
    found = differs(made, plain, directions=others)
    assert found == "other directions, or another normalisation of theirs: the centre agrees, points off it do not"
    known = checked(plane(plain), plain, directions=others)
    assert known.findings == (
        "the direction of alpha is another vector here than in the slice",
        "the direction of beta is another vector here than in the slice",
    )


def test_another_checkpoint_as_centre_is_named(plain: lw.Landscape) -> None:
    trained = landscape(initialised(mlp(), seed=9))
    theirs, ours = (of._slicer.home.weights_hash for of in (trained, plain))
    found = differs(plane(trained), plain)
    assert found.startswith(
        f"another centre: the slice was computed around the weights {theirs}, here they are {ours} ("
    )
    assert f"centre loss {trained.center_loss:.6g} in the slice, {plain.center_loss:.6g} here" in found
    unknown = foreign(plane(trained, span=1.0, points=5))
    of = landscape(initialised(mlp(), seed=9).apply(_spread))
    far = differs(unknown, of, directions=directions(of))
    assert far.startswith("another centre, or another loss (centre loss ")


def _spread(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        module.weight.data *= 9


def test_another_split_is_named(plain: lw.Landscape) -> None:
    made = plain.surface(*directions(plain), span=SPANS, exact=True, points=(7, 5), split="test", progress=False)
    words = "other samples: its values are those of the split 'test', not of 'train'"
    assert differs(replace(made, split="train"), plain) == words
    assert differs(foreign(made), plain, directions=directions(plain)) == words


def test_a_split_that_the_landscape_lacks_is_told(plain: lw.Landscape) -> None:
    made = replace(plane(plain), split="validation")
    found = checked(made, plain)
    assert found.agrees
    assert found.findings == ("this landscape has no split 'validation': computed on 'train'",)


def test_other_samples_differ_by_the_size_of_sampling_noise() -> None:
    inputs, labels = vectors(400)
    whole, part = landscape(data=(inputs, labels)), landscape(data=(inputs[::3], labels[::3]))
    for made, of in ((plane(part), whole), (plane(whole), part)):
        found = differs(made, of)
        assert found.startswith("other samples: the differences are of the size of sampling noise, ")
        assert "standard errors over samples (centre loss" in found
    assert differs(foreign(plane(part)), whole, directions=directions(whole)).startswith(
        "other samples, or a centre close by: the differences are of the size of sampling noise, "
    )


def test_other_data_altogether_are_known_by_their_hash() -> None:
    inputs, labels = vectors(400)
    one, other = landscape(data=(inputs, labels)), landscape(data=(3 * inputs, (labels + 1) % 3))
    found = differs(plane(other), one)
    assert found == (
        f"other samples: the slice was computed on the data {other._objective.data_hash}, "
        f"here they are {one._objective.data_hash}"
    )


def test_another_unit_of_the_loss_is_named(plain: lw.Landscape) -> None:
    made = plane(plain)
    summed = differs(replace(made, losses=40 * made.losses), plain)
    assert summed == "another unit of the loss: its values are 40 times those of this landscape"
    decayed = differs(replace(made, losses=made.losses + 0.25), plain)
    assert decayed == "another loss: its values are those of this landscape +0.25"


def test_single_changed_values_are_counted(plain: lw.Landscape) -> None:
    made = plane(plain)
    wrong = np.array(made.losses)
    wrong[2, 3] += 0.5
    found = differs(replace(made, losses=wrong), plain, n=35)
    assert found == "single values: 1 of 35 points differ, the others agree"
    assert checked(replace(made, losses=wrong), plain, n=35).largest_difference == pytest.approx(0.5)


def test_a_centre_that_is_not_its_own_is_told(plain: lw.Landscape) -> None:
    made = replace(plane(plain), center_loss=0.125)
    found = differs(made, plain)
    centers = f"centre loss 0.125 in the slice, {plain.center_loss:.6g} here"
    assert found == f"the points agree, but the centre's loss is another ({centers})"


def test_a_picture_that_was_rounded_is_called_the_same_picture(plain: lw.Landscape) -> None:
    made = plane(plain)
    found = differs(replace(made, losses=np.round(made.losses, 3)), plain)
    assert found.startswith(("the same picture, but not to rounding", "rounding, or nearly the same samples"))


def test_running_statistics_that_moved_are_among_the_reasons(normed: lw.Landscape) -> None:
    frozen = with_norms(batchnorm="frozen")
    d = directions(frozen)[0]
    model, (inputs, labels) = cnn(), images(24)

    def loss_of(moved: nn.Module) -> torch.Tensor:
        shift = (moved[0].weight - model[0].weight).norm()
        for layer in moved.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_var *= 1 + shift
        return loss_fn(moved(inputs), labels)

    alphas = np.linspace(-1, 1, 9)
    made = lw.Curve.from_arrays(alphas, losses(model, loss_of, [d.vector], alphas[:, None]))
    assert differs(made, frozen, directions=d) == (
        "other directions, or another normalisation of theirs, or running statistics that moved with the weights: "
        "the centre agrees, points off it do not"
    )
    assert differs(made, normed, directions=d) == (
        "BatchNorm was frozen, as the centre shows, and off the centre more differs: the directions, "
        "or running statistics that moved with the weights"
    )


def test_without_a_centre_and_an_explanation_all_candidates_are_named(plain: lw.Landscape) -> None:
    off_centre = lw.Curve.from_arrays([0.3, 0.5, 0.9, 1.4], [7.0, 1.0, 9.0, 2.0])
    found = differs(off_centre, plain, directions=directions(plain)[0])
    assert found == "nothing that was tried explains it: another centre, other samples or other directions"


def test_holes_of_ones_own_slice_must_be_holes_and_those_of_others_are_left_out(plain: lw.Landscape) -> None:
    made = plane(plain)
    holed = np.array(made.losses)
    holed[1, 2] = np.nan
    own = differs(replace(made, losses=holed), plain, n=35)
    assert own == "single values: 1 of 35 points differ, the others agree"
    others = checked(foreign(replace(made, losses=holed)), plain, n=35, directions=directions(plain))
    assert others.agrees
    assert len(others.shown) == 34


def test_losses_that_blow_up_on_both_sides_agree() -> None:
    of = landscape(mlp(torch.float32), vectors(12, dtype=torch.float32))
    made = of.curve(1e30 * directions(of)[0], span=1e9, exact=True, points=5)
    assert not np.isfinite(made.losses).all()
    assert checked(made, of).agrees


def test_what_cannot_be_checked_is_refused(plain: lw.Landscape) -> None:
    made, (d, e) = plane(plain), directions(plain)
    with pytest.raises(
        TypeError, match=r"slice must be a curve, a surface or a volume, got 'list'\. Arrays become one"
    ):
        checked([1.0], plain)
    with pytest.raises(ValueError, match=r"n must be an integer of at least 1, got 0"):
        checked(made, plain, n=0)
    with pytest.raises(ValueError, match=r"directions must be 2, one for each axis, alpha first, got 1\."):
        checked(made, plain, directions=d)
    with pytest.raises(TypeError, match=r"directions must be a direction from landscape\.directions, got 'Tensor'"):
        checked(made, plain, directions=(d.vector, e.vector))
    with pytest.raises(ValueError, match=r"slice must hold a loss that can be checked, got NaN everywhere"):
        checked(lw.Curve.from_arrays([0.0, 1.0], [np.nan, np.nan]), plain, directions=d)
    with pytest.raises(
        ValueError, match=r"got none and no recipe for any of them\. Pass directions=\(d, \.\.\.\) made"
    ):
        checked(foreign(made), plain)
    lost = plain.curve(plain.directions.from_vector(d.vector), exact=True, points=3)
    with pytest.raises(
        ValueError, match=r"directions must be given for this slice, got none and no recipe for vector\."
    ):
        checked(lost, plain)
