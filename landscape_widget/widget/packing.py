"""Numbers and arrays as they travel: checked, narrowed to float32, little-endian bytes with their shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget._checks import as_number, complaint

VERSION = 1  # the reader refuses every other one

Frame = dict[str, Any]


def loss_ends(loss_limits: tuple[float, float], scale: str) -> list[float]:
    """The two ends of a loss axis."""
    low, high = (as_number("loss_limits", value) for value in loss_limits)
    if low >= high:
        raise ValueError(complaint("loss_limits", "two numbers, the smaller first", tuple(loss_limits)))
    if scale == "log" and low <= 0:
        remedy = "Begin them at the smallest positive loss, or take scale='linear'."
        raise ValueError(complaint("loss_limits", "above 0 on a log scale", tuple(loss_limits), remedy))
    return [low, high]


def share_or_none(progress: float | None) -> float | None:
    """From 0 to 1."""
    if progress is None:
        return None
    share = as_number("progress", progress)
    if not 0 <= share <= 1:
        raise ValueError(complaint("progress", "a share from 0 to 1", progress))
    return share


def finite_or_none(value: float | None) -> float | None:
    """JSON has no NaN: a loss that is not finite goes as none."""
    return None if value is None or not math.isfinite(value) else float(value)


def axis_array(name: str, values: ArrayLike, *, at_least: int = 1) -> NDArray[np.float32]:
    """`[A]`, finite and increasing."""
    axis = np.asarray(values, dtype=np.float64)
    if axis.ndim != 1 or axis.size < at_least:
        raise ValueError(complaint(name, f"one row of at least {at_least} numbers", f"shape {axis.shape}"))
    narrow = axis.astype("<f4")
    if not np.all(np.isfinite(narrow)) or np.any(np.diff(narrow) <= 0):
        raise ValueError(complaint(name, "finite and increasing", axis.tolist()))
    return narrow


def value_array(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Of this shape; NaN and infinite ones as they are."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(complaint(name, f"of shape {shape}", f"shape {array.shape}"))
    with np.errstate(over="ignore"):  # beyond float32: infinite, and drawn as a hole
        return array.astype("<f4")


def mask_array(computed: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """1 and 0 of this shape; all 1 for None."""
    if computed is None:
        return np.ones(shape, dtype="|u1")
    mask = np.asarray(computed)
    if mask.dtype != np.bool_ or mask.shape != shape:
        got = f"{mask.dtype} of shape {mask.shape}"
        raise ValueError(complaint("computed", f"bool of shape {shape}", got))
    return mask.astype("|u1")


def packed(arrays: dict[str, NDArray[Any]]) -> Frame:
    """Name -> dtype, shape and bytes."""
    return {
        name: {"dtype": array.dtype.str, "shape": list(array.shape), "data": array.tobytes()}
        for name, array in arrays.items()
    }
