"""A first look on part of the data, where all of them would take long."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_widget.core.objective import Objective

PREVIEW_SAMPLES = 256


@dataclass(frozen=True, eq=False)
class Preview:
    """A seeded choice of samples, or of whole batches where those are atoms.

    Attributes:
        units: Indices, as `Objective.value` takes them.
        chosen: Samples in them.
        used: Samples of a picture on all data.
        share: Of all units.
    """

    units: Tensor
    chosen: int
    used: int
    share: float

    @classmethod
    def of(cls, objective: Objective, split: str) -> Preview | None:
        """About 256 samples of a split; None where that would be all of it."""
        sizes = objective.unit_sizes(split)
        order = torch.randperm(len(sizes), generator=torch.Generator().manual_seed(0))
        count = int(torch.searchsorted(sizes[order].cumsum(0), PREVIEW_SAMPLES)) + 1
        if count >= len(sizes):
            return None
        units = order[:count].sort().values
        return cls(units, int(sizes[units].sum()), objective.num_samples(split)[0], count / len(sizes))

    @property
    def caption(self) -> str:
        """`preview, 256 of 10 000 samples`."""
        return f"preview, {grouped(self.chosen)} of {grouped(self.used)} samples"


def grouped(count: int) -> str:
    """`10 000`."""
    return f"{count:,}".replace(",", " ")
