"""Gradients of the loss over all data, through the statistics of BatchNorm, which belong to L."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from landscape_widget.core.batchnorm import OfThisBatch, Recorded, Rule
from landscape_widget.core.forward import Forward, Totals, check_differentiable, leaves_of
from landscape_widget.core.lockstep import Meeting, TileRule
from landscape_widget.core.losses import Outcome
from landscape_widget.core.passes import Passes
from landscape_widget.core.samples import Batch


class GradientSums:
    """Weighted sums of losses and of their gradients for some inputs, in the order given."""

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        self._inputs, self._losses = list(inputs), Totals()
        self.sums: list[Tensor] = [torch.zeros_like(tensor) for tensor in inputs]

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Differentiate one batch's loss and count it."""
        weight = self.count(batch, outcome)
        gradients = torch.autograd.grad(outcome.loss, self._inputs, allow_unused=True)
        for total, gradient in zip(self.sums, gradients, strict=True):
            if gradient is not None:
                total.add_(gradient, alpha=weight)

    def count(self, batch: Batch, outcome: Outcome) -> float:
        """Count one batch's loss alone; returns its weight."""
        before = self._losses.weight
        self._losses.add(batch, outcome)
        return self._losses.weight - before

    @property
    def loss(self) -> float:
        """The mean loss."""
        return self._losses.loss

    def flat(self, parameters: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
        """`[P]`: the gradient of the mean loss for the first inputs, which are the moving parameters."""
        sums = self.sums[: len(parameters)]
        return torch.cat([total.to(dtype).reshape(-1) for total in sums]).div_(self._losses.weight)


def of_batches(
    forward: Forward, passes: Passes, batches: Sequence[Batch], *, own_statistics: bool, dtype: torch.dtype
) -> tuple[float, Tensor]:
    """Loss and gradient `[P]`; each batch under its own statistics, or the stored ones."""
    with forward.differentiating() as parameters:
        sums = GradientSums(parameters)
        for batch in batches:
            rule = TileRule(Meeting(1), 0) if own_statistics else None
            sums.add(batch, differentiable(forward, passes, batch, rule))
        return sums.loss, sums.flat(parameters, dtype)


def of_tiles(
    forward: Forward, passes: Passes, tiles: Sequence[Batch], *, own_statistics: bool, dtype: torch.dtype
) -> tuple[float, Tensor]:
    """The same for one batch in tiles, each with a thread of its own; all under the statistics of the whole batch."""
    with forward.differentiating() as parameters:

        def work(number: int, rule: Rule | None) -> tuple[Outcome, Sequence[Tensor | None]]:
            with torch.enable_grad():
                outcome = differentiable(forward, passes, tiles[number], rule)
                return outcome, torch.autograd.grad(outcome.loss * share(number), parameters, allow_unused=True)

        def share(number: int) -> float:
            # Weighted at once: what meets at the statistics must count as it counts in the mean.
            return tiles[number].weight / sum(tile.weight for tile in tiles)

        results = passes.side_by_side(work, len(tiles), in_lockstep=own_statistics)
        losses = Totals()
        for tile, (outcome, _) in zip(tiles, results, strict=True):
            losses.add(tile, outcome)
        return losses.loss, summed([gradients for _, gradients in results], parameters, dtype)


def summed(rows: Sequence[Sequence[Tensor | None]], parameters: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
    """`[P]`: the sum of several gradients, in their order; None stands for zero."""
    total = torch.zeros(sum(p.numel() for p in parameters), dtype=dtype, device=parameters[0].device)
    for row in rows:
        filled = [torch.zeros_like(p) if g is None else g for g, p in zip(row, parameters, strict=True)]
        total.add_(torch.cat([gradient.to(dtype).reshape(-1) for gradient in filled]))
    return total


def through_statistics(
    forward: Forward,
    passes: Passes,
    calibration: Batch,
    tiles: Sequence[Batch],
    *,
    counts: bool,
    dtype: torch.dtype,
) -> tuple[float, Tensor]:
    """Loss and gradient `[P]` of tiles under the statistics of the calibration set.

    Tiles give gradients for the weights and for the statistics; those go on through the calibration pass, so that
    no more than one tile and the calibration set are held at a time.

    Args:
        forward: The private copy, standing at the point.
        passes: Moves data where it must be.
        calibration: The calibration set in one batch.
        tiles: What the loss is taken over.
        counts: The calibration set belongs to the data too, and is not among the tiles.
        dtype: Of the gradient.
    """
    with forward.differentiating() as parameters:
        rule = OfThisBatch()
        outcome = differentiable(forward, passes, calibration, rule)
        leaves = leaves_of(rule.record)
        sums = GradientSums([*parameters, *(tensor for pair in leaves.values() for tensor in pair)])
        for tile in tiles:
            sums.add(tile, differentiable(forward, passes, tile, Recorded(leaves)))
        sources = [tensor for pair in rule.record.values() for tensor in pair]
        arriving = sums.sums[len(parameters) :]
        if counts:
            sources.append(outcome.loss)
            arriving.append(outcome.loss.new_tensor(sums.count(calibration, outcome)))
        through = torch.autograd.grad(sources, parameters, arriving, allow_unused=True)
        for total, more in zip(sums.sums, through, strict=False):
            if more is not None:
                total.add_(more)
        return sums.loss, sums.flat(parameters, dtype)


def differentiable(forward: Forward, passes: Passes, batch: Batch, rule: Rule | None) -> Outcome:
    """One batch with its graph; an error where the loss is cut off from the weights."""
    outcome = forward.differentiable_outcome(passes.here(batch.content), rule)
    check_differentiable(outcome.loss)
    return outcome
