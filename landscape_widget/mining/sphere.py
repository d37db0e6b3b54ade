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

    Biases, norm layers and filters of norm 0 are left out: v and d are 0 there. `d` then changes each filter
    by rho of its own norm in the root mean square, whatever the scale of the filters.

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

    def start(self, stream: Generator) -> Tensor:
        """A point drawn evenly from the sphere, `[P]`."""
        noise = torch.randn(len(self.scale), generator=stream, dtype=torch.float32)
        return self.project(torch.where(self.scale > 0, noise.to(self.scale), 0.0))

    def direction(self, point: Tensor) -> Tensor:
        """The direction d `[P]` of a point."""
        return self.scale * point

    def tangent(self, point: Tensor, gradient: Tensor) -> Tensor:
        """The gradient in d, brought to v and made tangent to the sphere at the point."""
        pulled = self._off_fixed(self.scale * gradient)
        return pulled - point * (point @ pulled)

    def project(self, vector: Tensor) -> Tensor:
        """The nearest point of the sphere."""
        flat = self._off_fixed(vector)
        unit: Tensor = flat / torch.linalg.vector_norm(flat)
        return unit

    def _off_fixed(self, vector: Tensor) -> Tensor:
        return vector - self.fixed.T @ (self.fixed @ vector) if len(self.fixed) else vector


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

    def __init__(self, sphere: Sphere, point: Tensor) -> None:
        self.sphere, self.point, self.steps_done = sphere, point, 0
        self._mean = torch.zeros_like(point)
        self._square = torch.zeros_like(point)

    @property
    def direction(self) -> Tensor:
        """The direction d `[P]`, on the objective's device."""
        return self.sphere.direction(self.point)

    def move(self, gradient: Tensor, planned: int) -> None:
        """One step against the gradient in d `[P]`; `planned` is the number of steps of the cosine."""
        slope = self.sphere.tangent(self.point, gradient)
        self._mean.lerp_(slope, 1 - BETA_MEAN)
        self._square.mul_(BETA_SQUARE).addcmul_(slope, slope, value=1 - BETA_SQUARE)
        count = self.steps_done + 1
        mean = self._mean / (1 - BETA_MEAN**count)
        root = (self._square / (1 - BETA_SQUARE**count)).sqrt_().add_(TINY)
        step = rate(self.steps_done, planned) / math.sqrt(len(self.point))
        self.point = self.sphere.project(self.point - step * mean / root)
        self.steps_done = count


def rate(step: int, planned: int) -> float:
    """Radians or so: a cosine from 0.3 to 0 over the planned steps."""
    return RATE * 0.5 * (1 + math.cos(math.pi * min(step, planned) / planned))
