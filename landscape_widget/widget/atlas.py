"""What is known of the planes and volumes shown last, so that nothing in them is computed twice."""

from __future__ import annotations

from collections import OrderedDict

from landscape_widget.core.objective import PointValue
from landscape_widget.widget.known import Known
from landscape_widget.widget.reading import Source

Key = tuple[object, ...]

MOST_CHARTS = 32  # whose points are kept; each snapshot of a run has one
MOST_SOURCES = 12  # under one name; a walk through spans leaves many behind
SAME = 1.001  # tolerances that differ by less are one


class Chart:
    """What is known of one plane or volume, in the coordinates of its own basis.

    Attributes:
        known: All points that were computed.
    """

    def __init__(self) -> None:
        self.known: Known[PointValue] = Known()
        self._sources: dict[Key, list[Source]] = {}
        self._coarse: dict[Key, Source] = {}
        self._reached: dict[Key, float] = {}
        self._failed: dict[Key, tuple[float, str]] = {}

    def sources(self, *name: object) -> list[Source]:
        """What was found under a name: `"surface"`, `"volume"`, or `"curve"` with the mixing angle."""
        coarse = [self._coarse[name]] if name in self._coarse else []
        return [*self._sources.get(name, []), *coarse]

    def add(self, source: Source, *name: object) -> None:
        """Keep what was found and checked."""
        self._sources[name] = [source, *self._sources.get(name, [])][:MOST_SOURCES]
        self._coarse.pop(name, None)

    def keep_coarse(self, source: Source, *name: object) -> None:
        """Keep what a pass or a search that goes on knows so far, until there is better."""
        self._coarse[name] = source

    def note(self, what: Key, tol: float, reason: str) -> None:
        """A search for `what` with this tolerance has ended; the reason tells why it gave up, else it is empty."""
        if reason:
            self._failed[what] = (tol, reason)
        else:
            self._reached[what] = tol

    def is_tried(self, what: Key, tol: float) -> bool:
        """Whether another search with this tolerance would find nothing new."""
        has_failed = what in self._failed and tol <= SAME * self._failed[what][0]
        return has_failed or (what in self._reached and self._reached[what] <= SAME * tol)

    def reason(self, what: Key) -> str:
        """Why no search for `what` has ended well; empty where one has, or none was tried."""
        return "" if what in self._reached else self._failed.get(what, (0.0, ""))[1]


class Atlas:
    """The charts used last, by what they depend on."""

    def __init__(self) -> None:
        self._charts: OrderedDict[Key, Chart] = OrderedDict()

    def chart(self, key: Key) -> Chart:
        """The chart of one plane or volume, to be read and added to."""
        chart = self._charts.setdefault(key, Chart())
        self._charts.move_to_end(key)
        while len(self._charts) > MOST_CHARTS:
            self._charts.popitem(last=False)
        return chart

    def clear(self) -> None:
        """Forget all: the centre is another."""
        self._charts.clear()
