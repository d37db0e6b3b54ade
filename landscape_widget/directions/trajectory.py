"""The path of training in the plane that holds most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.directions.direction import Direction
from landscape_widget.directions.recipes import Span

Array = NDArray[np.float64]

_CHUNK = 1 << 20  # weights at a time in float64
_MARGIN = 0.15  # of the path's extent, beyond it on either side
# Components this much weaker than the first are rounding of float32 weights.
_WEAKEST = 1e-6


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Checkpoints seen from the centre.

    Attributes:
        directions: Principal components, of length 1 in weight space, the first towards the farthest checkpoint.
        explained: `[k]`: share of the checkpoints' summed squared distance to the centre that lies along each.
        coords: `[n, k]`: each checkpoint's place in the plane; the centre lies at 0.
        distances: `[n]`: of each checkpoint off the plane, in weight space.
    """

    directions: tuple[Direction, ...]
    explained: Array
    coords: Array
    distances: Array

    def __repr__(self) -> str:
        shares = ", ".join(f"{100 * share:.1f} %" for share in self.explained)
        return f"Trajectory({len(self.coords)} checkpoints, explained: {shares})"


@dataclass(frozen=True)
class Components:
    """Principal components of differences to the centre; attributes as in `Trajectory`.

    Attributes:
        vectors: `[k, P]` in the dtype of the steps, of length 1, orthogonal.
    """

    vectors: Tensor
    explained: Array
    coords: Array
    distances: Array

    def span(self, place: int) -> Span:
        """(low, high) of a component: all checkpoints and the centre, with a margin."""
        values = [0.0, *self.coords[:, place]]
        margin = _MARGIN * (max(values) - min(values))
        return float(min(values) - margin), float(max(values) + margin)


def components(steps: Tensor, count: int) -> Components:
    """The `count` strongest components of `steps [n, P]`, fewer where the steps span less.

    No mean is taken off: among planes through the centre this one lies nearest to the checkpoints.
    """
    gram = _products(steps, steps)
    strengths, rows = np.linalg.eigh(gram)
    order = np.argsort(strengths)[::-1][:count]
    order = order[strengths[order] > _WEAKEST**2 * strengths.max()]
    roots = np.sqrt(strengths[order])
    mix = torch.from_numpy(rows[:, order] / roots)
    vectors = torch.cat([(mix.T @ part.double()).to(steps.dtype) for part in torch.split(steps, _CHUNK, dim=1)], dim=1)
    coords = _products(steps, vectors)
    signs = np.sign(coords[np.abs(coords).argmax(axis=0), np.arange(len(order))])
    vectors *= torch.from_numpy(signs).to(vectors.dtype)[:, None]
    coords = coords * signs
    return Components(vectors, strengths[order] / np.trace(gram), coords, _distances(steps, vectors, coords))


def _products(left: Tensor, right: Tensor) -> Array:
    """`[n, m]` inner products of the rows, summed in float64."""
    total = torch.zeros(len(left), len(right), dtype=torch.float64)
    for a, b in zip(torch.split(left, _CHUNK, dim=1), torch.split(right, _CHUNK, dim=1), strict=True):
        total += a.double() @ b.double().T
    return np.asarray(total.numpy())


def _distances(steps: Tensor, vectors: Tensor, coords: Array) -> Array:
    """`[n]`: what is left of each step; not from squared norms, whose difference is all rounding for small ones."""
    squares = torch.zeros(len(steps), dtype=torch.float64)
    for step, vector in zip(torch.split(steps, _CHUNK, dim=1), torch.split(vectors, _CHUNK, dim=1), strict=True):
        squares += (step.double() - torch.from_numpy(coords) @ vector.double()).square().sum(dim=1)
    return np.asarray(squares.sqrt().numpy())


def ordinal(place: int) -> str:
    """`"first"`, `"second"`, ..."""
    names: Sequence[str] = ("first", "second", "third")
    return names[place] if place < len(names) else f"{place + 1}th"
