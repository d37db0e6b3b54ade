"""The curvature panel of the explorer: the paper's explanation, beside everything else."""

from __future__ import annotations

import re

import pytest

import landscape_widget as lw
from explorer_cases import drag, explorers, make_data, make_landscape, make_network, shown_text, until
from landscape_widget.widget.bend_table import bend_table


@pytest.fixture
def landscape():
    return make_landscape()


@pytest.fixture
def explore(landscape):
    with explorers(landscape, panels=("curve",)) as start:
        yield start


def bending(explorer):
    return explorer._conductor.bending


def test_it_shows_what_the_landscape_explains(explore, landscape):
    explorer = explore()
    explorer.controls["curvature"].click()
    explorer.wait()
    own = landscape.hessian.explain(50, progress=False)
    found = bending(explorer).explanation
    assert found.curvatures == pytest.approx(own.curvatures, rel=1e-4)
    assert found.predicted_spread.estimate == pytest.approx(own.predicted_spread.estimate, rel=1e-3)
    text = shown_text(explorer)
    assert "Curvature of 50 Gaussian directions, normalised by filter" in text
    for name in ("top eigenvector", "bottom eigenvector", "gradient", explorer.axes.d1.label, explorer.axes.d2.label):
        assert f"<span>{name}</span>" in text


def test_the_quadratic_follows_the_direction_that_is_shown(explore, landscape):
    explorer = explore()
    explorer.wait()
    assert "Along this curve" not in shown_text(explorer)
    explorer.controls["curvature"].click()
    explorer.wait()
    first = told_curvature(explorer)
    assert first == pytest.approx(landscape.hessian.quadratic(explorer.axes.d1), rel=0.01)
    explorer.controls["mixing"].value = 60.0
    explorer.wait()
    assert told_curvature(explorer) == pytest.approx(landscape.hessian.quadratic(explorer.axes.d1), rel=0.01)
    assert told_curvature(explorer) != first


def told_curvature(explorer) -> float:
    return float(re.search(r"curvature dᵀHd (-?[\d.e-]+[\d])", shown_text(explorer)).group(1))


def test_it_parts_from_curves_on_the_hessians_own_data_only(explore):
    explorer = explore(span=3.0)
    explorer.controls["curvature"].click()
    explorer.wait()
    assert "curve and quadratic part at alpha" in shown_text(explorer)
    explorer.controls["split"].value = "test"
    explorer.wait()
    assert "Along this curve" in shown_text(explorer)
    assert "part at alpha" not in shown_text(explorer)


def test_a_drag_is_answered_while_it_explains_and_it_goes_on(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["curvature"].click()
    until(lambda: bending(explorer).said is not None)
    before = explorer.curve
    drag(explorer, "scale", 0.5)
    until(lambda: explorer.curve is not before)
    explorer.wait()
    assert len(bending(explorer).explanation.curvatures) == 50
    assert explorer.curve.span == (-0.5, 0.5)


def test_cancelled_it_goes_on_from_there(explore, landscape):
    explorer = explore()
    explorer.wait()
    explorer.controls["curvature"].click()
    until(lambda: bending(explorer).said is not None and bending(explorer).said.done > 3)
    explorer.controls["cancel"].click()
    until(lambda: not bending(explorer).is_explaining)
    explorer.wait()
    assert bending(explorer).explanation is None
    known = len(landscape.hessian._curvatures["gaussian", "filter"])
    assert known >= 4
    explorer.controls["curvature"].click()
    explorer.wait()
    assert len(bending(explorer).explanation.curvatures) == 50


def test_another_centre_forgets_it(explore, landscape):
    explorer = explore()
    explorer.controls["curvature"].click()
    explorer.wait()
    landscape.recenter()
    explorer.wait()
    assert bending(explorer).explanation is None
    assert "50 Gaussian directions" not in shown_text(explorer)


def test_a_loss_without_second_derivatives_is_told_in_words_and_the_next_request_works(explore):
    def straight(model, batch):
        return sum(p.sum() for p in model.parameters())

    linear = lw.Landscape(make_network(), data=[make_data(30)], closure=straight)
    explorer = explore(linear)
    explorer.controls["curvature"].click()
    with pytest.raises(ValueError, match="second derivatives"):
        explorer.wait()
    assert "second derivatives" in shown_text(explorer)
    explorer.controls["mixing"].value = 10.0
    explorer.wait()


def test_nothing_known_is_no_panel():
    assert bend_table(None, None, None) == ""


def test_the_picture_of_the_curve_carries_the_quadratic_where_it_holds(explore):
    explorer = explore(span=3.0)
    explorer.wait()
    assert frame(explorer)["bend"] is None
    explorer.controls["curvature"].click()
    explorer.wait()
    until(lambda: frame(explorer)["bend"] is not None)  # a frame waits for the last one's acknowledgement
    bend = frame(explorer)["bend"]
    assert bend["curvature"] == pytest.approx(told_curvature(explorer), rel=0.01)
    assert all(f"{alpha:.3g}" in shown_text(explorer) for alpha in bend["parts"])
    assert bend["parts"]
    explorer.controls["split"].value = "test"
    explorer.wait()
    until(lambda: frame(explorer)["bend"] is None)


def frame(explorer):
    return explorer._panels.curve.frame
