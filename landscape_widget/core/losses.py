"""From a model and one batch to its loss and metrics: a loss function, a model's own loss, or a closure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, final

import torch
from torch import Tensor, nn

from landscape_widget.core import nested

LossFunction = Callable[[Any, Any], Tensor]
Metrics = Mapping[str, Callable[[Any, Any], Any]]


@dataclass(frozen=True)
class Outcome:
    """What one batch gave.

    Attributes:
        loss: Scalar tensor, the mean of the batch.
        metrics: Name -> scalar, averaged like the loss.
        size: How many samples the closure says it averaged over; None where it does not say.
        per_sample: `[n]`, each sample's own loss, where it was asked for.
    """

    loss: Tensor
    metrics: Mapping[str, Any] = field(default_factory=dict)
    size: float | None = None
    per_sample: Tensor | None = None


class BatchLoss(ABC):
    """The loss of one batch."""

    #: Batches count for their number of samples (else for one, unless they return their size).
    can_weigh: bool
    #: Batches are `(inputs, targets)`.
    is_pair: bool

    @abstractmethod
    def __call__(self, model: nn.Module, batch: Any) -> Outcome:
        """Loss and metrics of `batch`, as the user's code returns them."""


@final
class PairLoss(BatchLoss):
    """`loss_fn(model(inputs), targets)`."""

    can_weigh = True
    is_pair = True

    def __init__(self, loss_fn: LossFunction, metrics: Metrics) -> None:
        self.loss_fn, self.metrics = loss_fn, metrics

    def __call__(self, model: nn.Module, batch: Any) -> Outcome:
        """See `BatchLoss`."""
        return self.of_outputs(self.outputs(model, batch[0]), batch[1])

    def of_outputs(self, outputs: Any, targets: Any) -> Outcome:
        """Loss and metrics, where the model has already answered."""
        loss = as_scalar("loss_fn", self.loss_fn(outputs, targets))
        return Outcome(loss, {name: metric(outputs, targets) for name, metric in self.metrics.items()})

    def outputs(self, model: nn.Module, inputs: Any) -> Any:
        """`model(inputs)`; several inputs are passed as arguments, named ones by name."""
        if isinstance(inputs, Mapping):
            return model(**inputs)
        if isinstance(inputs, (tuple, list)):
            return model(*inputs)
        return model(inputs)

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        """`[n]`: `loss_fn` on batches of one."""
        try:
            return self._all_rows_at_once(outputs, targets)
        except (RuntimeError, TypeError, ValueError, AttributeError):  # what vmap cannot take, a loop can
            rows = range(nested.common_length(targets) or 0)
            return torch.stack([self._of_row(outputs, targets, i) for i in rows])

    def _all_rows_at_once(self, outputs: Any, targets: Any) -> Tensor:
        """By `vmap`, some thirty times as fast as a loop."""
        if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
            raise TypeError("vmap wants one tensor each")
        found: Tensor = torch.func.vmap(self.loss_fn)(outputs.unsqueeze(1), targets.unsqueeze(1))
        return found.double().reshape(len(targets))

    def _of_row(self, outputs: Any, targets: Any, index: int) -> Tensor:
        return as_scalar("loss_fn", self.loss_fn(_row(outputs, index), _row(targets, index))).double()


@final
class EachLoss(BatchLoss):
    """A `PairLoss` that also keeps every sample's own loss."""

    can_weigh = True
    is_pair = True

    def __init__(self, pair_loss: PairLoss) -> None:
        self._pair_loss = pair_loss

    def __call__(self, model: nn.Module, batch: Any) -> Outcome:
        """See `BatchLoss`."""
        return self.of_outputs(self._pair_loss.outputs(model, batch[0]), batch[1])

    def of_outputs(self, outputs: Any, targets: Any) -> Outcome:
        """As `PairLoss.of_outputs`, with the samples' own losses."""
        outcome = self._pair_loss.of_outputs(outputs, targets)
        return replace(outcome, per_sample=self._pair_loss.per_sample(outputs, targets))


