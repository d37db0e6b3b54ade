"""Other tools that compute surfaces, where they are installed: each is given the same model, data and directions.

`tests/benchmarks/requirements.txt` has the releases that these adapters were written for.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import importlib.util
import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from landscape_widget.bench.cases import Problem
from landscape_widget.bench.loop import Array, grid_coords

Axes = list[list[Tensor]]


@dataclass(frozen=True)
class Run:
    """One tool's way to the surface.

    Attributes:
        compute: The losses `[M]`; this is timed.
        coords: `[M, 2]`, where they are taken.
        axes: Along which two directions.
    """

    compute: Callable[[], Array]
    coords: Array
    axes: Axes


@dataclass(frozen=True)
class Peer:
    """Another tool: its name, the module that it is, and how it is asked for `side` points along (-1, 1)."""

    name: str
    module: str
    prepare: Callable[[Problem, int], Run]

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported here."""
        return importlib.util.find_spec(self.module) is not None

    def run(self, problem: Problem, side: int) -> Run:
        """Prepared; where that fails, a run that fails with the same error."""
        try:
            return self.prepare(problem, side)
        except Exception as error:  # another tool's: it is reported, and the others go on
            return Run(functools.partial(_fail, error), grid_coords(_axis(side)), problem.axes)


def installed() -> list[Peer]:
    """The peers of this environment."""
    return [peer for peer in PEERS if peer.is_installed]


def _fail(error: Exception) -> Array:
    raise error


def _imported(name: str) -> Any:
    os.environ.setdefault("MPLBACKEND", "Agg")  # some import pyplot
    return importlib.import_module(name)


def _axis(side: int) -> Array:
    return np.linspace(-1, 1, side)


def _losscape(problem: Problem, side: int) -> Run:
    module = _imported("losscape.create_landscape")
    model, axes = copy.deepcopy(problem.model), problem.axes

    def compute() -> Array:
        # It also draws a picture and prints every point; neither is counted.
        quiet = contextlib.redirect_stdout(io.StringIO())
        with quiet, mock.patch.object(module, "plt"), tempfile.TemporaryDirectory() as folder:
            surface = module.create_3D_losscape(
                model,
                [problem.data],
                directions=axes,
                criterion=F.cross_entropy,
                num_batches=1,
                save_only=True,
                output_path=folder,
                output_h5=False,
                num_points=side,
            )
        return np.asarray(surface[2]).ravel()

    return Run(compute, grid_coords(_axis(side)), axes)


def _loss_landscape_3d(problem: Problem, side: int) -> Run:
    module = _imported("loss_landscape_3d")
    model, axes = copy.deepcopy(problem.model), problem.axes
    names = [name for name, _ in model.named_parameters()]
    center = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first, second = (dict(zip(names, axis, strict=True)) for axis in axes)
    grid = _axis(side).tolist()

    def compute() -> Array:
        with contextlib.redirect_stdout(io.StringIO()):
            calculator = module.LossLandscapeCalculator(model, [problem.data], F.cross_entropy)
            losses = calculator.calculate(grid, grid, first, second, center)
        return np.asarray(losses).T.ravel()  # its rows are alphas

    return Run(compute, grid_coords(_axis(side)), axes)


def _nngeom(problem: Problem, side: int) -> Run:
    module, slices = _imported("nngeom"), _imported("nngeom.lossland")
    axes = problem.axes
    vectors = [np.concatenate([t.cpu().double().numpy().ravel() for t in axis]) for axis in axes]
    model = module.Model(copy.deepcopy(problem.model), loss_fn=lambda net, b: F.cross_entropy(net(b[0]), b[1]))

    def compute() -> Array:
        found = slices.plane_slice_2d(model, problem.data, span=1.0, steps=side, directions=vectors)
        return np.asarray(found.losses).ravel()

    return Run(compute, grid_coords(_axis(side)), axes)


def _gradfield(problem: Problem, side: int) -> Run:
    """It keeps its directions to itself: they are drawn once more from the same seed."""
    module = _imported("gradfield")
    model, (x, y) = copy.deepcopy(problem.model), problem.data

    def compute() -> Array:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(123)
            losses = module.model_loss_fn(model, nn.CrossEntropyLoss(), x, y, scale=1.0)
        grid = module.sample_grid(losses, x_range=(-1, 1), y_range=(-1, 1), resolution=side)
        return np.asarray(grid["Z"]).ravel()

    return Run(compute, grid_coords(_axis(side)), _gradfield_axes(model))


def _gradfield_axes(model: nn.Module, seed: int = 123) -> Axes:
    """Gaussian, each filter as long as the weights' own, tensors of one axis as a whole; drawn in turn."""
    pairs = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for p in model.parameters():
            pairs.append([_scaled_like(torch.randn_like(p.data), p.data) for _ in range(2)])
    return [list(axis) for axis in zip(*pairs, strict=True)]


def _scaled_like(noise: Tensor, weights: Tensor) -> Tensor:
    rows = 0 if weights.dim() <= 1 else len(weights)
    flat = [t.reshape(rows or 1, -1).norm(dim=1) for t in (weights, noise)]
    scale: Tensor = (flat[0] / (flat[1] + 1e-10)).view([-1] + [1] * (weights.dim() - 1))
    return noise * scale


def _loss_landscapes(problem: Problem, side: int) -> Run:
    """It takes the corners of a plane, and visits other points than it says: see `_zigzag`."""
    module, metrics = _imported("loss_landscapes"), _imported("loss_landscapes.metrics")
    axes = problem.axes
    corners = [_moved(problem.model, axes, *corner) for corner in ((-1, -1), (1, -1), (-1, 1))]
    metric = metrics.Loss(F.cross_entropy, *problem.data)

    def compute() -> Array:
        losses = module.planar_interpolation(*corners, metric, steps=side, deepcopy_model=True)
        return np.asarray(losses).ravel()

    return Run(compute, _zigzag(side), axes)


def _moved(model: nn.Module, axes: Axes, alpha: float, beta: float) -> nn.Module:
    moved = copy.deepcopy(model)
    with torch.no_grad():
        for p, d, e in zip(moved.parameters(), *axes, strict=True):
            p.add_(alpha * d + beta * e)
    return moved.eval()


def _zigzag(side: int) -> Array:
    """`[side * side, 2]`: its points, row by row of alpha; every other row is one cell further along beta."""
    row, column = np.indices((side, side))
    return np.stack([-1 + 2 * row / side, -1 + 2 * (column + (row % 2 == 0)) / side], axis=-1).reshape(-1, 2)


PEERS = (
    Peer("losscape", "losscape", _losscape),
    Peer("loss-landscape-3d", "loss_landscape_3d", _loss_landscape_3d),
    Peer("nngeom", "nngeom", _nngeom),
    Peer("gradfield", "gradfield", _gradfield),
    Peer("loss-landscapes", "loss_landscapes", _loss_landscapes),
)
