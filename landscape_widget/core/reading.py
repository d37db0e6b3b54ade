"""From what the user hands over as `data` to a list of batches in memory: which samples, out of how many."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler, Subset

from landscape_widget._checks import as_int
from landscape_widget.core import nested
from landscape_widget.core.quiet import random_state_kept

MAX_SAMPLES = 10_000  # what `samples=None` keeps
MAX_BYTES = 2**30


@dataclass(frozen=True)
class RawData:
    """Batches as the user gave them, in memory.

    Attributes:
        batches: Each a tuple, mapping, dataclass or tensor.
        total: How many samples there are; None for a stream that was not read to its end.
        limit: At most so many samples shall be used; None for all.
    """

    batches: list[Any]
    total: int | None
    limit: int | None


def read(name: str, data: Any, samples: int | str | None, *, is_pair: bool, seed: int) -> RawData:
    """Read `data` once, with the global random state put back.

    Args:
        name: The argument to name in errors.
        data: One `(inputs, targets)` tuple, one mapping, a list of batches, a DataLoader or another iterable.
        samples: As in `Landscape`: None, an int or `"all"`.
        is_pair: Batches are `(inputs, targets)`.
        seed: Chooses among the samples of a DataLoader that holds more than the limit.

    Raises:
        TypeError, ValueError: No data, an unusable kind of data, or inputs and targets of different length.
    """
    limit = sample_limit(samples)
    with random_state_kept():
        batches, total = _batches(name, data, limit, seed)
    counted = sum(_count(batch) for batch in batches)
    if not counted:
        raise ValueError(f"{name} must hold at least one sample, got none.")
    if is_pair:
        batches = [_checked_pair(name, batch) for batch in batches]
    return RawData(batches, counted if total == -1 else total, _within_memory(batches, counted, limit, samples))


def sample_limit(samples: int | str | None) -> int | None:
    """The largest number of samples to use; None for all."""
    if samples == "all":
        return None
    if samples is None:
        return MAX_SAMPLES
    if isinstance(samples, str):
        raise ValueError(f"samples must be None, a whole number or 'all', got {samples!r}.")
    return as_int("samples", samples, low=1, remedy="None chooses up to 10 000, 'all' takes every sample.")


def _within_memory(batches: list[Any], counted: int, limit: int | None, samples: int | str | None) -> int | None:
    if samples is not None:
        return limit
    bytes_per_sample = max(1, nested.num_bytes(batches) // counted)
    return max(1, min(MAX_SAMPLES, MAX_BYTES // bytes_per_sample))


def batch_size(batch: Any) -> int | None:
    """Samples in a batch: its tensors' common first axis, else (differing tensors) the first tensor's."""
    size = nested.common_length(batch)
    if size is not None:
        return size
    return next((tensor.shape[0] for tensor in nested.tensors(batch) if tensor.dim()), None)


def _count(batch: Any) -> int:
    size = batch_size(batch)
    return 1 if size is None else size


def _batches(name: str, data: Any, limit: int | None, seed: int) -> tuple[list[Any], int | None]:
    """The batches and how many samples there are in all (-1: just those, None: unknown)."""
    if data is None:
        raise ValueError(f"{name} must be (inputs, targets), a list of batches or a DataLoader, got None.")
    if isinstance(data, (tuple, Mapping, Tensor)) or _is_dataclass(data):
        return [data], -1
    if isinstance(data, DataLoader):
        return _from_loader(data, limit, seed)
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return list(data), -1
    if isinstance(data, Iterable) and not isinstance(data, (str, bytes)):
        return _from_stream(iter(data), limit)
    raise TypeError(
        f"{name} must be (inputs, targets), a list of batches or any iterable of batches, got {type(data).__name__}."
    )


def _is_dataclass(data: Any) -> bool:
    return dataclasses.is_dataclass(data) and not isinstance(data, type)


def _from_loader(loader: DataLoader[Any], limit: int | None, seed: int) -> tuple[list[Any], int | None]:
    """Choose among a map-style data set without reading it all; anything else is a stream."""
    dataset: Any = loader.dataset
    plain = isinstance(loader.sampler, (SequentialSampler, RandomSampler)) and loader.batch_size is not None
    if isinstance(dataset, IterableDataset) or not plain or not hasattr(dataset, "__len__"):
        return _from_stream(iter(loader), limit)
    total = len(dataset)
    if limit is not None and total > limit:
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.randperm(total, generator=generator)[:limit].sort().values
        dataset = Subset(dataset, chosen.tolist())
    elif not loader.drop_last and isinstance(loader.sampler, SequentialSampler):
        return list(loader), total
    reader: DataLoader[Any] = DataLoader(
        dataset,
        batch_size=loader.batch_size,
        collate_fn=loader.collate_fn,
        num_workers=loader.num_workers,
        worker_init_fn=loader.worker_init_fn,
    )
    return list(reader), total


def _from_stream(stream: Iterator[Any], limit: int | None) -> tuple[list[Any], int | None]:
    """The first samples of a stream, in whole batches; its length is known only if it ended."""
    batches, count = [], 0
    for batch in stream:
        batches.append(batch)
        count += _count(batch)
        if limit is not None and count >= limit:
            rest = next(iter(itertools.islice(stream, 1)), None)
            return batches, (None if rest is not None else -1)
    return batches, -1


def _checked_pair(name: str, batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        got = f"{type(batch).__name__} of {len(batch)}" if hasattr(batch, "__len__") else type(batch).__name__
        raise ValueError(
            f"{name} must hold (inputs, targets) pairs when loss_fn is given, got a {got}. "
            "For other batches pass closure=f(model, batch)."
        )
    inputs, targets = batch
    sizes = [batch_size(part) for part in (inputs, targets)]
    if sizes[0] is None or sizes[1] is None:
        raise TypeError(
            f"{name} must hold inputs and targets as tensors, "
            f"got {type(inputs).__name__} and {type(targets).__name__}. torch.as_tensor converts arrays."
        )
    if sizes[0] != sizes[1]:
        raise ValueError(f"{name} must have as many targets as inputs, got {sizes[0]} inputs and {sizes[1]} targets.")
    return inputs, targets
