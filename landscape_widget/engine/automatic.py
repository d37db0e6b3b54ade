"""Which plan computes: the loop first, then what measures faster on the user's own model, data and points."""

from __future__ import annotations

from typing import final

from landscape_widget.core.objective import Objective
from landscape_widget.engine.choice import SLOWER, Choice, label, state
from landscape_widget.engine.contender import CHUNKS_A_SIZE, Contender
from landscape_widget.engine.plans import Array, Job, Row, candidates
from landscape_widget.engine.tally import Tally

LOOP_POINTS = 3  # timed before anything else is tried
FASTER = 0.87  # a plan takes over if it needs so much of the time, or less
FAR_FASTER = 0.5  # such a one need not be timed any longer
HOPELESS = 4.0  # one whose first chunks take so many times as long is not tried any further
TRIAL_CHUNKS, MOST_TRIAL_CHUNKS = 3, 30  # timed at the final size; in all
RECHECK_POINTS, RECHECK_SHARE = 3, 0.02  # the loop is timed again now and then, for so much of the time
BRIEF = 0.02  # seconds a point; slower ones make a trial too long for one step in the background


@final
class Automatic(Choice):
    """The loop until something else has measured faster."""

    def __init__(self, objective: Objective, tally: Tally) -> None:
        super().__init__(objective, tally)
        self.others = [Contender(make(objective)) for make in candidates(objective.device)]
        self.current = self.loop
        self._until_recheck = 0.0

    def step(self, job: Job, coords: Array) -> list[Row]:
        """See `Choice`."""
        candidate = self._candidate(job, len(coords))
        rows = None if candidate is None else self._try(candidate, job, coords)
        return rows or self._run(job, coords)

    def _candidate(self, job: Job, num_left: int) -> Contender | None:
        """What may be tried now without costing too much."""
        each = self.loop.seconds
        if each is None or self.loop.num_timed < LOOP_POINTS or (job.background and each > BRIEF):
            return None
        is_open = (c for c in self.others if c.reason is None and c is not self.current)
        candidate = next(is_open, None)
        if candidate is None or not self._tally.allows_trial(self._cost(candidate, each), num_left * each):
            return None
        return candidate

    def _cost(self, candidate: Contender, each: float) -> float:
        """Seconds that the next step of a trial may cost, at worst as far as is known."""
        if not candidate.is_probed:
            first_chunk = candidate.chunks.size * (candidate.plan.slowness - 1)
            return candidate.plan.warm_up + each * (3 + 2 * candidate.plan.slowness + first_chunk)
        seconds = candidate.seconds or max(candidate.expected, each * candidate.plan.slowness)
        return candidate.chunks.size * max(0.0, seconds - each)

    def _try(self, candidate: Contender, job: Job, coords: Array) -> list[Row] | None:
        """One step of its trial; the points are results, unless it fails."""
        if not candidate.is_probed:
            candidate.reason = self._doubt_at_probes(candidate, job)
            return None
        coords = coords[: self._size(candidate, job, coords)]
        rows = self._counted(candidate, job, coords)
        if rows is not None and not candidate.is_trusted:
            candidate.reason = self._doubt_at(job, coords[:1], rows[:1])
            candidate.is_trusted = candidate.reason is None
        if rows is None or candidate.reason is not None:
            return None
        self._judge(candidate, len(rows))
        return rows

    def _judge(self, candidate: Contender, num_points: int) -> None:
        bar, seconds = self.current.seconds, candidate.seconds
        if bar is None or seconds is None:
            return
        self._tally.add_trial(0, num_points * max(0.0, seconds - bar))
        fastest, is_settled = candidate.chunks.fastest, candidate.chunks.is_settled
        if fastest > (FASTER if is_settled else HOPELESS) * bar and candidate.num_chunks >= CHUNKS_A_SIZE:
            candidate.reason = SLOWER
        elif (is_settled and candidate.num_timed >= TRIAL_CHUNKS) or candidate.num_chunks >= MOST_TRIAL_CHUNKS:
            self._decide(candidate, wins=seconds < FASTER * bar)
        elif seconds < FAR_FASTER * bar and candidate.num_timed >= CHUNKS_A_SIZE:
            self._decide(candidate, wins=True)  # its chunks go on growing

    def _decide(self, candidate: Contender, *, wins: bool) -> None:
        loser = self.current if wins else candidate
        if loser is not self.loop:
            loser.reason = SLOWER
        if wins:
            self.current = candidate
            self._plan_recheck()

    def _plan_recheck(self) -> None:
        """The machine may change: time the loop again after so many points that it hardly costs anything."""
        loop, current = self.loop.seconds or 0.0, self.current.seconds or 1.0
        self._until_recheck = RECHECK_POINTS * max(1.0, loop / current) / RECHECK_SHARE

    def _run(self, job: Job, coords: Array) -> list[Row]:
        if self.current is self.loop:
            return self._loop_point(job, coords)
        if self._until_recheck <= 0:
            return self._recheck(job, coords)
        rows = self._counted(self.current, job, coords[: self._size(self.current, job, coords)])
        if rows is None:
            self.current = self.loop
            return self._loop_point(job, coords)
        self._until_recheck -= len(rows)
        if self._until_recheck <= 0:
            self.loop.forget_times()
        return rows

    def _recheck(self, job: Job, coords: Array) -> list[Row]:
        rows = self._loop_point(job, coords)
        if self.loop.num_timed >= RECHECK_POINTS:
            if (self.loop.seconds or 0.0) < FASTER * (self.current.seconds or 0.0):
                self.current.reason, self.current = SLOWER, self.loop
            else:
                self._plan_recheck()
        return rows

    def __str__(self) -> str:
        """See `Choice`."""
        speeds = [f"loop {self.loop.speed}", *(state(contender) for contender in self.others)]
        return f"{label(self.current)} (auto: {'; '.join(speeds)})"
