"""Landscapes of a known shape to mine in: wells along one axis of weight space, a bowl along the others."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

import landscape_widget as lw

CEILING = 2.0
NUM_SAMPLES = 50


class Offsets(nn.Module):
    """Shows how far its weights are from where they started, by sample: `[N, 8]` for inputs `[N]`."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        start = torch.randn(2, 4, generator=generator, dtype=torch.float64)
        self.weight = nn.Parameter(start.clone())
        self.bias = nn.Parameter(torch.zeros(3, dtype=torch.float64))
        self.register_buffer("start", start)

    def forward(self, inputs: Tensor) -> Tensor:
        return (self.weight - self.start).reshape(1, -1) * inputs[:, None] + self.bias.sum()


def double_well(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 at the centre, 0 at a distance of 1 along the first axis; a wall in all other directions."""
    first, others = outputs[:, 0], outputs[:, 1:]
    return ((first**2 - 1) ** 2 + others.square().sum(1)).mean() + 0 * targets.sum()


def triple_well(outputs: Tensor, targets: Tensor) -> Tensor:
    """0 at the centre and at a distance of 1 along the first axis, about 2 half-way between."""
    first, others = outputs[:, 0], outputs[:, 1:]
    return (14 * first**2 * (first**2 - 1) ** 2 + others.square().sum(1)).mean() + 0 * targets.sum()


def inputs(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Samples that stretch the axes by up to 5 %."""
    generator = torch.Generator().manual_seed(seed)
    stretch = 1 + 0.1 * (torch.rand(count, generator=generator, dtype=torch.float64) - 0.5)
    return stretch, torch.zeros(count, dtype=torch.float64)


def landscape(loss: Any = double_well, *, test: bool = True, **options: Any) -> lw.Landscape:
    splits = {"test": inputs(30, seed=2)} if test else None
    data = options.pop("data", inputs(NUM_SAMPLES, seed=1))
    return lw.Landscape(Offsets(), loss, data, splits=splits, **{"ceiling": CEILING, **options})


def radius_of_one(landscape_: lw.Landscape) -> float:
    """The radius at which a direction along the first axis has length 1."""
    weight = landscape_.center[:4]
    return float(1 / weight.norm() / 2**0.5)
