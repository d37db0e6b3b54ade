"""The 3D view that is chosen, of those there are; each is made when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from numpy.typing import ArrayLike

from landscape_widget.widget.closing import close_all
from landscape_widget.widget.facts import error_text, paragraph
from landscape_widget.widget.webgl_view import WebglSurface

SURFACE_VIEWS = ("webgl", "ipyvolume")


class SurfaceSwitch:
    """Shows surfaces in one of several ways. Display `widget`.

    Attributes:
        widget: Holds the view that is chosen, or why there is none.
        chosen: Its name.
    """

    def __init__(self, chosen: str, height: int, known: str = "") -> None:
        """`height`: of the picture in pixels; `known`: reference to what lets a view draw by itself."""
        self._height, self._known = height, known
        self._views: dict[str, Any] = {}
        self._failures: dict[str, Any] = {}
        self._callbacks: list[Callable[[int], None]] = []
        self.widget = widgets.VBox(layout={"margin": "0", "overflow": "visible"})
        self.chosen = ""
        self.choose(chosen)

    def choose(self, name: str) -> bool:
        """Show this view from now on; whether that is another one."""
        if name == self.chosen:
            return False
        self.chosen = name
        if name not in self._views and name not in self._failures:
            self._make(name)
        view = self._views.get(name)
        self.widget.children = [self._failures[name] if view is None else view.widget]
        return True

    @property
    def view(self) -> Any:
        """The view that is chosen; None where it cannot be had."""
        return self._views.get(self.chosen)

    def show(
        self,
        alphas: ArrayLike,
        betas: ArrayLike,
        losses: ArrayLike,
        *,
        labels: tuple[str, str],
        texts: Mapping[str, Any],
        **drawing: Any,
    ) -> None:
        """Draw a surface; the arguments are those of the views."""
        if isinstance(self.view, WebglSurface):
            self.view.show(alphas, betas, losses, texts=texts, **drawing)
        elif self.view is not None:
            self.view.show(alphas, betas, losses, labels=labels, **drawing)

    def on_drawn(self, callback: Callable[[int], None]) -> None:
        """Call back with the number of each frame that a browser has drawn."""
        self._callbacks.append(callback)
        for view in self._views.values():
            view.on_drawn(callback)

    def close(self) -> None:
        """Close every widget of every view."""
        for view in self._views.values():
            view.close()
        for failure in self._failures.values():
            close_all(failure)
        close_all(self.widget)

    def _make(self, name: str) -> None:
        """The view, or why there is none: the others go on."""
        try:
            view = WebglSurface(self._height, self._known) if name == "webgl" else _ipyvolume(self._height)
        except ImportError as error:
            self._failures[name] = widgets.HTML(paragraph(error_text(error), "alert", role="alert"))
            return
        for callback in self._callbacks:
            view.on_drawn(callback)
        self._views[name] = view


def _ipyvolume(height: int) -> Any:
    """Its libraries take most of a second to import: not before they are wanted."""
    from landscape_widget.widget.ipyvolume_view import IpyvolumeSurface

    return IpyvolumeSurface(height)
