"""A run of mining on the wire. `python tests/unit/test_history_frames.py` writes the golden frame for vitest."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from frame_cases import GOLDEN, as_text, assert_array
from landscape_widget.widget import pictures
from landscape_widget.widget.history import MOST_STEPS, history_frame

NAN = np.nan
HISTORY = {
    "step": np.arange(1.0, 6.0),
    "plus": np.array([2.5, 2.0, 1.5, NAN, 0.5]),
    "minus": np.array([2.0, 1.75, 1.25, 1.0, 0.75]),
    "center": np.full(5, 0.25),
    "barrier": np.full(5, NAN),
    "growth": np.array([NAN, -1.0, NAN, NAN, 0.5]),
}
WORDS = {"plus": "side +1", "minus": "side −1", "center": "centre", "barrier": "barrier", "growth": "growth"}


def history(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "seq": 4,
        "history": HISTORY,
        "words": WORDS,
        "target": 8,
        "shown": 2,
        "snapshots": [0, 2, 4],
    }
    return history_frame(**{**arguments, **changes})


def test_the_golden_frame_is_what_is_written_today():
    assert (GOLDEN / "history.json").read_text() == as_text(history())


def test_lines_travel_at_their_own_steps_and_those_never_measured_not_at_all():
    frame = history()
    assert list(frame["words"]) == ["plus", "minus", "center", "growth"]
    assert_array(frame, "plus_steps", [1, 2, 3, 5])
    assert_array(frame, "growth_steps", [2, 5])
    assert_array(frame, "growth", [-1, 0.5])
    assert_array(frame, "snapshots", [0, 2, 4])
    low, high = frame["loss_limits"]
    assert low < -1
    assert 2.5 < high < 3


def test_a_long_run_is_thinned_and_keeps_its_last_step():
    steps = np.arange(1.0, 1001.0)
    frame = history(history={**HISTORY, "step": steps, "plus": steps**0.5}, words={"plus": "side +1"})
    read = np.frombuffer(frame["arrays"]["plus_steps"]["data"], "<f4")
    assert MOST_STEPS / 2 < read.size <= MOST_STEPS
    assert read[-1] == 1000


def test_walls_beyond_the_cap_do_not_flatten_the_rest():
    high = {**HISTORY, "barrier": np.full(5, 900.0)}
    assert history(history=high)["loss_limits"][1] > 900
    assert history(history=high, most=9.0)["loss_limits"][1] < 12


def test_a_run_without_one_finite_loss_still_has_an_axis():
    nothing = {name: np.full(5, NAN) for name in HISTORY} | {"step": HISTORY["step"]}
    frame = history(history=nothing)
    assert frame["words"] == {}
    assert frame["loss_limits"] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"seq": 0}, "seq must be an integer of at least 1, got 0."),
        ({"target": 0}, "target must be an integer of at least 1, got 0."),
        ({"shown": -1}, "shown must be an integer of at least 0, got -1."),
        ({"words": {"depth": "depth"}}, "words must be of lines of the history: plus, minus, center, barrier, growth"),
        ({"snapshots": [4, 2]}, "snapshots must be finite and increasing, got [4.0, 2.0]."),
    ],
)
def test_a_run_that_cannot_be_drawn_is_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        history(**changes)


def made(kind: str, **changes: Any) -> Any:
    options = {"kind": kind, "center_loss": 0.125, "target": 8, "shown": 2, "snapshots": [0, 2]}
    return pictures.of_history({**HISTORY, **changes}, **options)


def test_a_centre_that_no_step_looks_at_is_that_of_all_data_and_a_peaks_barrier_is_its_centre():
    picture = made("vvv-basin", center=np.full(5, NAN), barrier=HISTORY["plus"])
    np.testing.assert_array_equal(picture.history["center"], np.full(5, 0.125))
    assert picture.texts["words"]["barrier"] == "barrier"
    assert "barrier" not in made("w-peak", barrier=HISTORY["center"]).texts["words"]


def test_lines_are_called_what_they_are_for_the_kind():
    assert made("wine-bottle").texts["words"]["plus"] == "ring, highest"
    assert made("saddle").texts["words"]["barrier"] == "rise"
    assert made("vvv-basin").texts["words"]["minus"] == "side −1"


if __name__ == "__main__":
    (GOLDEN / "history.json").write_text(as_text(history()))
