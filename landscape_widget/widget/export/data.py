"""What the script of a page reads: the frames of a notebook, their bytes as base64; `js/src/page_data.ts` reads it."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np

from landscape_widget.widget.export.exhibit import Exhibit
from landscape_widget.widget.frames import ASKED, curve_frame, map_frame
from landscape_widget.widget.limits import LimitsKeeper, extent
from landscape_widget.widget.packing import VERSION, Frame, packed
from landscape_widget.widget.screen import CurvePicture, SurfacePicture

Axis = dict[str, list[float] | None]
_UNSAID = {"caption", "progress"}  # the page says it itself, or has no use for it


def page_data(exhibit: Exhibit) -> Frame:
    """Frames, the ends of their axes on both scales, and what is known of their plane."""
    frames: dict[str, Frame] = {}
    axes: dict[str, Axis] = {}
    asked = {name: getattr(exhibit.settings, name) for name in ASKED}
    for name, pair in (("curve", exhibit.curve), ("map", exhibit.surface)):
        if pair is not None:
            axes[name] = _axis(pair[0], exhibit.cap)
            frames[name] = _frame(pair[0], axes[name], asked)
    if exhibit.history:
        frames["history"] = exhibit.history
    return {
        "version": VERSION,
        "frames": {name: _in_text(frame) for name, frame in frames.items()},
        "axes": axes,
        "known": _in_text(_slim(exhibit.known)),
        "is_log": exhibit.settings.log_height,
    }


def _slim(known: Frame) -> Frame:
    """Without source menus, which a page has not; and of a volume only the points that a curve can meet.

    Curves run in the plane of its first two axes; 4 913 points of three numbers would be a third of the page.
    """
    if not known:
        return {}
    arrays = dict(known["arrays"])
    for place, part in enumerate(known["parts"]):
        name = f"nodes_{place}"
        if len(part["axes"]) == 3:
            nodes = np.frombuffer(arrays[name]["data"], dtype="<f4").reshape(-1, 3)
            arrays |= packed({name: nodes[nodes[:, 2] == 0]})
    return {**known, "sources": {}, "arrays": arrays}


def _axis(picture: CurvePicture | SurfacePicture, cap: float) -> Axis:
    has_log = extent(picture.losses, positive=True) is not None
    linear, log = (
        LimitsKeeper(cap=cap).limits(picture.losses, may_move=True, is_log=is_log) for is_log in (False, True)
    )
    return {"linear": list(linear.ends), "log": list(log.ends) if has_log else None}


def _frame(picture: CurvePicture | SurfacePicture, axis: Axis, asked: dict[str, float]) -> Frame:
    texts: dict[str, Any] = {name: text for name, text in picture.texts.items() if name not in _UNSAID}
    drawing: dict[str, Any] = {"seq": 1, "losses": picture.losses, "loss_limits": axis["linear"]}
    shared = {"asked": asked, **texts, **drawing}
    if isinstance(picture, CurvePicture):
        return curve_frame(alphas=picture.alphas, **shared)
    return map_frame(alphas=picture.alphas, betas=picture.betas, **shared)


def _in_text(frame: Frame) -> Frame:
    """The same frame, the bytes of its arrays as base64."""
    if "arrays" not in frame:
        return frame
    arrays = {
        name: {**array, "data": b64encode(array["data"]).decode("ascii")} for name, array in frame["arrays"].items()
    }
    return {**frame, "arrays": arrays}


def script_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that may stand inside `<script>`: nothing in it can end the element, nor is there a NaN."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(_plain(value), indent=indent, separators=separators, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _plain(value: Any) -> Any:
    """What JSON can say; all else as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else str(value)
