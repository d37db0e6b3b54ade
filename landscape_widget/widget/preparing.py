"""Recipes for surfaces, prepared step by step beside everything else that the worker does."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

from landscape_widget.core.gate import Gate
from landscape_widget.recipes import Prepared, Said
from landscape_widget.widget.settings import NONE, Settings


class RecipeKey(NamedTuple):
    """What makes a preparation another one."""

    name: str
    seed: int

    @classmethod
    def of(cls, settings: Settings) -> RecipeKey | None:
        """The one that the controls ask for; None for none."""
        return None if settings.recipe == NONE else cls(settings.recipe, settings.seed)

    @property
    def titles(self) -> tuple[str, str]:
        """What its two directions are called in the menus."""
        return (f"recipe {self.name}, seed {self.seed} (1 of 2)", f"recipe {self.name}, seed {self.seed} (2 of 2)")

    @property
    def written(self) -> str:
        """The Python that makes it."""
        return f'landscape.recipe("{self.name}", seed={self.seed}, progress=False)'


Prepare = Callable[[RecipeKey], Generator[Said, None, Prepared]]


class Preparing:
    """Prepares one recipe at a time, and keeps what was prepared at this centre.

    Args:
        prepare: Begins the preparation of a recipe.
        gate: Taken for each step.
        on_end: Told of each that is prepared, was dropped, or failed; called in the worker's thread.

    Attributes:
        said: How far the one at work has come; None where none is.
    """

    def __init__(self, prepare: Prepare, gate: Gate, on_end: Callable[[RecipeKey], None]) -> None:
        self._prepare, self._gate, self._on_end = prepare, gate, on_end
        self._prepared: dict[RecipeKey, Prepared] = {}
        self._working: RecipeKey | None = None
        self.said: Said | None = None

    @property
    def working(self) -> RecipeKey | None:
        """What is being prepared."""
        return self._working

    def prepared(self, key: RecipeKey | None) -> Prepared | None:
        """What a recipe has come to, once it has."""
        return None if key is None else self._prepared.get(key)

    def want(self, key: RecipeKey | None) -> Generator[None, None, None] | None:
        """The job that prepares it, None where there is nothing to do; one at work for another leaves off."""
        if key == self._working:
            return None
        self._working = None if key in self._prepared else key
        self.said = None
        return None if self._working is None else self._job(self._working)

    def leave_off(self) -> None:
        """The job was cancelled, perhaps before it began."""
        self._working = None

    def recenter(self) -> None:
        """Nothing that was prepared holds at another centre."""
        self._prepared.clear()
        self._working = None

    def _job(self, key: RecipeKey) -> Generator[None, None, None]:
        try:
            steps = self._prepare(key)
            while self._working == key and not self._step(key, steps):
                yield
        finally:
            if self._working in (key, None):
                self._working, self.said = None, None
                self._on_end(key)

    def _step(self, key: RecipeKey, steps: Generator[Said, None, Prepared]) -> bool:
        """Whether that was the last one."""
        with self._gate.background():
            try:
                self.said = next(steps)
            except StopIteration as end:
                self._prepared[key] = end.value
                return True
        return False
