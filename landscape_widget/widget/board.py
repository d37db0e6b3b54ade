"""The explorer's texts: progress, facts, errors, and what mining has come to. Written by the worker only."""

from __future__ import annotations

import time
from typing import Any

import ipywidgets as widgets

from landscape_widget.widget.facts import paragraph

REFRESH_SECONDS = 0.2  # a text that changes with every point is sent no more often
CHANGED = "The model has other weights now than those shown here."


class Board:
    """All widgets that only tell something.

    Attributes:
        bar: Share of the work that is done.
        state: What is being done, and how fast.
        facts: How the numbers were made.
        caption: What every picture says.
        error: What went wrong, in words.
        mining: How far snapshots reach, and what was confirmed.
        changed: That the model's weights are others by now.
        recipe: What a recipe has come to.
        census: How many random directions give which kind.
        bend: Why the curve bends as it does.
        notice: What was saved or loaded.
    """

    def __init__(self) -> None:
        self.bar = widgets.FloatProgress(0.0, min=0.0, max=1.0)
        self.bar.tooltip = "Share of the work that is done"
        self.state, self.facts, self.caption = (_text() for _ in range(3))
        self.error, self.mining, self.changed, self.recipe = (_text() for _ in range(4))
        self.census, self.bend, self.notice = (_text() for _ in range(3))
        for text in (self.error, self.mining, self.changed, self.recipe, self.census, self.bend, self.notice):
            text.layout.display = "none"
        self._refreshed_at = 0.0
        self._view_error = ""

    def is_due(self) -> bool:
        """Whether the state may be told again by now; counts as telling it."""
        now = time.monotonic()
        if now - self._refreshed_at < REFRESH_SECONDS:
            return False
        self._refreshed_at = now
        return True

    def tell_state(self, text: str, share: float | None) -> None:
        """What is being done; `share` is None when nothing is."""
        _set(self.bar, "value", 0.0 if share is None else share)
        _set(self.bar.layout, "visibility", "hidden" if share is None else "visible")
        _set(self.state, "value", paragraph(text, "state", role="status"))

    def tell_facts(self, facts: str, caption: str) -> None:
        """How the picture was made."""
        _set(self.facts, "value", paragraph(facts, "facts"))
        _set(self.caption, "value", paragraph(caption, "facts"))

    def tell_error(self, text: str) -> None:
        """What went wrong; empty once it is over."""
        texts = [text, self._view_error]
        _show(self.error, "".join(paragraph(text, "alert", role="alert") for text in texts))

    def tell_view_error(self, text: str) -> None:
        """That one of the views cannot be drawn; stays."""
        self._view_error = text

    def tell_mining(self, text: str) -> None:
        """What mining has come to."""
        _show(self.mining, paragraph(text, "mining"))

    def tell_recipe(self, text: str) -> None:
        """What a recipe has come to."""
        _show(self.recipe, paragraph(text, "mining"))

    def tell_census(self, table: str) -> None:
        """Counts, as HTML."""
        _show(self.census, table)

    def tell_bend(self, table: str) -> None:
        """The explanation, as HTML."""
        _show(self.bend, table)

    def tell_notice(self, text: str) -> None:
        """What was saved or loaded; stays until the next."""
        _show(self.notice, paragraph(text, "facts", role="status"))

    def tell_changed(self, *, has_changed: bool) -> None:
        """Whether the model has moved on."""
        _show(self.changed, paragraph(CHANGED if has_changed else "", "changed", role="status"))


def _text() -> Any:
    return widgets.HTML(layout={"margin": "0", "min_width": "0"})


def _show(widget: Any, value: str) -> None:
    _set(widget, "value", value)
    _set(widget.layout, "display", None if value else "none")


def _set(widget: Any, name: str, value: Any) -> None:
    if getattr(widget, name) != value:
        setattr(widget, name, value)
