"""From settings to pictures: which points are computed, in passes from coarse to fine."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.objective import PointValue
from landscape_widget.directions.mixing import Axes
from landscape_widget.mining.result import Snapshot
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slicing import Slicer
from landscape_widget.widget import pictures
from landscape_widget.widget.grids import (
    CURVE_POINTS,
    Grid,
    Known,
    curve_grids,
    num_missing,
    still_wanted,
    surface_grids,
)
from landscape_widget.widget.mines import Mines, RunKey
from landscape_widget.widget.pace import Pace
from landscape_widget.widget.preview import Preview
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.settings import NO_BATCHNORM, Settings
from landscape_widget.widget.sources import LETTERS, Sources

Array = NDArray[np.float64]
Pass = Generator[bool, None, None]

FIRM_SECONDS = 0.5  # a coarse pass that takes less always finishes
# A slower one finishes only now and then: else a drag would drop it at every move and draw nothing until it ends.
LATE_SECONDS, PATIENT_SECONDS = 1.0, 1.5  # when nothing was drawn for so long, and it takes no longer than that
PREVIEW_SECONDS = 2.0  # one that takes more is preceded by a preview
# An unfinished picture is drawn again after so long.
PARTIAL_SECONDS = {"curve": 0.1, "surface": 0.4}
CENTER = np.zeros((1, 2))
MOST_PLANES = 32  # whose points are kept; each snapshot of a run has one


@dataclass(frozen=True, eq=False)
class Scene:
    """What one request is about.

    Attributes:
        settings: Of the controls.
        axes: Of curve and surface.
        snapshot: Of the mining run that is shown; None where nothing is mined.
        known: What has been computed in the plane on the chosen data.
        center: The value at the centre on the chosen data, if it is known.
        units: A part of the data, for a preview; None: all.
    """

    settings: Settings
    axes: Axes
    snapshot: Snapshot | None
    known: Known[PointValue]
    center: Known[PointValue]
    units: Tensor | None = None

    @property
    def batchnorm(self) -> str | None:
        """The mode, None where there is no BatchNorm."""
        return None if self.settings.batchnorm == NO_BATCHNORM else self.settings.batchnorm

    @property
    def labels(self) -> tuple[str, str]:
        """Of the axes."""
        return (self.axes.d1.label, self.axes.d2.label)


class Planes:
    """What has been computed in the planes shown last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], Known[PointValue]] = OrderedDict()

    def known(self, key: tuple[object, ...]) -> Known[PointValue]:
        """The points of one plane, to be read and added to."""
        known = self._known.setdefault(key, Known())
        self._known.move_to_end(key)
        while len(self._known) > MOST_PLANES:
            self._known.popitem(last=False)
        return known

    def clear(self) -> None:
        """Forget all: the centre is another."""
        self._known.clear()


