"""Questions put to the model once, before anything is computed: is it a function, and how may it be evaluated?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from landscape_widget.core import nested
from landscape_widget.core.batchnorm import OfThisBatch, Recorded
from landscape_widget.core.forward import Forward, Totals
from landscape_widget.core.losses import ClosureLoss, PairLoss
from landscape_widget.core.quiet import random_fingerprint, random_state_kept
from landscape_widget.core.samples import Batch
from landscape_widget.core.working_copy import remove_hooks, user_hooks

PROBE_SAMPLES = 512
# How far two ways of adding up the same loss may lie apart and still count as the same: (relative, absolute).
TOLERANCES = {torch.float64: (1e-11, 1e-13), torch.float32: (5e-6, 5e-7)}
HALF_TOLERANCE = (1e-2, 1e-3)


class Probe:
    """The first passes of the private copy on a few batches of the user's."""

    def __init__(self, forward: Forward, batches: Sequence[Batch], *, recalibrate: bool) -> None:
        self._forward, self._batches, self._recalibrate = forward, list(batches), recalibrate
        loss_dtypes = [p.dtype for p in forward.weights.parameters]
        self.tolerance = min((TOLERANCES.get(d, HALF_TOLERANCE) for d in loss_dtypes), key=lambda t: -t[0])

    def check_function(self, center: Tensor) -> None:
        """The loss must be a finite number, the same each time, drawing no random numbers.

        Raises:
            ValueError: Otherwise; the message names what draws or what is not finite.
        """
        with random_state_kept(), self._forward.standing_at(center):
            before = random_fingerprint()
            first = self._first_loss()
            if random_fingerprint() != before:
                raise ValueError(
                    f"model must not draw random numbers in its forward pass, got draws in {self._drawing_part()}. "
                    "Use mode='eval', or draw the numbers once outside."
                )
            if not math.isfinite(first):
                raise ValueError(
                    f"loss must be finite at the centre, got {first}. Check the data and the weights for NaN and inf."
                )
            second = self.loss()
        if not self.same(first, second):
            raise ValueError(
                f"loss must be the same each time at the same weights, got {first} and then {second}. "
                "Something in the model or the loss is random or keeps state between calls."
            )

    def check_hooks(self, center: Tensor) -> int:
        """Remove the user's hooks from the copy; an error where the loss depends on them. Returns how many."""
        hooks = user_hooks(self._forward.module)
        if not hooks:
            return 0
        with self._forward.standing_at(center):
            with_hooks = self.loss()
            remove_hooks(hooks)
            without = self.loss()
        if not self.same(with_hooks, without):
            raise ValueError(
                f"model must give the same loss without its hooks, got {with_hooks} with and {without} without them. "
                "Hooks are not run ten thousand times: put what they compute into forward()."
            )
        return len(hooks)

    def check_closure(self, center: Tensor, far: Tensor) -> None:
        """A closure that ignores the model it is given shows the same loss everywhere."""
        if not isinstance(self._forward.batch_loss, ClosureLoss):
            return
        if self._loss_at(center) == self._loss_at(far):
            raise ValueError(
                "closure must use the model that it is given, got the same loss after a far step of the weights. "
                "Write closure(model, batch) with that model, not with the one outside."
            )

    def reproduces(
        self, points: Sequence[Tensor], tiles: Sequence[Batch], expected: Sequence[Totals] | None = None
    ) -> bool:
        """Whether `tiles` give the same loss and metrics as the user's batches (or as `expected`) at every point."""
        try:
            wholes = expected or self.totals_at(points, self._batches)
            return all(self._agree_at(point, whole, tiles) for point, whole in zip(points, wholes, strict=True))
        except Exception:  # a loss that cannot take a tile at all
            return False

    def totals_at(self, points: Sequence[Tensor], batches: Sequence[Batch]) -> list[Totals]:
        """What batches give at every point."""
        found = []
        for point in points:
            with self._forward.standing_at(point):
                found.append(self._totals(batches))
        return found

    def loss(self) -> float:
        """Mean loss of the probe's batches where the copy stands."""
        return self._totals(self._batches).loss

    def same(self, first: float, second: float) -> bool:
        """Equal but for rounding; two NaN or two infinities are equal."""
        relative, absolute = self.tolerance
        if not (math.isfinite(first) and math.isfinite(second)):
            return str(first) == str(second)
        return abs(first - second) <= absolute + relative * max(abs(first), abs(second))

    def _loss_at(self, point: Tensor) -> float:
        with self._forward.standing_at(point):
            return self.loss()

    def _agree_at(self, point: Tensor, whole: Totals, tiles: Sequence[Batch]) -> bool:
        with self._forward.standing_at(point):
            parts = self._totals(tiles, like=self._batches)
        names = whole.metrics.keys() | parts.metrics.keys()
        return (
            self.same(whole.loss, parts.loss)
            and math.isclose(whole.weight, parts.weight)
            and all(self.same(whole.metrics[name], parts.metrics[name]) for name in names)
        )

    def _totals(self, batches: Sequence[Batch], like: Sequence[Batch] | None = None) -> Totals:
        """Means over batches; with recalibration each batch has its own statistics, or (tiles) those of `like`."""
        totals = Totals()
        record = self._record_of(like[0]) if like is not None and self._recalibrate else None
        for batch in batches:
            rule = Recorded(record) if record is not None else OfThisBatch() if self._recalibrate else None
            totals.add(batch, self._forward.outcome(batch.content, rule))
        return totals

    def _record_of(self, batch: Batch) -> dict[Any, Any]:
        rule = OfThisBatch()
        self._forward.outcome(batch.content, rule)
        return rule.record

    def _first_loss(self) -> float:
        """In inference mode if the loss allows it; losses that differentiate inside need gradients enabled."""
        try:
            return self.loss()
        except RuntimeError as error:
            self._forward.needs_grad = True
            try:
                return self.loss()
            except Exception:
                raise error from None

    def _drawing_part(self) -> str:
        """The innermost module that draws, as a dotted name."""
        found: list[str] = []
        starts: dict[str, tuple[bytes, ...]] = {}
        handles = []
        for name, module in self._forward.module.named_modules():
            if name:
                handles += _watch_draws(name, module, starts, found)
        try:
            self.loss()
        finally:
            for handle in handles:
                handle.remove()
        return repr(found[0]) if found else "forward() itself or the loss"


