"""A recorded forward pass, made ready to be replayed at many points, tile by tile.

What depends on the weights alone is computed once a point. Where BatchNorm takes the statistics of all tiles, the
steps are cut: every tile is brought as far as the layer, the moments are pooled, and every tile goes on. No thread
waits for another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from torch import Tensor
from torch.utils._pytree import tree_leaves

from landscape_widget.core.batchnorm import Statistics, moments
from landscape_widget.core.fusing import Fusion, aten, normalize
from landscape_widget.core.lockstep import Part
from landscape_widget.core.trace import Operation, Ref, Trace, filled, refs

PRODUCTS = (aten.addmm.default, aten.mm.default)
# Other ways to look at the same numbers.
VIEWS = (aten.t.default, aten.transpose.int, aten.view.default, aten._unsafe_view.default, aten.detach.default)
LEAST_INPUTS = 32  # of a first layer; with fewer, combining outputs moves more memory than computing them
Slots = list[Any]  # the value of each slot; None before it is there and after it was last needed


class Nested(NamedTuple):
    """An argument with tensors inside."""

    template: Any


class Step(NamedTuple):
    """An operation made ready; `drops` are slots that nobody reads afterwards."""

    function: Callable[..., Any]
    args: list[Any]
    kwargs: dict[str, Any]
    results: tuple[int | None, ...]
    drops: list[int]

    def run(self, slots: Slots) -> None:
        """Compute it."""
        args = [
            slots[arg.slot] if type(arg) is Ref else filled(arg.template, slots) if type(arg) is Nested else arg
            for arg in self.args
        ]
        kwargs = {name: filled(value, slots) for name, value in self.kwargs.items()} if self.kwargs else {}
        made = self.function(*args, **kwargs)
        if type(made) is Tensor:
            slots[self.results[0]] = made  # type: ignore[index]
        else:
            for slot, result in zip(self.results, tree_leaves(made), strict=False):
                if slot is not None:
                    slots[slot] = result
        for slot in self.drops:
            slots[slot] = None


class Program:
    """The steps of a trace.

    Attributes:
        num_statistics: How many pairs of mean and variance it takes.
    """

    def __init__(self, trace: Trace, stored_means: Collection[Tensor], *, pools: bool) -> None:
        """Rewrite `trace` and cut it into steps.

        Args:
            trace: Is changed.
            stored_means: The running means of the layers whose statistics come from outside.
            pools: Those statistics are taken of all tiles together; else they are given.
        """
        fusion = Fusion(trace)
        fusion.drop_unread()
        self._statistics = fusion.open_statistics(stored_means)
        if pools:
            fusion.pool_statistics(self._statistics)
        fusion.fold_norms()
        fusion.fuse_relus()
        fusion.pool_rows()
        fusion.drop_unread()
        self._trace = trace
        self.num_statistics = len(self._statistics)
        self._first_steps, self._segments, self._norms = _cut(trace)
        self._first_layers, self._their_steps = _first_layers(trace)

    def begin(self, weights: Sequence[Tensor], statistics: Sequence[Statistics] | None) -> Slots:
        """What every tile at a point begins with; without statistics BatchNorm takes those that are stored."""
        slots = self._bare(weights)
        if statistics is not None:
            for slots_of_pair, pair in zip(self._statistics, statistics, strict=True):
                for slot, tensor in zip(slots_of_pair, pair, strict=True):
                    slots[slot] = tensor
        for step in self._first_steps:
            step.run(slots)
        return slots

    def with_leaves(self, start: Slots, leaves: Sequence[Tensor], first: Sequence[Tensor] = ()) -> Slots:
        """The slots of one tile; `first`: the `first_outputs` at this point, where they are known."""
        slots = start.copy()
        for slot, tensor in zip(self._trace.leaves, leaves, strict=True):
            slots[slot] = tensor
        for slot, tensor in zip(self._first_layers, first, strict=False):
            slots[slot] = tensor
        return slots

    def first_outputs(self, weights: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[Tensor]:
        """What layers that see the data before any other make of it: linear functions of their weights."""
        slots = self.with_leaves(self._bare(weights), leaves)
        self._run(self._their_steps, slots)
        return [slots[slot] for slot in self._first_layers]

    def advance(self, slots: Slots, place: int) -> Part:
        """Bring a tile as far as the layer `place` that pools; the moments, taken while the caches hold the input."""
        self._run(self._segments[place], slots)
        x: Tensor = slots[self._norms[place].args[0].slot]
        return (*moments(x), x.numel() // x.shape[1])

    def join(self, slots: Slots, place: int, statistics: Statistics) -> None:
        """Bring a tile past the layer `place` that pools."""
        for slot, tensor in zip(self._statistics[place], statistics, strict=True):
            slots[slot] = tensor
        self._norms[place].run(slots)

    def finish(self, slots: Slots) -> Any:
        """Bring a tile to the end; the model's outputs for it."""
        self._run(self._segments[-1], slots)
        return self._trace.result(slots)

    def _bare(self, weights: Sequence[Tensor]) -> Slots:
        slots: Slots = [None] * len(self._trace.looks)
        for slot, tensor in self._trace.constants.items():
            slots[slot] = tensor
        for slot, tensor in zip(self._trace.weights, weights, strict=True):
            slots[slot] = tensor
        return slots

    def _run(self, steps: Sequence[Step], slots: Slots) -> None:
        for step in steps:
            if not (step.results[0] in self._first_layers and slots[step.results[0]] is not None):
                step.run(slots)


