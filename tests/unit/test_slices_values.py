"""Curve and Surface as values: arrays, what lies between points, nodes, errors, text."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface

NAN = float("nan")


def curve(alphas: Any = (-0.5, 0.0, 1.0, 1.5), losses: Any = (3.0, 0.5, 0.25, 4.0), **changes: Any) -> Curve:
    values = {
        "alphas": alphas,
        "losses": losses,
        "center_loss": 0.5,
        "span": (-0.5, 1.5),
        "samples": (256, 1797),
        "label": "to another model",
    }
    return Curve(**(values | changes))


def surface(**changes: Any) -> Surface:
    values: dict[str, Any] = {
        "alphas": [-1.0, 0.0, 2.0],
        "betas": [0.5, 1.5],
        "losses": [[4.0, 2.0, 8.0], [6.0, 1.0, 3.0]],
        "center_loss": 2.5,
        "span": ((-1.0, 2.0), (0.5, 1.5)),
        "samples": (256, None),
        "labels": ("noise", "slope"),
    }
    return Surface(**(values | changes))


def test_arrays_are_read_only_copies_in_float64() -> None:
    losses = np.array([3.0, 0.5, 0.25, 4.0], dtype=np.float32)
    made = curve(losses=losses, metrics={"accuracy": [0.1, 0.9, 0.8, 0.2]})
    losses[0] = -1
    assert made.losses[0] == 3
    assert made.losses.dtype == made.alphas.dtype == made.metrics["accuracy"].dtype == np.float64
    for array in (made.alphas, made.losses, made.metrics["accuracy"], made.nodes.coords, surface().losses):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0


def test_slices_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        curve().center_loss = 1.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        surface().losses = np.zeros((2, 3))  # type: ignore[misc]
    with pytest.raises(TypeError, match="does not support item assignment"):
        curve().metrics["accuracy"] = np.zeros(4)  # type: ignore[index]


def test_provenance_is_a_copy() -> None:
    provenance = {"dtype": "float32"}
    made = curve(provenance=provenance)
    provenance["dtype"] = "float16"
    assert made.provenance == {"dtype": "float32"}


def test_every_point_of_a_grid_is_exact_and_a_node() -> None:
    made = curve()
    assert made.is_exact.shape == (4,)
    assert made.is_exact.all()
    np.testing.assert_array_equal(made.nodes.coords, [[-0.5], [0.0], [1.0], [1.5]])
    np.testing.assert_array_equal(made.nodes.losses, made.losses)
    assert (made.error, made.relative_error) == (0, 0)


def test_nodes_of_a_surface_run_row_by_row_with_alpha_first() -> None:
    made = surface()
    assert made.is_exact.shape == (2, 3)
    assert made.is_exact.all()
    np.testing.assert_array_equal(made.nodes.coords[:4], [[-1, 0.5], [0, 0.5], [2, 0.5], [-1, 1.5]])
    np.testing.assert_array_equal(made.nodes.losses, [4, 2, 8, 6, 1, 3])
    assert (made.error, made.relative_error) == (0, 0)
    assert made.kind == made.classification.kind == "unclear"
    assert made.classification is made.classification


def test_rounding_of_half_precision_is_the_error() -> None:
    made = curve(provenance={"rounding_floor": 0.03}, ceiling=2.0)
    assert made.error == 0.03
    assert made.relative_error == pytest.approx(0.015)
    flat = surface(provenance={"rounding_floor": 0.03}, losses=np.ones((2, 3)))
    assert (flat.error, flat.relative_error) == (0.03, 0)


def test_kind_is_that_of_the_classification() -> None:
    made = curve()
    assert made.kind == made.classification.kind == "v-side"


def test_between_points_a_curve_is_linear() -> None:
    made = curve()
    assert made.at(0.5) == pytest.approx(0.375)
    assert isinstance(made.at(0.5), float)
    np.testing.assert_allclose(made.at([[-0.5, -0.25], [1.25, 1.5]]), [[3.0, 1.75], [2.125, 4.0]])


def test_between_points_a_surface_is_bilinear() -> None:
    made = surface()
    assert made.at(1.0, 1.0) == pytest.approx((2 + 8 + 1 + 3) / 4)
    assert isinstance(made.at(1.0, 1.0), float)
    assert made.at([-1.0, 2.0], 0.5).tolist() == [4.0, 8.0]
    assert made.at([[0.0, 2.0]], [[0.5], [1.5]]).tolist() == [[2.0, 8.0], [1.0, 3.0]]


@pytest.mark.parametrize("hole", [NAN, np.inf])
def test_a_hole_stays_a_hole_and_does_not_spread_to_points(hole: float) -> None:
    made = curve(losses=(3.0, hole, 0.25, 4.0))
    assert made.at([-0.5, 1.0, 1.25]).tolist() == [3.0, 0.25, 2.125]
    assert not np.isfinite(made.at([-0.25, 0.0, 0.5])).any()
    plane = surface(losses=[[4.0, hole, 8.0], [6.0, 1.0, 3.0]])
    assert plane.at([-1.0, 2.0, 0.0, 1.0], [1.0, 1.0, 1.5, 1.5]).tolist() == [5.0, 5.5, 1.0, 2.0]
    assert not np.isfinite(plane.at([0.0, 0.0, 1.0], [0.5, 1.0, 0.5])).any()


def test_a_point_on_the_border_may_be_off_by_rounding() -> None:
    assert curve().at(1.5 + 1e-15) == 4.0
    assert surface().at(2.0 + 1e-14, 0.5 - 1e-14) == 8.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: curve().at(1.6),
            "alpha must lie in the span, from -0.5 to 1.5, got 1.6. Compute a slice with a",
        ),
        (lambda: curve().at([0.0, -0.7]), "alpha must lie in the span, from -0.5 to 1.5, got -0.7"),
        (lambda: curve().at(NAN), "alpha must lie in the span, from -0.5 to 1.5, got nan"),
        (lambda: surface().at(-1.5, 1.0), "alpha must lie in the span, from -1 to 2, got -1.5"),
        (lambda: surface().at(1.0, 0.4), "beta must lie in the span, from 0.5 to 1.5, got 0.4"),
        (
            lambda: curve(alphas=[1.0, 0.0], losses=[1, 2]),
            r"alphas must be a row of increasing numbers, got \[1.0, 0.0\]",
        ),
        (lambda: surface(betas=[1.5, 0.5]), r"betas must be a row of increasing numbers, got \[1.5, 0.5\]"),
        (
            lambda: curve(losses=[1, 2, 3]),
            r"losses must have the shape \(4,\) of the grid, got \(3,\)",
        ),
        (
            lambda: surface(losses=np.ones((3, 2))),
            r"losses must have the shape \(2, 3\) of the grid, got \(3, 2\)",
        ),
        (
            lambda: surface(metrics={"accuracy": np.ones(6)}),
            r"metrics\['accuracy'\] must have the shape \(2, 3\) of the grid, got \(6,\)",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_repr_says_what_a_picture_says_and_the_whole_provenance() -> None:
    made = curve(provenance={"weights": "0123abcd", "batchnorm": "frozen", "date": "2026-01-02"})
    lines = repr(made).splitlines()
    assert lines[0] == "Curve(v-side, 4 points)"
    assert lines[1].strip() == made.caption
    assert lines[2].strip() == "weights: 0123abcd, batchnorm: frozen, date: 2026-01-02"
    assert repr(surface()).splitlines()[0] == "Surface(unclear, 3 x 2 points)"
    assert repr(surface()).endswith("no provenance")
