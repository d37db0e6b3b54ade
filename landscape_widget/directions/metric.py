"""Angles in the filter metric, and the projections that need them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from landscape_widget.core.params import FilterMetric

# Two float32 vectors that ought to be parallel differ by a few roundings (1e-7) an entry.
_PARALLEL_IN_ROUNDINGS = 100


@dataclass(frozen=True, eq=False)
class Seen:
    """A vector beside what the metric sees of it, which is costly to find and easy to carry along.

    Attributes:
        vector: `[P]`.
        relative: `[P]` float64, in units of each filter's norm; 0 for biases and norms.
        name: What errors call it.
    """

    vector: Tensor
    relative: Tensor
    name: str

    @classmethod
    def by(cls, metric: FilterMetric, vector: Tensor, name: str) -> Seen:
        """A vector `[P]` with its relative part; a ValueError if the metric sees nothing of it."""
        seen = cls(vector, metric.relative(vector), name)
        if seen.length > 0:
            return seen
        raise ValueError(
            f"{name} must move weights that the filter metric sees, got one that moves only biases, norms "
            'and filters that are zero at the centre. Use a direction with normalize="filter".'
        )

    @cached_property
    def length(self) -> float:
        """Norm in the filter metric."""
        return float(self.relative.norm())

    def times(self, factor: float) -> Seen:
        """A multiple."""
        return Seen(factor * self.vector, factor * self.relative, self.name)

    def plus(self, other: Seen, name: str) -> Seen:
        """A sum under a new name."""
        return Seen(self.vector + other.vector, self.relative + other.relative, name)

    def cosine(self, other: Seen) -> float:
        """Cosine of the angle, from -1 to 1."""
        return max(-1.0, min(1.0, float(self.relative @ other.relative) / (self.length * other.length)))

    def orthogonal_to(self, axis: Seen, metric: FilterMetric) -> Seen:
        """This less its projection on `axis`; entries that the metric does not see stay as they are.

        Raises:
            ValueError: If the two are parallel.
        """
        share = float(self.relative @ axis.relative) / axis.length**2
        relative = self.relative - share * axis.relative
        rounding = torch.finfo(self.vector.dtype).eps * self.length
        if float(relative.norm()) <= _PARALLEL_IN_ROUNDINGS * rounding:
            raise ValueError(
                f"{self.name} must not be parallel to {axis.name}, got a cosine of "
                f"{1.0 if share > 0 else -1.0}. Choose another direction, or another seed."
            )
        seen_axis = torch.where(metric.scale > 0, axis.vector.double(), 0.0)
        vector = (self.vector.double() - share * seen_axis).to(self.vector.dtype)
        return Seen(vector, relative, self.name)
