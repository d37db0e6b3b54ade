"""Slices made of arrays that were computed elsewhere: nothing is known of them but their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget._checks import complaint
from landscape_widget.slices.nodes import Array, checked_axis, frozen_array

if TYPE_CHECKING:  # the classes themselves offer these functions
    from landscape_widget.slices.curve import Curve
    from landscape_widget.slices.surface import Surface

ORIGIN = "from arrays"
# So far from 0, in cells, a grid point still is the centre: arithmetic rounds.
_ON_CENTER = 1e-6


def curve_from_arrays(
    alphas: ArrayLike,
    losses: ArrayLike,
    *,
    metrics: Mapping[str, ArrayLike] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Curve:
    """A curve of unknown origin; its centre's loss is that at alpha = 0, NaN where that is no point of the grid.

    Args:
        alphas: `[A]`, increasing.
        losses: `[A]`; NaN marks a hole.
        metrics: Name -> `[A]`.
        provenance: What is known of it besides.

    Raises:
        TypeError: If they are no numbers.
        ValueError: If alphas do not increase, or shapes differ.
    """
    from landscape_widget.slices.curve import Curve

    (axis,), values = _checked({"alphas": alphas}, losses)
    return Curve(
        alphas=axis,
        losses=values,
        span=(float(axis[0]), float(axis[-1])),
        **_unknown([axis], values, metrics, provenance),
    )


def surface_from_arrays(
    alphas: ArrayLike,
    betas: ArrayLike,
    losses: ArrayLike,
    *,
    metrics: Mapping[str, ArrayLike] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Surface:
    """A surface of unknown origin; as `curve_from_arrays`, with `losses [B, A]`: one row for each beta."""
    from landscape_widget.slices.surface import Surface

    (first, second), values = _checked({"alphas": alphas, "betas": betas}, losses)
    return Surface(
        alphas=first,
        betas=second,
        losses=values,
        span=((float(first[0]), float(first[-1])), (float(second[0]), float(second[-1]))),
        **_unknown([first, second], values, metrics, provenance),
    )


def _unknown(
    axes: Sequence[Array],
    losses: Array,
    metrics: Mapping[str, ArrayLike] | None,
    provenance: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What slices of every dimension say when little is known; no split, and samples that nobody counted."""
    return {
        "center_loss": _at_center(axes, losses),
        "samples": None,
        "split": "",
        "evaluations": losses.size,
        "metrics": {name: frozen_array(values) for name, values in (metrics or {}).items()},
        "provenance": {"origin": ORIGIN, **(provenance or {})},
    }


def _checked(coordinates: Mapping[str, ArrayLike], losses: ArrayLike) -> tuple[list[Array], Array]:
    axes = [checked_axis(name, _numbers(name, values)) for name, values in coordinates.items()]
    array, shape = _numbers("losses", losses), tuple(axis.size for axis in reversed(axes))
    if array.shape == shape:
        return axes, array
    remedy = "Pass losses.T." if array.shape == shape[::-1] else ""
    letters = ", ".join(("A", "B", "C")[: len(axes)][::-1])
    raise ValueError(
        complaint("losses", f"of shape [{letters}] = {shape}, alphas along the last axis", array.shape, remedy)
    )


def _numbers(name: str, values: ArrayLike) -> Array:
    try:
        raw = np.asarray(values)
        if raw.dtype.kind in "fiub":
            return frozen_array(raw)
    except (TypeError, ValueError, RuntimeError):  # ragged lists, tensors with a gradient or on a GPU
        pass
    remedy = "Of a tensor take tensor.detach().cpu().numpy()."
    raise TypeError(complaint(name, "an array of real numbers", type(values).__name__, remedy))


def _at_center(axes: Sequence[Array], losses: Array) -> float:
    """The loss where all coordinates are 0; NaN if that is no point of the grid."""
    places = []
    for axis in axes:
        nearest = int(np.abs(axis).argmin())
        cell = float(np.diff(axis).min()) if axis.size > 1 else 1.0
        if abs(axis[nearest]) > _ON_CENTER * cell:
            return float("nan")
        places.append(nearest)
    return float(losses[tuple(reversed(places))])
