"""What is to be mined: the arguments, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from landscape_widget._checks import as_int, as_number, complaint
from landscape_widget.core.objective import Objective
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.fitting import fitted
from landscape_widget.directions.home import Home
from landscape_widget.mining.goals import Goal
from landscape_widget.mining.objectives import goal_of


@dataclass(frozen=True)
class Task:
    """One seed and one task give the same bits on one device.

    Attributes:
        goal: What is mined.
        radius: rho, see `Sphere`.
        steps: Planned at first.
        seed: Of the starting points, the minibatches and the hold-out.
        starts: Starting points that are tried.
        orthogonal_to: The mined direction is orthogonal to these, in the filter metric.
        barrier: B0 in nats, as asked for; None: from the ceiling.
    """

    goal: Goal
    radius: float
    steps: int
    seed: int
    starts: int
    orthogonal_to: tuple[Direction, ...]
    barrier: float | None

    def source(self) -> dict[str, Any]:
        """JSON-able, for the mined direction."""
        return {
            "kind": "mined",
            "goal": self.goal.kind,
            **self.goal.source(),
            "radius": self.radius,
            "seed": self.seed,
            "starts": self.starts,
            "orthogonal_to": [dict(other.source) for other in self.orthogonal_to],
        }


def checked_task(
    objective: Objective,
    kind: str,
    *,
    home: Home,
    center_loss: float,
    n: int | None = None,
    target: Any = None,
    radius: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    starts: int = 1,
    orthogonal_to: Direction | Sequence[Direction] = (),
    barrier: float | None = None,
) -> Task:
    """A task with the kind's defaults filled in.

    Raises:
        TypeError: If an argument is of the wrong type.
        ValueError: If one makes no sense, BatchNorm is frozen, or nothing that moves is a filter.
    """
    goal = goal_of(kind, n, target)
    _check_objective(objective, home)
    return Task(
        goal=goal,
        radius=goal.radius if radius is None else as_number("radius", radius, above=0),
        steps=goal.steps if steps is None else as_int("steps", steps, low=1),
        seed=as_int("seed", seed, low=0),
        starts=as_int("starts", starts, low=1),
        orthogonal_to=_fitted_all(objective, home, orthogonal_to),
        barrier=_checked_barrier(goal, barrier, center_loss),
    )


def _check_objective(objective: Objective, home: Home) -> None:
    if objective.batchnorm == "frozen":
        remedy = (
            'With frozen statistics the mined shapes do not exist; make the landscape with batchnorm="recalibrate".'
        )
        raise ValueError(complaint("batchnorm", "'recalibrate' for mining", "frozen", remedy))
    if not bool((home.metric.scale > 0).any()):
        raise ValueError(
            "params must hold at least one filter (a parameter with two or more axes that is not zero) for mining, "
            "got none. Let more parameters move with Landscape(params=...)."
        )


def _fitted_all(objective: Objective, home: Home, others: Direction | Sequence[Direction]) -> tuple[Direction, ...]:
    asked = [others] if isinstance(others, Direction) else list(others)
    fits = tuple(fitted(other, objective.space, home, name="orthogonal_to") for other in asked)
    for other in fits:
        if not home.metric.norm(other.vector) > 0:
            raise ValueError(
                f"orthogonal_to must hold directions that move filters, got {other.label!r}, which moves only biases "
                "and norms. Leave it out: mined directions do not move these."
            )
    return fits


def _checked_barrier(goal: Goal, barrier: float | None, center_loss: float) -> float | None:
    if barrier is None:
        return None
    if not goal.needs_barrier:
        raise ValueError(complaint("barrier", f"None for a {goal.kind}, whose barriers are not chosen", barrier))
    remedy = f"The loss at the centre is {center_loss:.4g}; a barrier is higher."
    return as_number("barrier", barrier, above=center_loss, remedy=remedy)
