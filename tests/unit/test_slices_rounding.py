"""Shapes that rounding, or next to nothing, makes are called flat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from landscape_widget.core.objective import ROUNDINGS
from networks import images, initialised

SHARE = ROUNDINGS * torch.finfo(torch.float32).eps


class Residual(nn.Module):
    """A residual block between BatchNorms: along `rescaling` it hardly changes while these take batch statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.first, self.norm1 = nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.second, self.norm2 = nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.stem(x)))
        x = F.relu(x + self.norm2(self.second(F.relu(self.norm1(self.first(x))))))
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


@pytest.mark.parametrize("options", [{}, {"exact": True, "points": 9}])
@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e3])
def test_a_rescaled_residual_network_is_flat(options: dict[str, Any], factor: float) -> None:
    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return factor * F.cross_entropy(outputs, targets)

    model, data = initialised(Residual()), images(48, dtype=torch.float32)
    landscape = lw.Landscape(model, loss, data)
    found = landscape.curve(landscape.directions.rescaling(), progress=False, **options)
    assert 0 < np.ptp(found.losses) < SHARE * found.center_loss
    assert found.kind == "flat"
    noise = landscape.curve(landscape.directions.gaussian(), progress=False, **options)
    assert noise.kind != "flat"


def curve(height: float, **provenance: Any) -> lw.Curve:
    alphas = np.linspace(-1.0, 1.5, 26)
    losses = 2.5 + height * (alphas - 0.1) ** 2
    return lw.Curve(
        alphas=alphas, losses=losses, span=(-1.0, 1.5), center_loss=losses[10], samples=None, provenance=provenance
    )


def test_a_curve_counts_above_the_rounding_of_its_dtype() -> None:
    below, above = 0.3 * SHARE * 2.5, 3 * SHARE * 2.5
    assert curve(below, rounding=SHARE).kind == "flat"
    assert curve(above, rounding=SHARE).kind == "v-basin"
    assert curve(below).kind == "v-basin"  # of a file that does not say how it was computed


def test_a_surface_counts_above_the_rounding_of_its_dtype() -> None:
    alphas, betas = np.linspace(-1.0, 1.5, 26), np.linspace(-1.2, 1.0, 23)
    x, y = np.meshgrid(alphas, betas)
    for height, kind in ((0.3, "flat"), (30.0, "bowl")):
        losses = 2.5 * (1 + height * SHARE * (x**2 + y**2) / 3)
        common: dict[str, Any] = {"span": ((-1.0, 1.5), (-1.2, 1.0)), "center_loss": losses[12, 10], "samples": None}
        made = lw.Surface(alphas=alphas, betas=betas, losses=losses, provenance={"rounding": SHARE}, **common)
        assert made.kind == kind


def test_an_infinite_loss_is_no_rounding() -> None:
    alphas = np.linspace(-1.0, 1.5, 26)
    losses = np.where(alphas > 1.2, np.inf, 2.5 + (alphas - 0.1) ** 2)
    made = lw.Curve(
        alphas=alphas, losses=losses, span=(-1.0, 1.5), center_loss=2.51, samples=None, provenance={"rounding": SHARE}
    )
    assert made.kind == "v-basin"


def test_the_words_tell_nearly_equal_losses_apart() -> None:
    slope = lw.classify([-1.0, 0.0, 1.0, 2.0], [2.50001, 2.50002, 2.50003, 2.50004])
    assert "from 2.50001 to 2.50004 (" in slope.reason


def test_how_a_landscape_rounds_is_told_with_its_slices() -> None:
    model, data = initialised(Residual()), images(20, dtype=torch.float32)
    for dtype, share in ((torch.float32, SHARE), (torch.float64, ROUNDINGS * torch.finfo(torch.float64).eps)):
        landscape = lw.Landscape(model, F.cross_entropy, data, dtype=dtype)
        found = landscape.curve(landscape.directions.gaussian(), exact=True, points=3, progress=False)
        assert found.provenance["rounding"] == share
        assert found.error == 0
