"""A loss surface in our own WebGL2 view: the frames of the map, drawn in 3D by the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from landscape_widget._checks import as_int
from landscape_widget.widget.closing import family
from landscape_widget.widget.frames import map_frame
from landscape_widget.widget.views import SurfaceView


class WebglSurface:
    """The 3D view in WebGL2. Display `widget`; where the browser has no WebGL2, it shows a map and says so."""

    def __init__(self, height: int = 420, known: str = "") -> None:
        """`height`: of the picture in pixels, without its texts; `known`: reference to a `KnownPlane`, or empty."""
        self.widget = SurfaceView(height=as_int("height", height, low=160), known=known)

    def show(
        self,
        alphas: ArrayLike,
        betas: ArrayLike,
        losses: ArrayLike,
        *,
        limits: tuple[float, float],
        log_height: bool = False,
        seq: int = 1,
        texts: Mapping[str, Any] | None = None,
    ) -> None:
        """Draw a surface; the camera stays where it is.

        Args:
            alphas: `[A]`, increasing.
            betas: `[B]`, increasing.
            losses: `[B, A]`; NaN and inf become holes.
            limits: Of the loss axis and of the colours; above 0 with `log_height`.
            log_height: Whether heights and colours are logarithmic.
            seq: Number of the frame, at least 1 and growing.
            texts: Further arguments of `frames.map_frame`.
        """
        scale = "log" if log_height else "linear"
        arrays: dict[str, Any] = {"alphas": alphas, "betas": betas, "losses": losses}
        self.widget.frame = map_frame(seq=seq, **arrays, loss_limits=limits, scale=scale, **(texts or {}))

    def on_drawn(self, callback: Callable[[int], None]) -> None:
        """Call back with the number of each frame that a browser has drawn."""
        self.widget.observe(lambda change: callback(change["new"]), names=["ack"])

    def ready(self, seq: int) -> bool:
        """Whether a browser has drawn frame `seq` or a later one."""
        return bool(self.widget.ack >= seq)

    def close(self) -> None:
        """Close the widget and its layout."""
        for widget in family(self.widget):
            widget.close()

    def __repr__(self) -> str:
        return f"WebglSurface(seq={self.widget.frame.get('seq', 0)})"
