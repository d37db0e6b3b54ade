"""The source menus: names -> directions."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from landscape_widget._checks import as_choice, complaint
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.factory import MODEL_SPAN, NOISE_SPAN, Directions
from landscape_widget.directions.mixing import Axes, mix
from landscape_widget.directions.recipes import Span
from landscape_widget.widget.settings import NOISES, NONE, SYMMETRIES, Settings

GRADIENT = "gradient"
GIVEN = "given_"  # and a letter: what a handed-in direction is called in Python
WORDS = {
    "gaussian": "Gaussian noise",
    "uniform": "uniform noise",
    "rademacher": "±1 noise",
    "sign_aligned": "sign-aligned noise",
    GRADIENT: "gradient (downhill)",
    # Whether the model can be traced for these is found out when one is chosen.
    "permutation": "to a permuted copy",
    "sign_flip": "to a copy with flipped filters",
    "rescaling": "to a rescaled copy",
}
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
        self._written: dict[str, str] = {}
        self._made: OrderedDict[SourceKey, Direction] = OrderedDict()
        self._versions: Counter[str] = Counter()  # of what was put into the menus, by name

    def offer(self, name: str, direction: Direction, written: str | None = None) -> None:
        """Put a direction into the menus, in the place of one of that name.

        Args:
            name: In the menus.
            direction: Which.
            written: The Python that makes it again; None: as its own source says.
        """
        self._added[name] = direction
        self._written.pop(name, None)
        if written is not None:
            self._written[name] = written
        self._versions[name] += 1

    def added(self, name: str) -> Direction | None:
        """What was put into the menus under a name."""
        return self._added.get(name)

    def options(self, letter: str) -> list[tuple[str, str]]:
        """(Words, name) of each entry in the menu of `"a"`, `"b"` or `"c"`."""
        made = [(words, name) for name, words in WORDS.items()]
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
        while name in self._added or name in (*WORDS, NONE):
            name, count = f"{direction.label} ({count})", count + 1
        self.offer(name, direction, GIVEN + letter)
        return name

    def written(self, name: str) -> str | None:
        """The Python for an entry, such as `given_a` for what was handed in as `a=`; None: as its source says."""
        return self._written.get(name)

    def span(self, name: str) -> Span:
        """The default span of an entry."""
        if name in self._added:
            return self._added[name].default_span
        return MODEL_SPAN if name in SYMMETRIES else NOISE_SPAN

    def reach(self, name: str) -> float:
        """The h whose (-h, h) holds the default span of an entry; that of noise is 1 before it is drawn."""
        span = self.span(name)
        return max(map(abs, span)) if isinstance(span, tuple) else span

    def recenter(self) -> None:
        """Make all again at the present centre of the landscape."""
        self._made.clear()
        self._versions.update(self._added.keys())
        self._added = {name: self._directions.remade(old) for name, old in self._added.items()}

    def key(self, letter: str, settings: Settings) -> SourceKey:
        """What a source depends on: its name, and what is drawn its seed (A, B, C: seed, seed + 1, seed + 2)."""
        name, seed = str(getattr(settings, letter)), settings.seed + LETTERS.index(letter)
        if name in NOISES:
            return (name, ("seed", seed), ("normalize", settings.normalize))
        if name in SYMMETRIES:
            return (name, ("seed", seed))
        if name == NONE:
            return (name,)
        return (name, ("normalize", settings.normalize)) if name == GRADIENT else (name, self._versions[name])

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
        name, *options = key
        make: Callable[..., Direction] = getattr(self._directions, str(name))
        return make(**dict(cast(list[tuple[str, object]], options)))

    def basis(self, settings: Settings, mined: Sequence[Direction]) -> Axes:
        """A and the orthogonal part of B: the plane in which mixing turns."""
        return self.axes(replace(settings, c=NONE, mixing=0.0), mined[:1])

    def third(self, settings: Settings, mined: Sequence[Direction]) -> Direction | None:
        """The second direction of a mined plane, else C; None for none."""
        return mined[1] if len(mined) > 1 else self.direction("c", settings)

    def axes(self, settings: Settings, mined: Sequence[Direction]) -> Axes:
        """The axes of the picture: a mined direction takes the place of A, those of a mined plane of A and C.

        Raises:
            ValueError: If two sources are parallel, or one vanishes in the filter metric.
        """
        a = mined[0] if mined else self.direction("a", settings)
        b, c = self.direction("b", settings), self.third(settings, mined)
        if a is None or b is None:
            raise ValueError(complaint("a and b", "directions", NONE, "Only c can be none."))
        return mix(a, b, c, settings.mixing)
