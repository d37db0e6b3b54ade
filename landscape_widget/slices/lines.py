"""Lines and planes read off a slice of more dimensions: the plane is the cache, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_widget._checks import as_bounds, complaint
from landscape_widget.shapes.scale import scale_of, unit_of
from landscape_widget.slices import display
from landscape_widget.slices.chebyshev import tensor_coords
from landscape_widget.slices.nodes import Array, Nodes, frozen_array

if TYPE_CHECKING:
    from landscape_widget.slices.base import Slice
    from landscape_widget.slices.curve import Curve
    from landscape_widget.slices.surface import Surface

_SLACK = 1e-9  # in spans: a line that leaves by less does so by rounding


def along(slice_: Slice, step: Array, label: str, span: float | Sequence[float] | None) -> Curve:
    """The curve `t step` through a surface or volume; its error is the slice's.

    Args:
        slice_: With K axes.
        step: `[K]`.
        label: Of the curve.
        span: h, or (lo, hi), in lengths of the step; the longest symmetric one without.
    """
    from landscape_widget.slices.curve import Curve

    steps = _checked_steps("step", step[None, :], len(slice_.axes))
    (bounds,) = _checked_spans(slice_, steps, [span])
    axes = (display.uniform_axis(*bounds, display.POINTS[1]),)
    return Curve(alphas=axes[0], span=bounds, label=label, **_read(slice_, steps, [bounds], axes))


def plane(slice_: Slice, steps: Array, span: Any) -> Surface:
    """The surface `alpha steps[0] + beta steps[1]` through a volume; its error is the volume's.

    Args:
        slice_: With K axes.
        steps: `[2, K]`.
        span: h of both axes, or a tuple with one entry an axis; the largest symmetric one without.
    """
    from landscape_widget.slices.surface import Surface

    steps = _checked_steps("first and second", steps, len(slice_.axes))
    each = span if isinstance(span, (tuple, list)) else [span] * 2
    bounds = _checked_spans(slice_, steps, each)
    axes = tuple(display.uniform_axis(*pair, display.POINTS[2]) for pair in bounds)
    labels = tuple("(" + ", ".join(f"{part:.3g}" for part in step) + ")" for step in steps)
    return Surface(
        alphas=axes[0],
        betas=axes[1],
        span=(bounds[0], bounds[1]),
        labels=(labels[0], labels[1]),
        **_read(slice_, steps, bounds, axes),
    )


def _read(slice_: Slice, steps: Array, bounds: list[tuple[float, float]], axes: tuple[Array, ...]) -> dict[str, Any]:
    """What the part has in common with a slice that was computed."""
    center = Nodes(np.zeros((1, len(steps))), frozen_array([slice_.center_loss]))
    holds_center = all(low <= 0 <= high for low, high in bounds)
    common = {
        "center_loss": slice_.center_loss,
        "center_loss_frozen": slice_.center_loss_frozen,
        "samples": slice_.samples,
        "split": slice_.split,
        "ceiling": slice_.ceiling,
        "mined": slice_.mined,
        "provenance": {**slice_.provenance, "steps": steps.tolist()},
        "computed": center if holds_center else Nodes(np.zeros((0, len(steps))), frozen_array([])),
    }
    if slice_.interpolant is None:
        losses = _off_grid(slice_, steps, axes)
        return {**common, "losses": losses, "expected_error": _rescaled(grid_error(slice_), slice_, losses)}
    function = slice_.interpolant.part(steps, bounds)
    losses = display.signed(function.on_grid(*axes), slice_.nodes.losses)
    error = _rescaled(slice_.expected_error, slice_, losses)
    return {**common, "interpolant": function, "losses": losses, "expected_error": error}


def _rescaled(error: float, slice_: Slice, losses: Array) -> float:
    """An error in units of a slice in units of a part of it, whose scale may be smaller."""
    scale = scale_of(losses, slice_.ceiling)
    return error * max(1.0, slice_.scale / scale) if scale else error


def _off_grid(slice_: Slice, steps: Array, axes: tuple[Array, ...]) -> Array:
    points = tensor_coords(axes) @ steps
    inside = [np.clip(x, axis[0], axis[-1]) for x, axis in zip(points.T, slice_.axes, strict=True)]
    losses: Array = display.between(slice_.losses, slice_.axes, inside)
    return losses.reshape([axis.size for axis in reversed(axes)])


def grid_error(slice_: Slice) -> float:
    """What reading a plain grid linearly may miss, in units of `max(scale, L - L_min)`.

    A grid of half as many points misses four times as much; it misses what is known.
    """
    coarse = tuple(axis[::2] for axis in slice_.axes)
    inner = tuple(axis[: 2 * len(c) - 1] for axis, c in zip(slice_.axes, coarse, strict=True))
    halved = slice_.losses[tuple(slice(None, None, 2) for _ in coarse)]
    known = slice_.losses[tuple(slice(None, len(axis)) for axis in reversed(inner))]
    unit = unit_of(known, float(np.nanmin(slice_.losses)), slice_.scale)
    return float(np.nanmax(np.abs(display.spread_linearly(coarse, halved, inner) - known) / unit)) / 3


def _checked_steps(name: str, steps: Array, num_axes: int) -> Array:
    if steps.shape[1:] != (num_axes,) or not np.isfinite(steps).all() or not steps.any(axis=1).all():
        raise ValueError(complaint(name, f"{num_axes} numbers each, not all 0", steps.tolist()))
    return steps


def _checked_spans(slice_: Slice, steps: Array, spans: Sequence[Any]) -> list[tuple[float, float]]:
    """(low, high) along each step; all corners lie inside the slice."""
    reach = _reach(slice_, np.abs(steps).sum(axis=0))
    bounds = [(-reach, reach) if span is None else as_bounds("span", span) for span in spans]
    corners = tensor_coords([np.array(pair) for pair in bounds]) @ steps
    for x, (low, high) in zip(corners.T, slice_.spans, strict=True):
        slack = _SLACK * (high - low)
        if x.min() < low - slack or x.max() > high + slack:
            held = f"inside the slice, at most {reach:.4g} here"
            raise ValueError(complaint("span", held, spans[0], "Compute a slice with a larger span."))
    return bounds


def _reach(slice_: Slice, step: Array) -> float:
    """The longest h for which (-h, h) steps stay inside."""
    sizes = [min(-low, high) / s for (low, high), s in zip(slice_.spans, step, strict=True) if s > 0]
    if min(sizes) <= 0:
        raise ValueError(complaint("slice", "around the centre to be cut without a span", slice_.spans, "Give a span."))
    return float(min(sizes))
