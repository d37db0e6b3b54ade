"""BatchNorm over a whole set of samples, computed in tiles that fit the processor's caches.

Each tile runs the model's own forward pass in a thread of its own; the tiles meet at every BatchNorm, pool their
moments and go on with common statistics. Going backward they meet again and add up what arrives at those
statistics. Nothing is traced: whatever Python the forward pass does, it does.
Measured on 2 cores: 3 to 4 times the speed of one large batch on small convolutional networks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar, final

import torch
from torch import Tensor, nn

from landscape_widget.core.batchnorm import Rule, Statistics, moments
from landscape_widget.core.crew import Abandoned, crew

T = TypeVar("T")
Visit = tuple[nn.Module, int]
Part = tuple[Tensor, Tensor, int]  # mean, biased variance, rows


class Meeting:
    """Where the tiles of one pass meet, and wait for each other.

    Attributes:
        turn: Held while a tile computes, so that no more of them compute at a time than there are cores.
        record: The statistics found.
    """

    def __init__(self, num_tiles: int) -> None:
        self._num_tiles = num_tiles
        self.turn = threading.Semaphore(min(num_tiles, torch.get_num_threads()))
        self._changed = threading.Condition()
        self._parts: dict[Hashable, dict[int, Any]] = {}
        self._is_over = False
        self._gone: set[int] = set()
        self.record: dict[Visit, Statistics] = {}

    def all_parts(self, topic: Hashable, tile: int, part: T) -> list[T]:
        """Hand in one tile's part and wait for those of all, which are returned in the order of the tiles.

        Raises:
            Abandoned: Another tile failed, or has ended without coming here.
        """
        with self._changed:
            parts = self._parts.setdefault(topic, {})
            parts[tile] = part
            self._changed.notify_all()
        if len(parts) < self._num_tiles:
            self._wait(parts)
        if self._is_over:
            raise Abandoned
        return [parts[number] for number in range(self._num_tiles)]

    def _wait(self, parts: dict[int, Any]) -> None:
        self.turn.release()  # let another tile compute while this one waits
        try:
            with self._changed:
                self._changed.wait_for(
                    lambda: len(parts) == self._num_tiles or self._is_over or self._gone - set(parts)
                )
                self._is_over = self._is_over or len(parts) < self._num_tiles
                self._changed.notify_all()
        finally:
            self.turn.acquire()

    def leave(self, tile: int) -> None:
        """One tile is done; nobody may wait for it any more."""
        with self._changed:
            self._gone.add(tile)
            self._changed.notify_all()

    def end(self) -> None:
        """Make every tile stop where it next meets the others."""
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
        rows = x.numel() // x.shape[1]
        if torch.is_grad_enabled() and mean.requires_grad:
            pooled_here: Statistics = _Pooled.apply(mean, variance, self._meeting, (layer, visit), self._tile, rows)  # type: ignore[no-untyped-call]
            return pooled_here
        statistics = pooled(self._meeting.all_parts((layer, visit), self._tile, (mean, variance, rows)))
        if self._tile == 0:
            self._meeting.record[layer, visit] = statistics
        return statistics


class _Pooled(torch.autograd.Function):
    """Common statistics of all tiles; backward, the tiles meet again and share what arrives at them.

    With weights w_i (shares of rows): mean = sum w_i mean_i and variance = sum w_i (variance_i + (mean_i - mean)^2),
    so d mean / d mean_i = w_i, d variance / d variance_i = w_i and d variance / d mean_i = 2 w_i (mean_i - mean).
    """

    @staticmethod
    def forward(
        ctx: Any, mean: Tensor, variance: Tensor, meeting: Meeting, visit: Visit, tile: int, rows: int
    ) -> tuple[Tensor, Tensor]:
        parts = meeting.all_parts(visit, tile, (mean, variance, rows))
        common = pooled(parts)
        ctx.weight = rows / sum(part[2] for part in parts)
        ctx.meeting, ctx.visit, ctx.tile = meeting, visit, tile
        ctx.shift = mean - common[0]
        return common

    @staticmethod
    def backward(ctx: Any, *arriving: Tensor) -> tuple[Tensor, Tensor, None, None, None, None]:
        parts = ctx.meeting.all_parts((*ctx.visit, "backward"), ctx.tile, arriving)
        for_mean, for_variance = (torch.stack(column).sum(0) for column in zip(*parts, strict=True))
        own_mean = ctx.weight * (for_mean + 2 * ctx.shift * for_variance)
        return own_mean, ctx.weight * for_variance, None, None, None, None


def pooled(parts: Sequence[Part]) -> Statistics:
    """Mean and biased variance of all rows; E[x^2] - mean^2 would lose four digits in float32."""
    means, variances, counts = zip(*parts, strict=True)
    weights = torch.tensor(counts, dtype=torch.float64, device=means[0].device)[:, None] / sum(counts)
    wide = torch.stack(means).double()
    mean = (weights * wide).sum(0)
    variance = (weights * (torch.stack(variances).double() + (wide - mean) ** 2)).sum(0)
    return mean.to(means[0].dtype), variance.to(means[0].dtype)


def run_in_lockstep(work: Callable[[int, Rule], T], num_tiles: int) -> tuple[list[T], dict[Visit, Statistics]]:
    """`work(tile, rule)` for every tile under common statistics; returns the results and the statistics.

    Work is a forward pass, or one forward and one backward.

    Raises:
        Exception: What the first failing tile raised; all tiles have stopped by then.
        RuntimeError: Some tiles use a BatchNorm layer that others do not.
    """
    meeting = Meeting(num_tiles)

    def one(tile: int) -> T:
        with meeting.turn:
            try:
                return work(tile, TileRule(meeting, tile))
            finally:
                meeting.leave(tile)

    try:
        return crew.together(one, num_tiles, give_up=meeting.end), meeting.record
    except Abandoned:
        raise RuntimeError(
            "model must use its BatchNorm layers in the same order for all samples to be computed in tiles, got a "
            "forward pass that depends on its data. Use batchnorm='frozen'."
        ) from None
