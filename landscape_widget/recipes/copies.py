"""Other good networks in the same landscape: those that the user has, else copies that compute the same."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from landscape_widget.directions import Direction
from landscape_widget.directions.symmetries import SYMMETRIES, is_same_loss
from landscape_widget.recipes.workbench import Bench, Copy, Said

_PARALLEL = 0.99  # a layer of two channels has one permutation only, and so may the next seed


def others(bench: Bench, count: int) -> Generator[Said, None, list[Direction]]:
    """Directions to so many other networks: the user's first, then symmetric copies.

    Raises:
        ValueError: If there are too few of both; the text says why no copy could be made.
    """
    found = [bench.factory.to(model) for model in bench.models]
    trouble: ValueError | None = None
    for kind, seed in _candidates(bench.seed):
        if len(found) == count:
            break
        yield Said(len(found), count, "copying the network by its symmetries")
        try:
            copy = getattr(bench.factory, kind)(seed)
        except ValueError as error:
            trouble = trouble or error
            continue
        if all(abs(copy.cosine(other)) < _PARALLEL for other in found):
            found.append(copy)
    if len(found) < count:
        raise _too_few(count - len(found), trouble)
    return found


def _candidates(seed: int) -> Iterator[tuple[str, int]]:
    """A rescaled copy is none of them: no barrier lies before it."""
    for kind in ("permutation", "sign_flip"):
        for place in range(2):
            yield kind, 2 * seed + place


def _too_few(missing: int, trouble: ValueError | None) -> ValueError:
    networks = "1 more network" if missing == 1 else f"{missing} more networks"
    why = f"No symmetric copy could be made: {trouble}" if trouble else "Its symmetric copies lie on one line."
    return ValueError(
        f"models must hold {networks} of this architecture for this recipe, got none. {why} "
        "Pass models=(other, ...): networks of further training runs."
    )


def copies_among(bench: Bench, directions: list[Direction]) -> tuple[Copy, ...]:
    """Those that lead to symmetric copies, each on an axis of its own, with the losses there."""
    axes = zip(directions, ((1.0, 0.0), (0.0, 1.0)), strict=False)
    return tuple(_copy(bench, direction, place) for direction, place in axes if direction.source["kind"] in SYMMETRIES)


def _copy(bench: Bench, direction: Direction, place: tuple[float, float]) -> Copy:
    loss, center = bench.loss(direction), bench.slicer.center_loss()
    is_same = is_same_loss(center, loss, bench.slicer.engine.objective.rounding)
    return Copy(direction.label.removeprefix("to "), place, loss, is_same)
