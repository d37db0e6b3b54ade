"""The points of one slice: evaluated when asked for, and remembered until it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.objective import PointValue
from landscape_widget.engine import adaptive
from landscape_widget.engine.evaluate import Engine
from landscape_widget.progress import Progress

Array = NDArray[np.float64]
Key = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Computed:
    """Points of one split.

    Attributes:
        coords: `[M, K]`.
        values: M of them.
    """

    coords: Array
    values: Sequence[PointValue]

    @property
    def losses(self) -> Array:
        """`[M]`."""
        return np.array([value.loss for value in self.values], dtype=np.float64)

    @property
    def per_sample(self) -> Array | None:
        """`[M, n]`, where each sample's loss was kept."""
        rows = [value.per_sample for value in self.values if value.per_sample is not None]
        return np.stack(rows) if rows and len(rows) == len(self.values) else None

    @property
    def center_per_sample(self) -> Array | None:
        """`[n]`: each sample's loss at the centre, where it is among the points and was kept."""
        at_center = np.flatnonzero(~self.coords.any(axis=1))
        return self.values[at_center[0]].per_sample if at_center.size else None

    @property
    def metrics(self) -> dict[str, Array]:
        """Name -> `[M]`; NaN where a point lacks it."""
        names = self.values[0].metrics if self.values else ()
        return {name: np.array([value.metrics.get(name, np.nan) for value in self.values]) for name in names}


class Computing:
    """Evaluates points of one plane on several splits, each once.

    Args:
        engine: Which is held by the caller.
        axes: K vectors `[P]`.
        splits: On which data.
        per_sample: Keep each sample's loss.
        report: Told (done, wanted so far).
    """

    def __init__(
        self, engine: Engine, axes: Sequence[Tensor], splits: Sequence[str], *, per_sample: bool, report: Progress
    ) -> None:
        self._engine, self._axes, self._splits = engine, list(axes), tuple(splits)
        self._per_sample, self._report = per_sample, report
        self._known: dict[Key, list[PointValue]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, coords: Array) -> None:
        """Evaluate those of `coords [M, K]` that are not known."""
        missing = list(
            {adaptive.key(coord): coord for coord in coords if adaptive.key(coord) not in self._known}.items()
        )
        if not missing:
            return
        total = len(self._known) + len(missing)
        values = self._engine.evaluate_all(
            self._axes, np.array([coord for _, coord in missing]), self._splits, per_sample=self._per_sample
        )
        for (key, _), value in zip(missing, values, strict=True):
            self._known[key] = value
            self._report(len(self._known), total)

    def losses(self, coords: Array) -> Array:
        """`[M, S]` at `coords [M, K]`, all splits; what is not known is evaluated."""
        self.learn(coords)
        return np.array([[value.loss for value in self._known[adaptive.key(coord)]] for coord in coords])

    def on(self, coords: Array, split: str) -> Computed:
        """Known points of one split, in the order of `coords [M, K]`."""
        place = self._splits.index(split)
        return Computed(coords, [self._known[adaptive.key(coord)][place] for coord in coords])

    def center_per_sample(self, split: str) -> Array | None:
        """`[n]`: each sample's loss at the centre, where that was computed and kept."""
        return self.everything(split).center_per_sample

    def everything(self, split: str) -> Computed:
        """All known points of one split, in the order in which they were computed."""
        return self.on(np.array(list(self._known)), split)


def searched(search: adaptive.Search, losses_of: Callable[[Array], Array]) -> adaptive.Found:
    """Drive a search to its end."""
    try:
        ask = next(search)
        while True:
            ask = search.send(losses_of(ask.coords))
    except StopIteration as end:
        found: adaptive.Found = end.value
        return found
