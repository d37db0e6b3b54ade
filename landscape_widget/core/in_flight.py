"""Several points at a time, each on one thread.

Nothing is shared between the threads, so nobody waits: neither at the end of small operations, as a pass on all
cores does, nor at BatchNorm layers, as tiles in lock-step do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.crew import crew
from landscape_widget.core.objective import Objective
from landscape_widget.core.passes import Stop
from landscape_widget.core.plane import Plane, PlanePoint
from landscape_widget.core.point import PointPass, PointValue, Wanted
from landscape_widget.core.replay import Programs


class ManyPoints(ABC):
    """L at many points, as many of them at a time as there are threads; on the processor only."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._passes: list[PointPass] = []
        self._version = -1

    def values(
        self,
        points: Tensor,
        splits: Sequence[str],
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        stop: Stop | None = None,
        per_sample: bool = False,
    ) -> list[list[PointValue]]:
        """The values at `points [C, P]`: for each point one a split; arguments as in `Objective.values`."""
        wanted = self._objective.wanted(splits, batchnorm=batchnorm, units=units, stop=stop, per_sample=per_sample)
        wanted = replace(wanted, is_alone=True)
        self._bring_up_to_date()
        crew.lead(lambda: self._prepare(wanted))
        return self._side_by_side(points, wanted)

    def _side_by_side(self, points: Sequence[Any] | Tensor, wanted: Wanted) -> list[list[PointValue]]:
        return crew.map_with(self._passes, lambda i, passes: passes.values(points[i], wanted), len(points))

    def _bring_up_to_date(self) -> None:
        """One pass for each thread; made anew when the objective took another state."""
        if self._version != self._objective.version or len(self._passes) != crew.width:
            self._passes = self._made(crew.width)
            self._version = self._objective.version

    @abstractmethod
    def _made(self, count: int) -> list[PointPass]: ...

    @abstractmethod
    def _prepare(self, wanted: Wanted) -> None: ...


@final
class InFlight(ManyPoints):
    """Each thread has a working copy of the model, and runs it as it is."""

    def _made(self, count: int) -> list[PointPass]:
        return [self._objective.pass_for_one_thread() for _ in range(count)]

    def _prepare(self, wanted: Wanted) -> None:
        pass


@final
class Replayed(ManyPoints):
    """The operations of the forward pass are recorded once and replayed, several of them in one where that is faster.

    `values` raises `Untraceable` where that cannot be done; compare its values with those of `Objective.values` at
    the centre and far away before trusting them, because what Python decides is only known where it was recorded.
    """

    _programs: Programs
    _plane: Plane | None = None

    def values_on(
        self,
        axes: Sequence[Tensor],
        coords: NDArray[np.float64],
        splits: Sequence[str],
        *,
        batchnorm: str | None = None,
        stop: Stop | None = None,
        per_sample: bool = False,
    ) -> list[list[PointValue]]:
        """The values at `center + coords @ axes`, for `coords [C, K]`, on all data; as `values`, and faster.

        What the points share is kept until other axes come, so pass the same tensors again and again.
        """
        wanted = self._objective.wanted(splits, batchnorm=batchnorm, stop=stop, per_sample=per_sample)
        wanted = replace(wanted, is_alone=True)
        self._bring_up_to_date()
        center = self._objective.center
        if self._plane is None or not self._plane.is_along(center, axes):
            self._plane = Plane(center, axes, self._programs.weights_of)
        plane = self._plane
        crew.lead(lambda: self._objective.prepare(self._programs, wanted, plane))
        return self._side_by_side([PlanePoint(plane, coord) for coord in coords.tolist()], wanted)

    def _made(self, count: int) -> list[PointPass]:
        self._programs = self._objective.programs()
        return [self._objective.replay_for_one_thread(self._programs) for _ in range(count)]

    def _prepare(self, wanted: Wanted) -> None:
        self._objective.prepare(self._programs, wanted)
