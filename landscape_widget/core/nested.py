"""Batches of any shape: the tensors inside tuples, dicts, mappings and dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor


def map_tensors(function: Callable[[Tensor], Tensor], value: Any) -> Any:
    """The same structure with `function` applied to every tensor; other leaves stay as they are."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        return {key: map_tensors(function, item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(function, item) for item in value))
    if isinstance(value, (tuple, list)):
        return type(value)(map_tensors(function, item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init]
        return dataclasses.replace(value, **{n: map_tensors(function, getattr(value, n)) for n in names})
    return value


def leaves(value: Any) -> Iterator[Any]:
    """Every leaf, tensors and others, in a fixed order."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name))
    else:
        yield value


def tensors(value: Any) -> list[Tensor]:
    """Every tensor, in a fixed order."""
    return [leaf for leaf in leaves(value) if isinstance(leaf, Tensor)]


def num_bytes(value: Any) -> int:
    """Memory of all tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors(value))


def common_length(value: Any) -> int | None:
    """The first axis that all tensors share; None where there are none or they differ."""
    lengths = {tensor.shape[0] if tensor.dim() else None for tensor in tensors(value)}
    return lengths.pop() if len(lengths) == 1 else None


def joined(values: list[Any]) -> Any | None:
    """All batches in one along the first axis; None where their structures, shapes or other leaves differ."""
    first = values[0]
    if len(values) == 1:
        return first if all(isinstance(leaf, Tensor) for leaf in leaves(first)) else None
    parts = [list(leaves(value)) for value in values]
    if any(len(part) != len(parts[0]) for part in parts) or not all(
        _can_join(column) for column in zip(*parts, strict=True)
    ):
        return None
    columns = iter([torch.cat(column) for column in zip(*parts, strict=True)])
    return map_tensors(lambda _: next(columns), first)


def _can_join(column: tuple[Any, ...]) -> bool:
    if not all(isinstance(leaf, Tensor) and leaf.dim() for leaf in column):
        return False
    return len({(leaf.shape[1:], leaf.dtype, leaf.device) for leaf in column}) == 1
