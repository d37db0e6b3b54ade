"""What is known, on its way to the browser: interpolants with their axes, as `js/src/known_frames.ts` reads them.

The browser reads any curve and surface off them by itself. Values travel as float64, once: on a log axis the loss
at a trained centre is a ten-thousandth of the walls' and less, and sums of float32 would show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget._checks import as_int, as_number, complaint
from landscape_widget.slices.chebyshev import Interpolant
from landscape_widget.widget.packing import VERSION, Frame, finite_or_none, packed

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Turn:
    """Where the axes of a picture lie in a volume at any mixing angle; see `volumes.Basis`, which computes the same.

    Attributes:
        inner: `[3]`: squares of the lengths of its directions in the metric.
        third: `[3]`: source C in them.
        keeps_length: Whether what is left of C keeps its own length.
    """

    inner: Array
    third: Array
    keeps_length: bool


@dataclass(frozen=True, eq=False)
class KnownPart:
    """One interpolant around the centre.

    Attributes:
        function: Over a line, a plane or a volume.
        error: Expected near the centre, in the unit of the loss.
        is_signed: Whether a loss below 0 was computed; else none is drawn.
        nodes: `[M, K]`: what was computed, in its coordinates.
        turn: Of a volume; of a plane, whether mixing turns pictures inside it (else its axes are the picture's own,
            at one mixing angle only); `False` for a line.
    """

    function: Interpolant
    error: float
    is_signed: bool
    nodes: Array
    turn: Turn | bool


def known_frame(
    *,
    seq: int,
    mixing: float,
    parts: Sequence[KnownPart],
    rise: float | None = None,
    sources: Mapping[str, float] | None = None,
) -> Frame:
    """All that is known about the pictures of one setting.

    Args:
        seq: Number of the frame, at least 1 and growing.
        mixing: The angle in degrees at which parts that do not turn hold.
        parts: In any order; the browser takes the best that covers what is asked.
        rise: Above the lowest loss, beyond which the browser cuts a loss axis; None or infinite: nowhere.
        sources: Name of a control -> what it must say for this to hold; for a menu the place in its list.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for place, part in enumerate(parts):
        arrays[f"values_{place}"] = _values(part)
        arrays[f"nodes_{place}"] = _nodes(part)
    return {
        "version": VERSION,
        "view": "known",
        "seq": as_int("seq", seq, low=1),
        "mixing": as_number("mixing", mixing),
        "rise": finite_or_none(rise),
        "sources": {name: as_number(name, value) for name, value in (sources or {}).items()},
        "parts": [_header(part) for part in parts],
        "arrays": packed(arrays),
    }


def _values(part: KnownPart) -> Array:
    shape = tuple(axis.count for axis in reversed(part.function.axes))
    values = np.ascontiguousarray(part.function.values, dtype="<f8")
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(complaint("values", f"finite and of shape {shape}", f"shape {values.shape}"))
    return values


def _nodes(part: KnownPart) -> NDArray[np.float32]:
    nodes = np.ascontiguousarray(part.nodes, dtype="<f4")
    count = len(part.function.axes)
    if nodes.ndim != 2 or nodes.shape[1] != count:
        raise ValueError(complaint("nodes", f"[M, {count}]", f"shape {nodes.shape}"))
    return nodes


def _header(part: KnownPart) -> Frame:
    axes = [[axis.low, axis.high, axis.count, axis.strength] for axis in part.function.axes]
    turn: Any = part.turn
    if isinstance(turn, Turn):
        told = {"inner": turn.inner.tolist(), "third": turn.third.tolist(), "keeps_length": turn.keeps_length}
        _check_rank("a Turn", len(axes), 3)
        turn = told
    elif turn:
        _check_rank("True", len(axes), 2)
    error = as_number("error", part.error)
    return {"axes": axes, "error": error, "is_signed": bool(part.is_signed), "turn": turn}


def _check_rank(turn: str, count: int, wanted: int) -> None:
    if count != wanted:
        raise ValueError(complaint("turn", f"{turn} only where there are {wanted} axes", f"{count} axes"))
