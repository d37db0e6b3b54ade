"""What a recipe does to the controls: its two directions become A and C, over its span; and back again after it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from landscape_widget.recipes import Prepared
from landscape_widget.widget.controls import Controls
from landscape_widget.widget.preparing import Preparing, RecipeKey
from landscape_widget.widget.settings import NONE, Settings
from landscape_widget.widget.shelf import Shelf

LEAST_COSINE = 0.01  # of two directions, from which on a right angle between them changes the picture
SKEW = "Here C is drawn at a right angle to A, so what the recipe places at (0, 1) lies elsewhere in the same plane."
OWN = ("a", "c", "scale", "mixing")  # controls that a recipe sets


class RecipeMode:
    """Applies what was prepared to the controls.

    Args:
        controls: Theirs.
        preparing: Of recipes.
        shelf: Where directions are offered as sources.
        forget_limits: The axes of the pictures are to be fitted anew.

    Attributes:
        applied: The recipe whose directions A and C are.
    """

    def __init__(
        self, controls: Controls, preparing: Preparing, shelf: Shelf, forget_limits: Callable[[], None]
    ) -> None:
        self._controls, self._preparing, self._shelf = controls, preparing, shelf
        self._forget_limits = forget_limits
        self.applied: RecipeKey | None = None
        self._remarks: dict[RecipeKey, str] = {}
        self._before = controls.settings
        self._pending: Settings | None = None  # a loaded state that waits for its recipe
        self._offered: dict[RecipeKey, Prepared] = {}

    @property
    def remark(self) -> str:
        """How the picture differs here from what the recipe says; empty where it does not."""
        return "" if self.applied is None else self._remarks.get(self.applied, "")

    def choose(self) -> None:
        """A recipe was chosen in its menu, and what is mined gives way to it; or none, and all is as before."""
        self._pending = None
        settings = self._controls.settings
        if settings.recipe != NONE:
            with self._controls.quiet():
                self._controls.widgets["mining_steps"].value = 0
        elif self.applied is not None:
            self._undo(settings)

    def let_go(self) -> None:
        """A or C was chosen otherwise: the picture is no longer that of the recipe."""
        self.applied = self._pending = None
        with self._controls.quiet():
            self._controls.widgets["recipe"].value = NONE

    def names(self, changes: Iterable[tuple[str, object]]) -> tuple[str, ...]:
        """What A and C may be called in a state with these changes, once its recipe is prepared."""
        told = {**self._controls.settings.as_dict(), **dict(changes)}
        recipe, seed = told["recipe"], told["seed"]
        if recipe not in self._controls.choices["recipe"] or recipe == NONE or not isinstance(seed, int):
            return ()
        return RecipeKey(str(recipe), seed).titles

    def take(self, settings: Settings) -> Settings:
        """The controls are about to be set to these all at once; returns what they can be set to for now."""
        key = RecipeKey.of(settings)
        self.applied, self._pending = None, None
        if key is None or (settings.a, settings.c) != key.titles:
            return settings
        if self._preparing.prepared(key) is not None:
            self.applied = key
            return settings
        self._pending, now = settings, self._controls.settings
        return replace(settings, a=now.a, c=now.c)

    def follow(self, settings: Settings) -> RecipeKey | None:
        """Apply the recipe that the controls ask for; returns it instead where it is to be prepared first."""
        key = RecipeKey.of(settings)
        if settings.mining_steps or key is None or key == self.applied:
            return None
        prepared = self._preparing.prepared(key)
        if prepared is None:
            return key
        self._apply(key, prepared, settings)
        return None

    def is_whole(self, settings: Settings) -> bool:
        """Whether the picture is the very surface of the recipe that is applied: neither turned nor zoomed."""
        key = RecipeKey.of(settings)
        prepared = self._preparing.prepared(key)
        if key is None or prepared is None or key != self.applied or settings.mining_steps:
            return False
        is_zoomed = not math.isclose(settings.scale, _reaches(prepared)[0], rel_tol=0.01)
        return (settings.a, settings.c, settings.mixing) == (*key.titles, 0.0) and not is_zoomed

    def _undo(self, settings: Settings) -> None:
        old = {name: getattr(self._before, name) for name in OWN}
        self.applied = None
        self._set(replace(settings, **old))

    def _apply(self, key: RecipeKey, prepared: Prepared, settings: Settings) -> None:
        if self.applied is None and self._pending is None and (settings.a, settings.c) != key.titles:
            self._before = settings
        self._offer(key, prepared)
        a, c = key.titles
        own = replace(settings, a=a, c=c, scale=_reaches(prepared)[0], mixing=0.0)
        self._set(self._pending or own)
        self.applied, self._pending = key, None

    def _offer(self, key: RecipeKey, prepared: Prepared) -> None:
        """Put both directions into the menus, once: the picture is a square, so the second gets the first's span."""
        if self._offered.get(key) is prepared:
            return
        (first, second), (across, up) = prepared.directions, _reaches(prepared)
        (a, c), made, stretch = key.titles, f"{key.written}.directions", up / across
        self._shelf.offer(a, first, f"{made}[0]")
        if stretch == 1.0:
            self._shelf.offer(c, second, f"{made}[1]")
        else:
            self._shelf.offer(c, stretch * second, f"{stretch!r} * {made}[1]")
        self._offered[key] = prepared
        self._remarks[key] = SKEW if abs(first.cosine(second)) > LEAST_COSINE else ""

    def _set(self, settings: Settings) -> None:
        with self._controls.quiet():
            self._controls.apply(settings)
        self._forget_limits()

    def recenter(self) -> None:
        """At another centre the recipe that is shown is prepared anew, and its picture stays as it is otherwise."""
        settings = self._controls.settings
        if self.applied is not None and not settings.mining_steps:
            self._pending = settings
        self.applied = None
        self._offered.clear()

    def give_up(self, key: RecipeKey) -> None:
        """It could not be prepared, or was cancelled: the menu says so."""
        if self.applied != key and RecipeKey.of(self._controls.settings) == key:
            self.let_go()


def _reaches(prepared: Prepared) -> tuple[float, float]:
    """The h of the (-h, h) that holds each span."""
    across, up = (max(map(abs, bounds)) for bounds in prepared.span)
    return across, up
