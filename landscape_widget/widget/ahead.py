"""Fetching ahead: what the sliders may ask for next, computed while nothing else is to be done."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.engine import adaptive
from landscape_widget.slices.chebyshev import LEVELS, MILD, Axis, Interpolant, tensor_coords
from landscape_widget.slicing.computing import Computed
from landscape_widget.widget.atlas import Chart
from landscape_widget.widget.points import Points, recall_center
from landscape_widget.widget.reading import Source
from landscape_widget.widget.scene import CORNER, Scene, Scenes
from landscape_widget.widget.subjects import MOST_TIGHTER
from landscape_widget.widget.volumes import Basis

Array = NDArray[np.float64]
Steps = Generator[None, None, None]  # pauses after each point

PLANE_SECONDS, VOLUME_SECONDS = 1.0, 0.25  # a point may take, for planes and volumes to be fetched ahead
VOLUME_BUDGET = 60.0  # seconds that a volume may take
VOLUME_LEVELS = LEVELS[:3]


@dataclass
class Fetched:
    """How far it has come.

    Attributes:
        points: Computed ahead so far.
        is_fetching: Whether there is more to come.
    """

    points: int = 0
    is_fetching: bool = False


class Ahead:
    """Plans and computes what is fetched ahead.

    Args:
        points: Computes.
        scenes: Where it is kept.
        ceiling: A rise in loss that counts as high; None where none is known.
        should_stop: Asked inside a point, whether it has to wait.
    """

    def __init__(self, points: Points, scenes: Scenes, ceiling: float | None, should_stop: Callable[[], bool]) -> None:
        self._points, self._scenes, self._ceiling, self._should_stop = points, scenes, ceiling, should_stop
        self.fetched = Fetched()

    def fetch(self, scene: Scene, most: float) -> Steps:
        """The plane as far as the span slider goes, and with a third source the volume over the present span.

        Measured on the demo, 9 nodes an axis: over three times the present span its error is half of the scale.

        Args:
            scene: That is shown, at rest.
            most: The slider's largest h.
        """
        self.fetched = Fetched(is_fetching=True)
        try:
            if self._points.seconds_each > PLANE_SECONDS:
                return
            tol = scene.settings.tolerance
            for share in (1 / MOST_TIGHTER, 1.0) if scene.is_turned else (1.0,):
                yield from self._plane(scene, most * CORNER if scene.is_turned else most, tol * share)
            if not scene.is_turned and self._points.seconds_each <= VOLUME_SECONDS:
                yield from self._volume(scene, scene.span)
        finally:
            self.fetched.is_fetching = False

    def _plane(self, scene: Scene, span: float, tol: float) -> Steps:
        key = ("surface", span)
        if scene.chart.is_tried(key, tol):
            return
        recall_center(scene.chart, scene.center)
        search = adaptive.search([(-span, span)] * 2, tol=tol, ceilings=[self._ceiling])
        vectors, asked = [d.vector for d in scene.basis], []
        try:
            ask = next(search)
            while True:
                asked.append(ask.coords)
                yield from self._learn(scene, scene.chart, vectors, ask.coords)
                ask = search.send(_computed(scene.chart, ask.coords).losses[:, None])
        except StopIteration as end:
            found: adaptive.Found = end.value
        scene.chart.note(key, tol, found.reason)
        if found.interpolants:
            computed = _computed(scene.chart, np.concatenate(asked))
            scene.chart.add(Source(found.interpolants[0], found.errors[0], computed, self._ceiling), "surface")

    def _learn(self, scene: Scene, chart: Chart, vectors: Sequence[Tensor], coords: Array) -> Steps:
        for coord in chart.known.missing(coords):
            while not self._points.learn_one(scene, chart, vectors, coord, self._should_stop):
                yield
            self.fetched.points += 1
            yield

    def _volume(self, scene: Scene, span: float) -> Steps:
        try:
            chart, basis = self._scenes.open_volume(scene)
        except ValueError:  # C lies in the plane of A and B: there is no volume
            return
        yield
        reach = basis.reach(span)
        recall_center(chart, scene.center, 3)
        for level in VOLUME_LEVELS:
            axes = tuple(Axis(-far, far, level, MILD) for far in reach.tolist())
            if level**3 * self._points.seconds_each > VOLUME_BUDGET or chart.is_tried(("volume", span, level), 0.0):
                continue
            yield from self._volume_level(scene, chart, basis, axes)
            chart.note(("volume", span, level), 0.0, "")

    def _volume_level(self, scene: Scene, chart: Chart, basis: Basis, axes: tuple[Axis, ...]) -> Steps:
        """One tensor grid, checked where it was not fitted."""
        checks = adaptive.held_back([(axis.low, axis.high) for axis in axes], seed=0)
        nodes = tensor_coords([axis.nodes for axis in axes])
        yield from self._learn(scene, chart, basis.vectors, np.concatenate([nodes, checks]))
        values = _computed(chart, nodes).losses
        computed = _computed(chart, np.concatenate([nodes, checks]))
        if not np.isfinite(computed.losses).all():
            return
        function = Interpolant(axes, values.reshape([axis.count for axis in reversed(axes)]))
        source = Source(function, 1.0, computed, self._ceiling)
        missed = np.abs(function(*checks.T) - computed.losses[len(nodes) :])
        error = adaptive.SAFETY * float((missed / source.errors(computed.losses[len(nodes) :])).max())
        chart.add(Source(function, error, computed, self._ceiling), "volume")


def _computed(chart: Chart, coords: Array) -> Computed:
    return Computed(coords, chart.known.all_at(coords))
