"""The kind of a curve: how many valleys it has, and where the centre lies among them."""

from __future__ import annotations

from itertools import pairwise
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget._checks import as_number, complaint
from landscape_widget.shapes import reasons
from landscape_widget.shapes.classification import Classification, Valley
from landscape_widget.shapes.profile import SAME_POINT, Profile, center_loss_of, is_hole, profile_of
from landscape_widget.shapes.prominence import Dip

# How far from the centre the top of a w-peak may lie, as a share of the distance between its valleys.
_OFF_TOP = 0.15
_FEWEST_POINTS = 3  # an inner minimum needs a point on either side


def classify(
    alphas: ArrayLike, losses: ArrayLike, *, noise: ArrayLike | None = None, ceiling: float | None = None
) -> Classification:
    """Name the kind of a curve.

    A valley is an inner local minimum whose topological prominence is at least the noise floor,
    `max(3 noise, 1 % of min(range, ceiling))`; the borders are walls. Towards a border the loss must rise by as
    much, or steadily over three points, else the minimum may as well lie on the border and is no valley. The
    names follow arXiv 2405.12493; the thresholds are our own.

    Args:
        alphas: `[A]`, strictly increasing; need not be uniform, nor contain 0.
        losses: `[A]`. NaN is a hole and left out, inf a wall as high as the highest finite loss.
        noise: Standard error of the paired differences to the centre, one number or `[A]`. A valley is judged
            with the larger of its own and its barrier's.
        ceiling: A rise above the centre that counts as high: more than that is not told apart. Without it the
            whole height counts.

    Raises:
        ValueError: If shapes differ, alphas are not increasing, or noise or ceiling is not positive.
    """
    x, y = _checked(alphas, losses)
    errors = _checked_noise(noise, x.size)
    limit = None if ceiling is None else as_number("ceiling", ceiling, above=0.0)
    finite = int(np.isfinite(y).sum())
    if finite < _FEWEST_POINTS:
        return _unnamed("unclear", reasons.too_few(finite, x.size))
    is_inside = bool(x[0] <= 0 <= x[-1])
    center_loss = center_loss_of(x, y) if is_inside else None
    profile = profile_of(x, y, errors, center_loss=center_loss, ceiling=limit)
    dips = profile.valleys()
    if center_loss is None:
        kind = "unclear" if is_inside else "off-centre"
        reason = reasons.no_center() if is_inside else reasons.off_centre(x)
        return _unnamed(kind, reason, profile, dips)
    hidden = _hidden_between(x[is_hole(y)], profile, dips)
    if hidden:
        return _unnamed("unclear", reasons.hidden(hidden), profile, dips)
    return _named(profile, dips, holes=int(is_hole(y).sum()))


def _named(profile: Profile, dips: list[Dip], *, holes: int) -> Classification:
    kind = _kind(profile, dips)
    floor, valleys = _floor(profile, dips), _valleys(profile, dips)
    depth = _depth(profile, dips) if kind == "w-peak" else nan
    barrier = _barrier(profile, dips) if kind in ("w-basin", "vvv-basin") else nan
    height = depth if kind == "w-peak" else barrier
    reason = reasons.explain(kind, profile, valleys, height=height, floor=floor, holes=holes)
    return Classification(kind, valleys, depth, barrier, floor, reason)


def _unnamed(kind: str, reason: str, profile: Profile | None = None, dips: list[Dip] | None = None) -> Classification:
    if profile is None:
        return Classification(kind, (), nan, nan, 0.0, reason)
    dips = dips or []
    return Classification(kind, _valleys(profile, dips), nan, nan, _floor(profile, dips), reason)


def _kind(profile: Profile, dips: list[Dip]) -> str:
    if not dips:
        return _kind_without_valley(profile)
    home = [_is_home(profile, dip) for dip in dips]
    match len(dips):
        case 1:
            return "v-basin" if home[0] else "v-side"
        case 2 if any(home):
            return "w-basin"
        case 2:
            return "w-peak" if _is_on_top(profile, dips) else "w-side"
        case 3 if home[1]:
            return "vvv-basin"
    return "n-valley"


