"""Forward passes of the private copy at a point: losses of batches and their gradients."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from landscape_widget.core.batchnorm import Rule, Statistics, ruled_by
from landscape_widget.core.losses import BatchLoss, EachLoss, Outcome, PairLoss
from landscape_widget.core.params import ParamSpace
from landscape_widget.core.samples import Batch
from landscape_widget.core.working_copy import Buffers, Weights


class Forward:
    """The private copy, the user's loss, and where the copy stands.

    Attributes:
        needs_grad: The loss differentiates inside, so passes run with gradients enabled.
        version: How often another state was taken.
    """

    def __init__(self, module: nn.Module, parameters: Mapping[str, nn.Parameter], batch_loss: BatchLoss) -> None:
        self.module, self.batch_loss = module, batch_loss
        self.weights = Weights(list(parameters.values()))
        self.buffers = Buffers(module)
        self.needs_grad = False
        self.version = 0

    def twin(self, names: Sequence[str]) -> Forward:
        """The same with a working copy of its own; `names` are those of the moving parameters."""
        module = copy.deepcopy(self.module)
        named = dict(module.named_parameters())
        twin = Forward(module, {name: named[name] for name in names}, self.batch_loss)
        twin.needs_grad = self.needs_grad
        return twin

    @contextmanager
    def standing_at(self, point: Tensor) -> Iterator[None]:
        """Move the copy to `point [P]`; buffers that passes write to are put back at the end."""
        self.weights.write(point)
        try:
            yield
        finally:
            self.buffers.restore()

    def outcome(self, content: Any, rule: Rule | None = None) -> Outcome:
        """Loss and metrics of one batch where the copy stands, without a graph for the weights."""
        with self._cheapest_mode(), ruled_by(rule):
            return self.batch_loss(self.module, content)

    def differentiable_outcome(self, content: Any, rule: Rule | None) -> Outcome:
        """The same with a graph; inside `differentiating` only."""
        with ruled_by(rule):
            return self.batch_loss(self.module, content)

    def _cheapest_mode(self) -> torch.inference_mode | torch.enable_grad:
        return torch.enable_grad() if self.needs_grad else torch.inference_mode()

    @contextmanager
    def keeping_samples(self) -> Iterator[None]:
        """Outcomes inside the block keep every sample's own loss; only for `loss_fn(outputs, targets)`."""
        whole = self.batch_loss
        assert isinstance(whole, PairLoss)
        self.batch_loss = EachLoss(whole)
        try:
            yield
        finally:
            self.batch_loss = whole

    @contextmanager
    def in_eval(self) -> Iterator[None]:
        """The copy in `eval()` for the block; it is in its own mode again afterwards."""
        modes = [(part, part.training) for part in self.module.modules()]
        self.module.eval()
        try:
            yield
        finally:
            for part, training in modes:
                part.training = training

    def take_state(self, source: nn.Module | Mapping[str, Tensor]) -> None:
        """Copy parameters and buffers, of a module or from its state dict, into the private copy.

        Raises:
            ValueError: If names or shapes differ.
        """
        state = source.state_dict() if isinstance(source, nn.Module) else source
        try:
            self.module.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(f"model must have the parameters it had, got others: {error}") from error
        self.buffers.take()
        self.version += 1

    def present_point(self, space: ParamSpace) -> Tensor:
        """`[P]`: where the copy stands."""
        return space.flatten(dict(zip(space.names, self.weights.parameters, strict=True)))

    @contextmanager
    def differentiating(self, chosen: Sequence[int] | None = None) -> Iterator[list[Tensor]]:
        """The moving parameters, or those at the places `chosen`, with gradients required, for the block."""
        parameters = self.weights.parameters
        parameters = parameters if chosen is None else [parameters[place] for place in chosen]
        for parameter in parameters:
            parameter.requires_grad_(True)
        try:
            with torch.inference_mode(False), torch.enable_grad():
                yield parameters
        finally:
            for parameter in parameters:
                parameter.requires_grad_(False)


class Totals:
    """Weighted means over batches, added up in float64 in the order given, without synchronising a device."""

    def __init__(self) -> None:
        self._weight = 0.0
        self._sums: dict[str, Any] = {}
        self._per_sample: list[Tensor] = []

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """Count one batch with its weight, or with the size that its closure returned."""
        weight = batch.weight if outcome.size is None else outcome.size
        self._weight += weight
        for name, value in {"": outcome.loss, **outcome.metrics}.items():
            number = value.detach().double() if isinstance(value, Tensor) else float(value)
            self._sums[name] = self._sums.get(name, 0.0) + number * weight
        if outcome.per_sample is not None:
            self._per_sample.append(outcome.per_sample)

    @property
    def weight(self) -> float:
        """All weights together."""
        return self._weight

    @property
    def loss(self) -> float:
        """The mean loss; NaN where nothing counted."""
        return self._mean("")

    @property
    def metrics(self) -> dict[str, float]:
        """The mean of each metric."""
        return {name: self._mean(name) for name in self._sums if name}

    @property
    def per_sample(self) -> Tensor | None:
        """`[n]`, each sample's own loss in the order counted; None where it was not kept."""
        return torch.cat(self._per_sample) if self._per_sample else None

    def _mean(self, name: str) -> float:
        return float(self._sums[name]) / self._weight if self._weight else float("nan")


def check_differentiable(loss: Tensor) -> None:
    """Refuse a loss that is cut off from the weights."""
    if not loss.requires_grad:
        raise ValueError(
            "loss_fn must be differentiable in the weights for gradients and mining, got a loss without gradient. "
            "Look for .detach(), .item(), argmax or torch.no_grad() in the model and the loss."
        )


def leaves_of(record: Mapping[Any, Statistics]) -> dict[Any, Statistics]:
    """The same statistics cut off from their graph, ready to collect gradients."""
    return {
        visit: (mean.detach().requires_grad_(True), variance.detach().requires_grad_(True))
        for visit, (mean, variance) in record.items()
    }
