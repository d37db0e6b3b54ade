"""What the views show: the newest pictures, their common limits, and the frames on their way.

Only the worker calls this, so only one thread writes the traits of the views.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from landscape_widget.widget.frames import curve_frame, map_frame
from landscape_widget.widget.heights import CLIP_CEILINGS
from landscape_widget.widget.history import history_frame
from landscape_widget.widget.limits import LimitsKeeper
from landscape_widget.widget.outlet import Outlet

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CurvePicture:
    """A curve to be drawn.

    Attributes:
        alphas: `[A]`.
        losses: `[A]`.
        texts: Further arguments of `frames.curve_frame`: kind, caption and so on.
    """

    alphas: Array
    losses: Array
    texts: dict[str, Any]


@dataclass(frozen=True, eq=False)
class SurfacePicture:
    """A surface to be drawn, as a map and in 3D.

    Attributes:
        alphas: `[A]`.
        betas: `[B]`.
        losses: `[B, A]`.
        labels: Of both directions.
        texts: Further arguments of `frames.map_frame`.
    """

    alphas: Array
    betas: Array
    losses: Array
    labels: tuple[str, str]
    texts: dict[str, Any]


@dataclass(frozen=True, eq=False)
class HistoryPicture:
    """A run of mining to be drawn.

    Attributes:
        history: Name -> array with one entry a step.
        texts: Further arguments of `history.history_frame`.
    """

    history: Mapping[str, Array]
    texts: dict[str, Any]


class SurfaceView(Protocol):
    """A 3D view."""

    def show(
        self,
        alphas: Array,
        betas: Array,
        losses: Array,
        *,
        limits: tuple[float, float],
        log_height: bool,
        seq: int,
        labels: tuple[str, str],
        texts: Mapping[str, Any],
    ) -> None:
        """Draw all of a picture at once."""

    def choose(self, name: str) -> bool:
        """Draw in this way from now on; whether that is another one."""


class Screen:
    """Curve, map, 3D surface, and what mining has come to.

    Args:
        curve: The view of the curve (it has a trait `frame`).
        flat: The map's view.
        surface: The 3D view; None where there is none.
        history: The view of a run of mining.
        ceiling: A rise in loss that counts as high (walls are cut above four of them); None: unknown.
        on_failure: Called with what a view raised; the others go on.

    Attributes:
        cap: A rise above the lowest loss beyond which a loss axis is cut.
    """

    def __init__(
        self,
        curve: Any,
        flat: Any,
        surface: SurfaceView | None,
        history: Any,
        *,
        ceiling: float | None,
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        self._views = {"curve": curve, "map": flat, "surface": surface, "history": history}
        self._on_failure = on_failure
        self.cap = math.inf if ceiling is None else CLIP_CEILINGS * ceiling
        self._keepers = {"curve": LimitsKeeper(cap=self.cap), "surface": LimitsKeeper(cap=self.cap)}
        self.outlets: dict[str, Outlet[Any]] = {
            "curve": Outlet(self._guarded("curve", self._send_curve)),
            "map": Outlet(self._guarded("map", self._send_map)),
            "surface": Outlet(self._guarded("surface", self._send_surface)),
            "history": Outlet(self._guarded("history", self._send_history)),
        }
        self._curve: CurvePicture | None = None
        self._surface: SurfacePicture | None = None
        self.may_move = True  # false during a drag and with locked axes
        self.is_log = False

    @property
    def curve(self) -> CurvePicture | None:
        """The newest one; None before the first."""
        return self._curve

    @property
    def surface(self) -> SurfacePicture | None:
        """The newest one; None before the first."""
        return self._surface

    def show_curve(self, picture: CurvePicture) -> None:
        """Draw this curve next."""
        self._curve = picture
        self.outlets["curve"].offer(picture)

    def show_surface(self, picture: SurfacePicture) -> None:
        """Draw this surface next, in both views."""
        self._surface = picture
        self.outlets["map"].offer(picture)
        if self._views["surface"] is not None:
            self.outlets["surface"].offer(picture)

    def show_history(self, picture: HistoryPicture) -> None:
        """Draw this run next."""
        self.outlets["history"].offer(picture)

    def again(self) -> None:
        """Draw what is shown once more: limits may move now, or the scale is another."""
        if self._curve is not None:
            self.show_curve(self._curve)
        if self._surface is not None:
            self.show_surface(self._surface)

    def choose_surface_view(self, name: str) -> None:
        """Draw surfaces in this way from now on, the present one too."""
        view: SurfaceView | None = self._views["surface"]
        if view is not None and view.choose(name) and self._surface is not None:
            self.outlets["surface"].offer(self._surface)

    def forget_limits(self) -> None:
        """Fit the axes to the next pictures."""
        for keeper in self._keepers.values():
            keeper.forget()

    @property
    def is_waiting(self) -> bool:
        """Whether a picture has still to be sent."""
        return any(outlet.is_waiting for outlet in self.outlets.values())

    def flush(self) -> float | None:
        """Send what may be sent; after how many seconds to ask again, None when nothing waits."""
        waits = [wait for outlet in self.outlets.values() if (wait := outlet.flush()) is not None]
        return min(waits, default=None)

    def _guarded(self, name: str, send: Callable[[Any, int], None]) -> Callable[[Any, int], None]:
        def guarded(picture: Any, seq: int) -> None:
            try:
                send(picture, seq)
            except Exception as error:
                self._on_failure(name, error)

        return guarded

    def _drawing(self, name: str, losses: Array) -> dict[str, Any]:
        limits = self._keepers[name].limits(losses, may_move=self.may_move, is_log=self.is_log)
        return {"loss_limits": limits.ends, "scale": "log" if self.is_log else "linear"}

    def _send_curve(self, picture: CurvePicture, seq: int) -> None:
        drawing = self._drawing("curve", picture.losses)
        self._views["curve"].frame = curve_frame(
            seq=seq, alphas=picture.alphas, losses=picture.losses, **drawing, **picture.texts
        )

    def _send_map(self, picture: SurfacePicture, seq: int) -> None:
        drawing = self._drawing("surface", picture.losses)
        arrays: dict[str, Any] = {"alphas": picture.alphas, "betas": picture.betas, "losses": picture.losses}
        self._views["map"].frame = map_frame(seq=seq, **arrays, **drawing, **picture.texts)

    def _send_surface(self, picture: SurfacePicture, seq: int) -> None:
        view: SurfaceView = self._views["surface"]
        view.show(
            picture.alphas,
            picture.betas,
            picture.losses,
            limits=self._drawing("surface", picture.losses)["loss_limits"],
            log_height=self.is_log,
            seq=seq,
            labels=picture.labels,
            texts=picture.texts,
        )

    def _send_history(self, picture: HistoryPicture, seq: int) -> None:
        self._views["history"].frame = history_frame(seq=seq, history=picture.history, most=self.cap, **picture.texts)
