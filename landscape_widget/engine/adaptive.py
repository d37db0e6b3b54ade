"""Which points next: nested interpolants, refined until their error is as small as asked, checked where not fitted.

A search is a generator that asks for points and is sent their losses, so that a cell can drive it to the end and
the explorer can drop it between any two points and go on later.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_widget.shapes.scale import slice_scale, unit_of
from landscape_widget.slices.chebyshev import LEVELS, MILD, STRONG, Axis, Interpolant, tensor_coords

Array = NDArray[np.float64]

LINE_LEVEL = 17  # nodes of the lines through the centre that tell how finely each axis must be read
CHECKS = {1: 12, 2: 24, 3: 40}  # held-back points by number of axes
NEAR = 0.2  # a third of them lies within this share of the span around the centre
# The largest error anywhere, over the largest of the checks: for one set of checks, and for MORE of them, which
# cost less than a finer level where that makes the difference (calibrated on the held-out slices of the tests).
SAFETY, SURER, MORE = 3.0, 2.0, 4
HOPE = 4.0  # times the tolerance: where more is expected of all the points that a grid has, the search ends
GRID_POINTS = {1: 81, 2: 41, 3: 17}  # an axis of the plain grid; a search never takes more points than that
DIGITS = 12  # coordinates that differ by rounding only are one point
KIND_TOLERANCE = 0.005  # half the least noise floor, so that the kind of a curve or surface can be told


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is known while a search goes on.

    Attributes:
        interpolants: One a column of the losses.
        error: Largest expected error, in units of `max(scale, L - L_min)`; inf before anything was checked.
    """

    interpolants: tuple[Interpolant, ...]
    error: float


@dataclass(frozen=True, eq=False)
class Ask:
    """Points that the search wants next.

    Attributes:
        coords: `[M, K]`, none of them asked for before.
        sketch: What could be drawn meanwhile; None before the first level.
    """

    coords: Array
    sketch: Sketch | None


@dataclass(frozen=True, eq=False)
class Found:
    """The end of a search.

    Attributes:
        interpolants: One a column; empty where a plain grid has to do.
        errors: One a column, as in `Sketch`.
        reason: Why a plain grid has to do; empty where it has not.
    """

    interpolants: tuple[Interpolant, ...] = ()
    errors: tuple[float, ...] = ()
    reason: str = ""


Search = Generator[Ask, Array, Found]
Learning = Generator[Ask, Array, None]


class GaveUp(Exception):
    """The slice is no smooth function, or a plain grid is cheaper; the text says which."""


def search(
    bounds: Sequence[tuple[float, float]], *, tol: float, ceilings: Sequence[float | None], seed: int = 0
) -> Search:
    """Find interpolants of all columns of the losses within `tol`.

    Args:
        bounds: (low, high) of each axis, alpha first.
        tol: The error allowed at a point is `tol max(scale, L - L_min)`, with `scale = min(range, ceiling)`; along a
            line no more than `KIND_TOLERANCE`.
        ceilings: One a column; None: from the losses.
        seed: Of the held-back points.

    Yields:
        Asks; answer with `[M, S]` losses.
    """
    if len(bounds) == 1:
        tol = min(tol, KIND_TOLERANCE)
    work = _Work(tuple(bounds), tol, tuple(ceilings), seed)
    try:
        return (yield from work.run())
    except GaveUp as reason:
        return Found(reason=str(reason))


