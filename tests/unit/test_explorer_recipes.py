"""Recipes in the explorer: prepared beside everything else, then A and C."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from torch import nn

import landscape_widget as lw
from explorer_cases import assert_shows, drag, explorers, make_data, make_landscape, make_network, shown_text, until
from landscape_widget.recipes import RECIPES, Prepared, Said, prepare
from landscape_widget.widget import conductor
from landscape_widget.widget.facts import recipe_text

FLANK = ("recipe flank, seed 0 (1 of 2)", "recipe flank, seed 0 (2 of 2)")


@pytest.fixture
def landscape():
    return make_landscape()


@pytest.fixture
def explore(landscape):
    with explorers(landscape) as start:
        yield start


class Slow:
    """Stands in for a preparation that mines for long: one step each time it is let go on."""

    def __init__(self, monkeypatch) -> None:
        self.steps, self.is_closed = threading.Semaphore(0), threading.Event()
        self.taken = 0
        monkeypatch.setattr(conductor, "prepare", self.prepare)

    def prepare(self, name, slicer, factory, *, seed):
        try:
            while self.taken < 5:
                while not self.steps.acquire(blocking=False):
                    yield Said(self.taken, 5, "mining a w-peak")
                self.taken += 1
            d, e = factory.uniform(seed), factory.uniform(seed + 1)
            return Prepared((d, e), ((-0.5, 0.5), (-0.25, 0.2)), "Two directions of the test.")
        finally:
            self.is_closed.set()

    def go_on(self, steps: int = 5) -> None:
        for _ in range(steps):
            self.steps.release()


@pytest.fixture
def slow(monkeypatch):
    preparation = Slow(monkeypatch)
    yield preparation
    preparation.go_on()


def chosen(explorer) -> tuple[str, str]:
    return explorer.state["a"], explorer.state["c"]


def test_the_menu_offers_none_and_every_recipe(explore):
    explorer = explore()
    assert [value for _, value in explorer.controls["recipe"].options] == ["none", *lw.recipes()]
    assert explorer.state["recipe"] == "none"


def test_a_recipe_makes_its_directions_a_and_c_over_its_span_and_says_what_it_shows(explore, landscape):
    explorer = explore(mixing=25.0)
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    assert chosen(explorer) == FLANK
    own = landscape.recipe("flank", progress=False)
    assert (explorer.state["scale"], explorer.state["mixing"]) == (max(map(abs, own.span[0])), 0.0)
    np.testing.assert_allclose(explorer.axes.d1.vector, own.directions[0].vector, rtol=1e-5, atol=1e-6)
    reach = max(map(abs, own.span[1])) / explorer.state["scale"]  # one square holds both spans
    np.testing.assert_allclose(explorer.axes.d2.vector, reach * own.directions[1].vector, rtol=1e-4, atol=1e-6)
    assert explorer.surface.kind == own.kind == "slope"
    text = shown_text(explorer)
    assert own.evidence.text in text
    assert "The surface shows a slope, as it must." in text
    assert_shows(explorer, landscape)
    assert explorer.code().count("landscape.recipe(") == 1
    explorer.controls["scale"].value = 0.2
    explorer.wait()
    assert own.evidence.text in shown_text(explorer)
    assert "as it must" not in shown_text(explorer)  # a part of the surface need not show it


def test_a_surface_that_does_not_show_what_it_must_is_told_so(explore):
    explorer = explore()
    explorer.controls["recipe"].value = "trough"  # this network's copies have no barrier between them
    explorer.wait()
    assert explorer.surface.kind != "two-basins"
    assert f"The surface must show two-basins, and shows a {explorer.surface.kind}." in shown_text(explorer)


def test_ways_that_meet_at_another_angle_are_said_to_be_drawn_otherwise(explore):
    explorer = explore()
    explorer.controls["recipe"].value = "three-basins"
    explorer.wait()
    assert "Here C is drawn at a right angle to A" in shown_text(explorer)
    assert abs(explorer.axes.cosine) < 1e-6
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    assert "at a right angle" not in shown_text(explorer)


def test_what_was_mined_and_not_confirmed_is_told_and_its_run_is_plotted(explore, landscape):
    explorer = explore()
    explorer.controls["recipe"].value = "wine-bottle"
    explorer.wait()
    result = explorer._conductor.preparing.prepared(explorer._conductor._recipes.applied).mined
    told = "What was mined is not confirmed on data not mined on." in shown_text(explorer)
    assert told is not result.succeeded
    plot = explorer._panels.history
    assert plot.layout.display is None
    until(lambda: plot.frame.get("target") == len(result.history["step"]))
    assert explorer.axes.d1.is_mined


def test_none_brings_the_sources_of_before_back(explore, landscape):
    explorer = explore(a="uniform", mixing=15.0, span=0.7)
    explorer.wait()
    before = explorer.state
    for name in ("flank", "bowl"):
        explorer.controls["recipe"].value = name
        explorer.wait()
    explorer.controls["recipe"].value = "none"
    explorer.wait()
    assert explorer.state == before
    assert "Recipe" not in shown_text(explorer)
    assert_shows(explorer, landscape)


def test_choosing_a_source_oneself_lets_the_recipe_go(explore, landscape):
    explorer = explore()
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    explorer.controls["c"].value = "rademacher"
    explorer.wait()
    assert explorer.state["recipe"] == "none"
    assert chosen(explorer) == (FLANK[0], "rademacher")
    assert "Recipe" not in shown_text(explorer)
    assert_shows(explorer, landscape)


def test_another_seed_prepares_it_anew_and_what_was_prepared_is_kept(explore):
    explorer = explore()
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    first = explorer.axes.d1.vector
    explorer.controls["seed"].value = 4
    explorer.wait()
    assert chosen(explorer) == tuple(name.replace("seed 0", "seed 4") for name in FLANK)
    assert not explorer.axes.d1.vector.equal(first)
    evaluations = explorer._conductor._slicer.engine.evaluations
    explorer.controls["seed"].value = 0
    explorer.wait()
    assert explorer.axes.d1.vector.equal(first)
    assert explorer._conductor._slicer.engine.evaluations == evaluations


def test_a_recipe_ends_what_is_mined_and_mining_begins_from_its_picture(explore, landscape):
    explorer = explore(panels=("curve",))
    explorer.controls["mining_steps"].value = 5
    explorer.wait()
    explorer.controls["recipe"].value = "bowl"
    explorer.wait()
    assert explorer.state["mining_steps"] == 0
    assert explorer.mined is None
    explorer.controls["mining_steps"].value = 5
    explorer.wait()
    assert explorer.axes.d1.is_mined
    assert explorer.state["recipe"] == "bowl"  # C is still its
    assert "Recipe" not in shown_text(explorer)


def test_a_state_with_a_recipe_is_prepared_by_another_explorer(explore, landscape):
    explorer = explore()
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    explorer.load_state({"scale": 0.3, "mixing": 20.0})
    explorer.wait()
    state = explorer.state
    other = explore()
    other.load_state(state)
    other.wait()
    assert other.state == state
    np.testing.assert_allclose(other.curve.losses, explorer.curve.losses, rtol=1e-5, atol=1e-6)
    other.reset()
    other.wait()
    assert chosen(other) == ("gaussian", "gaussian")


def test_names_of_another_recipe_are_refused_in_a_state(explore):
    explorer = explore()
    with pytest.raises(ValueError, match=r"a must be one of .*'recipe bowl, seed 0 .1 of 2.', .* got 'recipe flank"):
        explorer.load_state({"recipe": "bowl", "a": FLANK[0]})
    with pytest.raises(ValueError, match=r"recipe must be one of 'none', 'bowl', .*, got 'cake'"):
        explorer.load_state({"recipe": "cake"})
    assert explorer.state["recipe"] == "none"


def test_a_drag_is_answered_while_a_recipe_is_prepared_and_both_go_on(explore, slow):
    explorer = explore(panels=("curve",))
    explorer.wait()
    explorer.controls["recipe"].value = "saddle"
    until(lambda: explorer._conductor.preparing.said is not None)
    slow.go_on(2)
    before = explorer.curve.losses
    drag(explorer, "mixing", 60.0)
    until(lambda: not np.array_equal(explorer.curve.losses, before))
    assert explorer._conductor.preparing.working is not None
    until(lambda: "recipe saddle: mining a w-peak, 2 of 5" in shown_text(explorer))
    assert "Recipe saddle, which must show a saddle: mining a w-peak, 2 of 5." in shown_text(explorer)
    slow.go_on(3)
    explorer.wait()
    assert chosen(explorer)[0] == "recipe saddle, seed 0 (1 of 2)"
    assert explorer.state["scale"] == 0.5


def test_a_call_in_a_cell_comes_between_two_steps_of_a_preparation(explore, landscape, slow):
    explorer = explore(panels=("curve",))
    explorer.controls["recipe"].value = "saddle"
    until(lambda: explorer._conductor.preparing.said is not None)
    assert landscape.curve(landscape.directions.gaussian(9), progress=False).kind  # returns although nothing is ready
    assert explorer._conductor.preparing.working is not None


def test_cancel_drops_the_preparation_and_the_menu_says_so(explore, slow):
    explorer = explore(panels=("curve",))
    explorer.wait()
    explorer.controls["recipe"].value = "saddle"
    until(lambda: explorer._conductor.preparing.said is not None)
    explorer.controls["cancel"].click()
    explorer.wait()
    assert slow.is_closed.wait(30)
    assert explorer.state["recipe"] == "none"
    assert chosen(explorer) == ("gaussian", "gaussian")
    explorer.controls["recipe"].value = "saddle"  # and it can be asked for again
    slow.go_on()
    explorer.wait()
    assert chosen(explorer)[0] == "recipe saddle, seed 0 (1 of 2)"


def test_another_recipe_takes_the_place_of_the_one_at_work(explore, slow, monkeypatch):
    explorer = explore(panels=("curve",))
    explorer.controls["recipe"].value = "saddle"
    until(lambda: explorer._conductor.preparing.said is not None)
    monkeypatch.setattr(conductor, "prepare", prepare)
    explorer.controls["recipe"].value = "bowl"
    explorer.wait()
    assert slow.is_closed.wait(30)
    assert chosen(explorer)[0] == "recipe bowl, seed 0 (1 of 2)"


def test_a_recipe_that_cannot_be_prepared_says_why_and_the_next_request_works(explore):
    class Untraceable(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = make_network()

        def forward(self, inputs):
            return self.layers(inputs) if inputs.sum() > -1e9 else inputs

    explorer = explore(lw.Landscape(Untraceable().eval(), nn.functional.cross_entropy, make_data(30)))
    explorer.controls["recipe"].value = "trough"
    with pytest.raises(ValueError, match="models must hold 1 more network of this architecture"):
        explorer.wait()
    assert "No symmetric copy could be made" in shown_text(explorer)
    assert explorer.state["recipe"] == "none"
    explorer.controls["recipe"].value = "bowl"
    explorer.wait()
    assert "No symmetric copy" not in shown_text(explorer)
    assert chosen(explorer)[0] == "recipe bowl, seed 0 (1 of 2)"


def test_at_another_centre_a_recipe_is_prepared_anew_and_looked_at_as_before(explore):
    network = make_network()
    landscape = make_landscape(network)
    explorer = explore(landscape)
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    explorer.load_state({"scale": 0.3, "mixing": 20.0})
    explorer.wait()
    before, state = explorer._conductor.preparing.prepared(explorer._conductor._recipes.applied), explorer.state
    network[2].weight.data.mul_(1.7)
    landscape.recenter()
    explorer.wait()
    assert explorer.curve.center_loss == landscape.center_loss
    assert explorer.state == state
    after = explorer._conductor.preparing.prepared(explorer._conductor._recipes.applied)
    assert not after.directions[1].vector.equal(before.directions[1].vector)  # downhill is another way from here
    assert_shows(explorer, landscape)
    explorer.controls["recipe"].value = "none"
    explorer.wait()
    assert chosen(explorer) == ("gaussian", "gaussian")


def test_the_words_of_a_recipe_before_and_after_it_is_prepared():
    assert recipe_text("saddle", None, None, None) == "Recipe saddle, which must show a saddle: begins."
    said = Said(3, 200, "mining a w-peak")
    assert recipe_text("trough", said, None, None) == (
        "Recipe trough, which must show two-basins: mining a w-peak, 3 of 200."
    )
    assert {recipe.kind for recipe in RECIPES.values()} >= {"saddle", "slope", "two-basins"}
