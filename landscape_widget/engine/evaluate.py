"""Many points, one after the other: in order, cancellable, counted and timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.gate import Gate
from landscape_widget.core.objective import Objective, PointValue, Stop
from landscape_widget.engine.choices import Choices
from landscape_widget.engine.plans import Job


class Engine:
    """Evaluates points `center + coords @ axes` of one objective.

    Attributes:
        objective: L.
        gate: Who may use it; cells come before the worker.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective, self.gate = objective, Gate()
        self._choices = Choices(objective)

    @property
    def evaluations(self) -> int:
        """Points computed so far on all the data used, whatever for; previews on part of the data do not count."""
        return self._choices.tally.points

    @property
    def seconds_per_point(self) -> float | None:
        """Median time of the last points on all data; None before the first."""
        return self._choices.tally.seconds_per_point

    @property
    def plan(self) -> str:
        """What runs and why, in one line; assign `"loop"`, `"vmap"` or `"auto"` to force it.

        Raises:
            ValueError: Assigned something else, or a plan that cannot compute this model.
        """
        return self._choices.text

    @plan.setter
    def plan(self, name: str) -> None:
        with self.gate.foreground():
            self._choices.force(name)

    def evaluate(
        self,
        axes: Sequence[Tensor],
        coords: NDArray[np.float64],
        *,
        split: str = "train",
        batchnorm: str | None = None,
        units: Tensor | None = None,
        background: bool = False,
        stop: Stop | None = None,
    ) -> Iterator[PointValue]:
        """Yield the value at each point on one split; see `evaluate_all`."""
        rows = self.evaluate_all(
            axes, coords, [split], batchnorm=batchnorm, units=units, background=background, stop=stop
        )
        for (value,) in rows:
            yield value

    def evaluate_all(
        self,
        axes: Sequence[Tensor],
        coords: NDArray[np.float64],
        splits: Sequence[str],
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        background: bool = False,
        stop: Stop | None = None,
        per_sample: bool = False,
    ) -> Iterator[list[PointValue]]:
        """Yield the values at each point, one a split, in the order of `coords`; computed when asked for.

        Args:
            axes: K vectors `[P]`, on any device.
            coords: `[M, K]`, in lengths of the axes.
            splits: On which data.
            batchnorm: Another mode than the landscape's.
            units: On these samples or batches only.
            background: Take the gate step by step; else once for the whole iteration.
            stop: Asked between tiles; when true the iteration raises `Cancelled`.
            per_sample: Keep the loss of every sample.
        """
        placed = [axis.to(self.objective.device, self.objective.space.dtype) for axis in axes]
        job = Job(placed, tuple(splits), batchnorm, units, background, stop, per_sample)
        left = np.asarray(coords, dtype=np.float64).reshape(-1, len(placed))
        each = self.gate.background if background else nullcontext
        with nullcontext() if background else self.gate.foreground():
            while len(left):
                with each():
                    rows = self._choices.step(job, left)
                yield from rows
                left = left[len(rows) :]

    def value(self, point: Tensor, split: str = "train", *, batchnorm: str | None = None) -> PointValue:
        """The value at one point `[P]`, for a call in a cell."""
        with self.gate.foreground():
            return self._choices.value(point, split, batchnorm)


def rounding_floor(objective: Objective, shifts: int = 8) -> float | None:
    """Spread of the loss over tiny shifts of the centre, for models in half precision; None for others.

    A shift is as large as the spacing of half precision, so the spread is what rounding of the weights does. The
    loss itself may be rounded too: the floor is never below half its spacing.
    """
    half = objective.half_dtype
    if half is None:
        return None
    spacing = torch.finfo(half).eps
    losses = []
    for seed in range(shifts):
        noise = torch.randn(objective.center.shape, generator=torch.Generator().manual_seed(seed))
        losses.append(objective.value(objective.center * (1 + spacing * noise.to(objective.center))).loss)
    return max(max(losses) - min(losses), spacing / 2 * abs(losses[0]))
