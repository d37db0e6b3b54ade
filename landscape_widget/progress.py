"""A progress bar for long work in a cell, a callable of the user's, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from landscape_widget._checks import complaint

Progress = Callable[[int, int], None]

PATIENCE = 2.0  # seconds before a bar appears
REDRAW_EVERY = 0.2  # seconds
WIDTH = 30  # characters


class Bar:
    """One line on stderr that is redrawn in place; it appears only if the work takes longer than `PATIENCE`."""

    def __init__(self, title: str) -> None:
        self._title, self._start, self._drawn_at = title, time.perf_counter(), 0.0

    def __call__(self, done: int, total: int) -> None:
        """Redraw, at most five times a second."""
        now = time.perf_counter()
        is_last = done == total and self._drawn_at > 0
        if now - self._start < PATIENCE or (now - self._drawn_at < REDRAW_EVERY and not is_last):
            return
        self._drawn_at = now
        left = (now - self._start) / max(1, done) * (total - done)
        filled = "#" * (WIDTH * done // max(1, total))
        sys.stderr.write(f"\r{self._title} [{filled:<{WIDTH}}] {done}/{total}, {left:.0f} s left ")
        sys.stderr.flush()

    def close(self) -> None:
        """End the line, if there is one."""
        if self._drawn_at:
            sys.stderr.write("\n")


@contextmanager
def watched(progress: Any, title: str) -> Iterator[Progress]:
    """What to call with (done, total): a bar for None, nothing for False, or the user's own callable."""
    if progress is False:
        yield _ignore
    elif progress is None:
        bar = Bar(title)
        try:
            yield bar
        finally:
            bar.close()
    elif callable(progress) and progress is not True:
        yield progress
    else:
        raise TypeError(complaint("progress", "None, False or a callable(done, total)", progress))


def _ignore(_done: int, _total: int) -> None:
    """No progress wanted."""