def _first_layers(trace: Trace) -> tuple[list[int], list[Step]]:
    """Slots of products of the data with weights, and what has to be computed for them."""
    data, weights = set(trace.leaves), set(trace.weights)
    layers: list[int] = []
    steps = []
    for op in trace.operations:
        sources = set(op.sources)
        kind = data if sources <= data else weights
        if op.function in VIEWS and sources <= kind:
            kind |= {slot for slot in op.results if slot is not None}
        elif op.function in PRODUCTS and not op.kwargs and _is_first(op, trace, data, weights):
            layers += [slot for slot in op.results if slot is not None]
        else:
            continue
        steps.append(_step(op, []))
    return layers, steps


def _is_first(product: Operation, trace: Trace, data: set[int], weights: set[int]) -> bool:
    *bias, x, matrix = (ref.slot for ref in product.args)
    return x in data and weights >= {*bias, matrix} and trace.looks[x].shape[1] >= LEAST_INPUTS


def _cut(trace: Trace) -> tuple[list[Step], list[list[Step]], list[Step]]:
    """Steps of the weights alone, steps of each tile between the layers that pool, and those layers."""
    first, segments, norms = [], [[]], []  # type: ignore[var-annotated]
    varying = set(trace.leaves)
    overwritten = trace.touched | {ref.slot for op in trace.operations if op.writes for ref in refs(op.args[:1])}
    last_reader = {slot: op for op in trace.operations for slot in op.sources}
    kept = {ref.slot for ref in refs(trace.outputs)}
    for op in trace.operations:
        if not (op.writes or varying & set(op.sources) or overwritten & {*op.sources, *op.results}):
            first.append(_step(op, []))
            continue
        drops = [s for s in set(op.sources) & varying - kept if last_reader[s] is op]
        varying |= {slot for slot in op.results if slot is not None}
        if op.function is normalize:
            norms.append(_step(op, drops))
            segments.append([])
        else:
            segments[-1].append(_step(op, drops))
    return first, segments, norms


def _step(op: Operation, drops: list[int]) -> Step:
    args = [Nested(arg) if type(arg) is not Ref and refs(arg) else arg for arg in op.args]
    return Step(op.function, args, op.kwargs, op.results, drops)
