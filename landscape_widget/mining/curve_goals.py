"""The kinds of curves that can be mined: w-peak, vvv-basin, v-side, n-valley."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Generator, Tensor

from landscape_widget.mining.goals import (
    BARRIER_WEIGHT,
    BUMP_PLACES,
    BUMP_WEIGHT,
    WALL_SHARE,
    WALL_WEIGHT,
    Found,
    Goal,
    Seen,
    Step,
    column,
    missing_walls,
    one_of,
    soft_max,
    uniform,
)


class WPeak(Goal):
    """Both sides low, no bump between them and the centre, and walls behind them."""

    kind, radius, steps, span = "w-peak", 0.3, 200, 2.0
    needs_center = goes_below_center = True
    fixed = column(1.0, -1.0, span, -span)

    def step(self, stream: Generator) -> Step:
        """Half of the steps look at the ends of the span, the others for a bump next to the centre."""
        if uniform(stream) < 0.5:
            return Step(self.fixed, 2, "walls")
        place = one_of(BUMP_PLACES, stream)
        return Step(column(1.0, -1.0, place, -place), 2, "bump")

    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """`losses [4]`: both sides, then two more."""
        sides, others = losses[:2], losses[2:]
        if step.part == "bump":
            return soft_max(sides) + BUMP_WEIGHT * torch.relu(others - center).sum()
        return soft_max(sides) + WALL_WEIGHT * missing_walls(sides, others, center).sum()

    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """Depth of the higher side below the centre, less what the walls lack."""
        sides, ends = losses[:2], losses[2:]
        return float(center - sides.max() - missing_walls(sides, ends, center).max())

    def seen(self, losses: Tensor, center: float) -> Seen:
        """The centre itself lies between the valleys."""
        return Seen(float(losses[0]), float(losses[1]), center)

    def height(self, found: Found, center: float) -> float:
        """The depth."""
        return found.depth


class VSide(Goal):
    """The centre on a slope: lower on one side, with a wall behind, and rising on the other."""

    kind, radius, steps, span = "v-side", 0.3, 100, 2.0
    needs_center = goes_below_center = True
    fixed = column(1.0, 2.0, -1.0)

    def step(self, stream: Generator) -> Step:
        """Half of the steps look at both ends, the others for a bump or a dip next to the centre."""
        if uniform(stream) < 0.5:
            return Step(self.fixed, 1, "walls")
        place = one_of(BUMP_PLACES, stream)
        return Step(column(1.0, place, -place), 1, "between")

    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """`losses [3]`."""
        if step.part == "walls":
            return losses[0] + WALL_WEIGHT * _missing_side_walls(losses, center).sum()
        return losses[0] + BUMP_WEIGHT * torch.relu(torch.stack([losses[1] - center, center - losses[2]])).sum()

    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """Drop from the centre, less what the walls lack."""
        return float(center - losses[0] - _missing_side_walls(losses, center).max())

    def seen(self, losses: Tensor, center: float) -> Seen:
        """The side that goes down; the other one is not looked at in every step."""
        return Seen(float(losses[0]), math.nan, center)

    def height(self, found: Found, center: float) -> float:
        """How far the valley lies below the centre."""
        return center - min((valley[-2] for valley in found.valleys), default=math.nan)


def _missing_side_walls(losses: Tensor, center: float) -> Tensor:
    """`[2]`: what the wall behind the valley lacks, and the slope on the other side. `losses [3]` at 1, 2, -1."""
    depth = torch.relu(center - losses[0].detach())
    wanted = torch.stack([losses[0], losses[0].new_tensor(center)]) + WALL_SHARE * depth
    return torch.relu(wanted - losses[1:])


class NValley(Goal):
    """`n` valleys with barriers between them, the centre in one of them; the outermost at -1 and 1.

    With an even number the centre's right has one more than its left.
    """

    kind, radius, steps, span = "n-valley", 1.4, 600, 1.5
    needs_barrier = True
    show_points = 25

    def __init__(self, n: int = 5) -> None:
        self.n = n
        right, left = n // 2, (n - 1) // 2
        valleys, tops = np.arange(-left, right + 1), np.arange(-left, right) + 0.5
        self.fixed = column(*valleys[valleys != 0] / right, *tops / right)

    def step(self, stream: Generator) -> Step:
        """All of them, in every step."""
        return Step(self.fixed, self.n - 1)

    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """All valleys low, and a loss of `barrier` half-way between them. `losses [2 n - 2]`.

        The barriers are clipped: an unbounded maximum would win over everything else.
        """
        valleys, tops = losses[: self.n - 1], losses[self.n - 1 :]
        return soft_max(valleys) + BARRIER_WEIGHT * torch.relu(barrier - tops).sum()

    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """How far the lowest barrier, clipped, stands above the highest of the valleys."""
        valleys, tops = losses[: self.n - 1], losses[self.n - 1 :]
        return float(tops.min().clamp(max=barrier) - valleys.max().clamp(min=center))

    def seen(self, losses: Tensor, center: float) -> Seen:
        """The outermost valleys, and the lowest barrier."""
        valleys, tops = losses[: self.n - 1], losses[self.n - 1 :]
        return Seen(float(valleys[-1]), float(valleys[0]), float(tops.min()))

    def height(self, found: Found, center: float) -> float:
        """Prominence of the shallowest valley."""
        return min((valley[-1] for valley in found.valleys), default=math.nan)

    def is_shown_by(self, found: Found) -> bool:
        """So many valleys, no more and no fewer."""
        return found.kind == self.kind and len(found.valleys) == self.n

    def source(self) -> dict[str, object]:
        """The number of valleys."""
        return {"n": self.n}


class VVVBasin(NValley):
    """Three valleys, the centre in the middle one."""

    kind, steps, show_points = "vvv-basin", 300, 13

    def __init__(self) -> None:
        super().__init__(3)

    def height(self, found: Found, center: float) -> float:
        """The lower barrier."""
        return found.barrier

    def source(self) -> dict[str, object]:
        """Nothing to be chosen."""
        return {}
