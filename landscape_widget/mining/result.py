"""What mining returns: a value, also where it did not succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.directions.direction import Direction
from landscape_widget.directions.recipes import Span
from landscape_widget.slices.curve import Curve

CurveOf = Callable[[Direction, Span | None], Curve]


@dataclass(frozen=True)
class Report:
    """What was found, and on which data; prints well.

    Attributes:
        text: In words, one line a fact.
        figures: Name -> number, word or None. `depth` (w-peak) and `barrier` (vvv-basin) are in nats, with the
            ending `_train` for the data mined on and `_held_out` for the rest; NaN where a curve has none.
        reason: Why it did not succeed; empty where it did.
    """

    text: str
    figures: Mapping[str, Any]
    reason: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The run as it stood after some steps.

    Attributes:
        step: Steps done.
        direction: As it was then.
        curve: Along it, on the landscape's data.
    """

    step: int
    direction: Direction
    curve: Curve

    @property
    def directions(self) -> tuple[Direction, ...]:
        """All of them."""
        return (self.direction,)


@dataclass(frozen=True, eq=False)
class MiningResult:
    """A mined direction and what it shows.

    Attributes:
        succeeded: The wanted kind was confirmed on data that were not mined on.
        kind: The confirmed kind; else what the held-out data show, or `"unclear"`.
        report: Text and figures; where it did not succeed, its `reason`.
        direction: Constructed, not typical; its length is part of the result.
        history: Arrays with one entry a step: `step`, `objective`, `plus` and `minus` (losses at alpha = 1 and
            -1), `center`, `barrier` (vvv-basin: the lower one), all of that step's minibatch, in nats; `growth`
            (how far the shape has come on a fixed set, NaN at steps where it was not measured).
        snapshots: From the first step to the last.
    """

    succeeded: bool
    kind: str
    report: Report
    direction: Direction
    history: Mapping[str, NDArray[np.float64]]
    snapshots: tuple[Snapshot, ...]
    curve_of: CurveOf = field(repr=False)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """All of them."""
        return (self.direction,)

    def curve(self, span: Span | None = None) -> Curve:
        """The curve on all data, computed anew; `span` in lengths of the direction, by default its own."""
        return self.curve_of(self.direction, span)

    def __repr__(self) -> str:
        return f"MiningResult(succeeded={self.succeeded}, kind={self.kind!r})\n{self.report}"
