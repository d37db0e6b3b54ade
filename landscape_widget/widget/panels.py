"""The three views of an explorer, those of them that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import Widget

from landscape_widget._checks import complaint
from landscape_widget.widget.closing import close_all, family
from landscape_widget.widget.outlet import Outlet
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.surface_switch import SurfaceSwitch
from landscape_widget.widget.views import CurveView, HistoryView, KnownPlane, MapView, Ticker

PANELS = ("curve", "map", "surface")
LEAST_CANVAS = 160  # pixels
HISTORY_HEIGHT = 132  # pixels
# Of the height of all views; beside the curve and the map stand the surface and the texts.
SHARES = {"curve": 0.47, "map": 0.52, "surface": 0.82}


def checked_panels(panels: object) -> tuple[str, ...]:
    """Names of panels in their own order.

    Raises:
        TypeError: If that is no sequence of names.
        ValueError: If a name is unknown, or there is none.
    """
    if isinstance(panels, str) or not isinstance(panels, Sequence):
        raise TypeError(complaint("panels", "a tuple of names", panels, "Write ('curve', 'map', 'surface')."))
    unknown = [name for name in panels if name not in PANELS]
    if unknown or not panels:
        raise ValueError(complaint("panels", "one or more of 'curve', 'map', 'surface'", tuple(panels)))
    return tuple(name for name in PANELS if name in panels)


class Panels:
    """Makes and closes the views.

    Attributes:
        shown: Name -> what is displayed.
        history: The view of a run of mining.
        known: What lets the views draw by themselves.
        ticker: What the page asks through, whether pictures arrive.
        surface: The 3D view; None where it is not wanted.
    """

    def __init__(self, wanted: tuple[str, ...], height: int, surface_view: str) -> None:
        """`height`: of the views together, in pixels; `surface_view`: the 3D view to begin with."""
        heights = _heights(wanted, height)
        self.curve = CurveView(height=heights["curve"])
        self.flat = MapView(height=heights["map"])
        self.history = HistoryView(height=HISTORY_HEIGHT)
        self.known, self.ticker = KnownPlane(), Ticker()
        self.curve.known = self.flat.known = self.known.reference
        self.surface: SurfaceSwitch | None = None
        self.shown: dict[str, Any] = {}
        for name, view in (("curve", self.curve), ("map", self.flat)):
            if name in wanted:
                self.shown[name] = view
        if "surface" in wanted:
            self.surface = SurfaceSwitch(surface_view, heights["surface"], self.known.reference)
            self.shown["surface"] = self.surface.widget

    def screen(self, ceiling: float | None, on_failure: Callable[[str, Exception], None]) -> Screen:
        """What sends frames to these views."""
        return Screen(self.curve, self.flat, self.surface, self.history, ceiling=ceiling, on_failure=on_failure)

    @property
    def shown_history(self) -> dict[str, Any]:
        """The frame of the run of mining that is shown; empty where none is."""
        return {} if self.history.layout.display == "none" else dict(self.history.frame)

    def tell_drawn(self, screen: Screen, wake: Callable[[], None]) -> None:
        """Open the screen's outlets as the views acknowledge frames; `wake` is called each time."""
        views = {"curve": self.curve, "map": self.flat, "history": self.history, "snapshots": self.known}
        for name, view in views.items():
            on_drawn = _opener(screen.outlets[name], wake)
            view.observe(lambda change, on_drawn=on_drawn: on_drawn(change["new"]), names=["ack"])
        if self.surface is not None:
            self.surface.on_drawn(_opener(screen.outlets["surface"], wake))

    @property
    def widgets(self) -> list[Widget]:
        """All that the views consist of."""
        return family(*self._views, *([] if self.surface is None else [self.surface.widget]))

    @property
    def _views(self) -> tuple[Widget, ...]:
        return (self.curve, self.flat, self.history, self.known, self.ticker)

    def close(self) -> None:
        """Close what is not displayed, and so not closed with the explorer."""
        if self.surface is not None:
            self.surface.close()
        close_all(*self._views)


def _opener(outlet: Outlet[Any], wake: Callable[[], None]) -> Callable[[int], None]:
    def on_drawn(seq: int) -> None:
        outlet.acknowledge(seq)
        wake()

    return on_drawn


def _heights(wanted: tuple[str, ...], height: int) -> dict[str, int]:
    """Canvas heights in pixels: curve and map share a column, beside the surface and its texts."""
    shares = dict(SHARES)
    if not {"curve", "map"}.issubset(wanted):
        shares["curve"] = shares["map"] = SHARES["surface"]
    return {name: max(LEAST_CANVAS, round(share * height)) for name, share in shares.items()}
