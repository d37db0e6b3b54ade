"""The plan that the user has chosen."""

from __future__ import annotations

from typing import final

from landscape_widget.core.objective import Objective
from landscape_widget.engine.choice import Choice, label, state
from landscape_widget.engine.contender import Contender
from landscape_widget.engine.plans import Array, Job, Plan, Row
from landscape_widget.engine.tally import Tally


@final
class Forced(Choice):
    """One plan, as the user wants it; the loop only where memory does not suffice for one point.

    Args:
        objective: L.
        tally: Where points and seconds are counted.
        plan: The plan; None: the loop.
    """

    def __init__(self, objective: Objective, tally: Tally, plan: Plan | None = None) -> None:
        super().__init__(objective, tally)
        self._contender = self.loop if plan is None else Contender(plan)
        self._contender.is_probed = self._contender is self.loop

    def prepare(self, job: Job) -> None:
        """Compare with the loop.

        Raises:
            ValueError: The plan cannot compute this model, or gives other values.
        """
        if not self._contender.is_probed:
            self._refuse(self._doubt_at_probes(self._contender, job))

    def step(self, job: Job, coords: Array) -> list[Row]:
        """See `Choice`."""
        contender = self._contender
        if contender is self.loop or contender.reason is not None:
            return self._loop_point(job, coords)
        self.prepare(job)
        coords = coords[: self._size(contender, job, coords)]
        rows = self._counted(contender, job, coords)
        if rows is None:
            return self._loop_point(job, coords)
        if not contender.is_trusted:
            self._refuse(self._doubt_at(job, coords[:1], rows[:1]))
            contender.is_trusted = True
        return rows

    def _refuse(self, doubt: str | None) -> None:
        if doubt is not None:
            name = self._contender.plan.name
            raise ValueError(
                f"plan must be 'loop' or 'auto' for this model, got {name!r}, but {doubt}. Assign one of these."
            )

    def __str__(self) -> str:
        """See `Choice`."""
        if self._contender.reason is None:
            return f"{label(self._contender)} (chosen by you)"
        return f"{label(self.loop)} ({state(self._contender)})"
