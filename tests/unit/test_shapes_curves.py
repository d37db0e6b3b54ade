"""The classifier of curves: definitions, holes, noise, ceilings, places of the centre, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import peak_prominences

from landscape_widget.shapes.classification import CURVE_KINDS
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.profile import including_center
from landscape_widget.shapes.prominence import find_dips

ALPHAS = np.linspace(-0.8, 1.6, 49)  # 0 is point 16
INF, NAN = np.inf, np.nan


def kind_of(losses: object, alphas: object = ALPHAS, **options: object) -> str:
    found = classify(alphas, losses, **options)  # type: ignore[arg-type]
    assert found.kind in CURVE_KINDS
    return found.kind


def wells(*places: float, width: float = 0.15, depth: float = 1.0, tilt: float = 0.0) -> np.ndarray:
    """Losses on ALPHAS with a well at each place."""
    losses = 2.0 + tilt * ALPHAS
    for place in places:
        losses = losses - depth * np.exp(-0.5 * ((ALPHAS - place) / width) ** 2)
    return losses


@pytest.mark.parametrize(
    ("losses", "kind"),
    [
        (ALPHAS**2, "v-basin"),
        ((ALPHAS - 0.7) ** 2, "v-side"),
        (wells(0.0, 1.0), "w-basin"),
        (wells(-0.5, 0.5), "w-peak"),
        (wells(-0.3, 0.9), "w-side"),
        (wells(0.6, 1.2), "w-side"),
        (wells(-0.6, 0.0, 0.6), "vvv-basin"),
        (wells(0.0, 0.6, 1.2), "n-valley"),
        (wells(-0.6, 0.3, 1.2), "n-valley"),
        (wells(-0.5, 0.0, 0.5, 1.2, width=0.1), "n-valley"),
        (np.full(49, 0.7), "flat"),
        (np.exp(ALPHAS), "monotone"),
        (-np.exp(ALPHAS), "monotone"),
        (-((ALPHAS - 0.2) ** 2), "peak"),
    ],
)
def test_kind_by_definition(losses: np.ndarray, kind: str) -> None:
    assert kind_of(losses) == kind
    assert kind_of(losses[::-1], -ALPHAS[::-1]) == kind


def test_a_minimum_on_the_border_is_no_valley() -> None:
    assert classify([-1, 0, 1, 2], [0.1, 0.5, 0.9, 1.4]).valleys == ()
    assert kind_of([0.2, 0.5, 0.9, 0.4, 0.3], [-2, -1, 0, 1, 2]) == "peak"
    # A flat stretch that ends on the border is none either.
    assert kind_of([0.2, 0.2, 0.2, 0.9, 1.4], [-2, -1, 0, 1, 2]) == "monotone"


def test_a_centre_on_the_border_of_the_span_counts_as_inside() -> None:
    assert kind_of([0.5, 0.1, 0.9], [0, 1, 2]) == "v-side"


def test_a_flat_bottom_is_one_valley_in_its_middle() -> None:
    found = classify([-1, 0, 1, 2, 3, 4], [3.0, 1.0, 1.0, 1.0, 2.0, 4.0])
    assert found.kind == "v-basin"
    assert found.valleys == ((1.0, 1.0, 3.0),)


def test_a_flat_top_is_one_barrier() -> None:
    assert kind_of([2, 0.1, 0.5, 0.5, 0.5, 0.1, 2], [-3, -2, -1, 0, 1, 2, 3]) == "w-peak"


def test_equally_deep_dips_over_a_ripple_are_one_valley() -> None:
    losses = np.array([3.0, 1.0, 1.001, 1.0, 3.0])
    found = classify([-2, -1, 0, 1, 2], losses)
    assert found.kind == "v-basin"
    assert len(found.valleys) == 1


@pytest.mark.parametrize("seed", range(8))
def test_prominences_of_distinct_losses_equal_those_of_scipy(seed: int) -> None:
    losses = np.random.default_rng(seed).normal(size=40)
    walled = np.pad(losses, 1, constant_values=losses.max())
    minima = [i for i in range(40) if losses[i] < min(walled[i], walled[i + 2])]
    dips = find_dips(losses, np.arange(40.0))
    assert [dip.point for dip in dips] == minima
    expected = peak_prominences(-walled, np.array(minima) + 1)[0]
    np.testing.assert_allclose([dip.prominence for dip in dips], expected, rtol=1e-12)
    np.testing.assert_allclose([losses[dip.barrier] - losses[dip.point] for dip in dips], expected, rtol=1e-12)


def test_a_ripple_beside_the_border_makes_no_valley() -> None:
    slope = 1.0 - (ALPHAS - ALPHAS[0]) / 2.4
    assert kind_of(slope + 0.002 * np.sin(50 * ALPHAS)) == "monotone"
    assert kind_of(np.maximum(slope, 0.3) + 0.002 * np.sin(50 * ALPHAS)) == "monotone"


def test_a_steady_rise_to_the_border_shows_that_the_bottom_is_inside() -> None:
    alphas = np.arange(-4.0, 6.0)
    losses = np.array([8.0, 5.0, 3.0, 2.0, 1.0, 0.5, 0.30, 0.31, 0.32, 0.33])
    assert kind_of(losses, alphas) == "v-side"
    assert kind_of(losses, alphas, noise=0.011) == "monotone"
    assert kind_of(losses[:9], alphas[:9]) == "monotone"
    losses[8] = 0.305
    assert kind_of(losses, alphas) == "monotone"


def test_alphas_need_not_be_uniform() -> None:
    alphas = np.array([-0.9, -0.8, -0.5, -0.1, 0.0, 0.02, 0.4, 0.6, 0.7, 0.8])
    assert kind_of((alphas**2 - 0.25) ** 2, alphas) == "w-peak"


@pytest.mark.parametrize("count", [9, 10, 13, 16, 17])
def test_few_points_with_or_without_one_at_the_centre(count: int) -> None:
    alphas = np.linspace(-2, 2, count)
    assert kind_of(alphas**2, alphas) == "v-basin"
    assert kind_of((alphas**2 - 1) ** 2, alphas) == "w-peak"
    assert kind_of((alphas + 1) ** 2, alphas) == "v-side"


def test_a_grid_that_misses_zero_by_rounding_has_its_centre_there() -> None:
    alphas = np.linspace(-0.3, 1.7, 41)
    assert 0 < abs(alphas[6]) < 1e-15
    losses = np.full(41, NAN)
    losses[6:] = alphas[6:]
    losses[:5] = 1.0
    assert kind_of(losses, alphas) == "v-basin"


def test_an_exact_centre_between_points_takes_the_place_of_the_interpolated_one() -> None:
    alphas = np.array([-1.5, -0.5, 0.5, 1.5])
    with_center = including_center(alphas, np.array([2.0, 1.0, 1.0, 2.0]), 0.2)
    np.testing.assert_array_equal(with_center, [[-1.5, -0.5, 0.0, 0.5, 1.5], [2.0, 1.0, 0.2, 1.0, 2.0]])
    assert classify(*with_center).valleys[0][:2] == (0.0, 0.2)


@pytest.mark.parametrize("alphas", [[-1.0, 0.0, 2.0], [-1.0, 1e-17, 2.0], [0.0, 1.0, 2.0], [0.5, 1.0, 2.0]])
def test_a_centre_on_a_point_or_outside_is_not_added(alphas: list[float]) -> None:
    same = including_center(np.array(alphas), np.array([1.0, 2.0, 3.0]), 9.0)
    np.testing.assert_array_equal(same, [alphas, [1.0, 2.0, 3.0]])


def test_off_centre() -> None:
    found = classify(ALPHAS + 1, (ALPHAS - 0.2) ** 2)
    assert found.kind == "off-centre"
    assert found.reason == (
        "The span, alpha from 0.2 to 2.6, does not contain the centre (alpha = 0), "
        "so nothing can be said about where the centre lies."
    )
    assert [round(valley.alpha, 9) for valley in found.valleys] == [1.2]


@pytest.mark.parametrize("hole", [NAN, INF])
def test_holes_on_the_walls_are_left_out(hole: float) -> None:
    losses = (ALPHAS**2).copy()
    losses[:5] = losses[-3:] = hole
    assert kind_of(losses) == "v-basin"


def test_missing_losses_are_counted() -> None:
    losses = (ALPHAS**2).copy()
    losses[[2, 40]] = NAN
    assert classify(ALPHAS, losses).reason.endswith("2 of 49 losses are missing and were left out).")


def test_an_infinite_loss_is_a_wall() -> None:
    assert kind_of([4, 2, 1, INF], [-2, -1, 0, 1]) == "v-basin"
    assert kind_of([4, 2, 1, NAN], [-2, -1, 0, 1]) == "monotone"
    barrier = [3.0, 0.5, INF, 0.1, INF, 0.4, 2.0]
    found = classify(np.arange(-3, 4), barrier)
    assert found.kind == "vvv-basin"
    assert found.barrier == pytest.approx(2.9)


def test_a_hole_that_could_hide_a_barrier_makes_the_kind_unclear() -> None:
    losses = (ALPHAS - 0.7) ** 2
    losses[20:22] = NAN
    found = classify(ALPHAS, losses)
    assert found.kind == "unclear"
    assert found.reason == "Between the centre and the valleys 2 losses are missing (NaN), which could hide a barrier."
    assert len(found.valleys) == 1


def test_without_a_loss_at_the_centre_the_kind_is_unclear() -> None:
    losses = (ALPHAS**2).copy()
    losses[16] = NAN
    found = classify(ALPHAS, losses)
    assert found.kind == "unclear"
    assert found.reason == "The loss at the centre, or right beside it, is not a finite number."


def test_without_losses_the_kind_is_unclear() -> None:
    found = classify([-1, 0, 1, 2], [NAN, INF, 1.0, 2.0])
    assert found.kind == "unclear"
    assert found.reason == "Only 2 of 4 losses are finite numbers, and a shape needs at least three."
    assert found.valleys == ()


def test_a_single_noise_hides_what_is_below_three_of_it() -> None:
    losses = wells(-0.4, 0.5, depth=0.1)
    least = min(valley.prominence for valley in classify(ALPHAS, losses).valleys)
    assert kind_of(losses, noise=least / 3.1) == "w-peak"
    assert kind_of(losses, noise=least / 2.9) != "w-peak"
    assert classify(ALPHAS, losses, noise=0.02).noise_floor == pytest.approx(0.06)


def test_a_valley_is_judged_with_the_larger_noise_of_its_own_and_its_barrier() -> None:
    losses = wells(0.0, 1.0, tilt=0.05)  # the higher wall is on the right
    quiet = np.full(49, 1e-4)
    at_valley, at_barrier, elsewhere = quiet.copy(), quiet.copy(), quiet.copy()
    at_valley[np.abs(ALPHAS - 1.0) < 0.1] = 1.0
    at_barrier[np.abs(ALPHAS - 0.5) < 0.1] = 1.0
    elsewhere[:3] = 1.0
    assert kind_of(losses, noise=at_valley) == "v-basin"
    assert kind_of(losses, noise=at_barrier) == "v-basin"
    assert kind_of(losses, noise=elsewhere) == "w-basin"


def test_noise_of_walls_above_the_ceiling_hides_nothing() -> None:
    losses = 0.1 + 60 * ALPHAS**2
    assert kind_of(losses, noise=losses / 20, ceiling=2.0) == "v-basin"


def test_noise_above_the_whole_range_leaves_a_flat_curve() -> None:
    assert kind_of(ALPHAS**2, noise=1.0) == "flat"


def test_noise_may_be_missing_where_the_loss_is() -> None:
    losses, noise = ALPHAS**2, np.full(49, 1e-3)
    losses[0] = noise[0] = NAN
    assert kind_of(losses, noise=noise) == "v-basin"


def test_rounding_of_sums_is_flat() -> None:
    assert kind_of(0.6 + 1e-8 * np.cos(40 * ALPHAS)) == "flat"


def test_high_walls_hide_a_shallow_peak_until_a_ceiling_is_named() -> None:
    alphas = np.linspace(-2, 2, 41)
    losses = 0.6 + 0.02 * (alphas**2 - 1) ** 2 + np.maximum(np.abs(alphas) - 1.4, 0) ** 2 * 20
    assert kind_of(losses, alphas) == "v-basin"
    found = classify(alphas, losses, ceiling=float(np.log(10)) / 2)
    assert found.kind == "w-peak"
    assert found.depth == pytest.approx(0.02)
    assert found.noise_floor == pytest.approx(0.005 * np.log(10))


def test_above_the_ceiling_nothing_is_told_apart() -> None:
    losses = np.where(ALPHAS > 0.8, 6.0 - 0.5 * np.exp(-(((ALPHAS - 1.2) / 0.1) ** 2)), 8 * ALPHAS**2)
    assert kind_of(losses) == "w-basin"
    assert kind_of(losses, ceiling=2.0) == "v-basin"


def test_the_ceiling_counts_from_the_centre() -> None:
    # An untrained centre on a high plateau, with a deep valley next to it: its own dip is still a valley.
    losses = 5.0 - 4.9 * np.exp(-(((ALPHAS - 1.0) / 0.2) ** 2)) - 0.5 * np.exp(-((ALPHAS / 0.2) ** 2))
    assert kind_of(losses, ceiling=2.0) == "w-basin"


def test_huge_walls_do_not_raise_the_floor_above_the_ceiling() -> None:
    losses = 0.1 * (ALPHAS - 0.5) ** 2
    losses[[0, -1]] = 1e30
    assert kind_of(losses, ceiling=2.0) == "v-side"


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        (
            0.25 + (ALPHAS - 0.7) ** 2,
            "One valley: loss 0.25 at alpha 0.7; the centre lies on its side, 0.49 above the bottom "
            "(differences below 0.022 do not count).",
        ),
        (
            ALPHAS**2 + 0.5,
            "One valley: loss 0.5 at alpha 0; the centre, with loss 0.5, lies at its bottom "
            "(differences below 0.026 do not count).",
        ),
        (
            np.linspace(3.0, 1.0, 49),
            "No valley inside the span: the loss goes one way only, from 3 to 1 (differences below 0.02 do not count).",
        ),
    ],
)
def test_reasons_carry_the_numbers(losses: np.ndarray, reason: str) -> None:
    assert classify(ALPHAS, losses).reason == reason


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ((0.0, 1.0), "Two valleys; the centre lies in one of them, below a barrier of 1"),
        ((-0.5, 0.5), "Two valleys; the centre is the top between them, 1 above the higher one"),
        ((0.6, 1.2), "Two valleys; the centre, with loss 2, lies in neither nor on a top"),
        ((-0.6, 0.0, 0.6), "Three valleys; the centre lies in the middle one; the lower barrier rises 0.978"),
        ((0.0, 0.6, 1.2), "Three valleys; with the centre at loss 1 this fits no other kind"),
    ],
)
def test_reasons_name_the_valleys(places: tuple[float, ...], words: str) -> None:
    count, _, rest = words.partition(";")
    listed = ", ".join(f"loss 1 at alpha {place:g}" for place in places)
    assert classify(ALPHAS, wells(*places, width=0.1)).reason.startswith(f"{count}: {listed};{rest} (differences below")


def test_inputs_stay_as_they_are() -> None:
    alphas, losses, noise = ALPHAS.copy(), ALPHAS**2, np.full(49, NAN)
    losses[0] = INF
    before = [array.copy() for array in (alphas, losses, noise)]
    classify(alphas, losses, noise=noise)
    for now, then in zip((alphas, losses, noise), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: classify([0.5, -1, 2], [1, 2, 3]),
            r"alphas must be finite and strictly increasing, got \[0.5, -1",
        ),
        (lambda: classify([0.5, 0.5], [1, 2]), "Sort both arrays by alpha: order = np.argsort"),
        (lambda: classify([0, NAN, 1], [1, 2, 3]), "alphas must be finite and strictly increasing"),
        (
            lambda: classify([[0, 1]], [[1, 2]]),
            r"alphas must be a row of at least one number, got shape \(1, 2\)",
        ),
        (lambda: classify([], []), r"alphas must be a row of at least one number, got shape \(0,\)"),
        (lambda: classify([-1, 0, 1], [1, 2]), r"losses must be \[3\] like alphas, got shape \(2,\)"),
        (
            lambda: classify([-1, 0, 1], [1, 2, 3], noise=[1, 2]),
            r"noise must be one number or \[3\] like alphas",
        ),
        (
            lambda: classify([-1, 0, 1], [1, 2, 3], noise=-0.1),
            "noise must be standard errors, finite and not neg",
        ),
        (
            lambda: classify([-1, 0, 1], [1, 2, 3], noise=INF),
            "noise must be standard errors, finite and not neg",
        ),
        (
            lambda: classify([-1, 0, 1], [1, 2, 3], ceiling=0.0),
            "ceiling must be a finite number greater than 0",
        ),
    ],
)
def test_bad_input_is_refused_in_words(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]
