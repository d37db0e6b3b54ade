"""A model's forward pass as a list of tensor operations, recorded once while it runs.

What the Python of the forward pass decides is fixed by the recording: reading a number out of a tensor, which could
make it decide otherwise elsewhere, is refused. The shapes of the inputs are fixed too. `torch.fx` would record more,
but while it does it changes `nn.Module` for all threads of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_map, tree_unflatten

MOST_OPERATIONS = 3000  # a recurrent net unrolled over a long sequence is not worth it


class Untraceable(Exception):
    """This model cannot be recorded; the text says why."""


class Ref(NamedTuple):
    """Where a recorded operation takes or leaves a tensor."""

    slot: int


class Look(NamedTuple):
    """What a tensor looked like when it was recorded."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    stride: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of a forward pass.

    Attributes:
        function: What is called.
        args: Its arguments; `Ref` where a tensor belongs.
        kwargs: The same by name.
        results: Slots of the tensors it returns, one after the other; None for what is none.
        writes: It changes one of its arguments.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: tuple[int | None, ...]
    writes: bool = False

    @property
    def sources(self) -> list[int]:
        """Slots that it reads."""
        return [leaf.slot for leaf in refs((self.args, self.kwargs))]


@dataclass(eq=False)
class Trace:
    """What was recorded.

    Attributes:
        operations: In order.
        leaves: Slots of the tensors of the inputs.
        weights: Slots of the moving parameters; None where one is not used.
        constants: Slot -> every other tensor that is read: parameters that do not move, buffers, tables.
        looks: Of every slot.
        touched: Slots whose memory an operation writes to.
        outputs: Slots of the results, or values that are no tensors.
        spec: The structure that they are in.
    """

    leaves: list[int]
    weights: list[int]
    operations: list[Operation] = field(default_factory=list)
    constants: dict[int, Tensor] = field(default_factory=dict)
    looks: dict[int, Look] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    outputs: list[Any] = field(default_factory=list)
    spec: TreeSpec | None = None

    def result(self, slots: Sequence[Any]) -> Any:
        """The outputs in their own structure."""
        assert self.spec is not None
        return tree_unflatten([filled(leaf, slots) for leaf in self.outputs], self.spec)


def traced(run: Callable[[], Any], leaves: Sequence[Tensor], weights: Sequence[Tensor]) -> Trace:
    """Record what `run()` computes from `leaves` and `weights`.

    Raises:
        Untraceable: It reads numbers out of tensors, or writes to what is not its own.
        Exception: Whatever `run` raises.
    """
    recorder = _Recorder([*leaves, *weights])
    with torch.no_grad(), recorder:
        found, spec = tree_flatten(run())
    count = len(leaves)
    trace = Trace(list(range(count)), list(range(count, count + len(weights))), recorder.operations)
    trace.outputs, trace.spec = [recorder.template(leaf) for leaf in found], spec
    trace.constants, trace.looks = recorder.constants, recorder.looks
    trace.touched = recorder.touched()
    return trace


def filled(template: Any, slots: Sequence[Any]) -> Any:
    """A template of arguments with the tensors in place."""
    if type(template) is Ref:
        return slots[template.slot]
    if type(template) in (list, tuple):
        return type(template)(filled(item, slots) for item in template)
    return template


def refs(template: Any) -> list[Ref]:
    """Every `Ref` in a template."""
    return [leaf for leaf in tree_leaves(template, is_leaf=lambda item: type(item) is Ref) if type(leaf) is Ref]


@final
class _Recorder(TorchDispatchMode):
    """Sees every operation of this thread; every tensor is kept, so that none takes another's place."""

    def __init__(self, given: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []
        self.constants: dict[int, Tensor] = {}
        self.looks: dict[int, Look] = {}
        self._tensors: list[Tensor] = []
        self._slots: dict[int, int] = {}
        self._written: set[int] = set()
        self._memories: set[int] = set()
        for tensor in given:
            self._slot_of_new(tensor)
        self._given = frozenset(self._memories)
        self._not_its_own = set(self._given)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled while this records; to see to that torch would import its compiler, for two seconds."""
        return False

    def template(self, value: Any) -> Any:
        """A value with `Ref` for every tensor."""
        return tree_map(lambda leaf: Ref(self._slot(leaf)) if isinstance(leaf, Tensor) else leaf, value)

    def touched(self) -> set[int]:
        """Slots in memory that was written to.

        Raises:
            Untraceable: An input, a weight or a constant is among it.
        """
        if self._written & self._not_its_own:
            raise Untraceable("its forward pass writes to its inputs, weights or buffers")
        return {slot for slot, tensor in enumerate(self._tensors) if _memory(tensor) in self._written}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        templates = self.template(args), self.template(kwargs or {})
        made = func(*args, **(kwargs or {}))
        results = tree_leaves(made)
        if not all(result is None or isinstance(result, Tensor) for result in results):
            raise Untraceable("its forward pass turns tensors into numbers, so it may go another way elsewhere")
        if len(self.operations) == MOST_OPERATIONS:
            raise Untraceable(f"its forward pass has more than {MOST_OPERATIONS} operations")
        if func is torch.ops.aten.native_batch_norm.default and args[5]:
            raise Untraceable("its BatchNorm layers are in training mode")
        schema = func._schema  # type: ignore[attr-defined]
        if schema.is_mutable:
            self._written |= {_memory(tensor) for tensor in written(schema, args, kwargs or {})}
        slots = tuple(None if result is None else self._slot_of_new(result) for result in results)
        self.operations.append(Operation(func, *templates, slots, schema.is_mutable))
        return made

    def _slot(self, tensor: Tensor) -> int:
        if id(tensor) not in self._slots:
            if _memory(tensor) in self._memories - self._not_its_own or _memory(tensor) in self._given:
                raise Untraceable("its forward pass reaches tensors past torch (by numpy), which is not recorded")
            self.constants[self._slot_of_new(tensor)] = tensor
            self._not_its_own.add(_memory(tensor))
        return self._slots[id(tensor)]

    def _slot_of_new(self, tensor: Tensor) -> int:
        """The next slot; an operation that returns what it was given makes a new value of it."""
        slot = self._slots[id(tensor)] = len(self._tensors)
        self._tensors.append(tensor)
        self._memories.add(_memory(tensor))
        self.looks[slot] = Look(tuple(tensor.shape), tensor.dtype, tensor.stride())
        return slot


def written(schema: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The arguments that an operation with this schema writes to."""
    given = {**{argument.name: value for argument, value in zip(schema.arguments, args, strict=False)}, **kwargs}
    changed = [given.get(a.name) for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write]
    return [leaf for leaf in tree_leaves(changed) if isinstance(leaf, Tensor)]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
