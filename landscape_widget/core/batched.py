"""L at a whole chunk of points in one pass: `vmap` over the weights, while data and buffers are shared.

Nothing waits for the device until the chunk is done: the losses of all its points are fetched together.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from landscape_widget.core import nested
from landscape_widget.core.batchnorm import Recorded, Rule, Statistics, ruled_by
from landscape_widget.core.crew import crew
from landscape_widget.core.forward import Forward
from landscape_widget.core.losses import Outcome
from landscape_widget.core.objective import Objective, PointValue
from landscape_widget.core.samples import Batch
from landscape_widget.core.working_copy import kept_values

# Arrays as large as the largest of a pass that are held at a time: an input, an output, and their rearranged copies.
HELD_AT_A_TIME = 4
SLOW_WARNING = "There is a performance drop because we have not yet implemented the batching rule"
Names = tuple[str, str]  # of a split and of a metric; "" is the loss


class Unbatchable(Exception):
    """This model, loss or job cannot be computed at many points at once; the text says why."""


class Batched:
    """L at many points at once.

    Attributes:
        bytes_per_point: Memory that a point of the first chunk took, estimated; None before it.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective, self._forward = objective, objective._forward
        self._passes, self._samples = objective._passes, objective._samples
        self._body = _Body(self._forward.module)
        names = {id(parameter): name for name, parameter in self._body.named_parameters()}
        self._parameters = {names[id(parameter)]: parameter for parameter in self._forward.weights.parameters}
        self.bytes_per_point: int | None = None

    @property
    def bytes_of_weights(self) -> int:
        """Memory of the weights of one point."""
        of_point = self._objective.space.size * self._objective.space.dtype.itemsize
        cast = [p for p in self._parameters.values() if p.dtype != self._objective.space.dtype]
        return of_point + sum(p.numel() * p.element_size() for p in cast)

    def values(
        self, points: Tensor, splits: Sequence[str], *, batchnorm: str | None = None, units: Tensor | None = None
    ) -> list[list[PointValue]]:
        """The values at `points [C, P]`: for each point one a split; arguments as in `Objective.values`.

        Raises:
            Unbatchable: The job has no form that `vmap` takes.
            Exception: Whatever the model, the loss or `vmap` raise.
        """
        job = self._job(splits, batchnorm, units)
        buffers = dict(self._body.named_buffers())

        def means_of(weights: dict[str, Tensor]) -> dict[Names, Tensor]:
            # With the buffers among them, those that the pass puts in their place are gone afterwards.
            means: dict[Names, Tensor] = functional_call(self._body, {**buffers, **weights}, (job,))
            return means

        _ignore_slow_warning()
        if self._objective.device.type == "cpu":
            # On one core: these are many small operations, and threads that meet after each of them cost more than
            # they gain, much more where other programs want the cores too.
            return crew.lead(lambda: self._values(means_of, points, splits))
        return self._values(means_of, points, splits)

    def _values(
        self, means_of: Callable[[dict[str, Tensor]], dict[Names, Tensor]], points: Tensor, splits: Sequence[str]
    ) -> list[list[PointValue]]:
        largest = _LargestArray()
        with (
            self._forward._cheapest_mode(),
            nothing_kept(self._forward),
            _WithoutFastPaths(),
            largest if self.bytes_per_point is None else nullcontext(),
        ):
            found = vmap(means_of)(self._weights(points))
        if self.bytes_per_point is None:
            self.bytes_per_point = self.bytes_of_weights + HELD_AT_A_TIME * largest.num_bytes // len(points)
        return _rows(found, splits, len(points))

    def _weights(self, points: Tensor) -> dict[str, Tensor]:
        """Name -> `[C, *S]`, views of `points` where the precision is the same."""
        parts = torch.split(points, [p.numel() for p in self._parameters.values()], dim=1)
        named = zip(self._parameters.items(), parts, strict=True)
        return {name: part.view(-1, *p.shape).to(p.dtype) for (name, p), part in named}

    def _job(self, splits: Sequence[str], batchnorm: str | None, units: Tensor | None) -> _Job:
        recalibrates = self._objective.num_norms > 0 and (batchnorm or self._objective.batchnorm) == "recalibrate"
        counted_in = "train" if recalibrates and units is None else None
        tiles = {}
        for split in splits:
            samples = self._samples[split]
            tiles[split] = samples.after_calibration() if split == counted_in else samples.tiles(units)
        return _Job(self._outcome, tiles, self._calibration() if recalibrates else None, counted_in)

    def _calibration(self) -> Batch:
        batches = self._samples["train"].calibration(None)
        if len(batches) > 1:
            raise Unbatchable("the calibration set is several of your batches, whose statistics are pooled")
        return batches[0]

    def _outcome(self, module: nn.Module, batch: Batch, rule: Rule | None) -> Outcome:
        # `vmap` has no channels-last: layers that ask how a tensor lies (group norm) would fail.
        content = nested.map_tensors(Tensor.contiguous, self._passes.here(batch.content))
        with ruled_by(rule):
            return self._forward.batch_loss(module, content)


