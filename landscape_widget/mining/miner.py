"""The miner: a run of mining as a sequence of short steps that can stop and go on at any of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget._checks import as_int
from landscape_widget.core.objective import Objective, PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.home import Home
from landscape_widget.mining import verdict
from landscape_widget.mining.draws import data_parts
from landscape_widget.mining.judging import judge, symmetric_grid, trace
from landscape_widget.mining.recipe import checked_recipe
from landscape_widget.mining.result import CurveOf, MiningResult, Snapshot
from landscape_widget.mining.runs import Runner
from landscape_widget.slices.curve import Curve

NUM_SNAPSHOTS = 10  # along the first plan
MAX_SNAPSHOTS = 24  # then every second one goes
STALL_STEPS = 100  # without growth on the fixed set: it has stopped


Job = Generator[None, None, Any]  # pauses after each point
_END = object()


class BuildCurve(Protocol):
    """Values at some alphas -> a curve with its kind and provenance; computes nothing."""

    def __call__(
        self, d: Direction, alphas: NDArray[np.float64], values: Sequence[PointValue], *, mined: bool
    ) -> Curve:
        """`alphas [A]`, one value each."""
        ...


@dataclass(frozen=True)
class _Confirmed:
    steps_taken: int
    evidence: verdict.Evidence


class Miner:
    """Mines one direction.

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
        objective: Objective,
        kind: str,
        *,
        home: Home,
        center_loss: float,
        build_curve: BuildCurve,
        curve: CurveOf,
        ceiling: float | None = None,
        radius: float | None = None,
        steps: int | None = None,
        seed: int = 0,
        starts: int = 1,
        orthogonal_to: Direction | Sequence[Direction] = (),
        barrier: float | None = None,
    ) -> None:
        """Check the arguments and draw the starting points; nothing is evaluated.

        Args:
            objective: L.
            kind: "w-peak" or "vvv-basin".
            home: Of the centre.
            center_loss: L at the centre on the training data.
            build_curve: Makes the curves of snapshots.
            curve: Computes a curve on all data, for `MiningResult.curve`.
            ceiling: A rise in loss that counts as high; None where none is known.
            radius: rho; None: the kind's default, as for `steps`.
            steps: Planned.
            seed: Of all that is drawn by chance.
            starts: More than one: each runs a tenth of the steps, and the best goes on.
            orthogonal_to: In the filter metric.
            barrier: B0; None: the larger of 0.9 ceiling and the centre's loss + half the ceiling.
        """
        self.recipe = checked_recipe(
            objective,
            kind,
            home=home,
            center_loss=center_loss,
            radius=radius,
            steps=steps,
            seed=seed,
            starts=starts,
            orthogonal_to=orthogonal_to,
            barrier=barrier,
        )
        self.kind = kind
        self._objective, self._home, self._ceiling = objective, home, ceiling
        self._build_curve, self._curve = build_curve, curve
        self._parts = data_parts(objective, seed)
        self._runner = Runner(objective, self.recipe, self._parts.mined, center_loss=center_loss, ceiling=ceiling)
        self._plan = [(0, self.recipe.steps)]
        self._every = max(1, round(self.recipe.steps / NUM_SNAPSHOTS))
        self.snapshots: list[Snapshot] = []
        self._job: Job | None = self._snap() if starts == 1 else None
        self._confirmed: _Confirmed | None = None
        self._center: PointValue | None = None  # the same for all snapshots
        self._asked_at = 0
        self._seconds = 0.0
        self.evaluations = 0

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
    def num_axes(self) -> int:
        """Directions that are mined."""
        return self.recipe.goal.num_axes

    @property
    def is_done(self) -> bool:
        """Mined up to the target (or as far as it grows), and confirmed."""
        return self._confirmed is not None and self._job is None and not self._wants_steps()

    @property
    def progress(self) -> tuple[int, int]:
        """(Steps taken, steps in all), those of the other starts included."""
        return self._runner.steps_taken, self._runner.steps_in_all(self.target_steps)

    @property
    def vector(self) -> Tensor:
        """The direction `[P]` as it is now: a copy on the CPU in the space's dtype."""
        return self._runner.best.descent.direction.detach().to("cpu", self._objective.space.dtype, copy=True)

    @property
    def direction(self) -> Direction:
        """As it is now."""
        return Direction(
            vector=self.vector,
            label=f"mined {self.kind}, seed {self.recipe.seed}",
            source=self._source(),
            default_span=self.recipe.goal.span,
            space=self._objective.space,
            home=self._home,
        )

    def step(self) -> None:
        """One short piece of work; nothing once `is_done`."""
        started = perf_counter()
        try:
            # The caller may be inside no_grad or inference_mode.
            with torch.inference_mode(False), torch.enable_grad():
                self._advance()
        finally:
            self._seconds += perf_counter() - started

    def result(self) -> MiningResult:
        """The direction as it is now, confirmed (which computes two curves, unless `is_done`)."""
        evidence = self._evidence()
        report = verdict.report(evidence, self._figures())
        return MiningResult(
            succeeded=not report.reason,
            kind=verdict.confirmed_kind(evidence, report.reason),
            report=report,
            direction=self.direction,
            history=self.history,
            snapshots=tuple(self.snapshots),
            curve_of=self._curve,
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
        if not self._runner.has_tried_all:
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

    def _snap(self) -> Job:
        goal, step, direction = self.recipe.goal, self.steps_done, self.direction
        alphas = symmetric_grid(goal.span, goal.show_points)
        vector = direction.vector.to(self._objective.device)
        values = yield from trace(self._objective, vector, alphas, center=self._center)
        self.evaluations += len(alphas) - (self._center is not None)
        self._center = values[len(values) // 2]
        curve = self._build_curve(direction, alphas, values, mined=True)
        self.snapshots.append(Snapshot(step, direction, curve))
        if len(self.snapshots) > MAX_SNAPSHOTS:
            self._every *= 2
            self.snapshots = [*self.snapshots[:-1:2], self.snapshots[-1]]

    def _confirm(self) -> Generator[None, None, verdict.Evidence]:
        taken, vector, goal = self._runner.steps_taken, self._runner.best.descent.direction, self.recipe.goal
        parts = [("train", self._parts.mined), *([self._parts.held_out] if self._parts.held_out else [])]
        found = []
        for split, units in parts:
            found.append(
                (yield from judge(self._objective, vector, goal, split=split, units=units, ceiling=self._ceiling))
            )
            self.evaluations += found[-1].num_points
        evidence = verdict.Evidence(
            kind=self.kind,
            train=found[0],
            held_out=found[1] if len(found) > 1 else None,
            held_out_name=self._parts.held_out_name,
            ceiling=self._ceiling,
            trouble=self._trouble(),
        )
        self._confirmed = _Confirmed(taken, evidence)
        return evidence

    def _figures(self) -> dict[str, Any]:
        direction = self.vector.double()
        return {
            "radius": self.recipe.radius,
            "relative_norm": float(direction.norm() / self._home.center.double().norm()),
            "steps": self.steps_done,
            "seed": self.recipe.seed,
            "starts": self.recipe.starts,
            "barrier_wanted": self._runner.barrier if self.recipe.goal.needs_barrier else None,
            "seconds": self._seconds,
            "evaluations": self.evaluations,
        }

    def _source(self) -> dict[str, Any]:
        """The recipe of the direction as it is now."""
        now = {"steps": self.steps_done, "plan": [list(leg) for leg in self._plan]}
        return {**self.recipe.source(), **now, "barrier": self.recipe.barrier}
