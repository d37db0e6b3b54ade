"""The difference of two slices, and what they say of how they were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_widget._checks import complaint
from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slices.chebyshev import meshes
from landscape_widget.slices.nodes import Array, frozen_array

if TYPE_CHECKING:
    from landscape_widget.slices.base import Slice

# In spans: grids that differ by less are the same, arithmetic rounds.
_SAME_GRID = 1e-9
_FACTS = {
    "weights": "weights",
    "data": "data",
    "batchnorm": "BatchNorm mode",
    "mode": "mode of the model",
    "split": "split",
    "samples": "samples",
    "dtype": "dtype",
    "device": "device",
}


@dataclass(frozen=True, eq=False)
class Comparison:
    """`a - b` on the common part of their spans; prints as a short report.

    Attributes:
        coords: The coordinates of the compared points along each axis, alpha first.
        difference: `[..., A]` like losses, in the unit of the loss; NaN where either is no finite number.
        largest: The largest absolute difference; NaN where no point can be compared.
        mean: The mean absolute difference.
        relative: The largest difference in units of `max(scale, L - L_min)` of the first slice.
        where: The coordinates of the largest difference, alpha first.
        error: How far the two may be off together, because they were read between computed points.
        holes: Points at which only one of the two is a finite number.
        differences: What differs in how they were made, in words.
    """

    coords: tuple[Array, ...]
    difference: Array
    largest: float
    mean: float
    relative: float
    where: tuple[float, ...]
    error: float
    holes: int
    differences: tuple[str, ...]

    def __repr__(self) -> str:
        size = " x ".join(str(axis.size) for axis in self.coords)
        spans = ", ".join(f"{n} {c[0]:.4g} to {c[-1]:.4g}" for n, c in zip(AXIS_NAMES, self.coords, strict=False))
        lines = [f"Comparison at {size} points, {spans}", f"  {self._numbers()}"]
        if self.error:
            lines.append(f"  read between computed points: the two may be off by {self.error:.3g} together")
        if self.holes:
            lines.append(f"  {self.holes} points are NaN or inf in one of the two only")
        made = self.differences or ("nothing that the two say of how they were made",)
        return "\n".join([*lines, "  differs: " + "; ".join(made)])

    def _numbers(self) -> str:
        if not np.isfinite(self.largest):
            return "no point is a finite number in both"
        place = ", ".join(f"{name} = {at:.4g}" for name, at in zip(AXIS_NAMES, self.where, strict=False))
        return (
            f"largest difference {self.largest:.3g} at {place} ({100 * self.relative:.2g} % of the scale), "
            f"mean {self.mean:.3g}"
        )


def compare(a: Slice, b: Slice) -> Comparison:
    """The difference of two slices of one dimension on the common part of their spans.

    Where both have the same grid, point by point. Else at the points of one of them: of the one that is exact at all
    its points, or of the finer one; the other is read between its own.

    Raises:
        TypeError: If the second is no slice of the first one's dimension.
        ValueError: If the spans have no point in common.
    """
    if type(b) is not type(a):
        raise TypeError(complaint("b", f"a {type(a).__name__} like the first slice", type(b).__name__))
    coords, first, second, error = _side_by_side(a, b)
    whole = np.isfinite(first) & np.isfinite(second)
    difference = np.where(whole, np.subtract(first, second, where=whole, out=np.zeros_like(first)), np.nan)
    sizes = np.where(whole, np.abs(difference), -1.0)
    worst = np.unravel_index(int(sizes.argmax()), sizes.shape)
    return Comparison(
        coords=coords,
        difference=frozen_array(difference),
        largest=float(np.abs(difference[worst])),
        mean=float(sizes[whole].mean()) if whole.any() else float("nan"),
        relative=_relative(sizes, first, a),
        where=tuple(float(axis[place]) for axis, place in zip(coords, reversed(worst), strict=True)),
        error=error,
        holes=int((np.isfinite(first) != np.isfinite(second)).sum()),
        differences=tuple(told_apart(a, b)),
    )


def _relative(sizes: Array, losses: Array, a: Slice) -> float:
    finite = a.losses[np.isfinite(a.losses)]
    if not finite.size or not (sizes >= 0).any():
        return float("nan")
    unit = np.maximum(a.scale, losses - finite.min())
    shares = np.divide(sizes, unit, where=(sizes > 0) & (unit > 0), out=np.zeros_like(sizes))
    return float(shares.max()) if (unit[sizes > 0] > 0).all() else float("inf")


def _side_by_side(a: Slice, b: Slice) -> tuple[tuple[Array, ...], Array, Array, float]:
    """Coordinates of the points to compare, the losses of both, and how far these may be off together."""
    if all(_same(x, y) for x, y in zip(a.axes, b.axes, strict=True)):
        return a.axes, a.losses, b.losses, a.error + b.error
    coords, error = _common(a, b)
    points = meshes(coords)
    return coords, np.asarray(a.at(*points)), np.asarray(b.at(*points)), error


def _common(a: Slice, b: Slice) -> tuple[tuple[Array, ...], float]:
    """The coordinates of the points to compare where grids differ, and how far the losses there may be off."""
    mine, theirs = a.axes, b.axes
    limits = [_overlap(*pair) for pair in zip(AXIS_NAMES, mine, theirs, strict=False)]
    inside = [[_between(x, *limit) for x, limit in zip(axes, limits, strict=True)] for axes in (mine, theirs)]
    sizes = [float(np.prod([axis.size for axis in axes])) for axes in inside]
    rank = [(bool(s.is_exact.all()) and size > 0, size) for s, size in zip((a, b), sizes, strict=True)]
    chosen = 0 if rank[0] >= rank[1] else 1
    if not sizes[chosen]:  # the common part lies between points of both
        return tuple(np.array([sum(limit) / 2]) for limit in limits), reading_error(a) + reading_error(b)
    errors = [reading_error(a), reading_error(b)]
    errors[chosen] = (a, b)[chosen].error
    return tuple(inside[chosen]), sum(errors)


def _same(x: Array, y: Array) -> bool:
    return x.size == y.size and bool(np.abs(x - y).max() <= _SAME_GRID * max(np.ptp(x), _SAME_GRID))


def _overlap(name: str, x: Array, y: Array) -> tuple[float, float]:
    low, high = max(float(x[0]), float(y[0])), min(float(x[-1]), float(y[-1]))
    if low <= high:
        return low, high
    spans = f"{x[0]:.4g} to {x[-1]:.4g} and {y[0]:.4g} to {y[-1]:.4g}"
    raise ValueError(f"b must share a part of the span, got {name} from {spans}. Compute one that overlaps.")


def _between(axis: Array, low: float, high: float) -> Array:
    slack = _SAME_GRID * (high - low)
    return np.clip(axis[(axis >= low - slack) & (axis <= high + slack)], low, high)


def reading_error(slice_: Slice) -> float:
    """How far `.at` may be off between the points of the grid.

    An interpolant says so itself. Linear reading between computed points is off by an eighth of the second
    difference where the curvature changes little from cell to cell; the axes add up.
    """
    error = float(slice_.error)
    if not slice_.is_exact.all():
        return error
    for axis in range(slice_.losses.ndim):
        bends = np.abs(np.diff(slice_.losses, n=2, axis=axis)) if slice_.losses.shape[axis] > 2 else np.zeros(0)
        finite = bends[np.isfinite(bends)]
        error += float(finite.max()) / 8 if finite.size else 0.0
    return error


def told_apart(a: Slice, b: Slice) -> list[str]:
    """What differs in the provenance of two slices, and what only one of them knows."""
    mine, theirs = _facts(a), _facts(b)
    words = [
        f"{words} ({_short(mine[key])} and {_short(theirs[key])})"
        for key, words in _FACTS.items()
        if mine.get(key) and theirs.get(key) and mine[key] != theirs[key]
    ]
    words += _directions(mine.get("directions") or (), theirs.get("directions") or ())
    for name, facts, other in (("first", mine, theirs), ("second", theirs, mine)):
        unknown = [key for key in (*_FACTS, "directions") if other.get(key) and not facts.get(key)]
        if unknown:
            words.append(f"not known of the {name}: {', '.join(_FACTS.get(key, key) for key in unknown)}")
    return words


def _facts(slice_: Slice) -> dict[str, Any]:
    samples = list(slice_.samples) if slice_.samples else None
    return {**slice_.provenance, "split": slice_.split, "samples": samples}


def _directions(mine: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which axes lie along other directions, or in another unit."""
    if not mine or not theirs:
        return []
    hashes = [[record.get("hash") for record in records] for records in (mine, theirs)]
    if hashes[0] != hashes[1] and hashes[0] == hashes[1][::-1]:
        return ["the axes, which are swapped"]
    words = []
    for name, x, y in zip(AXIS_NAMES, mine, theirs, strict=False):
        units = x.get("normalization"), y.get("normalization")
        if units[0] != units[1]:
            words.append(f"normalisation of {name} ({units[0]} and {units[1]})")
        if x.get("hash") != y.get("hash"):
            words.append(f"direction {name} ({x.get('label')} and {y.get('label')})")
    return words


def _short(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) == 2:
        used, total = value
        return f"{used} of {total}" if total is not None else f"{used} of a stream"
    return str(value)
