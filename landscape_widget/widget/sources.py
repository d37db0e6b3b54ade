"""The source menus: names -> directions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from landscape_widget._checks import as_choice, complaint
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.factory import NOISE_SPAN, Directions
from landscape_widget.directions.mixing import Axes, mix
from landscape_widget.directions.recipes import Span
from landscape_widget.widget.settings import NOISES, NONE, Settings

WORDS = {"gaussian": "Gaussian noise", "uniform": "uniform noise", "rademacher": "±1 noise"}
GRADIENT = "gradient"
LETTERS = ("a", "b", "c")
MOST_REMEMBERED = 6  # directions that were made; each is as large as the model

SourceKey = tuple[object, ...]


class Sources:
    """What can be chosen as A, B and C, and what was made of it at the present centre.

    Args:
        directions: `landscape.directions`.
    """

    def __init__(self, directions: Directions) -> None:
        self._directions = directions
        self._added: dict[str, Direction] = {}
        self._given: dict[str, str] = {}
        self._made: OrderedDict[SourceKey, Direction] = OrderedDict()
        self._num_changes = 0

    def offer(self, name: str, direction: Direction) -> None:
        """Put a direction into the menus, in the place of one of that name."""
        self._added[name] = direction
        self._num_changes += 1

    def options(self, letter: str) -> list[tuple[str, str]]:
        """(Words, name) of each entry in the menu of `"a"`, `"b"` or `"c"`."""
        made = [*[(WORDS[law], law) for law in NOISES], ("gradient (downhill)", GRADIENT)]
        added = [(name, name) for name in self._added]
        return [*made, *added, *([("none: turn A and B", NONE)] if letter == "c" else [])]

    def take(self, letter: str, source: object) -> str:
        """The name in the menu of what was handed in for `"a"`, `"b"` or `"c"`: a direction, a name or None.

        Raises:
            TypeError: If it is neither.
            ValueError: If there is no such name.
        """
        if source is None:
            return "gaussian"
        if isinstance(source, Direction):
            return self._take_direction(letter, source)
        if not isinstance(source, str):
            raise TypeError(complaint(letter, "a direction or a name from the source menu", source))
        names = [name for _, name in self.options(letter)]
        return as_choice(letter, source, names, "A direction can be handed in itself.")

    def _take_direction(self, letter: str, direction: Direction) -> str:
        for name, other in self._added.items():
            if other is direction:
                return name
        name, count = direction.label, 2
        while name in self._added or name in (*NOISES, GRADIENT, NONE):
            name, count = f"{direction.label} ({count})", count + 1
        self.offer(name, direction)
        self._given[name] = f"given_{letter}"
        return name

    def given(self, name: str) -> str | None:
        """`"given_a"` for what was handed in as `a=`; None for what was not handed in."""
        return self._given.get(name)

    def span(self, name: str) -> Span:
        """The default span of an entry."""
        return self._added[name].default_span if name in self._added else NOISE_SPAN

    def recenter(self) -> None:
        """Make all again at the present centre of the landscape."""
        self._made.clear()
        self._num_changes += 1
        self._added = {name: self._directions.remade(old) for name, old in self._added.items()}

    def key(self, letter: str, settings: Settings) -> SourceKey:
        """What a source depends on: its name, and for noise its seed (A, B, C: seed, seed + 1, seed + 2)."""
        name = str(getattr(settings, letter))
        if name in NOISES:
            return (name, settings.seed + LETTERS.index(letter), settings.normalize)
        if name == NONE:
            return (name,)
        return (name, settings.normalize) if name == GRADIENT else (name, self._num_changes)

    def direction(self, letter: str, settings: Settings) -> Direction | None:
        """The direction chosen for `"a"`, `"b"` or `"c"`; None for none."""
        name = str(getattr(settings, letter))
        if name == NONE:
            return None
        return self._added[name] if name in self._added else self._remembered(self.key(letter, settings))

    def _remembered(self, key: SourceKey) -> Direction:
        if key not in self._made:
            self._made[key] = self._make(key)
        self._made.move_to_end(key)
        while len(self._made) > MOST_REMEMBERED:
            self._made.popitem(last=False)
        return self._made[key]

    def _make(self, key: SourceKey) -> Direction:
        name, *rest = key
        make: Callable[..., Direction] = getattr(self._directions, str(name))
        return make(*rest)

    def basis(self, settings: Settings, mined: Direction | None) -> Axes:
        """A and the orthogonal part of B: the plane in which mixing turns."""
        return self.axes(replace(settings, c=NONE, mixing=0.0), mined)

    def axes(self, settings: Settings, mined: Direction | None) -> Axes:
        """The axes of the picture: a mined direction takes the place of A.

        Raises:
            ValueError: If two sources are parallel, or one vanishes in the filter metric.
        """
        a = mined or self.direction("a", settings)
        b, c = self.direction("b", settings), self.direction("c", settings)
        if a is None or b is None:
            raise ValueError(complaint("a and b", "directions", NONE, "Only c can be none."))
        return mix(a, b, c, settings.mixing)
