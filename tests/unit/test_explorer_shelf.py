"""Directions that were mined, saved and loaded as sources of the explorer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from explorer_cases import assert_shows, explorers, make_data, make_landscape, make_network, shown_text
from landscape_widget.widget.mines import RunKey
from landscape_widget.widget.shelf import mined_name

SOURCES = {"gaussian", "uniform", "rademacher", "sign_aligned", "gradient", "permutation", "sign_flip", "rescaling"}


@pytest.fixture
def landscape():
    return make_landscape()


@pytest.fixture
def explore(landscape):
    with explorers(landscape) as start:
        yield start


def press(explorer, button: str, path: object) -> None:
    explorer.controls["path"].value = str(path)
    explorer.controls[button].click()
    explorer.wait()


def mine(explorer, kind: str, steps: int = 8) -> None:
    explorer.controls["kind"].value = kind
    explorer.controls["mining_steps"].value = steps
    explorer.wait()


def added(explorer, letter: str = "a") -> list[str]:
    return [name for _, name in explorer.controls[letter].options if name not in {*SOURCES, "none"}]


def test_a_mined_direction_is_saved_and_loaded_as_a_source_that_shows_the_same(explore, landscape, tmp_path):
    explorer = explore()
    mine(explorer, "vvv-basin")
    mined = explorer.curve
    press(explorer, "save", tmp_path / "valley")
    assert f"Saved {explorer.mined.direction.label} as {tmp_path / 'valley.npz'}." in shown_text(explorer)
    saved = landscape.directions.load(tmp_path / "valley.npz")
    assert saved.vector.equal(explorer.mined.direction.vector)
    other = explore()
    press(other, "load", tmp_path / "valley")
    assert "to be chosen as A, B or C" in shown_text(other)
    (name,) = added(other)
    assert name == f"{saved.label}, from valley.npz"
    assert added(other, "b") == added(other, "c") == [name]
    other.load_state({"a": name, "scale": 1.5})
    other.wait()
    np.testing.assert_allclose(other.curve.at(mined.alphas), mined.losses, rtol=0.02, atol=1e-3)
    assert other.curve.mined
    assert "landscape.directions.load(" in other.code()
    assert_shows(other, landscape)


def test_a_plane_makes_two_files_that_are_loaded_by_one_name(explore, tmp_path):
    explorer = explore()
    mine(explorer, "saddle")
    press(explorer, "save", tmp_path / "plane.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plane-1.npz", "plane-2.npz"]
    other = explore()
    press(other, "load", tmp_path / "plane.npz")
    assert [name.rpartition(", from ")[2] for name in added(other)] == ["plane-1.npz", "plane-2.npz"]
    first, second = added(other)
    other.load_state({"a": first, "c": second})
    other.wait()
    assert other.axes.d1.vector.equal(explorer.mined.directions[0].vector)


def test_what_a_scrub_shows_is_what_is_saved(explore, landscape, tmp_path):
    explorer = explore(panels=("curve",))
    mine(explorer, "vvv-basin")
    explorer.controls["mining_steps"].value = 3
    explorer.wait()
    press(explorer, "save", tmp_path / "then")
    assert landscape.directions.load(tmp_path / "then.npz").vector.equal(explorer.axes.d1.vector)


def test_chosen_sources_that_are_no_noise_are_saved_each_once(explore, landscape, tmp_path):
    other = landscape.directions.from_vector(torch.arange(51.0))
    explorer = explore(a=other, b="gaussian")
    press(explorer, "save", tmp_path / "given")
    assert landscape.directions.load(tmp_path / "given.npz").vector.equal(other.vector)
    explorer.controls["recipe"].value = "flank"
    explorer.wait()
    press(explorer, "save", tmp_path / "flank")
    assert (tmp_path / "flank-1.npz").exists()
    assert (tmp_path / "flank-2.npz").exists()


def test_an_existing_file_is_never_overwritten_not_even_the_second_of_two(explore, tmp_path):
    explorer = explore()
    mine(explorer, "saddle")
    (tmp_path / "mine-2.npz").write_text("precious")
    with pytest.raises(ValueError, match=r"path must be a new file, got '.*mine-2.npz', which exists. Write another"):
        press(explorer, "save", tmp_path / "mine")
    assert "which exists. Write another name." in shown_text(explorer)
    assert (tmp_path / "mine-2.npz").read_text() == "precious"
    assert not (tmp_path / "mine-1.npz").exists()
    press(explorer, "save", tmp_path / "other")  # and the next request works
    assert "which exists" not in shown_text(explorer)


@pytest.mark.parametrize(
    ("button", "path", "message"),
    [
        ("save", "", r"path must be the name of a file, got ''. Write one into the field, such as mined.npz."),
        ("load", "  ", r"path must be the name of a file, got '  '."),
        (
            "load",
            "/nowhere/x",
            r"path must be a saved direction, or a checkpoint, got '/nowhere/x'. Looked in '/nowhere'",
        ),
        ("save", "/nowhere/x", r"path must lie in an existing folder, got '/nowhere/x.npz'. Create it first."),
    ],
)
def test_paths_that_make_no_sense_are_refused_in_the_widget(explore, button, path, message):
    explorer = explore(panels=("curve",))
    mine(explorer, "v-side", steps=2)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        press(explorer, button, path)
    words = message.replace("\\", "").split(", got")[0]
    assert words in shown_text(explorer)
    before = explorer.state
    explorer.controls["mixing"].value = 10.0
    explorer.wait()
    assert words not in shown_text(explorer)
    assert explorer.state == {**before, "mixing": 10.0}


def test_noise_alone_is_nothing_to_save(explore, tmp_path):
    explorer = explore()
    with pytest.raises(
        ValueError, match=r"a must be mined, made by a recipe or loaded to be saved, got 'gaussian'. Set"
    ):
        press(explorer, "save", tmp_path / "noise")
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_model_or_of_something_else_is_refused(explore, tmp_path):
    wide = lw.Landscape(nn.Linear(4, 3), nn.functional.cross_entropy, make_data(30))
    wide.directions.gaussian().save(tmp_path / "wide")
    explorer = explore()
    with pytest.raises(ValueError, match="path must"):
        press(explorer, "load", tmp_path / "wide.npz")
    (tmp_path / "text.npz").write_text("no direction")
    with pytest.raises(ValueError, match="path must be a file saved by landscape_widget"):
        press(explorer, "load", tmp_path / "text.npz")
    explorer.curve.save(tmp_path / "curve")
    with pytest.raises(ValueError, match="path must be a saved direction, got 'a curve in"):
        press(explorer, "load", tmp_path / "curve.npz")
    assert added(explorer) == []


def test_a_checkpoint_is_loaded_as_the_way_to_it(explore, landscape, tmp_path):
    network = make_network()
    with torch.no_grad():
        network[0].weight.mul_(1.5)
    torch.save(network.state_dict(), tmp_path / "later.pt")
    explorer = explore()
    press(explorer, "load", tmp_path / "later.pt")
    (name,) = added(explorer)
    explorer.controls["b"].value = name
    explorer.controls["mixing"].value = 90.0
    explorer.wait()
    assert "landscape.directions.to(" in explorer.code()
    assert_shows(explorer, landscape)


def test_a_file_is_saved_while_mining_goes_on(explore, tmp_path):
    explorer = explore(panels=("curve",))
    explorer.controls["mining_steps"].value = 1000
    explorer.controls["path"].value = str(tmp_path / "early")
    while not explorer._conductor.mines.reach(explorer._conductor.settings):
        pass
    explorer.controls["save"].click()
    while not (tmp_path / "early.npz").exists():
        pass
    assert explorer._conductor.mines.is_mining
    explorer.controls["cancel"].click()


@pytest.mark.parametrize(
    ("succeeded", "kind", "name"),
    [
        (True, "saddle", "mined saddle, radius 0.3, seed 7"),
        (False, "v-basin", "mined for saddle: a v-basin, radius 0.3, seed 7"),
        (False, "n-valley", "mined for saddle: an n-valley, radius 0.3, seed 7"),
        (False, "unclear", "mined for saddle: nothing clear, radius 0.3, seed 7"),
    ],
)
def test_runs_are_named_by_what_came_of_them(succeeded, kind, name):
    class Result:
        pass

    result = Result()
    result.succeeded, result.kind = succeeded, kind
    assert mined_name(RunKey("saddle", 0.3, 7), result) == name


def test_noise_with_aligned_signs_and_symmetric_copies_are_sources_of_each_axis(explore, landscape):
    explorer = explore(a="sign_aligned", b="permutation", mixing=30.0)
    assert {name for _, name in explorer.controls["c"].options} == {*SOURCES, "none"}
    explorer.controls["seed"].value = 3
    explorer.wait()
    code = explorer.code()
    assert 'a = landscape.directions.sign_aligned(ratio=1, seed=3, normalize="filter")' in code
    assert "b = landscape.directions.permutation(seed=4)" in code
    assert_shows(explorer, landscape)
    assert landscape.directions.permutation(4).cosine(explorer.axes.d1) > 0


def test_a_symmetry_that_the_model_does_not_have_is_an_error_in_words(explore):
    explorer = explore(panels=("curve",))
    explorer.controls["a"].value = "sign_flip"  # there is no BatchNorm
    with pytest.raises(
        ValueError, match=r"model must have a BatchNorm with gamma .* for directions.sign_flip, got none"
    ):
        explorer.wait()
    assert "model must have a BatchNorm" in shown_text(explorer)
    explorer.controls["a"].value = "gaussian"
    explorer.wait()
    assert "model must have" not in shown_text(explorer)


def test_a_copy_as_first_source_is_seen_whole(landscape, explore):
    assert explore(a="permutation").state["scale"] == 1.5
