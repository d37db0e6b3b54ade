"""The widget: live curve, map and surface of a landscape, and the controls that redraw them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakMethod

import ipywidgets as widgets
from IPython.display import display

from landscape_widget._checks import as_choice, as_int, as_number, complaint
from landscape_widget.directions.factory import Directions
from landscape_widget.directions.mixing import Axes
from landscape_widget.mining.result import MiningResult
from landscape_widget.page_file import page_path, write_page
from landscape_widget.recipes import RECIPES
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slicing import Slicer
from landscape_widget.widget.board import Board
from landscape_widget.widget.closing import close_all, family
from landscape_widget.widget.colab import prepare_colab
from landscape_widget.widget.conductor import Conductor, Host
from landscape_widget.widget.controls import Controls, Menus
from landscape_widget.widget.export.bundle import hiding_style, snapshot, with_picture
from landscape_widget.widget.export.exhibit import Exhibit
from landscape_widget.widget.export.page import page
from landscape_widget.widget.export.showing import exhibit_of
from landscape_widget.widget.facts import error_text
from landscape_widget.widget.layout import arranged
from landscape_widget.widget.panels import PANELS, Panels, checked_panels
from landscape_widget.widget.reruns import around_each_cell, note_made, running_cell
from landscape_widget.widget.settings import NO_BATCHNORM, NONE, Settings, as_mixing
from landscape_widget.widget.sharing import Sharing
from landscape_widget.widget.sources import LETTERS, Sources
from landscape_widget.widget.surface_switch import SURFACE_VIEWS
from landscape_widget.widget.views import ContextGuard

LEAST_HEIGHT = 320  # pixels; below that curve and map have no room for their axes


class ExploredLandscape(Host, Protocol):
    """A landscape, as far as the explorer needs it."""

    directions: Directions

    @property
    def ceiling(self) -> float | None:
        """A rise in loss that counts as high."""


class Explorer(widgets.VBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """Curve, map and surface with their controls; made by `landscape.explore()`.

    The controls are plain ipywidgets; setting one from Python has the same effect as moving it, and `wait()`
    returns when the pictures match. While `mining_steps` is above 0 the mined direction takes the place of
    source A, those of a plane the places of A and C: mining begins unmixed and at the kind's own span, and mixing
    turns what is mined towards B. A recipe's directions become the sources A and C themselves.
    Running its cell again closes an explorer as soon as no view of it is left.

    Attributes:
        controls: Name -> widget.
    """

    def __init__(
        self,
        landscape: ExploredLandscape,
        *,
        slicer: Slicer,
        a: object = None,
        b: object = None,
        c: object = None,
        mixing: float = 0.0,
        span: float | None = None,
        surface_view: str | None = None,
        panels: Sequence[str] = PANELS,
        height: int = 420,
        prefetch: bool = True,
    ) -> None:
        """Arguments as in `Landscape.explore`."""
        wanted = checked_panels(panels)
        pixels = as_int("height", height, low=LEAST_HEIGHT)
        if not isinstance(prefetch, bool):
            raise TypeError(complaint("prefetch", "True or False", prefetch))
        sources = Sources(landscape.directions)
        start = _start(landscape, sources, (a, b, c), mixing, span, surface_view)
        controls = Controls(start, _menus(landscape, slicer, sources))
        self.controls: dict[str, Any] = controls.widgets
        self._board, self._panels = Board(), Panels(wanted, pixels, start.surface_view)
        screen = self._panels.screen(landscape.ceiling, self._on_view_failure)
        sharing = Sharing(self._panels.known, self.controls, screen.cap)
        screen.outlets["snapshots"] = sharing.outlet
        self._conductor = Conductor(
            landscape,
            slicer,
            sources,
            controls,
            screen,
            self._board,
            wanted,
            history=self._panels.history,
            sharing=sharing,
            ticker=self._panels.ticker,
            prefetch=prefetch,
        )
        children = arranged(self.controls, self._board, self._panels.shown, self._panels.history)
        super().__init__(children, layout=widgets.Layout(width="100%", overflow="visible"))
        self.add_class("lw-explorer")
        children[0].value += hiding_style(self.model_id)
        self.controls["recenter"].layout.display = "none"
        self._wanted = wanted
        self._begin(screen)

    def _begin(self, screen: Any) -> None:
        self._screen = screen
        self._is_superseded = self._is_over = False
        self._panels.tell_drawn(screen, self._conductor.worker.wake)
        self._conductor.transport.follow({*family(self), *self._panels.widgets} - {self._panels.ticker})
        self._end_watching_cells = around_each_cell(_weakly(self._on_cell_begun), _weakly(self._on_cell_ended))
        self._conductor.pause("a cell runs", running_cell() is not None)
        self._view_count = 0  # from now on the page counts them
        self.observe(self._close_if_unseen, names=["_view_count"])
        context_guard()
        prepare_colab()
        note_made(self, running_cell())
        self._conductor.begin()

    def __repr__(self) -> str:
        names = ", ".join(f"{letter}={self.controls[letter].value!r}" for letter in LETTERS)
        return f"Explorer({names})"

    @property
    def curve(self) -> Curve | None:
        """The curve that is shown now, on all data; None before the first."""
        return self._conductor.painter.curve

    @property
    def surface(self) -> Surface | None:
        """The surface that is shown now, on all data; None before the first."""
        return self._conductor.painter.surface

    @property
    def axes(self) -> Axes | None:
        """The directions of both, `d1` and `d2`; None before the first picture."""
        return self._conductor.painter.axes

    @property
    def mined(self) -> MiningResult | None:
        """The mining run that is shown; None where nothing is mined or it is still at work.

        After a cancel it is confirmed when first asked for, which computes two curves.
        """
        return self._conductor.mined

    @property
    def state(self) -> dict[str, Any]:
        """What the controls say: plain values, for `load_state`."""
        return self._conductor.settings.as_dict()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Set the controls that `state` names, all at once.

        Raises:
            TypeError, ValueError: If a name or a value makes no sense; then nothing is set.
        """
        self._conductor.load(state)

    def reset(self) -> None:
        """Set all controls as they were at first."""
        self._conductor.reset()

    def code(self) -> str:
        """The Python that makes this picture again, given `landscape`."""
        return self._conductor.code()

    def export(self, path: str | os.PathLike[str], *, title: str = "") -> Path:
        """Write one page of HTML with what is shown now; its sliders need no kernel and no network.

        Nothing is computed: sliders go as far as is known by now. That is further once fetching ahead has ended.

        Args:
            path: The file, ending in .html; an existing one is replaced.
            title: The page's heading; default what the picture is of.

        Returns:
            The path of the file.

        Raises:
            RuntimeError: Nothing is shown yet.
            TypeError, ValueError: The path is none, or does not end in .html.
            FileNotFoundError, IsADirectoryError: There is no such folder, or the path is one.
        """
        target = page_path(path)
        return write_page(target, page(self.exhibit(), title))

    def snapshot(self) -> None:
        """Leave what is shown now as a static output of the cell: a picture with its caption, and a summary in words.

        Raises:
            RuntimeError: Nothing is shown yet.
        """
        snapshot(self.exhibit(), display)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return with_picture(super()._repr_mimebundle_(**kwargs), self, display)

    @property
    def has_picture(self) -> bool:
        """Whether a curve or a surface is shown by now."""
        return self.curve is not None or self.surface is not None

    @property
    def is_busy(self) -> bool:
        """Whether the picture is still being worked at."""
        return self._conductor.worker.is_busy

    def exhibit(self) -> Exhibit:
        """What is shown now, for a page or a still picture; raises a RuntimeError where that is nothing."""
        painter = self._conductor.painter
        return exhibit_of(
            self._conductor.settings,
            self._screen,
            {"curve": painter.curve, "surface": painter.surface},
            self._wanted,
            known=self._panels.known.frame,
            history=self._panels.shown_history,
            controls=self.controls,
            code=self.code(),
            note=painter.note,
            is_busy=self.is_busy,
        )

    def wait(self, timeout: float = 60) -> None:
        """Return when curve, map, surface and any mining asked for match the controls; needs no browser.

        They do at their resolution and within their tolerance. What is fetched ahead is not waited for.

        Raises:
            TimeoutError: If that takes longer than `timeout` seconds.
            Exception: What the worker has raised.
        """
        self._conductor.wait(timeout)

    def close(self) -> None:
        """Stop the worker and close every widget of the explorer."""
        if getattr(self, "_is_over", True):
            return
        self._is_over = True
        self._end_watching_cells()
        self._conductor.worker.close()
        close_all(self)
        self._panels.close()

    def supersede(self) -> None:
        """Its cell has made another explorer: close as soon as no view is left. Told by `reruns`."""
        self._is_superseded = True
        self._close_if_unseen()

    def _on_cell_begun(self) -> None:
        self._conductor.pause("a cell runs", True)

    def _on_cell_ended(self) -> None:
        self._conductor.pause("a cell runs", False)
        self._conductor.look_at_model()

    def _close_if_unseen(self, _: object = None) -> None:
        was_seen = self._view_count == 0 and self._has_been_seen
        self._has_been_seen = self._has_been_seen or bool(self._view_count)
        self._conductor.pause("out of view", was_seen)
        if self._is_superseded and was_seen:
            self.close()

    _has_been_seen = False

    def _on_view_failure(self, name: str, error: Exception) -> None:
        self._board.tell_view_error(f"The {name} cannot be drawn, the other views go on. {error_text(error)}")


