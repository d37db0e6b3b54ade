"""Frames for the browser. `python tests/unit/test_frames.py` writes the golden ones that vitest reads too."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from frame_cases import GOLDEN, as_text, assert_array
from landscape_widget.widget.frames import curve_frame, map_frame
from landscape_widget.widget.packing import VERSION
from landscape_widget.widget.tracks import Track

ALPHAS = np.array([-0.5, 0.0, 0.25, 1.5])
BETAS = np.array([-0.25, 0.5, 2.0])
TRACK = Track(
    "trajectory",
    ("first.pt", "second.pt", "third.pt"),
    np.array([[1.25, 1.5], [0.5, 0.75], [-3.0, 0.0]]),
    np.array([8.0, 2.5, np.nan]),
    np.array([4.0, 0.5, 0.0]),
    is_path=True,
)


def curve(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "seq": 3,
        "alphas": ALPHAS,
        "losses": [2.5, 0.125, np.nan, 60.0],
        "loss_limits": (0.1, 4.0),
        "computed": np.array([True, True, True, False]),
        "ghost": ([-1.0, 0.5, 2.0], [3.0, 1.0, 2.0]),
        "errors": [0.0, 0.0, 0.0, 0.5],
        "spread": [0.25, 0.125, np.nan, np.nan],
        "metrics": {"accuracy": [0.5, 0.875, np.nan, 0.125]},
        "name": "Gaussian, seed 0 · train",
        "scale": "log",
        "kind": "v-basin",
        "reason": "one valley, at 0",
        "valleys": [(0.0, 0.125, 2.0)],
        "center_loss": 0.125,
        "alpha_label": "alpha (filter norms)",
        "caption": "Exact at 4 points.",
        "progress": 0.25,
        "is_mined": True,
        "asked": {"mixing": -30, "scale": 0.75, "resolution": 21},
    }
    return curve_frame(**{**arguments, **changes})


def surface(**changes: Any) -> dict[str, Any]:
    losses = np.arange(12.0).reshape(3, 4)
    losses[1, 2] = np.inf
    arguments: dict[str, Any] = {
        "seq": 8,
        "alphas": ALPHAS,
        "betas": BETAS,
        "losses": losses,
        "loss_limits": (-1.0, 10.0),
        "beta_label": "beta (filter norms)",
        "center_loss": 2.5,
        "is_preview": True,
        "nodes": [[-0.5, 0.25], [1.25, 2.0], [0.5, 0.5]],
        "tracks": [TRACK],
    }
    return map_frame(**{**arguments, **changes})


@pytest.mark.parametrize(("name", "make"), [("curve", curve), ("map", surface)])
def test_the_golden_frames_are_what_is_written_today(name, make):
    assert (GOLDEN / f"{name}.json").read_text() == as_text(make())


def test_arrays_travel_as_little_endian_bytes_with_their_shape():
    frame = surface()
    assert frame["version"] == VERSION
    assert frame["arrays"]["losses"]["dtype"] == "<f4"
    assert frame["arrays"]["losses"]["shape"] == [3, 4]
    assert_array(frame, "alphas", ALPHAS)
    assert_array(frame, "betas", BETAS)
    assert_array(frame, "losses", [[0, 1, 2, 3], [4, 5, np.inf, 7], [8, 9, 10, 11]])
    assert_array(frame, "computed", np.ones((3, 4)))
    assert_array(curve(), "computed", [1, 1, 1, 0])
    assert_array(curve(), "ghost_losses", [3, 1, 2])


def test_models_on_a_map_travel_with_coordinates_own_loss_and_distance():
    frame = surface()
    assert frame["tracks"] == [{"name": "trajectory", "labels": list(TRACK.labels), "is_path": True}]
    assert_array(frame, "track_0", [[1.25, 1.5, 8.0, 4.0], [0.5, 0.75, 2.5, 0.5], [-3.0, 0.0, np.nan, 0.0]])
    assert_array(frame, "nodes", [[-0.5, 0.25], [1.25, 2.0], [0.5, 0.5]])
    assert "nodes" not in surface(nodes=None)["arrays"]


def test_arrays_of_any_memory_order_are_written_row_by_row():
    losses = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    assert_array(surface(losses=losses), "losses", np.arange(12.0).reshape(3, 4))


def test_losses_beyond_float32_become_infinite_without_a_warning():
    assert_array(curve(losses=[1e39, 1, 2, 3]), "losses", [np.inf, 1, 2, 3])


def test_a_center_loss_that_is_not_finite_is_left_out():
    assert curve(center_loss=float("nan"))["center_loss"] is None
    assert curve(center_loss=None)["center_loss"] is None


def test_what_stands_beside_a_curve_travels_point_by_point():
    frame = curve(metrics={"accuracy": [1, 2, 3, 4], "f1": [5, 6, 7, np.nan]})
    assert frame["metrics"] == ["accuracy", "f1"]
    assert_array(frame, "metric_1", [5, 6, 7, np.nan])
    assert_array(frame, "errors", [0, 0, 0, 0.5])
    assert_array(frame, "spread", [0.25, 0.125, np.nan, np.nan])
    assert {"errors", "spread"}.isdisjoint(curve(errors=None, spread=None)["arrays"])


def test_a_curve_without_a_ghost_has_none_on_the_wire():
    assert "ghost_alphas" not in curve(ghost=None)["arrays"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"seq": 0}, "seq must be an integer of at least 1, got 0."),
        ({"alphas": [[1.0]]}, "alphas must be one row of at least 1 numbers, got 'shape (1, 1)'."),
        ({"alphas": [0, 2, 1, 3]}, "alphas must be finite and increasing, got [0.0, 2.0, 1.0, 3.0]."),
        ({"alphas": [0, 1, 2, np.inf]}, "alphas must be finite and increasing, got [0.0, 1.0, 2.0, inf]."),
        ({"losses": [1, 2, 3]}, "losses must be of shape (4,), got 'shape (3,)'."),
        ({"computed": [1, 0, 1, 1]}, "computed must be bool of shape (4,), got 'int64 of shape (4,)'."),
        ({"computed": [True]}, "computed must be bool of shape (4,), got 'bool of shape (1,)'."),
        ({"ghost": ([0, 1], [1])}, "ghost losses must be of shape (2,), got 'shape (1,)'."),
        ({"ghost": ([1, 0], [1, 2])}, "ghost alphas must be finite and increasing, got [1.0, 0.0]."),
        ({"errors": [1, 2]}, "errors must be of shape (4,), got 'shape (2,)'."),
        ({"metrics": {"accuracy": [1]}}, "accuracy must be of shape (4,), got 'shape (1,)'."),
        ({"loss_limits": (4, 4)}, "loss_limits must be two numbers, the smaller first, got (4, 4)."),
        ({"loss_limits": (0, np.nan)}, "loss_limits must be a finite number, got nan."),
        ({"loss_limits": (0, 4)}, "loss_limits must be above 0 on a log scale, got (0, 4). Begin them"),
        ({"scale": "root"}, "scale must be one of 'linear', 'log', got 'root'."),
        ({"asked": {"mixing": 1, "scale": np.inf, "resolution": 5}}, "scale must be a finite number, got inf."),
        ({"progress": 1.5}, "progress must be a share from 0 to 1, got 1.5."),
    ],
)
def test_a_curve_that_cannot_be_drawn_is_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        curve(**changes)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"alphas": [0.5]}, "alphas must be one row of at least 2 numbers, got 'shape (1,)'."),
        ({"betas": [0.5]}, "betas must be one row of at least 2 numbers, got 'shape (1,)'."),
        ({"nodes": [1, 2, 3]}, "nodes must be of shape (3, 2), got 'shape (3,)'."),
        ({"losses": np.zeros((4, 3))}, "losses must be of shape (3, 4), got 'shape (4, 3)'."),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        surface(**changes)


if __name__ == "__main__":
    for stem, frame in [("curve", curve()), ("map", surface())]:
        (GOLDEN / f"{stem}.json").write_text(as_text(frame))
