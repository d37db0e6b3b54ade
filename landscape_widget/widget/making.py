"""Curves and surfaces of a scene, with everything that they say about where their numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.core.objective import PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.shapes.scale import ceiling_of
from landscape_widget.slices.base import Slice
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slicing import Slicer
from landscape_widget.widget.grids import Grid
from landscape_widget.widget.reading import Source
from landscape_widget.widget.scene import Scene

Array = NDArray[np.float64]

CURVE_POINTS = 201  # drawn along an interpolated curve


class Maker:
    """Makes slices; computes nothing but the loss at the centre, once.

    Args:
        slicer: Of the landscape.
    """

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer

    def curve(self, scene: Scene, source: Source, steps: Array) -> Curve:
        """Read off a source, along the step `[1, K]`."""
        drawn = source.drawn(steps, scene.span, CURVE_POINTS)
        (alphas,) = drawn.pop("axes")
        facts = self._facts(scene, [scene.axes.d1], drawn["losses"])
        return Curve(alphas=alphas, span=(-scene.span, scene.span), label=scene.labels[0], **facts, **drawn)

    def surface(self, scene: Scene, source: Source, steps: Array) -> Surface:
        """Read off a source, along the steps `[2, K]`, at the resolution of the controls."""
        drawn = source.drawn(steps, scene.span, scene.settings.resolution)
        alphas, betas = drawn.pop("axes")
        facts = self._facts(scene, [scene.axes.d1, scene.axes.d2], drawn["losses"])
        spans = ((-scene.span, scene.span), (-scene.span, scene.span))
        return Surface(alphas=alphas, betas=betas, span=spans, labels=scene.labels, **facts, **drawn)

    def on_grid(
        self, scene: Scene, directions: Sequence[Direction], grid: Grid, values: Sequence[PointValue], reason: str
    ) -> Slice:
        """A curve or a surface, all of it computed because of the reason."""
        split, mode = scene.settings.split, scene.batchnorm
        return replace(self._slicer.build(directions, grid.axes, values, split=split, batchnorm=mode), reason=reason)

    def center_loss(self, scene: Scene) -> float:
        """The loss at the centre, computed once for each split and mode."""
        return self._slicer.center_loss(scene.settings.split, scene.batchnorm)

    def _facts(self, scene: Scene, directions: Sequence[Direction], losses: Array) -> dict[str, Any]:
        split, mode = scene.settings.split, scene.batchnorm
        objective = self._slicer.engine.objective
        ceiling = self._slicer.ceiling
        return {
            "center_loss": self.center_loss(scene),
            "center_loss_frozen": self._slicer.center_loss(split, "frozen") if objective.num_norms else None,
            "split": split,
            "samples": objective.num_samples(split),
            "ceiling": ceiling if ceiling is not None else ceiling_of(losses),
            "mined": any(direction.is_mined for direction in directions),
            "provenance": self._slicer.provenance(directions, split, mode, scene.settings.tolerance),
        }
