"""One choice of plan for every kind of job: what is fast with frozen BatchNorm need not be when it is recalibrated."""

from __future__ import annotations

from torch import Tensor

from landscape_widget._checks import as_choice
from landscape_widget.core.agreement import precision_remarks
from landscape_widget.core.objective import Objective, PointValue
from landscape_widget.engine.automatic import Automatic
from landscape_widget.engine.choice import Choice
from landscape_widget.engine.forced import Forced
from landscape_widget.engine.plans import Array, Job, Row, Vmap
from landscape_widget.engine.tally import Tally

Kind = tuple[str | None, tuple[str, ...]]  # mode of BatchNorm, splits
PLANS = ("loop", "vmap", "auto")


class Choices:
    """Remembers what was found out for each kind of job.

    Attributes:
        tally: Points and seconds so far.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective, self.tally = objective, Tally()
        self._name = "auto"
        self._reset()

    def _reset(self) -> None:
        self._of_kind: dict[Kind, Choice] = {}
        # Previews and losses of single samples are few: the loop serves them, and their times say nothing.
        self._plain = Forced(self._objective, self.tally)
        self._last = self._made(("train",))

    def step(self, job: Job, coords: Array) -> list[Row]:
        """The values at the first of `coords [M, K]`: of at least one point."""
        if job.per_sample or (job.units is not None and self._name == "auto"):
            return self._plain.step(job, coords)
        self._last = self._made(job.splits, job.batchnorm)
        return self._last.step(job, coords)

    def value(self, point: Tensor, split: str, batchnorm: str | None) -> PointValue:
        """The value at one point `[P]`, by the loop."""
        return self._plain.loop_value(point, Job([], (split,), batchnorm))[0]

    def force(self, name: str) -> None:
        """Take this plan from now on; `"auto"` forgets what was measured and measures anew.

        Raises:
            ValueError: There is no such plan, or it cannot compute this model; the old one stays.
        """
        old = self._name, self._of_kind, self._last
        self._name = as_choice("plan", name, PLANS)
        self._reset()
        try:
            if isinstance(self._last, Forced):
                self._last.prepare(Job([], ("train",)))
        except BaseException:
            self._name, self._of_kind, self._last = old
            raise

    @property
    def text(self) -> str:
        """What runs and why, in one line."""
        return ", ".join([str(self._last), *self._objective.remarks, *_precision(self._objective)])

    def _made(self, splits: tuple[str, ...], batchnorm: str | None = None) -> Choice:
        kind = (batchnorm or self._objective.batchnorm, splits)
        if kind not in self._of_kind:
            self._of_kind[kind] = self._new()
        return self._of_kind[kind]

    def _new(self) -> Choice:
        if self._name == "auto":
            return Automatic(self._objective, self.tally)
        return Forced(self._objective, self.tally, Vmap(self._objective) if self._name == "vmap" else None)


def _precision(objective: Objective) -> list[str]:
    """On a GPU: `float32`, `float32 with TF32 convolutions`."""
    if objective.device.type != "cuda":
        return []
    dtype = str(objective.parameter_dtype).removeprefix("torch.")
    rounded = " and ".join(precision_remarks(objective))
    return [f"{dtype} with {rounded}" if rounded else dtype]
