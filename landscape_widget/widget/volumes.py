"""The volume that three sources span: its basis, and where the axes of each mixing angle lie in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.params import FilterMetric
from landscape_widget.directions.direction import Direction, home_of
from landscape_widget.directions.mixing import Axes

Array = NDArray[np.float64]

ANGLES = np.arange(-90, 91, 5)  # of mixing, in degrees, that the volume has to hold
ROOM = 1.02  # and what lies between them
ROUNDINGS = 100.0  # of the vectors' precision that a combination may be off


@dataclass(frozen=True, eq=False)
class Basis:
    """A, the orthogonal part of B, and the part of C that is orthogonal to both, in the filter metric.

    Attributes:
        directions: The three of them, at the lengths that they came with.
        inner: `[3]`: squares of their lengths in the metric.
        third: `[3]`: C in this basis.
        keeps_length: Whether what is left of C keeps its own length; else it is brought back to C's.
    """

    directions: tuple[Direction, Direction, Direction]
    inner: Array
    third: Array
    keeps_length: bool

    @classmethod
    def of(cls, plane: Axes, c: Direction) -> Basis:
        """From the unmixed axes of A and B, and C.

        Raises:
            ValueError: If C lies in the plane of the others.
        """
        a, b = plane.d1, plane.d2
        left = c.orthogonal_to(a).orthogonal_to(b)
        metric: FilterMetric = home_of(a).metric
        inner = np.array([metric.norm(d.vector) ** 2 for d in (a, b, left)])
        third = np.array([metric.inner(c.vector, d.vector) for d in (a, b, left)]) / inner
        return cls((a, b, left), inner, third, c.keeps_length)

    @property
    def vectors(self) -> list[Tensor]:
        """`[P]` each."""
        return [direction.vector for direction in self.directions]

    def steps(self, degrees: float) -> Array:
        """`[2, 3]`: both axes of the picture at a mixing angle, as `mix` makes them."""
        angle = math.radians(degrees)
        first = np.array([math.cos(angle), math.sin(angle), 0.0])
        share = (self.third * first) @ self.inner / ((first * first) @ self.inner)
        left = self.third - share * first
        if not self.keeps_length:
            left = left * math.sqrt((self.third**2) @ self.inner / ((left**2) @ self.inner))
        return np.stack([first, left])

    def gives(self, axes: Axes, steps: Array) -> bool:
        """Whether the steps make the axes, but for rounding: weights that the metric does not see may forbid it."""
        for axis, step in zip((axes.d1, axes.d2), steps, strict=True):
            made = sum(float(part) * vector for part, vector in zip(step, self.vectors, strict=True))
            room = ROUNDINGS * torch.finfo(axis.vector.dtype).eps * float(axis.vector.abs().max())
            if float((made - axis.vector).abs().max()) > room:
                return False
        return True

    def reach(self, span: float) -> Array:
        """`[3]`: how far the squares (-span, span) of all mixing angles reach along each basis direction."""
        corners = [np.abs(self.steps(degrees)).sum(axis=0) for degrees in ANGLES.tolist()]
        far: Array = ROOM * span * np.max(corners, axis=0)
        return far
