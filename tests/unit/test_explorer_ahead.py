"""Fetching ahead: what the sliders may ask for next, while nothing else is to be done."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

import landscape_widget as lw
from explorer_cases import assert_shows, make_data, make_landscape, make_network, shown_text, until
from landscape_widget.directions.mixing import mix
from landscape_widget.widget import ahead
from landscape_widget.widget.volumes import Basis


@pytest.fixture
def explore(monkeypatch):
    """`explore(landscape, ...)`: an explorer at rest, with small volumes; closed at the end."""
    monkeypatch.setattr(ahead, "VOLUME_LEVELS", (5, 9))
    made = []

    def start(landscape: lw.Landscape, *, span_max: float | None = None, **options: object):
        made.append(landscape.explore(**options))
        if span_max is not None:
            made[-1].controls["scale"].max = span_max
        made[-1].wait()
        return made[-1]

    yield start
    for explorer in made:
        explorer.close()


def until_fetched(explorer) -> None:
    until(lambda: not explorer._conductor.worker.has_spare_work)


def moved(explorer, landscape: lw.Landscape, **changes: object) -> list[int]:
    """How many points were known when the first picture of these changes was shown, and when all was at rest."""
    counts, painter = [], explorer._conductor.painter
    show, before = painter._show, landscape.evaluations
    painter._refiner._easel = replace(painter._refiner._easel, show=lambda *what: counts_of(show, what))

    def counts_of(show, what) -> None:
        counts.append(landscape.evaluations - before)
        show(*what)

    painter._show = lambda *what: counts_of(show, what)
    explorer.load_state(changes)
    explorer.wait()
    return counts


@pytest.mark.parametrize("c", ["none", "gaussian"])
def test_a_larger_span_is_fetched_ahead_and_then_evaluates_nothing(explore, c):
    landscape = make_landscape()
    explorer = explore(landscape, c=c, span_max=1.6)
    until_fetched(explorer)
    assert moved(explorer, landscape, scale=1.5)[-1] == 0
    assert explorer.surface.expected_error <= 0.01
    assert_shows(explorer, landscape)


def test_a_volume_is_fetched_ahead_and_mixing_is_drawn_from_it_at_once_and_refined_at_rest(explore):
    landscape = make_landscape()
    explorer = explore(landscape, span_max=1.1)
    until_fetched(explorer)
    counts = moved(explorer, landscape, mixing=40.0)
    assert counts[:2] == [0, 0]  # curve and surface
    assert counts[-1] > 0
    assert_shows(explorer, landscape)


def test_without_prefetch_nothing_is_computed_after_wait(explore):
    landscape = make_landscape()
    explorer = explore(landscape, prefetch=False)
    assert not explorer._conductor.worker.has_spare_work
    assert "fetching" not in shown_text(explorer)


@pytest.mark.parametrize("prefetch", [0, "yes", None])
def test_a_prefetch_that_is_neither_is_refused(prefetch):
    with pytest.raises(TypeError, match="prefetch must be True or False, got"):
        make_landscape().explore(prefetch=prefetch)


class Slow:
    """A loss that waits inside every point from the moment it is told to."""

    def __init__(self) -> None:
        self.go_on, self.entered = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self, outputs, targets):
        self.entered.set()
        assert self.go_on.wait(30)
        return torch.nn.functional.cross_entropy(outputs, targets)


def held_while_fetching(explore):
    """An explorer in the middle of a point that it fetches ahead."""
    loss = Slow()
    landscape = lw.Landscape(make_network(), loss, make_data(30))
    explorer = landscape.explore()
    explorer._conductor.pause("test", True)
    explorer.wait()
    loss.entered.clear()
    loss.go_on.clear()
    explorer._conductor.pause("test", False)
    assert loss.entered.wait(30)
    return explorer, landscape, loss


def test_wait_does_not_wait_for_what_is_fetched_ahead_and_cancel_ends_it(explore):
    explorer, landscape, loss = held_while_fetching(explore)
    try:
        explorer.wait(5)  # although a point is being computed
        assert explorer._conductor.worker.has_spare_work
        explorer.controls["cancel"].click()
        assert not explorer._conductor.worker.has_spare_work
    finally:
        loss.go_on.set()
        explorer.wait()
        evaluations = landscape.evaluations
        explorer.close()
    assert landscape.evaluations == evaluations


def test_a_request_comes_before_what_is_fetched_ahead(explore):
    explorer, landscape, loss = held_while_fetching(explore)
    explorer.controls["mixing"].value = 20.0
    assert explorer._conductor.worker.spare_should_stop()
    loss.go_on.set()
    explorer.wait()
    assert_shows(explorer, landscape)
    explorer.close()


def test_close_ends_what_is_fetched_ahead(explore):
    explorer, landscape, loss = held_while_fetching(explore)
    loss.go_on.set()
    explorer.close()
    evaluations = landscape.evaluations
    assert not explorer._conductor.painter.ahead.fetched.is_fetching
    assert landscape.evaluations == evaluations


def test_a_pause_for_a_cell_or_out_of_view_is_told_and_ends(explore):
    explorer = make_landscape().explore()
    explorer._on_cell_begun()
    explorer.wait()
    explorer._view_count = 1
    explorer._view_count = 0
    explorer._on_cell_ended()
    explorer.wait()
    assert explorer._conductor.worker.has_spare_work  # still out of view
    explorer._view_count = 1
    until_fetched(explorer)
    assert explorer._conductor.painter.ahead.fetched.points > 0
    explorer.close()


def test_what_is_being_fetched_is_told_and_can_be_cancelled(explore):
    explorer, _, loss = held_while_fetching(explore)
    loss.go_on.set()
    until(lambda: "fetching ahead ..." in shown_text(explorer))
    assert not explorer.controls["cancel"].disabled
    explorer.close()


def test_recentring_forgets_what_was_fetched(explore):
    network = make_network()
    landscape = make_landscape(network)
    explorer = explore(landscape, c="none", span_max=1.4)
    until_fetched(explorer)
    with torch.no_grad():
        network[2].weight.mul_(1.7)
    explorer.controls["recenter"].click()
    explorer.wait()
    assert_shows(explorer, landscape)
    assert explorer.surface.center_loss == landscape.center_loss


@pytest.mark.parametrize("limit", ["PLANE_SECONDS", "VOLUME_SECONDS"])
def test_slow_points_are_not_fetched(explore, monkeypatch, limit):
    monkeypatch.setattr(ahead, limit, 0.0)
    landscape = make_landscape()
    explorer = explore(landscape, span_max=1.2)
    until_fetched(explorer)
    scene = explorer._conductor.painter.scenes.scene(explorer._conductor.settings)
    assert scene.volume is None
    assert (explorer._conductor.painter.ahead.fetched.points == 0) == (limit == "PLANE_SECONDS")


@pytest.mark.parametrize("degrees", [-90.0, -37.0, 0.0, 25.0, 90.0])
@pytest.mark.parametrize("keeps", [False, True])
def test_the_axes_of_every_mixing_angle_lie_in_the_volume(degrees, keeps):
    network = make_network()
    landscape = make_landscape(network)
    a, b = landscape.directions.gaussian(seed=3), landscape.directions.uniform(seed=4)
    c = landscape.directions.rademacher(seed=5)
    if keeps:
        source = {**c.source, "kind": "to"}
        c = replace(c, source=source)
    basis = Basis.of(mix(a, b, None, 0.0), c)
    axes, steps = mix(a, b, c, degrees), basis.steps(degrees)
    assert basis.gives(axes, steps)
    assert not basis.gives(axes, 1.01 * steps)
    assert (np.abs(steps).sum(axis=0) <= basis.reach(1.0)).all()


def test_weights_that_the_metric_does_not_see_may_forbid_the_volume():
    landscape = make_landscape()
    a, b = landscape.directions.gaussian(seed=3), landscape.directions.uniform(seed=4)
    c = landscape.directions.from_vector(torch.linspace(-1, 1, a.vector.numel()))
    a = a + 0.3 * landscape.directions.from_vector(torch.ones_like(a.vector))
    basis = Basis.of(mix(a, b, None, 0.0), c)
    axes = mix(a, b, c, 30.0)
    assert not basis.gives(axes, basis.steps(30.0))
