"""From settings to pictures: what is known is drawn at once, the rest computed in passes from coarse to fine."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.directions.direction import Direction
from landscape_widget.directions.mixing import Axes
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.display import uniform_axis
from landscape_widget.slices.surface import Surface
from landscape_widget.slicing import Slicer
from landscape_widget.widget import pictures
from landscape_widget.widget.ahead import Ahead, Steps
from landscape_widget.widget.atlas import Chart
from landscape_widget.widget.closeup import Closeup, as_shown
from landscape_widget.widget.frames import ASKED
from landscape_widget.widget.grids import Grid
from landscape_widget.widget.known import num_missing
from landscape_widget.widget.landmarks import Landmarks
from landscape_widget.widget.making import CURVE_POINTS, Maker
from landscape_widget.widget.mines import Mines
from landscape_widget.widget.pace import Pace
from landscape_widget.widget.points import CENTER, Pass, Points, Watch, nothing, recall_center
from landscape_widget.widget.preview import Preview
from landscape_widget.widget.refining import PARTIAL_SECONDS, Easel, Refiner, now_and_then
from landscape_widget.widget.scene import Scene, Scenes
from landscape_widget.widget.screen import CurvePicture, Screen, SurfacePicture
from landscape_widget.widget.settings import Settings
from landscape_widget.widget.sources import Sources
from landscape_widget.widget.subjects import Subject, curve_of, surface_of

Array = NDArray[np.float64]

FIRM_SECONDS = 0.5  # a coarse pass that takes less always finishes
# A slower one finishes only now and then: else a drag would drop it at every move and draw nothing until it ends.
LATE_SECONDS, PATIENT_SECONDS = 1.0, 1.5  # when nothing was drawn for so long, and it takes no longer than that
PREVIEW_SECONDS = 2.0  # one that takes more is preceded by a preview
# What is known within such an error is drawn at once; and a coarse pass would hardly be better.
WORTHLESS, DRAWABLE = 1.0, 0.25
BendOf = Callable[[Curve, Direction], Mapping[str, Any] | None]


class Painter:
    """Serves requests: computes what they ask for and has it shown, coarse first.

    Args:
        slicer: Computes, and builds slices.
        sources: Of directions.
        mines: Of mined directions.
        screen: Shows.
        should_stop: Asked inside a point, whether it may be dropped.
        spare_should_stop: Asked inside a point that is fetched ahead, whether it has to wait.
        panels: Which of curve, map and surface are wanted.
        bend_of: What gradient and Hessian predict of a curve, None where nothing is known.

    Attributes:
        axes: Of the newest picture.
        curve: The newest one on all data.
        surface: The same.
        pace: How far the request at hand has come.
        ahead: What is fetched ahead.
        note: What the caption has to say besides.
        tells_surfaces: Whether the kinds of surfaces are told; not during a drag, which they would slow down.
    """

    def __init__(
        self,
        slicer: Slicer,
        sources: Sources,
        mines: Mines,
        screen: Screen,
        *,
        should_stop: Callable[[], bool],
        spare_should_stop: Callable[[], bool],
        panels: tuple[str, ...],
        bend_of: BendOf = lambda _curve, _direction: None,
    ) -> None:
        self._engine, self._mines, self._screen = slicer.engine, mines, screen
        self._bend_of = bend_of
        self.scenes = Scenes(sources, mines)
        self.pace, self.note, self.tells_surfaces = Pace("points"), "", True
        self._points = Points(slicer.engine, should_stop, self.pace)
        self._maker = Maker(slicer)
        self._refiner = Refiner(self._points, Easel(self._show, self._show_partial_grid), slicer.ceiling)
        self._landmarks = Landmarks(slicer.engine, sources, should_stop)
        self.ahead = Ahead(self._points, self.scenes, slicer.ceiling, spare_should_stop)
        # The curve first: it needs fewer points.
        self._makers = [curve_of] if "curve" in panels else []
        self._makers += [] if {"map", "surface"}.isdisjoint(panels) else [surface_of]
        self.axes: Axes | None = None
        self.curve: Curve | None = None
        self.surface: Surface | None = None
        self._drawn_at = {"curve": 0.0, "surface": 0.0}
        self._asked: dict[str, float] = {}
        self._scene: Scene | None = None
        self._shown: SurfacePicture | None = None

    def forget(self) -> None:
        """The centre is another: nothing that was computed holds any more."""
        self.scenes.forget()
        self._landmarks.forget()

    def fetch_ahead(self, settings: Settings, most: float) -> Steps:
        """What the sliders may ask for next; `most` is the largest span."""
        if surface_of in self._makers:
            yield from self.ahead.fetch(self.scenes.scene(settings), most)

    def serve(self, settings: Settings) -> Pass:
        """Compute and show what the settings ask for; yields whether the next point may be dropped."""
        self._scene = scene = self.scenes.scene(settings)
        step = {"step": scene.snapshot.step} if scene.snapshot else {}
        self.axes, self._asked = scene.axes, {**{name: getattr(settings, name) for name in ASKED}, **step}
        recall_center(scene.chart, scene.center)  # so that it is not counted as missing
        is_mining = self._mines.is_mining  # then the rest of the time belongs to it
        subjects = [make(scene, self._maker) for make in self._makers]
        if is_mining:
            subjects = [subject for subject in subjects if not self._show_mined(subject)]
        unknown = [subject for subject in subjects if not self._show_known(subject)]
        self.pace.begin(_num_missing(scene, unknown))
        seconds = yield from self._predicted(scene, unknown)
        if is_mining and seconds > FIRM_SECONDS:
            unknown = [subject for subject in unknown if subject.name == "curve"]
        if seconds > PREVIEW_SECONDS:
            yield from self._preview(scene, unknown)
        for subject in unknown:
            may_drop, watch = not self._is_firm(subject), self._watcher(subject)
            yield from self._refiner.draw_coarse(subject, may_drop=may_drop, watch=watch)
        self.note = ""
        for subject in [] if is_mining else subjects:
            if not subject.is_fine() or subject in unknown:
                yield from self._refiner.refine(subject)
        for subject in subjects if settings.log_height and not is_mining else []:
            yield from self._refiner.refine_closeup(subject)
            self.note = Closeup.of(subject).note
        if surface_of in self._makers and not is_mining:
            yield from self._mark(scene)

    def _mark(self, scene: Scene) -> Pass:
        """Show other models on the map, with their own losses."""
        has_news = False
        for may_drop in self._landmarks.learn(scene):
            has_news = True
            yield may_drop
        if has_news and self._shown is not None:
            self._show_surface(self._shown)

    def _show_known(self, subject: Subject) -> bool:
        """Draw what can be read off what is known; whether that is good enough to begin with."""
        drawn = as_shown(subject)
        needs_grid = bool(subject.scene.chart.reason(subject.search_key)) and not subject.is_fine()
        if drawn is None or needs_grid or drawn.expected_error > WORTHLESS:
            return False
        self._show(drawn, subject.is_fine())
        return drawn.expected_error <= DRAWABLE

    def _show_mined(self, subject: Subject) -> bool:
        """Draw the curve that the miner has computed anyway."""
        curve = subject.scene.curve_of_snapshot
        if subject.name != "curve" or curve is None:
            return False
        self._show(curve, True)
        return True

    def _predicted(self, scene: Scene, subjects: list[Subject]) -> Generator[bool, None, float]:
        """Seconds that the coarse passes will take; the first point ever is computed to know it."""
        if subjects and self._engine.seconds_per_point is None:
            yield from self._points.learn(scene, CENTER, may_drop=True)
        return self._points.seconds_each * _num_missing(scene, subjects)

    def _is_firm(self, subject: Subject) -> bool:
        """Whether a coarse pass is to be finished although newer requests may come."""
        seconds = self._points.seconds_each * _num_missing(subject.scene, [subject])
        is_late = time.monotonic() - self._drawn_at[subject.name] > LATE_SECONDS
        return seconds < FIRM_SECONDS or (is_late and seconds < PATIENT_SECONDS)

    def _preview(self, scene: Scene, subjects: list[Subject]) -> Pass:
        """The coarse passes on part of the data."""
        preview = Preview.of(self._engine.objective, scene.settings.split)
        if preview is None:
            return
        part = replace(scene, units=preview.units, chart=Chart(), center=Chart())
        seconds = preview.share * self._points.seconds_each * _num_missing(part, subjects)
        for subject in subjects:
            yield from self._points.learn(part, subject.coarse_coords, may_drop=seconds > FIRM_SECONDS)
            self._show_preview(subject, part, preview.caption)

    def _show_preview(self, subject: Subject, part: Scene, caption: str) -> None:
        source = self._refiner.coarse_source(subject, part)
        if source is None:
            return
        points = CURVE_POINTS if subject.name == "curve" else part.settings.resolution
        axes = [uniform_axis(-part.span, part.span, points)] * len(subject.turn)
        losses = source.losses(subject.turn, axes)
        if subject.name == "curve":
            self._show_curve(pictures.preview_curve(axes[0], losses, part.labels[0], caption))
        else:
            self._show_surface(pictures.preview_surface(axes[0], losses, part.labels, caption))

    def _show(self, drawn: Curve | Surface, is_whole: bool) -> None:
        share = None if is_whole else self.pace.share or 0.0
        if isinstance(drawn, Curve):
            self.curve, self._drawn_at["curve"] = drawn, time.monotonic()
            bend = None if self.axes is None else self._bend_of(drawn, self.axes.d1)
            self._show_curve(_finished(pictures.of_curve(drawn, bend), share))
        else:
            self.surface, self._drawn_at["surface"] = drawn, time.monotonic()
            has_kind = is_whole and self.tells_surfaces
            self._show_surface(_finished(pictures.of_surface(drawn, has_kind=has_kind), share))

    def _show_curve(self, picture: CurvePicture) -> None:
        self._screen.show_curve(replace(picture, texts={**picture.texts, "asked": self._asked}))

    def _show_surface(self, picture: SurfacePicture) -> None:
        self._shown = picture
        tracks = [] if self._scene is None else self._landmarks.tracks(self._scene)
        self._screen.show_surface(replace(picture, texts={**picture.texts, "asked": self._asked, "tracks": tracks}))

    def _show_partial_grid(self, surface: Surface, grid: Grid, losses: Array) -> None:
        self._show_surface(pictures.unfinished_grid(surface, grid, losses, self.pace.share))

    def _watcher(self, subject: Subject) -> Watch:
        """Has the points of a slow first pass of the curve drawn as they come, over the last curve."""
        if subject.name != "curve" or subject.scene.chart.reason(subject.search_key):
            return nothing
        last, alphas, coords = self.curve, subject.coarse_axes[0].nodes, subject.coarse_coords

        def draw() -> None:
            losses = self._points.losses(subject.scene, coords)
            self._show_curve(pictures.unfinished_curve(alphas, losses, subject.scene.labels[0], last))

        return now_and_then(PARTIAL_SECONDS["curve"], draw)


def _num_missing(scene: Scene, subjects: list[Subject]) -> int:
    """How many points the coarse passes need."""
    return num_missing(scene.chart.known, [subject.coarse_coords for subject in subjects])


def _finished(picture: Any, share: float | None) -> Any:
    """The picture, without its kind where it is not whole."""
    return picture if share is None else replace(picture, texts=pictures.unfinished(picture.texts, share))
