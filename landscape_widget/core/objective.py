"""The function L(theta): the loss of the private copy at any point of weight space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from landscape_widget.core import nested
from landscape_widget.core.batchnorm import OfThisBatch, Recorded, Rule, Statistics, ruled_by
from landscape_widget.core.fingerprint import fingerprint
from landscape_widget.core.forward import Totals, check_differentiable, flattened, leaves_of
from landscape_widget.core.lockstep import Visit, crew
from landscape_widget.core.losses import BatchLoss, Outcome, PairLoss
from landscape_widget.core.params import FilterMetric
from landscape_widget.core.probe import Probe, far_from
from landscape_widget.core.reading import RawData
from landscape_widget.core.samples import Batch, Samples
from landscape_widget.core.setup import Settings, open_workshop

LOCKSTEP_TILE = 32  # samples; below it the meetings cost more than the caches give
Stop = Callable[[], bool]


class Cancelled(Exception):
    """The caller asked to stop; nothing was returned for this point."""


@dataclass(frozen=True)
class PointValue:
    """What was computed at one point: the mean loss (NaN and inf are possible) and the mean of each metric."""

    loss: float
    metrics: Mapping[str, float]


class Objective:
    """L(theta) and what is needed to ask for it; not safe for two threads at once (see `Gate`).

    Attributes:
        space: The layout of `[P]`.
        center: `[P]` on the model's device.
        batchnorm: `"recalibrate"`, `"frozen"`, or None without BatchNorm.
        splits: Names of the splits, `"train"` first.
        is_tiled: Units are samples; else batches of the user's.
        remarks: How it is computed, in short phrases.
    """

    def __init__(self, model: nn.Module, batch_loss: BatchLoss, raw: Mapping[str, RawData], settings: Settings) -> None:
        self._settings = settings
        workshop = open_workshop(model, batch_loss, raw, settings)
        self._forward, self._samples = workshop.forward, workshop.samples
        self._moves_each_pass = not workshop.has_moved_data
        self.space, self.center = workshop.space, workshop.center
        self.batchnorm = workshop.batchnorm
        self.num_norms, self.num_hooks = workshop.num_norms, workshop.num_hooks
        self.splits = tuple(workshop.samples)
        self.is_tiled = self._samples["train"].is_tiled
        self.remarks = workshop.remarks
        self.ceiling_from_data = math.log(workshop.num_classes) if workshop.num_classes else None
        self._lockstep: bool | None = None

    @property
    def device(self) -> torch.device:
        """Where points are evaluated."""
        return self.center.device

    @cached_property
    def metric(self) -> FilterMetric:
        """The filter metric of the centre."""
        return FilterMetric.at(self.space, self.center)

    @cached_property
    def data_hash(self) -> str:
        """Fingerprint of the data used in the split `"train"`."""
        return fingerprint(tensor for content in self._samples["train"].contents for tensor in nested.tensors(content))

    @property
    def weights_hash(self) -> str:
        """Fingerprint of the centre."""
        return fingerprint([self.center])

    def num_units(self, split: str = "train") -> int:
        """How many samples (`is_tiled`) or batches a split has."""
        return self._samples[split].num_units

    def num_samples(self, split: str = "train") -> tuple[int, int | None]:
        """Samples used, out of how many (None: a stream whose end was not seen)."""
        return self._samples[split].used, self._samples[split].total

    def unit_sizes(self, split: str = "train") -> Tensor:
        """`[units]`: samples in each unit."""
        return self._samples[split].unit_sizes

    def value(
        self,
        point: Tensor,
        split: str = "train",
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        stop: Stop | None = None,
    ) -> PointValue:
        """The loss and the metrics at one point.

        Args:
            point: `[P]`.
            split: On which data; the statistics of BatchNorm always come from the calibration set of `"train"`.
            batchnorm: Another mode than the landscape's, for this point.
            units: Indices of samples or batches; all used data without.
            stop: Asked between tiles.

        Raises:
            Cancelled: `stop()` was true.
        """
        samples, totals = self._samples[split], Totals()
        recalibrates = self._recalibrates(batchnorm)
        with self._forward.standing_at(point.to(self.device)):
            record: dict[Visit, Statistics] | None = None
            tiles = samples.tiles(units) if units is not None else None
            if recalibrates:
                batches, outcomes, record = self._calibrate()
                if split == "train" and units is None:
                    tiles = samples.after_calibration()
                    for batch, outcome in zip(batches, outcomes, strict=True):
                        totals.add(batch, outcome)
            self._add_tiles(totals, samples.tiles() if tiles is None else tiles, record, stop)
            return PointValue(totals.loss, totals.metrics)

    def _recalibrates(self, batchnorm: str | None = None) -> bool:
        """Whether this mode calibrates; the first time, finds out how (this moves the copy)."""
        recalibrates = self.num_norms > 0 and (batchnorm or self.batchnorm) == "recalibrate"
        if recalibrates and self._lockstep is None:
            self._lockstep = self._check_lockstep()
        return recalibrates

    def _add_tiles(
        self, totals: Totals, tiles: Sequence[Batch], record: dict[Visit, Statistics] | None, stop: Stop | None
    ) -> None:
        for tile in tiles:
            if stop is not None and stop():
                raise Cancelled
            totals.add(tile, self._outcome(tile, None if record is None else Recorded(record)))

    def _outcome(self, batch: Batch, rule: Rule | None) -> Outcome:
        return self._forward.outcome(self._here(batch.content), rule)

    def _here(self, content: Any) -> Any:
        """Content on the model's device, where data did not fit there as a whole."""
        if not self._moves_each_pass:
            return content
        return nested.map_tensors(lambda tensor: tensor.to(self.device, non_blocking=True), content)

    def _calibrate(self) -> tuple[list[Batch], list[Outcome], dict[Visit, Statistics]]:
        """One pass of the calibration set under its own pooled statistics."""
        batches = self._calibration_batches()
        if len(batches) == 1:
            rule = OfThisBatch()
            return batches, [self._outcome(batches[0], rule)], rule.record
        outcomes, record = crew.run(lambda tile, rule: self._outcome(batches[tile], rule), len(batches))
        return batches, outcomes, record

    def _calibration_batches(self) -> list[Batch]:
        samples = self._samples["train"]
        if self._lockstep or not samples.is_tiled:
            return samples.calibration(LOCKSTEP_TILE)
        return samples.calibration(None)

    def _check_lockstep(self) -> bool:
        """Whether tiles in lock-step reproduce the calibration set in one batch, at the centre and far away."""
        samples = self._samples["train"]
        if self.device.type != "cpu" or not samples.is_tiled or torch.get_num_threads() == 1:
            return False
        probe = Probe(self._forward, [], recalibrate=True)
        points = [self.center, far_from(self.center, self._settings.seed)]
        try:
            fits = all(self._lockstep_agrees(probe, point) for point in points)
        except Exception:  # a forward pass that cannot run in several threads
            fits = False
        self.remarks.append("tiles in lock-step" if fits else "calibration in one batch")
        return fits

    def _lockstep_agrees(self, probe: Probe, point: Tensor) -> bool:
        losses = []
        for self._lockstep in (False, True):
            totals = Totals()
            with self._forward.standing_at(point.to(self.device)):
                batches, outcomes, _ = self._calibrate()
            for batch, outcome in zip(batches, outcomes, strict=True):
                totals.add(batch, outcome)
            losses.append(totals.loss)
        return probe.same(*losses)

    def gradient(self, point: Tensor, split: str = "train") -> tuple[float, Tensor]:
        """Loss and gradient `[P]` over all used data; through the statistics of BatchNorm, which belong to L."""
        samples = self._samples[split]
        with self._forward.standing_at(point.to(self.device)), self._forward.differentiating() as parameters:
            if self.batchnorm != "recalibrate":
                return self._gradient_of_tiles(samples.tiles(), parameters)
            return self._gradient_through_statistics(samples, parameters, split)

    def _gradient_of_tiles(self, tiles: Sequence[Batch], parameters: list[Tensor]) -> tuple[float, Tensor]:
        sums = GradientSums(parameters)
        for tile in tiles:
            sums.add(tile, self._differentiable_outcome(tile, None))
        return sums.loss, flattened(sums.means(), parameters, self.space.dtype)

    def _gradient_through_statistics(
        self, samples: Samples, parameters: list[Tensor], split: str
    ) -> tuple[float, Tensor]:
        """Tiles give gradients for the weights and for the statistics; those go on through the calibration pass."""
        batches, rule = self._samples["train"].calibration(None), OfThisBatch()
        if len(batches) > 1:
            raise RuntimeError(
                "data must fit in one batch for gradients with batchnorm='recalibrate', got a loss that only takes "
                f"its own {len(batches)} batches. Use batchnorm='frozen', or one batch."
            )
        calibration = self._differentiable_outcome(batches[0], rule)
        leaves = leaves_of(rule.record)
        flat_leaves = [tensor for pair in leaves.values() for tensor in pair]
        sums = GradientSums([*parameters, *flat_leaves])
        for tile in samples.after_calibration() if split == "train" else samples.tiles():
            sums.add(tile, self._differentiable_outcome(tile, Recorded(leaves)))
        sources = [tensor for pair in rule.record.values() for tensor in pair]
        arrived = sums.totals[len(parameters) :]
        if split == "train":
            sums.count(batches[0], calibration)
            sources, arrived = [*sources, calibration.loss], [*arrived, calibration.loss.new_tensor(batches[0].weight)]
        through = torch.autograd.grad(sources, parameters, arrived, allow_unused=True)
        sums.totals = [a if b is None else a + b for a, b in zip(sums.totals, through, strict=False)]
        return sums.loss, flattened(sums.means(), parameters, self.space.dtype)

    def _differentiable_outcome(self, batch: Batch, rule: Rule | None) -> Outcome:
        outcome = self._forward.differentiable_outcome(self._here(batch.content), rule)
        check_differentiable(outcome.loss)
        return outcome

    def batch_loss(self, point: Tensor, units: Tensor, split: str = "train") -> Tensor:
        """The loss over the chosen units, differentiable in `point [P]`, under the units' own batch statistics."""
        loss: Tensor = _LossAtPoint.apply(point, self, self._samples[split].gather(units))  # type: ignore[no-untyped-call]
        return loss

    def loss_and_gradient(self, point: Tensor, batches: Sequence[Batch], *, with_gradient: bool) -> tuple[float, Tensor | None]:
        """Mean loss of whole batches under their own statistics, and its gradient `[P]`."""
        recalibrates = self.batchnorm == "recalibrate"
        with self._forward.standing_at(point.to(self.device)):
            if not with_gradient:
                totals = Totals()
                for batch in batches:
                    totals.add(batch, self._outcome(batch, OfThisBatch() if recalibrates else None))
                return totals.loss, None
            with self._forward.differentiating() as parameters:
                sums = GradientSums(parameters)
                for batch in batches:
                    sums.add(batch, self._differentiable_outcome(batch, OfThisBatch() if recalibrates else None))
                return sums.loss, flattened(sums.means(), parameters, self.space.dtype)

    def per_sample(self, point: Tensor, split: str = "train", *, units: Tensor | None = None) -> Tensor | None:
        """`[n]` float64 on the CPU: each sample's own loss; None where the loss does not allow it.

        The loss of a sample is `loss_fn` on a batch of one; it counts only if their mean is the loss.
        """
        batch_loss, samples = self._forward.batch_loss, self._samples[split]
        if not isinstance(batch_loss, PairLoss) or not samples.is_tiled:
            return None
        units = torch.arange(samples.num_units) if units is None else units
        recalibrates = self._recalibrates()
        with self._forward.standing_at(point.to(self.device)), torch.inference_mode(not self._forward.needs_grad):
            record = self._calibrate()[2] if recalibrates else None
            try:
                losses = torch.cat([self._per_sample_of(batch_loss, tile, record) for tile in samples.tiles(units)])
            except (RuntimeError, ValueError, TypeError, IndexError):
                return None
        losses = losses.cpu()
        mean = self.value(point, split, units=units).loss
        probe = Probe(self._forward, [], recalibrate=False)
        return losses if probe.same(float(losses.mean()), mean) else None

    def _per_sample_of(self, loss: PairLoss, tile: Batch, record: dict[Visit, Statistics] | None) -> Tensor:
        with ruled_by(None if record is None else Recorded(record)):
            return loss.per_sample(self._forward.module, self._here(tile.content))


