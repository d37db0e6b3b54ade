"""Several points at a time, each on one thread with a working copy of its own.

Nothing is shared between the threads, so nobody waits: neither at the end of small operations, as a pass on all
cores does, nor at BatchNorm layers, as tiles in lock-step do.
"""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue

from torch import Tensor

from landscape_widget.core.crew import crew
from landscape_widget.core.objective import Objective
from landscape_widget.core.passes import Stop
from landscape_widget.core.point import PointPass, PointValue


class InFlight:
    """L at many points, as many of them at a time as there are threads; on the processor only."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._copies: list[PointPass] = []
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
        free: SimpleQueue[PointPass] = SimpleQueue()
        for working_copy in self._up_to_date_copies():
            free.put(working_copy)

        def at(number: int) -> list[PointValue]:
            working_copy = free.get()
            try:
                return working_copy.values(points[number], wanted)
            finally:
                free.put(working_copy)

        return crew.lead(lambda: crew.map(at, len(points)))

    def _up_to_date_copies(self) -> list[PointPass]:
        """One a thread; made anew when the objective took another state."""
        if self._version != self._objective.version or len(self._copies) != crew.width:
            self._version = self._objective.version
            self._copies = [self._objective.pass_for_one_thread() for _ in range(crew.width)]
        return self._copies
