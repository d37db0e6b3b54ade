"""Two surfaces beside each other."""

from __future__ import annotations

import re

import ipywidgets
import numpy as np
import pytest

import landscape_widget as lw

ALPHAS, BETAS = np.linspace(-0.5, 1.5, 5), np.linspace(-0.8, 0.4, 4)
LOW = lw.Surface.from_arrays(ALPHAS, BETAS, 0.1 + BETAS[:, None] ** 2 + (ALPHAS - 0.3) ** 2)
HIGH = lw.Surface.from_arrays(2 * ALPHAS, BETAS, 3 + 2 * LOW.losses)


@pytest.fixture
def made():
    widgets: list[ipywidgets.Widget] = []

    def make(*surfaces: lw.Surface, **changes: object) -> ipywidgets.Widget:
        widgets.append(lw.side_by_side(*surfaces, **changes))
        return widgets[-1]

    yield make
    for widget in widgets:
        widget.close()


def test_both_are_drawn_on_one_axis_that_holds_all_of_both(made, tmp_path):
    pair = made(LOW, lw.load(HIGH.save(tmp_path / "high")))
    one, two = (view.frame for view in pair.children)
    assert one["loss_limits"] == two["loss_limits"] == list(pair.limits)
    assert pair.limits[0] <= LOW.losses.min()
    assert pair.limits[1] >= HIGH.losses.max()
    assert [frame["caption"] for frame in (one, two)] == [LOW.caption, HIGH.caption]
    assert one["arrays"]["alphas"]["data"] != two["arrays"]["alphas"]["data"]


def test_limits_and_log_height_are_taken_as_asked(made):
    pair = made(LOW, HIGH, limits=(0.01, 2), log_height=True, height=300)
    assert pair.limits == (0.01, 2.0)
    assert [(view.frame["scale"], view.frame["loss_limits"], view.height) for view in pair.children] == [
        ("log", [0.01, 2.0], 300)
    ] * 2
    assert made(LOW, HIGH, log_height=True).limits[0] > 0


def test_walls_of_one_do_not_flatten_the_other(made):
    wall = LOW.losses.copy()
    wall[0, 0] = 500.0
    named = {"span": LOW.span, "center_loss": 0.2, "samples": None, "ceiling": 1.0}
    walls, plain = (lw.Surface(alphas=ALPHAS, betas=BETAS, losses=of, **named) for of in (wall, LOW.losses))
    assert made(plain, walls).limits[1] < 6
    assert made(LOW, walls).limits[1] > 500  # no ceiling known of the one


def test_cameras_cuts_and_switches_are_linked_in_the_browser(made):
    pair = made(LOW, HIGH)
    linked = {(link.source[1], link.target[1]) for link in pair._links}
    assert linked == {(name, name) for name in ("camera", "cut", "wireframe", "transparent")}
    assert all((link.source[0], link.target[0]) == pair.children for link in pair._links)


@pytest.mark.parametrize(
    ("arguments", "changes", "error", "text"),
    [
        ((LOW, 3), {}, TypeError, "b must be a Surface, got 3. Make one with landscape.surface(...), lw.load(path)"),
        ((lw.Curve.from_arrays(ALPHAS, ALPHAS), LOW), {}, TypeError, "a must be a Surface, got Curve("),
        ((LOW, LOW), {"limits": 3}, TypeError, "limits must be two finite numbers, the lower one first, got 3."),
        ((LOW, LOW), {"limits": (2, 1)}, ValueError, "limits must be two finite numbers, the lower one first, got"),
        ((LOW, LOW), {"limits": (0, 1), "log_height": True}, ValueError, "above 0 for log height, got (0, 1)."),
        ((LOW, LOW), {"log_height": 1}, TypeError, "log_height must be True or False, got 1."),
        ((LOW, LOW), {"height": 20}, ValueError, "height must be an integer of at least 160, got 20."),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(arguments, changes, error, text):
    with pytest.raises(error, match=re.escape(text)):
        lw.side_by_side(*arguments, **changes)


def test_a_surface_of_one_row_is_refused():
    row = lw.Surface(alphas=ALPHAS, betas=[0.0], losses=LOW.losses[:1], span=((-0.5, 1.5), (0, 0)), **UNKNOWN)
    with pytest.raises(ValueError, match=re.escape("b must be a Surface of at least 2 x 2 points, got (1, 5).")):
        lw.side_by_side(LOW, row)


UNKNOWN = {"center_loss": 0.2, "samples": None}


def test_closing_leaves_no_widget_behind():
    before = set(ipywidgets.widgets.widget._instances)
    lw.side_by_side(LOW, HIGH).close()
    assert set(ipywidgets.widgets.widget._instances) == before
