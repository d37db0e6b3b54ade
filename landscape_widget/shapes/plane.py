"""The points of a surface as they came, checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget._checks import as_number, complaint
from landscape_widget.shapes.profile import SAME_POINT


@dataclass(frozen=True, eq=False)
class Plane:
    """The points of a surface as they came.

    Attributes:
        alphas: `[A]`, increasing.
        betas: `[B]`, increasing.
        losses: `[B, A]`; NaN and -inf are holes, inf a wall.
        noise: `[B, A]`, standard error of the paired difference to the centre.
        ceiling: A rise above the centre that counts as high; None: the whole height counts.
        center_loss: Where it is known better than from the grid.
    """

    alphas: np.ndarray
    betas: np.ndarray
    losses: np.ndarray
    noise: np.ndarray
    ceiling: float | None
    center_loss: float | None

    @property
    def holds_center(self) -> bool:
        """Whether alpha = beta = 0 lies in the span."""
        return bool(self.alphas[0] <= 0 <= self.alphas[-1] and self.betas[0] <= 0 <= self.betas[-1])

    @property
    def knows_center(self) -> bool:
        """Whether the loss at the centre is known, or can be read off finite neighbours."""
        rows, columns = _around_zero(self.betas), _around_zero(self.alphas)
        return self.center_loss is not None or bool(np.isfinite(self.losses[rows, columns]).all())

    @cached_property
    def holes(self) -> np.ndarray:
        """`[B, A]`: where nothing is known."""
        found: np.ndarray = np.isnan(self.losses) | np.isneginf(self.losses)
        return found


def checked_plane(
    alphas: ArrayLike,
    betas: ArrayLike,
    losses: ArrayLike,
    noise: ArrayLike | None,
    ceiling: float | None,
    center_loss: float | None,
) -> Plane:
    """The plane of a user's arrays; a ValueError names what makes no sense."""
    a, b = _checked_axis("alphas", alphas), _checked_axis("betas", betas)
    values = np.asarray(losses, dtype=np.float64)
    shape = (b.size, a.size)
    if values.shape != shape:
        remedy = "Pass losses.T." if values.shape == shape[::-1] else ""
        rule = f"of shape [B, A] = {shape}, alphas along the last axis"
        raise ValueError(complaint("losses", rule, values.shape, remedy))
    errors = np.zeros(()) if noise is None else np.nan_to_num(np.asarray(noise, dtype=np.float64), posinf=-1.0)
    if errors.shape not in ((), shape) or (errors < 0).any():
        rule = f"standard errors, finite and not negative, one number or {shape} like losses"
        raise ValueError(complaint("noise", rule, np.asarray(noise).tolist()))
    limit = None if ceiling is None else as_number("ceiling", ceiling, above=0.0)
    return Plane(a, b, values, np.broadcast_to(errors, shape), limit, center_loss)


def _checked_axis(name: str, values: ArrayLike) -> np.ndarray:
    axis = np.asarray(values, dtype=np.float64)
    if axis.ndim != 1 or not axis.size or not np.isfinite(axis).all() or not (np.diff(axis) > 0).all():
        raise ValueError(complaint(name, "a row of finite, increasing numbers", axis.tolist()))
    return axis


def _around_zero(axis: np.ndarray) -> slice:
    """The point at 0, or those on either side of it."""
    nearest = int(np.abs(axis).argmin())
    if abs(axis[nearest]) <= SAME_POINT * (axis[-1] - axis[0]):
        return slice(nearest, nearest + 1)
    right = int(np.searchsorted(axis, 0.0))
    return slice(right - 1, right + 1)
