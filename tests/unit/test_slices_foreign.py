"""Slices made of somebody else's arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import landscape_widget as lw
from landscape_widget.slices.foreign import curve_from_arrays, surface_from_arrays

ALPHAS, BETAS = [-1.0, 0.0, 2.0], [-0.5, 0.0]
LOSSES = [[4.0, 2.0, 8.0], [6.0, 1.0, 3.0]]


def test_a_curve_of_arrays_knows_its_numbers_and_says_that_it_knows_nothing_else() -> None:
    made = curve_from_arrays(ALPHAS, np.array([3, 1, 2], dtype=np.float32))
    assert isinstance(made, lw.Curve)
    assert made.losses.tolist() == [3, 1, 2]
    assert (made.center_loss, made.span, made.samples, made.split) == (1, (-1, 2), None, "")
    assert made.provenance == {"origin": "from arrays"}
    assert made.kind == "v-basin"
    assert made.is_exact.all()
    assert "from arrays" in repr(made)


def test_a_surface_of_arrays_has_one_row_for_each_beta() -> None:
    made = surface_from_arrays(ALPHAS, BETAS, torch.tensor(LOSSES))
    assert isinstance(made, lw.Surface)
    assert made.losses.tolist() == LOSSES
    assert made.center_loss == 1
    assert made.span == ((-1, 2), (-0.5, 0))
    assert made.at(2.0, -0.5) == 8


def test_the_public_constructors_are_these() -> None:
    assert lw.Curve.from_arrays(ALPHAS, [3, 1, 2]).losses.tolist() == [3, 1, 2]
    assert lw.Surface.from_arrays(ALPHAS, BETAS, LOSSES).losses.tolist() == LOSSES


@pytest.mark.parametrize("alphas", [[0.5, 1.0, 2.0], [-1.0, 0.1, 2.0]])
def test_off_the_grid_the_centre_is_not_known(alphas: list[float]) -> None:
    assert np.isnan(curve_from_arrays(alphas, [3, 1, 2]).center_loss)
    assert np.isnan(surface_from_arrays(alphas, BETAS, LOSSES).center_loss)


def test_a_grid_point_that_rounding_moved_off_the_centre_still_is_the_centre() -> None:
    alphas = np.arange(-3, 5) * 0.1 - 1e-17
    alphas[3] = 3e-17
    assert curve_from_arrays(alphas, np.arange(8.0)).center_loss == 3


def test_holes_stay_holes() -> None:
    made = curve_from_arrays([-1.0, 1.0, 2.0], [1.0, np.nan, np.inf])
    assert np.isnan(made.losses[1])
    assert np.isinf(made.losses[2])


def test_it_can_be_saved_and_loaded(tmp_path: Path) -> None:
    path = surface_from_arrays(ALPHAS, BETAS, LOSSES).save(tmp_path / "s")
    again = lw.load(path)
    assert again.losses.tolist() == LOSSES
    assert again.samples is None
    assert again.provenance == {"origin": "from arrays"}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: surface_from_arrays(ALPHAS, BETAS, np.ones((3, 2))),
            ValueError,
            r"losses must be of shape \[B, A\] = \(2, 3\), alphas along the last axis, got \(3, 2\)\. Pass losses\.T\.",
        ),
        (
            lambda: curve_from_arrays(ALPHAS, [1.0, 2.0]),
            ValueError,
            r"losses must be of shape \[A\] = \(3,\), alphas along the last axis, got \(2,\)\.$",
        ),
        (
            lambda: curve_from_arrays([1.0, 0.0], [1.0, 2.0]),
            ValueError,
            r"alphas must be a row of increasing numbers, got \[1\.0, 0\.0\]",
        ),
        (
            lambda: surface_from_arrays(ALPHAS, [1.0, 0.0], LOSSES),
            ValueError,
            r"betas must be a row of increasing numbers",
        ),
        (
            lambda: curve_from_arrays(ALPHAS, torch.ones(3, requires_grad=True)),
            TypeError,
            r"losses must be an array of real numbers, got 'Tensor'\. Of a tensor take tensor\.detach\(\)",
        ),
        (
            lambda: curve_from_arrays(ALPHAS, ["a", "b", "c"]),
            TypeError,
            r"losses must be an array of real numbers, got 'list'",
        ),
        (lambda: curve_from_arrays([[1.0], [1.0, 2.0]], [1.0]), TypeError, r"alphas must be an array of real numbers"),
    ],
)
def test_arrays_that_make_no_slice_are_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
