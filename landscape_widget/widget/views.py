"""Our own views in the browser: thin anywidget shells around one bundle, told apart by the trait `view`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

BUNDLE = Path(__file__).parent.parent / "static" / "widget.js"


class _Canvas(anywidget.AnyWidget):
    """A picture on a canvas. `frame` goes to the browser, `ack` comes back once it is drawn."""

    _esm = BUNDLE
    frame = traitlets.Dict().tag(sync=True)  # from frames.py; empty before the first picture
    ack = traitlets.Int(0).tag(sync=True)  # `seq` of the last frame drawn by a view
    error = traitlets.Unicode("").tag(sync=True)  # shown over the picture until it is empty again
    known = traitlets.Unicode("").tag(sync=True)  # reference to a `KnownPlane`, which lets it draw by itself
    width = traitlets.Int(0, min=0).tag(sync=True)  # CSS pixels; 0: as wide as there is room
    height = traitlets.Int(320, min=120).tag(sync=True)  # CSS pixels of the canvas, without the texts

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seq={self.frame.get('seq', 0)})"


class CurveView(_Canvas):
    """A loss curve; frames come from `frames.curve_frame`."""

    view = traitlets.Unicode("curve", read_only=True).tag(sync=True)


class MapView(_Canvas):
    """A loss surface seen from above; frames come from `frames.map_frame`."""

    view = traitlets.Unicode("map", read_only=True).tag(sync=True)


class SurfaceView(_Canvas):
    """A loss surface in 3D by WebGL2; takes the frames of a map, and shows a map where there is no WebGL2."""

    view = traitlets.Unicode("surface", read_only=True).tag(sync=True)
    wireframe = traitlets.Bool(False).tag(sync=True)  # lines of the grid only
    transparent = traitlets.Bool(False).tag(sync=True)
    # Azimuth, elevation, distance, target (3) as js/src/camera.ts has them; empty: as at first. The page sets it.
    camera = traitlets.List(traitlets.Float()).tag(sync=True)
    cut = traitlets.Float(None, allow_none=True).tag(sync=True)  # loss above which walls are cut; None: the frame's
    over = traitlets.Dict().tag(sync=True)  # frame of a second surface in the same picture; empty: none


class HistoryView(_Canvas):
    """What mining has come to, step by step; frames come from `history.history_frame`."""

    view = traitlets.Unicode("history", read_only=True).tag(sync=True)


class _Hidden(anywidget.AnyWidget):
    """Works as soon as its model reaches the browser and is never displayed."""

    _esm = BUNDLE

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class FrameAck(_Hidden):
    """Answers `seq` with `ack` once the browser has drawn: for views that cannot acknowledge (ipyvolume)."""

    view = traitlets.Unicode("ack", read_only=True).tag(sync=True)
    seq = traitlets.Int(0).tag(sync=True)
    ack = traitlets.Int(0).tag(sync=True)


class Ticker(_Hidden):
    """While `is_running`, the page asks by `tick` whether what the kernel writes arrives; see `transport.py`."""

    view = traitlets.Unicode("tick", read_only=True).tag(sync=True)
    is_running = traitlets.Bool(False).tag(sync=True)
    pause_ms = traitlets.Int(1000).tag(sync=True)  # between an answer and the next question
    pulse = traitlets.Int(0).tag(sync=True)  # written by the worker
    tick = traitlets.Tuple((0, 0)).tag(sync=True)  # number of the question, and the pulse that the page has
    answered = traitlets.Int(0).tag(sync=True)  # number of the last question that was answered


class KnownPlane(_Hidden):
    """What is known, for views that name it: frames of `known_frames.known_frame`, `snapshot_frames.snapshots_frame`.

    Its controls are named by reference and not held: a view listens to their models in the browser.
    """

    view = traitlets.Unicode("known", read_only=True).tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    snapshots = traitlets.Dict().tag(sync=True)
    ack = traitlets.Int(0).tag(sync=True)  # `seq` of the last snapshots that a view has
    controls = traitlets.Dict().tag(sync=True)  # name -> reference

    @property
    def reference(self) -> str:
        """What a view's trait `known` is set to."""
        return reference(self)


def reference(widget: Any) -> str:
    """How a widget is named to the browser."""
    return f"IPY_MODEL_{widget.model_id}"


class ContextGuard(_Hidden):
    """Frees the WebGL contexts of ipyvolume's canvases that have left the page; ipyvolume never does."""

    view = traitlets.Unicode("guard", read_only=True).tag(sync=True)
