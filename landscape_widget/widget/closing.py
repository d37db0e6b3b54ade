"""Closing widgets for good."""

from __future__ import annotations

from typing import Any

from ipywidgets import Widget


def close_all(*roots: Widget) -> None:
    """Close widgets with all that hang on them: `Widget.close` leaves children, layouts and styles open."""
    for widget in family(*roots):
        Widget.close(widget)


def family(*roots: Widget) -> list[Widget]:
    """Widgets and all that their synced traits hold; a single root comes first."""
    found: dict[int, Widget] = {}
    waiting: list[Any] = list(roots)
    while waiting:
        part = waiting.pop()
        if isinstance(part, Widget) and id(part) not in found:
            found[id(part)] = part
            waiting += [getattr(part, name) for name in part.keys]
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, (list, tuple)):
            waiting += part
    return list(found.values())
