"""What was computed, and the arrays of a slice as values that do not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
# So far outside, in spans, a point still counts as on the border: arithmetic rounds.
_ON_BORDER = 1e-9


@dataclass(frozen=True, eq=False)
class Nodes:
    """The points whose loss was computed.

    Attributes:
        coords: `[M, K]`, alpha first.
        losses: `[M]`, in the unit of the loss.
    """

    coords: Array
    losses: Array


def frozen_array(values: ArrayLike) -> Array:
    """A read-only copy in float64."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def checked_axis(name: str, values: ArrayLike) -> Array:
    """The points of one axis `[A]`, strictly increasing."""
    axis = frozen_array(values)
    if axis.ndim != 1 or not axis.size or not np.isfinite(axis).all() or not (np.diff(axis) > 0).all():
        raise ValueError(f"{name} must be a row of increasing numbers, got {axis.tolist()}.")
    return axis


def checked_values(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """An array of the slice's shape."""
    array = frozen_array(values)
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape} of the grid, got {array.shape}.")
    return array


def checked_metrics(metrics: Mapping[str, ArrayLike], shape: tuple[int, ...]) -> Mapping[str, Array]:
    """Read-only metrics, each of the slice's shape."""
    return MappingProxyType({name: checked_values(f"metrics[{name!r}]", v, shape) for name, v in metrics.items()})


def checked_coordinate(name: str, values: ArrayLike, axis: Array) -> Array:
    """Coordinates inside the span of an axis.

    Raises:
        ValueError: If one lies outside, or is NaN.
    """
    coordinates = np.asarray(values, dtype=np.float64)
    low, high = float(axis[0]), float(axis[-1])
    slack = _ON_BORDER * (high - low)
    is_inside = (coordinates >= low - slack) & (coordinates <= high + slack)
    if not is_inside.all():
        first = float(coordinates[~is_inside].flat[0])
        raise ValueError(
            f"{name} must lie in the span, from {low:g} to {high:g}, got {first:g}. Compute a slice with a larger span."
        )
    return np.clip(coordinates, low, high)


def weights_between(coordinates: Array, axis: Array) -> tuple[NDArray[np.intp], Array]:
    """For each coordinate the point of the axis at its left, and its way to the next one from 0 to 1."""
    left = np.clip(np.searchsorted(axis, coordinates, side="right") - 1, 0, max(axis.size - 2, 0))
    if axis.size == 1:
        return left, np.zeros_like(coordinates)
    return left, (coordinates - axis[left]) / (axis[left + 1] - axis[left])


def blend(first: Array, second: Array, weight: Array) -> Array:
    """Linear between two values; a NaN or inf of weight 0 does not count."""
    near = np.where(weight == 1, 0.0, (1 - weight) * np.where(weight == 1, 0.0, first))
    far = np.where(weight == 0, 0.0, weight * np.where(weight == 0, 0.0, second))
    return near + far
