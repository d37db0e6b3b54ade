"""The oracle: one point at a time, a fresh deep copy each time, the whole batch at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def moved(model: nn.Module, named_steps: Sequence[tuple[float, dict[str, Tensor]]]) -> nn.Module:
    """A deep copy of `model` with `amount * step` added to its named parameters."""
    duplicate = copy.deepcopy(model)
    parameters = dict(duplicate.named_parameters())
    with torch.no_grad():
        for amount, step in named_steps:
            for name, tensor in step.items():
                parameters[name].add_(tensor.to(parameters[name]), alpha=float(amount))
    return duplicate


def named(model: nn.Module, vector: Tensor) -> dict[str, Tensor]:
    """A vector `[P]` over all floating parameters of `model`, by name."""
    parameters = {name: p for name, p in model.named_parameters() if p.is_floating_point()}
    parts = vector.split([p.numel() for p in parameters.values()])
    return {name: part.view(p.shape) for (name, p), part in zip(parameters.items(), parts, strict=True)}


def number(loss: Tensor) -> float:
    """A loss as a number."""
    return float(loss.detach())


def losses(
    model: nn.Module,
    loss_of: Callable[[nn.Module], Tensor],
    axes: Sequence[Tensor],
    coords: np.ndarray,
) -> np.ndarray:
    """`[M]`: `loss_of` a moved copy in eval mode, at every row of `coords [M, K]`."""
    steps = [named(model, axis) for axis in axes]
    found = []
    for coord in coords:
        duplicate = moved(model, list(zip(coord.tolist(), steps, strict=True))).eval()
        with torch.no_grad():
            found.append(float(loss_of(duplicate)))
    return np.array(found)


def recalibrated(model: nn.Module, calibration: Tensor) -> nn.Module:
    """`model` in eval mode with the exact batch statistics of one pass of `calibration` (biased variance)."""
    layers = [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]

    def take_statistics(layer: _BatchNorm, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        axes = [axis for axis in range(inputs[0].dim()) if axis != 1]
        layer.running_mean.copy_(inputs[0].mean(axes))
        layer.running_var.copy_(inputs[0].var(axes, correction=0))

    handles = [layer.register_forward_hook(take_statistics) for layer in layers]
    model.train()
    with torch.no_grad():
        model(calibration)
    for handle in handles:
        handle.remove()
    return model.eval()
