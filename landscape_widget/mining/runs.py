"""Running the descent: minibatches, several starts, and how far the shape has come."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.objective import Objective
from landscape_widget.directions import noise, normalization
from landscape_widget.mining.draws import generator, minibatch
from landscape_widget.mining.recipe import Recipe
from landscape_widget.mining.slope import Slope, loss_at, slope
from landscape_widget.mining.sphere import Descent, Sphere

BATCH = 128  # samples of a step
FIXED = 512  # samples on which growth is measured
GROWTH_EVERY = 20  # steps; each costs three to five forward passes over the fixed set
TRIAL_SHARE = 10  # with several starts each runs a tenth of the steps
MAX_FAILURES = 10  # steps in a row with a loss that is not finite
CEILING_SHARE, HALF = 0.9, 0.5  # of the ceiling: a barrier as high as this, and as far above the centre as that
CEILING_SEEDS = 5  # Gaussian directions whose median rise stands in for an unknown ceiling


class Run:
    """One start: its descent, and what each step saw."""

    def __init__(self, number: int, descent: Descent) -> None:
        self.number, self.descent = number, descent
        self.best_growth, self.best_step = -math.inf, 0
        self.active: set[float] = set()
        self._rows: list[tuple[float, ...]] = []

    def record(self, found: Slope, barrier: float) -> None:
        """Keep the losses of one step."""
        self._rows.append((found.objective, found.losses[0], found.losses[1], found.center, barrier, math.nan))

    def grown(self, growth: float) -> None:
        """Keep the growth after the last step."""
        if self._rows:
            self._rows[-1] = (*self._rows[-1][:-1], growth)
        if growth > self.best_growth:
            self.best_growth, self.best_step = growth, self.descent.steps_done

    def history(self) -> dict[str, NDArray[np.float64]]:
        """Name -> array with one entry a step."""
        names = ("objective", "plus", "minus", "center", "barrier", "growth")
        columns = np.array(self._rows, dtype=np.float64).reshape(-1, len(names)).T.copy()
        return {"step": np.arange(1.0, len(self._rows) + 1), **dict(zip(names, columns, strict=True))}


class Runner:
    """Takes steps: first a tenth of them from each start, then the rest from the best."""

    def __init__(
        self, objective: Objective, recipe: Recipe, units: Tensor, *, center_loss: float, ceiling: float | None
    ) -> None:
        """Draw the starting points; nothing is evaluated.

        Args:
            objective: L.
            recipe: What is mined.
            units: Of "train", that may be mined on.
            center_loss: L at the centre on the training data.
            ceiling: A rise in loss that counts as high; None where none is known.
        """
        self._objective, self._recipe, self._units = objective, recipe, units
        self._sizes = objective.unit_sizes("train")
        self._fixed = minibatch(units, self._sizes, FIXED, generator(recipe.seed, "fixed"))
        self._center_loss, self._ceiling = center_loss, ceiling
        self._barrier: float | None = recipe.barrier
        self._fixed_center: float | None = None
        self._trial_steps = max(1, recipe.steps // TRIAL_SHARE)
        others = [other.vector for other in recipe.orthogonal_to]
        sphere = Sphere.of(objective.metric, recipe.radius, others, objective.center)
        starts = [sphere.start(generator(recipe.seed, "start", number)) for number in range(recipe.starts)]
        self._runs = [Run(number, Descent(sphere, point)) for number, point in enumerate(starts)]
        self._failures = 0
        self.steps_taken = 0
        self.trouble = ""

    @property
    def has_chosen(self) -> bool:
        """Whether one start is left."""
        return len(self._runs) == 1

    @property
    def best(self) -> Run:
        """The run that is kept, or that leads."""
        return max(self._runs, key=lambda run: run.best_growth)

    @property
    def steps_done(self) -> int:
        """Of the run that is kept, or that leads."""
        return self.best.descent.steps_done

    @property
    def has_tried_all(self) -> bool:
        """Whether every start has had its tenth of the steps."""
        return self.has_chosen or all(run.descent.steps_done >= self._trial_steps for run in self._runs)

    def steps_in_all(self, target: int) -> int:
        """Those of the starts that are dropped included."""
        return target + (self._recipe.starts - 1) * self._trial_steps

    @property
    def barrier(self) -> float:
        """B0 in nats; without a known ceiling the first call evaluates five points."""
        if self._barrier is None:
            ceiling = self._typical_rise() if self._ceiling is None else self._ceiling
            self._barrier = max(CEILING_SHARE * ceiling, self._center_loss + HALF * ceiling)
        return self._barrier

    def step(self, planned: int) -> None:
        """One step of the optimisation; `planned` is the number of steps of the cosine."""
        run = self._next_run()
        found = self._slope(run)
        self._failures = 0 if found.is_finite else self._failures + 1
        if self._failures >= MAX_FAILURES:
            self.trouble = (
                f"The loss along the direction was not finite in {MAX_FAILURES} steps in a row. Use a smaller radius."
            )
        # A gradient that is not finite would spoil the descent for good; another minibatch may be better.
        gradient = found.gradient if found.is_finite else torch.zeros_like(found.gradient)
        run.descent.move(gradient, planned)
        run.record(found, self._recipe.goal.barrier_of(found.losses, found.center))
        self.steps_taken += 1
        if self._measures_growth(run, planned):
            run.grown(self._growth(run))

    def _next_run(self) -> Run:
        if self.has_chosen:
            return self._runs[0]
        behind = [run for run in self._runs if run.descent.steps_done < self._trial_steps]
        if not behind:
            self._runs = [self.best]
        return (behind or self._runs)[0]

    def _measures_growth(self, run: Run, planned: int) -> bool:
        done = run.descent.steps_done
        is_trial_over = not self.has_chosen and done == self._trial_steps
        return done % GROWTH_EVERY == 0 or done == planned or is_trial_over

    def _slope(self, run: Run) -> Slope:
        recipe, step = self._recipe, run.descent.steps_done
        stream = generator(recipe.seed, "step", run.number, step)
        units = minibatch(self._units, self._sizes, BATCH, stream)
        return slope(
            self._objective,
            run.descent.direction,
            units,
            recipe.goal,
            alphas=recipe.goal.step_alphas(float(torch.rand((), generator=stream, dtype=torch.float64))),
            barrier=self.barrier if recipe.goal.needs_barrier else 0.0,
            active=run.active,
        )

    def _growth(self, run: Run) -> float:
        goal, center = self._recipe.goal, self._objective.center
        if self._fixed_center is None:
            self._fixed_center = self._fixed_loss(center)
        direction = run.descent.direction
        losses = torch.tensor([self._fixed_loss(center + alpha * direction) for alpha in goal.fixed_alphas])
        barrier = self.barrier if goal.needs_barrier else 0.0
        growth = float(goal.growth(losses.double(), self._fixed_center, barrier))
        return growth if math.isfinite(growth) else -math.inf

    def _fixed_loss(self, point: Tensor) -> float:
        return loss_at(self._objective, point, self._fixed)

    def _typical_rise(self) -> float:
        """Median rise at alpha = 1 along five filter-normalised Gaussian directions."""
        center = self._objective.center
        own, space = center.cpu(), self._objective.space
        steps = [
            normalization.normalize(space, noise.draw(space, "gaussian", seed), own, "filter")
            for seed in range(CEILING_SEEDS)
        ]
        rises = [self._fixed_loss(center + step.to(center.device)) for step in steps]
        return max(0.0, float(np.nanmedian(rises)) - self._fixed_loss(center))
