"""From computed points to the losses that are shown: on a grid, or anywhere in the span."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.chebyshev import Interpolant, meshes
from landscape_widget.slices.nodes import Array, Nodes, blend, weights_between

POINTS = {1: 201, 2: 101, 3: 33}  # an axis of the uniform grid that is shown, by number of axes
_SAME = 1e-9  # so far apart, in spans, two coordinates are one


def uniform_axis(low: float, high: float, count: int) -> Array:
    """`[count]`, equally spaced; 0 is one of them exactly where the span is symmetric and the count odd."""
    axis: Array = np.linspace(low, high, count)
    if low == -high and count % 2:
        axis[count // 2] = 0.0
    return axis


def displayed(interpolant: Interpolant, axes: Sequence[Array], nodes: Nodes) -> Array:
    """`[..., B, A]`: losses on a grid, the computed ones where the grid meets them."""
    losses = signed(interpolant.on_grid(*axes), nodes.losses)
    places, met = _meetings(axes, nodes)
    losses[places] = nodes.losses[met]
    return losses


def is_computed(axes: Sequence[Array], nodes: Nodes) -> NDArray[np.bool_]:
    """`[..., B, A]`: where a grid meets computed points."""
    mask = np.zeros([axis.size for axis in reversed(axes)], dtype=bool)
    mask[_meetings(axes, nodes)[0]] = True
    return mask


def _meetings(axes: Sequence[Array], nodes: Nodes) -> tuple[tuple[NDArray[np.intp], ...], NDArray[np.intp]]:
    """Where grid points are computed ones: their indices (beta before alpha), and which nodes those are."""
    places, is_met = [], np.ones(len(nodes.losses), dtype=bool)
    for axis, coords in zip(axes, nodes.coords.T, strict=True):
        nearest = np.rint((coords - axis[0]) / (axis[-1] - axis[0]) * (axis.size - 1)).astype(int)
        place = np.clip(nearest, 0, axis.size - 1)
        is_met &= np.abs(axis[place] - coords) <= _SAME * (axis[-1] - axis[0])
        places.append(place)
    met = np.flatnonzero(is_met)
    return tuple(place[met] for place in reversed(places)), met


def signed(losses: Array, known: Array) -> Array:
    """A loss that is nowhere negative is never shown negative."""
    return np.maximum(losses, 0.0) if np.nanmin(known, initial=0.0) >= 0 else losses


def between(losses: Array, axes: Sequence[Array], coords: Sequence[Array]) -> Array:
    """Linear between the points of a grid, at points inside it: one array a coordinate, alpha first, of one shape."""
    ends, weights = [], []
    for axis, x in zip(axes, coords, strict=True):
        left, weight = weights_between(x, axis)
        ends.append((left, np.minimum(left + 1, axis.size - 1)))
        weights.append(weight)
    corners = {choice: losses[_index(ends, choice)] for choice in product((0, 1), repeat=len(axes))}
    for place, weight in enumerate(weights):
        others = product((0, 1), repeat=len(axes) - 1 - place)
        corners = {rest: blend(corners[0, *rest], corners[1, *rest], weight) for rest in others}
    return corners[()]


def _index(
    ends: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]], choice: Sequence[int]
) -> tuple[NDArray[np.intp], ...]:
    return tuple(end[side] for end, side in reversed(list(zip(ends, choice, strict=True))))


def spread_linearly(node_axes: Sequence[Array], values: Array, axes: Sequence[Array]) -> Array:
    """`[..., B, A]`: values `[..., B', A']` on a tensor grid of nodes, piecewise linear on another grid."""
    inside = [np.clip(x, own[0], own[-1]) for x, own in zip(meshes(axes), node_axes, strict=True)]
    return between(values, node_axes, inside)
