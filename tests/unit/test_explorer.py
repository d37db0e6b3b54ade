"""The explorer as a whole, on a network so small that every picture takes a fraction of a second."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as ipywidgets_registry
from torch import nn

import landscape_widget as lw
from explorer_cases import assert_shows, drag, explorers, make_data, make_landscape, make_network, shown_text, until
from landscape_widget.widget import session
from landscape_widget.widget.closing import family

NAMES = {
    *("a", "b", "c", "mixing", "scale", "seed", "normalize", "kind", "radius", "mining_steps", "resolution"),
    *("tolerance", "split", "batchnorm", "surface_view", "lock_axes", "log_height", "mine", "cancel", "recenter"),
    *("recipe", "census", "curvature", "path", "save", "load"),
}


@pytest.fixture
def landscape():
    return make_landscape()


@pytest.fixture
def explore(landscape):
    with explorers(landscape) as start:
        yield start


def test_controls_are_the_named_widgets_and_all_parts_are_among_the_children(explore):
    explorer = explore()
    assert set(explorer.controls) == NAMES
    parts = family(explorer)
    assert all(any(part is control for part in parts) for control in explorer.controls.values())
    assert {"CurveView", "MapView", "SurfaceView"} <= {type(part).__name__ for part in parts}
    assert explorer.controls["kind"].value == "vvv-basin"
    assert (explorer.controls["mixing"].min, explorer.controls["mixing"].max) == (-90, 90)


def test_every_control_says_what_it_does(explore):
    explorer = explore()
    assert all(control.description and control.tooltip for control in explorer.controls.values())


def test_wait_returns_with_curve_and_surface_at_their_resolution(explore, landscape):
    explorer = explore()
    explorer.wait()
    assert explorer.curve.losses.shape == (201,)
    assert explorer.surface.losses.shape == (7, 7)
    assert_shows(explorer, landscape)


def test_the_repr_is_short_and_stable(explore):
    assert repr(explore(c="none")) == "Explorer(a='gaussian', b='gaussian', c='none')"


@pytest.mark.parametrize(
    "changes",
    [
        {"mixing": 35.0},
        {"mixing": -90.0, "seed": 3},
        {"scale": 0.4, "split": "test"},
        {"a": "gradient", "normalize": "model", "mixing": 20.0},
        {"b": "uniform", "c": "rademacher", "mixing": 50.0},
        {"c": "none", "mixing": 65.0},
        {"c": "none"},
        {"resolution": 12},
    ],
)
def test_every_control_changes_the_picture_to_what_its_code_computes(explore, landscape, changes):
    explorer = explore()
    explorer.wait()
    before = explorer.curve.losses, explorer.surface.losses
    for name, value in changes.items():
        explorer.controls[name].value = value
    explorer.wait()
    assert_shows(explorer, landscape)
    if set(changes) != {"c"}:
        assert not np.array_equal(before[0], explorer.curve.losses) or "resolution" in changes
    assert before[1].shape != explorer.surface.losses.shape or not np.array_equal(before[1], explorer.surface.losses)


def test_the_sources_are_seeded_one_after_the_other(explore, landscape):
    explorer = explore()
    explorer.controls["seed"].value = 4
    explorer.wait()
    code = explorer.code()
    assert [f"gaussian(seed={seed}" in code for seed in (4, 5, 6)] == [True, True, True]
    assert abs(explorer.axes.cosine) < 1e-6


def test_directions_handed_in_are_in_the_menus_and_their_span_is_taken(landscape, explore):
    other = make_network()
    with torch.no_grad():
        other[0].weight.mul_(1.5)
    to_other, noise = landscape.directions.to(other), 2 * landscape.directions.uniform(seed=9)
    explorer = explore(a=to_other, b=noise, mixing=30.0)
    explorer.wait()
    assert explorer.controls["scale"].value == 1.5  # of (-0.5, 1.5)
    assert explorer.controls["a"].value == to_other.label
    assert noise.label in [value for _, value in explorer.controls["c"].options]
    space = {"landscape": landscape, "given_a": to_other, "given_b": noise}
    exec(explorer.code(), space)
    np.testing.assert_allclose(explorer.curve.losses, space["curve"].losses, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"a": "cauchy"}, "a must be one of 'gaussian', .*, got 'cauchy'"),
        ({"b": 3}, "b must be a direction or a name from the source menu, got 3"),
        ({"a": "none"}, "a must be one of .*, got 'none'"),
        ({"mixing": 91}, "mixing must be an angle from -90 to 90 degrees, got 91"),
        ({"mixing": "left"}, "mixing must be a finite number, got 'left'"),
        ({"span": 0}, "span must be a finite number greater than 0, got 0"),
        ({"span": (-1, 2)}, r"span must be a finite number greater than 0, got \(-1, 2\). The sliders span"),
        ({"surface_view": "flat"}, "surface_view must be one of 'webgl', 'ipyvolume', got 'flat'"),
        ({"panels": "curve"}, "panels must be a tuple of names, got 'curve'"),
        ({"panels": ("curve", "volume")}, "panels must be one or more of 'curve', 'map', 'surface', got"),
        ({"panels": ()}, "panels must be one or more of"),
        ({"height": 100}, "height must be an integer of at least 320, got 100"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_words(landscape, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        landscape.explore(**options)


def test_only_the_wanted_panels_are_made_and_computed(explore):
    explorer = explore(panels=("curve",))
    explorer.wait()
    assert explorer.surface is None
    assert {"MapView", "Figure"}.isdisjoint(type(part).__name__ for part in family(explorer))
    assert explorer.curve.losses.shape == (201,)


def test_state_can_be_loaded_again_and_reset_brings_the_start_back(explore):
    explorer = explore(mixing=10.0, span=0.7)
    start = explorer.state
    explorer.load_state({"mixing": -25.0, "seed": 3, "normalize": "layer", "log_height": True})
    explorer.wait()
    kept = explorer.state
    assert (kept["mixing"], kept["seed"], kept["scale"]) == (-25.0, 3, 0.7)
    losses = explorer.curve.losses
    explorer.reset()
    explorer.wait()
    assert explorer.state == {**start, "resolution": 21}
    explorer.load_state(kept)
    explorer.wait()
    assert explorer.state == kept
    assert np.array_equal(explorer.curve.losses, losses)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1], r"state must be a dict such as x.state, got \[1\]"),
        ({"zoom": 2}, "state must be of these names: a, b, .*, got 'zoom'"),
        ({"a": "none"}, "a must be one of"),
        ({"seed": -1}, "seed must be an integer from 0 to 999, got -1"),
        ({"resolution": 99}, "resolution must be an integer from 5 to 41, got 99"),
        ({"scale": 0.0}, "scale must be a finite number greater than 0, got 0.0"),
        ({"mixing": 120}, "mixing must be an angle"),
        ({"lock_axes": "yes"}, "lock_axes must be True or False, got 'yes'"),
        ({"mining_steps": 5000}, "mining_steps must be an integer from 0 to 1000, got 5000"),
    ],
)
def test_a_state_that_makes_no_sense_is_refused_and_nothing_is_set(explore, state, message):
    explorer = explore()
    before = explorer.state
    with pytest.raises((TypeError, ValueError), match=message):
        explorer.load_state(state)
    assert explorer.state == before


def test_an_error_is_shown_in_words_raised_by_wait_and_the_next_request_works(explore, landscape):
    explorer = explore(b=landscape.directions.gaussian(seed=0))
    with pytest.raises(ValueError, match="source b must not be parallel to source a"):
        explorer.wait()
    assert "source b must not be parallel to source a" in shown_text(explorer)
    explorer.controls["b"].value = "gaussian"
    explorer.wait()
    assert "parallel" not in shown_text(explorer)
    assert_shows(explorer, landscape)


def test_a_loss_that_fails_later_is_told_and_the_next_request_works(explore):
    fails = []

    def loss(outputs, targets):
        if fails:
            raise KeyError("weights of the classes")
        return nn.functional.cross_entropy(outputs, targets)

    explorer = explore(lw.Landscape(make_network(), loss, make_data(30)))
    explorer.wait()
    fails.append(True)
    explorer.controls["mixing"].value = 40.0
    with pytest.raises(KeyError, match="weights of the classes"):
        explorer.wait()
    assert "KeyError: &#x27;weights of the classes&#x27;" in shown_text(explorer)
    fails.clear()
    explorer.controls["mixing"].value = 41.0
    explorer.wait()
    assert explorer.curve.losses.shape == (201,)
    assert "KeyError" not in shown_text(explorer)


def test_holes_are_counted_and_do_not_stop_the_picture(explore):
    def loss(outputs, targets):
        value = nn.functional.cross_entropy(outputs, targets)
        return value if value < 0.9 else value * float("nan")

    explorer = explore(lw.Landscape(make_network(), loss, make_data(30)), span=1.5)
    explorer.wait()
    assert np.isnan(explorer.surface.losses).any()
    assert "NaN of 49 losses (holes)" in shown_text(explorer)


def test_the_model_is_as_it_was(explore):
    network = make_network(norm=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    explorer = explore(make_landscape(network))
    explorer.controls["mining_steps"].value = 5
    explorer.wait()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training


def test_a_batchnorm_mode_is_looked_at_without_another_landscape(explore):
    explorer = explore(make_landscape(make_network(norm=True)))
    explorer.wait()
    recalibrated = explorer.curve
    explorer.controls["batchnorm"].value = "frozen"
    explorer.wait()
    assert explorer.curve.provenance["batchnorm"] == "frozen"
    assert not np.array_equal(explorer.curve.losses, recalibrated.losses)
    assert 'make the landscape with batchnorm="frozen"' in explorer.code()


def test_mining_with_frozen_batchnorm_is_refused_with_the_remedy(explore):
    explorer = explore(make_landscape(make_network(norm=True)))
    explorer.controls["batchnorm"].value = "frozen"
    explorer.controls["mining_steps"].value = 10
    with pytest.raises(ValueError, match="batchnorm must be 'recalibrate' for mining, got 'frozen'"):
        explorer.wait()
    explorer.controls["batchnorm"].value = "recalibrate"
    explorer.wait()
    assert explorer.mined is not None


def test_setting_mining_steps_mines_up_to_there_and_shows_the_direction_over_its_own_span(explore, landscape):
    explorer = explore(mixing=30.0)
    explorer.controls["mining_steps"].value = 20
    explorer.wait()
    assert (explorer.state["scale"], explorer.state["mixing"]) == (1.5, 0.0)
    assert explorer.axes.d1.is_mined
    assert explorer.curve.mined
    assert explorer.mined.direction.vector.equal(explorer.axes.d1.vector)
    assert explorer.mined.snapshots[-1].step == 20
    assert "20 steps, seed 0" in shown_text(explorer)
    assert_shows(explorer, landscape)


def test_a_scrub_through_snapshots_shows_the_direction_of_then_and_mines_nothing(explore, landscape):
    explorer = explore()
    explorer.controls["mining_steps"].value = 20
    explorer.wait()
    steps = len(explorer.mined.history["step"])
    explorer.controls["mining_steps"].value = 11
    explorer.wait()
    snapshot = [snapshot for snapshot in explorer.mined.snapshots if snapshot.step <= 11][-1]
    assert 0 < snapshot.step < 20
    assert explorer.axes.d1.vector.equal(snapshot.direction.vector)
    assert len(explorer.mined.history["step"]) == steps
    assert_shows(explorer, landscape)


def test_more_steps_go_on_and_none_bring_the_sources_back(explore, landscape):
    explorer = explore(span=0.8)
    for steps in (10, 25):
        explorer.controls["mining_steps"].value = steps
        explorer.wait()
    assert len(explorer.mined.history["step"]) == 25
    explorer.controls["mining_steps"].value = 0
    explorer.wait()
    assert explorer.mined is None
    assert explorer.state["scale"] == 0.8
    assert not explorer.axes.d1.is_mined
    assert_shows(explorer, landscape)


def test_another_kind_starts_another_run_and_the_old_one_is_kept(explore):
    explorer = explore()
    explorer.controls["mining_steps"].value = 10
    explorer.wait()
    first = explorer.mined
    explorer.controls["kind"].value = "w-peak"
    explorer.wait()
    assert (explorer.state["radius"], explorer.state["scale"]) == (0.3, 2.0)
    assert explorer.axes.d1.source["goal"] == "w-peak"
    evaluations = explorer._conductor._slicer.engine.evaluations
    explorer.controls["kind"].value = "vvv-basin"
    explorer.wait()
    assert explorer.mined.direction.vector.equal(first.direction.vector)
    assert len(explorer.mined.history["step"]) == 10
    assert explorer._conductor._slicer.engine.evaluations == evaluations  # all of it was known


def test_mine_mines_as_many_steps_as_the_kind_takes(explore, monkeypatch):
    explorer = explore()
    explorer.wait()
    explorer.controls["kind"].value = "w-peak"
    explorer.controls["mine"].click()
    assert explorer.state["mining_steps"] == 200
    explorer.wait()
    assert explorer.mined is not None


def test_cancel_keeps_what_is_mined_and_mine_goes_on(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["mining_steps"].value = 1000
    until(lambda: explorer._conductor.mines.reach(explorer._conductor.settings) > 0)
    explorer.controls["cancel"].click()
    explorer.wait()
    reach = explorer._conductor.mines.reach(explorer._conductor.settings)
    assert 0 < reach < 1000
    assert explorer.axes.d1.is_mined
    assert explorer.mined.direction is not None
    assert f"Mining left off; snapshots reach step {reach}" in shown_text(explorer)
    explorer.controls["mixing"].value = 15.0  # moves on without mining on
    explorer.wait()
    assert explorer._conductor.mines.reach(explorer._conductor.settings) == reach


def test_a_drag_is_answered_while_mining_goes_on(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["mining_steps"].value = 1000
    until(lambda: explorer._conductor.mines.reach(explorer._conductor.settings) > 0)
    before = explorer.curve.losses
    drag(explorer, "mixing", 60.0)
    until(lambda: explorer.axes.d1.source["kind"] == "mix")
    until(lambda: not np.array_equal(explorer.curve.losses, before))
    assert explorer._conductor.mines.is_mining
    explorer.controls["cancel"].click()


def test_a_value_from_the_page_counts_as_released_after_a_rest_and_one_from_python_at_once(explore):
    explorer = explore()
    explorer.wait()
    conductor = explorer._conductor
    drag(explorer, "mining_steps", 10)
    assert conductor._is_dragged
    assert explorer.state["scale"] == 1.0  # not yet released
    explorer.wait()
    assert not conductor._is_dragged
    assert explorer.state["scale"] == 1.5
    assert len(explorer.mined.history["step"]) == 10
    explorer.controls["mining_steps"].value = 15
    assert not conductor._is_dragged


def test_axes_stay_put_during_a_drag_and_relax_on_release(explore):
    explorer = explore(panels=("curve",))
    explorer.wait()
    view = explorer._panels.curve
    until(lambda: len(view.frame.get("arrays", {})) and view.frame["kind"] != "")
    limits = view.frame["loss_limits"]
    drag(explorer, "scale", 3.0)
    explorer._conductor.worker.call_later(600.0, lambda: None)  # keep holding the slider
    until(lambda: explorer.curve.span[1] == 3.0)
    until(lambda: np.frombuffer(view.frame["arrays"]["alphas"]["data"], "<f4")[-1] == 3.0)
    assert view.frame["loss_limits"] == limits
    explorer._conductor.worker.call_later(0.0, explorer._conductor._release)
    until(lambda: view.frame["loss_limits"] != limits)
    assert view.frame["loss_limits"][1] > limits[1]


def test_locked_axes_never_move_and_log_height_is_drawn(explore):
    explorer = explore(panels=("curve", "map"))
    explorer.wait()
    view = explorer._panels.flat
    until(lambda: view.frame.get("arrays", {}).get("alphas", {}).get("shape") == [7])
    limits = view.frame["loss_limits"]
    explorer.load_state({"lock_axes": True, "scale": 3.0})
    explorer.wait()
    until(lambda: np.frombuffer(view.frame["arrays"]["alphas"]["data"], "<f4")[-1] == 3.0)
    assert view.frame["loss_limits"] == limits
    explorer.controls["log_height"].value = True
    until(lambda: view.frame["scale"] == "log")
    assert view.frame["loss_limits"][0] > 0


def test_the_explorer_says_that_the_model_has_changed_and_recentres(explore):
    network = make_network()
    landscape = make_landscape(network)
    explorer = explore(landscape)
    explorer.wait()
    assert explorer.controls["recenter"].layout.display == "none"
    with torch.no_grad():
        network[2].weight.mul_(1.7)
    explorer.controls["mixing"].value = 12.0
    explorer.wait()
    assert "The model has other weights now" in shown_text(explorer)
    assert explorer.controls["recenter"].layout.display is None
    before = explorer.curve.center_loss
    explorer.controls["recenter"].click()
    explorer.wait()
    assert explorer.curve.center_loss != before
    assert explorer.curve.center_loss == landscape.center_loss
    assert "The model has other weights now" not in shown_text(explorer)
    assert_shows(explorer, landscape)


def test_wait_follows_a_landscape_that_was_recentred_in_a_cell(explore):
    network = make_network()
    landscape = make_landscape(network)
    explorer = explore(landscape)
    explorer.controls["mining_steps"].value = 5
    explorer.wait()
    mined = explorer.mined
    with torch.no_grad():
        network[2].weight.mul_(1.7)
    landscape.recenter()
    explorer.wait()
    assert explorer.curve.center_loss == landscape.center_loss
    assert explorer.mined is not mined  # another centre, another run
    assert len(explorer._conductor.mines.earlier) == 1


def test_a_slow_landscape_is_previewed_on_part_of_the_data(explore, monkeypatch):
    from landscape_widget.widget import painter, preview

    monkeypatch.setattr(painter, "PREVIEW_SECONDS", 0.0)
    monkeypatch.setattr(preview, "PREVIEW_SAMPLES", 8)
    frames = []
    show = painter.pictures.preview_surface
    monkeypatch.setattr(painter.pictures, "preview_surface", lambda *args: frames.append(args) or show(*args))
    explorer = explore()
    explorer.wait()
    assert {args[3] for args in frames} == {"preview, 8 of 30 samples"}
    assert explorer.surface.samples == (30, 30)  # never taken for the real one
    assert "is_preview" not in painter.pictures.of_surface(explorer.surface).texts


def test_close_ends_the_worker_and_leaves_no_widget(landscape):
    from landscape_widget.widget.explorer import context_guard

    context_guard()
    landscape.explore().close()  # ipyvue makes a few widgets once, at import
    before = set(ipywidgets_registry._instances)
    threads = sum(thread.name == session.THREAD_NAME for thread in threading.enumerate())
    explorer = landscape.explore()
    explorer.wait()
    explorer.close()
    explorer.close()
    assert set(ipywidgets_registry._instances) == before
    assert sum(thread.name == session.THREAD_NAME for thread in threading.enumerate()) <= threads
    explorer.controls["mixing"].value = 3.0  # a control that somebody kept does no harm
    assert sum(thread.name == session.THREAD_NAME for thread in threading.enumerate()) <= threads


def test_a_slow_curve_is_drawn_point_by_point_over_the_last_one_and_has_no_kind_until_it_is_whole(explore, monkeypatch):
    from landscape_widget.widget import painter

    monkeypatch.setitem(painter.PARTIAL_SECONDS, "curve", 0.0)
    explorer = explore(panels=("curve",))
    explorer.wait()
    shown = []
    show = explorer._conductor._screen.show_curve
    monkeypatch.setattr(
        explorer._conductor._screen, "show_curve", lambda picture: shown.append(picture) or show(picture)
    )
    last = explorer.curve
    explorer.controls["mixing"].value = 70.0
    explorer.wait()
    unfinished = [picture for picture in shown if "ghost" in picture.texts]
    counts = [int(picture.texts["computed"].sum()) for picture in unfinished]
    assert counts == sorted(counts)
    assert len(unfinished) >= 2
    assert all("kind" not in picture.texts for picture in unfinished)
    assert np.array_equal(unfinished[0].texts["ghost"][1], last.losses)
    assert shown[-1].texts["kind"] == explorer.curve.kind


def test_the_menu_chooses_what_draws_the_surface(explore):
    explorer = explore(panels=("surface",))
    explorer.wait()
    switch = explorer._panels.surface
    assert (switch.chosen, explorer.controls["surface_view"].value) == ("webgl", "webgl")
    seq = switch.view.widget.ack = switch.view.widget.frame["seq"]
    explorer.controls["surface_view"].value = "ipyvolume"
    explorer.wait()
    assert switch.chosen == "ipyvolume"
    assert switch.view._shape == explorer.surface.losses.shape
    switch.view._ack.ack = switch.view._ack.seq
    explorer.controls["surface_view"].value = "webgl"
    explorer.wait()
    assert switch.view.widget.frame["seq"] > seq
    assert 'surface_view="' not in explorer.code()
