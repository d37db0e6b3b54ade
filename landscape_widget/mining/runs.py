"""Running the descent: minibatches, several starts of which the weak are dropped, and how far the shape has come."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.objective import Objective
from landscape_widget.core.params import FilterMetric
from landscape_widget.directions import noise, normalization
from landscape_widget.mining.draws import generator, minibatch
from landscape_widget.mining.goals import Step
from landscape_widget.mining.slope import Key, Slopes, Stepped, stepped
from landscape_widget.mining.sphere import Descent, Sphere
from landscape_widget.mining.task import Task

BATCH = 128  # samples of a step
FIXED = 512  # samples on which growth is measured
GROWTH_EVERY = 20  # steps; each costs a forward pass over the fixed set at every fixed point
# With several starts: after this share of the steps only so many go on.
ROUNDS = ((0.1, 4), (0.2, 2), (0.4, 1))
LEAST_GROWTH = 1e-3  # of what there is; less is none
MAX_FAILURES = 10  # steps in a row with a loss that is not finite
CEILING_SHARE, HALF = 0.9, 0.5  # of the ceiling: a barrier as high as this, and as far above the centre as that
CEILING_SEEDS = 5  # Gaussian directions whose median rise stands in for an unknown ceiling
NAMES = ("objective", "plus", "minus", "center", "barrier", "growth")


class Run:
    """One start: its descent, and what each step saw."""

    def __init__(self, number: int, descent: Descent) -> None:
        self.number, self.descent = number, descent
        self.growth = self.best_growth = -math.inf
        self.best_step = 0
        self.active: set[Key] = set()
        self._rows: list[tuple[float, ...]] = []

    def record(self, found: Stepped) -> None:
        """Keep the losses of one step."""
        seen = found.seen
        self._rows.append((found.objective, seen.plus, seen.minus, found.center, seen.barrier, math.nan))

    def grown(self, growth: float) -> None:
        """Keep the growth after the last step."""
        self.growth = growth
        if self._rows:
            self._rows[-1] = (*self._rows[-1][:-1], growth)
        if growth > self.best_growth + LEAST_GROWTH * abs(self.best_growth if self.best_step else 0.0):
            self.best_growth, self.best_step = growth, self.descent.steps_done

    def history(self) -> dict[str, NDArray[np.float64]]:
        """Name -> array with one entry a step."""
        columns = np.array(self._rows, dtype=np.float64).reshape(-1, len(NAMES)).T.copy()
        return {"step": np.arange(1.0, len(self._rows) + 1), **dict(zip(NAMES, columns, strict=True))}


class Runner:
    """Takes steps. Of several starts each runs a tenth of the steps; then the better ones go on, down to one."""

    def __init__(
        self,
        objective: Objective,
        task: Task,
        metric: FilterMetric,
        units: Tensor,
        *,
        center_loss: float,
        ceiling: float | None,
    ) -> None:
        """Nothing is evaluated.

        Args:
            objective: L.
            task: What is mined.
            metric: Of the centre.
            units: Of "train", that may be mined on.
            center_loss: L at the centre on the training data.
            ceiling: A rise in loss that counts as high; None where none is known.
        """
        self._objective, self._task, self._units = objective, task, units
        self._sizes = objective.unit_sizes("train")
        self._fixed = minibatch(units, self._sizes, FIXED, generator(task.seed, "fixed"))
        self._center_loss, self._ceiling = center_loss, ceiling
        self._barrier: float | None = task.barrier
        self._fixed_center: float | None = None
        others = [other.vector for other in task.orthogonal_to]
        self._sphere = Sphere.of(metric, task.radius, others, objective.center)
        self._starts = task.starts
        self._rounds = rounds(task.steps, task.starts)
        self._runs = [self._started(0)]
        self._num_started = 1
        self._failures = 0
        self.steps_taken = 0
        self.trouble = ""

    def _started(self, number: int) -> Run:
        start = self._sphere.start(generator(self._task.seed, "start", number), self._task.goal.num_axes)
        return Run(number, Descent(self._sphere, start))

    def restrict(self, starts: int) -> None:
        """Fewer starts than asked for; before the first step only."""
        self._starts = starts
        self._rounds = rounds(self._task.steps, starts)

    @property
    def has_chosen(self) -> bool:
        """Whether one start is left."""
        return not self._rounds

    @property
    def best(self) -> Run:
        """The run that is kept, or that leads."""
        return max(self._runs, key=lambda run: run.growth)

    @property
    def steps_done(self) -> int:
        """Of the run that is kept, or that leads."""
        return self.best.descent.steps_done

    def steps_in_all(self, target: int) -> int:
        """Those of the starts that are dropped included."""
        return target + extra_steps(self._task.steps, self._starts)

    @property
    def barrier(self) -> float:
        """B0 in nats; without a known ceiling the first call evaluates five points."""
        if self._barrier is None:
            ceiling = self._typical_rise() if self._ceiling is None else self._ceiling
            self._barrier = max(CEILING_SHARE * ceiling, self._center_loss + HALF * ceiling)
        return self._barrier

    @property
    def wanted_barrier(self) -> float:
        """B0 where the kind has one, else 0."""
        return self.barrier if self._task.goal.needs_barrier else 0.0

    def step(self, planned: int) -> None:
        """One step of the optimisation; `planned` is the number of steps of the cosine."""
        run = self._next_run()
        found = self._stepped(run)
        self._failures = 0 if found.is_finite else self._failures + 1
        if self._failures >= MAX_FAILURES:
            self.trouble = (
                f"The loss along the direction was not finite in {MAX_FAILURES} steps in a row. Use a smaller radius."
            )
            self._rounds, self._runs = [], [self.best]
        # A gradient that is not finite would spoil the descent for good; another minibatch may be better.
        gradient = found.gradient if found.is_finite else torch.zeros_like(found.gradient)
        run.descent.move(gradient, planned)
        run.record(found)
        self.steps_taken += 1
        if self._measures_growth(run, planned):
            run.grown(self._growth(run))
        self._drop_the_weak()

    def _next_run(self) -> Run:
        """The first that is behind in this round; starts are drawn when their turn comes."""
        if self.has_chosen:
            return self._runs[0]
        until = self._rounds[0][0]
        behind = [run for run in self._runs if run.descent.steps_done < until]
        if not behind:
            behind = [self._started(self._num_started)]
            self._runs += behind
            self._num_started += 1
        return behind[0]

    def _drop_the_weak(self) -> None:
        """At the end of a round those that stay; in the first one the weakest goes as soon as one too many is held."""
        if self.has_chosen:
            return
        until, stay = self._rounds[0]
        if any(run.descent.steps_done < until for run in self._runs):
            return
        strongest = sorted(self._runs, key=lambda run: -run.growth)[:stay]
        self._runs = [run for run in self._runs if run in strongest]
        if self._num_started == self._starts:
            self._rounds = self._rounds[1:]
        if self.has_chosen:
            self._runs = [self.best]

    def _measures_growth(self, run: Run, planned: int) -> bool:
        done = run.descent.steps_done
        is_round_over = not self.has_chosen and done == self._rounds[0][0]
        return done % GROWTH_EVERY == 0 or done == planned or is_round_over

    def draw(self, number: int, step: int) -> tuple[Tensor, Step]:
        """The minibatch and the points of one step of one start."""
        stream = generator(self._task.seed, "step", number, step)
        units = minibatch(self._units, self._sizes, BATCH, stream)
        return units, self._task.goal.step(stream)

    def _stepped(self, run: Run) -> Stepped:
        units, step = self.draw(run.number, run.descent.steps_done)
        return stepped(
            self._objective,
            run.descent.directions,
            units,
            self._task.goal,
            step,
            barrier=self.wanted_barrier,
            active=run.active,
        )

    def _growth(self, run: Run) -> float:
        goal = self._task.goal
        around = Slopes(self._objective, run.descent.directions, self._fixed)
        if self._fixed_center is None:
            self._fixed_center = around.losses(np.zeros((1, goal.num_axes)))[0]
        losses = torch.tensor(around.losses(goal.fixed), dtype=torch.float64)
        growth = goal.growth(losses, self._fixed_center, self.wanted_barrier)
        return growth if math.isfinite(growth) else -math.inf

    def _typical_rise(self) -> float:
        """Median rise at alpha = 1 along five filter-normalised Gaussian directions."""
        center = self._objective.center
        own, space = center.cpu(), self._objective.space
        rises = []
        for seed in range(CEILING_SEEDS):
            step = normalization.normalize(space, noise.draw(space, "gaussian", seed), own, "filter")
            around = Slopes(self._objective, step.to(center)[None], self._fixed)
            there, here = around.losses(np.array([[1.0], [0.0]]))
            rises.append(there - here)
        return max(0.0, float(np.nanmedian(rises)))


def rounds(steps: int, starts: int) -> list[tuple[int, int]]:
    """(Steps, how many go on then), for as long as there are several."""
    found, alive, before = [], starts, 0
    for share, stay in ROUNDS:
        until = max(before + 1, round(share * steps))
        if alive > stay and until <= steps:
            found.append((until, stay))
            alive, before = stay, until
    return found


def most_held(starts: int) -> int:
    """How many starts are held in memory at a time: those that stay in the first round, and the one at work."""
    return min(starts, ROUNDS[0][1] + 1)


def extra_steps(steps: int, starts: int) -> int:
    """Steps of starts that are dropped."""
    total, alive, before = 0, starts, 0
    for until, stay in rounds(steps, starts):
        total += (alive - 1) * (until - before)
        alive, before = stay, until
    return total
