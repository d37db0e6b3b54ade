"""How pictures reach the page: pushed by the worker, or where that fails pulled by the page.

The worker writes traits from a thread of its own. Some hosts do not show what a thread writes (Colab,
googlecolab/colabtools issue 3373): there it has to be sent in answer to a message of the page. So while there is
work the page asks now and then (`js/src/tick.ts`), and each time says which of the worker's beats it has seen. Where
one has not come for two seconds, the answer brings everything that the worker has written since the last one, and the
page asks more often. Once a beat comes again, the worker's own messages are enough.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from ipywidgets import Widget

from landscape_widget.widget.views import Ticker

PATIENCE_SECONDS = 2.0  # without a beat; a page on a slow connection needs a good part of one
PUSH_PAUSE_MS, PULL_PAUSE_MS = 1000, 80  # between an answer and the next question


class Transport:
    """Between the worker and the page.

    Args:
        ticker: What the page asks through.
        is_working: Whether the worker has anything to do, or to send.
        thread_name: Of the worker; what other threads write reaches the page.
        clock: Seconds, never going back.

    Attributes:
        is_pulled: Whether answers bring what the worker has written.
    """

    def __init__(
        self,
        ticker: Ticker,
        is_working: Callable[[], bool],
        thread_name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ticker, self._is_working, self._thread_name, self._clock = ticker, is_working, thread_name, clock
        self.is_pulled = False
        self._lock = threading.Lock()
        self._written: dict[Widget, set[str]] = {}
        self._beats = self._seen = 0
        self._beat_at = 0.0
        ticker.observe(self._on_tick, names=["tick"])

    def follow(self, widgets: Iterable[Widget]) -> None:
        """Remember what the worker writes to these, until the page has it."""
        for widget in widgets:
            widget.observe(self._on_write)

    def begin(self) -> None:
        """There is work: have the page ask. Called by who asks for it, whose messages do reach the page."""
        self._ticker.is_running = True

    def beat(self) -> None:
        """Called by the worker now and then; writes to the page once the last beat is seen or given up."""
        is_given_up = self.is_pulled and self._clock() - self._beat_at > PATIENCE_SECONDS
        if self._seen == self._beats or is_given_up:
            self._beat_at = self._clock()
            self._beats += 1
            self._ticker.pulse = self._beats

    def _on_write(self, change: Any) -> None:
        if threading.current_thread().name != self._thread_name or change["name"] not in change["owner"].keys:
            return
        with self._lock:
            self._written.setdefault(change["owner"], set()).add(change["name"])

    def _on_tick(self, change: Any) -> None:
        count, seen = change["new"]
        self._look(seen)
        has_come = self._seen == self._beats
        is_unsure = not has_come and not self.is_pulled
        for widget, names in ({} if is_unsure else self._take_written()).items():
            if not has_come:
                widget.send_state(names)
        ticker = self._ticker
        with ticker.hold_sync():  # one message
            ticker.is_running = self._is_working() or is_unsure
            ticker.pause_ms = PULL_PAUSE_MS if self.is_pulled else PUSH_PAUSE_MS
            ticker.answered = count

    def _take_written(self) -> dict[Widget, set[str]]:
        with self._lock:
            written, self._written = self._written, {}
        return written

    def _look(self, seen: int) -> None:
        self._seen = max(self._seen, seen)
        if self._seen == self._beats:
            self.is_pulled = False
        elif self._clock() - self._beat_at > PATIENCE_SECONDS:
            self.is_pulled = True