class GradientSums:
    """Weighted sums of losses and of their gradients for some inputs, in the order given."""

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        self._inputs, self._totals = list(inputs), Totals()
        self.totals: list[Tensor] = [torch.zeros_like(tensor) for tensor in inputs]

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Differentiate one batch's loss and count it."""
        weight = self.count(batch, outcome)
        gradients = torch.autograd.grad(outcome.loss, self._inputs, allow_unused=True)
        for total, gradient in zip(self.totals, gradients, strict=True):
            if gradient is not None:
                total.add_(gradient, alpha=weight)

    def count(self, batch: Batch, outcome: Outcome) -> float:
        """Count one batch's loss alone; returns its weight."""
        before = self._totals.weight
        self._totals.add(batch, outcome)
        return self._totals.weight - before

    @property
    def loss(self) -> float:
        """The mean loss."""
        return self._totals.loss

    def means(self) -> list[Tensor]:
        """Gradients of the mean loss, one an input."""
        return [total / self._totals.weight for total in self.totals]


class _LossAtPoint(torch.autograd.Function):
    """The loss as a function of the flat point; the gradient is computed on the way, so the graph is short-lived."""

    @staticmethod
    def forward(ctx: Any, point: Tensor, objective: Objective, batches: list[Batch]) -> Tensor:
        loss, gradient = objective.loss_and_gradient(point, batches, with_gradient=point.requires_grad)
        ctx.gradient = gradient
        return point.new_tensor(loss)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None]:
        return outer[0] * ctx.gradient.to(outer[0].device), None, None
