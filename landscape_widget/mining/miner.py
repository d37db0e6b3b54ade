"""The miner: a run of mining as a sequence of short steps that can stop and go on at any of them."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget._checks import as_int
from landscape_widget.core.objective import PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.home import Home
from landscape_widget.engine.evaluate import Engine
from landscape_widget.mining import verdict
from landscape_widget.mining.draws import data_parts
from landscape_widget.mining.forecast import Forecast, forecast
from landscape_widget.mining.goals import symmetric_grid
from landscape_widget.mining.judging import Place, judge, trace
from landscape_widget.mining.result import MiningResult, Snapshot
from landscape_widget.mining.runs import Runner
from landscape_widget.mining.task import Task
from landscape_widget.progress import watched
from landscape_widget.slices.curve import Curve

NUM_SNAPSHOTS = 10  # along the first plan
MORE = 0.5  # of the planned steps, where a run that was done is taken up again
NUMBERS = ("first", "second")
STALL_STEPS = 100  # without growth on the fixed set: it has stopped


Job = Generator[None, None, Any]  # pauses after each point
_END = object()


class SliceMaker(Protocol):
    """What makes slices along mined directions."""

    def build_curve(
        self, d: Direction, alphas: NDArray[np.float64], values: Sequence[PointValue], *, mined: bool
    ) -> Curve:
        """Values at `alphas [A]` -> a curve with its kind and provenance; computes nothing."""

    def quiet_slice(self, directions: Sequence[Direction], span: Any) -> Any:
        """The curve or surface along these on all data, without a progress bar; `span` None: their own."""


@dataclass(frozen=True)
class _Confirmed:
    steps_taken: int
    evidence: verdict.Evidence


class Miner:
    """Mines one direction, or the two of a plane.

    `step()` does one short piece of work: a step of the optimisation, or one point of a snapshot's curve or of
    the confirmation. Call it while the objective is yours (inside the landscape's gate) until `is_done`; leave
    off at any time and ask for the `result()`, which confirms what there is.

    `target_steps` may be raised at any time. The rate is a cosine of the plan that holds now: a run that was
    done goes on at the rate that the longer plan has at that step (half of the first one for twice the steps).
    So 300 steps raised to 600 are not the same bits as 600 at once; the direction's `source["plan"]` lists
    each `[from step, target]`.
    """

    def __init__(
        self,
        engine: Engine,
        task: Task,
        *,
        home: Home,
        center_loss: float,
        slices: SliceMaker,
        ceiling: float | None = None,
    ) -> None:
        """Draw the first starting point; nothing is evaluated.

        Args:
            engine: L.
            task: What is mined.
            home: Of the centre.
            center_loss: L at the centre on the training data.
            slices: Makes the curves of snapshots, and those that the result is asked for.
            ceiling: A rise in loss that counts as high; None where none is known.
        """
        self.task = task
        objective = engine.objective
        self._engine, self._objective, self._home, self._ceiling = engine, objective, home, ceiling
        self._slices, self._version = slices, objective.version
        self._parts = data_parts(objective, task.seed)
        self._runner = Runner(objective, task, home.metric, self._parts.mined, center_loss=center_loss, ceiling=ceiling)
        self._plan = [(0, task.steps)]
        self._every = max(1, round(task.steps / NUM_SNAPSHOTS))
        self.snapshots: list[Snapshot] = []
        self._job: Job | None = self._begin()
        self._forecast: Forecast | None = None
        self._confirmed: _Confirmed | None = None
        self._center: PointValue | None = None  # the same for all snapshots
        self._asked_at = 0
        self._seconds = 0.0
        self.evaluations = 0

    @property
    def kind(self) -> str:
        """The wanted one."""
        return self.task.goal.kind

    @property
    def num_axes(self) -> int:
        """1 for a direction, 2 for a plane."""
        return self.task.goal.num_axes

    @property
    def forecast(self) -> Forecast:
        """What the run will take; the first call times a step, so make it while the objective is yours.

        Raises:
            ValueError: `memory_budget` is too small.
        """
        if self._forecast is None:
            with _gradients_on():
                self._forecast = forecast(self._objective, self.task, self._runner)
            self._runner.restrict(self._forecast.starts)
        return self._forecast

    @property
    def steps_done(self) -> int:
        """Steps behind the present direction."""
        return self._runner.steps_done

    @property
    def target_steps(self) -> int:
        """Steps to be done in all."""
        return self._plan[-1][1]

    @target_steps.setter
    def target_steps(self, steps: int) -> None:
        target = as_int("steps", steps, low=max(1, self.steps_done), remedy="Steps that are done stay done.")
        if target == self.target_steps:
            return
        self._plan.append((self.steps_done, target))
        self._asked_at = self.steps_done
        self._confirmed = None

    @property
    def is_done(self) -> bool:
        """Mined up to the target (or as far as it grows), and confirmed."""
        return self._confirmed is not None and self._job is None and not self._wants_steps()

    @property
    def progress(self) -> tuple[int, int]:
        """(Steps taken, steps in all), those of the other starts included."""
        return self._runner.steps_taken, self._runner.steps_in_all(self.target_steps)

    @property
    def vectors(self) -> Tensor:
        """The directions `[K, P]` as they are now: a copy on the CPU in the space's dtype."""
        directions = self._runner.best.descent.directions
        return directions.detach().to("cpu", self._objective.space.dtype, copy=True)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """As they are now: one, or two for a plane."""
        return tuple(self._direction(number, vector) for number, vector in enumerate(self.vectors))

    def _direction(self, number: int, vector: Tensor) -> Direction:
        place = f", {NUMBERS[number]}" if self.num_axes > 1 else ""
        return Direction(
            vector=vector,
            label=f"mined {self.kind}{place}, seed {self.task.seed}",
            source=self._source(number),
            default_span=self.task.goal.span,
            space=self._objective.space,
            home=self._home,
        )

    def step(self) -> None:
        """One short piece of work; nothing once `is_done`."""
        started = perf_counter()
        try:
            with _gradients_on():
                self._advance()
        finally:
            self._seconds += perf_counter() - started

    def run(self, progress: Any) -> MiningResult:
        """All of it, for somebody who waits; an interrupt keeps what there is, with a warning."""
        with self._engine.gate.foreground():
            title = f"mining {self.kind} ({self.forecast})"
        with watched(progress, title) as report, self._engine.gate.foreground():
            try:
                while not self.is_done:
                    self.step()
                    report(*self.progress)
            except KeyboardInterrupt:
                text = (
                    f"Mining was interrupted after {self.steps_done} steps; the result holds what there is. "
                    "Its resume() goes on."
                )
                warnings.warn(text, stacklevel=3)
            return self.result()

    def resume(self, steps: int | None, progress: Any) -> MiningResult:
        """Go on as `MiningResult.resume` says."""
        if self._objective.version != self._version:
            raise ValueError(
                "landscape must have the centre that it had when mining began, got another one since. "
                "Start anew with landscape.mine()."
            )
        if steps is not None or self.is_done:
            more = max(1, round(MORE * self.task.steps))
            self.target_steps = self.steps_done + more if steps is None else steps
        return self.run(progress)

    def slice_of(self, directions: Sequence[Direction], span: Any) -> Any:
        """The curve or surface along some of the directions, on all data."""
        return self._slices.quiet_slice(directions, span)

    def result(self) -> MiningResult:
        """The direction as it is now, confirmed (which computes two curves, unless `is_done`)."""
        evidence = self._evidence()
        report = verdict.report(evidence, self._figures())
        return MiningResult(
            succeeded=not report.reason,
            kind=verdict.confirmed_kind(evidence, report.reason),
            report=report,
            directions=self.directions,
            history=self.history,
            snapshots=tuple(self.snapshots),
            maker=self,
        )

    def _evidence(self) -> verdict.Evidence:
        if self._confirmed is not None and self._confirmed.steps_taken == self._runner.steps_taken:
            return self._confirmed.evidence
        started = perf_counter()
        job = self._confirm()
        try:
            while True:
                next(job)
        except StopIteration as end:
            evidence: verdict.Evidence = end.value
            return evidence
        finally:
            self._seconds += perf_counter() - started

    @property
    def history(self) -> dict[str, NDArray[np.float64]]:
        """As in `MiningResult.history`."""
        return self._runner.best.history()

    def _advance(self) -> None:
        if self._job is None:
            self._job = self._next_job()
            return
        # Whatever interrupts a job drops it: a generator that has raised cannot go on.
        job, self._job = self._job, None
        if next(job, _END) is not _END:
            self._job = job

    def _next_job(self) -> Job | None:
        """Do a step if one is wanted; return the piecewise work that is due, if any."""
        if self.is_done:
            return None
        if self._wants_steps():
            self._confirmed = None
            self._runner.step(self.target_steps)
            return self._snap() if self._is_snapshot_due() else None
        return self._confirm() if self._is_shown() else self._snap()

    def _wants_steps(self) -> bool:
        if not self._runner.has_chosen:
            return True
        return self.steps_done < self.target_steps and not self._trouble()

    def _trouble(self) -> str:
        """Why no further step is taken; empty while there is no reason."""
        if self._runner.trouble:
            return self._runner.trouble
        still = self.steps_done - max(self._runner.best.best_step, self._asked_at)
        if still < STALL_STEPS:
            return ""
        return f"Mining stopped after {self.steps_done} steps: no growth for {still}."

    def _is_snapshot_due(self) -> bool:
        return self._runner.has_chosen and self.steps_done % self._every == 0

    def _is_shown(self) -> bool:
        return bool(self.snapshots) and self.snapshots[-1].step == self.steps_done

    def _begin(self) -> Job:
        """What is done before the first step."""
        _ = self.forecast
        yield
        if self.task.starts == 1:
            yield from self._snap()

    def _snap(self) -> Job:
        goal, step, directions = self.task.goal, self.steps_done, self.directions
        alphas = symmetric_grid(goal.span, goal.show_points)
        place = Place(self._engine, directions[0].vector.to(self._objective.device)[None])
        values = yield from trace(place, alphas[:, None], center=self._center)
        self.evaluations += len(alphas) - (self._center is not None)
        self._center = values[len(values) // 2]
        curve = self._slices.build_curve(directions[0], alphas, values, mined=True)
        self.snapshots.append(Snapshot(step, directions, curve))
        if len(self.snapshots) > self.forecast.snapshots:
            self._every *= 2
            self.snapshots = [*self.snapshots[:-1:2], self.snapshots[-1]]

    def _confirm(self) -> Generator[None, None, verdict.Evidence]:
        taken, directions = self._runner.steps_taken, self._runner.best.descent.directions
        goal, barrier = self.task.goal, self._runner.wanted_barrier
        parts = [("train", self._parts.mined), *([self._parts.held_out] if self._parts.held_out else [])]
        found = []
        for split, units in parts:
            place = Place(self._engine, directions, split, units)
            found.append((yield from judge(place, goal, barrier=barrier, ceiling=self._ceiling)))
            self.evaluations += found[-1].num_points
        evidence = verdict.Evidence(
            goal=goal,
            train=found[0],
            held_out=found[1] if len(found) > 1 else None,
            held_out_name=self._parts.held_out_name,
            ceiling=self._ceiling,
            trouble=self._trouble(),
        )
        self._confirmed = _Confirmed(taken, evidence)
        return evidence

    def _figures(self) -> dict[str, Any]:
        norms = self.vectors.double().norm(dim=1) / self._home.center.double().norm()
        return {
            "radius": self.task.radius,
            "relative_norm": float(norms.max()),
            "steps": self.steps_done,
            "seed": self.task.seed,
            "starts": self.task.starts,
            "starts_tried": self.forecast.starts,
            "barrier_wanted": self._runner.barrier if self.task.goal.needs_barrier else None,
            "seconds": self._seconds,
            "predicted_seconds_a_step": self.forecast.seconds_a_step,
            "predicted_bytes": self.forecast.bytes,
            "evaluations": self.evaluations,
        }

    def _source(self, number: int) -> dict[str, Any]:
        """The recipe of a direction as it is now."""
        now = {"steps": self.steps_done, "plan": [list(leg) for leg in self._plan], "barrier": self.task.barrier}
        return {**self.task.source(), **now, **({"axis": number} if self.num_axes > 1 else {})}


@contextmanager
def _gradients_on() -> Iterator[None]:
    """The caller may be inside no_grad or inference_mode."""
    with torch.inference_mode(False), torch.enable_grad():
        yield
