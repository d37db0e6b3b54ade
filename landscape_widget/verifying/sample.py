"""Which points of a slice are computed again, and when two losses are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from landscape_widget.slices.base import Slice
from landscape_widget.slices.nodes import Array

# Two computations of one loss differ by sums in another order: so many roundings of the coarser dtype.
_ROUNDINGS, _LEAST_ROUNDING = 250, 1e-11
# In half precision the rounding floor is measured; besides, losses themselves may be rounded.
_HALF_ROUNDINGS = 4


@dataclass(frozen=True, eq=False)
class Sample:
    """Points of a slice: nodes first, then points between them.

    Attributes:
        places: `[m]`: which nodes.
        coords: `[n, K]`, alpha first; the first m are the nodes.
        shown: `[n]`: what the slice says there.
    """

    places: NDArray[np.intp]
    coords: Array
    shown: Array

    @property
    def is_node(self) -> NDArray[np.bool_]:
        """`[n]`: whether the slice's value was computed at that very point."""
        return np.arange(len(self.coords)) < len(self.places)


def sample(slice_: Slice, n: int, seed: int) -> Sample:
    """`n` random nodes, at most all, and half as many points between those of an interpolated slice.

    Raises:
        ValueError: If no loss of the slice can be checked.
    """
    random = np.random.default_rng(seed)
    nodes, places = slice_.nodes, _places(slice_)
    if not places.size:
        raise ValueError("slice must hold a loss that can be checked, got NaN everywhere.")
    chosen = np.sort(random.choice(places, min(n, places.size), replace=False))
    between = _between(slice_, max(n // 2, 1), random)
    there = np.atleast_1d(slice_.at(*between.T)) if len(between) else np.zeros(0)
    coords = np.concatenate([nodes.coords[chosen], between])
    return Sample(chosen, coords, np.concatenate([nodes.losses[chosen], there]))


def _places(slice_: Slice) -> NDArray[np.intp]:
    """All nodes; of a slice that somebody else made only those that are numbers: its holes may be anything."""
    losses = slice_.nodes.losses
    return np.arange(losses.size) if "weights" in slice_.provenance else np.flatnonzero(~np.isnan(losses))


def _between(slice_: Slice, count: int, random: np.random.Generator) -> Array:
    """`[count, K]`: random points in the spans of an interpolated slice; none of an exact one."""
    if slice_.is_exact.all():
        return np.zeros((0, len(slice_.axes)))
    low, high = np.array(slice_.spans, dtype=np.float64).T
    coords: Array = low + (high - low) * random.random((count, len(low)))
    return coords


@dataclass(frozen=True)
class Closeness:
    """How far two honest computations of one loss may be apart.

    Attributes:
        relative: Share of the loss.
        absolute: In the unit of the loss.
    """

    relative: float
    absolute: float

    @classmethod
    def of(cls, slice_: Slice, dtype: torch.dtype, floor: float | None) -> Closeness:
        """For a slice and a landscape that computes in `dtype`; `floor`: what rounding of half precision does."""
        eps = max(torch.finfo(kind).eps for kind in (dtype, _dtype(slice_.provenance.get("dtype"))))
        rounding = max(floor or 0.0, slice_.rounding)
        if eps > torch.finfo(torch.float32).eps:
            return cls(_HALF_ROUNDINGS * eps, rounding)
        relative = max(_ROUNDINGS * eps, _LEAST_ROUNDING)
        finite = slice_.losses[np.isfinite(slice_.losses)]
        # A loss near 0 is the difference of larger numbers: of outputs of the order of 1, or of its own other values.
        unit = min(1.0, float(np.abs(finite).max())) if finite.size else 1.0
        return cls(relative, rounding + relative / 10 * unit)

    def within(self, losses: Any) -> Any:
        """The difference allowed at each loss."""
        return self.absolute + self.relative * np.abs(losses)

    def same(self, first: Any, second: Any) -> Any:
        """Whether losses are the same; NaN is NaN, inf is inf."""
        with np.errstate(invalid="ignore"):
            near = np.abs(np.subtract(first, second)) <= self.within(second)
        both = np.isfinite(first) & np.isfinite(second)
        return (near & both) | (np.isnan(first) & np.isnan(second)) | np.equal(first, second)


def _dtype(name: object) -> torch.dtype:
    """That of a provenance; of an unknown one float32, which most tools compute in."""
    found = getattr(torch, str(name), None)
    return found if isinstance(found, torch.dtype) and found.is_floating_point else torch.float32
