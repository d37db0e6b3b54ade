"""What the makers of recipes work with, and what they hand over."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

from landscape_widget.directions import Direction, Directions
from landscape_widget.mining.result import MiningResult
from landscape_widget.slicing import Slicer

Bounds = tuple[float, float]


class Said(NamedTuple):
    """What a preparation says while it works: so much is done, of so much, in words."""

    done: int
    total: int
    words: str


class Copy(NamedTuple):
    """A copy of the network that computes the same, in the plane of the two directions.

    Attributes:
        label: Which copy.
        place: (alpha, beta).
        loss: There, computed at that very point.
        is_same: It equals the centre's but for rounding.
    """

    label: str
    place: tuple[float, float]
    loss: float
    is_same: bool


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that a surface needs but its points.

    Attributes:
        directions: Of alpha and beta.
        span: As in `Landscape.surface`, one entry an axis.
        text: What was mined, copied or taken, one sentence.
        mined: Where something was mined.
        copies: Of the network, where there are any.
        points: Of an exact grid, alpha first, where the walls are too steep for an interpolant to pay; None: adaptive.
    """

    directions: tuple[Direction, Direction]
    span: tuple[Bounds, Bounds]
    text: str
    mined: MiningResult | None = None
    copies: tuple[Copy, ...] = ()
    points: tuple[int, int] | None = None


Steps = Generator[Said, None, Prepared]


@dataclass(frozen=True, eq=False)
class Bench:
    """The landscape that a recipe is made in.

    Attributes:
        slicer: Of the landscape.
        factory: Makes directions at its centre.
        seed: Of all that is drawn by chance.
        models: Other networks of this architecture, where the recipe uses any.
    """

    slicer: Slicer
    factory: Directions
    seed: int
    models: tuple[Any, ...] = ()

    def gaussian(self, other: Direction | None = None, seed: int | None = None) -> Direction:
        """Filter-normalised noise, orthogonal to another direction."""
        noise = self.factory.gaussian(self.seed if seed is None else seed)
        return noise if other is None else noise.orthogonal_to(other)

    def loss(self, direction: Direction, alpha: float = 1.0) -> float:
        """At one point of a direction's line."""
        objective = self.slicer.engine.objective
        step = direction.vector.to(objective.device)
        return self.slicer.engine.value(objective.center + alpha * step).loss


def mined(bench: Bench, kind: str) -> Generator[Said, None, MiningResult]:
    """Mine, a step at a time; an interrupt keeps the directions of the last step, with a warning."""
    miner = bench.slicer.miner(kind, seed=bench.seed)
    try:
        while not miner.is_done:
            miner.step()
            yield Said(*miner.progress, f"mining a {kind}")
    except KeyboardInterrupt:
        text = (
            f"Mining was interrupted after {miner.steps_done} steps. The surface of what there is follows; a second "
            "interrupt ends that, too."
        )
        warnings.warn(text, stacklevel=2)
    return miner.result()
