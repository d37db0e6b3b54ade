"""A curve made ready for judging: holes left out, walls finite, the centre among its points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_widget.shapes.heights import Heights
from landscape_widget.shapes.prominence import Dip, find_dips
from landscape_widget.shapes.scale import scale_of

# So close, in spans, two alphas are one: np.linspace(-0.3, 1.7, 41) holds 5e-17 where it means 0.
SAME_POINT = 1e-9
# So many points in a row, each above the last, are no accident.
STEADY_STEPS = 3


@dataclass(frozen=True, eq=False)
class Profile:
    """What is judged: finite points in order of alpha, with alpha = 0 among them where the span contains it.

    Attributes:
        alphas: `[A]`.
        heights: Of these points.
        center: Index of alpha = 0, or None.
    """

    alphas: np.ndarray
    heights: Heights
    center: int | None

    @property
    def losses(self) -> np.ndarray:
        """`[A]`, finite."""
        return self.heights.losses

    def floor(self, *points: int) -> float:
        """The least difference in loss that counts between these points (at least one)."""
        return self.heights.floor(*points)

    def valleys(self) -> list[Dip]:
        """The dips that count: as prominent as their floor, below the cap, with their bottom inside the span."""
        dips = find_dips(self.losses, np.abs(self.alphas))
        return [dip for dip in dips if self._counts(dip) and self._is_inside(dip)]

    def dip_floor(self, dip: Dip) -> float:
        """The least prominence that makes this dip a valley."""
        return self.floor(dip.point, dip.barrier)

    def _counts(self, dip: Dip) -> bool:
        return self.heights.capped(dip.point, dip.prominence) >= self.dip_floor(dip)

    def _is_inside(self, dip: Dip) -> bool:
        """Whether the bottom is told apart from a minimum on the border.

        Where no deeper ground lies on the way to the border, the curve has to rise by the floor, or steadily: the
        floor is a share of the highest barrier, and the outer wall of a good model's basin may be lower than that.
        """
        ways = (range(dip.point, -1, -1), range(dip.point, len(self.losses)))
        return all(self._rises(way, self.dip_floor(dip)) for way in ways)

    def _rises(self, way: range, floor: float) -> bool:
        losses = self.losses[list(way)]
        if losses.min() < losses[0] or losses.max() - losses[0] >= floor:
            return True
        is_steady = len(losses) > STEADY_STEPS and bool((np.diff(losses) >= 0).all())
        return is_steady and bool(losses[-1] - losses[0] > self.heights.error(way[0], way[-1]))

    def highest(self, first: int, last: int) -> int:
        """Index of the greatest loss between two points, ends included; of equal ones the nearest to 0."""
        low, high = sorted((first, last))
        part = self.losses[low : high + 1]
        tops = low + np.flatnonzero(part == part.max())
        return int(min(tops, key=lambda point: abs(self.alphas[point])))


def profile_of(
    alphas: np.ndarray,
    losses: np.ndarray,
    noise: np.ndarray,
    *,
    center_loss: float | None,
    ceiling: float | None,
) -> Profile:
    """The profile of checked arrays `[A]`, of which at least one loss is finite.

    Args:
        alphas: Strictly increasing.
        losses: NaN is left out, +inf is a wall.
        noise: Standard errors, 0 where unknown.
        center_loss: Loss at alpha = 0, or None where the span does not contain it.
        ceiling: A rise above the centre that counts as high.
    """
    scale = scale_of(losses, ceiling)
    known = ~is_hole(losses)
    alphas, losses, noise = alphas[known], losses[known], noise[known]
    losses = np.minimum(losses, losses[np.isfinite(losses)].max())
    place = int(np.searchsorted(alphas, 0.0))
    if center_loss is not None and alphas[place] != 0:
        noise = np.insert(noise, place, np.interp(0.0, alphas, noise))
        losses = np.insert(losses, place, center_loss)
        alphas = np.insert(alphas, place, 0.0)
    base = float(losses.min()) if center_loss is None else center_loss
    cap = np.inf if ceiling is None else base + ceiling
    return Profile(alphas, Heights(losses, noise, scale, cap), None if center_loss is None else place)


def including_center(alphas: np.ndarray, losses: np.ndarray, center_loss: float) -> tuple[np.ndarray, np.ndarray]:
    """The same curve with the exact loss at alpha = 0 among its points, where the span contains it.

    A grid may step over the centre, whose loss is known all the same: better than a value read between points.
    """
    alphas, losses = np.asarray(alphas, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if not alphas[0] < 0 < alphas[-1] or np.abs(alphas).min() <= SAME_POINT * (alphas[-1] - alphas[0]):
        return alphas, losses
    place = int(np.searchsorted(alphas, 0.0))
    return np.insert(alphas, place, 0.0), np.insert(losses, place, center_loss)


def is_hole(losses: np.ndarray) -> np.ndarray:
    """Where nothing is known of the loss: NaN and -inf. An infinite loss is known to be high."""
    holes: np.ndarray = np.isnan(losses) | np.isneginf(losses)
    return holes


def center_loss_of(alphas: np.ndarray, losses: np.ndarray) -> float | None:
    """Loss at alpha = 0: a point, or read between its neighbours; None where either is no finite number.

    Between points a cubic through up to four of them is used, because a straight line lies above a valley's
    bottom; it is kept between its two neighbours, so that it makes no valley or peak of its own.
    """
    place = int(np.searchsorted(alphas, 0.0))
    if alphas[place] == 0:
        return float(losses[place]) if np.isfinite(losses[place]) else None
    beside = losses[place - 1 : place + 1]
    if not np.isfinite(beside).all():
        return None
    near = slice(max(place - 2, 0), place + 2)
    finite = np.isfinite(losses[near])
    value = _lagrange_at_zero(alphas[near][finite], losses[near][finite])
    return float(np.clip(value, beside.min(), beside.max()))


def _lagrange_at_zero(x: np.ndarray, y: np.ndarray) -> float:
    """The polynomial through all points, at 0."""
    weights = [np.prod([other / (other - own) for other in np.delete(x, i)]) for i, own in enumerate(x)]
    return float(np.dot(weights, y))
