"""The loss of a few chosen samples or batches under their own statistics, differentiable in the flat point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from landscape_widget.core import gradients
from landscape_widget.core.batchnorm import OfThisBatch
from landscape_widget.core.forward import Forward, Totals
from landscape_widget.core.losses import Outcome
from landscape_widget.core.passes import Passes
from landscape_widget.core.samples import Batch, Samples

LossAndGradient = Callable[[Tensor, bool], tuple[float, Tensor | None]]


class Minibatch:
    """Chosen units of the training data, ready to be evaluated at many points.

    Args:
        forward: The private copy.
        passes: How it is evaluated.
        train: The data.
        units: `[n]` indices of samples or batches.
        own_statistics: BatchNorm takes the statistics of just these units; else those that are stored.
    """

    def __init__(
        self, forward: Forward, passes: Passes, train: Samples, units: Tensor, *, own_statistics: bool
    ) -> None:
        self.units = units
        self._forward, self._passes, self._own_statistics = forward, passes, own_statistics
        tile = passes.gradient_tile(len(units), own_statistics=own_statistics)
        self._is_cut = tile is not None
        self._batches = train.gather(units, tile)

    def loss_and_gradient(self, point: Tensor, *, with_gradient: bool) -> tuple[float, Tensor | None]:
        """Mean loss at `point [P]` and, where asked for, its gradient `[P]`."""
        with self._forward.standing_at(point):
            if with_gradient:
                differentiate = gradients.of_tiles if self._is_cut else gradients.of_batches
                return differentiate(
                    self._forward,
                    self._passes,
                    self._batches,
                    own_statistics=self._own_statistics,
                    dtype=point.dtype,
                )
            totals = Totals()
            for batch, outcome in zip(self._batches, self._outcomes(self._batches), strict=True):
                totals.add(batch, outcome)
            return totals.loss, None

    def _outcomes(self, batches: Sequence[Batch]) -> list[Outcome]:
        if not self._is_cut:
            return [self._passes.outcome(batch, OfThisBatch() if self._own_statistics else None) for batch in batches]
        return self._passes.side_by_side(
            lambda number, rule: self._passes.outcome(batches[number], rule),
            len(batches),
            in_lockstep=self._own_statistics,
        )


class LossAtPoint(torch.autograd.Function):
    """A loss as a function of the flat point; the gradient is computed on the way, so the graph is short-lived."""

    @staticmethod
    def forward(ctx: Any, point: Tensor, compute: LossAndGradient) -> Tensor:
        """`compute(point, wants gradient)` -> the loss, and the gradient or None."""
        loss, gradient = compute(point.detach(), point.requires_grad)
        ctx.gradient = gradient
        return point.new_tensor(loss)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None]:
        """The gradient that was computed on the way."""
        return outer[0] * ctx.gradient.to(outer[0].device), None
