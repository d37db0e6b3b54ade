"""The ways in which a grid of losses gets mixed up, each undone: pure rearrangements of an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations, product
from typing import NamedTuple

import numpy as np

from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slices.nodes import Array

Change = tuple[str, Callable[[Array], Array]]


class Arrangement(NamedTuple):
    """One way to be mixed up.

    Attributes:
        words: What happened; empty for nothing.
        losses: The array put right; NaN where the value is not in the grid.
        is_whole: Nothing was shifted, so every value is still there.
    """

    words: str
    losses: Array
    is_whole: bool


def arrangements(losses: Array) -> Iterator[Arrangement]:
    """All of them, from the least to the most mixed up, beginning with the array as it is.

    Rows and columns may be swapped, axes reversed, and the whole, or every other row, shifted by one cell. The last is
    what loss-landscapes 3.0.6 does: it walks the plane to and fro and reads every other row one step too late.
    """
    steps = (_swaps(losses.ndim, losses.shape), _flips(losses.ndim), _shifts(losses.ndim))
    ways = sorted(product(*steps), key=lambda way: sum(bool(words) for words, _ in way))
    for way in ways:
        array = losses
        for _, change in way:
            array = change(array)
        yield Arrangement(", ".join(words for words, _ in way if words), array, not way[-1][0])


def _nothing() -> Change:
    return "", lambda array: array


def _swaps(ndim: int, shape: tuple[int, ...]) -> list[Change]:
    if len(set(shape)) > 1:
        return [_nothing(), *(_torn(shape) if ndim == 2 else ())]
    found = [_nothing()]
    for order in permutations(range(ndim)):
        if order != tuple(range(ndim)):
            moved = " and ".join(
                AXIS_NAMES[ndim - 1 - place] for place in reversed(range(ndim)) if order[place] != place
            )
            found.append((f"the grid is transposed ({moved} are swapped)", _transposing(order)))
    return found


def _transposing(order: tuple[int, ...]) -> Callable[[Array], Array]:
    return lambda array: array.transpose(order)


def _torn(shape: tuple[int, ...]) -> list[Change]:
    """Of a grid that is not square: filled in one order, read in the other."""
    words = "the grid is scrambled (its rows and columns were mixed up)"
    return [
        (words, lambda array: array.reshape(shape[::-1]).T),
        (words, lambda array: array.T.reshape(shape)),
    ]


def _flips(ndim: int) -> list[Change]:
    sets = [axes for count in range(ndim + 1) for axes in combinations(range(ndim), count)]
    return [_flip(axes, ndim) if axes else _nothing() for axes in sets]


def _flip(axes: tuple[int, ...], ndim: int) -> Change:
    names = " and ".join(AXIS_NAMES[ndim - 1 - axis] for axis in reversed(axes))
    return f"the grid is flipped along {names}", lambda array: np.flip(array, axes)


def _shifts(ndim: int) -> list[Change]:
    whole = [_shift(axis, step, ndim, None) for axis in range(ndim) for step in (1, -1)]
    if ndim != 2:
        return [_nothing(), *whole]
    rows = [_shift(axis, step, ndim, first) for axis in range(ndim) for step in (1, -1) for first in (0, 1)]
    return [_nothing(), *whole, *rows]


def _shift(axis: int, step: int, ndim: int, first: int | None) -> Change:
    """Undo a shift by `-step` cells along an axis, in all lines or in every other one from `first`."""
    name = AXIS_NAMES[ndim - 1 - axis]

    def undone(array: Array) -> Array:
        moved = np.roll(array, step, axis).astype(np.float64)
        lost = [slice(None)] * ndim
        lost[axis] = slice(0, 1) if step > 0 else slice(-1, None)
        moved[tuple(lost)] = np.nan
        if first is None:
            return moved
        lines = [slice(None)] * ndim
        lines[1 - axis] = slice(first, None, 2)
        result = array.astype(np.float64)
        result[tuple(lines)] = moved[tuple(lines)]
        return result

    if first is None:
        return f"the grid is shifted by one cell along {name}", undone
    lines = "row" if axis == 1 else "column"
    return f"every other {lines} of the grid is shifted by one cell along {name}, as loss-landscapes writes it", undone
