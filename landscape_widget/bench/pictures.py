"""What a user waits for: the first picture of a surface, the whole exact grid, and a line through a known plane."""

from __future__ import annotations

import functools
import statistics
from dataclasses import dataclass

import torch

from landscape_widget.bench.cases import Case, build
from landscape_widget.bench.timing import timed

FIRST = 5  # points an axis of the first picture
LINES = 50
LINE_POINTS = 201


@dataclass(frozen=True)
class PictureResult:
    """One case, in seconds.

    Attributes:
        first: Of the first 25 points of a fresh landscape.
        full: Of the exact grid, once.
        side: Its points an axis.
        line: Of a curve of 201 points read off a known plane, the median of many angles.
    """

    name: str
    title: str
    batchnorm: str | None
    first: float
    full: float
    side: int
    line: float

    @property
    def share(self) -> float:
        """How many first pictures fit into the time of the exact grid."""
        return self.full / self.first


def measure(case: Case, device: torch.device) -> PictureResult:
    """Draw them in this order in a fresh landscape."""
    problem = build(case, device)
    draw = functools.partial(problem.landscape.surface, *problem.directions, span=1.0, progress=False)
    first, _ = timed(lambda: draw(exact=True, points=FIRST), device)
    full, _ = timed(lambda: draw(exact=True, points=case.full), device)
    plane = draw()
    lines = [timed(functools.partial(plane.along, 180 * i / LINES), device) for i in range(LINES)]
    assert all(len(line.losses) == LINE_POINTS for _, line in lines)
    line = statistics.median(seconds for seconds, _ in lines)
    return PictureResult(case.name, case.title, case.batchnorm, first, full, case.full, line)
