"""A plan is compared with the loop before its values count: at the centre, far away, and at a point that is wanted."""

from __future__ import annotations

import torch

from landscape_widget.core.agreement import Agreement
from landscape_widget.core.objective import Objective
from landscape_widget.core.probe import far_from
from landscape_widget.engine.plans import Array, Job, Loop, Plan, Row, point_at


class Trust:
    """Compares plans with the loop.

    Attributes:
        evaluations: Points computed to compare, by the loop and by the plans, that are nobody's result.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective, self._loop = objective, Loop(objective)
        self.evaluations = 0

    def doubt_at_center(self, plan: Plan, job: Job) -> str | None:
        """Why the plan must not run, from the centre; None where it agrees.

        This is a plan's first call, which imports, records or sets up what later ones reuse.
        """
        return self._doubt_at_probe(plan, job, self._objective.center)

    def doubt_far_away(self, plan: Plan, job: Job) -> str | None:
        """The same from a point far away."""
        return self._doubt_at_probe(plan, job, far_from(self._objective.center, seed=0))

    def _doubt_at_probe(self, plan: Plan, job: Job, point: torch.Tensor) -> str | None:
        found = plan.values_at(job, point.unsqueeze(0))
        self.evaluations += 1
        return self._doubt(job, point.unsqueeze(0), found)

    def doubt_at(self, job: Job, coords: Array, rows: list[Row]) -> str | None:
        """The same from points that were wanted: `rows` are the plan's values at `coords [C, K]`."""
        center = self._objective.center
        points = [point_at(center, job.axes, coord.tolist()) for coord in coords[: len(rows)]]
        return self._doubt(job, torch.stack(points), rows)

    def _doubt(self, job: Job, points: torch.Tensor, found: list[Row]) -> str | None:
        agreement = Agreement(self._objective)
        for point, row in zip(points, found, strict=True):
            expected = self._loop.value_at(job, point)
            self.evaluations += 1
            difference = agreement.difference(point, job.splits, expected, row)
            self.evaluations += agreement.evaluations
            agreement.evaluations = 0
            if difference is not None:
                return difference
        return None
