"""How far the work has come, for the status line."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median

RECENT = 15  # points or steps whose median time gives the rate


class Pace:
    """Counts what is done of one piece of work and how fast it goes.

    Args:
        unit: What is counted, in the plural.
        clock: Seconds, never going back.
    """

    def __init__(self, unit: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._unit, self._clock = unit, clock
        self._seconds: deque[float] = deque(maxlen=RECENT)
        self._worked = 0.0
        self._is_over = True
        self.done = self.total = 0

    def begin(self, total: int) -> None:
        """A new piece of work; the rate is remembered, and so is the last piece where this one is none."""
        self._is_over = total == 0
        if self._is_over:
            return
        self.done, self.total = 0, total
        self._worked = 0.0

    def more(self, count: int) -> None:
        """So many more are wanted than was thought at first."""
        if self._is_over and count:
            self.begin(count)
        else:
            self.total += count

    def add(self, seconds: float) -> None:
        """One more is done, and took so long."""
        self.done += 1
        self._worked += seconds
        self._seconds.append(seconds)

    @property
    def share(self) -> float | None:
        """From 0 to 1; None once all is done."""
        return self.done / self.total if self.done < self.total else None

    @property
    def seconds_each(self) -> float | None:
        """Median over the last ones; None before the first."""
        return median(self._seconds) if self._seconds else None

    @property
    def text(self) -> str:
        """`120 of 441 points, 95 a second, 3 s left`, or what it took once done."""
        each = self.seconds_each
        if each is None or self.done >= self.total:
            return f"{self.done} {self._unit} computed in {duration(self._worked)}" if self.done else ""
        left = duration((self.total - self.done) * each)
        return f"{self.done} of {self.total} {self._unit}, {rate(each)}, {left} left"


def rate(seconds_each: float) -> str:
    """`95 a second`, or `12 s each` where one takes long."""
    if seconds_each >= 1:
        return f"{seconds_each:.2g} s each"
    each_second = 1 / max(seconds_each, 1e-6)
    return f"{each_second:.0f} a second" if each_second >= 10 else f"{each_second:.2g} a second"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{seconds / 60:.0f} min"
