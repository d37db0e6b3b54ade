"""Changes of controls: told apart by who made them, the page or Python."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ipywidgets import Widget

Handler = Callable[[str, bool], None]


class ControlEvents:
    """Calls one handler with the name of each control whose value has changed, and whether the page did it.

    Messages from the page arrive through a widget's `set_state`, on changing threads; everything else that
    sets a value is Python, a link to another widget included.
    """

    def __init__(self, widgets: Mapping[str, Widget], handler: Handler) -> None:
        self._handler = handler
        self._page_threads: set[int] = set()
        self._num_quiet = 0
        for name, widget in widgets.items():
            self._mark_page_messages(widget)
            widget.observe(self._observer(name), names=["value"])

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Tell the handler of no change meanwhile."""
        self._num_quiet += 1
        try:
            yield
        finally:
            self._num_quiet -= 1

    def _mark_page_messages(self, widget: Widget) -> None:
        set_state = widget.set_state

        def set_state_from_page(sync_data: dict[str, Any]) -> None:
            thread = threading.get_ident()
            self._page_threads.add(thread)
            try:
                set_state(sync_data)
            finally:
                self._page_threads.discard(thread)

        widget.set_state = set_state_from_page

    def _observer(self, name: str) -> Callable[[object], None]:
        def on_change(_: object) -> None:
            if not self._num_quiet:
                self._handler(name, threading.get_ident() in self._page_threads)

        return on_change
