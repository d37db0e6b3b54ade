"""What one request is about: directions, data, and what is known of the plane that they span."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.directions.direction import Direction
from landscape_widget.directions.mixing import Axes
from landscape_widget.mining.result import Snapshot
from landscape_widget.slices.curve import Curve
from landscape_widget.widget.atlas import Atlas, Chart, Key
from landscape_widget.widget.mines import Mines, RunKey
from landscape_widget.widget.reading import Source, best
from landscape_widget.widget.settings import NO_BATCHNORM, NONE, Settings
from landscape_widget.widget.sources import LETTERS, Sources
from landscape_widget.widget.volumes import Basis

Array = NDArray[np.float64]

CORNER = math.sqrt(2)  # so much further out than the span are the corners that mixing turns in


@dataclass(frozen=True, eq=False)
class Scene:
    """What one request is about.

    With no third source the plane is that of A and B, and mixing turns curve and surface in it; its chart has A and
    B' as basis. Else each mixing angle has a plane of its own, whose chart has the two directions as basis.

    Attributes:
        settings: Of the controls.
        axes: Of curve and surface.
        snapshot: Of the mining run that is shown; None where nothing is mined.
        chart: What has been computed in the plane on the chosen data.
        center: The chart of the centre alone, shared by all planes on these data.
        make_basis: Makes the directions that the chart's coordinates count in.
        volume: What is known of the volume that holds the plane, and the steps `[2, 3]` of both axes in it.
        units: A part of the data, for a preview; None: all.
    """

    settings: Settings
    axes: Axes
    snapshot: Snapshot | None
    chart: Chart
    center: Chart
    make_basis: Callable[[], Axes]
    volume: tuple[Chart, Array] | None = None
    units: Tensor | None = None

    @property
    def batchnorm(self) -> str | None:
        """The mode, None where there is no BatchNorm."""
        return None if self.settings.batchnorm == NO_BATCHNORM else self.settings.batchnorm

    @property
    def labels(self) -> tuple[str, str]:
        """Of the axes."""
        return (self.axes.d1.label, self.axes.d2.label)

    @property
    def span(self) -> float:
        """The h of (-h, h)."""
        return self.settings.scale

    @property
    def is_turned(self) -> bool:
        """Whether mixing turns the picture inside one plane."""
        return _is_turned(self.settings, _mined(self.snapshot))

    @property
    def known_span(self) -> float:
        """The h of the square of the chart that a surface is found over, so that it can be turned."""
        return self.span * CORNER if self.is_turned else self.span

    @cached_property
    def basis(self) -> tuple[Direction, Direction]:
        """The directions that the chart's coordinates count in."""
        axes = self.make_basis()
        return axes.d1, axes.d2

    @cached_property
    def steps(self) -> Array:
        """`[2, 2]`: both axes in the chart's basis."""
        angle = math.radians(self.settings.mixing) if self.is_turned else 0.0
        return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])

    @property
    def curve_name(self) -> tuple[object, ...]:
        """Under which name the chart keeps curves along this direction."""
        return ("curve", self.settings.mixing)

    def best_curve(self, span: float) -> tuple[Source, Array] | None:
        """What knows the curve over (-span, span) best, and the step `[1, K]` of its direction there."""
        own = [(source, np.eye(1)) for source in self.chart.sources(*self.curve_name)]
        planes = [(source, self.steps[:1]) for source in self.chart.sources("surface")]
        volumes = [(source, steps[:1]) for source, steps in self._volumes()]
        return best([*own, *planes, *volumes], span)

    def best_surface(self, span: float) -> tuple[Source, Array] | None:
        """What knows the surface best, and the steps `[2, K]` of its axes there."""
        planes = [(source, self.steps) for source in self.chart.sources("surface")]
        return best([*planes, *self._volumes()], span)

    def _volumes(self) -> list[tuple[Source, Array]]:
        if self.volume is None:
            return []
        chart, steps = self.volume
        return [(source, steps) for source in chart.sources("volume")]

    @property
    def curve_of_snapshot(self) -> Curve | None:
        """The curve that the miner has computed anyway, where it is what the settings ask for."""
        if self.snapshot is None or self.axes.d1 is not self.snapshot.direction:
            return None
        curve = self.snapshot.curve
        is_same = curve.span == (-self.span, self.span) and curve.split == self.settings.split
        return curve if is_same and curve.provenance.get("batchnorm") == self.batchnorm else None


