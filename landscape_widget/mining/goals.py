"""What a kind asks of the losses at a few points: what a step of mining minimises, and how far a shape has come."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from landscape_widget.shapes.classification import Classification, SurfaceClassification

Array = NDArray[np.float64]
Found = Classification | SurfaceClassification

TAU = 0.2  # nats: how soft the maximum over what must be low is
BUMP_WEIGHT = 1.0  # of a rise next to the centre; wanted for radii near 1, harmless below
BARRIER_WEIGHT = 0.5  # of what a barrier lacks; with 0 the miner finds a flat line and no barriers
BUMP_PLACES = (0.25, 0.5, 0.75)
# Where the loss still falls at the ends of the span, as it does early in training, the sides are no valleys:
# the ends have to rise above them by this share of the depth.
WALL_WEIGHT = 1.0
WALL_SHARE = 0.25


class Step(NamedTuple):
    """The points of one step.

    Attributes:
        coords: `[M, K]`, in lengths of the directions; those that always count come first.
        num_sure: How many of them always count.
        part: What the others are looked at for; the kind's own word.
    """

    coords: Array
    num_sure: int
    part: str = ""


class Seen(NamedTuple):
    """What of one step is kept for the eye, in nats: the two sides, and what lies between the valleys."""

    plus: float
    minus: float
    barrier: float


class Goal(ABC):
    """One kind that can be mined, with its defaults.

    Attributes:
        kind: As in `classify` or `classify_surface`.
        num_axes: K: 1 for a curve, 2 for a plane.
        radius: Default rho: root mean square change per filter, relative to the filter.
        steps: Default number of steps.
        span: Default half-width of its slices, in lengths of the directions.
        needs_center: Whether the centre's loss on the minibatch plays a part in the score.
        needs_barrier: Whether B0 does.
        goes_below_center: The kind needs losses below that of the centre.
        show_points: Points of the curve of a snapshot; the sides are among them.
        judge_points: Points along each axis of the slices that confirm the kind.
        fixed: `[F, K]`: where `growth` is measured, on the fixed set.
    """

    kind: ClassVar[str]
    num_axes: ClassVar[int] = 1
    radius: ClassVar[float]
    steps: ClassVar[int]
    span: ClassVar[float]
    needs_center: ClassVar[bool] = False
    needs_barrier: ClassVar[bool] = False
    goes_below_center: ClassVar[bool] = False
    show_points: ClassVar[int] = 17
    judge_points: ClassVar[int] = 41

    fixed: Array

    def judge_axes(self) -> tuple[Array, ...]:
        """The grid of the slices that confirm the kind, alpha first."""
        return (symmetric_grid(self.span, self.judge_points),) * self.num_axes

    @abstractmethod
    def step(self, stream: Generator) -> Step:
        """The points of one step, drawn anew for each."""

    @abstractmethod
    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """What the step minimises, in nats; `losses [M]`."""

    @abstractmethod
    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """How far the shape has come, in nats; `losses [F]` at `fixed`."""

    @abstractmethod
    def seen(self, losses: Tensor, center: float) -> Seen:
        """What of a step is kept; `losses [M]`."""

    @abstractmethod
    def height(self, found: Found, center: float) -> float:
        """What the kind is measured by, in nats; NaN where the slice is of another kind."""

    def is_shown_by(self, found: Found) -> bool:
        """Whether a slice is of the kind, whatever its noise."""
        return found.kind == self.kind

    def agreement(self, losses: Array, barrier: float) -> float:
        """How well losses on `judge_axes` agree with what was drawn, up to 1; NaN where nothing was drawn."""
        return math.nan

    def source(self) -> dict[str, object]:
        """What makes this goal another than those of its kind, for the direction's recipe; JSON-able."""
        return {}


def symmetric_grid(span: float, points: int) -> Array:
    """An odd number of alphas from -span to span, 0 among them exactly."""
    half = points // 2
    grid: Array = span * np.arange(-half, half + 1) / half
    return grid


def soft_max(losses: Tensor) -> Tensor:
    """Between mean and maximum, so that no side is bought with another."""
    return TAU * (torch.logsumexp(losses / TAU, dim=0) - math.log(len(losses)))


def missing_walls(sides: Tensor, ends: Tensor, center: float) -> Tensor:
    """By how much each end is too low for the side before it to be a valley."""
    depth = torch.relu(center - sides.detach())
    return torch.relu(sides + WALL_SHARE * depth - ends)


def uniform(stream: Generator) -> float:
    """A number in [0, 1)."""
    return float(torch.rand((), generator=stream, dtype=torch.float64))


def one_of(places: tuple[float, ...], stream: Generator) -> float:
    """One of them, each as likely."""
    return places[int(uniform(stream) * len(places))]


def column(*alphas: float) -> Array:
    """`[M, 1]`."""
    return np.array(alphas, dtype=np.float64)[:, None]
