"""A recipe from beginning to end, for somebody who waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landscape_widget.directions import Directions
from landscape_widget.progress import Progress, watched
from landscape_widget.recipes.book import RECIPES, prepare
from landscape_widget.recipes.result import RecipeResult, judged
from landscape_widget.recipes.workbench import Prepared, Steps
from landscape_widget.slices.surface import Surface
from landscape_widget.slicing import Request, Slicer

TOLERANCE = 0.005  # half of the least noise floor, so that the kind can be told


def make(
    name: str,
    slicer: Slicer,
    factory: Directions,
    *,
    seed: int = 0,
    models: Sequence[Any] = (),
    progress: Any = None,
) -> RecipeResult:
    """Prepare, compute and judge; arguments as in `prepare` and `Landscape.curve`."""
    steps = prepare(name, slicer, factory, seed=seed, models=models)
    with watched(progress, f"{name}, directions") as report, slicer.engine.gate.foreground():
        prepared = driven(steps, report)
    return judged(name, RECIPES[name].kind, prepared, surface_of(prepared, slicer, progress))


def surface_of(prepared: Prepared, slicer: Slicer, progress: Any = None) -> Surface:
    """The surface that a recipe is judged by."""
    d, e = prepared.directions
    request = Request(prepared.points is not None, prepared.points, TOLERANCE, progress=progress)
    surface: Surface = slicer.slices({"d": d, "e": e}, prepared.span, request)
    return surface


def driven(steps: Steps, report: Progress) -> Prepared:
    """Run a preparation to its end; it hears of an interrupt that comes between two of its steps."""
    try:
        said = next(steps)
        while True:
            try:
                report(said.done, said.total)
            except KeyboardInterrupt as interrupt:
                said = steps.throw(interrupt)
            else:
                said = next(steps)
    except StopIteration as end:
        prepared: Prepared = end.value
        return prepared
