"""The census in the explorer: counted beside everything else."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

import landscape_widget as lw
from explorer_cases import drag, explorers, make_data, make_landscape, make_network, shown_text, until
from landscape_widget.widget.counting import curve_in_steps


@pytest.fixture
def landscape():
    return make_landscape()


@pytest.fixture
def explore(landscape):
    with explorers(landscape, panels=("curve",)) as start:
        yield start


def counting(explorer):
    return explorer._conductor.counting


def test_it_counts_what_the_census_of_the_landscape_counts(explore, landscape):
    explorer = explore()
    explorer.controls["census"].click()
    explorer.wait()
    own, census = landscape.census(progress=False), counting(explorer).census
    assert census.kinds == own.kinds
    assert len(census.curves) == 20
    for mine, theirs in zip(census.curves, own.curves, strict=True):
        # Each may have been computed by another plan.
        np.testing.assert_allclose(mine.losses, theirs.losses, rtol=1e-5, atol=1e-6)
    text = shown_text(explorer)
    assert "Census: 20 Gaussian directions, alpha -1 to 1" in text
    for kind, share in own.kinds.items():
        assert f"<span>{kind}</span>" in text
        assert str(share) in text


def test_the_picture_stays_as_it_is_and_the_chosen_data_are_counted_on(explore, landscape):
    explorer = explore(mixing=20.0)
    explorer.controls["split"].value = "test"
    explorer.wait()
    before, state = explorer.curve, explorer.state
    explorer.controls["census"].click()
    explorer.wait()
    assert explorer.curve is before
    assert explorer.state == state
    assert "20 Gaussian directions on test data" in shown_text(explorer)
    assert {curve.split for curve in counting(explorer).census.curves} == {"test"}


def test_a_drag_is_answered_while_it_counts_and_it_goes_on(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["census"].click()
    until(lambda: counting(explorer).census is not None and len(counting(explorer).census.curves) > 1)
    drag(explorer, "mixing", 60.0)
    until(lambda: explorer.axes.d1.source["kind"] == "mix")
    assert counting(explorer).is_counting
    until(lambda: "curves" in explorer._board.state.value)
    explorer.wait()
    assert len(counting(explorer).census.curves) == 20


def test_mining_comes_before_it_and_it_is_finished_after(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["census"].click()
    until(lambda: len(counting(explorer).census.curves) > 0)
    explorer.controls["mining_steps"].value = 5
    until(lambda: explorer._conductor.mines.reach(explorer._conductor.settings) == 5)
    assert counting(explorer).is_counting
    explorer.wait()
    assert len(counting(explorer).census.curves) == 20


def test_cancel_keeps_the_counts_so_far_and_says_so(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["census"].click()
    until(lambda: len(counting(explorer).census.curves) > 1)
    explorer.controls["cancel"].click()
    explorer.wait()
    count = len(counting(explorer).census.curves)
    assert 1 < count < 20
    assert f"Census: {count} of 20 Gaussian directions, alpha -1 to 1 (left off)" in shown_text(explorer)
    explorer.controls["census"].click()
    explorer.wait()
    assert len(counting(explorer).census.curves) == 20


def test_a_second_click_while_it_counts_begins_nothing(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["census"].click()
    first = counting(explorer).census
    explorer.controls["census"].click()
    assert counting(explorer).census is first
    explorer.wait()
    assert len(explorer._conductor.worker._jobs) == 0


def test_another_centre_forgets_the_counts(explore):
    network = make_network()
    landscape = make_landscape(network)
    explorer = explore(landscape)
    explorer.controls["census"].click()
    explorer.wait()
    network[2].weight.data.mul_(1.7)
    landscape.recenter()
    explorer.wait()
    assert counting(explorer).census is None
    assert "Census" not in shown_text(explorer)


def test_a_curve_with_kinks_is_computed_on_a_grid_as_by_the_landscape():
    landscape = lw.Landscape(nn.Linear(4, 3), lambda out, _: (out.mean(1).abs() > 0.3).float().mean(), make_data(30))
    direction = landscape.directions.gaussian(3)
    steps, points = curve_in_steps(landscape._slicer, direction, "train", None), 0
    try:
        while True:
            next(steps)
            points += 1
    except StopIteration as end:
        curve = end.value
    own = landscape.curve(direction, span=1.0, progress=False)
    np.testing.assert_array_equal(curve.losses, own.losses)
    assert curve.is_exact.all() == own.is_exact.all()
    assert points == own.evaluations
