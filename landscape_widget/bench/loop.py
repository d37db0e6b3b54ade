"""The plain loop, as most tools and papers have it: write the weights, run the whole batch, take the next point."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from landscape_widget.bench.networks import Pair

Array = NDArray[np.float64]
CALIBRATION = 512  # samples; the default of a landscape


def plain_loop(model: nn.Module, data: Pair, axes: Sequence[Sequence[Tensor]], coords: Array) -> Array:
    """The losses `[M]` at `coords [M, 2]` with BatchNorm's stored statistics."""
    net = copy.deepcopy(model).eval()
    return _over(net, axes, coords, lambda: F.cross_entropy(net(data[0]), data[1]))


def recalibrating_loop(model: nn.Module, data: Pair, axes: Sequence[Sequence[Tensor]], coords: Array) -> Array:
    """The same, but statistics are estimated anew at every point, in a pass of its own before the loss is taken."""
    net = copy.deepcopy(model).eval()
    layers = [layer for layer in net.modules() if isinstance(layer, _BatchNorm)]
    chosen = calibration_of(data)
    shares = _biased_shares(net, layers, chosen)

    def loss() -> Tensor:
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None
        net.train()
        net(chosen)
        net.eval()
        for layer, share in zip(layers, shares, strict=True):
            assert layer.running_var is not None
            layer.running_var.mul_(share)
        return F.cross_entropy(net(data[0]), data[1])

    return _over(net, axes, coords, loss)


def training_loop(model: nn.Module, data: Pair, axes: Sequence[Sequence[Tensor]], coords: Array) -> Array:
    """The loss in training mode: one pass, right where all the data are the calibration set and nothing is random."""
    net = copy.deepcopy(model).train()
    return _over(net, axes, coords, lambda: F.cross_entropy(net(data[0]), data[1]))


def calibration_of(data: Pair) -> Tensor:
    """The samples that a landscape takes BatchNorm's statistics from: evenly spread."""
    count = min(CALIBRATION, len(data[0]))
    return data[0][torch.arange(count, device=data[0].device) * len(data[0]) // count]


def grid_coords(axis: Array) -> Array:
    """`[S * S, 2]`: a square grid, alpha fastest."""
    return np.stack([part.ravel() for part in np.meshgrid(axis, axis)], axis=1)


def _over(net: nn.Module, axes: Sequence[Sequence[Tensor]], coords: Array, loss: Callable[[], Tensor]) -> Array:
    parameters = list(net.parameters())
    center = [p.data for p in parameters]
    losses = []
    with torch.no_grad():
        for alpha, beta in coords.tolist():
            for p, w, d, e in zip(parameters, center, *axes, strict=True):
                p.data = w + alpha * d + beta * e
            losses.append(loss().item())
    return np.array(losses)


def _biased_shares(net: nn.Module, layers: Sequence[nn.Module], x: Tensor) -> list[float]:
    """`(m - 1) / m` for the `m` values a channel of each layer: torch stores the unbiased variance, we the biased."""
    counts: dict[nn.Module, int] = {}
    with _watched(layers, counts), torch.no_grad():
        net(x)
    return [(counts[layer] - 1) / counts[layer] for layer in layers]


@contextmanager
def _watched(layers: Sequence[nn.Module], counts: dict[nn.Module, int]) -> Iterator[None]:
    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        counts[layer] = inputs[0].numel() // inputs[0].shape[1]

    handles = [layer.register_forward_pre_hook(note) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
