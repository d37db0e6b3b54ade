"""What a slice shall be like, as the arguments of `Landscape.curve` say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from landscape_widget._checks import as_number, complaint
from landscape_widget.engine.adaptive import KIND_TOLERANCE

DEFAULT_TOLERANCE = 0.01


@dataclass(frozen=True)
class Request:
    """Checked arguments; their meaning stands in `Landscape.curve`."""

    exact: bool = False
    points: Any = None
    tol: float = DEFAULT_TOLERANCE
    split: str | Sequence[str] | None = None
    per_sample: bool = False
    progress: Any = None

    def __post_init__(self) -> None:
        as_number("tol", self.tol, above=0.0)
        if self.points is not None and not self.exact:
            rule = "left out, or given with exact=True"
            remedy = "An adaptive slice chooses its points itself: set tol, or exact=True for a grid."
            raise ValueError(complaint("points", rule, self.points, remedy))

    def tolerance(self, num_axes: int) -> float:
        """What the search is given: for a surface so small that its kind can be told, unless asked for a coarser one.

        Curves always are that fine; a volume has no kind.
        """
        is_coarse = self.tol > DEFAULT_TOLERANCE
        return self.tol if is_coarse or num_axes != 2 else min(self.tol, KIND_TOLERANCE)
