"""What is drawn of a scene, its curve or its surface: where it is known, how it is searched for and made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.core.objective import PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.engine.adaptive import KIND_TOLERANCE
from landscape_widget.shapes.scale import slice_scale
from landscape_widget.slices.chebyshev import MILD, Axis, tensor_coords
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slicing import Request
from landscape_widget.widget.grids import Grid, curve_grids, surface_grids
from landscape_widget.widget.making import Maker
from landscape_widget.widget.reading import Source
from landscape_widget.widget.scene import Scene

Array = NDArray[np.float64]
Drawn = Curve | Surface

COARSE_LEVELS = {"curve": 9, "surface": 5}  # nodes an axis of the first picture; all are nodes of the search too
ANGLES = np.deg2rad(np.arange(0, 180, 15))  # along which the plane's lines are looked at before it is searched
MOST_TIGHTER = 3.0  # than a square needs may the tolerance be, so that the curves in it can be told
RADII = np.linspace(-1.0, 1.0, 41)


@dataclass(frozen=True, eq=False)
class Subject:
    """The curve or the surface of one scene, with K axes.

    Attributes:
        name: `"curve"` or `"surface"`.
        scene: Whose.
        maker: Makes slices.
        kept_as: Under which name the chart keeps what is found.
        directions: Of the axes.
        search_span: The h of the (-h, h) that is searched.
        search_steps: `[K, 2]`: the axes of the search in the chart's basis.
        turn: `[K, K]`: the axes of the picture in those of the search.
    """

    name: str
    scene: Scene
    maker: Maker
    kept_as: tuple[object, ...]
    directions: tuple[Direction, ...]
    search_span: float
    search_steps: Array
    turn: Array
    _made: dict[Source, Drawn] = field(default_factory=dict)  # reading takes milliseconds, and is asked for often

    @property
    def steps(self) -> Array:
        """`[K, 2]`: the axes of the picture in the chart's basis."""
        return self.turn @ self.search_steps

    @property
    def search_key(self) -> tuple[object, ...]:
        """What tells one search from another, apart from the tolerance."""
        return (*self.kept_as, self.search_span)

    @property
    def coarse_axes(self) -> tuple[Axis, ...]:
        """Of the coarse pass, in the axes of the search."""
        axis = Axis(-self.search_span, self.search_span, COARSE_LEVELS[self.name], MILD)
        return (axis,) * len(self.turn)

    @property
    def coarse_coords(self) -> Array:
        """`[M, 2]`: the points of the coarse pass in the chart's basis."""
        return tensor_coords([axis.nodes for axis in self.coarse_axes]) @ self.search_steps

    @property
    def grids(self) -> list[Grid]:
        """What is computed where no search ends well, coarse to fine."""
        scene = self.scene
        if self.name == "curve":
            return curve_grids(scene.span)
        return surface_grids(scene.span, scene.settings.resolution)

    @property
    def center_loss(self) -> float:
        """The loss at the centre on the chosen data."""
        return self.maker.center_loss(self.scene)

    def zoomed(self, share: float) -> Subject:
        """The part within a share of the span, in the same plane."""
        settings = replace(self.scene.settings, scale=share * self.scene.span)
        make = curve_of if self.name == "curve" else surface_of
        return make(replace(self.scene, settings=settings), self.maker)

    def best(self) -> tuple[Source, Array] | None:
        """What knows it best, and the steps `[K, ...]` of its axes there; None where nothing does."""
        scene = self.scene
        return scene.best_curve(scene.span) if self.name == "curve" else scene.best_surface(scene.span)

    def known(self) -> Drawn | None:
        """The slice, as well as it is known; None where it is not."""
        found = self.best()
        return None if found is None else self._read(*found)

    def _read(self, source: Source, steps: Array) -> Drawn:
        if source not in self._made:
            read = self.maker.curve if self.name == "curve" else self.maker.surface
            self._made[source] = read(self.scene, source, steps)
        return self._made[source]

    def on_grid(self, grid: Grid, values: Sequence[PointValue], reason: str) -> Any:
        """The slice, all of it computed because of the reason."""
        return self.maker.on_grid(self.scene, self.directions, grid, values, reason)

    def is_fine(self) -> bool:
        """Whether what is known is checked and as exact as the controls ask for, and a curve's kind can be told."""
        found = self.best()
        if found is None or not found[0].is_checked:
            return False
        drawn = self._read(*found)
        is_exact = drawn.expected_error <= self.scene.settings.tolerance
        return is_exact and not (isinstance(drawn, Curve) and _is_too_inexact(drawn)) and not self._lacks_kind(drawn)

    @property
    def kind_key(self) -> tuple[object, ...]:
        """Under which name the chart notes that the kind of a surface was searched for, with success or without."""
        return (*self.search_key, "kind")

    @property
    def kind_share(self) -> float:
        """Of the tolerance, that the kind of a surface can be told; 1 where the user wants it coarser."""
        tol = self.scene.settings.tolerance
        return Request(tol=tol).tolerance(len(self.turn)) / tol

    def _lacks_kind(self, drawn: Drawn) -> bool:
        """Whether a surface may have to be more exact for its kind, and that has not been tried."""
        wanted = self.kind_share * self.scene.settings.tolerance
        is_told = drawn.expected_error <= wanted or self.scene.chart.is_tried(self.kind_key, 0.0)
        return isinstance(drawn, Surface) and not is_told

    def tolerances(self, coarse: Source | None) -> list[float]:
        """What searches are tried with, one after the other until the slice is fine.

        The square of a plane that is turned is larger than those that are drawn, and its scale may be larger too:
        first a tolerance that serves most of its lines and squares, then the one that this square needs.

        Args:
            coarse: A first look at what is searched; None where it cannot be interpolated.
        """
        tol = self.scene.settings.tolerance
        if coarse is None or coarse.scale == 0 or not (self.name == "surface" and self.scene.is_turned):
            return [tol]
        lines = _lines(coarse, self.scene.span)
        own = tol * slice_scale(lines, coarse.ceiling) / coarse.scale
        flattest = min(slice_scale(line, coarse.ceiling) for line in lines)
        return [max(own / MOST_TIGHTER, min(own, KIND_TOLERANCE * flattest / coarse.scale)), own]


def curve_of(scene: Scene, maker: Maker) -> Subject:
    """The curve along the first axis."""
    first = scene.steps[:1]
    return Subject("curve", scene, maker, scene.curve_name, (scene.axes.d1,), scene.span, first, np.eye(1))


def surface_of(scene: Scene, maker: Maker) -> Subject:
    """The surface along both axes."""
    both = (scene.axes.d1, scene.axes.d2)
    return Subject("surface", scene, maker, ("surface",), both, scene.known_span, np.eye(2), scene.steps)


def _is_too_inexact(curve: Curve) -> bool:
    """Whether its error alone keeps its kind from being told."""
    return curve.kind == "unclear" and 2 * curve.expected_error * curve.scale > curve.classification.noise_floor


def _lines(source: Source, span: float) -> Array:
    """`[angles, points]`: losses along lines through the centre of a plane."""
    x = span * np.cos(ANGLES)[:, None] * RADII
    y = span * np.sin(ANGLES)[:, None] * RADII
    return source.function(x, y)
