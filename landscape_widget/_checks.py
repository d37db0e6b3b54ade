"""Argument checks with one form of error text: `<argument> must be <rule>, got <value>.`, then the remedy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real


def complaint(name: str, rule: str, got: object, remedy: str = "") -> str:
    """The text of an error about one argument."""
    text = f"{name} must be {rule}, got {got!r}."
    return f"{text} {remedy}" if remedy else text


def as_int(name: str, value: object, *, low: int, high: int | None = None, remedy: str = "") -> int:
    """An integer of at least `low` and at most `high`; a TypeError or ValueError that names the argument."""
    rule = f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(complaint(name, rule, value, remedy))
    number = int(value)
    if number < low or (high is not None and number > high):
        raise ValueError(complaint(name, rule, value, remedy))
    return number


def as_number(name: str, value: object, *, above: float = -math.inf, remedy: str = "") -> float:
    """A finite number greater than `above`; a TypeError or ValueError that names the argument."""
    rule = "a finite number" if above == -math.inf else f"a finite number greater than {above:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(complaint(name, rule, value, remedy))
    number = float(value)
    if not math.isfinite(number) or number <= above:
        raise ValueError(complaint(name, rule, value, remedy))
    return number


def as_choice(name: str, value: object, choices: Iterable[str], remedy: str = "") -> str:
    """One of the given words; a ValueError that lists them."""
    allowed = tuple(choices)
    if not isinstance(value, str) or value not in allowed:
        rule = "one of " + ", ".join(repr(choice) for choice in allowed)
        raise ValueError(complaint(name, rule, value, remedy))
    return value


def as_bounds(name: str, span: object) -> tuple[float, float]:
    """(low, high) of a span: h means (-h, h)."""
    if not isinstance(span, (tuple, list)):
        half = as_number(name, span, above=0.0, remedy="h means (-h, h); (lo, hi) is an interval.")
        return -half, half
    if len(span) != 2:
        raise ValueError(complaint(name, "h or (lo, hi)", span))
    low, high = (as_number(name, value) for value in span)
    if low >= high:
        raise ValueError(complaint(name, "an interval (lo, hi) with lo < hi", span))
    return low, high
