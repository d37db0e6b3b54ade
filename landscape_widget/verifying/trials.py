"""Other ways in which a slice may have been computed, each of which can be tried at a few points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import torch
from torch import Tensor

from landscape_widget._checks import complaint
from landscape_widget.directions import Direction, Directions
from landscape_widget.directions.normalization import MODES
from landscape_widget.slices.base import Slice
from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slicing import Slicer

_MOST_SPLITS = 4  # that are tried
_MODES = {"frozen": "frozen (plain eval())", "recalibrate": "recalibrated at every point"}


@dataclass(frozen=True, eq=False)
class Trial:
    """How a slice may have been computed.

    Attributes:
        words: What differs from the landscape then; empty for nothing.
        vectors: Of the axes, `[P]` each.
        split: The data.
        batchnorm: The mode; None for the landscape's.
    """

    words: str
    vectors: Sequence[Tensor]
    split: str
    batchnorm: str | None = None


def directions_of(slice_: Slice, slicer: Slicer, factory: Directions, given: Any) -> list[Direction]:
    """The directions of a slice's axes: those given, else made again from the recipes in its provenance.

    Raises:
        TypeError: If those given are no directions.
        ValueError: If they do not fit, or none are given and recipes do not say how to make them.
    """
    count = len(slice_.axes)
    if given is not None:
        listed = list(given) if isinstance(given, Sequence) else [given]
        if len(listed) != count:
            raise ValueError(complaint("directions", f"{count}, one for each axis, alpha first", len(listed)))
        return [slicer.fit(direction, "directions") for direction in listed]
    records: Sequence[Mapping[str, Any]] = slice_.provenance.get("directions") or ()
    made = [factory.from_recipe(record["source"]) for record in records]
    known = [direction for direction in made if direction is not None]
    if len(known) == count:
        return known
    lost = [str(record.get("label")) for record, direction in zip(records, made, strict=True) if direction is None]
    raise ValueError(
        f"directions must be given for this slice, got none and no recipe for {', '.join(lost) or 'any of them'}. "
        "Pass directions=(d, ...) made with landscape.directions.from_state_dict, from_vector or load."
    )


def other_ways(
    base: Trial, slice_: Slice, slicer: Slicer, factory: Directions, axes: Sequence[Direction]
) -> Iterator[Trial]:
    """All that differ in one respect from the landscape's own way."""
    yield from _other_modes(base, slicer.engine.objective.batchnorm)
    yield from _other_splits(base, slicer.engine.objective.splits)
    yield from _other_lengths(base, factory, axes)
    yield from _other_axes(base, slice_.spans)


def _other_modes(base: Trial, mine: str | None) -> Iterator[Trial]:
    if mine is None:
        return
    other = "frozen" if mine == "recalibrate" else "recalibrate"
    words = f"another BatchNorm mode: {_MODES[other]} in the slice, {_MODES[mine]} in this landscape"
    yield replace(base, words=words, batchnorm=other)


def _other_splits(base: Trial, names: Sequence[str]) -> Iterator[Trial]:
    for name in [name for name in names if name != base.split][:_MOST_SPLITS]:
        words = f"other samples: its values are those of the split {name!r}, not of {base.split!r}"
        yield replace(base, words=words, split=name)


def _other_lengths(base: Trial, factory: Directions, axes: Sequence[Direction]) -> Iterator[Trial]:
    named = " and ".join(dict.fromkeys(repr(axis.normalization) for axis in axes))
    for mode in MODES:
        vectors = [_renormalised(axis, factory, mode) for axis in axes]
        is_new = any(not torch.equal(x, y) for x, y in zip(vectors, base.vectors, strict=True))
        if is_new and all(bool(vector.count_nonzero()) for vector in vectors):
            words = f"another normalisation: its directions have the lengths of {mode!r}, not of {named}"
            yield replace(base, words=words, vectors=vectors)


def _renormalised(axis: Direction, factory: Directions, mode: str) -> Tensor:
    """The direction by its recipe with another normalisation; without a recipe, its vector normalised."""
    try:
        again = factory.from_recipe(_with_mode(axis.source, mode))
        return (again or axis.normalized(mode)).vector
    except ValueError:  # nothing that moves is left
        return torch.zeros_like(axis.vector)


def _with_mode(source: Any, mode: str) -> Any:
    """A recipe with another normalisation, in its parts too."""
    if isinstance(source, Mapping):
        return {key: mode if key == "normalize" else _with_mode(value, mode) for key, value in source.items()}
    return [_with_mode(part, mode) for part in source] if isinstance(source, list | tuple) else source


def _other_axes(base: Trial, spans: Sequence[tuple[float, float]]) -> Iterator[Trial]:
    """Opposite or swapped directions, where that is not what a flipped or transposed grid is."""
    choices = [(1,) if low == -high else (1, -1) for low, high in spans]
    for signs in product(*choices):
        names = " and ".join(name for name, sign in zip(AXIS_NAMES, signs, strict=False) if sign < 0)
        if names:
            turned = [sign * vector for sign, vector in zip(signs, base.vectors, strict=True)]
            yield replace(base, words=f"another direction: the opposite one along {names}", vectors=turned)
    if len(spans) == 2 and spans[0] != spans[1]:
        yield replace(base, words="other directions: alpha and beta are swapped", vectors=list(base.vectors)[::-1])
