"""Models beside a plane, as a map marks them and as they travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_widget.widget.packing import Frame, value_array

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Track:
    """Models on a map.

    Attributes:
        name: Of all of them.
        labels: Of each.
        coords: `[n, 2]`: alpha and beta of the nearest point of the plane, in the filter metric.
        losses: `[n]`: of each model itself, not of that point; NaN where it has not been computed.
        distances: `[n]`: of each to that point, in the filter metric, in which a filter-normalised axis is as long
            as the square root of the number of filters.
        is_path: Whether they follow one another.
    """

    name: str
    labels: tuple[str, ...]
    coords: Array
    losses: Array
    distances: Array
    is_path: bool

    @property
    def header(self) -> Frame:
        """What is no number."""
        return {"name": self.name, "labels": list(self.labels), "is_path": self.is_path}

    @property
    def values(self) -> NDArray[np.float32]:
        """`[n, 4]`: alpha, beta, loss, distance."""
        columns = np.column_stack([self.coords, self.losses, self.distances])
        return value_array("track", columns, (len(self.labels), 4))


def track_arrays(tracks: Sequence[Track]) -> dict[str, NDArray[np.float32]]:
    """By the place of each."""
    return {f"track_{place}": track.values for place, track in enumerate(tracks)}


def node_array(nodes: Sequence[Sequence[float]] | Array) -> NDArray[np.float32]:
    """`[M, 2]`."""
    return value_array("nodes", nodes, (len(nodes), 2))
