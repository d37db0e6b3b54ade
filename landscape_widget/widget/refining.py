"""How a slice becomes finer: a coarse pass, searches until it is within its tolerance, plain grids where they fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.engine import adaptive
from landscape_widget.slices.chebyshev import Interpolant, tensor_coords
from landscape_widget.widget.closeup import SHARE, Closeup, as_shown
from landscape_widget.widget.grids import Grid, still_wanted
from landscape_widget.widget.points import Pass, Points, Watch, nothing
from landscape_widget.widget.reading import Source, unchecked
from landscape_widget.widget.scene import Scene
from landscape_widget.widget.subjects import Subject

Array = NDArray[np.float64]

CLOSEUP_ROUNDS = 4  # of searches near the centre: each knows better how low the loss is
MARGIN = 0.8  # of the tolerance that the last search should have had
PARTIAL_SECONDS = {"curve": 0.1, "surface": 0.4}  # an unfinished picture is drawn again after so long


@dataclass(frozen=True)
class Easel:
    """Where slices are shown as they come.

    Attributes:
        show: `(slice, is_whole)`: draw it next; one that is not whole has no kind yet.
        show_partial_grid: `(slice, grid, losses)`: a finer grid than the slice's, NaN where it is not computed.
    """

    show: Callable[[Any, bool], None]
    show_partial_grid: Callable[[Any, Grid, Array], None]


class Refiner:
    """Refines curves and surfaces.

    Args:
        points: Computes them.
        easel: Shows them.
        ceiling: A rise in loss that counts as high; None where none is known.
    """

    def __init__(self, points: Points, easel: Easel, ceiling: float | None) -> None:
        self._points, self._easel, self._ceiling = points, easel, ceiling

    def draw_coarse(self, subject: Subject, *, may_drop: bool, watch: Watch = nothing) -> Pass:
        """A first picture from few points."""
        chart = subject.scene.chart
        if reason := chart.reason(subject.search_key):
            grids = still_wanted(chart.known, subject.grids, subject.steps)
            yield from self._draw_grids(subject, grids[:1], reason, may_drop=may_drop)
            return
        yield from self._points.learn(subject.scene, subject.coarse_coords, may_drop=may_drop, watch=watch)
        source = self.coarse_source(subject)
        if source is None:
            yield from self._draw_grids(subject, subject.grids[:1], "", may_drop=may_drop)
            return
        chart.keep_coarse(source, *subject.kept_as)
        self._easel.show(subject.known(), False)

    def coarse_source(self, subject: Subject, scene: Scene | None = None) -> Source | None:
        """Through the points of the coarse pass, which are computed; None where a loss is no finite number.

        Args:
            subject: Whose.
            scene: Another one in the same plane, for a preview.
        """
        return self._source(subject, scene or subject.scene, subject.coarse_axes)

    def _source(self, subject: Subject, scene: Scene, axes: Sequence[Any]) -> Source | None:
        coords = tensor_coords([axis.nodes for axis in axes])
        computed = self._points.computed(scene, coords, subject.search_steps)
        if not np.isfinite(computed.losses).all():
            return None
        values = computed.losses.reshape([axis.count for axis in reversed(axes)])
        return unchecked(Interpolant(tuple(axes), values), computed, self._ceiling)

    def refine(self, subject: Subject) -> Pass:
        """Search until the slice is fine, and show it, or a plain grid where no search ends well."""
        if subject.is_fine():
            self._easel.show(as_shown(subject), True)
            return
        chart = subject.scene.chart
        self._points.expect(subject.scene, subject.coarse_coords)
        yield from self._points.learn(subject.scene, subject.coarse_coords, may_drop=True)
        tolerances = subject.tolerances(self.coarse_source(subject))
        for tol in tolerances:
            yield from self._search(subject, tol)
        reason = chart.reason(subject.search_key)
        drawn = subject.known()
        if not reason and drawn is not None and not subject.is_fine():
            share = subject.scene.settings.tolerance / drawn.expected_error
            yield from self._search(subject, tolerances[-1] * MARGIN * min(share, 1.0))
        if (
            not reason and not subject.is_fine()
        ):  # it may still have to be finer for its kind; where it cannot, it stays
            yield from self._search(subject, tolerances[-1] * subject.kind_share)
            chart.note(subject.kind_key, 0.0, "")
        if reason and not subject.is_fine():
            grids = still_wanted(chart.known, subject.grids, subject.steps)
            yield from self._draw_grids(subject, grids, reason, may_drop=True)
        else:
            self._easel.show(as_shown(subject), True)

    def refine_closeup(self, subject: Subject) -> Pass:
        """Search near the centre until the error is small beside the loss, as a log axis wants it."""
        closeup = Closeup.of(subject)
        if subject.scene.chart.reason(subject.search_key) and not subject.is_fine():
            return  # all of the grid is computed
        for round_ in range(CLOSEUP_ROUNDS):
            tol = closeup.tolerance(round_)
            if tol is None or closeup.share() <= SHARE:
                break
            yield from self._search(closeup.subject, tol, is_shown=False)
        self._easel.show(as_shown(subject), True)

    def _search(self, subject: Subject, tol: float, *, is_shown: bool = True) -> Pass:
        """One search, unless the slice that is shown is fine already, or this search was tried."""
        chart, key = subject.scene.chart, subject.search_key
        if chart.is_tried(key, tol) or (is_shown and subject.is_fine()):
            return
        bounds = [(-subject.search_span, subject.search_span)] * len(subject.turn)
        search = adaptive.search(bounds, tol=tol, ceilings=[self._ceiling])
        steps = subject.search_steps
        watch = self._sketcher(subject) if is_shown else _unseen
        found, computed = yield from self._points.searched(subject.scene, search, steps, watch)
        chart.note(key, tol, found.reason)
        if found.interpolants:
            source = Source(found.interpolants[0], found.errors[0], computed, self._ceiling)
            chart.add(source, *subject.kept_as)

    def _sketcher(self, subject: Subject) -> Callable[[adaptive.Sketch], Watch]:
        """Draws what a search knows so far, whenever that is more than before."""
        drawn_nodes = len(subject.coarse_coords)

        def watch(sketch: adaptive.Sketch) -> Watch:
            nonlocal drawn_nodes
            axes = sketch.interpolants[0].axes
            count = int(np.prod([axis.count for axis in axes]))
            source = self._source(subject, subject.scene, axes) if count > drawn_nodes else None
            if source is not None:
                drawn_nodes = count
                subject.scene.chart.keep_coarse(source, *subject.kept_as)
                self._easel.show(subject.known(), False)
            return nothing

        return watch

    def _draw_grids(self, subject: Subject, grids: Sequence[Grid], reason: str, *, may_drop: bool) -> Pass:
        scene, drawn = subject.scene, None
        for grid in grids:
            coords = grid.coords @ subject.steps
            self._points.expect(scene, coords)
            watch = self._grid_watcher(subject, drawn, grid)
            yield from self._points.learn(scene, coords, may_drop=may_drop, watch=watch)
            drawn = subject.on_grid(grid, scene.chart.known.all_at(coords), reason)
            self._easel.show(drawn, bool(reason) and grid.shape == subject.grids[-1].shape)

    def _grid_watcher(self, subject: Subject, coarser: Any, grid: Grid) -> Watch:
        """Has an unfinished grid drawn now and then, over the last finished one."""
        if coarser is None or subject.name == "curve":
            return nothing

        def draw() -> None:
            losses = self._points.losses(subject.scene, grid.coords @ subject.steps)
            self._easel.show_partial_grid(coarser, grid, losses.reshape(grid.shape))

        return now_and_then(PARTIAL_SECONDS[subject.name], draw)


def _unseen(_: adaptive.Sketch) -> Watch:
    """What is found is not drawn by itself."""
    return nothing


def now_and_then(seconds: float, draw: Callable[[], None]) -> Watch:
    """To be called often; draws when the last time is so long ago."""
    drawn_at = time.monotonic()

    def watch() -> None:
        nonlocal drawn_at
        if time.monotonic() - drawn_at >= seconds:
            drawn_at = time.monotonic()
            draw()

    return watch
