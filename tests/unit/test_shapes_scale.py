"""The scale of a slice and its ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_widget.shapes.scale import ceiling_of, scale_of


def test_scale_is_the_smaller_of_range_and_ceiling() -> None:
    losses = [0.5, np.nan, 3.0, np.inf, 1.0]
    assert scale_of(losses) == 2.5
    assert scale_of(losses, 2.0) == 2.0
    assert scale_of(losses, 9.0) == 2.5


@pytest.mark.parametrize("losses", [[], [np.nan, np.inf], [1.5, 1.5]])
def test_nothing_to_tell_apart_has_scale_zero_and_no_ceiling(losses: list[float]) -> None:
    assert scale_of(losses, 2.0) == 0
    assert ceiling_of(losses) is None


def test_ceiling_is_the_rise_of_the_median() -> None:
    assert ceiling_of([[1.0, 2.0, 4.0], [np.nan, 5.0, 6.0]]) == 3.0


def test_ceiling_is_at_least_a_tenth_of_the_range() -> None:
    assert ceiling_of([0.0, 0.0, 0.0, 0.0, 50.0]) == 5.0
