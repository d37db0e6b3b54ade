"""What is known goes to the browser once, with all that the browser needs to read pictures off it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer_cases import explorers, make_landscape, make_network
from landscape_widget.slices.chebyshev import Axis, Interpolant
from landscape_widget.widget.settings import NONE

SPAN = 0.8


@pytest.fixture
def explore():
    with explorers(make_landscape(), span=SPAN) as start:
        yield start


def known(explorer):
    return explorer._panels.known.frame


def waited(explorer, **controls):
    for name, value in controls.items():
        explorer.controls[name].value = value
    explorer.wait()
    return known(explorer)


def interpolants(frame):
    """What the browser makes of it."""
    for place, part in enumerate(frame["parts"]):
        packed = frame["arrays"][f"values_{place}"]
        values = np.frombuffer(packed["data"], packed["dtype"]).reshape(packed["shape"])
        yield Interpolant(tuple(Axis(*axis) for axis in part["axes"]), values), part["turn"]


def test_a_plane_that_turns_gives_the_surface_at_every_angle_without_another_frame(explore):
    explorer = explore(c=NONE)
    sent = waited(explorer)
    planes = [function for function, turn in interpolants(sent) if turn is True]
    assert planes
    count = explorer.surface.evaluations
    for degrees in (0.0, 35.0, -60.0):
        explorer.controls["mixing"].value = degrees
        explorer.wait()
        angle = np.deg2rad(degrees)
        alphas, betas = np.meshgrid(explorer.surface.alphas, explorer.surface.betas)
        x = np.cos(angle) * alphas - np.sin(angle) * betas
        y = np.sin(angle) * alphas + np.cos(angle) * betas
        errors = [np.abs(plane(x, y) - explorer.surface.losses).max() for plane in planes]
        assert min(errors) < 1e-5
    assert count == explorer.surface.evaluations


def test_with_a_third_source_the_plane_holds_at_its_own_angle(explore):
    explorer = explore()
    sent = waited(explorer, mixing=20)
    assert sent["mixing"] == 20
    assert {part["turn"] for part in sent["parts"]} == {False}
    assert sorted({len(part["axes"]) for part in sent["parts"]}) == [1, 2]


def test_a_volume_that_was_fetched_ahead_goes_along_with_how_it_turns(explore):
    explorer = explore(prefetch=True)
    explorer.wait()
    worker = explorer._conductor.worker
    while worker.has_spare_work:
        explorer.wait()
    turns = [turn for _, turn in interpolants(known(explorer)) if isinstance(turn, dict)]
    assert turns
    assert [len(turns[0]["inner"]), len(turns[0]["third"])] == [3, 3]


def test_nothing_is_sent_twice(explore):
    explorer = explore(c=NONE)
    waited(explorer, mixing=30)
    seq = known(explorer)["seq"]
    waited(explorer, mixing=10, resolution=9)
    waited(explorer, mixing=30)
    assert known(explorer)["seq"] <= seq + 2  # a curve of its own angle may have been added and left out again
    explorer._conductor._share(explorer._conductor.settings)
    again = known(explorer)["seq"]
    explorer._conductor._share(explorer._conductor.settings)
    assert known(explorer)["seq"] == again


def test_the_controls_that_it_depends_on_are_told_and_named(explore):
    explorer = explore(b="uniform")
    sent = waited(explorer, seed=3)["sources"]
    menu = explorer.controls["b"]
    assert sent["b"] == menu.index == [value for _, value in menu.options].index("uniform")
    assert sent["seed"] == 3
    assert "radius" not in sent  # nothing is mined
    references = explorer._panels.known.controls
    assert references["mixing"] == f"IPY_MODEL_{explorer.controls['mixing'].model_id}"
    assert set(sent) | {"mixing", "scale", "resolution", "lock_axes"} <= set(references)
    assert explorer._panels.curve.known == f"IPY_MODEL_{explorer._panels.known.model_id}"
    assert explorer._panels.surface.view.widget.known == explorer._panels.flat.known


def test_pictures_say_what_they_were_asked_for(explore):
    explorer = explore()
    waited(explorer, mixing=15)
    for view in (explorer._panels.curve, explorer._panels.flat):
        view.ack = view.frame["seq"]
    explorer._conductor._screen.flush()
    for view in (explorer._panels.curve, explorer._panels.flat):
        assert view.frame["asked"] == {"mixing": 15.0, "scale": SPAN, "resolution": 7.0}


def test_at_another_centre_nothing_is_known(explore):
    network = make_network()
    explorer = explore(make_landscape(network))
    seen = []
    assert waited(explorer)["parts"]
    explorer._panels.known.observe(lambda change: seen.append(change["new"]), names=["frame"])
    with torch.no_grad():
        network[0].weight.add_(0.1)
    explorer._conductor.recenter()
    explorer.wait()
    assert seen[0] == {}
    assert seen[-1]["parts"]
