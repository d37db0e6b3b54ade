"""The recipes of the package, as the explorer prepares them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from landscape_widget.widget.preparing import Prepared, Said


@dataclass(frozen=True, eq=False)
class Recipes:
    """As `Cookbook`."""

    landscape: Any
    kinds: dict[str, str] = field(default_factory=dict)

    def prepare(self, name: str, *, seed: int) -> Generator[Said, None, Prepared]:
        """As `Cookbook.prepare`."""
        raise KeyError(name)