def _kind_without_valley(profile: Profile) -> str:
    """Up to its noise such a curve rises, then falls; either part may be missing."""
    losses = profile.losses
    top, bottom, last = int(losses.argmax()), int(losses.argmin()), len(losses) - 1
    drop = losses[top] - losses
    if drop[bottom] <= 0 or drop[bottom] < profile.floor(top, bottom):
        return "flat"
    is_inner_top = all(drop[end] >= profile.floor(top, end) for end in (0, last))
    return "peak" if is_inner_top else "monotone"


def _is_home(profile: Profile, dip: Dip) -> bool:
    """Whether the centre lies in this valley: about as low, and with no barrier between."""
    center, losses = _center(profile), profile.losses
    top = profile.highest(center, dip.point)
    rise = losses[top] - max(losses[center], losses[dip.point])
    is_low = losses[center] - losses[dip.point] <= profile.floor(center, dip.point)
    return bool(is_low and rise < profile.floor(top, center, dip.point))


def _is_on_top(profile: Profile, dips: list[Dip]) -> bool:
    """Whether the centre lies on the barrier between two valleys."""
    center, (left, right) = _center(profile), dips
    if not left.point < center < right.point:
        return False
    top = profile.highest(left.point, right.point)
    width = profile.alphas[right.point] - profile.alphas[left.point]
    is_high = profile.losses[top] - profile.losses[center] <= profile.floor(top, center)
    return bool(is_high and abs(profile.alphas[top]) <= _OFF_TOP * width)


def _depth(profile: Profile, dips: list[Dip]) -> float:
    return float(profile.losses[_center(profile)] - max(profile.losses[dip.point] for dip in dips))


def _barrier(profile: Profile, dips: list[Dip]) -> float:
    """The lower of the barriers between the centre's valley and the ones beside it."""
    tops = [profile.highest(left.point, right.point) for left, right in pairwise(dips)]
    return float(min(profile.losses[top] for top in tops) - profile.losses[_center(profile)])


def _floor(profile: Profile, dips: list[Dip]) -> float:
    if not dips:
        return profile.floor(int(profile.losses.argmin()), int(profile.losses.argmax()))
    return min(profile.dip_floor(dip) for dip in dips)


def _valleys(profile: Profile, dips: list[Dip]) -> tuple[Valley, ...]:
    return tuple(
        Valley(float(profile.alphas[dip.point]), float(profile.losses[dip.point]), dip.prominence) for dip in dips
    )


def _hidden_between(holes: np.ndarray, profile: Profile, dips: list[Dip]) -> int:
    """How many holes lie between the centre and the valleys: any of them could hide a barrier."""
    places = [0.0, *(float(profile.alphas[dip.point]) for dip in dips)]
    return int(((holes > min(places)) & (holes < max(places))).sum())


def _center(profile: Profile) -> int:
    if profile.center is None:
        raise RuntimeError("profile must contain the centre, got one without alpha = 0.")
    return profile.center


def _checked(alphas: ArrayLike, losses: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(alphas, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if x.ndim != 1 or not x.size:
        raise ValueError(f"alphas must be a row of at least one number, got shape {x.shape}.")
    if y.shape != x.shape:
        raise ValueError(f"losses must be [{x.size}] like alphas, got shape {y.shape}.")
    if not np.isfinite(x).all() or not (np.diff(x) > 0).all():
        remedy = "Sort both arrays by alpha: order = np.argsort(alphas)."
        raise ValueError(complaint("alphas", "finite and strictly increasing", x.tolist(), remedy))
    return np.where(np.abs(x) <= SAME_POINT * (x[-1] - x[0]), 0.0, x), y


def _checked_noise(noise: ArrayLike | None, count: int) -> np.ndarray:
    if noise is None:
        return np.zeros(count)
    errors = np.asarray(noise, dtype=np.float64)
    if errors.shape not in ((), (count,)):
        raise ValueError(f"noise must be one number or [{count}] like alphas, got shape {errors.shape}.")
    if (errors < 0).any() or np.isinf(errors).any():
        raise ValueError(complaint("noise", "standard errors, finite and not negative", errors.tolist()))
    # A standard error is NaN where the loss is: such points are holes anyway.
    return np.broadcast_to(np.nan_to_num(errors), (count,))
