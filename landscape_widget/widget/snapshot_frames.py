"""Curves of a run's snapshots, on their way to the browser, as `js/src/scrub.ts` reads them.

With them the slider of mining steps is followed without the kernel. They travel together and once: a snapshot has a
few dozen points, and its vectors stay here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landscape_widget._checks import as_int, as_number
from landscape_widget.slices.curve import Curve
from landscape_widget.widget.frames import curve_frame
from landscape_widget.widget.limits import extent, fitted
from landscape_widget.widget.packing import VERSION, Frame, finite_or_none
from landscape_widget.widget.pictures import of_curve

MOST_SNAPSHOTS, MOST_BYTES = 40, 256 * 1024  # in one frame; of their arrays


def snapshots_frame(
    *, seq: int, curves: Mapping[int, Curve], sources: Mapping[str, float], rise: float | None = None
) -> Frame:
    """The curves that a run has come through, each with its step and its kind.

    Args:
        seq: Number of the frame, at least 1 and growing.
        curves: Step -> the curve after it, in order. Where they are too many or too large every other one is left
            out, and again, but not the last; those without a finite loss are left out too.
        sources: Name of a control -> what it must say for a step to mean these; for a menu the place in its list.
        rise: As in `known_frames.known_frame`.
    """
    drawable = [step for step, curve in curves.items() if extent(curve.losses) is not None]
    frames = [_curve(seq, step, curves[step]) for step in _thinned(drawable, MOST_SNAPSHOTS)]
    while len(frames) > 1 and sum(map(_num_bytes, frames)) > MOST_BYTES:
        frames = _thinned(frames, len(frames) - 1)
    return {
        "version": VERSION,
        "view": "snapshots",
        "seq": as_int("seq", seq, low=1),
        "rise": finite_or_none(rise),
        "sources": {name: as_number(name, value) for name, value in sources.items()},
        "curves": frames,
    }


def _thinned(items: list[Any], most: int) -> list[Any]:
    while len(items) > most:
        items = [*items[:-1:2], items[-1]]
    return items


def _curve(seq: int, step: int, curve: Curve) -> Frame:
    picture = of_curve(curve)
    low, high = extent(picture.losses) or (0.0, 1.0)
    asked = {"mixing": 0.0, "scale": curve.span[1], "resolution": 0.0, "step": step}
    return curve_frame(
        seq=seq,
        alphas=picture.alphas,
        losses=picture.losses,
        loss_limits=fitted(low, high).ends,
        asked=asked,
        **picture.texts,
    )


def _num_bytes(curve: Frame) -> int:
    return sum(len(array["data"]) for array in curve["arrays"].values())
