"""The loss of a few chosen samples or batches under their own statistics, and its gradient, at several points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_widget.core import gradients
from landscape_widget.core.batchnorm import OfThisBatch
from landscape_widget.core.crew import crew
from landscape_widget.core.forward import Forward, Totals
from landscape_widget.core.lockstep import Meeting, TileRule
from landscape_widget.core.losses import Outcome
from landscape_widget.core.passes import Passes
from landscape_widget.core.samples import Batch, Samples

# Parameters; a working copy for each thread would take memory, and large layers use all cores by themselves.
LARGEST_IN_FLIGHT = 2**24


@dataclass(frozen=True)
class Slope:
    """The loss of a minibatch at one point, and its gradient `[P]`, where it was asked for."""

    loss: float
    gradient: Tensor | None


class Minibatch:
    """Chosen units of the training data, ready to be evaluated at many points.

    Args:
        forward: The working copy.
        passes: How it is evaluated.
        train: The data.
        units: `[n]` indices of samples or batches.
        own_statistics: BatchNorm takes the statistics of just these units; else those that are stored.
    """

    def __init__(
        self, forward: Forward, passes: Passes, train: Samples, units: Tensor, *, own_statistics: bool
    ) -> None:
        self._forward, self._passes, self._own_statistics = forward, passes, own_statistics
        tile = passes.gradient_tile(len(units), own_statistics=own_statistics)
        self.is_cut = tile is not None
        self._batches = train.gather(units, tile)

    def run_by(self, forward: Forward, passes: Passes) -> Minibatch:
        """The same batches for another working copy."""
        twin = object.__new__(Minibatch)
        twin.__dict__.update(self.__dict__, _forward=forward, _passes=passes)
        return twin

    def slope(self, point: Tensor, *, with_gradient: bool) -> Slope:
        """Mean loss at `point [P]` and, where asked for, its gradient."""
        with self._forward.standing_at(point):
            if with_gradient:
                differentiate = gradients.of_tiles if self.is_cut else gradients.of_batches
                return Slope(
                    *differentiate(
                        self._forward,
                        self._passes,
                        self._batches,
                        own_statistics=self._own_statistics,
                        dtype=point.dtype,
                    )
                )
            totals = Totals()
            for batch, outcome in zip(self._batches, self._outcomes(self._batches), strict=True):
                totals.add(batch, outcome)
            return Slope(totals.loss, None)

    def saved_bytes(self, point: Tensor) -> int:
        """Bytes that the forward passes at `point` keep for their backward passes."""
        seen: dict[int, int] = {}

        def pack(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            seen[storage.data_ptr()] = storage.nbytes()
            return tensor

        hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
        with self._forward.standing_at(point), self._forward.differentiating(), hooks:
            kept = []  # so that no storage is counted twice because another came in its place
            for batch in self._batches:
                rule = TileRule(Meeting(1), 0) if self._own_statistics else None
                kept.append(gradients.differentiable(self._forward, self._passes, batch, rule))
        return sum(seen.values())

    def _outcomes(self, batches: Sequence[Batch]) -> list[Outcome]:
        if not self.is_cut:
            return [self._passes.outcome(batch, OfThisBatch() if self._own_statistics else None) for batch in batches]
        return self._passes.side_by_side(
            lambda number, rule: self._passes.outcome(batches[number], rule),
            len(batches),
            in_lockstep=self._own_statistics,
        )


class ManySlopes:
    """Minibatches at several points: one point a thread, or one after the other where each uses all cores by itself.

    Points side by side are 1.3 to 1.7 times as fast as one after the other on 2 cores, where the minibatch is too
    small to be cut in tiles.
    """

    def __init__(self, forward: Forward, passes: Passes, train: Samples, names: Sequence[str]) -> None:
        """`names`: of the moving parameters."""
        self._forward, self._passes, self._train, self._names = forward, passes, train, names
        self._twins: list[Forward] = []
        self._version = -1

    def slopes(
        self,
        point_of: Callable[[int], Tensor],
        with_gradient: Sequence[bool],
        units: Tensor,
        *,
        own_statistics: bool,
    ) -> list[Slope]:
        """The slopes at `point_of(i) [P]`, one for each entry of `with_gradient`."""
        whole = Minibatch(self._forward, self._passes, self._train, units, own_statistics=own_statistics)

        def one(number: int, minibatch: Minibatch) -> Slope:
            return minibatch.slope(point_of(number), with_gradient=with_gradient[number])

        count = len(with_gradient)
        if count > 1 and self._is_in_flight(whole):
            return self._in_flight(one, count, whole)
        return self._passes.led(lambda: [one(number, whole) for number in range(count)])

    def _in_flight(self, one: Callable[[int, Minibatch], Slope], count: int, whole: Minibatch) -> list[Slope]:
        twins = [whole.run_by(twin, self._passes.alone(twin)) for twin in self._up_to_date_twins()]
        return crew.map_with(twins, one, count)

    def _up_to_date_twins(self) -> list[Forward]:
        if len(self._twins) != crew.width or self._version != self._forward.version:
            self._twins = [self._forward.twin(self._names) for _ in range(crew.width)]
            self._version = self._forward.version
        return self._twins

    def activation_bytes(self, point: Tensor, units: Tensor, *, own_statistics: bool) -> int:
        """What the forward passes of one step keep at a time for their backward passes."""
        whole = Minibatch(self._forward, self._passes, self._train, units, own_statistics=own_statistics)
        one = self._passes.led(lambda: whole.saved_bytes(point))
        return one * crew.width if self._is_in_flight(whole) else one

    def _is_in_flight(self, whole: Minibatch) -> bool:
        return not whole.is_cut and self._passes.runs_in_threads and self.keeps_gradients

    @property
    def keeps_gradients(self) -> bool:
        """Whether several gradients fit side by side; else have them one at a time, and only where they count."""
        return sum(parameter.numel() for parameter in self._forward.weights.parameters) <= LARGEST_IN_FLIGHT
