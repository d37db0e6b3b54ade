"""A plan and what is known of it: how fast it is, how large its chunks may be, whether it counts at all."""

from __future__ import annotations

import gc
import math
import time
from collections import deque
from statistics import median

import torch

from landscape_widget.core import memory
from landscape_widget.engine.plans import Array, Job, Plan, Row

TIMED_CHUNKS = 9  # the speed is the median over the last ones
CHUNKS_A_SIZE = 2  # timed before a larger one is tried: the first may have to fetch memory
FIRST_CHUNK = 4
WORTH_IT = 0.9  # a larger chunk is kept if it takes so much of the time a point, or less


class ChunkSize:
    """How many points a chunk has: twice as many as long as that is faster.

    Attributes:
        size: Of the next chunk.
        is_settled: It is not going to grow any more.
        fastest: The least seconds a point so far.
    """

    def __init__(self) -> None:
        self.size, self.is_settled = FIRST_CHUNK, False
        self.fastest = math.inf
        self._best, self._best_size = math.inf, FIRST_CHUNK
        self._seconds: list[float] = []

    def measured(self, size: int, seconds: float) -> None:
        """Learn that a chunk took so long a point."""
        self.fastest = min(self.fastest, seconds)
        if self.is_settled or size != self.size:
            return
        self._seconds.append(seconds)
        if len(self._seconds) < CHUNKS_A_SIZE:
            return
        fastest = min(self._seconds)
        if fastest < WORTH_IT * self._best:
            self._best, self._best_size = fastest, size
            self.size *= 2
        else:
            self.size, self.is_settled = self._best_size, True
        self._seconds.clear()

    def retreat(self, size: int) -> int:
        """No more than half of a size that was too much."""
        self.size, self.is_settled = size // 2, True
        return self.size


class Contender:
    """A plan in the race for one kind of job.

    Attributes:
        chunks: How many points it takes at a time.
        reason: Why it is out; None while it is not.
        is_probed: Its values at the centre and far away were compared with the loop's.
        is_trusted: Those at a point that was wanted too.
        expected: Seconds a point that the comparison took, before any chunk is timed.
        num_chunks: How many it has computed.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.chunks = plan, ChunkSize()
        self.reason: str | None = None
        self.is_probed = self.is_trusted = False
        self.expected, self.num_chunks = 0.0, 0
        self._seconds: deque[float] = deque(maxlen=TIMED_CHUNKS)
        self._timed_size = 0

    @property
    def seconds(self) -> float | None:
        """Median time of a point, over the last chunks of the present size; None before the first."""
        return median(self._seconds) if self._seconds else None

    @property
    def num_timed(self) -> int:
        """How many chunks that median is over."""
        return len(self._seconds)

    @property
    def speed(self) -> str:
        """`310 points/s`, or that nothing is known."""
        if self.seconds is None:
            return "not timed yet"
        rate = 1 / max(self.seconds, 1e-9)
        return f"{rate:,.0f} points/s" if rate >= 10 else f"{rate:.2g} points/s"

    def size(self, num_left: int, most_seconds: float) -> int:
        """How many points to take next.

        Args:
            num_left: No more than are wanted.
            most_seconds: No more than take so long, as far as is known.
        """
        size = min(self.chunks.size, self.plan.most_points, num_left)
        if self.seconds:
            size = min(size, int(most_seconds / self.seconds))
        return max(1, size)

    def compute(self, job: Job, coords: Array) -> list[Row]:
        """The values at the first of `coords`: as many as memory allows.

        Raises:
            Exception: As the plan; memory has run out only where one point is too much.
        """
        size = len(coords)
        while True:
            start = time.perf_counter()
            rows = self._unless_out_of_memory(job, coords[:size])
            if rows is not None:
                self._time(size, (time.perf_counter() - start) / size)
                return rows
            size = self.chunks.retreat(size)
            gc.collect()  # the failed chunk's arrays may hang in the error's traceback
            if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
                torch.cuda.empty_cache()

    def forget_times(self) -> None:
        """Measure anew."""
        self._seconds.clear()

    def _unless_out_of_memory(self, job: Job, coords: Array) -> list[Row] | None:
        try:
            return self.plan.compute(job, coords)
        except Exception as error:
            if len(coords) == 1 or not memory.is_out_of_memory(error):
                raise
        return None

    def _time(self, size: int, seconds: float) -> None:
        """Full chunks only: the rest of a job says little about the speed."""
        self.num_chunks += 1
        if self._seconds and size < min(self.chunks.size, self.plan.most_points):
            return
        if size != self._timed_size:
            self._seconds.clear()
            self._timed_size = size
        self._seconds.append(seconds)
        self.chunks.measured(size, seconds)
