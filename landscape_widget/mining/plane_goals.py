"""The kinds of planes that can be mined: the bottom of a wine bottle, a saddle, and heights that the user draws."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Generator, Tensor

from landscape_widget.mining.goals import (
    BARRIER_WEIGHT,
    BUMP_PLACES,
    BUMP_WEIGHT,
    WALL_WEIGHT,
    Array,
    Found,
    Goal,
    Seen,
    Step,
    missing_walls,
    one_of,
    soft_max,
    uniform,
)

RING = 4  # angles of a step, evenly spaced
FIXED_RING = 8
TARGET_CELLS = 6  # of a step
FIXED_CELLS = 24
AGREEMENT = 0.8  # correlation of a plane with its target from which on it counts as found


def ring(radius: float, count: int, turn: float = 0.0) -> Array:
    """`[count, 2]`: evenly spaced points on a circle, the first at `turn` of a full circle."""
    angles = 2 * np.pi * (np.arange(count) / count + turn)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


class WineBottle(Goal):
    """A hill in the centre, lower ground all around it, and a wall behind: the bottom of a bottle of wine.

    Each step looks at four angles 90 degrees apart with a random offset; and at the same angles further out, or at
    two opposite points on a smaller ring.
    """

    kind, num_axes, radius, steps, span = "wine-bottle", 2, 0.3, 200, 2.0
    needs_center = goes_below_center = True
    judge_points = 13
    fixed = np.concatenate([ring(1.0, FIXED_RING), ring(span, FIXED_RING)])

    def step(self, stream: Generator) -> Step:
        """Half of the steps look for the wall, the others for a bump next to the centre."""
        turn, other = uniform(stream) / RING, uniform(stream)
        if uniform(stream) < 0.5:
            return Step(np.concatenate([ring(1.0, RING, turn), ring(self.span, RING, turn)]), RING, "walls")
        beside = ring(one_of(BUMP_PLACES, stream), 2, other)
        return Step(np.concatenate([ring(1.0, RING, turn), beside]), RING, "bump")

    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """`losses [8]` or `[6]`: the ring, then the others."""
        ground, others = losses[:RING], losses[RING:]
        if step.part == "bump":
            return soft_max(ground) + BUMP_WEIGHT * torch.relu(others - center).sum()
        return soft_max(ground) + WALL_WEIGHT * missing_walls(ground, others, center).sum()

    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """Depth of the highest point of the moat, less what the wall lacks."""
        ground, ends = losses[:FIXED_RING], losses[FIXED_RING:]
        return float(center - ground.max() - missing_walls(ground, ends, center).max())

    def seen(self, losses: Tensor, center: float) -> Seen:
        """The highest and the lowest point of the ring."""
        ground = losses[:RING]
        return Seen(float(ground.max()), float(ground.min()), center)

    def height(self, found: Found, center: float) -> float:
        """Depth of the moat."""
        return found.depth


class Saddle(Goal):
    """Lower on both sides along the first direction, higher on both sides along the second."""

    kind, num_axes, radius, steps, span = "saddle", 2, 0.3, 200, 2.0
    needs_center = needs_barrier = goes_below_center = True
    judge_points = 13
    fixed = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])

    def step(self, stream: Generator) -> Step:
        """All four sides, and two points next to the centre along one of the directions."""
        place, is_first = one_of(BUMP_PLACES, stream), uniform(stream) < 0.5
        beside = place * self.fixed[:2] if is_first else place * self.fixed[2:]
        return Step(np.concatenate([self.fixed, beside]), 2, "bump" if is_first else "dip")

    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """`losses [6]`."""
        low, high, beside = losses[:2], losses[2:4], losses[4:]
        wrong = beside - center if step.part == "bump" else center - beside
        return soft_max(low) + BARRIER_WEIGHT * torch.relu(barrier - high).sum() + BUMP_WEIGHT * torch.relu(wrong).sum()

    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """The lesser of the fall and the clipped rise."""
        fall, rise = center - losses[:2].max(), losses[2:].min().clamp(max=barrier) - center
        return float(torch.minimum(fall, rise))

    def seen(self, losses: Tensor, center: float) -> Seen:
        """The two sides that fall, and the lower of those that rise."""
        return Seen(float(losses[0]), float(losses[1]), float(losses[2:4].min()))

    def height(self, found: Found, center: float) -> float:
        """How far the centre lies above the higher of the two sides that fall."""
        return found.depth


class Target(Goal):
    """Heights over the plane as somebody drew them: 0 as low as can be, 1 as high as a barrier or higher.

    The precedent is the mining of planes with a pattern of good and bad cells (arXiv:1910.03867); there the origin
    is mined too, here it is the user's network and stays.
    """

    kind, num_axes, radius, steps, span = "target", 2, 1.4, 600, 1.0
    needs_barrier = True

    def __init__(self, heights: Array) -> None:
        """`heights [H, W]` from 0 to 1, one row a beta, from -1 to 1 along both axes; NaN: anything."""
        self.heights = heights
        betas, alphas = (np.linspace(-1.0, 1.0, count) for count in heights.shape)
        mesh_b, mesh_a = np.meshgrid(betas, alphas, indexing="ij")
        self._wanted = np.isfinite(heights) & ((mesh_a != 0) | (mesh_b != 0))  # the centre is as it is
        self.cells = np.stack([mesh_a[self._wanted], mesh_b[self._wanted]], axis=1)
        self.known_heights = heights[self._wanted]
        self._axes = alphas, betas
        self._fixed_cells = np.linspace(0, len(self.cells) - 1, min(FIXED_CELLS, len(self.cells))).round().astype(int)
        self.fixed = np.asarray(self.cells[self._fixed_cells])

    def step(self, stream: Generator) -> Step:
        """A few cells; `part` says which."""
        count = min(TARGET_CELLS, len(self.cells))
        chosen = torch.randperm(len(self.cells), generator=stream)[:count].sort().values.tolist()
        return Step(self.cells[chosen], count, ",".join(map(str, chosen)))

    def score(self, step: Step, losses: Tensor, center: float, barrier: float) -> Tensor:
        """The mean misfit."""
        chosen = [int(number) for number in step.part.split(",")]
        return self._misfit(losses, self.known_heights[chosen], barrier).mean()

    def growth(self, losses: Tensor, center: float, barrier: float) -> float:
        """Less the mean misfit."""
        return -float(self._misfit(losses, self.known_heights[self._fixed_cells], barrier).mean())

    @staticmethod
    def _misfit(losses: Tensor, heights: Array, barrier: float) -> Tensor:
        wanted = losses.new_tensor(heights) * barrier
        above = torch.where(wanted < barrier, torch.relu(losses - wanted), 0.0)
        return above + BARRIER_WEIGHT * torch.relu(wanted - losses)

    def seen(self, losses: Tensor, center: float) -> Seen:
        """The highest and the lowest of the cells."""
        return Seen(float(losses.max()), float(losses.min()), math.nan)

    def judge_axes(self) -> tuple[Array, ...]:
        """Those of the drawing."""
        return self._axes

    def agreement(self, losses: Array, barrier: float) -> float:
        """Correlation of losses `[H, W]`, clipped at the barrier, with the heights; NaN where a loss is missing."""
        clipped = np.minimum(losses[self._wanted], barrier)
        if not np.isfinite(clipped).all():
            return math.nan
        if not np.ptp(clipped):
            return 0.0
        return float(np.corrcoef(clipped, self.known_heights)[0, 1])

    def height(self, found: Found, center: float) -> float:
        """A plane that was drawn is measured by its agreement alone."""
        return math.nan

    def source(self) -> dict[str, object]:
        """The heights."""
        return {"target": [[None if math.isnan(h) else h for h in row] for row in self.heights.tolist()]}
