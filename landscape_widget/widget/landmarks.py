"""Checkpoints and other models on the map: where they lie beside its plane, and their own losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from landscape_widget.core.params import FilterMetric
from landscape_widget.directions.direction import home_of
from landscape_widget.directions.mixing import Axes
from landscape_widget.directions.places import Places
from landscape_widget.engine.evaluate import Engine
from landscape_widget.widget.points import Pass
from landscape_widget.widget.scene import Scene
from landscape_widget.widget.sources import LETTERS, Sources
from landscape_widget.widget.tracks import Track

Array = NDArray[np.float64]

MOST_AT_ONCE = 3_000_000  # weights of all models that are projected at every move of a slider: about 10 ms


def projected(places: Places, axes: Axes) -> tuple[Array, Array]:
    """`[n, 2]` and `[n]`: coordinates along the axes and distances off their plane, in the filter metric."""
    metric: FilterMetric = home_of(axes.d1).metric
    plane = torch.stack([metric.relative(axes.d1.vector), metric.relative(axes.d2.vector)])
    gram = (plane @ plane.T).numpy()
    coords, distances = [], []
    for step in places.steps:
        seen = metric.relative(step)
        at = np.linalg.solve(gram, (plane @ seen).numpy())
        coords.append(at)
        distances.append(float((seen - torch.from_numpy(at) @ plane).norm()))
    return np.array(coords), np.array(distances)


class Landmarks:
    """The models that the sources of a scene are about; only the worker uses it.

    Args:
        engine: Of the landscape.
        sources: Of directions.
        should_stop: Asked inside a point, whether it may be dropped.
    """

    def __init__(self, engine: Engine, sources: Sources, should_stop: Callable[[], bool]) -> None:
        self._engine, self._sources, self._should_stop = engine, sources, should_stop
        self._losses: dict[tuple[Places, str, str], list[float]] = {}
        self._projected: dict[Places, tuple[Array, Array]] = {}
        self._key: tuple[object, ...] = ()

    def forget(self) -> None:
        """The centre is another."""
        self._losses.clear()
        self._projected.clear()

    def tracks(self, scene: Scene) -> list[Track]:
        """What can be marked without delay."""
        return [self._track(scene, places) for places in self._places(scene) if self._is_placed(scene, places)]

    def learn(self, scene: Scene) -> Pass:
        """Place them all and compute the losses that are missing; nothing is yielded where nothing is."""
        for places in self._places(scene):
            if not self._is_placed(scene, places):
                yield True
                self._projected[places] = projected(places, scene.axes)
            known = self._known(scene, places)
            for step in places.steps[len(known) :]:
                yield True
                settings = scene.settings
                values = self._engine.evaluate(
                    [step],
                    np.ones((1, 1)),
                    split=settings.split,
                    batchnorm=scene.batchnorm,
                    background=True,
                    stop=self._should_stop,
                )
                known.append(next(values).loss)

    def _places(self, scene: Scene) -> list[Places]:
        found = [self._sources.direction(letter, scene.settings) for letter in LETTERS]
        return list(dict.fromkeys(one.places for one in found if one is not None and one.places is not None))

    def _known(self, scene: Scene, places: Places) -> list[float]:
        return self._losses.setdefault((places, scene.settings.split, scene.settings.batchnorm), [])

    def _is_placed(self, scene: Scene, places: Places) -> bool:
        """Whether its coordinates are known; those of few and small models are found on the way."""
        settings = scene.settings
        sources = tuple(self._sources.key(letter, settings) for letter in LETTERS)
        key = (sources, settings.mixing, scene.snapshot)
        if key != self._key:
            self._key, self._projected = key, {}
        if places not in self._projected and places.steps.numel() <= MOST_AT_ONCE:
            self._projected[places] = projected(places, scene.axes)
        return places in self._projected

    def _track(self, scene: Scene, places: Places) -> Track:
        coords, distances = self._projected[places]
        known: Sequence[float] = self._known(scene, places)
        losses = np.array([*known, *[np.nan] * (len(coords) - len(known))])
        return Track(places.name, places.labels, coords, losses, distances, places.is_path)
