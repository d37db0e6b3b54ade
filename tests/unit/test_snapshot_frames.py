"""Curves of snapshots, for the browser. `python tests/unit/test_snapshot_frames.py` writes the golden file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer_cases import drag, explorers, make_landscape
from frame_cases import GOLDEN, as_text, assert_array
from landscape_widget.slices.curve import Curve
from landscape_widget.widget import snapshot_frames
from landscape_widget.widget.snapshot_frames import MOST_SNAPSHOTS, snapshots_frame

ALPHAS = np.linspace(-2.0, 2.0, 17)
SOURCES = {"kind": 1.0, "radius": 0.3, "seed": 4.0, "mixing": 0.0, "scale": 2.0}


def curve(depth: float) -> Curve:
    """From a v-basin to a w-peak, and not the same on both sides."""
    losses = 0.4 + 0.1 * ALPHAS**2 * (1 + 0.1 * ALPHAS) - depth * ALPHAS**2 * np.exp(-(ALPHAS**2))
    return replace(Curve.from_arrays(ALPHAS, losses), mined=True, label="mined w-peak")


CURVES = {10 * step: curve(0.25 * step) for step in range(5)}


def frame(**changes: Any) -> dict[str, Any]:
    return snapshots_frame(**{"seq": 2, "curves": CURVES, "sources": SOURCES, "rise": 12.5, **changes})


def steps(sent: dict[str, Any]) -> list[int]:
    return [told["asked"]["step"] for told in sent["curves"]]


@pytest.fixture
def explorer():
    with explorers(make_landscape()) as start:
        started = start()
        started.controls["kind"].value = "w-peak"
        started.controls["mining_steps"].value = 40
        started.wait()
        yield started


def sent_by(explorer) -> dict[str, Any]:
    explorer._conductor._screen.outlets["snapshots"].acknowledge(10**6)
    explorer._conductor._screen.flush()
    return explorer._panels.known.snapshots


def test_the_golden_file_is_what_is_written_today():
    assert (GOLDEN / "snapshots.json").read_text() == as_text(frame())


def test_each_curve_travels_with_its_step_its_kind_and_its_losses():
    sent = frame()
    assert (sent["version"], sent["view"], sent["seq"], sent["rise"]) == (1, "snapshots", 2, 12.5)
    assert sent["sources"] == SOURCES
    assert steps(sent) == [0, 10, 20, 30, 40]
    assert [told["kind"] for told in sent["curves"]] == [own.kind for own in CURVES.values()]
    assert {"v-basin", "w-peak"} <= {told["kind"] for told in sent["curves"]}
    assert all(told["is_mined"] for told in sent["curves"])
    for told, own in zip(sent["curves"], CURVES.values(), strict=True):
        assert_array(told, "alphas", ALPHAS)
        assert_array(told, "losses", own.losses)


def test_too_many_snapshots_are_thinned_but_not_the_last(monkeypatch):
    many = dict.fromkeys(range(3 * MOST_SNAPSHOTS), CURVES[10])
    kept = steps(frame(curves=many))
    assert kept[0] == 0
    assert kept[-1] == 3 * MOST_SNAPSHOTS - 1
    assert MOST_SNAPSHOTS / 2 <= len(kept) <= MOST_SNAPSHOTS
    one = len(frame(curves={0: CURVES[0]})["curves"][0]["arrays"]["losses"]["data"])
    monkeypatch.setattr(snapshot_frames, "MOST_BYTES", 8 * one)
    assert steps(frame()) == [0, 20, 40]


def test_a_curve_without_a_finite_loss_is_left_to_the_kernel():
    lost = Curve.from_arrays(ALPHAS, np.full(ALPHAS.shape, np.nan))
    assert steps(frame(curves={0: CURVES[0], 5: lost, 10: CURVES[10]})) == [0, 10]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"seq": 0}, "seq must be an integer of at least 1, got 0."),
        ({"sources": {"seed": np.nan}}, "seed must be a finite number, got nan."),
        ({"curves": {-1: CURVES[0]}}, "step must be an integer of at least 0, got -1."),
    ],
)
def test_what_cannot_be_told_is_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        frame(**changes)


def test_what_was_mined_goes_to_the_browser_once(explorer):
    sent = sent_by(explorer)
    run = explorer._conductor.mines.miner(explorer._conductor.settings)
    assert steps(sent) == [snapshot.step for snapshot in run.snapshots]
    assert len(steps(sent)) > 2
    scale, kind = explorer.controls["scale"], explorer.controls["kind"]
    assert sent["sources"]["scale"] == scale.value == run.snapshots[0].curve.span[1]
    assert sent["sources"]["kind"] == kind.index
    assert "mining_steps" not in sent["sources"]
    assert set(sent["sources"]) <= set(explorer._panels.known.controls)
    drag(explorer, "mining_steps", 20)
    explorer.wait()
    assert sent_by(explorer) is sent
    shown = explorer._conductor.mines.snapshot(explorer._conductor.settings)
    assert explorer._conductor._screen.curve.texts["asked"]["step"] == shown.step < steps(sent)[-1]


def test_on_other_data_the_snapshots_still_say_whose_they_are(explorer):
    explorer.controls["split"].value = "test"
    explorer.wait()
    names = [name for _, name in explorer.controls["split"].options]
    assert sent_by(explorer)["sources"]["split"] == names.index("train")


def test_at_another_centre_no_snapshot_is_known(explorer):
    assert sent_by(explorer)["curves"]
    explorer.controls["mining_steps"].value = 0
    explorer._conductor._sharing.forget()
    assert explorer._panels.known.snapshots == {}
    assert sent_by(explorer) == {}


if __name__ == "__main__":
    (GOLDEN / "snapshots.json").write_text(as_text(frame()))
