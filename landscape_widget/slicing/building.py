"""From computed points to curves, surfaces and volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.directions.direction import Direction
from landscape_widget.shapes.scale import ceiling_of
from landscape_widget.slices import display
from landscape_widget.slices.base import Slice
from landscape_widget.slices.chebyshev import Interpolant, tensor_coords
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.nodes import Nodes, frozen_array
from landscape_widget.slices.surface import Surface
from landscape_widget.slices.volume import Volume
from landscape_widget.slicing.computing import Computed

Array = NDArray[np.float64]
Facts = Mapping[str, Any]  # what slices have in common: centre's losses, split, samples, ceiling, provenance, ...


def on_grid(directions: Sequence[Direction], axes: Sequence[Array], computed: Computed, facts: Facts) -> Slice:
    """A slice whose losses were all computed: one point of `computed` for each of the grid, alpha fastest."""
    shape = [axis.size for axis in reversed(axes)]
    return _slice_of(
        directions,
        axes,
        losses=computed.losses.reshape(shape),
        metrics={name: values.reshape(shape) for name, values in computed.metrics.items()},
        per_sample=computed.per_sample,
        facts=facts,
    )


def interpolated(
    directions: Sequence[Direction], function: Interpolant, error: float, computed: Computed, facts: Facts
) -> Slice:
    """A slice read off an interpolant, on a uniform grid for display.

    Args:
        directions: Of the axes.
        function: Through some of the points.
        error: Largest expected one, in units of `max(scale, L - L_min)`.
        computed: All points, those that only checked included.
        facts: See `Facts`.
    """
    count = display.POINTS[len(directions)]
    axes = [display.uniform_axis(axis.low, axis.high, count) for axis in function.axes]
    nodes = Nodes(frozen_array(computed.coords), frozen_array(computed.losses))
    return _slice_of(
        directions,
        axes,
        losses=display.displayed(function, axes, nodes),
        metrics=spread_metrics(function, axes, computed),
        per_sample=computed.per_sample,
        facts={**facts, "interpolant": function, "computed": nodes, "expected_error": error},
    )


def spread_metrics(function: Interpolant, axes: Sequence[Array], computed: Computed) -> dict[str, Array]:
    """Metrics are steps, not smooth: piecewise linear between the interpolant's nodes."""
    node_axes = [axis.nodes for axis in function.axes]
    places = {tuple(coord): i for i, coord in enumerate(np.round(computed.coords, 12) + 0.0)}
    order = [places[tuple(coord)] for coord in np.round(tensor_coords(node_axes), 12) + 0.0]
    shape = function.values.shape
    return {
        name: display.spread_linearly(node_axes, values[order].reshape(shape), axes)
        for name, values in computed.metrics.items()
    }


def _slice_of(
    directions: Sequence[Direction],
    axes: Sequence[Array],
    *,
    losses: Array,
    metrics: Mapping[str, Array],
    per_sample: Array | None,
    facts: Facts,
) -> Slice:
    spans = tuple((float(axis[0]), float(axis[-1])) for axis in axes)
    common = {**facts, "losses": losses, "metrics": metrics, "per_sample": per_sample}
    if common.get("ceiling") is None:
        common["ceiling"] = ceiling_of(losses)
    labels: Any = tuple(direction.label for direction in directions)
    match len(axes):
        case 1:
            return Curve(alphas=axes[0], span=spans[0], label=labels[0], **common)
        case 2:
            return Surface(alphas=axes[0], betas=axes[1], span=(spans[0], spans[1]), labels=labels, **common)
    return Volume(
        alphas=axes[0], betas=axes[1], gammas=axes[2], span=(spans[0], spans[1], spans[2]), labels=labels, **common
    )
