"""What mining returns: a value, also where it did not succeed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from landscape_widget.directions.direction import Direction
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface


class Maker(Protocol):
    """Makes slices along mined directions, and takes a run up again."""

    def slice_of(self, directions: Sequence[Direction], span: Any) -> Any:
        """On all data; `span` None: the directions' own."""

    def resume(self, steps: int | None, progress: Any) -> MiningResult:
        """Go on with the run."""


@dataclass(frozen=True)
class Report:
    """What was found, and on which data; prints well.

    Attributes:
        text: In words, one line a fact.
        figures: Name -> number, word or None. `depth` (w-peak, wine-bottle, saddle), `barrier` (vvv-basin) and
            `height` (what the wanted kind is measured by) are in nats, `agreement` (target) is a correlation, each
            with the ending `_train` for the data mined on and `_held_out` for the rest; NaN where there is none.
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
        directions: As they were then: one, or two for a plane.
        curve: Along the first, on the landscape's data.
    """

    step: int
    directions: tuple[Direction, ...]
    curve: Curve

    @property
    def direction(self) -> Direction:
        """The first."""
        return self.directions[0]


@dataclass(frozen=True, eq=False)
class MiningResult:
    """Mined directions and what they show.

    Attributes:
        succeeded: The wanted kind was confirmed on data that were not mined on.
        kind: The confirmed kind; else what the held-out data show, or `"unclear"`.
        report: Text and figures; where it did not succeed, its `reason`.
        directions: Constructed, not typical; their length is part of the result. One, or two for a plane.
        history: Arrays with one entry a step: `step`, `objective`, `plus` and `minus` (losses at alpha = 1 and -1;
            for a plane the highest and the lowest of what is to be low), `center`, `barrier` (the lower one, or the
            centre where that lies between the valleys), all of that step's minibatch, in nats; `growth` (how far the
            shape has come on a fixed set, NaN at steps where it was not measured).
        snapshots: From the first step to the last.
    """

    succeeded: bool
    kind: str
    report: Report
    directions: tuple[Direction, ...]
    history: Mapping[str, NDArray[np.float64]]
    snapshots: tuple[Snapshot, ...]
    maker: Maker = field(repr=False)

    @property
    def direction(self) -> Direction:
        """The first direction."""
        return self.directions[0]

    def curve(self, span: Any = None) -> Curve:
        """The curve along the first direction on all data, computed anew; `span` by default its own."""
        return cast(Curve, self.maker.slice_of(self.directions[:1], span))

    def surface(self, span: Any = None) -> Surface:
        """The surface over a mined plane on all data, computed anew; `span` by default its own.

        Raises:
            ValueError: If only one direction was mined.
        """
        if len(self.directions) < 2:
            raise ValueError(
                f"kind must be that of a plane for a surface, got {self.report.figures['wanted']!r}, which has one "
                "direction. Use landscape.surface(result.direction, another_direction)."
            )
        return cast(Surface, self.maker.slice_of(self.directions, span))

    def resume(self, steps: int | None = None, *, progress: Any = None) -> MiningResult:
        """Go on from where the run stands; this result stays as it is.

        Args:
            steps: Steps in all; by default those that were planned, or half as many again where they were done.
            progress: As in `Landscape.curve`.

        Raises:
            ValueError: If `steps` are done already, or the landscape has another centre since.
        """
        return self.maker.resume(steps, progress)

    def __repr__(self) -> str:
        return f"MiningResult(succeeded={self.succeeded}, kind={self.kind!r})\n{self.report}"