@final
class _Body(nn.Module):
    """Lets `functional_call` put weights under anything that uses the module, closures too."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, job: _Job) -> dict[Names, Tensor]:
        return job.means(self.module)


@final
@dataclass(frozen=True)
class _Job:
    """What is computed at each point, all of it inside `vmap`.

    Attributes:
        outcome: (module, batch, rule) -> loss and metrics of the batch.
        tiles: Of each split.
        calibration: The set that gives BatchNorm its statistics; None: those that are stored.
        counted_in: The split that the calibration set belongs to, and whose tiles leave it out.
    """

    outcome: Callable[[nn.Module, Batch, Rule | None], Outcome]
    tiles: Mapping[str, Sequence[Batch]]
    calibration: Batch | None
    counted_in: str | None

    def means(self, module: nn.Module) -> dict[Names, Tensor]:
        """The mean loss and metrics of each split where `module` stands."""
        sums = {split: _Sums() for split in self.tiles}
        record: dict[Any, Statistics] | None = None
        if self.calibration is not None:
            rule = _OfThisChunk()
            outcome = self.outcome(module, self.calibration, rule)
            record = rule.record
            if self.counted_in in sums:
                sums[self.counted_in].add(self.calibration, outcome)
        for split, tiles in self.tiles.items():
            for tile in tiles:
                sums[split].add(tile, self.outcome(module, tile, None if record is None else Recorded(record)))
        return {(split, name): mean for split, total in sums.items() for name, mean in total.means().items()}


@final
class _Sums:
    """Weighted sums over batches in float64, as `Totals`, that stay tensors: inside `vmap` there are no numbers."""

    def __init__(self) -> None:
        self._weight = 0.0
        self._sums: dict[str, Tensor] = {}

    def add(self, batch: Batch, outcome: Outcome) -> None:
        weight = batch.weight if outcome.size is None else outcome.size
        self._weight += weight
        for name, value in {"": outcome.loss, **outcome.metrics}.items():
            term = _number(value, outcome.loss.device) * weight
            self._sums[name] = self._sums[name] + term if name in self._sums else term

    def means(self) -> dict[str, Tensor]:
        if not self._weight:
            return {name: total * torch.nan for name, total in self._sums.items()}
        return {name: total / self._weight for name, total in self._sums.items()}


def _number(value: Any, device: torch.device) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach().double().reshape(()).to(device)
    return torch.full((), float(value), dtype=torch.float64, device=device)  # needs no copy from the host


@final
class _OfThisChunk(Rule):
    """The statistics of the batch that each point of the chunk sees, recorded on the way.

    `moments` asks how `x` lies in memory, which has no answer inside `vmap`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.record: dict[tuple[nn.Module, int], Statistics] = {}

    def _statistics(self, layer: nn.Module, visit: int, x: Tensor) -> Statistics:
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        axes = [axis for axis in range(x.dim()) if axis != 1]
        variance, mean = torch.var_mean(wide, axes, correction=0)
        self.record[layer, visit] = mean, variance
        return mean, variance


class _WithoutFastPaths(TorchFunctionMode):
    """While a function mode is on, attention layers leave their fused kernels, which `vmap` would call one by one."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


class _LargestArray(TorchDispatchMode):
    """Watches the operations of a pass.

    Attributes:
        num_bytes: Of the largest array that one of them made.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.num_bytes = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() * leaf.element_size() for leaf in tree_leaves(made) if isinstance(leaf, Tensor)]
        self.num_bytes = max([self.num_bytes, *sizes])
        return made


def _ignore_slow_warning() -> None:
    """Slow is for the measurement to judge. `catch_warnings` would change what other threads see."""
    if not any(text is not None and text.pattern == SLOW_WARNING for _, text, *_ in warnings.filters):
        warnings.filterwarnings("ignore", message=SLOW_WARNING)


@contextmanager
def nothing_kept(forward: Forward) -> Iterator[None]:
    """Undo what a pass leaves in the copy: tensors of `vmap` mean nothing outside.

    Raises:
        Unbatchable: The pass replaced an attribute, so the next would see what this one left.
    """
    before = kept_values(forward.module)
    kept: str | None = None
    try:
        yield
    finally:
        kept = _put_back(forward.module, before)
        forward.buffers.restore()
    if kept is not None:
        raise Unbatchable(f"its forward pass keeps {kept!r} for later")


def _put_back(module: nn.Module, before: dict[tuple[str, str], object]) -> str | None:
    """Give every part the attributes it had; returns the dotted name of one that was another."""
    parts, changed = dict(module.named_modules()), None
    for (name, key), value in kept_values(module).items():
        if (name, key) not in before:
            del parts[name].__dict__[key]
        elif before[name, key] is not value:
            parts[name].__dict__[key] = before[name, key]
        else:
            continue
        changed = f"{name}.{key}" if name else key
    return changed


def _rows(means: Mapping[Names, Tensor], splits: Sequence[str], num_points: int) -> list[list[PointValue]]:
    """Fetch everything in one copy from the device."""
    columns = torch.stack([mean.expand(num_points) for mean in means.values()], dim=1).cpu().tolist()
    rows = []
    for column in columns:
        found: dict[str, dict[str, float]] = {split: {} for split in splits}
        for (split, name), number in zip(means, column, strict=True):
            found[split][name] = number
        rows.append([PointValue(found[split].pop(""), found[split]) for split in splits])
    return rows
