"""Ways to compute the values at many points: one after the other, or a chunk of them in one pass.

A plan only computes; whether it is to be trusted, how large its chunks are and which one runs is decided in
`automatic.py`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core import memory
from landscape_widget.core.batched import Batched
from landscape_widget.core.in_flight import InFlight, ManyPoints, Replayed
from landscape_widget.core.objective import Cancelled, Objective, PointValue, Stop

Array = NDArray[np.float64]
Row = list[PointValue]  # the values at one point, one a split


@dataclass(frozen=True, eq=False)
class Job:
    """Which values are wanted at every point; arguments as in `Engine.evaluate_all`.

    Attributes:
        axes: K vectors `[P]` on the model's device.
        background: Steps must be short.
    """

    axes: Sequence[Tensor]
    splits: tuple[str, ...]
    batchnorm: str | None = None
    units: Tensor | None = None
    background: bool = False
    stop: Stop | None = None
    per_sample: bool = False


class Plan(Protocol):
    """Computes points. One object serves one BatchNorm mode and one choice of splits.

    Attributes:
        name: One word.
        slowness: How many times the time of the loop it may take, at worst, as far as is known without a try.
    """

    name: str
    slowness: float

    @property
    def warm_up(self) -> float:
        """Seconds that its next chunk may take on top of computing."""

    @property
    def most_points(self) -> int:
        """The largest chunk that fits in memory; asked before every chunk."""

    def values_at(self, job: Job, points: Tensor) -> list[Row]:
        """The values at `points [C, P]`, all computed when it returns; raises as `compute`."""

    def compute(self, job: Job, coords: Array) -> list[Row]:
        """The values at `coords [C, K]`, all computed when it returns.

        Raises:
            Cancelled: `job.stop()` was true.
            Exception: Whatever keeps the plan from computing this job; `reason_of` puts it into words.
        """


@final
class Loop:
    """One point after the other: works always."""

    name, warm_up, slowness, most_points = "loop", 0.0, 1.0, 1

    def __init__(self, objective: Objective) -> None:
        self._objective = objective

    def compute(self, job: Job, coords: Array) -> list[Row]:
        """See `Plan`."""
        center = self._objective.center
        return [self.value_at(job, point_at(center, job.axes, coord.tolist())) for coord in coords]

    def values_at(self, job: Job, points: Tensor) -> list[Row]:
        """See `Plan`."""
        return [self.value_at(job, point) for point in points]

    def value_at(self, job: Job, point: Tensor) -> Row:
        """The values at one point `[P]`."""
        return self._objective.values(
            point, job.splits, batchnorm=job.batchnorm, units=job.units, stop=job.stop, per_sample=job.per_sample
        )


@final
class Vmap:
    """Chunks of points in one pass of `torch.func.vmap` over the weights: fills a device that single points do not."""

    name = "vmap"
    _is_warm = False  # in this process

    def __init__(self, objective: Objective) -> None:
        self._objective, self._batched = objective, Batched(objective)
        self.slowness = 5.0 if objective.device.type == "cpu" else 1.0  # measured: 0.2 to 0.9 x on processors

    @property
    def warm_up(self) -> float:
        """See `Plan`; measured: the first call of a process imports and sets up `torch.func`."""
        return 0.0 if Vmap._is_warm else 0.5

    @property
    def most_points(self) -> int:
        """See `Plan`."""
        each = self._batched.bytes_per_point or 2 * self._batched.bytes_of_weights
        return max(1, memory.budget(self._objective.memory_budget, self._objective.device) // each)

    def compute(self, job: Job, coords: Array) -> list[Row]:
        """See `Plan`."""
        return self.values_at(job, points_at(self._objective.center, job.axes, coords))

    def values_at(self, job: Job, points: Tensor) -> list[Row]:
        """See `Plan`."""
        if job.stop is not None and job.stop():
            raise Cancelled
        rows = self._batched.values(points, job.splits, batchnorm=job.batchnorm, units=job.units)
        Vmap._is_warm = True
        return rows


class _SideBySide(ABC):
    """Several points at a time, each on one thread; on the processor only."""

    name: str
    slowness: float

    @property
    def warm_up(self) -> float:
        """See `Plan`."""
        return 0.0

    def __init__(self, objective: Objective, many: ManyPoints) -> None:
        self._objective, self._many = objective, many

    @property
    def most_points(self) -> int:
        """See `Plan`: their weights lie in memory together."""
        each = self._objective.space.size * self._objective.space.dtype.itemsize
        return max(1, memory.budget(self._objective.memory_budget, self._objective.device) // each)

    def compute(self, job: Job, coords: Array) -> list[Row]:
        """See `Plan`."""
        return self.values_at(job, points_at(self._objective.center, job.axes, coords))

    def values_at(self, job: Job, points: Tensor) -> list[Row]:
        """See `Plan`."""
        return self._many.values(points, job.splits, batchnorm=job.batchnorm, units=job.units, stop=job.stop)


@final
class Threads(_SideBySide):
    """Each thread has a working copy of the model and runs it as it is."""

    name, slowness = "threads", 1.5

    def __init__(self, objective: Objective) -> None:
        super().__init__(objective, InFlight(objective))


@final
class Replay(_SideBySide):
    """The operations of the forward pass are recorded once and replayed, several in one where that is faster."""

    name, slowness = "replay", 1.2
    _is_recorded = False

    @property
    def warm_up(self) -> float:
        """See `Plan`; measured on small networks: recording imports what traces, and runs the model a few times."""
        return 0.0 if self._is_recorded else 0.05

    def __init__(self, objective: Objective) -> None:
        self._replayed = Replayed(objective)
        super().__init__(objective, self._replayed)

    def compute(self, job: Job, coords: Array) -> list[Row]:
        """See `Plan`; what all points of a plane share is computed once."""
        if job.units is not None:
            return super().compute(job, coords)
        return self._replayed.values_on(job.axes, coords, job.splits, batchnorm=job.batchnorm, stop=job.stop)

    def values_at(self, job: Job, points: Tensor) -> list[Row]:
        """See `Plan`."""
        rows = super().values_at(job, points)
        self._is_recorded = True
        return rows


Maker = Callable[[Objective], Plan]


def candidates(device: torch.device) -> list[Maker]:
    """What may beat the loop, in the order in which it is tried; one line adds a plan."""
    if device.type == "cpu" and torch.get_num_threads() > 1:
        return [Replay, Threads, Vmap]
    return [Vmap]


def point_at(center: Tensor, axes: Sequence[Tensor], coord: Sequence[float]) -> Tensor:
    """`center + coord @ axes`, `[P]`, in the vectors' own precision."""
    point = center.clone()
    for axis, amount in zip(axes, coord, strict=True):
        if amount != 0.0:
            point.add_(axis, alpha=amount)
    return point


def points_at(center: Tensor, axes: Sequence[Tensor], coords: Array) -> Tensor:
    """`center + coords @ axes`, `[C, P]`, in the vectors' own precision.

    As K rank-one updates: no library product, because the user may have allowed those to round to TF32 or bfloat16,
    and with K of at most 3 both only move memory.
    """
    amounts = torch.as_tensor(coords, dtype=center.dtype).to(center.device, non_blocking=True)
    points = center.expand(len(coords), -1).clone()
    for k, axis in enumerate(axes):
        points.addcmul_(amounts[:, k : k + 1], axis)
    return points
