"""The recipes by name, and the checks of what a user asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landscape_widget._checks import as_choice, as_int, complaint
from landscape_widget.directions import Directions
from landscape_widget.recipes import planes
from landscape_widget.recipes.workbench import Bench, Steps
from landscape_widget.slicing import Slicer


@dataclass(frozen=True)
class Recipe:
    """How to make a surface of one kind.

    Attributes:
        name: As in `Landscape.recipe`.
        kind: What the surface must be, as in `classify_surface`.
        words: What is combined.
        start: Begins the preparation.
        num_models: How many other networks it can use.
        mines: Whether it takes the time of mining.
    """

    name: str
    kind: str
    words: str
    start: Callable[[Bench], Steps]
    num_models: int = 0
    mines: bool = False


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("bowl", "bowl", "two Gaussian directions", planes.bowl),
        Recipe("flank", "slope", "a Gaussian direction and a v-side", planes.flank),
        Recipe("trough", "two-basins", "the way to another network and a Gaussian direction", planes.trough, 1),
        Recipe("three-basins", "three-basins", "the ways to two other networks", planes.three_basins, 2),
        Recipe("saddle", "saddle", "a mined w-peak and a Gaussian direction", planes.saddle, mines=True),
        Recipe("wine-bottle", "wine-bottle", "a mined plane", planes.wine_bottle, mines=True),
        Recipe(
            "three-in-a-row",
            "three-basins",
            "a mined vvv-basin and a Gaussian direction",
            planes.three_in_a_row,
            mines=True,
        ),
    )
}


def prepare(name: str, slicer: Slicer, factory: Directions, *, seed: int = 0, models: Sequence[Any] = ()) -> Steps:
    """The preparation of a recipe as a generator of short steps: a step of mining, a point, a copy.

    Go on with it only while the landscape is yours (inside its gate), and leave it off at any time. It says what it
    does, and returns what the surface needs. Mined so far is kept if a KeyboardInterrupt comes, also by `throw`.

    Args:
        name: A key of `RECIPES`.
        slicer: Of the landscape.
        factory: Its directions.
        seed: Of all that is drawn by chance.
        models: Other networks of this architecture, for the recipes that use them.

    Raises:
        TypeError, ValueError: An argument makes no sense; at once, before the first step.
    """
    recipe = RECIPES[as_choice("name", name, RECIPES)]
    bench = Bench(slicer, factory, as_int("seed", seed, low=0), _checked_models(recipe, models))
    return recipe.start(bench)


def _checked_models(recipe: Recipe, models: Sequence[Any]) -> tuple[Any, ...]:
    """The models as a tuple; an error if they are not a sequence, or more than the recipe uses."""
    if isinstance(models, str | Mapping) or not isinstance(models, Sequence):
        rule, remedy = "a sequence of modules, state dicts or paths", "Pass models=(model,)."
        raise TypeError(complaint("models", rule, type(models).__name__, remedy))
    if models and not recipe.num_models:
        users = " and ".join(repr(other.name) for other in RECIPES.values() if other.num_models)
        rule = f"left out for the recipe {recipe.name!r}"
        raise ValueError(complaint("models", rule, len(models), f"Only {users} use other models."))
    if len(models) > recipe.num_models:
        rule = f"at most {recipe.num_models} for the recipe {recipe.name!r}"
        raise ValueError(complaint("models", rule, len(models)))
    return tuple(models)
