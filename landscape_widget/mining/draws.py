"""All that mining draws by chance: generators keyed by the seed and a purpose, never the global one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from landscape_widget.core.objective import Objective

HELD_OUT_SHARE = 0.2
HELD_OUT_SPLIT = "test"


def generator(seed: int, *purpose: object) -> Generator:
    """One stream for each purpose; each step has its own, so a run can stop and go on at any step."""
    text = ":".join(str(word) for word in ("mining", seed, *purpose))
    digest = hashlib.sha256(text.encode()).digest()
    return Generator("cpu").manual_seed(int.from_bytes(digest[:8], "little"))


@dataclass(frozen=True)
class DataParts:
    """Which data are mined on, and which only judge.

    Attributes:
        mined: Units of "train".
        held_out: (split, units or None for all of them); None where nothing can be held out.
        held_out_name: In words.
    """

    mined: Tensor
    held_out: tuple[str, Tensor | None] | None
    held_out_name: str


def data_parts(objective: Objective, seed: int) -> DataParts:
    """The split "test" where there is one, else a seeded 20 % of the units; with one unit nothing."""
    count = objective.num_units("train")
    if HELD_OUT_SPLIT in objective.splits:
        return DataParts(torch.arange(count), (HELD_OUT_SPLIT, None), "the split 'test'")
    if count < 2:
        return DataParts(torch.arange(count), None, "none: all data are one batch")
    order = torch.randperm(count, generator=generator(seed, "hold-out"))
    num_held = max(1, round(HELD_OUT_SHARE * count))
    held, mined = order[:num_held].sort().values, order[num_held:].sort().values
    unit = "samples" if objective.is_tiled else "batches"
    return DataParts(mined, ("train", held), f"{num_held} of {count} {unit}, not mined on")


def minibatch(units: Tensor, sizes: Tensor, wanted: int, stream: Generator) -> Tensor:
    """Units drawn without replacement until they hold `wanted` samples, or all of them.

    Args:
        units: To draw from `[U]`.
        sizes: Samples in each unit of the split; indexed by unit.
        wanted: Samples.
        stream: Moves on.
    """
    shuffled = units[torch.randperm(len(units), generator=stream)]
    before = sizes[shuffled].cumsum(0) - sizes[shuffled]
    return shuffled[before < wanted]
