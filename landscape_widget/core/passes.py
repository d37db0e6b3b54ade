"""Passes of the private copy over many tiles: side by side where the model allows it, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from landscape_widget.core import nested
from landscape_widget.core.batchnorm import OfThisBatch, Recorded, Rule, Statistics
from landscape_widget.core.crew import crew
from landscape_widget.core.forward import Forward, Totals
from landscape_widget.core.lockstep import run_in_lockstep
from landscape_widget.core.losses import Outcome
from landscape_widget.core.probe import PROBE_SAMPLES, Probe, far_from
from landscape_widget.core.samples import Batch, Samples, scaled_tile
from landscape_widget.core.working_copy import kept_values

T = TypeVar("T")
LEAST_HALF = 128  # samples; smaller halves of a minibatch cost more in meetings than two cores gain
# Samples a tile, where a sample is an image of 3 x 32 x 32; smaller samples make larger tiles. Below it the
# meetings cost more than the caches give.
LOCKSTEP_TILE = 32
LARGEST_LOCKSTEP_TILE = 256
Record = Mapping[Any, Statistics]  # by visit; a mapping that keeps its order
Stop = Callable[[], bool]


class Cancelled(Exception):
    """The caller asked to stop; nothing was returned for this point."""


@dataclass(frozen=True)
class Calibrated:
    """What one pass of the calibration set gave: its batches with their outcomes, and the statistics found."""

    batches: list[Batch]
    outcomes: list[Outcome]
    record: Record

    def count(self, totals: Totals) -> None:
        """Count the losses of the calibration set."""
        for batch, outcome in zip(self.batches, self.outcomes, strict=True):
            totals.add(batch, outcome)


class Passes:
    """How the tiles of one point are computed. The copy stands at the point while these are called.

    Attributes:
        remarks: What was found out about the model, in short phrases.
    """

    def __init__(self, forward: Forward, train: Samples, center: Tensor, *, moves_data: bool, seed: int) -> None:
        """Find out whether tiles may run side by side.

        Args:
            forward: The private copy.
            train: The data that hold the calibration set.
            center: `[P]`, where to try things; far away is tried too.
            moves_data: Data did not fit on the device, so every tile is moved there when it is needed.
            seed: Of the far point.
        """
        self._forward, self._train, self._moves_data = forward, train, moves_data
        self._points = [center, far_from(center, seed)]
        self.remarks: list[str] = []
        self._in_threads = False
        self._in_lockstep: bool | None = None
        if self._may_thread:
            self._in_threads = self._check_threads()
            self.remarks.append("tiles side by side" if self._in_threads else "one tile after the other")

    def alone(self, forward: Forward) -> Passes:
        """Passes of another working copy that one thread makes by itself, one tile after the other."""
        passes = copy(self)
        passes._forward, passes._in_threads, passes._in_lockstep = forward, False, False
        return passes

    def led(self, function: Callable[[], T]) -> T:
        """`function()`, which makes passes: in the crew's leading thread where tiles run in threads."""
        return crew.lead(function) if self._in_threads else function()

    @property
    def runs_in_threads(self) -> bool:
        """Whether the model was seen to give the same in several threads at a time."""
        return self._in_threads

    @property
    def _may_thread(self) -> bool:
        return self._points[0].device.type == "cpu" and torch.get_num_threads() > 1 and self._train.is_tiled

    def here(self, content: Any) -> Any:
        """Content on the model's device."""
        if not self._moves_data:
            return content
        return nested.map_tensors(lambda tensor: tensor.to(self._points[0].device, non_blocking=True), content)

    def outcome(self, batch: Batch, rule: Rule | None) -> Outcome:
        """One batch, without a graph."""
        return self._forward.outcome(self.here(batch.content), rule)

    def add(self, totals: Totals, tiles: Sequence[Batch], record: Record | None, stop: Stop | None = None) -> None:
        """Count tiles, added up in their order whatever order they were computed in.

        Raises:
            Cancelled: `stop()` was true before a tile.
        """

        def outcome(number: int) -> Outcome:
            if stop is not None and stop():
                raise Cancelled
            return self.outcome(tiles[number], None if record is None else Recorded(record))

        for tile, result in zip(tiles, self.map(outcome, len(tiles)), strict=True):
            totals.add(tile, result)

    def map(self, function: Callable[[int], T], count: int) -> list[T]:
        """`function(tile)` for every tile, side by side where the model can be in several threads."""
        if count > 1 and self._in_threads:
            return crew.map(function, count)
        return [function(number) for number in range(count)]

    def side_by_side(self, work: Callable[[int, Rule | None], T], count: int, *, in_lockstep: bool) -> list[T]:
        """`work(tile, rule)` for every tile in threads; in lock-step the rule pools the statistics of all tiles."""
        if in_lockstep:
            return run_in_lockstep(work, count)[0]
        return crew.map(lambda number: work(number, None), count)

    def calibrate(self) -> Calibrated:
        """One pass of the calibration set under its own pooled statistics."""
        batches = self.calibration_batches()
        if len(batches) == 1:
            rule = OfThisBatch()
            return Calibrated(batches, [self.outcome(batches[0], rule)], rule.record)
        outcomes, record = run_in_lockstep(lambda i, rule: self.outcome(batches[i], rule), len(batches))
        return Calibrated(batches, outcomes, record)

    def calibration_batches(self) -> list[Batch]:
        """The calibration set as it is passed: in tiles, or in one batch, or in the user's batches."""
        return self._train.calibration(self._lockstep_tile() if self._in_lockstep else None)

    def small_calibration_batches(self) -> list[Batch]:
        """The same in tiles, whether or not threads may compute them in lock-step."""
        return self._train.calibration(self._lockstep_tile())

    def _lockstep_tile(self) -> int:
        return min(LARGEST_LOCKSTEP_TILE, scaled_tile(LOCKSTEP_TILE, self._train.sample_size))

    def gradient_tile(self, count: int, *, own_statistics: bool) -> int | None:
        """Samples a tile for `side_by_side`, of a minibatch of so many; None where it must stay whole."""
        tile, is_allowed = self._lockstep_tile(), self._in_lockstep if own_statistics else self._in_threads
        if not is_allowed or count < 2 * min(tile, LEAST_HALF):
            return None
        return min(tile, -(-count // 2))

    def prepare_calibration(self) -> None:
        """The first time, find out how to calibrate; moves the copy."""
        if self._in_lockstep is not None:
            return
        self._in_lockstep = self._in_threads and self._check_lockstep()
        if self._may_thread:
            self.remarks.append("calibration in lock-step tiles" if self._in_lockstep else "calibration in one batch")

    def _check_threads(self) -> bool:
        """Whether tiles side by side give what they give one after the other."""
        tiles = self._train.tiles(torch.arange(min(self._train.num_units, PROBE_SAMPLES)))
        try:
            return self._keeps_no_state(tiles[0]) and all(self._threads_agree(point, tiles) for point in self._points)
        except Exception:  # a forward pass that cannot run in several threads
            return False

    def _keeps_no_state(self, tile: Batch) -> bool:
        """Whether a forward pass leaves attributes and buffers alone; else tiles would race for them."""
        module = self._forward.module
        before, versions = kept_values(module), [buffer._version for buffer in module.buffers()]
        with self._forward.standing_at(self._points[0]):
            self.outcome(tile, None)
            after = kept_values(module)
            is_written = versions != [buffer._version for buffer in module.buffers()]
        return not is_written and all(after.get(key) is value for key, value in before.items())

    def _threads_agree(self, point: Tensor, tiles: Sequence[Batch]) -> bool:
        losses = []
        for self._in_threads in (False, True):
            totals = Totals()
            with self._forward.standing_at(point):
                self.add(totals, tiles, None)
            losses.append(totals.loss)
        return self._same(losses)

    def _check_lockstep(self) -> bool:
        """Whether tiles in lock-step reproduce the calibration set in one batch."""
        try:
            return all(self._lockstep_agrees(point) for point in self._points)
        except Exception:  # a forward pass that cannot run in several threads
            return False

    def _lockstep_agrees(self, point: Tensor) -> bool:
        losses = []
        for self._in_lockstep in (False, True):
            totals = Totals()
            with self._forward.standing_at(point):
                self.calibrate().count(totals)
            losses.append(totals.loss)
        return self._same(losses)

    def _same(self, losses: list[float]) -> bool:
        return Probe(self._forward, [], recalibrate=False).same(*losses)
