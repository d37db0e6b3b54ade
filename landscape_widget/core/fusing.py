"""Rewrites of a recorded forward pass that leave its values alone and save passes over memory.

On a processor the convolutions of a small network are half of the time; the rest moves arrays. BatchNorm with given
statistics goes into the convolution before it, ReLU and the sum with a shortcut into its last step, ReLU writes where
it reads, and pooling by two is two comparisons of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from landscape_widget.core.trace import Look, Operation, Ref, Trace, refs

aten = torch.ops.aten
RELUS = (aten.relu.default, aten.relu_.default, aten.clamp_min.default, aten.clamp_min_.default)
SUMS = (aten.add.Tensor, aten.add_.Tensor)
Sizes = list[int]


def normalize(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor, variance: Tensor, eps: float
) -> Tensor:
    """BatchNorm under given statistics, written into `x`."""
    scale, shift = scale_and_shift(weight, bias, mean, variance, eps)
    shape = [1, -1] + [1] * (x.dim() - 2)
    return torch.addcmul(shift.view(shape), x, scale.view(shape), out=x)


# Operations whose result nobody else holds, so that it may be overwritten when it has one reader.
FRESH = (aten.addmm.default, aten.mm.default, aten.bmm.default, aten.convolution.default, aten.add.Tensor, normalize)


class Fusion:
    """Rewrites one trace in place."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._index()

    def open_statistics(self, stored: Collection[Tensor]) -> list[tuple[int, int]]:
        """Give each visit of a BatchNorm layer slots of its own for mean and variance; returns them.

        Args:
            stored: The running means of the layers that this is about.
        """
        memories = {mean.data_ptr() for mean in stored}
        found = []
        for norm in self._norms():
            mean, variance = norm.args[3:5]
            constant = self._trace.constants.get(mean.slot)
            if constant is not None and constant.data_ptr() in memories:
                pair = self._new_slot(mean), self._new_slot(variance)
                for slot, old in zip(pair, (mean, variance), strict=True):
                    self._trace.constants[slot] = self._trace.constants[old.slot]
                args = (*norm.args[:3], Ref(pair[0]), Ref(pair[1]), *norm.args[5:])
                self._replace(norm, replace(norm, args=args))
                found.append(pair)
        return found

    def pool_statistics(self, slots: Sequence[tuple[int, int]]) -> None:
        """Put `normalize` where the statistics in these slots are those of all tiles."""
        means = [pair[0] for pair in slots]
        for norm in self._norms():
            x, weight, bias, mean, variance, _, _, eps = norm.args
            if mean.slot in means:
                own = x if self._may_overwrite(x) else self._copied(x, norm)
                args = (own, weight, bias, mean, variance, eps)
                self._replace(norm, Operation(normalize, args, {}, norm.results[:1], writes=True))

    def fold_norms(self) -> None:
        """Put BatchNorm with given statistics into the convolution before it."""
        for norm in self._norms():
            source, weight, bias, mean, variance, _, _, eps = norm.args
            conv = self._sole(source)
            if conv is None or not is_plain_convolution(conv):
                continue
            x, kernel, offset, *rest = conv.args
            parts = self._new_slot(kernel), self._new_slot(mean)
            fold = Operation(folded_kernel, (kernel, offset, weight, bias, mean, variance, eps), {}, parts)
            new = Operation(conv.function, (x, Ref(parts[0]), Ref(parts[1]), *rest), {}, norm.results[:1])
            self._replace(norm, fold, new, gone=[conv])

    def fuse_relus(self) -> None:
        """Put ReLU, and a sum before it, into the convolution before; else let it write where it reads."""
        for relu in list(self._trace.operations):
            if is_relu(relu):
                self._fuse_relu(relu)

    def pool_rows(self) -> None:
        """Pool by two without looking for where the largest values are."""
        for pool in list(self._trace.operations):
            if pool.function is aten.max_pool2d_with_indices.default and not self._readers[pool.results[1]]:
                x, look = pool.args[0], self._trace.looks[pool.args[0].slot]
                if pools_by_two(pool.args[1:], look):
                    self._replace(pool, Operation(pooled_by_two, (x,), {}, pool.results[:1]))

    def drop_unread(self) -> None:
        """Take out what nobody reads."""
        wanted = {ref.slot for ref in refs(self._trace.outputs)}
        kept = []
        for op in reversed(self._trace.operations):
            if op.writes or wanted & set(op.results):
                kept.append(op)
                wanted |= set(op.sources)
        self._trace.operations = kept[::-1]
        self._index()

    def _fuse_relu(self, relu: Operation) -> None:
        before = self._sole(relu.args[0])
        if before is None or (before.writes and before.function not in SUMS):
            return
        if self._is_fusible(before):
            new = Operation(convolution_relu, before.args, {}, relu.results)
            self._replace(relu, new, gone=[before])
        elif (conv := self._summand(before)) is not None:
            others = [ref for ref in before.args[:2] if ref.slot not in conv.results]
            new = Operation(convolution_add_relu, (*others, *conv.args), {}, relu.results)
            self._replace(relu, new, gone=[before, conv])
        elif before.function in FRESH and not relu.writes:
            self._replace(relu, Operation(aten.relu_.default, relu.args[:1], {}, relu.results, writes=True))

    def _summand(self, total: Operation) -> Operation | None:
        """A convolution that is read by this sum alone, and added to something that looks like it."""
        if total.function not in SUMS or total.kwargs or not all(isinstance(arg, Ref) for arg in total.args[:2]):
            return None
        first, second = total.args[:2]
        if first == second or self._trace.looks[first.slot] != self._trace.looks[second.slot]:
            return None
        # `a.add_(b)` is seen by everybody who holds a: only where that is the convolution's own result.
        candidates = (first,) if total.writes else (first, second)
        found = (self._sole(ref) for ref in candidates)
        return next((conv for conv in found if conv is not None and self._is_fusible(conv)), None)

    def _norms(self) -> list[Operation]:
        return [op for op in self._trace.operations if self._is_frozen_norm(op)]

    def _is_frozen_norm(self, op: Operation) -> bool:
        """BatchNorm with given statistics, of which only the first result is used."""
        return (
            op.function is aten.native_batch_norm.default
            and op.args[5] is False
            and not any(self._readers[slot] for slot in op.results[1:])
        )

    def _is_fusible(self, op: Operation) -> bool:
        """What oneDNN computes together with what follows: 2D, float32."""
        if not is_plain_convolution(op) or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            return False
        look = self._trace.looks[op.results[0]]  # type: ignore[index]
        return len(look.shape) == 4 and look.dtype == torch.float32

    def _sole(self, value: Any) -> Operation | None:
        """What made a value, if it has one reader and its memory is nobody else's."""
        if not isinstance(value, Ref) or len(self._readers[value.slot]) != 1:
            return None
        return self._maker.get(value.slot)

    def _may_overwrite(self, value: Any) -> bool:
        maker = self._sole(value)
        return maker is not None and maker.function in FRESH

    def _copied(self, value: Ref, reader: Operation) -> Ref:
        slot = self._new_slot(value)
        self._insert(reader, Operation(aten.clone.default, (value,), {}, (slot,)))
        return Ref(slot)

    def _new_slot(self, like: Ref) -> int:
        slot = len(self._trace.looks)
        self._trace.looks[slot] = self._trace.looks[like.slot]
        return slot

    def _insert(self, place: Operation, *new: Operation) -> None:
        index = self._trace.operations.index(place)
        self._trace.operations[index:index] = new

    def _replace(self, old: Operation, *new: Operation, gone: list[Operation] = []) -> None:  # noqa: B006 - only read
        self._insert(old, *new)
        self._trace.operations = [op for op in self._trace.operations if op is not old and op not in gone]
        self._index()

    def _index(self) -> None:
        self._maker = {slot: op for op in self._trace.operations for slot in op.results if slot is not None}
        self._readers: dict[int | None, list[Operation | None]] = defaultdict(list)
        for op in self._trace.operations:
            for slot in op.sources:
                self._readers[slot].append(op)
        for ref in refs(self._trace.outputs):
            self._readers[ref.slot].append(None)


