"""The axes of curve and surface from two or three sources and a mixing angle."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from landscape_widget._checks import as_number
from landscape_widget.core.params import FilterMetric
from landscape_widget.directions.direction import Direction, home_of
from landscape_widget.directions.metric import cosine, length, orthogonal_part
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
    turned = _orthogonal(metric, b, a, length(metric, a.vector, "source a"), ("source b", "source a"))
    d1 = _combined(a, turned, math.cos(angle), math.sin(angle), degrees)
    if c is None:
        d2 = _combined(a, turned, -math.sin(angle), math.cos(angle), degrees + 90)
    else:
        wanted = length(metric, c.vector, "source c")
        d2 = _orthogonal(metric, c, d1, wanted, ("source c", "the mix of a and b"))
    return _axes(metric, d1, d2)


def _axes(metric: FilterMetric, d1: Direction, d2: Direction) -> Axes:
    lengths = (length(metric, d1.vector, "d1"), length(metric, d2.vector, "d2"))
    return Axes(d1, d2, lengths, cosine(metric, d1.vector, d2.vector, names=("d1", "d2")))


def _orthogonal(
    metric: FilterMetric, source: Direction, axis: Direction, wanted: float, names: tuple[str, str]
) -> Direction:
    vector = orthogonal_part(metric, source.vector, axis.vector, names=names)
    if source.keeps_length:
        return replace(source, vector=vector, source=orthogonal(source.source, axis.source))
    vector = vector * (wanted / metric.norm(vector))
    recipe = orthogonal(source.source, axis.source, "orthogonal and scaled")
    return replace(source, vector=vector, source={**recipe, "normalize": source.normalization})


def _combined(a: Direction, b: Direction, along_a: float, along_b: float, degrees: float) -> Direction:
    # A source alone stays itself, label and all: what is mined in the other does not touch it.
    if abs(along_b) < _ROUNDING:
        return a if along_a > 0 else -a
    if abs(along_a) < _ROUNDING:
        return b if along_b > 0 else -b
    source = {"kind": "mix", "degrees": degrees, "parts": [dict(a.source), dict(b.source)]}
    if a.normalization == b.normalization:
        source["normalize"] = a.normalization
    return replace(
        a,
        vector=(along_a * a.vector.double() + along_b * b.vector.double()).to(a.vector.dtype),
        label=f"{a.label} mixed with {b.label} at {degrees:g}°",
        source=source,
        default_span=hull(a.default_span, b.default_span),
    )
