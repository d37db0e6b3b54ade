from __future__ import annotations

import pytest

from landscape_widget.widget.facts import error_text, paragraph
from landscape_widget.widget.pace import Pace, duration, rate


def test_the_pace_tells_done_total_rate_and_time_left():
    pace = Pace("points")
    assert pace.text == ""
    pace.begin(441)
    for _ in range(41):
        pace.add(0.02)
    assert pace.text == "41 of 441 points, 50 a second, 8.0 s left"
    assert pace.share == 41 / 441


def test_the_pace_tells_what_a_finished_piece_took_and_keeps_it_when_nothing_new_is_to_be_done():
    pace = Pace("points")
    pace.begin(3)
    for _ in range(3):
        pace.add(2.0)
    pace.begin(0)
    assert pace.text == "3 points computed in 6.0 s"
    assert pace.share is None


def test_one_slow_point_does_not_spoil_the_rate():
    pace = Pace("points")
    pace.begin(10)
    for seconds in (0.1, 0.1, 30.0):
        pace.add(seconds)
    assert pace.seconds_each == 0.1


@pytest.mark.parametrize(("seconds", "text"), [(0.004, "250 a second"), (0.4, "2.5 a second"), (3.0, "3 s each")])
def test_rates_read_well_from_fast_to_slow(seconds, text):
    assert rate(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.43, "0.4 s"), (12.3, "12 s"), (200.0, "3 min")])
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("radius must be above 0, got -1."), "radius must be above 0, got -1."),
        (KeyError("weight"), "KeyError: 'weight'"),
        (RuntimeError("stop"), "RuntimeError: stop"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_errors_are_told_in_their_own_words_or_with_their_type(error, text):
    assert error_text(error) == text


def test_texts_cannot_break_the_page():
    assert paragraph("a < b & <script>", "alert", role="alert") == (
        '<div class="lw-alert" role="alert">a &lt; b &amp; &lt;script&gt;</div>'
    )
    assert paragraph("", "alert") == ""