@final
class ModelLoss(BatchLoss):
    """`model(**batch)` and the loss that it returns, as `transformers` models do."""

    can_weigh = True
    is_pair = False

    def __call__(self, model: nn.Module, batch: Any) -> Outcome:
        """See `BatchLoss`."""
        if not isinstance(batch, Mapping):
            raise TypeError(
                f"data must hold mappings when neither loss_fn nor closure is given, got {type(batch).__name__}. "
                "Pass loss_fn for (inputs, targets), or closure=f(model, batch)."
            )
        outputs = model(**batch)
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else getattr(outputs, "loss", None)
        if loss is None:
            raise ValueError(
                f"model must return its loss as .loss or ['loss'], got {type(outputs).__name__} without one. "
                "Put the labels in the batch, or pass closure=f(model, batch)."
            )
        return Outcome(as_scalar("model's loss", loss))


@final
class ClosureLoss(BatchLoss):
    """`closure(model, batch)` returning `loss`, `(loss, n)` or `{"loss": ..., "n": ..., more}`."""

    can_weigh = False
    is_pair = False

    def __init__(self, closure: Callable[[nn.Module, Any], Any]) -> None:
        self.closure = closure

    def __call__(self, model: nn.Module, batch: Any) -> Outcome:
        """See `BatchLoss`."""
        result = self.closure(model, batch)
        size: Any = None
        metrics: dict[str, Any] = {}
        if isinstance(result, Mapping):
            metrics = {key: value for key, value in result.items() if key not in ("loss", "n")}
            size, result = result.get("n"), result.get("loss")
        elif isinstance(result, tuple) and len(result) == 2:
            result, size = result
        return Outcome(as_scalar("closure", result), metrics, None if size is None else float(size))


def make_batch_loss(
    loss_fn: LossFunction | None, closure: Callable[[nn.Module, Any], Any] | None, metrics: Metrics | None
) -> BatchLoss:
    """The adapter for what the user gave.

    Raises:
        TypeError, ValueError: Both `loss_fn` and `closure`, things that cannot be called, metrics without `loss_fn`.
    """
    for name, given in (("loss_fn", loss_fn), ("closure", closure)):
        if given is not None and not callable(given):
            raise TypeError(f"{name} must be callable, got {type(given).__name__}.")
    if loss_fn is not None and closure is not None:
        raise ValueError("loss_fn must be None when closure is given, got both. A closure computes the whole loss.")
    if metrics and loss_fn is None:
        raise ValueError(
            f"metrics must come with loss_fn, got {sorted(metrics)} without it. "
            "A closure returns its metrics in its dict, beside 'loss'."
        )
    for name, metric in (metrics or {}).items():
        if not callable(metric):
            raise TypeError(f"metrics[{name!r}] must be callable as f(outputs, targets), got {type(metric).__name__}.")
    if loss_fn is not None:
        return PairLoss(loss_fn, dict(metrics or {}))
    return ClosureLoss(closure) if closure is not None else ModelLoss()


def as_scalar(name: str, loss: Any) -> Tensor:
    """The loss as a 0-axis tensor; an error that names where it came from."""
    if isinstance(loss, (int, float)) and not isinstance(loss, bool):
        return torch.tensor(float(loss))
    if not isinstance(loss, Tensor):
        raise TypeError(f"{name} must return a scalar tensor, got {type(loss).__name__}.")
    if loss.numel() != 1:
        raise ValueError(
            f"{name} must return a scalar, the mean of its batch, got shape {tuple(loss.shape)}. "
            "With reduction='none' take its .mean()."
        )
    if loss.is_complex():
        raise TypeError(f"{name} must return a real scalar, got {loss.dtype}.")
    return loss.reshape(())


def _row(value: Any, index: int) -> Any:
    return nested.map_tensors(lambda tensor: tensor[index : index + 1], value)