class _Work:
    """One search: what is known, and how to go on."""

    def __init__(
        self, bounds: tuple[tuple[float, float], ...], tol: float, ceilings: tuple[float | None, ...], seed: int
    ) -> None:
        self._bounds, self._tol, self._ceilings = bounds, tol, ceilings
        self._known: dict[tuple[float, ...], Array] = {}
        self._most = GRID_POINTS[len(bounds)] ** len(bounds)
        self._safety, self._seed = SAFETY, seed
        self._sketch: Sketch | None = None

    def run(self) -> Search:
        """The whole search."""
        axes = [Axis(low, high, LEVELS[0], MILD) for low, high in self._bounds]
        yield from self._learn_tensor(axes)
        axes = yield from self._axes_from_lines()
        while True:
            yield from self._learn_tensor(axes)
            errors = yield from self._checked()
            if max(errors) <= self._tol:
                assert self._sketch is not None
                return Found(self._sketch.interpolants, errors)
            axes = self._refined(axes, max(errors))

    def _checked(self) -> Generator[Ask, Array, tuple[float, ...]]:
        """The error expected of each column, after as many checks as pay."""
        yield from self._learn(held_back(self._bounds, self._seed))
        errors = self._errors()
        if self._tol < max(errors) <= self._tol * SAFETY / SURER and self._safety == SAFETY:
            self._safety = SURER
            yield from self._learn(held_back(self._bounds, self._seed + 1, MORE - 1))
            errors = self._errors()
        assert self._sketch is not None
        self._sketch = Sketch(self._sketch.interpolants, max(errors))
        return errors

    def _learn(self, coords: Array) -> Learning:
        missing = np.array([coord for coord in coords if key(coord) not in self._known]).reshape(-1, len(self._bounds))
        if len(missing):
            losses = yield Ask(missing, self._sketch)
            self._known.update({key(coord): row for coord, row in zip(missing, losses, strict=True)})
        if not np.isfinite([self._known[key(coord)] for coord in coords]).all():
            raise GaveUp("the loss is NaN or infinite at some points")

    def _learn_tensor(self, axes: Sequence[Axis]) -> Learning:
        yield from self._learn(tensor_coords([axis.nodes for axis in axes]))
        self._sketch = Sketch(self._interpolants(axes), float("inf"))

    def _interpolants(self, axes: Sequence[Axis]) -> tuple[Interpolant, ...]:
        losses = self._losses(tensor_coords([axis.nodes for axis in axes]))
        shape = tuple(axis.count for axis in reversed(axes))
        return tuple(Interpolant(tuple(axes), column.reshape(shape)) for column in losses.T)

    def _losses(self, coords: Array) -> Array:
        """`[M, S]` of known points."""
        return np.array([self._known[key(coord)] for coord in coords])

    def _axes_from_lines(self) -> Generator[Ask, Array, list[Axis]]:
        """The stretching and the first level of each axis, from its line through the centre."""
        axes = []
        for place in range(len(self._bounds)):
            mild = yield from self._line(place, MILD)
            best = mild
            if mild[1] > self._tol:
                strong = yield from self._line(place, STRONG)
                best = min(mild, strong, key=lambda tried: tried[1])
            axes.append(best[0])
        return axes

    def _line(self, place: int, strength: float) -> Generator[Ask, Array, tuple[Axis, float]]:
        """The axis at the level that its line wants, and the error expected of the line at `LINE_LEVEL`."""
        low, high = self._bounds[place]
        axis = Axis(low, high, LINE_LEVEL, strength)
        yield from self._learn(self._on_line(place, axis.nodes))
        lines = self._line_interpolants(place, axis)
        coarse = max(self._step_error(line, 0, column) for column, line in enumerate(lines))
        expected = max(self._decayed(line, 0, column)[0] for column, line in enumerate(lines))
        is_alone = len(self._bounds) == 1  # then all of its points are there already
        level = axis.coarser() if coarse <= self._tol / 2 and not is_alone else axis
        return level, expected

    def _line_interpolants(self, place: int, axis: Axis) -> list[Interpolant]:
        losses = self._losses(self._on_line(place, axis.nodes))
        return [Interpolant((axis,), column) for column in losses.T]

    def _on_line(self, place: int, nodes: Array) -> Array:
        """Points of one axis, through the centre or (where the span does not hold it) the middle of the others."""
        middle = [Axis(low, high, LEVELS[0], MILD).nodes[LEVELS[0] // 2] for low, high in self._bounds]
        coords = np.tile(np.array(middle), (len(nodes), 1))
        coords[:, place] = nodes
        return coords

    def _step_error(self, interpolant: Interpolant, axis: int, column: int) -> float:
        """What the level before misses along one axis, in units of the tolerance's measure."""
        unit = self._unit(interpolant.newest(axis), column)
        return float((np.abs(interpolant.step_error(axis)) / unit).max())

    def _unit(self, losses: Array, column: int) -> Array:
        """`max(scale, L - L_min)` at these losses; 1 where all is flat."""
        values = np.array([row[column] for row in self._known.values()])
        return unit_of(losses, float(values.min()), slice_scale(values, self._ceilings[column]))

    def _errors(self) -> tuple[float, ...]:
        """The largest error expected anywhere, a column, from all known points that are no nodes.

        A line has few of them, and a kink may lie between any two: there the decay of the errors counts too.
        """
        assert self._sketch is not None
        coords, rows = np.array(list(self._known)), np.array(list(self._known.values()))
        found = []
        for column, (interpolant, losses) in enumerate(zip(self._sketch.interpolants, rows.T, strict=True)):
            missed = np.abs(interpolant(*coords.T) - losses) / self._unit(losses, column)
            decayed = self._decayed(interpolant, 0, column)[0] if len(self._bounds) == 1 else 0.0
            found.append(max(self._safety * float(missed.max()), decayed))
        return tuple(found)

    def _decayed(self, interpolant: Interpolant, place: int, column: int) -> tuple[float, float]:
        """The error expected along one axis, and by what factor the last level lessened it.

        The level before misses what is known at the nodes that it lacks; this one misses as much less again.
        """
        step = self._step_error(interpolant, place, column)
        before = self._step_error(interpolant.coarser(place), place, column)
        gain = min(1.0, step / before) if before else 0.0
        return step * gain, gain

    def _refined(self, axes: Sequence[Axis], error: float) -> list[Axis]:
        """The axis that misses most one level finer; the other's turn comes, if need be, at no further cost.

        Raises:
            GaveUp: A plain grid is cheaper, or will be before the error is small enough.
        """
        assert self._sketch is not None
        columns = list(enumerate(self._sketch.interpolants))
        steps = [max(self._step_error(i, place, c) for c, i in columns) for place in range(len(axes))]
        worst = int(np.argmax(steps))
        refined = [axis.refined() if place == worst else axis for place, axis in enumerate(axes)]
        gain = max(self._decayed(i, worst, c)[1] for c, i in columns)
        sweeps = np.log2(self._most / len(self._known)) / len(axes)  # how often every axis could still be halved
        is_hopeless = error * gain**sweeps > HOPE * self._tol
        if is_hopeless or refined[worst].count > LEVELS[-1] or self._size_with(refined) > self._most:
            raise GaveUp(f"not smooth enough (error {error:.1%} after {len(self._known)} points), so a grid is cheaper")
        return refined

    def _size_with(self, axes: Sequence[Axis]) -> int:
        coords = tensor_coords([axis.nodes for axis in axes])
        return len(self._known) + sum(key(coord) not in self._known for coord in coords)


def held_back(bounds: Sequence[tuple[float, float]], seed: int, sets: int = 1) -> Array:
    """`[M, K]`: random points that are never nodes; a third of them near the centre."""
    low, high = np.array(bounds, dtype=np.float64).T
    count = CHECKS[len(bounds)] * sets
    random = np.random.default_rng(seed).uniform(size=(count, len(bounds)))
    coords: Array = low + random * (high - low)
    center = np.clip(0.0, low, high)
    near = coords[: count // 3]
    coords[: count // 3] = center + NEAR * (near - center)
    return coords


def key(coord: Array) -> tuple[float, ...]:
    """What makes two points one: coordinates that agree but for rounding."""
    return tuple(round(float(c), DIGITS) + 0.0 for c in coord)