def _watch_draws(name: str, module: nn.Module, starts: dict[str, tuple[bytes, ...]], found: list[str]) -> list[Any]:
    def before(*_: object) -> None:
        starts[name] = random_fingerprint()

    def after(*_: object) -> None:
        if random_fingerprint() != starts[name]:
            found.append(name)

    return [module.register_forward_pre_hook(before), module.register_forward_hook(after)]


def num_classes(forward: Forward, content: Any) -> int | None:
    """K, where outputs are floating `[N, K, ...]` and targets integers of the shape without K."""
    if not isinstance(forward.batch_loss, PairLoss):
        return None
    inputs, targets = content
    with torch.inference_mode(not forward.needs_grad):
        outputs = forward.batch_loss.outputs(forward.module, inputs)
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor) or outputs.dim() < 2:
        return None
    without_classes = outputs.shape[:1] + outputs.shape[2:]
    is_labels = not targets.is_floating_point() and targets.dtype != torch.bool and targets.shape == without_classes
    return outputs.shape[1] if outputs.is_floating_point() and is_labels and outputs.shape[1] > 1 else None


def far_from(center: Tensor, seed: int) -> Tensor:
    """A point as far from the centre as the centre is from 0, in a random direction."""
    noise = torch.randn(center.shape, generator=torch.Generator().manual_seed(seed)).to(center)
    length = center.norm()
    return center + noise * (length / noise.norm() if length > 0 else 1.0)


def probe_content(content: Any) -> Any:
    """At most `PROBE_SAMPLES` rows, spread evenly."""
    size = nested.common_length(content)
    if size is None or size <= PROBE_SAMPLES:
        return content
    rows = torch.arange(PROBE_SAMPLES) * size // PROBE_SAMPLES
    return nested.map_tensors(lambda tensor: tensor[rows.to(tensor.device)], content)
