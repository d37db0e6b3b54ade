"""Mining in the explorer: every kind, planes, the plot of a run, and what it found as a source."""

from __future__ import annotations

import numpy as np
import pytest

from explorer_cases import assert_shows, drag, explorers, make_landscape, shown_text, until
from landscape_widget.mining import miner
from landscape_widget.mining.objectives import GOALS

FEW = 12  # steps: what is mined need not be good here


@pytest.fixture
def landscape():
    return make_landscape()


@pytest.fixture
def explore(landscape):
    with explorers(landscape) as start:
        yield start


def mine(explorer, kind: str, steps: int = FEW) -> None:
    explorer.controls["kind"].value = kind
    explorer.controls["mining_steps"].value = steps
    explorer.wait()


def sources(explorer, letter: str = "a") -> list[str]:
    return [name for _, name in explorer.controls[letter].options]


def line(explorer, name: str) -> np.ndarray:
    """The losses of one line of the plot."""
    return np.frombuffer(explorer._panels.history.frame["arrays"][name]["data"], "<f4")


def test_every_kind_that_needs_no_drawing_can_be_chosen_with_its_own_radius_and_span(explore):
    explorer = explore(panels=("curve",))
    assert set(explorer.controls["kind"].options) >= {(kind, kind) for kind in GOALS}
    assert "target" not in dict(explorer.controls["kind"].options)
    for kind in ("v-side", "n-valley"):
        mine(explorer, kind, steps=2)
        assert explorer.axes.d1.source["goal"] == kind
        assert (explorer.state["radius"], explorer.state["scale"]) == (GOALS[kind].radius, GOALS[kind].span)


def test_a_radius_that_the_page_rounds_still_follows_the_kind_and_another_one_does_not(explore):
    explorer = explore(panels=("curve",))
    drag(explorer, "radius", 1.4000000000000001 + 2e-16)
    explorer.controls["kind"].value = "saddle"
    assert explorer.state["radius"] == 0.3
    explorer.controls["radius"].value = 0.7
    explorer.controls["kind"].value = "vvv-basin"
    assert explorer.state["radius"] == 0.7


@pytest.mark.parametrize("kind", ["wine-bottle", "saddle"])
def test_the_directions_of_a_mined_plane_take_the_places_of_a_and_c(explore, landscape, kind):
    explorer = explore()
    mine(explorer, kind)
    d, e = explorer.mined.directions
    assert explorer.axes.d1 is explorer.mined.snapshots[-1].directions[0]
    np.testing.assert_allclose(explorer.axes.d2.vector, e.vector, rtol=1e-4, atol=1e-6)
    assert explorer.surface.mined
    assert explorer.surface.span == ((-2.0, 2.0), (-2.0, 2.0))
    assert "a, c = mined.directions" in explorer.code()
    assert_shows(explorer, landscape)
    explorer.controls["mixing"].value = 40.0
    explorer.wait()
    assert abs(explorer.axes.d1.cosine(d) - np.cos(np.deg2rad(40))) < 1e-5
    assert_shows(explorer, landscape)


def test_a_plane_brings_its_own_second_axis_where_c_is_none(explore, landscape):
    explorer = explore(c="none")
    mine(explorer, "saddle")
    np.testing.assert_allclose(explorer.axes.d2.vector, explorer.mined.directions[1].vector, rtol=1e-4, atol=1e-6)
    explorer.controls["mixing"].value = -30.0
    explorer.wait()
    assert_shows(explorer, landscape)


def test_a_scrub_through_a_plane_shows_both_directions_of_then(explore, landscape):
    explorer = explore()
    mine(explorer, "saddle")
    snapshot = explorer.mined.snapshots[2]
    assert 0 < snapshot.step < FEW
    explorer.controls["mining_steps"].value = snapshot.step
    explorer.wait()
    assert explorer.axes.d1.vector.equal(snapshot.directions[0].vector)
    np.testing.assert_allclose(explorer.axes.d2.vector, snapshot.directions[1].vector, rtol=1e-4, atol=1e-6)
    assert len(explorer.mined.history["step"]) == FEW
    assert_shows(explorer, landscape)


def test_a_drag_is_answered_while_a_plane_is_mined(explore):
    explorer = explore()
    explorer.wait()
    explorer.controls["kind"].value = "saddle"
    explorer.controls["mining_steps"].value = 1000
    until(lambda: explorer._conductor.mines.reach(explorer._conductor.settings) > 0)
    drag(explorer, "mixing", 60.0)
    until(lambda: explorer.axes.d1.source["kind"] == "mix")
    assert explorer._conductor.mines.is_mining
    miner = explorer._conductor.mines.miner(explorer._conductor.settings)
    steps = miner.steps_done
    until(lambda: miner.steps_done > steps)  # and mining goes on
    explorer.controls["cancel"].click()
    explorer.wait()
    assert "Mining left off" in shown_text(explorer)
    assert explorer.surface.mined  # the picture of what there is is completed
    assert explorer.surface.provenance["directions"][1]["mined"]


def test_five_valleys_are_mined_for_and_the_code_says_so(explore, landscape):
    explorer = explore(panels=("curve",))
    mine(explorer, "n-valley", steps=4)
    assert explorer.mined.direction.source["n"] == 5
    assert 'landscape.mine("n-valley", n=5, ' in explorer.code()


