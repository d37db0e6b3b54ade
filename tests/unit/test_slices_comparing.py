"""The difference of two slices, where it is, and what they say of how they were made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from landscape_widget.slices.comparing import compare, reading_error
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slices.volume import Volume

ALPHAS, BETAS = np.linspace(-0.5, 1.5, 9), np.linspace(-1.0, 0.5, 7)


def curve(alphas: Any = ALPHAS, shift: float = 0.0, **changes: Any) -> Curve:
    axis = np.asarray(alphas, dtype=float)
    values = {"alphas": axis, "losses": axis**2 + shift, "center_loss": shift, "span": (axis[0], axis[-1])}
    return Curve(**({"samples": (200, 1000), "ceiling": 2.0, **values} | changes))


def surface(alphas: Any = ALPHAS, betas: Any = BETAS, **changes: Any) -> Surface:
    x, y = np.asarray(alphas, dtype=float), np.asarray(betas, dtype=float)
    losses = x[None, :] ** 2 + 3 * y[:, None] ** 2 + x[None, :]
    values = {"alphas": x, "betas": y, "losses": losses, "center_loss": 0.0, "ceiling": 2.0}
    return Surface(**({**values, "span": ((x[0], x[-1]), (y[0], y[-1])), "samples": (200, 1000)} | changes))


def test_one_grid_is_compared_point_by_point() -> None:
    bumped = np.array(surface().losses)
    bumped[5, 2] += 0.25
    found = compare(surface(losses=bumped), surface())
    assert found.difference.shape == (7, 9)
    assert found.difference[5, 2] == pytest.approx(0.25)
    assert np.count_nonzero(found.difference) == 1
    assert found.largest == pytest.approx(0.25)
    assert found.mean == pytest.approx(0.25 / 63)
    assert found.where == (ALPHAS[2], BETAS[5])
    assert (found.error, found.holes, found.differences) == (0, 0, ())
    assert compare(surface(), surface(losses=bumped)).difference[5, 2] == pytest.approx(-0.25)


def test_the_difference_is_told_in_units_of_the_scale_and_of_the_walls() -> None:
    losses = np.array([100.0, 1.0, 0.0, 1.0, 100.0])
    axis = np.linspace(-1, 1, 5)
    first = curve(axis, losses=losses, ceiling=2.0)
    at_bottom = curve(axis, losses=losses + 0.5 * (axis == 0))
    on_wall = curve(axis, losses=losses + 0.5 * (axis == -1))
    assert compare(first, at_bottom).relative == pytest.approx(0.25)
    assert compare(first, on_wall).relative == pytest.approx(0.005)


def test_a_slice_equals_itself_also_when_it_is_flat() -> None:
    flat = curve(losses=np.ones(9))
    found = compare(flat, flat)
    assert (found.largest, found.relative) == (0, 0)
    assert compare(flat, curve(losses=np.ones(9) + 1)).relative == np.inf


def test_other_grids_are_compared_on_their_common_part_at_the_finer_ones_points() -> None:
    coarse, fine = curve(np.linspace(-0.5, 1.5, 5)), curve(np.linspace(0.0, 2.5, 26))
    for a, b in ((coarse, fine), (fine, coarse)):
        found = compare(a, b)
        assert found.coords[0][[0, -1]].tolist() == [0.0, 1.5]
        assert found.coords[0].size == 16
        # the chord of x^2 over a cell of 0.5 is off by at most 0.25^2
        assert 0 < found.largest <= 0.0625
        assert found.largest <= found.error == pytest.approx(0.0625)


def test_of_planes_the_overlap_of_both_axes_counts() -> None:
    found = compare(surface(), surface(np.linspace(0.0, 1.0, 5), np.linspace(-2.0, 0.0, 9)))
    assert [(axis[0], axis[-1], axis.size) for axis in found.coords] == [(0.0, 1.0, 5), (-1.0, 0.0, 5)]
    assert found.largest <= found.error


def test_volumes_are_compared_too() -> None:
    axis = np.linspace(-1.0, 2.0, 4)
    values = {"alphas": axis, "betas": axis[:3], "gammas": axis[1:3], "center_loss": 0.0, "samples": (2, 2)}
    values["span"] = tuple((x[0], x[-1]) for x in (axis, axis[:3], axis[1:3]))
    losses = np.arange(24.0).reshape(2, 3, 4)
    bumped = losses.copy()
    bumped[1, 0, 3] += 5
    found = compare(Volume(losses=bumped, **values), Volume(losses=losses, **values))
    assert (found.largest, found.where) == (5, (2.0, -1.0, 1.0))
    assert "at alpha = 2, beta = -1, gamma = 1" in repr(found)


def test_a_common_part_between_the_points_of_both_is_still_compared() -> None:
    found = compare(curve([0.0, 1.0]), curve([0.2, 0.2 + 1e-9]))
    assert found.difference.shape == (2,)
    narrow = compare(surface([0.0, 1.0], [0.0, 1.0]), surface([0.3, 0.4], [-1.0, 3.0]))
    assert narrow.difference.shape == (1, 1)
    assert narrow.coords[0].tolist() == [0.35]


def test_linear_reading_is_off_by_an_eighth_of_the_second_difference() -> None:
    axis = np.linspace(-1.0, 2.0, 13)
    made = curve(axis, losses=np.exp(axis))
    middles = (axis[1:] + axis[:-1]) / 2
    true_error = np.abs(made.at(middles) - np.exp(middles)).max()
    assert 0.8 * true_error < reading_error(made) < 1.25 * true_error
    assert reading_error(curve([0.0, 1.0])) == 0


def test_holes_are_counted_and_do_not_spread() -> None:
    losses = np.array(curve().losses)
    losses[[1, 3]] = np.nan, np.inf
    holed = curve(losses=losses, shift=0.0)
    found = compare(holed, curve(shift=0.5))
    assert found.holes == 2
    assert np.isnan(found.difference).tolist() == [False, True, False, True] + [False] * 5
    assert (found.largest, found.mean) == (0.5, 0.5)
    assert "2 points are NaN or inf in one of the two only" in repr(found)
    both = compare(holed, holed)
    assert (both.holes, both.largest) == (0, 0)
    nothing = compare(curve(losses=np.full(9, np.nan)), curve())
    assert np.isnan([nothing.largest, nothing.mean, nothing.relative]).all()
    assert "no point is a finite number in both" in repr(nothing)


ONE = {
    "weights": "aaaa",
    "data": "bbbb",
    "batchnorm": "recalibrate",
    "dtype": "float32",
    "directions": [{"hash": "1", "normalization": "filter", "label": "gaussian, seed 0"}],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": "cccc"}, ["weights (aaaa and cccc)"]),
        ({"data": "dddd"}, ["data (bbbb and dddd)"]),
        ({"batchnorm": "frozen"}, ["BatchNorm mode (recalibrate and frozen)"]),
        ({"dtype": "float64"}, ["dtype (float32 and float64)"]),
        (
            {"directions": [{"hash": "2", "normalization": "layer", "label": "gaussian, seed 0"}]},
            ["normalisation of alpha (filter and layer)", "direction alpha (gaussian, seed 0 and gaussian, seed 0)"],
        ),
        ({"weights": None, "directions": []}, ["not known of the second: weights, directions"]),
        ({}, []),
    ],
)
def test_provenance_is_told_apart_in_words(changes: dict[str, Any], words: list[str]) -> None:
    found = compare(curve(provenance=ONE), curve(provenance=ONE | changes))
    assert list(found.differences) == words
    assert repr(found).endswith("; ".join(words) or "nothing that the two say of how they were made")


def test_splits_and_samples_are_told_apart() -> None:
    found = compare(curve(), curve(split="test", samples=(100, None)))
    assert found.differences == ("split (train and test)", "samples (200 of 1000 and 100 of a stream)")


def test_swapped_axes_are_named() -> None:
    records = [{"hash": "1"}, {"hash": "2"}]
    found = compare(surface(provenance={"directions": records}), surface(provenance={"directions": records[::-1]}))
    assert found.differences == ("the axes, which are swapped",)


def test_it_prints_size_span_and_numbers() -> None:
    lines = repr(compare(curve(shift=0.02), curve())).splitlines()
    assert lines[0] == "Comparison at 9 points, alpha -0.5 to 1.5"
    assert lines[1].startswith("  largest difference 0.02 at alpha = ")
    assert lines[1].endswith("(1 % of the scale), mean 0.02")
    other = repr(compare(surface(), surface(np.linspace(0.0, 1.0, 5))))
    assert "Comparison at 9 x 7 points" not in other
    assert "read between computed points: the two may be off by" in other


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(TypeError, match=r"b must be a Curve like the first slice, got 'Surface'\."):
        compare(curve(), surface())
    text = r"b must share a part of the span, got alpha from -0\.5 to 1\.5 and 2 to 3\. Compute one that overlaps\."
    with pytest.raises(ValueError, match=text):
        compare(curve(), curve([2.0, 3.0]))
    with pytest.raises(ValueError, match=r"got beta from -1 to 0\.5 and 1 to 2"):
        compare(surface(), surface(betas=[1.0, 2.0]))


def test_volumes_on_different_grids_are_compared_at_the_points_of_one() -> None:
    def volume(*sizes: int, bump: float = 0.0) -> Volume:
        x, y, z = (np.linspace(low, 1.0, size) for low, size in zip((-1.0, 0.0, -3.0), sizes, strict=True))
        losses = x[None, None, :] + 10 * y[None, :, None] + 100 * z[:, None, None]
        losses[1, 2, 0] += bump
        span = ((-1.0, 1.0), (0.0, 1.0), (-3.0, 1.0))
        return Volume(alphas=x, betas=y, gammas=z, losses=losses, center_loss=0.0, span=span, samples=(9, 9))

    found = compare(volume(3, 5, 4, bump=7.0), volume(2, 3, 2))
    assert found.difference.shape == (4, 5, 3)
    assert found.largest == pytest.approx(7.0)
    assert found.where == pytest.approx((-1.0, 0.5, -3.0 + 4 / 3))