class Scenes:
    """Makes scenes, and keeps what is known of them.

    Args:
        sources: Of directions.
        mines: Of mined directions.
    """

    def __init__(self, sources: Sources, mines: Mines) -> None:
        self._sources, self._mines = sources, mines
        self._atlas = Atlas()
        self._bases: dict[Key, Basis] = {}  # of the last volume only: it is three times as large as the model

    def forget(self) -> None:
        """The centre is another: nothing that was computed holds any more."""
        self._atlas.clear()
        self._bases.clear()

    def scene(self, settings: Settings) -> Scene:
        """What the settings ask for.

        Raises:
            ValueError: If the sources make no plane.
        """
        snapshot = self._mines.snapshot(settings)
        mined = _mined(snapshot)
        axes = self._sources.axes(settings, mined)
        key = (*self._plane_key(settings, snapshot), settings.split, settings.batchnorm)
        return Scene(
            settings,
            axes,
            snapshot,
            chart=self._atlas.chart(key),
            center=self._atlas.chart((settings.split, settings.batchnorm)),
            volume=self._known_volume(settings, snapshot, axes),
            make_basis=lambda: self._sources.basis(settings, mined) if _is_turned(settings, mined) else axes,
        )

    def open_volume(self, scene: Scene) -> tuple[Chart, Basis]:
        """The chart of the volume that holds the scene's planes of all mixing angles, and its basis.

        Raises:
            ValueError: If there is no such volume.
        """
        key = self._volume_key(scene.settings, scene.snapshot)
        if key not in self._bases:
            mined = _mined(scene.snapshot)
            third = self._sources.third(scene.settings, mined)
            assert third is not None
            self._bases = {key: Basis.of(self._sources.basis(scene.settings, mined), third)}
        return self._atlas.chart(key), self._bases[key]

    def basis_around(self, scene: Scene) -> Basis | None:
        """Of the volume that is known around a scene; None where there is none."""
        return None if scene.volume is None else self._bases.get(self._volume_key(scene.settings, scene.snapshot))

    def _known_volume(self, settings: Settings, snapshot: Snapshot | None, axes: Axes) -> tuple[Chart, Array] | None:
        basis = self._bases.get(self._volume_key(settings, snapshot))
        if basis is None or _is_turned(settings, _mined(snapshot)):
            return None
        steps = basis.steps(settings.mixing)
        chart = self._atlas.chart(self._volume_key(settings, snapshot))
        return (chart, steps) if chart.sources("volume") and basis.gives(axes, steps) else None

    def _volume_key(self, settings: Settings, snapshot: Snapshot | None) -> Key:
        plane = self._plane_key(replace(settings, mixing=0.0), snapshot)
        return ("volume", *plane, settings.split, settings.batchnorm)

    def _plane_key(self, settings: Settings, snapshot: Snapshot | None) -> Key:
        mined = (RunKey.of(settings), snapshot.step) if snapshot else None
        sources = [self._sources.key(letter, settings) for letter in LETTERS]
        return (*sources, mined, None if _is_turned(settings, _mined(snapshot)) else settings.mixing)


def _mined(snapshot: Snapshot | None) -> tuple[Direction, ...]:
    return snapshot.directions if snapshot else ()


def _is_turned(settings: Settings, mined: Sequence[Direction]) -> bool:
    """With no third source, mixing turns curve and map inside the plane of A and B; a mined plane brings its own."""
    return settings.c == NONE and len(mined) < 2