@cache
def context_guard() -> ContextGuard:
    """The one in this kernel."""
    return ContextGuard()


def _weakly(method: Any) -> Any:
    """A method that keeps nothing alive; does nothing once its object is gone."""
    reference = WeakMethod(method)

    def call() -> None:
        if (alive := reference()) is not None:
            alive()

    return call


def _start(
    landscape: ExploredLandscape,
    sources: Sources,
    given: tuple[object, object, object],
    mixing: float,
    span: float | None,
    surface_view: str | None,
) -> Settings:
    names: dict[str, Any] = {
        letter: sources.take(letter, source) for letter, source in zip(LETTERS, given, strict=True)
    }
    view = SURFACE_VIEWS[0] if surface_view is None else as_choice("surface_view", surface_view, SURFACE_VIEWS)
    mode = landscape.batchnorm or NO_BATCHNORM
    start = Settings(**names, mixing=as_mixing(mixing), batchnorm=mode, surface_view=view)
    remedy = "The sliders span (-h, h); landscape.curve(d, span=(lo, hi)) takes an interval."
    scale = sources.reach(start.a) if span is None else as_number("span", span, above=0, remedy=remedy)
    return replace(start, scale=scale)


def _menus(landscape: ExploredLandscape, slicer: Slicer, sources: Sources) -> Menus:
    modes = [("recalibrate", "recalibrate"), ("frozen", "frozen")]
    return {
        **{letter: sources.options(letter) for letter in LETTERS},
        "recipe": [(NONE, NONE), *((name, name) for name in RECIPES)],
        "split": [(name, name) for name in slicer.engine.objective.splits],
        "batchnorm": modes if landscape.batchnorm else [("none in the model", NO_BATCHNORM)],
        "surface_view": [(name, name) for name in SURFACE_VIEWS],
    }
