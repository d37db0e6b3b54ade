"""The axes of curve and surface from two or three sources and a mixing angle."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from landscape_widget._checks import as_number
from landscape_widget.core.params import FilterMetric
from landscape_widget.directions.direction import Direction, home_of
from landscape_widget.directions.metric import Seen
from landscape_widget.directions.recipes import hull, orthogonal
from landscape_widget.directions.vectors import check_same_space

_ROUNDING = 1e-12  # cos(90 degrees) is 6e-17 in float64


@dataclass(frozen=True, eq=False)
class Axes:
    """The two directions that a curve (the first) and a surface (both) lie along.

    Attributes:
        lengths: Of the two, in the filter metric.
        cosine: Of the angle between them, in the filter metric.
    """

    d1: Direction
    d2: Direction
    lengths: tuple[float, float]
    cosine: float


def mix(a: Direction, b: Direction, c: Direction | None, degrees: float) -> Axes:
    """`d1 = cos(m) a + sin(m) b'`; `d2` is `c` made orthogonal to it, or with no c `-sin(m) a + cos(m) b'`.

    `b'` is the part of `b` orthogonal to `a`, brought to the length of `a`; what is left of `c` is brought
    back to its own. A mined direction or one to a model keeps the length that its orthogonal part has:
    alpha = 1 means something there. All angles and lengths are of the filter metric.

    Raises:
        ValueError: If two sources are parallel, or one vanishes in the filter metric.
    """
    angle = math.radians(as_number("mixing", degrees))
    for name, other in (("b", b), ("c", c)):
        if other is not None:
            check_same_space(other.space, a.space, f"source {name}")
    metric = home_of(a).metric
    first, second = Seen.by(metric, a.vector, "source a"), Seen.by(metric, b.vector, "source b")
    turned = _orthogonal(metric, b, second, a, first, first.length)
    d1 = _combined((a, first), turned, math.cos(angle), math.sin(angle), degrees)
    if c is None:
        return _axes(d1, _combined((a, first), turned, -math.sin(angle), math.cos(angle), degrees + 90))
    third = Seen.by(metric, c.vector, "source c")
    return _axes(d1, _orthogonal(metric, c, third, *d1, third.length))


_Axis = tuple[Direction, Seen]


def _axes(first: _Axis, second: _Axis) -> Axes:
    (d1, seen1), (d2, seen2) = first, second
    return Axes(d1, d2, (seen1.length, seen2.length), seen1.cosine(seen2))


def _orthogonal(
    metric: FilterMetric, source: Direction, seen: Seen, axis: Direction, seen_axis: Seen, wanted: float
) -> _Axis:
    part = seen.orthogonal_to(seen_axis, metric)
    if source.keeps_length:
        recipe = orthogonal(source.source, axis.source)
    else:
        part = part.times(wanted / part.length)
        recipe = orthogonal(source.source, axis.source, "orthogonal and scaled")
        recipe["normalize"] = source.normalization
    return replace(source, vector=part.vector, source=recipe), part


def _combined(first: _Axis, second: _Axis, along_a: float, along_b: float, degrees: float) -> _Axis:
    (a, seen_a), (b, seen_b) = first, second
    # A source alone stays itself, label and all: what is mined in the other does not touch it.
    if abs(along_b) < _ROUNDING:
        return (a, seen_a) if along_a > 0 else (-a, seen_a.times(-1))
    if abs(along_a) < _ROUNDING:
        return (b, seen_b) if along_b > 0 else (-b, seen_b.times(-1))
    source = {"kind": "mix", "degrees": degrees, "parts": [dict(a.source), dict(b.source)]}
    if a.normalization == b.normalization:
        source["normalize"] = a.normalization
    mixed = seen_a.times(along_a).plus(seen_b.times(along_b), "the mix of a and b")
    label = f"{a.label} mixed with {b.label} at {degrees:g}°"
    span = hull(a.default_span, b.default_span)
    return replace(a, vector=mixed.vector, label=label, source=source, default_span=span), mixed
