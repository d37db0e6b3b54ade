"""The WebGL2 view of a surface, and the choice between it and ipyvolume."""

from __future__ import annotations

import re
import sys

import ipywidgets
import numpy as np
import pytest

from frame_cases import assert_array
from landscape_widget.widget.surface_switch import SurfaceSwitch
from landscape_widget.widget.webgl_view import WebglSurface

ALPHAS, BETAS = np.linspace(-0.5, 1.5, 5), np.linspace(-0.8, 0.4, 4)
LOSSES = 0.1 + BETAS[:, None] ** 2 + (ALPHAS - 0.3) ** 2
PICTURE = (ALPHAS, BETAS, LOSSES)
DRAWING = {"limits": (0.05, 3.0), "log_height": False, "seq": 3}
TEXTS = {"kind": "bowl", "alpha_label": "alpha, along gaussian", "is_mined": True}


@pytest.fixture
def switch():
    made = SurfaceSwitch("webgl", 300)
    yield made
    made.close()


def show(switch: SurfaceSwitch, **changes: object) -> None:
    switch.show(*PICTURE, labels=("gaussian 0", "gaussian 1"), texts=TEXTS, **{**DRAWING, **changes})


def test_a_surface_travels_as_the_frame_of_a_map():
    view = WebglSurface(300)
    view.show(*PICTURE, limits=(0.05, 3.0), log_height=True, seq=2, texts=TEXTS)
    frame = view.widget.frame
    assert (frame["view"], frame["seq"], frame["scale"], frame["loss_limits"]) == ("map", 2, "log", [0.05, 3.0])
    assert (frame["kind"], frame["is_mined"], frame["alpha_label"]) == ("bowl", True, "alpha, along gaussian")
    assert_array(frame, "losses", LOSSES)
    assert (view.widget.view, view.widget.height) == ("surface", 300)
    assert repr(view) == "WebglSurface(seq=2)"
    view.close()


def test_a_frame_is_ready_once_the_browser_says_so():
    view, drawn = WebglSurface(300), []
    view.on_drawn(drawn.append)
    view.show(*PICTURE, limits=(0.05, 3.0), seq=4)
    assert not view.ready(4)
    view.widget.ack = 4
    assert view.ready(4)
    assert view.ready(3)
    assert drawn == [4]
    view.close()


def test_grids_that_do_not_fit_and_heights_too_low_are_refused():
    with pytest.raises(ValueError, match="height must be an integer of at least 160, got 20"):
        WebglSurface(20)
    view = WebglSurface(300)
    with pytest.raises(ValueError, match=re.escape("losses must be of shape (4, 5), got 'shape (5, 4)'.")):
        view.show(ALPHAS, BETAS, LOSSES.T, limits=(0, 1))
    view.close()


def test_the_choice_changes_what_is_displayed_and_drawn(switch, monkeypatch):
    show(switch)
    webgl = switch.view
    assert switch.widget.children == (webgl.widget,)
    assert switch.choose("ipyvolume")
    assert not switch.choose("ipyvolume")
    assert switch.widget.children == (switch.view.widget,)
    show(switch, seq=4)
    assert "gaussian 0" in switch.view.widget.children[1].value
    assert webgl.widget.frame["seq"] == 3
    assert switch.choose("webgl")
    assert switch.view is webgl


def test_both_views_tell_what_was_drawn(switch):
    drawn: list[int] = []
    switch.on_drawn(drawn.append)
    switch.view.widget.ack = 5
    switch.choose("ipyvolume")
    switch.view._ack.ack = 6
    assert drawn == [5, 6]


def test_ipyvolume_is_not_imported_before_it_is_chosen(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipyvolume", None)
    switch = SurfaceSwitch("webgl", 300)
    show(switch)
    switch.choose("ipyvolume")
    assert switch.view is None
    assert "surface_view must be a view whose packages are installed" in switch.widget.children[0].value
    show(switch, seq=4)
    switch.choose("webgl")
    assert switch.view.widget.frame["seq"] == 3
    switch.close()


def test_closing_leaves_no_widget_behind():
    before = set(ipywidgets.widgets.widget._instances)
    switch = SurfaceSwitch("ipyvolume", 300)
    show(switch)
    switch.choose("webgl")
    show(switch, seq=4)
    switch.close()
    assert set(ipywidgets.widgets.widget._instances) == before
