"""The sphere on which directions are mined, in the filter metric, and the descent on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from landscape_widget.core.params import FilterMetric

BETA_MEAN, BETA_SQUARE = 0.9, 0.99
RATE = 0.3  # times 1 / sqrt(P) a coordinate: the first steps turn v by about as many radians
TINY = 1e-8


@dataclass(frozen=True)
class Sphere:
    """Unit vectors v and their directions `d = rho sqrt(F) G v`, G the norm of each weight's filter.

    A plane is mined as two of them, orthogonal to each other: a point of the sphere is `[K, P]` here, its rows
    orthonormal, K = 1 or 2. Biases, norm layers and filters of norm 0 are left out: v and d are 0 there. `d` then
    changes each filter by rho of its own norm in the root mean square, whatever the scale of the filters.

    Attributes:
        scale: `[P]`, `rho sqrt(F) G`.
        fixed: `[k, P]` orthonormal: v stays orthogonal to them.

    Source: our own design; arXiv:2405.12493 names the kinds, its algorithm is not known to us.
    """

    scale: Tensor
    fixed: Tensor

    @classmethod
    def of(cls, metric: FilterMetric, radius: float, others: Sequence[Tensor], like: Tensor) -> Sphere:
        """The sphere of one radius; directions on it are orthogonal to `others` (`[P]` each).

        Args:
            metric: Of the centre.
            radius: rho.
            others: Vectors that are not zero in the metric.
            like: Gives dtype and device.

        Raises:
            ValueError: If the others leave no room, or one of them is a sum of the rest.
        """
        scale = radius * math.sqrt(metric.num_filters) * metric.scale
        fixed = _orthonormal([metric.relative(other) for other in others], int((metric.scale > 0).sum()))
        return cls(scale.to(like), fixed.to(like))

    def start(self, stream: Generator, num_axes: int = 1) -> Tensor:
        """A point `[K, P]` drawn evenly."""
        noise = torch.randn(num_axes, len(self.scale), generator=stream, dtype=torch.float32)
        return self.project(torch.where(self.scale > 0, noise.to(self.scale), 0.0))

    def directions(self, point: Tensor) -> Tensor:
        """The directions d `[K, P]` of a point."""
        return self.scale * point

    def tangent(self, point: Tensor, gradient: Tensor) -> Tensor:
        """The gradient in d `[K, P]`, brought to v and made tangent at the point.

        What would stretch or shear the rows is taken out; turning them within their plane remains.
        """
        pulled = self._off_fixed(self.scale * gradient)
        overlap = pulled @ point.T
        return pulled.addmm_((overlap + overlap.T) / 2, point, alpha=-1)

    def project(self, rows: Tensor) -> Tensor:
        """Rows `[K, P]` made orthonormal, the first one turned least."""
        flat = self._off_fixed(rows)
        for number, row in enumerate(flat):
            for earlier in flat[:number]:
                row.sub_(earlier * (earlier @ row))
            row.div_(torch.linalg.vector_norm(row))
        return flat

    def _off_fixed(self, rows: Tensor) -> Tensor:
        return rows - (rows @ self.fixed.T) @ self.fixed if len(self.fixed) else rows.clone()


def _orthonormal(vectors: Sequence[Tensor], room: int) -> Tensor:
    if len(vectors) >= room:
        raise ValueError(
            f"orthogonal_to must hold fewer directions than weights that move ({room}), got {len(vectors)}."
        )
    if not vectors:
        return torch.zeros(0, 0)
    stacked = torch.stack([vector / torch.linalg.vector_norm(vector) for vector in vectors])
    basis: Tensor
    basis, triangle = torch.linalg.qr(stacked.T)
    if bool((triangle.diagonal().abs() < TINY).any()):
        raise ValueError(
            f"orthogonal_to must hold independent directions, got {len(vectors)} of which one is a sum of the others. "
            "Leave it out."
        )
    return basis.T.contiguous()


class Descent:
    """Adam on the sphere: one run from one starting point, which can stop and go on at any step."""

    num_vectors = 3  # that it holds for each axis: the point and two moments

    def __init__(self, sphere: Sphere, point: Tensor) -> None:
        """`point [K, P]`."""
        self.sphere, self.point, self.steps_done = sphere, point, 0
        self._mean = torch.zeros_like(point)
        self._square = torch.zeros_like(point)

    @property
    def directions(self) -> Tensor:
        """The directions d `[K, P]`, on the objective's device."""
        return self.sphere.directions(self.point)

    def move(self, gradient: Tensor, planned: int) -> None:
        """One step against the gradient in d `[K, P]`; `planned` is the number of steps of the cosine."""
        slope = self.sphere.tangent(self.point, gradient)
        self._mean.lerp_(slope, 1 - BETA_MEAN)
        self._square.mul_(BETA_SQUARE).addcmul_(slope, slope, value=1 - BETA_SQUARE)
        count = self.steps_done + 1
        root = (self._square / (1 - BETA_SQUARE**count)).sqrt_().add_(TINY)
        step = rate(self.steps_done, planned) / math.sqrt(self.point.shape[1]) / (1 - BETA_MEAN**count)
        self.point = self.sphere.project(torch.addcdiv(self.point, self._mean, root, value=-step))
        self.steps_done = count


def rate(step: int, planned: int) -> float:
    """Radians or so: a cosine from 0.3 to 0 over the planned steps."""
    return RATE * 0.5 * (1 + math.cos(math.pi * min(step, planned) / planned))
