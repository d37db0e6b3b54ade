"""How directions were made: plain dicts that can be saved, read and followed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Span = float | tuple[float, float]
Source = Mapping[str, Any]


def kinds(source: Source) -> Iterator[str]:
    """The kinds of a recipe and of the recipes that its vector is made of.

    What a direction was made orthogonal to is no part of it: noise stays noise beside a mined one.
    """
    yield str(source["kind"])
    for part in (source.get("of"), *source.get("parts", ())):
        if part is not None:
            yield from kinds(part)


def ingredients(source: Source) -> list[Source]:
    """All recipes that must be followed first, the axis of an orthogonal part included."""
    return [source[key] for key in ("of", "axis") if key in source] + list(source.get("parts", ()))


def hull(first: Span, second: Span) -> Span:
    """The smallest span that holds both."""
    if first == second:
        return first
    (low, high), (low2, high2) = (s if isinstance(s, tuple) else (-s, s) for s in (first, second))
    low, high = min(low, low2), max(high, high2)
    return high if low == -high else (low, high)


def flipped(span: Span) -> Span:
    """The span of the same points along the opposite direction."""
    return (-span[1], -span[0]) if isinstance(span, tuple) else span


def orthogonal(source: Source, axis: Source, kind: str = "orthogonal") -> dict[str, Any]:
    """The recipe of a part orthogonal to `axis`."""
    return {"kind": kind, "of": dict(source), "axis": dict(axis)}
