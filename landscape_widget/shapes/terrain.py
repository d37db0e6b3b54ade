"""A surface and how its centre lies in it: at a bottom, on a top, on a pass, on a flank."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landscape_widget.shapes.basins import basin_floor, basins_of, elongation, pass_to
from landscape_widget.shapes.field import Field
from landscape_widget.shapes.prominence import Dip
from landscape_widget.shapes.rays import COUNT, Rays, rays_of

# Ground so many times longer than wide is a trough: a curvature six times as large across as along.
ELONGATED = 2.5


@dataclass(frozen=True, eq=False)
class Terrain:
    """What the kind of a surface follows from."""

    field: Field

    @cached_property
    def basins(self) -> list[Dip]:
        """The basins that count."""
        return basins_of(self.field)

    @cached_property
    def rays(self) -> Rays:
        """The view from the centre."""
        return rays_of(self.field)

    @property
    def floor(self) -> float:
        """The least difference in loss that counted."""
        if self.basins:
            return min(basin_floor(self.field, basin) for basin in self.basins)
        losses = self.field.heights.losses
        return self.field.heights.floor(int(losses.argmin()), int(losses.argmax()))

    @cached_property
    def is_flat(self) -> bool:
        """Whether no two losses differ by what counts."""
        losses = self.field.heights.losses
        drop = float(losses.max() - losses.min())
        return drop <= 0 or drop < self.field.heights.floor(int(losses.argmin()), int(losses.argmax()))

    @property
    def _center_floor(self) -> float:
        return self.field.heights.floor(self.field.center)

    @cached_property
    def lake(self) -> np.ndarray:
        """`[B, A]`: what hangs together with the centre without a climb that counts."""
        level = self.field.center_loss + self._center_floor
        return self.field.connected(self.field.losses < level, self.field.center)

    @cached_property
    def hill(self) -> np.ndarray:
        """`[B, A]`: what hangs together with the centre without a descent that counts."""
        level = self.field.center_loss - self._center_floor
        return self.field.connected(self.field.losses > level, self.field.center)

    @cached_property
    def home(self) -> Dip | None:
        """The basin at whose bottom the centre lies."""
        floor, losses, center = self.field.heights.floor, self.field.heights.losses, self.field.center
        near = [basin for basin in self.basins if self.lake.ravel()[basin.point]]
        homes = [b for b in near if losses[center] - losses[b.point] <= floor(center, b.point)]
        return min(homes, key=lambda basin: losses[basin.point], default=None)

    @cached_property
    def is_at_bottom(self) -> bool:
        """Whether no ground that counts as lower can be reached without a climb that counts."""
        lowest = float(self.field.losses[self.lake].min())
        return self.home is not None or self.field.center_loss - lowest <= self._center_floor

    @cached_property
    def is_top(self) -> bool:
        """Whether the centre is as high as the hill that it lies on."""
        return float(self.field.losses[self.hill].max()) - self.field.center_loss <= self._center_floor

    @cached_property
    def has_moat(self) -> bool:
        """Whether lower ground runs all around the centre: its hill does not reach the border."""
        return self.is_top and not (self.hill & self.field.border).any()

    @cached_property
    def is_bottle(self) -> bool:
        """A hill, a moat, and a wall in every direction."""
        return self.has_moat and self.rays.walls() == COUNT

    @cached_property
    def saddle_depth(self) -> float:
        """How far the centre lies above both sides of a saddle; nan where it lies on none."""
        return self.rays.saddle_depth()

    @cached_property
    def elongation(self) -> float:
        """Of the ground at whose bottom the centre lies."""
        return elongation(self.field, self.home.point if self.home else self._lowest_around())

    def _lowest_around(self) -> int:
        return int(np.where(self.lake, self.field.losses, np.inf).argmin())

    def moat_depth(self) -> float:
        """How far the centre lies above the highest place of the moat's floor."""
        border = self.field.border
        edge = pass_to(self.field, self.field.center, lambda hill: bool((hill & border).any()), over=False)
        return self.field.center_loss - edge

    def barrier(self) -> float:
        """How far one must climb from the centre to the next basin; nan where the centre lies in none."""
        others = [basin.point for basin in self.basins if basin is not self.home]
        if self.home is None or not others:
            return math.nan
        level = pass_to(self.field, self.home.point, lambda lake: bool(lake.ravel()[others].any()), over=True)
        return level - self.field.center_loss
