"""Every kind of curve on every sort of grid, in every unit, with ripples, holes, plateaus and shallow borders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from landscape_widget.shapes.classification import CURVE_KINDS
from landscape_widget.shapes.curves import classify

Array = np.ndarray
NAN, INF = np.nan, np.inf


def wells(x: Array, *places: float, width: float = 0.16) -> Array:
    losses = 2.0 + 0.05 * x**2
    for place in places:
        losses = losses - np.exp(-0.5 * ((x - place) / width) ** 2)
    return losses


# On alpha from -0.9 to 1.5.
FORMULAS: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "parabola": ("v-basin", lambda x: x**2),
    "kink": ("v-basin", np.abs),
    "basin and plateau": ("v-basin", lambda x: np.minimum(4 * x**2, 0.6)),
    "flat-bottomed basin": ("v-basin", lambda x: np.maximum(np.abs(x) - 0.25, 0.0)),
    "side of a parabola": ("v-side", lambda x: (x - 0.6) ** 2),
    "plateau beside a valley": ("v-side", lambda x: np.minimum(9 * (x - 0.7) ** 2, 1.0)),
    "own well and another": ("w-basin", lambda x: wells(x, 0.0, 1.0)),
    "flank of two wells": ("w-side", lambda x: wells(x, 0.5, 1.2)),
    "quartic": ("w-peak", lambda x: np.minimum((x**2 - 0.3) ** 2, 0.25)),
    "plateau between two wells": ("w-peak", lambda x: wells(x, -0.6, 0.6)),
    "three wells": ("vvv-basin", lambda x: wells(x, -0.6, 0.0, 0.6)),
    "three wells at the side": ("n-valley", lambda x: wells(x, 0.0, 0.6, 1.2)),
    "constant": ("flat", lambda x: 0.7 + 0 * x),
    "exponential": ("monotone", lambda x: np.exp(x)),
    "falls to a plateau": ("monotone", lambda x: np.maximum(1.0 - x, 0.5)),
    "hill": ("peak", lambda x: -((x - 0.2) ** 2)),
}
UNEVEN = np.sort(np.append(0.3 + 1.2 * np.sin(np.linspace(-1.5, 1.5, 49)), 0.0))  # denser at both ends
GRIDS = {
    "fine": np.linspace(-0.9, 1.5, 49),
    "as shown": np.linspace(-0.9, 1.5, 201),
    "without the centre": np.linspace(-0.9, 1.5, 42),
    "uneven": UNEVEN,
    "17 points": np.linspace(-0.9, 1.5, 17),
}
every_formula = pytest.mark.parametrize("name", FORMULAS)


def test_every_kind_that_a_span_with_its_centre_can_show_is_tried() -> None:
    assert {kind for kind, _ in FORMULAS.values()} == set(CURVE_KINDS) - {"unclear", "off-centre"}


@pytest.mark.parametrize("grid", GRIDS)
@every_formula
def test_kind_on_every_grid_and_mirrored(name: str, grid: str) -> None:
    kind, formula = FORMULAS[name]
    alphas = GRIDS[grid]
    losses = formula(alphas)
    assert classify(alphas, losses).kind == kind
    assert classify(-alphas[::-1], losses[::-1]).kind == kind


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e3])
@every_formula
def test_kind_in_every_unit_and_above_a_constant(name: str, factor: float) -> None:
    kind, formula = FORMULAS[name]
    alphas = GRIDS["uneven"]
    losses = factor * formula(alphas)
    assert classify(alphas, losses).kind == kind
    assert classify(alphas, losses + 11 * factor).kind == kind
    assert classify(alphas / factor, losses, ceiling=2.3 * factor).kind == kind


@pytest.mark.parametrize("seed", range(5))
@every_formula
def test_kind_under_random_noise_below_the_floor(name: str, seed: int) -> None:
    kind, formula = FORMULAS[name]
    alphas = GRIDS["as shown"]
    losses = formula(alphas)
    noise = np.random.default_rng(seed).normal(size=losses.shape)
    assert classify(alphas, losses + 1e-3 * np.ptp(losses) * noise).kind == kind


@pytest.mark.parametrize("seed", range(5))
@every_formula
def test_kind_under_larger_noise_that_is_told(name: str, seed: int) -> None:
    kind, formula = FORMULAS[name]
    alphas = GRIDS["fine"]
    losses = formula(alphas)
    error = 0.01 * np.ptp(losses)
    noisy = losses + error * np.random.default_rng(seed).normal(size=losses.shape)
    # Two independent errors make a difference, and the largest of 49 of them lies beyond three.
    assert classify(alphas, noisy, noise=2 * error).kind == kind


@pytest.mark.parametrize("hole", [NAN, -INF])
@every_formula
def test_missing_losses_at_the_borders_change_nothing(name: str, hole: float) -> None:
    kind, formula = FORMULAS[name]
    losses = formula(GRIDS["fine"])
    losses[[0, -1]] = hole
    assert classify(GRIDS["fine"], losses).kind == kind


@pytest.mark.parametrize("name", [name for name, (kind, _) in FORMULAS.items() if kind[0] in "vwn"])
def test_infinite_losses_at_the_borders_are_walls(name: str) -> None:
    kind, formula = FORMULAS[name]
    losses = formula(GRIDS["fine"])
    losses[[0, -1]] = INF
    assert classify(GRIDS["fine"], losses).kind == kind


@pytest.mark.parametrize("count", [7, 9, 11, 13])
def test_kinds_of_few_points(count: int) -> None:
    alphas = np.linspace(-1.0, 1.0, count)
    assert classify(alphas, alphas**2).kind == "v-basin"
    assert classify(alphas, (alphas - 0.5) ** 2).kind == "v-side"
    assert classify(alphas, (alphas**2 - 0.4) ** 2).kind == "w-peak"
    assert classify(alphas, -(alphas**2)).kind == "peak"


def test_the_fewest_points_of_each_kind_with_several_valleys() -> None:
    assert classify([-1, 0, 1, 2, 3], [2, 0, 1, 0.2, 2]).kind == "w-basin"
    assert classify([-2, -1, 0, 1, 2], [2, 0, 1, 0.2, 2]).kind == "w-peak"
    assert classify([-3, -2, -1, 0, 1, 2, 3], [2, 0.1, 1, 0, 1, 0.2, 2]).kind == "vvv-basin"
    assert classify([-1, 0, 1], [1, 0, 1]).kind == "v-basin"


@pytest.mark.parametrize("depth", [0.0, 0.004, 0.2])
def test_a_valley_that_ends_on_the_border_counts_only_with_its_outer_wall(depth: float) -> None:
    alphas = np.linspace(-0.9, 1.5, 49)
    losses = np.where(alphas > 1.3, 0.3 + depth * (alphas > 1.45), np.minimum(2 * alphas**2, 1.0))
    expected = "w-basin" if depth >= 0.2 else "v-basin"
    assert classify(alphas, losses).kind == expected


def test_equal_losses_in_a_row_are_one_valley_or_one_barrier() -> None:
    losses = np.array([3, 1, 1, 2, 2, 2, 1, 1, 3.0])
    found = classify(np.arange(-4, 5), losses)
    assert found.kind == "w-peak"
    assert [valley.alpha for valley in found.valleys] == [-2.0, 2.0]
    assert found.depth == 1.0


def test_a_hole_beside_the_centre_does_not_hide_a_curve_whose_centre_is_known() -> None:
    alphas = np.linspace(-0.9, 1.5, 49)
    losses = alphas**2
    losses[alphas > 0.2] = NAN
    found = classify(alphas, losses)
    assert found.kind == "v-basin"
    losses = alphas**2
    losses[19:21] = NAN  # right beside the centre: what lies there is not known, the walls are
    assert classify(alphas, losses).kind == "v-basin"
