"""The three views of an explorer, those of them that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from landscape_widget._checks import complaint
from landscape_widget.widget.closing import close_all
from landscape_widget.widget.facts import error_text, paragraph
from landscape_widget.widget.ipyvolume_view import IpyvolumeSurface
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.views import CurveView, HistoryView, MapView

PANELS = ("curve", "map", "surface")
LEAST_CANVAS = 160  # pixels
HISTORY_HEIGHT = 132  # pixels
# Of the height of all views; the texts of curve and map make the column a little higher than the surface.
SHARES = {"curve": 0.38, "map": 0.5, "surface": 0.82}


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
        surface: The 3D view; None where it is not wanted, or ipyvolume is missing.
    """

    def __init__(self, wanted: tuple[str, ...], height: int) -> None:
        """`height`: of the views together, in pixels."""
        heights = _heights(wanted, height)
        self.curve = CurveView(height=heights["curve"])
        self.flat = MapView(height=heights["map"])
        self.history = HistoryView(height=HISTORY_HEIGHT)
        self.surface: IpyvolumeSurface | None = None
        self.shown: dict[str, Any] = {}
        for name, view in (("curve", self.curve), ("map", self.flat)):
            if name in wanted:
                self.shown[name] = view
        if "surface" in wanted:
            self.shown["surface"] = self._made_surface(heights["surface"])

    def _made_surface(self, height: int) -> Any:
        """The 3D view, or why there is none: the others go on."""
        try:
            self.surface = IpyvolumeSurface(height)
        except ImportError as error:
            return widgets.HTML(paragraph(error_text(error), "alert", role="alert"))
        return self.surface.widget

    def screen(self, ceiling: float | None, on_failure: Callable[[str, Exception], None]) -> Screen:
        """What sends frames to these views."""
        return Screen(self.curve, self.flat, self.surface, self.history, ceiling=ceiling, on_failure=on_failure)

    def tell_drawn(self, screen: Screen, wake: Callable[[], None]) -> None:
        """Open the screen's outlets as the views acknowledge frames; `wake` is called each time."""
        sources = {"curve": self.curve, "map": self.flat, "history": self.history}
        if self.surface is not None:
            sources["surface"] = self.surface._ack  # hidden: it acknowledges for ipyvolume
        for name, source in sources.items():
            outlet = screen.outlets[name]

            def on_ack(change: Any, outlet: Any = outlet) -> None:
                outlet.acknowledge(change["new"])
                wake()

            source.observe(on_ack, names=["ack"])

    def close(self) -> None:
        """Close what is not displayed, and so not closed with the explorer."""
        if self.surface is not None:
            self.surface.close()
        for view in (self.curve, self.flat, self.history):
            close_all(view)


def _heights(wanted: tuple[str, ...], height: int) -> dict[str, int]:
    """Canvas heights in pixels: curve and map share a column, beside the surface and its texts."""
    shares = dict(SHARES)
    if not {"curve", "map"}.issubset(wanted):
        shares["curve"] = shares["map"] = SHARES["surface"]
    return {name: max(LEAST_CANVAS, round(share * height)) for name, share in shares.items()}
