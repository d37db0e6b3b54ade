"""What a run will take, known before its first step."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from landscape_widget._checks import complaint
from landscape_widget.core import memory
from landscape_widget.core.objective import Objective
from landscape_widget.mining.runs import Runner, most_held
from landscape_widget.mining.slope import stepped
from landscape_widget.mining.sphere import Descent
from landscape_widget.mining.task import Task

# Vectors [P] besides those of the descents: the metric and what a gradient is put together from; for each axis the
# direction and the sum of its gradients.
WORKING_VECTORS, WORKING_VECTORS_AN_AXIS = 5, 2
MOST_SNAPSHOTS, FEWEST_SNAPSHOTS = 24, 2


@dataclass(frozen=True)
class Forecast:
    """Predicted, not measured afterwards.

    Attributes:
        bytes: Memory that a run takes besides the landscape.
        seconds_a_step: Of the optimisation, as timed on one step that was thrown away.
        starts: That fit; those asked for, or fewer.
        snapshots: Whose vectors fit.
    """

    bytes: int
    seconds_a_step: float
    starts: int
    snapshots: int

    def __str__(self) -> str:
        return f"{1000 * self.seconds_a_step:.3g} ms a step, {self.bytes / 2**20:.3g} MiB"


def forecast(objective: Objective, task: Task, runner: Runner) -> Forecast:
    """Time one step without taking it, and add up the vectors.

    Raises:
        ValueError: If `memory_budget` was given and not even one start fits in it.
    """
    units, step = runner.draw(0, 0)
    vector = objective.center.numel() * objective.center.element_size()
    directions = vector * task.goal.num_axes
    num_gradients = len(step.coords) if objective.keeps_gradients else 1
    base = (WORKING_VECTORS + num_gradients) * vector + WORKING_VECTORS_AN_AXIS * directions
    base += FEWEST_SNAPSHOTS * directions + objective.activation_bytes(units)
    each = Descent.num_vectors * directions
    budget = memory.budget(objective.memory_budget, objective.device)
    if objective.memory_budget is not None and base + each > budget:
        remedy = "Leave it out, or let fewer parameters move with Landscape(params=...)."
        raise ValueError(complaint("memory_budget", f"at least {base + each} for this mining", budget, remedy))
    held, fitting = most_held(task.starts), (budget - base) // each
    starts = task.starts if held <= fitting else max(1, fitting)
    taken = base + each * min(held, starts)
    snapshots = min(MOST_SNAPSHOTS, FEWEST_SNAPSHOTS + max(0, budget - taken) // directions)
    return Forecast(taken, _seconds(objective, task, runner), starts, snapshots)


def _seconds(objective: Objective, task: Task, runner: Runner) -> float:
    units, step = runner.draw(0, 0)
    directions, barrier = runner.best.descent.directions, runner.wanted_barrier

    def once() -> float:
        began = perf_counter()
        stepped(objective, directions, units, task.goal, step, barrier=barrier, active=set())
        return perf_counter() - began

    once()  # makes working copies and warms caches
    return once()
