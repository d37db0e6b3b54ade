"""Differences in units of what another choice of samples does to a loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from landscape_widget.engine.evaluate import Engine
from landscape_widget.slices.nodes import Array

# Beyond so many standard errors it is not the samples; below this share of one it is hardly they.
TYPICAL, LOUDEST, FAINTEST = 2.5, 4.0, 0.1


def in_standard_errors(
    engine: Engine, vectors: Sequence[Tensor], coords: Array, differences: Array, *, split: str, num_theirs: int | None
) -> Array | None:
    """`[m]`: each difference over the standard error of the difference of two means over other samples.

    Args:
        engine: Computes the losses of each sample.
        vectors: Of the axes, `[P]` each.
        coords: `[m, K]`.
        differences: `[m]`, absolute.
        split: Our samples.
        num_theirs: How many the slice has; as many as ours where not known.

    Returns:
        None where the loss has no value for a sample alone, or not every one is a finite number.
    """
    shares = [
        _share(engine, vectors, coord, size, split, num_theirs) for coord, size in zip(coords, differences, strict=True)
    ]
    found = np.array([share for share in shares if share is not None])
    return found if len(found) == len(shares) and len(found) and np.isfinite(found).all() else None


def _share(
    engine: Engine, vectors: Sequence[Tensor], coord: Array, size: float, split: str, num_theirs: int | None
) -> float | None:
    objective = engine.objective
    point = objective.center.clone()
    for vector, amount in zip(vectors, coord.tolist(), strict=True):
        point.add_(vector.to(point), alpha=amount)
    with engine.gate.foreground():
        losses = objective.per_sample(point, split)
    if losses is None or len(losses) < 2 or not bool(torch.isfinite(losses).all()):
        return None
    stderr = float(losses.std()) * (1 / len(losses) + 1 / (num_theirs or len(losses))) ** 0.5
    return size / stderr if stderr else float("inf")
