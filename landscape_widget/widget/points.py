"""Points of a scene: computed one by one where they are not known, each of them once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.objective import Cancelled, PointValue
from landscape_widget.engine import adaptive
from landscape_widget.engine.evaluate import Engine
from landscape_widget.slicing.computing import Computed
from landscape_widget.widget.atlas import Chart
from landscape_widget.widget.pace import Pace
from landscape_widget.widget.scene import Scene

Array = NDArray[np.float64]
Pass = Generator[bool, None, None]
Watch = Callable[[], None]

CENTER = np.zeros((1, 2))


def nothing() -> None:
    """Nothing is to be watched."""


class Points:
    """Computes what is missing.

    Args:
        engine: Of the landscape.
        should_stop: Asked inside a point, whether it may be dropped.
        pace: Told of every point.
    """

    def __init__(self, engine: Engine, should_stop: Callable[[], bool], pace: Pace) -> None:
        self._engine, self._should_stop, self._pace = engine, should_stop, pace

    @property
    def seconds_each(self) -> float:
        """Expected for one point; 0 before the first."""
        return self._engine.seconds_per_point or 0.0

    def learn(self, scene: Scene, coords: Array, *, may_drop: bool, watch: Watch = nothing) -> Pass:
        """Compute what is missing of `coords [M, 2]` in the chart's basis; `watch` is called after each point.

        Yields:
            Whether the next point may be dropped.
        """
        recall_center(scene.chart, scene.center)
        missing = scene.chart.known.missing(coords)
        if not len(missing):
            return
        values = self._values(scene, [d.vector for d in scene.basis], missing, self._should_stop)
        for coord in missing:
            yield may_drop
            start = time.perf_counter()
            keep(scene.chart, scene.center, coord, next(values))
            watch()
            if scene.units is None:
                self._pace.add(time.perf_counter() - start)

    def _values(
        self, scene: Scene, vectors: Sequence[Tensor], coords: Array, stop: Callable[[], bool]
    ) -> Iterator[PointValue]:
        return self._engine.evaluate(
            vectors,
            coords,
            split=scene.settings.split,
            batchnorm=scene.batchnorm,
            units=scene.units,
            background=True,
            stop=stop,
        )

    def learn_one(
        self, scene: Scene, chart: Chart, vectors: Sequence[Tensor], coord: Array, stop: Callable[[], bool]
    ) -> bool:
        """Compute the point at `coord [K]` of a chart with these directions; false where it was stopped in it."""
        try:
            value = next(self._values(scene, vectors, coord[None, :], stop))
        except Cancelled:
            return False
        keep(chart, scene.center, coord, value)
        return True

    def expect(self, scene: Scene, coords: Array) -> None:
        """These are wanted too, as far as they are missing."""
        self._pace.more(len(scene.chart.known.missing(coords)))

    def losses(self, scene: Scene, coords: Array) -> Array:
        """`[M]` at `coords [M, 2]` in the chart's basis; NaN where nothing has been computed."""
        values = scene.chart.known.at(coords)
        return np.array([np.nan if value is None else value.loss for value in values])

    def computed(self, scene: Scene, coords: Array, steps: Array) -> Computed:
        """Known points at `coords [M, K']`, which count along the steps `[K', 2]` in the chart's basis."""
        return Computed(coords, scene.chart.known.all_at(coords @ steps))

    def searched(
        self,
        scene: Scene,
        search: adaptive.Search,
        steps: Array,
        watch: Callable[[adaptive.Sketch], Watch],
    ) -> Generator[bool, None, tuple[adaptive.Found, Computed]]:
        """Drive a search to its end; it may be dropped at any point, and begun again at no cost.

        Args:
            scene: Whose plane it is in.
            search: Asks in coordinates along the steps.
            steps: `[K, 2]` in the chart's basis.
            watch: Told what could be drawn, whenever it asks; gives what is called after each point.
        """
        asked = []
        found, ask = _begun(search)
        while ask is not None:
            asked.append(ask.coords)
            self.expect(scene, ask.coords @ steps)
            after_each = watch(ask.sketch) if ask.sketch is not None else nothing
            yield from self.learn(scene, ask.coords @ steps, may_drop=True, watch=after_each)
            losses = self.computed(scene, ask.coords, steps).losses
            found, ask = _continued(search, losses[:, None])
        assert found is not None
        return found, self.computed(scene, np.concatenate(asked), steps)


Move = tuple[adaptive.Found | None, adaptive.Ask | None]


def _begun(search: adaptive.Search) -> Move:
    try:
        return None, next(search)
    except StopIteration as end:
        return end.value, None


def _continued(search: adaptive.Search, losses: Array) -> Move:
    try:
        return None, search.send(losses)
    except StopIteration as end:
        return end.value, None


def recall_center(chart: Chart, center: Chart, num_axes: int = 2) -> None:
    """The centre lies in every plane and volume: it is computed once for each split and mode."""
    for value in center.known.at(CENTER):
        if value is not None:
            chart.known.add(CENTER[0, :1].repeat(num_axes), value)


def keep(chart: Chart, center: Chart, coord: Array, value: PointValue) -> None:
    """Remember what was computed at `coord [K]`."""
    chart.known.add(coord, value)
    if not coord.any():
        center.known.add(CENTER[0], value)
