"""All kinds that can be mined, and the choice among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from landscape_widget._checks import as_choice, as_int, complaint
from landscape_widget.mining.curve_goals import NValley, VSide, VVVBasin, WPeak
from landscape_widget.mining.goals import Array, Goal
from landscape_widget.mining.plane_goals import Saddle, Target, WineBottle

# Those that need no drawing, with their defaults.
GOALS: dict[str, Goal] = {goal.kind: goal for goal in (WPeak(), VVVBasin(), VSide(), NValley(), WineBottle(), Saddle())}
KINDS = (*GOALS, Target.kind)
FEWEST_VALLEYS, MOST_VALLEYS = 4, 9
SMALLEST_TARGET, LARGEST_TARGET = 3, 33


def goal_of(kind: str, n: int | None = None, target: Any = None) -> Goal:
    """The goal of a kind.

    Args:
        kind: One of `KINDS`.
        n: How many valleys an n-valley has; None: 5.
        target: `[H, W]` heights from 0 to 1, NaN where anything will do; only for a target.

    Raises:
        TypeError, ValueError: An argument makes no sense, or belongs to another kind.
    """
    as_choice("kind", kind, KINDS)
    if n is not None and kind != NValley.kind:
        raise ValueError(complaint("n", f"None for a {kind}", n, "Only an n-valley has a number of valleys to choose."))
    if target is not None and kind != Target.kind:
        raise ValueError(complaint("target", f"None for a {kind}", "an array", 'It belongs to mine("target", ...).'))
    if kind == Target.kind:
        return Target(_heights(target))
    if n is not None:
        remedy = 'Three valleys are a "vvv-basin".'
        return NValley(as_int("n", n, low=FEWEST_VALLEYS, high=MOST_VALLEYS, remedy=remedy))
    return GOALS[kind]


def _heights(target: Any) -> Array:
    def refuse(got: str, remedy: str = "", error: type[Exception] = ValueError) -> Exception:
        sides = f"{SMALLEST_TARGET} to {LARGEST_TARGET} a side"
        text = f"target must be an array [H, W] of heights from 0 (low) to 1 (high), {sides}, got {got}."
        return error(f"{text} {remedy}".rstrip())

    if target is None:
        raise refuse("None", "NaN where anything will do.")
    try:
        heights = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        raise refuse(type(target).__name__, error=TypeError) from None
    if heights.ndim != 2 or not all(SMALLEST_TARGET <= side <= LARGEST_TARGET for side in heights.shape):
        raise refuse(f"shape {heights.shape}")
    known = heights[np.isfinite(heights)]
    if np.isinf(heights).any() or (known.size and (known.min() < 0 or known.max() > 1)):
        raise refuse("heights outside")
    if len(set(Target(heights).known_heights.tolist())) < 2:
        raise refuse("one height everywhere", "Draw something low and something high; the centre does not count.")
    return heights
