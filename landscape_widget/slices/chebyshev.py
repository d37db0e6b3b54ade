"""Interpolants on nested Chebyshev-Lobatto nodes in one, two and three dimensions.

Every axis is stretched first: `x = center + width sinh(u)` with u linear in s, so that nodes lie denser around the
middle of a landscape, where valleys are sharp (Tee and Trefethen 2006 use the map for functions with
singularities near the axis). Polynomials are in s. Evaluation is by the barycentric formula (Berrut and Trefethen
2004), so nothing is fitted, and every level's nodes lie among those of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEVELS = (5, 9, 17, 33, 65)  # nodes an axis; every level holds the one before
MILD, STRONG = 1.5, 2.5  # stretchings; measured: mild ones never cost points, strong ones pay where walls are high
PART_NODES = {1: 65, 2: 33}  # an axis of an interpolant that is sampled from one of more axes


@lru_cache(maxsize=32)
def lobatto(count: int) -> Array:
    """`[count]` Chebyshev-Lobatto nodes from -1 to 1; those of a level are the same bits in the next."""
    nodes: Array = np.sin(np.pi * np.arange(1 - count, count, 2) / (2 * (count - 1)))
    nodes.setflags(write=False)
    return nodes


@lru_cache(maxsize=32)
def _weights(count: int) -> Array:
    """Barycentric weights of the nodes: alternating, half at both ends."""
    weights = np.where(np.arange(count) % 2, -1.0, 1.0)
    weights[[0, -1]] *= 0.5
    return weights


@lru_cache(maxsize=32)
def _differentiation(count: int) -> Array:
    """`[count, count]`: values at the nodes -> derivative in s at the nodes."""
    nodes, weights = lobatto(count), _weights(count)
    apart = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(apart, 1.0)
    matrix: Array = weights[None, :] / weights[:, None] / apart
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


@dataclass(frozen=True)
class Axis:
    """The nodes of one axis.

    Attributes:
        low: First node.
        high: Last node.
        count: Number of nodes.
        strength: Of the stretching: on a span (-h, h) nodes at 0 lie `strength / sinh(strength)` times as far apart
            as without it. 0 for none. A span that does not hold 0 in its inside is not stretched.
    """

    low: float
    high: float
    count: int
    strength: float = 0.0

    @cached_property
    def _stretched(self) -> tuple[float, float, float] | None:
        """(width, first u, last u) of the stretching around 0; None where there is none."""
        if self.strength == 0 or not self.low < 0 < self.high:
            return None
        width = (self.high - self.low) / 2 / float(np.sinh(self.strength))
        return width, float(np.arcsinh(self.low / width)), float(np.arcsinh(self.high / width))

    @cached_property
    def nodes(self) -> Array:
        """`[count]`, increasing; 0 is one of them exactly where the span is symmetric."""
        s = lobatto(self.count)
        if self._stretched is None:
            x: Array = (self.low + self.high) / 2 + (self.high - self.low) / 2 * s
        else:
            width, first, last = self._stretched
            x = width * np.sinh((first + last) / 2 + (last - first) / 2 * s)
        x[0], x[-1] = self.low, self.high
        x.setflags(write=False)
        return x

    def refined(self) -> Axis:
        """The next level."""
        return Axis(self.low, self.high, 2 * self.count - 1, self.strength)

    def coarser(self) -> Axis:
        """The level before."""
        return Axis(self.low, self.high, (self.count + 1) // 2, self.strength)

    def _unit(self, x: Array) -> Array:
        """From a coordinate to s, from -1 to 1."""
        if self._stretched is None:
            return (2 * x - self.low - self.high) / (self.high - self.low)
        width, first, last = self._stretched
        return (2 * np.arcsinh(x / width) - first - last) / (last - first)

    def matrix(self, x: Array) -> Array:
        """`[T, count]`: values at the nodes -> values at `x [T]`."""
        apart = self._unit(x)[:, None] - lobatto(self.count)[None, :]
        is_node = np.abs(apart) < 1e-14
        weights: Array = _weights(self.count) / np.where(is_node, 1.0, apart)
        weights /= weights.sum(axis=1, keepdims=True)
        rows = is_node.any(axis=1)
        weights[rows] = is_node[rows]
        return weights

    @cached_property
    def _to_slopes(self) -> Array:
        """`[count, count]`: values at the nodes -> derivative in x at the nodes."""
        in_s = _differentiation(self.count)
        if self._stretched is None:
            return in_s * (2 / (self.high - self.low))
        width, first, last = self._stretched
        slope = 2 / (last - first) / np.sqrt(self.nodes**2 + width**2)  # ds/dx
        return in_s * slope[:, None]

    def slopes(self, x: Array, order: int = 1) -> Array:
        """`[T, count]`: values at the nodes -> derivative of this order at `x [T]`."""
        matrix = self.matrix(x)
        for _ in range(order):
            matrix = matrix @ self._to_slopes
        return matrix


@dataclass(frozen=True, eq=False)
class Interpolant:
    """The polynomial (in the stretched coordinates) through the values at a tensor grid of nodes.

    Attributes:
        axes: K of them, alpha first.
        values: `[..., B, A]`: alpha runs along the last axis.
    """

    axes: tuple[Axis, ...]
    values: Array

    def __call__(self, *coords: ArrayLike) -> Array:
        """Values at points: one array a coordinate, alpha first, that broadcast."""
        x = np.broadcast_arrays(*[np.asarray(c, dtype=np.float64) for c in coords])
        matrices = [axis.matrix(c.ravel()) for axis, c in zip(self.axes, x, strict=True)]
        return _combined(self.values, matrices).reshape(x[0].shape)

    def on_grid(self, *axes: Array) -> Array:
        """`[..., B, A]`: values on the tensor grid of these axes, alpha first."""
        values = self.values
        for place, (axis, x) in enumerate(zip(self.axes, axes, strict=True)):
            along = values.ndim - 1 - place
            values = np.moveaxis(np.moveaxis(values, along, -1) @ axis.matrix(x).T, -1, along)
        return values

    def derivative(self, orders: Sequence[int], *coords: ArrayLike) -> Array:
        """A partial derivative, `orders[k]` times along axis k, at points as in a call."""
        x = np.broadcast_arrays(*[np.asarray(c, dtype=np.float64) for c in coords])
        chosen = zip(self.axes, x, orders, strict=True)
        return _combined(self.values, [axis.slopes(c.ravel(), order) for axis, c, order in chosen]).reshape(x[0].shape)

    def step_error(self, axis: int) -> Array:
        """What the level before misses along one axis, at the nodes that it lacks, which are half of them."""
        place = self.values.ndim - 1 - axis
        values = np.moveaxis(self.values, place, -1)
        own = self.axes[axis]
        guess = values[..., ::2] @ own.coarser().matrix(own.nodes[1::2]).T
        return np.moveaxis(guess - values[..., 1::2], -1, place)

    def newest(self, axis: int) -> Array:
        """The values at the nodes of one axis that the level before lacks: the shape of `step_error`."""
        place = self.values.ndim - 1 - axis
        return np.moveaxis(np.moveaxis(self.values, place, -1)[..., 1::2], -1, place)

    def part(self, steps: Array, bounds: Sequence[tuple[float, float]]) -> Interpolant:
        """What it is along the steps `[k, K]`, over these (low, high), as an interpolant of its own."""
        axes = tuple(Axis(low, high, PART_NODES[len(steps)], MILD) for low, high in bounds)
        low, high = np.array([[axis.low, axis.high] for axis in self.axes]).T
        points = np.clip(tensor_coords([axis.nodes for axis in axes]) @ steps, low, high)
        return Interpolant(axes, self(*points.T).reshape([axis.count for axis in reversed(axes)]))

    def coarser(self, axis: int) -> Interpolant:
        """Without every second node of one axis."""
        place = self.values.ndim - 1 - axis
        kept = tuple(slice(None, None, 2 if i == place else 1) for i in range(self.values.ndim))
        axes = tuple(own.coarser() if i == axis else own for i, own in enumerate(self.axes))
        return Interpolant(axes, self.values[kept])


def _combined(values: Array, matrices: Sequence[Array]) -> Array:
    """`[T]`: one row of weights per axis and point, alpha's first, summed over all nodes."""
    result = values @ matrices[0].T  # [..., B, T]
    for matrix in matrices[1:]:
        result = (result * matrix.T).sum(axis=-2)
    return result


def meshes(axes: Sequence[Array]) -> list[Array]:
    """The coordinates of all points of a tensor grid, alpha's first, each `[..., B, A]`."""
    return list(reversed(np.meshgrid(*reversed(axes), indexing="ij")))


def tensor_coords(axes: Sequence[Array]) -> Array:
    """`[M, K]`: all points of a tensor grid, alpha fastest; the order of `[..., B, A].ravel()`."""
    return np.stack([mesh.ravel() for mesh in meshes(axes)], axis=1)
