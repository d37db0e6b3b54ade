"""Curves and surfaces read off what is known of a line, a plane or a volume: nothing is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.engine.adaptive import SAFETY
from landscape_widget.shapes.scale import slice_scale, unit_of
from landscape_widget.slices import display
from landscape_widget.slices.chebyshev import Interpolant, tensor_coords
from landscape_widget.slices.nodes import Nodes, frozen_array
from landscape_widget.slicing.building import spread_metrics
from landscape_widget.slicing.computing import Computed

Array = NDArray[np.float64]

SAME = 1e-9  # in spans: a point that lies so far outside does so by rounding


@dataclass(frozen=True, eq=False)
class Source:
    """An interpolant around the centre, and the points that it rests on and was checked at.

    Attributes:
        function: Over a line, a plane or a volume.
        error: Largest expected one, in units of `max(scale, L - L_min)` of the computed losses.
        computed: In the function's coordinates.
        ceiling: A rise in loss that counts as high; None: from the losses.
        is_checked: Whether the error was checked at points that are no nodes.
    """

    function: Interpolant
    error: float
    computed: Computed
    ceiling: float | None
    is_checked: bool = True

    @cached_property
    def _lowest_and_scale(self) -> tuple[float, float]:
        losses = self.computed.losses
        return float(losses.min()), slice_scale(losses, self.ceiling)

    @property
    def scale(self) -> float:
        """The height that counts among the computed losses."""
        return self._lowest_and_scale[1]

    @property
    def nats(self) -> float:
        """The expected error near the centre, in the unit of the loss."""
        return self.error * self.scale

    def errors(self, losses: Array) -> Array:
        """The expected error where the loss is this, in its unit."""
        return self.error * unit_of(losses, *self._lowest_and_scale)

    def covers(self, steps: Array, span: float) -> bool:
        """Whether all of (-span, span) along each of the steps `[k, K]` lies inside."""
        reach = span * np.abs(steps).sum(axis=0)
        return all(
            far <= min(-axis.low, axis.high) * (1 + SAME) for far, axis in zip(reach, self.function.axes, strict=True)
        )

    def losses(self, steps: Array, axes: Sequence[Array]) -> Array:
        """`[A]` or `[B, A]` on the grid of these axes, which run along the steps `[k, K]`."""
        if is_aligned(steps):
            values = self.function.on_grid(*axes)
        else:
            shape = [axis.size for axis in reversed(axes)]
            values = self.function(*self._inside(tensor_coords(axes) @ steps).T).reshape(shape)
        return display.signed(values, self.computed.losses)

    def _computed_where_met(self, axes: Sequence[Array], nodes: Nodes) -> Array:
        return display.signed(display.displayed(self.function, axes, nodes), self.computed.losses)

    def _inside(self, coords: Array) -> Array:
        low, high = np.array([[axis.low, axis.high] for axis in self.function.axes]).T
        return np.clip(coords, low, high)

    def part(self, steps: Array, span: float) -> Interpolant:
        """The interpolant along the steps `[k, K]`: itself where these are its own axes, else sampled from it."""
        if is_aligned(steps):
            return self.function
        return self.function.part(steps, [(-span, span)] * len(steps))

    def nodes(self, steps: Array, span: float) -> Nodes:
        """The computed points that lie in (-span, span) along the steps, in lengths of these."""
        coords = self.computed.coords
        found = coords @ np.linalg.pinv(steps) + 0.0
        is_on = np.abs(found @ steps - coords).max(axis=1) <= SAME * span
        is_in = np.abs(found).max(axis=1) <= span * (1 + SAME)
        kept = is_on & is_in
        return Nodes(frozen_array(np.clip(found[kept], -span, span)), frozen_array(self.computed.losses[kept]))

    def metrics(self, steps: Array, axes: Sequence[Array]) -> dict[str, Array]:
        """Metrics are steps, not smooth: piecewise linear between the nodes, and only along the own axes."""
        if not is_aligned(steps):
            return {}
        return spread_metrics(self.function, axes, self.computed)

    def relative_error(self, steps: Array, span: float, losses: Array) -> float:
        """The expected error of a part with these losses, in units of its own `max(scale, L - L_min)`."""
        if is_aligned(steps) and all(axis.high == span == -axis.low for axis in self.function.axes):
            return self.error
        own = unit_of(losses, float(losses.min()), slice_scale(losses, self.ceiling))
        return float((self.errors(losses) / own).max())

    def drawn(self, steps: Array, span: float, points: int) -> dict[str, Any]:
        """What a slice along the steps says, apart from where the numbers come from."""
        axes = [display.uniform_axis(-span, span, points)] * len(steps)
        nodes = self.nodes(steps, span)
        losses = self.losses(steps, axes) if not is_aligned(steps) else self._computed_where_met(axes, nodes)
        return {
            "axes": axes,
            "losses": losses,
            "metrics": self.metrics(steps, axes),
            "interpolant": self.part(steps, span),
            "computed": nodes,
            "expected_error": self.relative_error(steps, span, losses),
            "evaluations": len(self.computed.values),
        }


def is_aligned(steps: Array) -> bool:
    """Whether the steps `[k, K]` are the axes themselves."""
    return steps.shape[0] == steps.shape[1] and bool((steps == np.eye(len(steps))).all())


def best(sources: Sequence[tuple[Source, Array]], span: float) -> tuple[Source, Array] | None:
    """Of sources with the steps `[k, K]` in each, the one that knows all of the span, and best."""
    covering = [(source, steps) for source, steps in sources if source.covers(steps, span)]
    return min(covering, key=lambda pair: pair[0].nats, default=None)


def unchecked(function: Interpolant, computed: Computed, ceiling: float | None) -> Source:
    """A source that was not checked anywhere: it may be off as much as the level before, three times over."""
    return Source(function, _step_error(function, computed.losses, ceiling), computed, ceiling, is_checked=False)


def _step_error(function: Interpolant, losses: Array, ceiling: float | None) -> float:
    lowest, scale = float(losses.min()), slice_scale(losses, ceiling)
    steps = []
    for axis in range(len(function.axes)):
        steps.append(np.abs(function.step_error(axis)) / unit_of(function.newest(axis), lowest, scale))
    return SAFETY * float(max(step.max() for step in steps))
