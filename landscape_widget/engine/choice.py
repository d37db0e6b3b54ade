"""What computes one kind of job, with everything counted."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

from torch import Tensor

from landscape_widget.core import memory
from landscape_widget.core.objective import Cancelled, Objective
from landscape_widget.engine.contender import Contender
from landscape_widget.engine.obstacles import obstacle
from landscape_widget.engine.plans import Array, Job, Loop, Row
from landscape_widget.engine.tally import Tally
from landscape_widget.engine.trust import Trust

BACKGROUND_SECONDS = 0.1  # a chunk between which a call in a cell may take over
FOREGROUND_SECONDS = 1.0  # a chunk between which Ctrl-C is heard and the progress bar moves
SLOWER = "slower"


class Choice(ABC):
    """Computes one kind of job: one BatchNorm mode and choice of splits.

    Args:
        objective: L.
        tally: Where points and seconds are counted.
    """

    def __init__(self, objective: Objective, tally: Tally) -> None:
        self._objective, self._tally = objective, tally
        self._trust = Trust(objective)
        self.loop = Contender(Loop(objective))

    @abstractmethod
    def step(self, job: Job, coords: Array) -> list[Row]:
        """The values at the first of `coords [M, K]`: of at least one point."""

    @abstractmethod
    def __str__(self) -> str:
        """What runs and why."""

    def loop_value(self, point: Tensor, job: Job) -> Row:
        """The values at one point `[P]`, by the loop."""
        start = time.perf_counter()
        (row,) = self.loop.plan.values_at(job, point.unsqueeze(0))
        self._tally.add(1, time.perf_counter() - start)
        return row

    def _loop_point(self, job: Job, coords: Array) -> list[Row]:
        rows = self._counted(self.loop, job, coords[:1])
        assert rows is not None
        return rows

    def _counted(self, contender: Contender, job: Job, coords: Array) -> list[Row] | None:
        """The values at the first of `coords`; None where the contender has failed and is out."""
        start = time.perf_counter()
        try:
            rows = contender.compute(job, coords)
        except Cancelled:
            raise
        except Exception as error:
            if contender is self.loop:
                raise
            ran_out = memory.is_out_of_memory(error)
            contender.reason = "one point at a time runs out of memory" if ran_out else obstacle(error)
            self._tally.add_trial(0, time.perf_counter() - start)
            return None
        if job.units is None:
            self._tally.add(len(rows), time.perf_counter() - start)
        return rows

    def _size(self, contender: Contender, job: Job, coords: Array) -> int:
        return contender.size(len(coords), BACKGROUND_SECONDS if job.background else FOREGROUND_SECONDS)

    def _doubt_at_probes(self, contender: Contender, job: Job) -> str | None:
        """Why the plan cannot be trusted; what it cost is counted, and tells what to expect."""
        before, started = self._trust.evaluations, time.perf_counter()
        try:
            doubt = self._trust.doubt_at_center(contender.plan, job)
            warm = time.perf_counter()
            doubt = doubt or self._trust.doubt_far_away(contender.plan, job)
            contender.expected = time.perf_counter() - warm - (self.loop.seconds or 0.0)
        except Cancelled:
            raise
        except Exception as error:
            doubt = "out of memory" if memory.is_out_of_memory(error) else obstacle(error)
        finally:
            self._tally.add_trial(self._trust.evaluations - before, time.perf_counter() - started)
        contender.is_probed = doubt is None
        return doubt

    def _doubt_at(self, job: Job, coords: Array, rows: list[Row]) -> str | None:
        start, before = time.perf_counter(), self._trust.evaluations
        try:
            return self._trust.doubt_at(job, coords, rows)
        finally:
            self._tally.add_trial(self._trust.evaluations - before, time.perf_counter() - start)


def label(contender: Contender) -> str:
    """`loop over points`, `vmap over chunks of 64 points`."""
    name = contender.plan.name
    return f"{name} over points" if name == Loop.name else f"{name} over chunks of {contender.chunks.size} points"


def state(contender: Contender) -> str:
    """`vmap 41 points/s`, or why it is out, or that it has not been tried."""
    name = contender.plan.name
    if contender.reason not in (None, SLOWER):
        return f"{name} not used: {contender.reason}"
    return f"{name} {contender.speed}" if contender.num_chunks else f"{name} not tried yet"