class Painter:
    """Serves requests: computes what they ask for and has it shown, coarse first.

    Args:
        slicer: Computes, and builds slices.
        sources: Of directions.
        mines: Of mined directions.
        screen: Shows.
        should_stop: Asked inside a point, whether it may be dropped.
        panels: Which of curve, map and surface are wanted.

    Attributes:
        axes: Of the newest picture.
        curve: The newest one on all data.
        surface: The same.
        pace: How far the request at hand has come.
    """

    def __init__(
        self,
        slicer: Slicer,
        sources: Sources,
        mines: Mines,
        screen: Screen,
        *,
        should_stop: Callable[[], bool],
        panels: tuple[str, ...],
    ) -> None:
        self._slicer, self._sources, self._mines, self._screen = slicer, sources, mines, screen
        self._engine = slicer.engine
        self._should_stop = should_stop
        self._wants_curve, self._wants_surface = "curve" in panels, not {"map", "surface"}.isdisjoint(panels)
        self._planes = Planes()
        self.axes: Axes | None = None
        self.curve: Curve | None = None
        self.surface: Surface | None = None
        self.pace = Pace("points")
        self._drawn_at = {"curve": 0.0, "surface": 0.0}

    def forget(self) -> None:
        """The centre is another: nothing that was computed holds any more."""
        self._planes.clear()

    def serve(self, settings: Settings) -> Pass:
        """Compute and show what the settings ask for; yields whether the next point may be dropped."""
        scene = self._scene(settings)
        curves, surfaces = self._grids(scene)
        if self._mines.is_mining:  # the rest of the time belongs to mining
            curves, surfaces = curves[:1], surfaces[:1]
        self.pace.begin(num_missing(scene.known, [*curves, *surfaces]))
        seconds = yield from self._predicted(scene, [*curves[:1], *surfaces[:1]])
        if self._mines.is_mining and seconds > FIRM_SECONDS:
            surfaces = []
        if seconds > PREVIEW_SECONDS:
            yield from self._preview(scene, curves[:1], surfaces[:1])
        yield from self._show_curves(scene, curves[:1], may_drop=not self._is_firm("curve", scene, curves[:1]))
        is_firm = self._is_firm("surface", scene, surfaces[:1])
        yield from self._show_surfaces(scene, surfaces[:1], may_drop=not is_firm)
        yield from self._show_curves(scene, curves[1:], may_drop=True)
        yield from self._show_surfaces(scene, surfaces[1:], may_drop=True)

    def _scene(self, settings: Settings) -> Scene:
        snapshot = self._mines.snapshot(settings)
        self.axes = self._sources.axes(settings, snapshot.direction if snapshot else None)
        mined = (RunKey.of(settings), snapshot.step) if snapshot else None
        sources = [self._sources.key(letter, settings) for letter in LETTERS]
        key = (*sources, mined, settings.mixing, settings.split, settings.batchnorm)
        center = self._planes.known((settings.split, settings.batchnorm))
        return Scene(settings, self.axes, snapshot, self._with_center(self._planes.known(key), center), center)

    def _with_center(self, known: Known[PointValue], center: Known[PointValue]) -> Known[PointValue]:
        """The centre lies in every plane: it is computed once for each split and mode."""
        for value in center.at(CENTER):
            if value is not None:
                known.add((0.0, 0.0), value)
        return known

    def _grids(self, scene: Scene) -> tuple[list[Grid], list[Grid]]:
        """The passes of curve and surface; coarse ones are left out where a finer one is known."""
        span, resolution = scene.settings.scale, scene.settings.resolution
        curves = still_wanted(scene.known, curve_grids(span)) if self._wants_curve else []
        surfaces = still_wanted(scene.known, surface_grids(span, resolution)) if self._wants_surface else []
        if self._mines.is_mining and (curve := _curve_of_snapshot(scene)):
            self._publish_curve(curve)
            return [], surfaces
        return curves, surfaces

    def _predicted(self, scene: Scene, grids: list[Grid]) -> Generator[bool, None, float]:
        """Seconds that the coarse pass will take; the first point ever is computed to know it."""
        if self._engine.seconds_per_point is None:
            yield from self._compute(scene, CENTER, may_drop=True)
        each = self._engine.seconds_per_point or 0.0
        return each * num_missing(scene.known, grids)

    def _is_firm(self, name: str, scene: Scene, grids: list[Grid]) -> bool:
        """Whether a coarse pass is to be finished although newer requests may come."""
        seconds = (self._engine.seconds_per_point or 0.0) * num_missing(scene.known, grids)
        is_late = time.monotonic() - self._drawn_at[name] > LATE_SECONDS
        return seconds < FIRM_SECONDS or (is_late and seconds < PATIENT_SECONDS)

    def _compute(
        self, scene: Scene, coords: Array, *, may_drop: bool, watch: Callable[[], None] = lambda: None
    ) -> Pass:
        """Compute what is missing, point by point; `watch` is called after each."""
        missing = scene.known.missing(coords)
        values = self._engine.evaluate(
            [scene.axes.d1.vector, scene.axes.d2.vector],
            missing,
            split=scene.settings.split,
            batchnorm=scene.batchnorm,
            units=scene.units,
            background=True,
            stop=self._should_stop,
        )
        for coord in missing:
            yield may_drop
            start = time.perf_counter()
            self._keep(scene, coord, next(values), start)
            watch()

    def _keep(self, scene: Scene, coord: Array, value: PointValue, start: float) -> None:
        scene.known.add(coord.tolist(), value)
        if not coord.any():
            scene.center.add((0.0, 0.0), value)
        if scene.units is None:
            self.pace.add(time.perf_counter() - start)

    def _preview(self, scene: Scene, curves: list[Grid], surfaces: list[Grid]) -> Pass:
        preview = Preview.of(self._engine.objective, scene.settings.split)
        if preview is None:
            return
        part = replace(scene, units=preview.units, known=Known(), center=Known())
        points = num_missing(part.known, [*curves, *surfaces])
        may_drop = points * preview.share * (self._engine.seconds_per_point or 0.0) > FIRM_SECONDS
        for grid in curves:
            yield from self._compute(part, grid.coords, may_drop=may_drop)
            losses = _losses(part.known, grid)
            self._screen.show_curve(pictures.preview_curve(grid, losses, scene.labels[0], preview.caption))
        for grid in surfaces:
            yield from self._compute(part, grid.coords, may_drop=may_drop)
            losses = _losses(part.known, grid)
            self._screen.show_surface(pictures.preview_surface(grid, losses, scene.labels, preview.caption))

    def _show_curves(self, scene: Scene, grids: list[Grid], *, may_drop: bool) -> Pass:
        for grid in grids:
            yield from self._compute(scene, grid.coords, may_drop=may_drop, watch=self._curve_watcher(scene, grid))
            values, how = _values(scene.known, grid), _how(scene)
            self._publish_curve(self._slicer.build_curve(scene.axes.d1, grid.alphas, values, **how))

    def _publish_curve(self, curve: Curve) -> None:
        self.curve, self._drawn_at["curve"] = curve, time.monotonic()
        self._screen.show_curve(pictures.of_curve(curve))

    def _show_surfaces(self, scene: Scene, grids: list[Grid], *, may_drop: bool) -> Pass:
        for grid in grids:
            watch = self._surface_watcher(scene, grid) if may_drop else _nothing
            yield from self._compute(scene, grid.coords, may_drop=may_drop, watch=watch)
            assert grid.betas is not None
            values, how = _values(scene.known, grid), _how(scene)
            d1, d2 = scene.axes.d1, scene.axes.d2
            self.surface = self._slicer.build_surface(d1, d2, grid.alphas, grid.betas, values, **how)
            self._screen.show_surface(pictures.of_surface(self.surface))
            self._drawn_at["surface"] = time.monotonic()

    def _curve_watcher(self, scene: Scene, grid: Grid) -> Callable[[], None]:
        """Has the points of a slow first pass drawn as they come, over the last curve."""
        if grid.shape != (CURVE_POINTS[0],):
            return _nothing
        last, label = self.curve, scene.labels[0]

        def draw() -> None:
            losses = _losses(scene.known, grid)
            self._screen.show_curve(pictures.unfinished_curve(grid, losses, label, last))

        return _now_and_then(PARTIAL_SECONDS["curve"], draw)

    def _surface_watcher(self, scene: Scene, grid: Grid) -> Callable[[], None]:
        """Has an unfinished surface drawn now and then, over the last finished one of this scene."""
        coarse = self.surface
        if coarse is None or coarse.labels != scene.labels or coarse.span[0][1] != scene.settings.scale:
            return _nothing

        def draw() -> None:
            losses = _losses(scene.known, grid)
            self._screen.show_surface(pictures.unfinished_surface(coarse, grid, losses, self.pace.share))

        return _now_and_then(PARTIAL_SECONDS["surface"], draw)


