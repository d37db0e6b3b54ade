"""A surface made ready for judging: no holes, walls finite, finely read, the centre among its points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from landscape_widget.shapes.heights import Heights
from landscape_widget.shapes.plane import Plane
from landscape_widget.shapes.profile import SAME_POINT
from landscape_widget.shapes.reading import read_grid
from landscape_widget.shapes.scale import scale_of

# A plain grid is read at so many points an axis at least: enough for 64 rays, and cheap.
FINE = 65
_ALL_EIGHT = np.ones((3, 3), dtype=bool)  # diagonal neighbours count: valleys run across the grid, too


@dataclass(frozen=True, eq=False)
class Field:
    """What is judged; points are counted row by row, index = b * A + a.

    Attributes:
        alphas: `[A]`, 0 among them.
        betas: `[B]`, 0 among them.
        heights: Of the B * A points.
        center: Index of the centre.
        stride: So many points apart, along alpha and beta, were those that were read.
        unknown: `[B, A]`: in or beside a hole.
    """

    alphas: np.ndarray
    betas: np.ndarray
    heights: Heights
    center: int
    stride: tuple[int, int]
    unknown: np.ndarray

    @property
    def losses(self) -> np.ndarray:
        """`[B, A]`, finite."""
        return self.heights.losses.reshape(len(self.betas), len(self.alphas))

    @property
    def center_loss(self) -> float:
        """The loss at the centre."""
        return float(self.heights.losses[self.center])

    @cached_property
    def distances(self) -> np.ndarray:
        """`[B, A]`: distance from the centre, in spans, so that it does not depend on the directions' lengths."""
        a, b = (axis / (axis[-1] - axis[0]) for axis in (self.alphas, self.betas))
        distances: np.ndarray = np.hypot(a[None, :], b[:, None])
        return distances

    @cached_property
    def border(self) -> np.ndarray:
        """`[B, A]`: the outermost points."""
        mask = np.ones(self.losses.shape, dtype=bool)
        mask[1:-1, 1:-1] = False
        return mask

    def place(self, point: int) -> tuple[float, float]:
        """(alpha, beta) of a point."""
        row, column = divmod(point, len(self.alphas))
        return float(self.alphas[column]), float(self.betas[row])

    def connected(self, mask: np.ndarray, point: int) -> np.ndarray:
        """`[B, A]`: the part of a mask that hangs together with a point; empty where the point is not in it."""
        labels = ndimage.label(mask, _ALL_EIGHT)[0]
        own = labels.ravel()[point]
        part: np.ndarray = (labels == own) & (own > 0)
        return part

    def read(self, alphas: np.ndarray, betas: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        """The loss (or other values `[B, A]`) at any points of the span, linear between the field's own."""
        rows = np.interp(betas, self.betas, np.arange(len(self.betas)))
        columns = np.interp(alphas, self.alphas, np.arange(len(self.alphas)))
        grid = self.losses if values is None else values
        read: np.ndarray = ndimage.map_coordinates(grid, np.stack([rows, columns]), order=1, mode="nearest")
        return read


def field_of(plane: Plane, filled: np.ndarray) -> Field:
    """The field of a plane that holds its centre.

    Args:
        plane: At least one loss is finite.
        filled: `[B, A]`: its losses, with something in every hole; inf still is a wall.
    """
    top = plane.losses[np.isfinite(plane.losses)].max()
    axes = (plane.alphas, plane.betas)
    (alphas, stride_a), (betas, stride_b) = _fine(plane.alphas), _fine(plane.betas)
    losses = read_grid(axes, np.minimum(filled, top), (alphas, betas), bent=True)
    noise = read_grid(axes, np.where(plane.holes, 0.0, plane.noise), (alphas, betas), bent=False)
    unknown = read_grid(axes, plane.holes.astype(float), (alphas, betas), bent=False) > 0
    center = int(np.abs(betas).argmin()) * len(alphas) + int(np.abs(alphas).argmin())
    if plane.center_loss is not None:
        losses.ravel()[center] = plane.center_loss
    cap = math.inf if plane.ceiling is None else float(losses.ravel()[center]) + plane.ceiling
    heights = Heights(losses.ravel(), noise.ravel(), scale_of(plane.losses, plane.ceiling), cap)
    beside = ndimage.binary_dilation(unknown, _ALL_EIGHT) if unknown.any() else unknown
    return Field(alphas, betas, heights, center, (stride_a, stride_b), beside)


def _fine(axis: np.ndarray) -> tuple[np.ndarray, int]:
    """The axis with every cell cut into equal parts, 0 among its points; and how many parts."""
    parts = max(1, math.ceil((FINE - 1) / (len(axis) - 1)))
    steps = np.arange(parts) / parts
    inner = (axis[:-1, None] + np.diff(axis)[:, None] * steps).ravel()
    fine = np.append(inner, axis[-1])
    nearest = int(np.abs(fine).argmin())
    if abs(fine[nearest]) > SAME_POINT * (axis[-1] - axis[0]):
        return np.sort(np.append(fine, 0.0)), parts
    fine[nearest] = 0.0
    return fine, parts
