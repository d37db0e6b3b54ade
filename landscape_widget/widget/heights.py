"""From losses to what a 3D view draws: heights, scales, colours, and the words that say what was done."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_widget._checks import complaint

Array = NDArray[np.float64]

# Five decades below the top: a loss that reaches 0 would else pull the log axis down without end.
LOG_DECADES = 5.0
# A wall this many times as high as the ceiling is cut, so that what lies around the centre can be seen.
CLIP_CEILINGS = 4.0
# The anchors of js/src/colormap.ts (viridis at 0, 1/8, ..., 1), linear between: one table for all views.
ANCHORS = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
LIGHT = np.array([-0.45, 0.78, -0.43])  # where it comes from, right, up, back; of length 1
TABLE = np.array([[int(anchor[k : k + 2], 16) / 255 for k in (1, 3, 5)] for anchor in ANCHORS])


@dataclass(frozen=True, eq=False)
class HeightMap:
    """Losses made ready to be drawn.

    Attributes:
        heights: `[B, A]`, losses or their log10, within `limits`; NaN where there is nothing to draw.
        limits: The lowest and the highest height of the axis.
        is_log: Heights are log10 of the losses.
        note: What was done to the losses, in words; empty where nothing was.
    """

    heights: Array
    limits: tuple[float, float]
    is_log: bool
    note: str

    @property
    def fractions(self) -> Array:
        """Heights from 0 (bottom of the axis) to 1 (top); NaN stays."""
        low, high = self.limits
        return (self.heights - low) / (high - low)


def height_map(losses: Array, limits: tuple[float, float], *, log: bool = False) -> HeightMap:
    """Clip losses `[B, A]` at the limits of the axis, on a linear or a log10 scale.

    NaN and inf stay holes: they are counted, never filled in.
    """
    low, high = _checked_limits(limits)
    if log and high <= 0:
        return _linear(losses, low, high, "no log height: no positive loss")
    return _log(losses, low, high) if log else _linear(losses, low, high, "")


def colors(fractions: Array) -> Array:
    """Red, green, blue `[N, 3]` from 0 to 1 for `fractions` of any shape with N entries; grey where NaN."""
    flat = np.asarray(fractions, dtype=float).ravel()
    known = np.isfinite(flat)
    stops = np.linspace(0, 1, len(TABLE))
    table = np.full((flat.size, 3), 0.5)
    for channel in range(3):
        table[known, channel] = np.interp(flat[known], stops, TABLE[:, channel])
    return table


def shade(fractions: Array, *, steepness: float = 1.0) -> Array:
    """Brightness `[B, A]` from 0 to 1 of a surface in light from the upper left; 1 where NaN is near.

    Args:
        fractions: Heights from 0 to 1 over a square floor of side 1.
        steepness: The height of the drawn box over its width.
    """
    rows, columns = fractions.shape
    down, right = np.gradient(fractions * steepness, 1 / (rows - 1), 1 / (columns - 1))
    facing = (-right * LIGHT[0] + LIGHT[1] - down * LIGHT[2]) / np.sqrt(1 + right**2 + down**2)
    bright: Array = np.nan_to_num(np.clip(facing, 0, 1), nan=1.0)
    return bright


def shade_of(normals: Array) -> Array:
    """Brightness `[N]` from 0 to 1 in the same light, for unit normals `[N, 3]`; both sides of a sheet are lit."""
    bright: Array = np.abs(normals @ LIGHT)
    return bright


def grid_triangles(is_hole: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Two triangles `[T, 3]` for each cell of a grid `[B, A]`, index `b * A + a`, but none with a hole."""
    rows, columns = is_hole.shape
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    corners: NDArray[np.uint32] = np.stack([a, c, d, a, d, b], axis=-1).reshape(-1, 3)
    kept: NDArray[np.uint32] = corners[~is_hole.ravel()[corners].any(axis=1)]
    return kept


def ticks(low: float, high: float, *, is_log: bool, count: int = 5) -> list[tuple[float, str]]:
    """Round values between two heights with their text: losses, also where heights are log10 of them."""
    if is_log and high - low >= 1.5:
        return [(float(power), _number(10.0**power)) for power in range(math.ceil(low), math.floor(high) + 1)]
    if is_log:
        within = ticks(10**low, 10**high, is_log=False, count=count)
        return [(math.log10(value), text) for value, text in within if value > 0]
    step = _round_step((high - low) / count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, _number(k * step)) for k in range(first, last + 1)]


def axis_power(low: float, high: float) -> int:
    """The power of ten by which an axis must be multiplied so that one decimal tells its ticks apart.

    ipyvolume writes every tick with one decimal: -0.02 ... 0.02 would read 0.0 five times.
    """
    span = high - low
    if 0.5 <= span < 1000:
        return 0
    return -math.floor(math.log10(span))


def _linear(losses: Array, low: float, high: float, reason: str) -> HeightMap:
    heights = np.where(np.isfinite(losses), losses, np.nan)
    above, below = int(np.sum(heights > high)), int(np.sum(heights < low))
    notes = [reason, _clip_note(high, above, "higher"), _clip_note(low, below, "lower"), _hole_note(heights)]
    return HeightMap(np.clip(heights, low, high), (low, high), False, _joined(notes))


def _log(losses: Array, low: float, high: float) -> HeightMap:
    floor = low if low > 0 else _smallest_positive(losses, high)
    floor = max(floor, high * 10**-LOG_DECADES)
    mapped = _linear(losses, floor, high, "log height")
    limits = (math.log10(floor), math.log10(high))
    return HeightMap(np.log10(mapped.heights), limits, True, mapped.note)


def _smallest_positive(losses: Array, high: float) -> float:
    positive = losses[np.isfinite(losses) & (losses > 0)]
    smallest = float(positive.min()) if positive.size else high
    return smallest if smallest < high else high / 10


def _checked_limits(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(limit) for limit in limits)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(complaint("limits", "two finite numbers, the lower one first", limits))
    return (low, max(high, low + _least_range(low)))


def _least_range(low: float) -> float:
    """An axis of no height cannot be drawn: a millionth of the loss, or of 1."""
    return 1e-6 * max(abs(low), 1.0)


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9)) * power


def _number(value: float) -> str:
    return f"{value:.3g}"


def _clip_note(limit: float, count: int, word: str) -> str:
    return f"clipped at {_number(limit)}: {count} {_points(count)} {word}" if count else ""


def _hole_note(heights: Array) -> str:
    count = int(np.isnan(heights).sum())
    return f"{count} {_points(count)} not finite (holes)" if count else ""


def _points(count: int) -> str:
    return "point" if count == 1 else "points"


def _joined(notes: list[str]) -> str:
    return "; ".join(note for note in notes if note)
