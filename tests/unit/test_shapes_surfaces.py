"""The classifier of surfaces: definitions, invariances, holes, noise, ceilings, few points, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from landscape_widget.shapes.classification import SURFACE_KINDS, SurfaceClassification
from landscape_widget.shapes.surfaces import classify_plane
from surface_cases import FORMULAS, Array, sampled, well

INF, NAN = np.inf, np.nan
GRIDS = {
    "fine": (((-1.0, 1.0), (-1.0, 1.0)), (41, 33)),
    "9 x 9": (((-1.0, 1.0), (-1.0, 1.0)), (9, 9)),
    "not symmetric": (((-1.2, 1.0), (-1.0, 1.3)), (31, 25)),
    "rectangle without the centre": (((-1.0, 1.0), (-1.2, 1.2)), (12, 14)),
    "as shown": (((-1.0, 1.0), (-1.0, 1.0)), (101, 101)),
}
every_formula = pytest.mark.parametrize("name", FORMULAS)


def kind_of(alphas: Array, betas: Array, losses: Array, **options: Any) -> str:
    found = classify_plane(alphas, betas, losses, **options)
    assert found.kind in SURFACE_KINDS
    return found.kind


@pytest.mark.parametrize("turn", [0.0, 0.3, np.pi / 4])
@pytest.mark.parametrize("grid", GRIDS)
@every_formula
def test_kind_by_definition_on_every_grid_and_turned(name: str, grid: str, turn: float) -> None:
    kind, formula = FORMULAS[name]
    assert kind_of(*sampled(formula, *GRIDS[grid], turn=turn)) == kind


@pytest.mark.parametrize("grid", ["not symmetric", "9 x 9"])
@every_formula
def test_kind_does_not_depend_on_the_order_and_signs_of_the_axes(name: str, grid: str) -> None:
    kind, formula = FORMULAS[name]
    alphas, betas, losses = sampled(formula, *GRIDS[grid], turn=0.3)
    assert kind_of(betas, alphas, losses.T) == kind
    assert kind_of(-alphas[::-1], betas, losses[:, ::-1]) == kind
    assert kind_of(alphas, -betas[::-1], losses[::-1]) == kind


@every_formula
def test_kind_does_not_depend_on_the_unit_of_the_loss_or_a_constant(name: str) -> None:
    kind, formula = FORMULAS[name]
    alphas, betas, losses = sampled(formula, points=(21, 25), turn=0.3)
    for factor in (1e-6, 1e3):
        assert kind_of(alphas, betas, losses * factor) == kind
    for constant in (-3.0, 17.0):
        assert kind_of(alphas, betas, losses + constant) == kind


@every_formula
def test_kind_does_not_depend_on_the_common_length_of_the_directions(name: str) -> None:
    kind, formula = FORMULAS[name]
    alphas, betas, losses = sampled(formula, points=(21, 25), turn=0.3)
    assert kind_of(alphas * 37.5, betas * 37.5, losses) == kind


@pytest.mark.parametrize("seed", range(3))
@every_formula
def test_a_tenth_of_the_floor_as_noise_changes_nothing(name: str, seed: int) -> None:
    kind, formula = FORMULAS[name]
    alphas, betas, losses = sampled(formula, points=(31, 33), turn=0.3)
    noise = np.random.default_rng(seed).normal(size=losses.shape)
    assert kind_of(alphas, betas, losses + 0.001 * np.ptp(losses) * noise) == kind


def test_noise_that_is_told_hides_what_is_below_three_of_it() -> None:
    alphas, betas, losses = sampled(lambda x, y: 0.1 * well(x, y, -0.4, 0) + 0.1 * well(x, y, 0.4, 0))
    least = min(basin.prominence for basin in classify_plane(alphas, betas, losses).valleys)
    assert kind_of(alphas, betas, losses, noise=least / 3.1) == "two-basins"
    assert kind_of(alphas, betas, losses, noise=1.0) == "flat"
    noise = np.full(losses.shape, 1e-4)
    x, y = np.meshgrid(alphas, betas)
    noise[np.hypot(x - 0.4, y) < 0.2] = least
    found = classify_plane(alphas, betas, losses, noise=noise)
    assert [round(basin.alpha, 1) for basin in found.valleys] == [-0.4]


def test_noise_of_walls_above_the_ceiling_hides_nothing() -> None:
    alphas, betas, losses = sampled(lambda x, y: 0.1 + 60 * (x**2 + y**2))
    assert kind_of(alphas, betas, losses, noise=losses / 20, ceiling=2.0) == "bowl"


def test_numbers_of_a_wine_bottle() -> None:
    formula = FORMULAS["tilted wine bottle"][1]
    found = classify_plane(*sampled(formula, points=(101, 81)))
    # The highest place of the moat lies where the tilt lifts it most.
    assert found.depth == pytest.approx(1 - 0.07, abs=2e-3)
    assert np.isnan(found.barrier)
    assert found.evidence is not None
    ring = found.evidence.rings[np.abs(found.evidence.radii - 0.75).argmin()]
    assert (ring < formula(np.array(0.0), np.array(0.0)) - found.noise_floor).all()
    assert (found.evidence.eigenvalues < 0).all()
    assert found.reason.startswith("The centre is the top of a hill, 0.93 above a moat all around it")


def test_a_moat_with_a_gap_is_no_wine_bottle() -> None:
    alphas, betas, losses = sampled(FORMULAS["wine bottle"][1], points=(41, 41))
    x, y = np.meshgrid(alphas, betas)
    losses = np.where((np.abs(y) < 0.12) & (x > 0), 1.0, losses)
    assert kind_of(alphas, betas, losses) not in ("wine-bottle", "bowl")


def test_a_moat_without_a_wall_is_no_wine_bottle_and_says_so() -> None:
    alphas, betas, losses = sampled(FORMULAS["wine bottle"][1], ((-0.6, 0.6), (-0.5, 0.5)))
    found = classify_plane(alphas, betas, losses)
    assert found.kind == "unclear"
    assert "beyond its moat no wall rises, so take a larger span" in found.reason


def test_a_wine_bottle_may_be_longer_than_wide() -> None:
    formula = FORMULAS["wine bottle"][1]
    assert kind_of(*sampled(lambda x, y: formula(x / 4, y), ((-4.0, 4.0), (-1.0, 1.0)))) == "wine-bottle"


def test_numbers_of_a_saddle() -> None:
    found = classify_plane(*sampled(FORMULAS["saddle with valleys"][1], points=(41, 41)))
    assert found.depth == pytest.approx(4 * 0.36**2, abs=1e-3)
    assert [(round(b.alpha, 9), round(b.beta, 9)) for b in found.valleys] == [(0, -0.6), (0, 0.6)]
    assert found.evidence is not None
    np.testing.assert_allclose(np.sign(found.evidence.eigenvalues), [-1, 1])


@pytest.mark.parametrize(("angle", "kind"), [(90, "saddle"), (60, "saddle"), (20, "unclear")])
def test_the_sides_of_a_saddle_are_roughly_orthogonal(angle: float, kind: str) -> None:
    def formula(x: Array, y: Array) -> Array:
        """Falls along alpha, rises along a line at this angle, and is level else."""
        turned = np.rad2deg(np.arctan2(y, x))
        falls, rises = (np.abs((turned - line + 90) % 180 - 90) < 8 for line in (0, angle))
        return (x**2 + y**2) * (rises.astype(float) - falls)

    assert kind_of(*sampled(formula, points=(101, 101))) == kind


def test_barrier_is_the_lowest_pass_out_of_the_centres_basin() -> None:
    def formula(x: Array, y: Array) -> Array:
        return np.minimum(np.minimum(x**2 + y**2, (x - 0.6) ** 2 + y**2), 0.05 + x**2 + (y - 0.8) ** 2)

    found = classify_plane(*sampled(formula, points=(101, 101)))
    assert found.kind == "three-basins"
    assert found.barrier == pytest.approx(0.09, abs=2e-3)
    assert np.isnan(found.depth)
    assert [(round(b.alpha, 2), round(b.beta, 2)) for b in found.valleys] == [(0, 0), (0, 0.8), (0.6, 0)]
    assert "lies in one of them, below a pass of 0.09" in found.reason


def test_prominence_is_the_climb_to_deeper_ground() -> None:
    alphas, betas, losses = sampled(
        lambda x, y: np.minimum((x + 0.5) ** 2, 0.1 + (x - 0.5) ** 2) + y**2, points=(81, 41)
    )
    shallow = max(classify_plane(alphas, betas, losses).valleys)
    assert shallow.alpha == pytest.approx(0.5)
    assert shallow.loss == pytest.approx(0.1)
    assert shallow.prominence == pytest.approx(0.45**2 * 1.0, abs=0.01)


def test_a_minimum_on_the_border_is_no_basin() -> None:
    found = classify_plane(*sampled(lambda x, y: (x - 1.5) ** 2 + y**2))
    assert (found.kind, found.valleys) == ("slope", ())
    found = classify_plane(*sampled(lambda x, y: x**2 + y**2, ((0.0, 1.0), (-1.0, 1.0))))
    assert found.kind == "unclear"
    assert "reaches the border, so take a larger span" in found.reason


def test_a_low_outer_wall_that_rises_steadily_shows_a_basin() -> None:
    # As the second basin on the way to another trained model: the outer wall is below 1 % of the barrier.
    def formula(x: Array, y: Array) -> Array:
        return np.minimum(x**2, 1e-3 * (x - 0.8) ** 2) + np.where(np.abs(x - 0.4) < 0.2, 4.0, 0.0) + y**2

    spans = (-0.5, 1.5), (-1.0, 1.0)
    assert kind_of(*sampled(formula, spans, (41, 41))) == "two-basins"
    assert kind_of(*sampled(formula, spans, (41, 41)), noise=1e-3) != "two-basins"


def test_a_valley_across_a_coarse_grid_stays_one() -> None:
    for turn in np.linspace(0.1, 1.4, 9):
        alphas, betas, losses = sampled(lambda x, y: 40 * x**2 + 0.5 * y**2, points=(17, 21), turn=turn)
        assert kind_of(alphas, betas, losses, ceiling=2.3) == "trough"


def test_plateaus() -> None:
    steps = classify_plane(*sampled(lambda x, y: np.floor(4 * np.hypot(x, y)), points=(41, 41)))
    assert steps.kind == "bowl"
    assert steps.valleys[0][:3] == (0.0, 0.0, 0.0)
    assert kind_of(*sampled(lambda x, y: np.maximum(x, 0.0) + 0 * y)) == "unclear"
    assert kind_of(*sampled(lambda x, y: np.minimum(x**2 + y**2, 0.3))) == "bowl"


def test_axes_need_not_be_uniform() -> None:
    alphas, betas = np.array([-1, -0.7, -0.65, -0.3, 0, 0.05, 0.2, 0.5, 1]), np.array([-1.0, -0.4, 0, 0.1, 0.6, 1.1])
    x, y = np.meshgrid(alphas, betas)
    assert kind_of(alphas, betas, x**2 + y**2) == "bowl"
    assert kind_of(alphas, betas, x**2 - y**2) == "saddle"
    assert kind_of(alphas, betas, (x - 0.5) ** 2 + y**2) == "slope"


def test_an_exact_centre_between_points_is_among_what_is_judged() -> None:
    alphas, betas, losses = sampled(lambda x, y: x**2 + y**2, points=(10, 12))
    assert kind_of(alphas, betas, losses, center_loss=0.0) == "bowl"
    assert kind_of(alphas, betas, losses, center_loss=1.0) != "bowl"


def test_a_grid_that_misses_zero_by_rounding_has_its_centre_there() -> None:
    alphas, betas, losses = sampled(lambda x, y: x**2 + y**2, ((-0.3, 1.7), (-1.0, 1.0)), (41, 21))
    assert 0 < abs(alphas[6]) < 1e-15
    found = classify_plane(alphas, betas, losses)
    assert found.kind == "bowl"
    assert found.valleys[0][:2] == (0.0, 0.0)


def test_high_walls_hide_a_shallow_moat_until_a_ceiling_is_named() -> None:
    def formula(x: Array, y: Array) -> Array:
        r = np.hypot(x, y)
        return 0.6 + 0.02 * (r**2 - 1) ** 2 + 30 * np.maximum(r - 1.3, 0) ** 2

    picture = sampled(formula, ((-2.0, 2.0), (-2.0, 2.0)))
    assert kind_of(*picture) == "bowl"
    found = classify_plane(*picture, ceiling=1.0)
    assert found.kind == "wine-bottle"
    assert found.depth == pytest.approx(0.02, abs=1e-3)
    assert found.noise_floor == pytest.approx(0.01)


def test_huge_and_infinite_walls_count_as_walls() -> None:
    for wall in (1e30, INF):
        alphas, betas, losses = sampled(FORMULAS["two wells"][1])
        losses[[0, -1]] = wall
        losses[:, [0, -1]] = wall
        assert kind_of(alphas, betas, losses, ceiling=2.0) == "two-basins"


@pytest.mark.parametrize("name", ["round bowl", "saddle", "wine bottle", "three wells", "side of a bowl"])
def test_holes_in_the_outer_walls_are_left_out(name: str) -> None:
    kind, formula = FORMULAS[name]
    alphas, betas, losses = sampled(formula, points=(41, 41))
    losses[:3, :9] = losses[-2:, -4:] = NAN
    found = classify_plane(alphas, betas, losses)
    assert found.kind == kind
    assert found.reason.endswith("; 35 losses are missing and were left out).")


def test_holes_where_it_matters_make_the_kind_unclear() -> None:
    alphas, betas, losses = sampled(FORMULAS["wine bottle"][1], points=(41, 41))
    x, y = np.meshgrid(alphas, betas)
    losses[(np.abs(y) < 0.2) & (x > 0.2)] = NAN  # a part of the moat
    found = classify_plane(alphas, betas, losses)
    assert found.kind == "unclear"
    assert found.reason.startswith("Looks like a ")
    assert np.isnan(found.depth)


def test_a_hole_beside_the_bottom_makes_the_kind_unclear() -> None:
    alphas, betas, losses = sampled(lambda x, y: (x - 0.5) ** 2 + y**2, points=(21, 21))
    losses[10, 16] = NAN
    found = classify_plane(alphas, betas, losses)
    assert found.kind == "unclear"
    assert found.reason == "Looks like a slope, but 1 loss is missing (NaN) beside the centre or a basin's bottom."


def test_a_basin_that_is_missing_altogether_is_not_taken_for_granted() -> None:
    alphas, betas, losses = sampled(FORMULAS["two wells"][1], points=(41, 41))
    x, y = np.meshgrid(alphas, betas)
    losses[(np.abs(x - 0.7) < 0.25) & (np.abs(y - 0.1) < 0.25)] = NAN
    assert kind_of(alphas, betas, losses) == "unclear"


def unclear(*arguments: Any, **options: Any) -> SurfaceClassification:
    found = classify_plane(*arguments, **options)
    assert found.kind == "unclear"
    assert found.valleys == ()
    return found


def test_what_cannot_be_judged_says_why() -> None:
    alphas, betas, losses = sampled(lambda x, y: x**2 + y**2, points=(21, 11))
    assert unclear(alphas + 2, betas, losses).reason == (
        "The span, alpha from 1 to 3 and beta from -1 to 1, does not contain the centre (0, 0), "
        "so nothing can be said about where the centre lies."
    )
    losses[5, 10] = NAN
    assert unclear(alphas, betas, losses).reason == (
        "The loss at the centre, or right beside it, is not a finite number."
    )
    losses[:] = NAN
    losses[0, :7] = 1.0
    assert unclear(alphas, betas, losses).reason == (
        "Only 7 of 231 losses are finite numbers, and a shape needs at least nine."
    )
    assert unclear([-1, 0, 1], [0, 1], np.ones((2, 3))).reason == (
        "A shape needs at least three losses along each axis, and there are 3 x 2."
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("round bowl", "One basin: loss 0 at (0, 0); the centre, with loss 0, lies at its bottom, 1 times as long as"),
        ("half-pipe", "The lowest ground reaches the border; the centre, with loss 0, lies at its bottom, 4.8 times"),
        ("side of a bowl", "One basin: loss 0 at (0.5, 0); the centre, with loss 0.25, lies on a flank (differences"),
        ("tilted plane", "No basin inside the span; the centre, with loss 0, lies on a flank (differences below"),
        ("saddle", "The centre is a pass: 1 above both sides of one direction, and a bottom along another (diff"),
        ("flat", "The loss stays between 0.7 and 0.7 (differences below 7e-07 do not count)."),
        ("dome", "The centre is the top of a hill, but beyond its moat no wall rises, so take a larger span (diff"),
        ("ridge", "The centre is the top of a hill or ridge that reaches the border, and this has no kind of its own"),
        ("three ways down", "The loss falls and rises several times around the centre, and this fits no kind (diff"),
    ],
)
def test_reasons_carry_the_numbers(name: str, words: str) -> None:
    reason = classify_plane(*sampled(FORMULAS[name][1], points=(41, 41))).reason
    assert reason.startswith(words)
    assert reason.endswith(".")
    assert ". " not in reason


def test_evidence_is_the_loss_on_rings_and_the_hessian() -> None:
    formula = lambda x, y: 1.0 + x**2 + 3 * y**2 + 0.5 * x * y + 0.2 * x  # noqa: E731
    evidence = classify_plane(*sampled(formula, ((-1.0, 2.0), (-0.8, 1.0)), (31, 37))).evidence
    assert evidence is not None
    np.testing.assert_allclose(evidence.radii, 0.1 * np.arange(1, 9))
    np.testing.assert_allclose(evidence.angles, 22.5 * np.arange(16))
    turns = np.deg2rad(evidence.angles)
    expected = formula(np.outer(evidence.radii, np.cos(turns)), np.outer(evidence.radii, np.sin(turns)))
    np.testing.assert_allclose(evidence.rings, expected, atol=2e-3)
    np.testing.assert_allclose(evidence.hessian, [[2, 0.5], [0.5, 6]], atol=1e-9)
    np.testing.assert_allclose(evidence.eigenvalues, np.linalg.eigvalsh([[2, 0.5], [0.5, 6]]))
    assert str(evidence).endswith("eigenvalues of the Hessian 1.94, 6.06")


def test_evidence_says_nothing_of_holes() -> None:
    alphas, betas, losses = sampled(lambda x, y: x**2 + y**2, points=(21, 21))
    losses[:, 16:] = NAN
    evidence = classify_plane(alphas, betas, losses).evidence
    assert evidence is not None
    assert np.isnan(evidence.rings[-1, 0])
    assert np.isfinite(evidence.rings[-1, 8])
    assert np.isfinite(evidence.rings[0]).all()


def test_evidence_without_a_ring_inside_the_span() -> None:
    evidence = classify_plane(*sampled(lambda x, y: x + y, ((0.0, 1.0), (-1.0, 1.0)))).evidence
    assert evidence is not None
    assert evidence.rings.shape == (0, 16)


def test_inputs_stay_as_they_are() -> None:
    alphas, betas, losses = sampled(lambda x, y: x**2 + y**2)
    losses[0, 0], losses[0, 1] = INF, NAN
    before = losses.copy()
    classify_plane(alphas, betas, losses, center_loss=0.0)
    np.testing.assert_array_equal(losses, before)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([0, -1, 1], [0, 1], [[1] * 3] * 2), {}, "alphas must be a row of finite, increasing numbers, got "),
        (([0, 1, 2], [0, NAN], [[1] * 3] * 2), {}, "betas must be a row of finite, increasing numbers, got "),
        (([0, 1, 2], [0, 1], [[1] * 2] * 3), {}, r"losses must be of shape \[B, A\] = \(2, 3\), .* Pass losses.T."),
        (([0, 1, 2], [0, 1], [[1] * 3] * 2), {"noise": -1.0}, "noise must be standard errors, finite and not neg"),
        (([0, 1, 2], [0, 1], [[1] * 3] * 2), {"noise": INF}, "noise must be standard errors, finite and not neg"),
        (([0, 1, 2], [0, 1], [[1] * 3] * 2), {"noise": [1.0]}, r"one number or \(2, 3\) like losses"),
        (([0, 1, 2], [0, 1], [[1] * 3] * 2), {"ceiling": 0.0}, "ceiling must be a finite number greater than 0"),
    ],
)
def test_bad_input_is_refused_in_words(arguments: Any, options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        classify_plane(*arguments, **options)


@pytest.mark.parametrize(("points", "is_coarse"), [((7, 12), True), ((12, 8), True), ((9, 11), False)])
def test_a_coarse_grid_says_that_it_may_miss_a_basin(points: tuple[int, int], is_coarse: bool) -> None:
    reason = classify_plane(*sampled(FORMULAS["three wells"][1], points=points)).reason
    words = f"; between only {min(points)} points along an axis a basin may be missed, 11 are safer)."
    assert reason.endswith(words) == is_coarse
    assert ". " not in reason
