"""A volume made ready for ipyvolume: a cloud of voxels, or surfaces of equal loss."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.widget.heights import colors, shade_of
from landscape_widget.widget.ipyvolume_scene import AMBIENT

Array = NDArray[np.float64]
Ends = tuple[float, float]

ENTRIES = 256  # of the table of colours and opacities
HOLE = 1.0  # the voxel of a hole: beyond all losses, and never shown
TOP = 0.97  # the voxel of the highest loss: what lies between it and a hole is not shown either
DENSITY = 0.06  # opacity of the lowest loss that is shown; higher ones are thinner, so that one sees inside
LEVELS = 3  # surfaces of equal loss
NO_SKIMAGE = "iso-surfaces must have the package scikit-image, got none. Run pip install 'landscape-widget[volume]'."


@dataclass(frozen=True, eq=False)
class Block:
    """The part of a volume that is not cut away.

    Attributes:
        axes: Alphas, betas, gammas of its points.
        fractions: `[C, B, A]`: 0 at the floor of the loss range, 1 at its top; NaN at holes.
    """

    axes: tuple[Array, ...]
    fractions: Array

    @property
    def extent(self) -> list[list[float]]:
        """Low and high of each axis, alpha first."""
        return [[float(axis[0]), float(axis[-1])] for axis in self.axes]

    @property
    def voxels(self) -> NDArray[np.float32]:
        """`[C, B, A]` as the cloud has them."""
        return np.where(np.isnan(self.fractions), HOLE, TOP * self.fractions).astype(np.float32)


def block_of(axes: tuple[Array, ...], fractions: Array, clips: tuple[Ends, ...]) -> Block:
    """What lies within `(low, high)` of each axis, alpha first; at least two points an axis."""
    parts = [_within(axis, *clip) for axis, clip in zip(axes, clips, strict=True)]
    kept = tuple(axis[part] for axis, part in zip(axes, parts, strict=True))
    return Block(kept, fractions[tuple(reversed(parts))])


def _within(axis: Array, low: float, high: float) -> slice:
    slack = 1e-9 * (axis[-1] - axis[0])
    start = int(np.searchsorted(axis, low - slack))
    stop = int(np.searchsorted(axis, high + slack, side="right"))
    start = min(start, axis.size - 2)
    return slice(start, max(stop, start + 2))


def cloud_table(shown: Ends) -> NDArray[np.float32]:
    """`[ENTRIES, 4]`: colour and opacity of each voxel; `shown`: fractions, outside which nothing is seen."""
    fractions = np.linspace(0, 1, ENTRIES) / TOP
    low, high = shown
    is_shown = (fractions >= low) & (fractions <= min(high, 1.0))
    depth = np.clip((high - fractions) / max(high - low, 1e-6), 0, 1)
    opacity = np.where(is_shown, DENSITY * (0.15 + 0.85 * depth**2), 0.0)
    return np.column_stack([colors(np.minimum(fractions, 1.0)), opacity]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Shells:
    """Surfaces of equal loss as one mesh.

    Attributes:
        points: `[N, 3]`: alpha, beta, gamma.
        triangles: `[T, 3]`.
        colors: `[N, 4]`: the outer shells are thinner.
    """

    points: Array
    triangles: NDArray[np.uint32]
    colors: Array


def levels_of(shown: Ends) -> Array:
    """`[LEVELS]`: fractions, evenly within the shown ones, the highest last."""
    low, high = shown
    return low + (high - low) * np.arange(1, LEVELS + 1) / LEVELS


def shells_of(block: Block, shown: Ends) -> Shells:
    """Marching cubes at each level that the block reaches; holes stay holes.

    Raises:
        ImportError: If scikit-image is not installed.
    """
    try:
        measure: Any = import_module("skimage.measure")
    except ImportError as error:
        raise ImportError(NO_SKIMAGE) from error
    parts, start = [_nothing()], 0
    known = np.isfinite(block.fractions)
    filled = np.where(known, block.fractions, 2.0)
    for place, level in enumerate(levels_of(shown)):
        if not filled[known].size or not filled[known].min() < level < filled[known].max():
            continue
        found = measure.marching_cubes(filled, float(level), mask=None if known.all() else known)
        part = _shell(block, found, float(level), opacity=1.0 - 0.3 * place)
        parts.append(Shells(part.points, part.triangles + np.uint32(start), part.colors))
        start += len(part.points)
    return Shells(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.triangles for part in parts]),
        np.concatenate([part.colors for part in parts]),
    )


def _nothing() -> Shells:
    return Shells(np.empty((0, 3)), np.empty((0, 3), dtype=np.uint32), np.empty((0, 4)))


def _shell(block: Block, found: tuple[Any, ...], level: float, *, opacity: float) -> Shells:
    corners, triangles, normals, _ = found
    coordinates = [np.interp(corners[:, 2 - k], np.arange(axis.size), axis) for k, axis in enumerate(block.axes)]
    brightness = AMBIENT + (1 - AMBIENT) * shade_of(normals[:, ::-1])
    own = colors(np.full(len(corners), level)) * brightness[:, None]
    shell = np.column_stack([own, np.full(len(corners), opacity)])
    return Shells(np.stack(coordinates, axis=1), triangles.astype(np.uint32), shell)
