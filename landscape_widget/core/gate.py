"""Who may use the private working copy: a call in a cell comes before the worker's next short step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """One user at a time; foreground callers are served before background ones.

    A foreground caller keeps the engine for its whole call, a background one for one short step.
    The foreground may enter again from the same thread.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition()
        self._num_waiting = 0

    @contextmanager
    def foreground(self) -> Iterator[None]:
        """Take the engine between two background steps."""
        self._count(+1)
        try:
            self._lock.acquire()
        finally:
            self._count(-1)
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def background(self) -> Iterator[None]:
        """Take the engine for one short step, once no foreground caller waits."""
        with self._changed:
            self._changed.wait_for(lambda: self._num_waiting == 0)
        with self._lock:
            yield

    def _count(self, change: int) -> None:
        with self._changed:
            self._num_waiting += change
            self._changed.notify_all()
