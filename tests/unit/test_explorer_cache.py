"""The plane is the cache: what is known is drawn at once, and only what is missing is computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

import landscape_widget as lw
from explorer_cases import assert_agree, assert_shows, make_data, make_landscape, make_network, shown_text, until
from landscape_widget.widget.subjects import surface_of


@pytest.fixture
def explore():
    """`explore(landscape, ...)`: an explorer that fetches nothing ahead, at rest; closed at the end."""
    made = []

    def start(landscape: lw.Landscape, **options: object):
        made.append(landscape.explore(**{"prefetch": False, **options}))
        made[-1].wait()
        return made[-1]

    yield start
    for explorer in made:
        explorer.close()


def moved(explorer, landscape: lw.Landscape, **changes: object) -> int:
    """How many points it takes to be at rest after these changes."""
    before = landscape.evaluations
    explorer.load_state(changes)
    explorer.wait()
    return landscape.evaluations - before


def test_a_first_picture_at_rest_is_interpolated_from_far_fewer_points_than_are_drawn(explore):
    landscape = make_landscape()
    explorer = explore(landscape)
    curve, surface = explorer.curve, explorer.surface
    assert not curve.is_exact.all()
    assert 0 < curve.expected_error <= 0.005
    assert 0 < surface.expected_error <= 0.01
    assert surface.losses.shape == (21, 21)
    assert landscape.evaluations < 21 * 21
    assert "interpolated from" in shown_text(explorer)
    truth = landscape.surface(explorer.axes.d1, explorer.axes.d2, span=1.0, exact=True, points=21)
    assert (np.abs(truth.losses - surface.losses) <= surface.errors + 1e-6).all()


def test_the_resolution_costs_nothing(explore):
    landscape = make_landscape()
    explorer = explore(landscape)
    assert moved(explorer, landscape, resolution=41) == 0
    assert explorer.surface.losses.shape == (41, 41)


@pytest.mark.parametrize("mixing", [20.0, 45.0, -90.0, -33.0])
def test_mixing_inside_a_known_plane_evaluates_nothing(explore, mixing):
    landscape = make_landscape()
    explorer = explore(landscape, c="none")
    assert moved(explorer, landscape, mixing=mixing) == 0
    assert explorer.curve.kind != "unclear"
    assert_shows(explorer, landscape)


@pytest.mark.parametrize("c", ["none", "gaussian"])
def test_a_zoom_inside_the_known_evaluates_nothing_while_the_error_allows_it(explore, c):
    landscape = make_landscape()
    explorer = explore(landscape, c=c, span=1.4)
    error = explorer.surface.error
    assert moved(explorer, landscape, scale=1.3) == 0
    assert explorer.surface.span == ((-1.3, 1.3), (-1.3, 1.3))
    assert explorer.surface.error <= 1.001 * error
    assert_shows(explorer, landscape)


def test_a_deep_zoom_is_drawn_at_once_from_what_is_known_and_then_refined(explore):
    landscape = make_landscape()
    explorer = explore(landscape, span=1.4)
    shown, painter = [], explorer._conductor.painter
    show = painter._screen.show_surface
    painter._screen.show_surface = lambda picture: shown.append((picture, landscape.evaluations)) or show(picture)
    before = landscape.evaluations
    assert moved(explorer, landscape, scale=0.3) > 0
    zoomed = [(picture, count) for picture, count in shown if picture.alphas[-1] == 0.3]
    first, evaluations = zoomed[0]
    assert evaluations == before
    assert "progress" in first.texts
    assert "progress" not in zoomed[-1][0].texts
    assert explorer.surface.relative_error <= 0.01
    assert_shows(explorer, landscape)


def test_going_back_to_what_was_refined_evaluates_nothing(explore):
    landscape = make_landscape()
    explorer = explore(landscape, span=1.4)
    moved(explorer, landscape, scale=0.12)
    assert moved(explorer, landscape, scale=1.4) == 0
    assert moved(explorer, landscape, scale=0.12) == 0
    assert explorer.surface.relative_error <= 0.01


def test_the_stated_error_grows_with_the_zoom_in_units_of_what_is_drawn(explore):
    landscape = make_landscape()
    explorer = explore(landscape, span=1.4, panels=("surface",))
    painter, settings = explorer._conductor.painter, explorer._conductor.settings
    scenes = [painter.scenes.scene(replace(settings, scale=span)) for span in (1.4, 0.7, 0.35)]
    known = [surface_of(scene, painter._maker).known() for scene in scenes]
    relative, nats = np.array([(surface.expected_error, surface.error) for surface in known]).T
    assert (np.diff(relative) > 0).all()
    assert (np.diff(nats) <= 1e-12).all()


def test_a_smaller_tolerance_refines_and_a_larger_one_costs_nothing(explore):
    landscape = make_landscape()
    explorer = explore(landscape)
    assert explorer.controls["tolerance"].value == 0.01
    assert moved(explorer, landscape, tolerance=0.0005) > 0
    assert explorer.surface.expected_error <= 0.0005
    assert explorer.curve.expected_error <= 0.0005
    assert "tol=0.0005" in explorer.code()
    assert moved(explorer, landscape, tolerance=0.3) == 0


@pytest.mark.parametrize("tolerance", [0.0, 2.0, 1e-6])
def test_a_tolerance_that_makes_no_sense_is_refused(explore, tolerance):
    explorer = explore(make_landscape(), panels=("curve",))
    with pytest.raises(ValueError, match=r"tolerance must be a share from 0\.0001 to 1, got .*\. 0\.01 is one percent"):
        explorer.load_state({"tolerance": tolerance})
    assert explorer.state["tolerance"] == 0.01


def test_another_third_source_keeps_nothing_and_an_earlier_plane_is_remembered(explore):
    landscape = make_landscape()
    explorer = explore(landscape)
    assert moved(explorer, landscape, mixing=25.0) > 0
    assert moved(explorer, landscape, mixing=0.0) == 0


def holey(outputs, targets):
    value = nn.functional.cross_entropy(outputs, targets)
    return value if value < 0.9 else value * float("nan")


def test_holes_lead_to_a_plain_grid_whose_reason_is_told(explore):
    landscape = lw.Landscape(make_network(), holey, make_data(30))
    explorer = explore(landscape, span=1.5)
    assert explorer.surface.interpolant is None
    assert explorer.surface.is_exact.all()
    assert explorer.surface.losses.shape == (21, 21)
    assert explorer.curve.losses.shape == (41,)
    assert "plain grid: the loss is NaN or infinite at some points" in shown_text(explorer)
    exact = landscape.surface(explorer.axes.d1, explorer.axes.d2, span=1.5, exact=True, points=21)
    np.testing.assert_allclose(explorer.surface.losses, exact.losses, rtol=1e-5)


def test_a_plain_grid_is_computed_coarse_to_fine_and_remembered(explore):
    landscape = lw.Landscape(make_network(), holey, make_data(30))
    explorer = explore(landscape, span=0.2, panels=("surface",))
    shown, painter = [], explorer._conductor.painter
    show = painter._screen.show_surface
    painter._screen.show_surface = lambda picture: shown.append(picture) or show(picture)
    moved(explorer, landscape, scale=1.5)
    sizes = [picture.alphas.size for picture in shown if picture.alphas[-1] == 1.5]
    assert sizes == sorted(sizes)
    assert {5, 11, 21} <= set(sizes)
    moved(explorer, landscape, scale=0.2)
    assert moved(explorer, landscape, scale=1.5) == 0
    assert explorer.surface.reason


def test_computed_points_are_marked_on_the_curve(explore):
    landscape = make_landscape()
    explorer = explore(landscape, panels=("curve",))
    frame = explorer._panels.curve
    until(lambda: frame.frame.get("kind"))
    arrays = {name: np.frombuffer(a["data"], a["dtype"]) for name, a in frame.frame["arrays"].items()}
    marked = arrays["alphas"][arrays["computed"] == 1]
    np.testing.assert_allclose(marked, np.sort(explorer.curve.nodes.coords[:, 0]), atol=1e-6)
    assert arrays["alphas"].size > 190
    assert (np.diff(arrays["alphas"]) > 0).all()


def test_a_curve_whose_kind_is_unclear_in_the_plane_is_computed_by_itself(explore):
    landscape = make_landscape()
    explorer = explore(landscape, c="none")
    moved(explorer, landscape, tolerance=1.0, scale=1.37, mixing=10.0)
    assert explorer.curve.kind != "unclear"
    assert_agree(explorer.curve, landscape.curve(explorer.axes.d1, span=1.37))
