"""Everything that is timed on a case: ours, the plain loop, and the peers; and whether their values agree."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection

import numpy as np

from landscape_widget.bench import loop, peers
from landscape_widget.bench.cases import Problem
from landscape_widget.bench.loop import Array
from landscape_widget.bench.peers import Run

OURS, LOOP, ONE_PASS = "ours", "loop", "loop, one pass"
AGREES = 1e-3  # a larger relative difference is another function; some peers add up steps in float32


def tools(problem: Problem, side: int, *, only: Collection[str] | None = None) -> dict[str, Run]:
    """Name -> run over a grid of `side` points along (-1, 1) on both axes, ours first.

    The peers are among them where they compute the same function: none takes BatchNorm's statistics anew.
    """
    makers: dict[str, Callable[[Problem, int], Run]] = {OURS: _ours, LOOP: _loop}
    if problem.case.batchnorm != "recalibrate":
        makers |= {peer.name: peer.run for peer in peers.installed()}
    elif len(problem.data[0]) <= loop.CALIBRATION:
        makers[ONE_PASS] = _one_pass
    return {name: make(problem, side) for name, make in makers.items() if only is None or name in only}


def _ours(problem: Problem, side: int) -> Run:
    surface = functools.partial(problem.landscape.surface, *problem.directions, exact=True, points=side, span=1.0)
    return Run(lambda: surface(progress=False).losses.ravel(), _coords(side), problem.axes)


def _loop(problem: Problem, side: int) -> Run:
    coords, axes = _coords(side), problem.axes
    return Run(lambda: true_losses(problem, axes, coords), coords, axes)


def _one_pass(problem: Problem, side: int) -> Run:
    coords, axes = _coords(side), problem.axes
    return Run(lambda: loop.training_loop(problem.model, problem.data, axes, coords), coords, axes)


def _coords(side: int) -> Array:
    return loop.grid_coords(np.linspace(-1, 1, side))


def true_losses(problem: Problem, axes: peers.Axes, coords: Array) -> Array:
    """What the plain loop says, in the BatchNorm mode of the case."""
    plain = loop.recalibrating_loop if problem.case.batchnorm == "recalibrate" else loop.plain_loop
    return plain(problem.model, problem.data, axes, coords)


def relative_difference(losses: Array, reference: Array) -> float:
    """`max |losses - reference| / |reference|`; infinite where the shapes differ or one is not a number."""
    if losses.shape != reference.shape:
        return float("inf")
    worst = float(np.max(np.abs(losses - reference) / np.maximum(np.abs(reference), 1e-12)))
    return worst if np.isfinite(worst) else float("inf")
