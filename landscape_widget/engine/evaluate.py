"""Many points, one after the other: in order, cancellable, counted and timed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.gate import Gate
from landscape_widget.core.objective import Objective, PointValue, Stop

TIMED_POINTS = 25  # the rate follows a changing load within so many points


class Engine:
    """Evaluates points `center + coords @ axes` of one objective.

    Attributes:
        objective: L.
        gate: Who may use it; cells come before the worker.
        evaluations: Points computed so far on all the data used (previews on part of the data are not counted).
    """

    def __init__(self, objective: Objective) -> None:
        self.objective, self.gate = objective, Gate()
        self.evaluations = 0
        self._seconds: deque[float] = deque(maxlen=TIMED_POINTS)

    @property
    def seconds_per_point(self) -> float | None:
        """Median time of the last points on all data; None before the first."""
        return median(self._seconds) if self._seconds else None

    def evaluate(
        self,
        axes: Sequence[Tensor],
        coords: NDArray[np.float64],
        *,
        split: str = "train",
        batchnorm: str | None = None,
        units: Tensor | None = None,
        background: bool = False,
        stop: Stop | None = None,
    ) -> Iterator[PointValue]:
        """Yield the value at each point on one split; see `evaluate_all`."""
        rows = self.evaluate_all(
            axes, coords, [split], batchnorm=batchnorm, units=units, background=background, stop=stop
        )
        for (value,) in rows:
            yield value

    def evaluate_all(
        self,
        axes: Sequence[Tensor],
        coords: NDArray[np.float64],
        splits: Sequence[str],
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        background: bool = False,
        stop: Stop | None = None,
        per_sample: bool = False,
    ) -> Iterator[list[PointValue]]:
        """Yield the values at each point, one a split, in the order of `coords`; computed when asked for.

        Args:
            axes: K vectors `[P]`, on any device.
            coords: `[M, K]`, in lengths of the axes.
            splits: On which data.
            batchnorm: Another mode than the landscape's.
            units: On these samples or batches only.
            background: Take the gate step by step; else once for the whole iteration.
            stop: Asked between tiles; when true the iteration raises `Cancelled`.
            per_sample: Keep the loss of every sample.
        """
        placed = [axis.to(self.objective.device, self.objective.space.dtype) for axis in axes]
        each = self.gate.background if background else nullcontext
        with nullcontext() if background else self.gate.foreground():
            for coord in np.asarray(coords, dtype=np.float64).reshape(-1, len(placed)):
                with each():
                    point = point_at(self.objective.center, placed, coord.tolist())
                    values = [self._timed_value(point, split, batchnorm, units, stop) for split in splits]
                yield values

    def value(self, point: Tensor, split: str = "train", *, batchnorm: str | None = None) -> PointValue:
        """The value at one point `[P]`, for a call in a cell."""
        with self.gate.foreground():
            return self._timed_value(point, split, batchnorm, None, None)

    def _timed_value(
        self, point: Tensor, split: str, batchnorm: str | None, units: Tensor | None, stop: Stop | None
    ) -> PointValue:
        start = time.perf_counter()
        value = self.objective.value(point, split, batchnorm=batchnorm, units=units, stop=stop)
        if units is None:
            self._seconds.append(time.perf_counter() - start)
            self.evaluations += 1
        return value


def point_at(center: Tensor, axes: Sequence[Tensor], coord: Sequence[float]) -> Tensor:
    """`center + coord @ axes`, `[P]`, in the vectors' own precision."""
    point = center.clone()
    for axis, amount in zip(axes, coord, strict=True):
        if amount != 0.0:
            point.add_(axis, alpha=amount)
    return point


def rounding_floor(objective: Objective, shifts: int = 8) -> float | None:
    """Spread of the loss over tiny shifts of the centre, for models in half precision; None for others.

    A shift is as large as the spacing of half precision, so the spread is what rounding of the weights does. The
    loss itself may be rounded too: the floor is never below half its spacing.
    """
    half = objective.half_dtype
    if half is None:
        return None
    spacing = torch.finfo(half).eps
    losses = []
    for seed in range(shifts):
        noise = torch.randn(objective.center.shape, generator=torch.Generator().manual_seed(seed))
        losses.append(objective.value(objective.center * (1 + spacing * noise.to(objective.center))).loss)
    return max(max(losses) - min(losses), spacing / 2 * abs(losses[0]))