def _now_and_then(seconds: float, draw: Callable[[], None]) -> Callable[[], None]:
    """To be called often; draws when the last time is so long ago."""
    drawn_at = time.monotonic()

    def watch() -> None:
        nonlocal drawn_at
        if time.monotonic() - drawn_at >= seconds:
            drawn_at = time.monotonic()
            draw()

    return watch


def _nothing() -> None:
    """Nothing is to be watched."""


def _how(scene: Scene) -> dict[str, Any]:
    return {"split": scene.settings.split, "batchnorm": scene.batchnorm}


def _curve_of_snapshot(scene: Scene) -> Curve | None:
    """The curve that the miner has computed anyway, where it is what the settings ask for."""
    if scene.snapshot is None or scene.axes.d1 is not scene.snapshot.direction:
        return None
    curve, settings = scene.snapshot.curve, scene.settings
    is_same = curve.span == (-settings.scale, settings.scale) and curve.split == settings.split
    return curve if is_same and curve.provenance.get("batchnorm") == scene.batchnorm else None


def _values(known: Known[PointValue], grid: Grid) -> list[PointValue]:
    return [value for value in known.at(grid.coords) if value is not None]


def _losses(known: Known[PointValue], grid: Grid) -> Array:
    """In the grid's shape; NaN where nothing has been computed."""
    values = known.at(grid.coords)
    losses = [math.nan if value is None else value.loss for value in values]
    return np.array(losses, dtype=np.float64).reshape(grid.shape)
