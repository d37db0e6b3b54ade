"""The values at one point, from passes of one working copy over the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape_widget.core.forward import Forward, Totals
from landscape_widget.core.passes import Calibrated, Cancelled, Passes, Stop
from landscape_widget.core.samples import Samples


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
    """

    splits: Sequence[str]
    recalibrates: bool
    units: Tensor | None = None
    stop: Stop | None = None
    per_sample: bool = False


@dataclass(frozen=True)
class PointPass:
    """A working copy, how it makes passes, and the data.

    Attributes:
        forward: The copy.
        passes: Its passes.
        samples: The data of each split.
    """

    forward: Forward
    passes: Passes
    samples: Mapping[str, Samples]

    def values(self, point: Tensor, wanted: Wanted) -> list[PointValue]:
        """The values at `point [P]`, one a split.

        Raises:
            Cancelled: `wanted.stop()` was true.
        """
        if wanted.stop is not None and wanted.stop():
            raise Cancelled  # where the calibration set is all the data, no tile follows that would ask
        keeping = self.forward.keeping_samples() if wanted.per_sample else nullcontext()
        with self.forward.standing_at(point), keeping:
            calibrated = self.passes.calibrate() if wanted.recalibrates else None
            return [self._on_split(split, calibrated, wanted) for split in wanted.splits]

    def _on_split(self, split: str, calibrated: Calibrated | None, wanted: Wanted) -> PointValue:
        samples, totals = self.samples[split], Totals()
        record = None if calibrated is None else calibrated.record
        if calibrated is not None and split == "train" and wanted.units is None:
            calibrated.count(totals)
            tiles = samples.after_calibration()
        else:
            tiles = samples.tiles(wanted.units)
        self.passes.add(totals, tiles, record, wanted.stop)
        losses = totals.per_sample
        if losses is None:
            return PointValue(totals.loss, totals.metrics)
        ordered = losses if wanted.units is not None else samples.in_users_order(losses)
        return PointValue(totals.loss, totals.metrics, ordered.cpu().numpy())
