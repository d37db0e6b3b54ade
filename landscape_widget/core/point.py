"""The values at one point, from passes of one working copy over the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.forward import Totals
from landscape_widget.core.passes import Calibrated, Cancelled, Record, Stop
from landscape_widget.core.samples import Batch, Samples


@dataclass(frozen=True)
class PointValue:
    """What was computed at one point on one split.

    Attributes:
        loss: The mean; NaN and inf are possible.
        metrics: The mean of each.
        per_sample: `[n]`: each sample's own loss, in the order of the user's data (of the samples used); None
            where it was not asked for.
    """

    loss: float
    metrics: Mapping[str, float]
    per_sample: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Wanted:
    """What is to be computed at a point.

    Attributes:
        splits: On which data.
        recalibrates: BatchNorm takes the statistics of the calibration set, once for all splits.
        units: Indices of samples or batches; all used data where None.
        stop: Asked between tiles; when true, `Cancelled` is raised.
        per_sample: Keep every sample's own loss.
        is_alone: One thread computes it by itself.
    """

    splits: Sequence[str]
    recalibrates: bool
    units: Tensor | None = None
    stop: Stop | None = None
    per_sample: bool = False
    is_alone: bool = False

    def counts_calibration(self, split: str) -> bool:
        """Whether the pass that calibrates serves this split too."""
        return self.recalibrates and split == "train" and self.units is None

    def tiles(self, split: str, samples: Samples) -> list[Batch]:
        """What is left to compute for a split, once calibrated."""
        if self.counts_calibration(split):
            return samples.after_calibration(is_alone=self.is_alone)
        return samples.tiles(self.units, is_alone=self.is_alone)


class Standing(Protocol):
    """What can be moved to a point: a working copy, or what takes its place."""

    def standing_at(self, point: Any) -> AbstractContextManager[None]:
        """At `point [P]`, or another form of it, inside the block."""

    def keeping_samples(self) -> AbstractContextManager[None]:
        """Outcomes inside the block keep every sample's own loss."""


class Passing(Protocol):
    """What makes passes where it stands."""

    def calibrate(self) -> Calibrated:
        """One pass of the calibration set under its own pooled statistics."""

    def add(self, totals: Totals, tiles: Sequence[Batch], record: Record | None, stop: Stop | None = None) -> None:
        """Count tiles."""


@dataclass(frozen=True)
class PointPass:
    """What stands at points, how it makes passes, and the data."""

    standing: Standing
    passing: Passing
    samples: Mapping[str, Samples]

    def values(self, point: Any, wanted: Wanted) -> list[PointValue]:
        """The values at `point [P]`, or another form of it, one a split.

        Raises:
            Cancelled: `wanted.stop()` was true.
        """
        if wanted.stop is not None and wanted.stop():
            raise Cancelled  # where the calibration set is all the data, no tile follows that would ask
        keeping = self.standing.keeping_samples() if wanted.per_sample else nullcontext()
        with self.standing.standing_at(point), keeping:
            calibrated = self.passing.calibrate() if wanted.recalibrates else None
            return [self._on_split(split, calibrated, wanted) for split in wanted.splits]

    def _on_split(self, split: str, calibrated: Calibrated | None, wanted: Wanted) -> PointValue:
        samples, totals = self.samples[split], Totals()
        if calibrated is not None and wanted.counts_calibration(split):
            calibrated.count(totals)
        record = None if calibrated is None else calibrated.record
        self.passing.add(totals, wanted.tiles(split, samples), record, wanted.stop)
        losses = totals.per_sample
        if losses is None:
            return PointValue(totals.loss, totals.metrics)
        ordered = losses if wanted.units is not None else samples.in_users_order(losses)
        return PointValue(totals.loss, totals.metrics, ordered.cpu().numpy())
