"""Angles in the filter metric, and the projections that need them."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_widget.core.params import FilterMetric

# Two float32 vectors that ought to be parallel differ by a few roundings (1e-7) an entry.
_PARALLEL_IN_ROUNDINGS = 100


def length(metric: FilterMetric, vector: Tensor, name: str) -> float:
    """The norm of `vector [P]`; a ValueError if the metric sees nothing of it."""
    norm = metric.norm(vector)
    if norm > 0:
        return norm
    raise ValueError(
        f"{name} must move weights that the filter metric sees, got one that moves only biases, norms and "
        'filters that are zero at the centre. Use a direction with normalize="filter".'
    )


def cosine(metric: FilterMetric, first: Tensor, second: Tensor, *, names: tuple[str, str]) -> float:
    """Cosine of the angle of two vectors `[P]`, from -1 to 1."""
    lengths = length(metric, first, names[0]) * length(metric, second, names[1])
    return max(-1.0, min(1.0, metric.inner(first, second) / lengths))


def orthogonal_part(metric: FilterMetric, vector: Tensor, axis: Tensor, *, names: tuple[str, str]) -> Tensor:
    """`vector [P]` less its projection on `axis [P]`; entries that the metric does not see stay as they are.

    Raises:
        ValueError: If the two are parallel, or one vanishes in the metric.
    """
    before, axis_length = length(metric, vector, names[0]), length(metric, axis, names[1])
    share = metric.inner(vector, axis) / axis_length**2
    seen_axis = torch.where(metric.scale > 0, axis.double(), 0.0)
    part = (vector.double() - share * seen_axis).to(vector.dtype)
    if metric.norm(part) <= _PARALLEL_IN_ROUNDINGS * torch.finfo(vector.dtype).eps * before:
        raise ValueError(
            f"{names[0]} must not be parallel to {names[1]}, got a cosine of {1.0 if share > 0 else -1.0}. "
            "Choose another direction, or another seed."
        )
    return part
