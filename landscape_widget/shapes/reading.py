"""Reading between the points of a plain grid, so that valleys that run across it stay connected.

A straight line between two points on either side of a narrow valley lies above its floor: a valley across the grid
would look like a row of separate pits. So the reading is bent as its neighbours are, by the smaller of the second
differences at both ends of a cell, and straight where these differ in sign, as at the foot of a cliff (the minmod
limiter of shock-capturing schemes). Exact for quadratics away from the border.
"""

from __future__ import annotations

import numpy as np


def read_grid(
    axes: tuple[np.ndarray, np.ndarray], values: np.ndarray, at: tuple[np.ndarray, np.ndarray], *, bent: bool
) -> np.ndarray:
    """`[B', A']`: finite values `[B, A]` on another grid inside this one; never below the least or above the greatest.

    Args:
        axes: Alphas `[A]` and betas `[B]`.
        values: `[B, A]`.
        at: Alphas `[A']` and betas `[B']`.
        bent: Else straight: bilinear.
    """
    (alphas, betas), (new_alphas, new_betas) = axes, at
    rows_first = _along(betas, _along(alphas, values, new_alphas, bent=bent).T, new_betas, bent=bent).T
    columns_first = _along(alphas, _along(betas, values.T, new_betas, bent=bent).T, new_alphas, bent=bent)
    # The limiter makes the order count; the mean makes a surface and its transpose the same.
    read: np.ndarray = np.clip((rows_first + columns_first) / 2, values.min(), values.max())
    return read


def _along(x: np.ndarray, y: np.ndarray, at: np.ndarray, *, bent: bool) -> np.ndarray:
    """`[..., A']`: values `[..., A]` at `x [A]`, read at other places along the last axis."""
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    before, after = at - x[left], x[left + 1] - at
    straight: np.ndarray = (y[..., left] * after + y[..., left + 1] * before) / (before + after)
    if not bent or len(x) < 4:
        return straight
    bends = _bends(x, y)
    bent_by = _lesser(bends[..., left], bends[..., left + 1]) * before * after / 2
    return np.asarray(straight - bent_by)


def _bends(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`[..., A]`: second derivative at each point; at both ends the lesser one of the next two points."""
    slopes = np.diff(y) / np.diff(x)
    inner = 2 * np.diff(slopes) / (x[2:] - x[:-2])
    ends = _lesser(inner[..., [0, -1]], inner[..., [1, -2]])
    return np.concatenate([ends[..., :1], inner, ends[..., 1:]], axis=-1)


def _lesser(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The one nearer to 0; 0 where the signs differ."""
    lesser = np.minimum(np.abs(first), np.abs(second))
    return np.where(first * second > 0, np.sign(first) * lesser, 0.0)
