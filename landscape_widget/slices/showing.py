"""Who shows slices in a notebook: the package says it, as slices know nothing of widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

viewers: dict[str, Callable[[Any, int], Any]] = {}  # kind of slice -> from a slice and a height in pixels to a widget
