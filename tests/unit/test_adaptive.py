"""The search for points: few for smooth slices, a plain grid with its reason for others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from landscape_widget.engine import adaptive
from landscape_widget.engine.adaptive import Found, search, unit_of
from landscape_widget.slicing.computing import searched

Function = Callable[[np.ndarray], np.ndarray]
SQUARE = [(-1.0, 1.0), (-0.5, 1.5)]


class Oracle:
    """A function of coordinates that counts, and refuses to be asked twice."""

    def __init__(self, *columns: Function) -> None:
        self.columns, self.asked = columns, {}

    def __call__(self, coords: np.ndarray) -> np.ndarray:
        for coord in coords:
            assert adaptive.key(coord) not in self.asked
            self.asked[adaptive.key(coord)] = True
        return np.stack([column(coords) for column in self.columns], axis=1)


def bowl(coords: np.ndarray) -> np.ndarray:
    return np.log1p((coords**2).sum(axis=1)) + 0.2


def valley(coords: np.ndarray) -> np.ndarray:
    """Sharp around the centre, with high walls."""
    return 40 * (np.sqrt((coords**2).sum(axis=1) + 0.004) - np.sqrt(0.004))


def found_of(oracle: Oracle, bounds: list[tuple[float, float]] = SQUARE, tol: float = 0.01) -> Found:
    return searched(search(bounds, tol=tol, ceilings=[None] * len(oracle.columns)), oracle)


def true_error(function: Function, found: Found, bounds: list[tuple[float, float]], column: int = 0) -> float:
    low, high = np.array(bounds).T
    points = np.random.default_rng(3).uniform(low, high, size=(300, len(bounds)))
    losses = function(points)
    scale = adaptive.slice_scale(losses, None)
    missed = np.abs(found.interpolants[column](*points.T) - losses) / unit_of(losses, losses.min(), scale)
    return float(missed.max())


@pytest.mark.parametrize("bounds", [[(-1.0, 1.5)], SQUARE, [*SQUARE, (-0.7, 0.4)]])
def test_a_smooth_slice_needs_few_points(bounds: list[tuple[float, float]]) -> None:
    oracle = Oracle(bowl)
    found = found_of(oracle, bounds)
    assert len(oracle.asked) < {1: 41, 2: 200, 3: 1500}[len(bounds)]
    assert true_error(bowl, found, bounds) <= found.errors[0] <= 0.01


def test_only_the_axis_that_needs_it_is_refined() -> None:
    def wavy(coords: np.ndarray) -> np.ndarray:
        return np.cos(9 * coords[:, 0]) + 0.1 * coords[:, 1]

    found = found_of(Oracle(wavy))
    first, second = found.interpolants[0].axes
    assert first.count > second.count


def test_a_line_with_a_sharp_valley_is_stretched_more() -> None:
    oracle = Oracle(lambda coords: np.sqrt(coords[:, 0] ** 2 + 0.003))
    found = found_of(oracle, [(-1.0, 1.0)])
    assert found.interpolants[0].axes[0].strength == adaptive.STRONG


def test_a_sharp_valley_costs_less_than_a_grid() -> None:
    oracle = Oracle(valley)
    found = found_of(oracle)
    assert true_error(valley, found, SQUARE) <= found.errors[0]
    assert len(oracle.asked) < 41**2


def test_several_columns_share_the_points() -> None:
    oracle = Oracle(bowl, valley)
    found = found_of(oracle)
    assert len(found.interpolants) == len(found.errors) == 2
    for column, function in enumerate(oracle.columns):
        assert true_error(function, found, SQUARE, column) <= found.errors[column]


def test_the_first_picture_needs_25_points_and_improves() -> None:
    work, oracle = search(SQUARE, tol=0.01, ceilings=[None]), Oracle(valley)
    ask = next(work)
    assert len(ask.coords) == 25
    assert ask.sketch is None
    seen: list[float] = []
    sketches = searched(_watched(work, ask, seen), oracle)
    assert seen[0] == np.inf
    assert seen[-1] < np.inf
    assert sketches.interpolants


def _watched(work: adaptive.Search, ask: adaptive.Ask, seen: list[float]) -> adaptive.Search:
    """The rest of a search, writing down the error that it knows whenever it asks."""
    while True:
        losses = yield ask
        try:
            ask = work.send(losses)
        except StopIteration as end:
            found: Found = end.value
            return found
        assert ask.sketch is not None
        seen.append(ask.sketch.error)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_holes_end_the_search_at_once(bad: float) -> None:
    def torn(coords: np.ndarray) -> np.ndarray:
        return np.where(coords[:, 0] > 0.9, bad, bowl(coords))

    oracle = Oracle(torn)
    found = found_of(oracle)
    assert found.interpolants == ()
    assert found.reason == "the loss is NaN or infinite at some points"
    assert len(oracle.asked) == 25


def test_kinks_end_in_a_grid_with_the_reason_before_they_cost_as_much() -> None:
    def pleated(coords: np.ndarray) -> np.ndarray:
        return np.abs(np.sin(14 * coords[:, 0])) + np.abs(coords[:, 1])

    oracle = Oracle(pleated)
    found = found_of(oracle)
    assert found.interpolants == ()
    assert found.reason.startswith("not smooth enough (error ")
    assert len(oracle.asked) < 41**2 / 2


def test_a_flat_slice_is_done_at_once() -> None:
    oracle = Oracle(lambda coords: np.full(len(coords), 2.5))
    found = found_of(oracle)
    assert found.errors[0] < 1e-12
    assert len(oracle.asked) < 130


def test_a_curve_is_refined_until_its_kind_can_be_told() -> None:
    found = found_of(Oracle(bowl), [(-1.0, 2.0)], tol=0.5)
    assert found.errors[0] <= adaptive.KIND_TOLERANCE


def test_a_smaller_tolerance_takes_more_points() -> None:
    loose, tight = Oracle(bowl), Oracle(bowl)
    found_of(loose, tol=0.2)
    found_of(tight, tol=0.0002)
    assert len(loose.asked) < len(tight.asked)


def test_held_back_points_lie_inside_and_a_third_near_the_centre() -> None:
    points = adaptive.held_back(SQUARE, 0)
    assert (points >= np.array([-1.0, -0.5])).all()
    assert (points <= np.array([1.0, 1.5])).all()
    near = (np.abs(points) <= [0.2, 0.3]).all(axis=1)
    assert near.sum() >= len(points) // 3