def is_relu(op: Operation) -> bool:
    """ReLU under any of its names."""
    if op.function in RELUS[:2]:
        return True
    return op.function in RELUS[2:] and not op.kwargs and op.args[1] == 0


def is_plain_convolution(op: Operation) -> bool:
    """A convolution that is not transposed."""
    return op.function is aten.convolution.default and op.args[6] is False


def folded_kernel(
    kernel: Tensor,
    offset: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    eps: float,
) -> tuple[Tensor, Tensor]:
    """Kernel and bias of a convolution with BatchNorm after it."""
    scale, shift = scale_and_shift(weight, bias, mean, variance, eps)
    folded = kernel * scale.view(-1, *[1] * (kernel.dim() - 1))
    return folded, shift if offset is None else torch.addcmul(shift, offset, scale)


def scale_and_shift(
    weight: Tensor | None, bias: Tensor | None, mean: Tensor, variance: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """BatchNorm with given statistics as `x scale + shift`, each `[C]`."""
    scale = torch.rsqrt(variance + eps)
    scale = scale if weight is None else scale * weight
    shift = -mean * scale
    return scale, shift if bias is None else shift + bias


def convolution_relu(
    x: Tensor,
    kernel: Tensor,
    offset: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    _is_transposed: bool,
    _output_padding: Sizes,
    groups: int,
) -> Tensor:
    """`relu(convolution(...))`, arguments as `aten.convolution`."""
    y: Tensor = torch.ops.mkldnn._convolution_pointwise(
        x, kernel, offset, padding, stride, dilation, groups, "relu", [], ""
    )
    return y


def convolution_add_relu(
    other: Tensor,
    x: Tensor,
    kernel: Tensor,
    offset: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    _is_transposed: bool,
    _output_padding: Sizes,
    groups: int,
) -> Tensor:
    """`relu(convolution(...) + other)`."""
    y: Tensor = torch.ops.mkldnn._convolution_pointwise(
        x, other, kernel, offset, padding, stride, dilation, groups, "add", 1.0, "relu", [], ""
    )
    return y


def pools_by_two(window: tuple[Any, ...], look: Look) -> bool:
    """Whether it is windows of 2 x 2 side by side over images in channels-last order."""
    size, stride, *rest = [list(sizes) for sizes in window if not isinstance(sizes, bool)] + [[]]
    _, channels, height, width = look.shape
    is_channels_last = look.stride == (height * width * channels, 1, width * channels, channels)
    is_plain = size == [2, 2] and stride in ([], [2, 2]) and all(set(sizes) <= {0} for sizes in rest[:1])
    return is_plain and all(set(sizes) <= {1} for sizes in rest[1:]) and is_channels_last and not (height | width) & 1


def pooled_by_two(x: Tensor) -> Tensor:
    """`max_pool2d(x, 2)` of channels-last images, four times as fast."""
    num_images, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(num_images, height // 2, 2, width * channels)
    tall = torch.maximum(rows[:, :, 0], rows[:, :, 1]).view(num_images, height // 2, width // 2, 2, channels)
    return torch.maximum(tall[..., 0, :], tall[..., 1, :]).permute(0, 3, 1, 2)
