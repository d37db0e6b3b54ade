"""Is the mined slice of the wanted kind? Asked on one part of the data at a time, with its own noise."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from torch import Tensor

from landscape_widget.core.objective import PointValue
from landscape_widget.engine.evaluate import Engine
from landscape_widget.mining.goals import Array, Found, Goal
from landscape_widget.mining.plane_goals import AGREEMENT
from landscape_widget.mining.slope import point_at
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.scale import ceiling_of
from landscape_widget.shapes.surfaces import classify_plane

POINTS_A_STEP = 4


@dataclass(frozen=True)
class Judgement:
    """A mined slice on one part of the data.

    Attributes:
        classification: With the noise of the differences to the centre, where it is known.
        center_loss: In nats.
        lowest: Least finite loss of the slice.
        height: What the kind is measured by, in nats: depth, barrier; NaN for other kinds.
        agreement: With what the user drew, up to 1; NaN where nothing was drawn.
        is_shown: It is of the wanted kind, and by more than its noise.
        has_noise: Whether the losses of single samples were to be had.
        num_points: Points computed.
    """

    classification: Found
    center_loss: float
    lowest: float
    height: float
    agreement: float
    is_shown: bool
    has_noise: bool
    num_points: int


@dataclass(frozen=True)
class Place:
    """Directions around the centre, and the part of the data on which the loss is taken.

    Attributes:
        engine: Computes points; the caller holds its gate.
        directions: `[K, P]` on the objective's device.
        split: Of the data.
        units: Of the split; None for all.
    """

    engine: Engine
    directions: Tensor
    split: str = "train"
    units: Tensor | None = None

    @cached_property
    def _axes(self) -> list[Tensor]:
        return list(self.directions)  # the same tensors for all points, which share what they can

    def values(self, coords: Array) -> list[PointValue]:
        """The losses at `coords [M, K]`."""
        return list(self.engine.evaluate(self._axes, coords, split=self.split, units=self.units))

    def per_sample(self, coord: Sequence[float]) -> Tensor | None:
        """`[n]`: each sample's own loss; None where there are none."""
        objective = self.engine.objective
        point = point_at(objective.center, self.directions, coord)
        return objective.per_sample(point, self.split, units=self.units)


def trace(place: Place, coords: Array, *, center: PointValue | None = None) -> Generator[None, None, list[PointValue]]:
    """The values at `coords [M, K]`; pauses after a few points. `center` is the value at 0, where it is known."""
    is_wanted = np.any(coords != 0, axis=1) if center is not None else np.full(len(coords), True)
    found: list[PointValue] = []
    wanted = coords[is_wanted]
    for first in range(0, len(wanted), POINTS_A_STEP):
        found += place.values(wanted[first : first + POINTS_A_STEP])
        yield
    computed = iter(found)
    return [next(computed) if wants or center is None else center for wants in is_wanted.tolist()]


def judge(place: Place, goal: Goal, *, barrier: float, ceiling: float | None) -> Generator[None, None, Judgement]:
    """Compute and classify a slice on one part of the data; pauses after each point.

    Args:
        place: Where, and on which data.
        goal: What was mined.
        barrier: B0 in nats.
        ceiling: A rise in loss that counts as high; None: as the losses of the slice suggest.
    """
    axes = goal.judge_axes()
    (center,) = place.values(np.zeros((1, goal.num_axes)))
    yield
    coords = np.stack([mesh.ravel() for mesh in np.meshgrid(*axes, indexing="xy")], axis=1)
    values = yield from trace(place, coords, center=center)
    losses = np.array([value.loss for value in values]).reshape([len(axis) for axis in reversed(axes)])
    high = ceiling_of(losses) if ceiling is None else ceiling
    look = _judged_curve if goal.num_axes == 1 else _judged_plane
    found, num_looks = yield from look(place, goal, losses, center.loss, high)
    height, agreement = goal.height(found, center.loss), goal.agreement(losses, barrier)
    is_drawn = agreement >= AGREEMENT
    return Judgement(
        classification=found,
        center_loss=center.loss,
        lowest=float(np.nanmin(losses)) if np.isfinite(losses).any() else math.nan,
        height=height,
        agreement=agreement,
        is_shown=is_drawn or (goal.is_shown_by(found) and height > found.noise_floor),
        has_noise=num_looks > 0,
        num_points=len(coords) + 1 + num_looks,
    )


def _judged_curve(
    place: Place, goal: Goal, losses: Array, center: float, ceiling: float | None
) -> Generator[None, None, tuple[Found, int]]:
    """The kind, with the noise at its turning points; and at how many points that was computed."""
    (alphas,) = goal.judge_axes()
    rough = classify(alphas, losses, ceiling=ceiling)
    places = _turning_points(alphas, losses, [valley[0] for valley in rough.valleys])
    errors = yield from _paired_errors(place, alphas[places][:, None])
    noise = None if errors is None else np.interp(alphas, alphas[places], errors)
    return classify(alphas, losses, noise=noise, ceiling=ceiling), 0 if errors is None else len(places)


def _judged_plane(
    place: Place, goal: Goal, losses: Array, center: float, ceiling: float | None
) -> Generator[None, None, tuple[Found, int]]:
    """The same for a plane; its noise is read between the points where the shape is made."""
    alphas, betas = goal.judge_axes()
    errors = yield from _paired_errors(place, goal.fixed)
    noise = None if errors is None else plane_noise(alphas, betas, goal.fixed, errors)
    found = classify_plane(alphas, betas, losses, noise=noise, ceiling=ceiling, center_loss=center)
    return found, 0 if errors is None else len(goal.fixed)


def plane_noise(alphas: Array, betas: Array, coords: Array, errors: Array) -> Array:
    """`[B, A]`: errors known on rings around the centre (`coords [M, 2]`), read between them by angle and distance.

    0 at the centre; beyond the last ring as on it.
    """
    mesh_a, mesh_b = np.meshgrid(alphas, betas)
    distance, angle = np.hypot(mesh_a, mesh_b), np.arctan2(mesh_b, mesh_a)
    of_coords = np.linalg.norm(coords, axis=1).round(6)
    noise, inner, before = np.zeros_like(distance), 0.0, np.zeros_like(distance)
    for radius in np.unique(of_coords):
        on_ring = of_coords == radius
        angles = np.arctan2(coords[on_ring, 1], coords[on_ring, 0])
        ring = np.interp(angle, angles, errors[on_ring], period=2 * np.pi)
        share = np.clip((distance - inner) / (radius - inner), 0, 1)
        noise = np.where(distance > inner, before + share * (ring - before), noise)
        inner, before = float(radius), ring
    return noise


def _turning_points(alphas: Array, losses: Array, valleys: Sequence[float]) -> list[int]:
    """Indices of the centre, the valleys, and the highest point between each two of these."""
    marks = sorted({len(alphas) // 2, *(int(np.abs(alphas - alpha).argmin()) for alpha in valleys)})
    heights = np.where(np.isfinite(losses), losses, -math.inf)
    tops = [a + int(heights[a : b + 1].argmax()) for a, b in pairwise(marks)]
    return sorted({*marks, *tops})


def _paired_errors(place: Place, coords: Array) -> Generator[None, None, Array | None]:
    """Standard errors of the mean difference to the centre at `coords [M, K]`, sample by sample."""
    center = place.per_sample([0.0] * coords.shape[1])
    if center is None or len(center) < 2:
        return None
    errors = []
    for coord in coords.tolist():
        losses = place.per_sample(coord)
        if losses is None:
            return None
        errors.append(float((losses - center).std()) / math.sqrt(len(center)))
        yield
    return np.array(errors)