def test_each_finished_run_is_offered_under_a_name_that_says_what_came_of_it(explore, landscape):
    explorer = explore()
    mine(explorer, "vvv-basin")
    mine(explorer, "saddle")
    curve, plane = explorer._conductor.mines._runs.values()
    for letter in "abc":
        names = [name for name in sources(explorer, letter) if name.startswith("mined")]
        assert len(names) == 3
        assert [name.endswith("(1 of 2)") for name in names] == [False, True, False]
        for name, run in zip(names, (curve, plane, plane), strict=True):
            result = run.result()
            wanted, found = run.kind, result.kind
            said = f"mined {wanted}, " if result.succeeded else f"mined for {wanted}: "
            assert name.startswith(said)
            assert result.succeeded or found in name or (found == "unclear" and "nothing clear" in name)
            assert f"radius {GOALS[wanted].radius:g}, seed 0" in name


def test_a_run_is_offered_as_itself_although_another_was_chosen_meanwhile(explore):
    explorer = explore(panels=("curve",))
    conductor = explorer._conductor
    mine(explorer, "v-side", steps=3)
    (key,) = conductor.mines._runs
    explorer.controls["kind"].value = "w-peak"
    explorer.controls["mining_steps"].value = 0
    explorer.wait()
    before = sources(explorer)
    conductor.on_mining_end(key)
    assert sources(explorer) == before
    assert any("v-side" in name for name in before)


def test_a_mined_plane_can_be_taken_apart_and_its_directions_be_any_source(explore, landscape):
    explorer = explore()
    mine(explorer, "saddle")
    first, second = (name for name in sources(explorer) if name.startswith("mined"))
    explorer.load_state({"mining_steps": 0, "b": first, "c": second, "mixing": 45.0, "scale": 0.5})
    explorer.wait()
    assert explorer.axes.d1.is_mined
    kept = explorer.state
    code = explorer.code()
    assert code.count("landscape.mine(") == 1
    assert "c = made_0.directions[1]" in code
    assert_shows(explorer, landscape)
    explorer.reset()
    explorer.load_state(kept)
    explorer.wait()
    assert (explorer.state["b"], explorer.state["c"]) == (first, second)


def test_the_plot_is_there_only_while_something_mined_is_shown_and_holds_the_run(explore):
    explorer = explore(panels=("curve",))
    explorer.wait()
    plot = explorer._panels.history
    assert plot.layout.display == "none"
    mine(explorer, "saddle")
    until(lambda: plot.frame.get("target") == FEW and plot.frame["shown"] == FEW and len(line(explorer, "plus")) == FEW)
    assert plot.layout.display is None
    history = explorer.mined.history
    for name in ("plus", "minus", "barrier"):
        np.testing.assert_allclose(line(explorer, name), history[name], rtol=1e-6)
    assert plot.frame["words"]["barrier"] == "rise"
    snapshots = np.frombuffer(plot.frame["arrays"]["snapshots"]["data"], "<f4")
    assert snapshots.tolist() == [snapshot.step for snapshot in explorer.mined.snapshots]
    explorer.controls["mining_steps"].value = 5
    explorer.wait()
    until(lambda: plot.frame["shown"] <= 5)
    assert len(line(explorer, "plus")) == FEW  # a scrub forgets nothing
    explorer.controls["mining_steps"].value = 0
    explorer.wait()
    assert plot.layout.display == "none"


def test_the_plot_grows_while_mining_goes_on(explore, monkeypatch):
    monkeypatch.setattr(miner, "STALL_STEPS", 10_000)  # or a fast machine is done before it is looked at
    explorer = explore(panels=("curve",))
    explorer.wait()
    explorer.controls["mining_steps"].value = 1000
    plot = explorer._panels.history
    until(lambda: plot.frame.get("target") == 1000)
    before = len(line(explorer, "plus"))
    until(lambda: np.frombuffer(plot.frame["arrays"]["plus_steps"]["data"], "<f4")[-1] > before + 3)
    assert explorer._conductor.mines.is_mining
    explorer.controls["cancel"].click()


def test_the_surface_has_its_kind_as_a_badge_with_the_reason_and_not_during_a_drag(explore):
    explorer = explore(panels=("map",))
    explorer.wait()
    view = explorer._panels.flat
    until(lambda: view.frame.get("kind") == explorer.surface.kind)
    assert view.frame["reason"] == explorer.surface.classification.reason
    drag(explorer, "mixing", 20.0)
    explorer._conductor.worker.call_later(600.0, lambda: None)  # keep holding the slider
    until(lambda: explorer.surface.provenance["directions"][0]["source"]["kind"] == "mix")
    until(lambda: view.frame["kind"] == "")
    explorer._conductor.worker.call_later(0.0, explorer._conductor._release)
    until(lambda: view.frame["kind"] == explorer.surface.kind)


def test_kinds_of_surfaces_can_be_told_at_the_default_tolerance(explore, landscape):
    explorer = explore()
    explorer.wait()
    assert explorer.surface.kind == landscape.surface(explorer.axes.d1, explorer.axes.d2, span=1.0).kind != "unclear"
