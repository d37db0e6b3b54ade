"""Points `center + coord @ axes`, and what a forward pass has in common at all of them.

A layer that sees the data before any other is linear in its weights, so its outputs at all these points are
combinations of K + 1 outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from landscape_widget.core.program import Program

MOST_BYTES = 2**28  # of outputs that are kept
Weights = Sequence[Tensor]
Key = tuple[int, tuple[int, ...]]


@final
class Plane:
    """K axes through the centre.

    Args:
        center: `[P]`.
        axes: K vectors `[P]`.
        weights_of: Cuts a vector into weights.
    """

    def __init__(self, center: Tensor, axes: Sequence[Tensor], weights_of: Callable[[Tensor], Weights]) -> None:
        self._vectors = [center, *axes]
        self._weights = [weights_of(vector) for vector in self._vectors]
        self._kept: dict[Key, list[list[Tensor]]] = {}
        self._bytes = 0

    def is_along(self, center: Tensor, axes: Sequence[Tensor]) -> bool:
        """Whether these are its very vectors."""
        return len(axes) + 1 == len(self._vectors) and all(
            ours is theirs for ours, theirs in zip(self._vectors, [center, *axes], strict=True)
        )

    def keep(self, program: Program, leaves: Sequence[Tensor]) -> None:
        """Compute the first layers' outputs for one tile, if they are few enough."""
        if _key(leaves) not in self._kept and self._bytes < MOST_BYTES:
            with torch.inference_mode():
                found = [program.first_outputs(weights, leaves) for weights in self._weights]
            self._kept[_key(leaves)] = found
            self._bytes += sum(tensor.nbytes for outputs in found for tensor in outputs)

    def point(self, coord: Sequence[float]) -> Tensor:
        """`[P]`."""
        return _combined(self._vectors, coord)

    def first_outputs(self, leaves: Sequence[Tensor], coord: Sequence[float]) -> list[Tensor]:
        """The first layers' outputs for one tile at a point; none where they are not kept."""
        kept = self._kept.get(_key(leaves), [])
        return [_combined(outputs, coord) for outputs in zip(*kept, strict=True)]


@dataclass(frozen=True)
class PlanePoint:
    """A point of a plane."""

    plane: Plane
    coord: Sequence[float]


def _key(leaves: Sequence[Tensor]) -> Key:
    return leaves[0].data_ptr(), tuple(leaves[0].shape)


def _combined(parts: Sequence[Tensor], coord: Sequence[float]) -> Tensor:
    first, *rest = parts
    total = first.clone() if not rest else torch.add(first, rest[0], alpha=coord[0])
    for part, amount in zip(rest[1:], coord[1:], strict=True):
        total.add_(part, alpha=amount)
    return total
