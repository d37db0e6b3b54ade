"""What has been computed at points of one line, plane or volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget.engine import adaptive

Array = NDArray[np.float64]
Value = TypeVar("Value")


class Known(Generic[Value]):
    """Values by coordinates; those that differ by rounding only are one point."""

    def __init__(self) -> None:
        self._values: dict[tuple[float, ...], Value] = {}

    def __len__(self) -> int:
        return len(self._values)

    def add(self, coord: ArrayLike, value: Value) -> None:
        """Keep the value at `coord [K]`."""
        self._values[adaptive.key(np.asarray(coord, dtype=np.float64))] = value

    def at(self, coords: Array) -> list[Value | None]:
        """The values at `coords [M, K]`; None where nothing has been computed."""
        return [self._values.get(adaptive.key(coord)) for coord in coords]

    def all_at(self, coords: Array) -> list[Value]:
        """The values at `coords [M, K]`, all of which have been computed."""
        return [self._values[adaptive.key(coord)] for coord in coords]

    def missing(self, coords: Array) -> Array:
        """`[M', K]`: those of `coords [M, K]` still to be computed, from the centre outwards, each once."""
        left = {adaptive.key(coord): coord for coord in coords if adaptive.key(coord) not in self._values}
        rows = np.array(list(left.values())).reshape(-1, coords.shape[1])
        return rows[np.argsort(np.abs(rows).max(axis=1), kind="stable")] if len(rows) else rows


def num_missing(known: Known[Value], parts: Sequence[Array]) -> int:
    """How many points all these `[M, K]` together still need."""
    return len(known.missing(np.concatenate(parts))) if parts else 0
