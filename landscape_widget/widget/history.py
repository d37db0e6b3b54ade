"""What mining has come to, step by step, as one small frame; `js/src/history_frames.ts` reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget._checks import as_int, complaint
from landscape_widget.widget.limits import extent, fitted
from landscape_widget.widget.packing import VERSION, Frame, axis_array, loss_ends, packed, value_array

Array = NDArray[np.float64]

LINES = ("plus", "minus", "center", "barrier", "growth")  # as in `MiningResult.history`
MOST_STEPS = 300  # drawn; more would not be seen, and would weigh on every message


def history_frame(
    *,
    seq: int,
    history: Mapping[str, ArrayLike],
    words: Mapping[str, str],
    target: int,
    shown: int,
    snapshots: Sequence[int] = (),
    most: float = math.inf,
) -> Frame:
    """One picture of a run for `HistoryView.frame`.

    Args:
        seq: As in `curve_frame`.
        history: `step [S]` and, by the name of the line, losses `[S]` in nats; NaN where there is none.
        words: Name -> what the line is called; lines that are not named here are left out.
        target: The step that is aimed at.
        shown: The step whose curve is shown.
        snapshots: Steps that can be scrubbed through.
        most: A rise above the lowest value that the axis never exceeds.
    """
    steps = np.asarray(history["step"], dtype=np.float64)
    unknown = [name for name in words if name not in LINES or name not in history]
    if unknown:
        raise ValueError(complaint("words", "of lines of the history: " + ", ".join(LINES), unknown[0]))
    lines = {name: np.asarray(history[name], dtype=np.float64) for name in words}
    kept = {name: line for name, line in lines.items() if np.isfinite(line).any()}
    arrays: dict[str, NDArray[Any]] = {"snapshots": axis_array("snapshots", list(snapshots), at_least=0)}
    for name, line in kept.items():
        places, values = _thinned(steps, line)
        arrays[f"{name}_steps"] = axis_array(f"{name} steps", places)
        arrays[name] = value_array(name, values, places.shape)
    return {
        "view": "history",
        "version": VERSION,
        "seq": as_int("seq", seq, low=1),
        "loss_limits": loss_ends(_ends(list(kept.values()), most), "linear"),
        "target": as_int("target", target, low=1),
        "shown": as_int("shown", shown, low=0),
        "words": {name: words[name] for name in kept},
        "arrays": packed(arrays),
    }


def _thinned(steps: Array, line: Array) -> tuple[Array, Array]:
    """The finite points, the last one included, and so many of them as can be seen."""
    is_finite = np.isfinite(line)
    steps, line = steps[is_finite], line[is_finite]
    stride = math.ceil(steps.size / MOST_STEPS)
    kept = slice((steps.size - 1) % stride, None, stride)
    return steps[kept], line[kept]


def _ends(lines: Sequence[Array], most: float) -> tuple[float, float]:
    ends = extent(np.concatenate([np.empty(0), *lines]))
    if ends is None:
        return (0.0, 1.0)
    low, high = ends
    return fitted(low, min(high, low + most)).ends
