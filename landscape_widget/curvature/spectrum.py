"""Eigenpairs and spectral densities, read off a recurrence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.curvature.lanczos import Recurrence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
GRID = 1001
# Of the smoothing Gaussian, in lengths of the spectrum: narrow enough to part outliers, wide enough to be drawn.
WIDTH = 1 / 150


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Some eigenpairs of the Hessian in a metric.

    Attributes:
        values: `[k]`, in nats per squared unit of the metric; the most extreme first.
        vectors: `[k, P]` on the CPU, of length 1 in units of the metric.
        residuals: `[k]`, the norm of `A v - value v`.
        converged: `[k]`, whether the residual is as small as was asked for.
        metric: `"plain"` or `"filter"`.
        products: Hessian-vector products that were needed.
        approximate: Products were differences of gradients.
    """

    values: Array
    vectors: Tensor
    residuals: Array
    converged: NDArray[np.bool_]
    metric: str
    products: int
    approximate: bool

    def __len__(self) -> int:
        return len(self.values)

    def __str__(self) -> str:
        rows = zip(self.values, self.residuals, self.converged, strict=True)
        lines = [f"  {v:>12.6g}  residual {r:.1e}{'' if c else ', not converged'}" for v, r, c in rows]
        rough = ", approximate (differences of gradients)" if self.approximate else ""
        return "\n".join([f"{len(self)} eigenvalues, {self.metric} metric, {self.products} products{rough}", *lines])

    __repr__ = __str__


@dataclass(frozen=True, eq=False)
class Density:
    """How the eigenvalues lie: a density that integrates to 1.

    Attributes:
        grid: `[G]`, eigenvalues.
        density: `[G]`, smoothed by a Gaussian of standard deviation `width`.
        nodes: `[M]`, where the quadrature has its weights.
        weights: `[M]`, their shares; they sum to 1.
        width: Of the smoothing.
        size: n, how many eigenvalues there are.
        metric: `"plain"` or `"filter"`.
        probes: Random vectors.
    """

    grid: Array
    density: Array
    nodes: Array
    weights: Array
    width: float
    size: int
    metric: str
    probes: int

    def moment(self, power: int) -> float:
        """The mean of `eigenvalue ** power`, not smoothed."""
        return float((self.weights * self.nodes**power).sum())

    def __str__(self) -> str:
        low, high = self.nodes.min(), self.nodes.max()
        return f"Density of {self.size} eigenvalues from {low:.4g} to {high:.4g}, mean {self.moment(1):.4g}"

    __repr__ = __str__

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it on a log axis, into `ax` or a new figure; returns the axes."""
        from landscape_widget.curvature.drawing import draw_density

        return draw_density(self, ax)


def places_of(recurrence: Recurrence, k: int, which: str) -> Tensor:
    """Which of the ascending approximate eigenvalues are wanted, the most extreme first."""
    count = len(recurrence.ritz().values)
    largest, smallest = torch.arange(count - 1, count - 1 - k, -1), torch.arange(k)
    if which == "both":
        return torch.cat([largest, smallest])
    return largest if which == "largest" else smallest


def converged(recurrence: Recurrence, k: int, which: str, tol: float) -> Tensor:
    """`[k]` bool: residuals small enough, beside the largest |eigenvalue|."""
    ritz = recurrence.ritz()
    return ritz.residuals[places_of(recurrence, k, which)] <= tol * float(ritz.values.abs().max())


@dataclass(frozen=True)
class Quadratures:
    """What the density rests on.

    Attributes:
        outliers: `[c]` float64: eigenvalues that are known, one each.
        recurrences: Of random vectors on the rest.
        size: n.
    """

    outliers: Tensor
    recurrences: Sequence[Recurrence]
    size: int

    def rule(self) -> tuple[Array, Array]:
        """Nodes and weights; these sum to 1."""
        pairs = [recurrence.quadrature() for recurrence in self.recurrences]
        nodes = torch.cat([self.outliers, *(pair[0] for pair in pairs)]).numpy()
        rest = torch.cat([torch.zeros(0, dtype=torch.float64), *(pair[1] for pair in pairs)])
        rest = rest * ((self.size - len(self.outliers)) / rest.sum()) if len(rest) else rest
        weights = torch.cat([torch.ones(len(self.outliers), dtype=torch.float64), rest]).numpy()
        return nodes, weights / weights.sum()

    @property
    def probes(self) -> int:
        """Random vectors."""
        return sum(len(recurrence.start) for recurrence in self.recurrences)


def density_of(quadratures: Quadratures, metric: str) -> Density:
    """The density by known eigenvalues and the quadratures of random vectors.

    Source: Ubaru, Chen and Saad 2017; Ghorbani, Krishnan and Xiao 2019, arXiv:1901.10159.
    """
    nodes, weights = quadratures.rule()
    low, high = float(nodes.min()), float(nodes.max())
    width = WIDTH * (high - low) or 1e-3 * max(abs(low), 1e-3)
    grid = np.linspace(low - 5 * width, high + 5 * width, GRID)
    density = np.zeros_like(grid)
    for node, weight in zip(nodes, weights, strict=True):
        density += weight * np.exp(-0.5 * ((grid - node) / width) ** 2)
    density /= width * np.sqrt(2 * np.pi)
    return Density(grid, density, nodes, weights, width, quadratures.size, metric, quadratures.probes)
