"""The census in the worker: curves along random directions, point by point, beside everything else that it does."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import cast

import numpy as np

from landscape_widget.census import Census
from landscape_widget.core.objective import PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.factory import NOISE_SPAN, Directions
from landscape_widget.engine import adaptive
from landscape_widget.slices.curve import Curve
from landscape_widget.slicing import Slicer
from landscape_widget.slicing.computing import Computed
from landscape_widget.slicing.spans import grid_of
from landscape_widget.widget.settings import NO_BATCHNORM, Settings

NOISE, SEEDS = "gaussian", 20  # as `Landscape.census` by default
TOLERANCE = 0.01

Steps = Generator[None, None, None]


class Counting:
    """One census at a time.

    Args:
        slicer: Computes, and builds curves.
        directions: `landscape.directions`.

    Attributes:
        census: The last one, as far as it has come; None before the first.
        split: On which data.
        is_counting: Whether it goes on.
    """

    def __init__(self, slicer: Slicer, directions: Directions) -> None:
        self._slicer, self._directions = slicer, directions
        self.census: Census | None = None
        self.split = "train"
        self.is_counting = False

    def begin(self, settings: Settings) -> Steps | None:
        """The job of a new one; None while one goes on."""
        if self.is_counting:
            return None
        self.census, self.split, self.is_counting = Census(NOISE, SEEDS, ()), settings.split, True
        return self._job(settings)

    def leave_off(self) -> None:
        """The job was cancelled, perhaps before it began; what there is stays."""
        self.is_counting = False
        if self.census is not None and not self.census.curves:
            self.census = None

    def recenter(self) -> None:
        """What was counted belongs to another centre."""
        self.census, self.is_counting = None, False

    def _job(self, settings: Settings) -> Steps:
        home, batchnorm = self._slicer.home, None if settings.batchnorm == NO_BATCHNORM else settings.batchnorm
        curves: tuple[Curve, ...] = ()
        try:
            for seed in range(SEEDS):
                direction = self._directions.gaussian(seed)
                curve = yield from curve_in_steps(self._slicer, direction, settings.split, batchnorm)
                if self._slicer.home is not home:
                    return
                curves = (*curves, curve)
                self.census = Census(NOISE, SEEDS, curves)
        finally:
            self.leave_off()


def curve_in_steps(
    slicer: Slicer, direction: Direction, split: str, batchnorm: str | None
) -> Generator[None, None, Curve]:
    """The curve that `Landscape.curve` computes over (-1, 1); pauses after each point."""
    bounds = [(-NOISE_SPAN, NOISE_SPAN)]
    search = adaptive.search(bounds, tol=TOLERANCE, ceilings=[slicer.ceiling])
    known: dict[tuple[float, ...], PointValue] = {}
    try:
        ask = next(search)
        while True:
            yield from _learn(slicer, direction, ask.coords, known, split, batchnorm)
            ask = search.send(_on(ask.coords, known).losses[:, None])
    except StopIteration as end:
        found: adaptive.Found = end.value
    if found.interpolants:
        everything = _on(np.array(list(known)), known)
        function, error = found.interpolants[0], found.errors[0]
        build = partial(slicer.build_interpolated, split=split, batchnorm=batchnorm, tol=TOLERANCE)
        return cast(Curve, build([direction], function, error, everything))
    (alphas,) = grid_of(bounds, adaptive.GRID_POINTS[1])
    yield from _learn(slicer, direction, alphas[:, None], known, split, batchnorm)
    values = _on(alphas[:, None], known).values
    return cast(Curve, slicer.build([direction], [alphas], values, split=split, batchnorm=batchnorm))


def _learn(
    slicer: Slicer,
    direction: Direction,
    coords: np.ndarray,
    known: dict[tuple[float, ...], PointValue],
    split: str,
    batchnorm: str | None,
) -> Steps:
    missing = [coord for coord in coords if adaptive.key(coord) not in known]
    evaluate = partial(slicer.engine.evaluate, split=split, batchnorm=batchnorm, background=True)
    values = evaluate([direction.vector], np.array(missing).reshape(-1, 1))
    for coord, value in zip(missing, values, strict=True):
        known[adaptive.key(coord)] = value
        yield


def _on(coords: np.ndarray, known: dict[tuple[float, ...], PointValue]) -> Computed:
    return Computed(coords, [known[adaptive.key(coord)] for coord in coords])
