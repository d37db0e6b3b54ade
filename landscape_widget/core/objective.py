"""The function L(theta): the loss of the private copy at any point of weight space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from landscape_widget.core import gradients, nested
from landscape_widget.core.fingerprint import fingerprint
from landscape_widget.core.losses import BatchLoss, PairLoss
from landscape_widget.core.minibatch import ManySlopes, Slope
from landscape_widget.core.passes import Cancelled, Passes, Stop
from landscape_widget.core.plane import Plane
from landscape_widget.core.point import PointPass, PointValue, Wanted
from landscape_widget.core.probe import PROBE_SAMPLES, Probe
from landscape_widget.core.reading import RawData
from landscape_widget.core.replay import Programs, Replay
from landscape_widget.core.samples import Batch
from landscape_widget.core.setup import Settings, open_workshop

__all__ = ["Cancelled", "Objective", "PointValue", "Stop"]

# Units in the last place: tens in deep networks, with room.
ROUNDINGS = 500
COARSE_ROUNDING = 0.01  # of half precision, and of TF32, to which a GPU may round convolutions


class Objective:
    """L(theta) and what is needed to ask for it; not safe for two threads at once (see `Gate`).

    Attributes:
        space: The layout of `[P]`.
        center: `[P]` on the model's device.
        batchnorm: `"recalibrate"`, `"frozen"`, or None without BatchNorm.
        splits: Names of the splits, `"train"` first.
        is_tiled: Units are samples; else batches of the user's.
        memory_budget: Bytes that may be taken; None: half of what is free when asked.
    """

    def __init__(self, model: nn.Module, batch_loss: BatchLoss, raw: Mapping[str, RawData], settings: Settings) -> None:
        workshop = open_workshop(model, batch_loss, raw, settings)
        self._forward, self._samples = workshop.forward, workshop.samples
        self.space, self.center = workshop.space, workshop.center
        self.batchnorm = workshop.batchnorm
        self.num_norms, self.num_hooks = workshop.num_norms, workshop.num_hooks
        self.splits = tuple(workshop.samples)
        self.is_tiled = self._samples["train"].is_tiled
        self.ceiling_from_data = math.log(workshop.num_classes) if workshop.num_classes else None
        self._passes = Passes(
            self._forward,
            self._samples["train"],
            self.center,
            moves_data=not workshop.has_moved_data,
            seed=settings.seed,
        )
        self.memory_budget = settings.memory_budget
        self._point_pass = PointPass(self._forward, self._passes, self._samples)
        self._remarks = workshop.remarks
        self._slopes = ManySlopes(self._forward, self._passes, self._samples["train"], self.space.names)
        self._has_per_sample: set[tuple[str, str | None]] = set()

    @property
    def remarks(self) -> list[str]:
        """How it is computed, in short phrases."""
        return [*self._remarks, *self._passes.remarks]

    @property
    def device(self) -> torch.device:
        """Where points are evaluated."""
        return self.center.device

    @property
    def module(self) -> nn.Module:
        """The private copy, to be read only."""
        return self._forward.module

    @property
    def parameter_dtype(self) -> torch.dtype:
        """Of the moving parameters; the coarsest where they differ."""
        return max((p.dtype for p in self._forward.weights.parameters), key=lambda dtype: torch.finfo(dtype).eps)

    @property
    def half_dtype(self) -> torch.dtype | None:
        """Half precision, where a moving parameter has it."""
        return self.parameter_dtype if self.parameter_dtype in (torch.float16, torch.bfloat16) else None

    @property
    def rounding(self) -> float:
        """The relative error that rounding may make in a loss: losses that differ by less are the same."""
        may_be_tf32 = self.device.type == "cuda" and self.parameter_dtype == torch.float32
        eps = torch.finfo(self.parameter_dtype).eps
        return COARSE_ROUNDING if may_be_tf32 else min(ROUNDINGS * eps, COARSE_ROUNDING)

    @cached_property
    def data_hash(self) -> str:
        """Fingerprint of the data used in the split `"train"`."""
        return fingerprint(tensor for content in self._samples["train"].contents for tensor in nested.tensors(content))

    @property
    def weights_hash(self) -> str:
        """Fingerprint of the centre."""
        return fingerprint([self.center])

    def plain_value(self, split: str = "train") -> PointValue:
        """Loss and metrics at the centre with the copy in `eval()` and BatchNorm's statistics as stored."""
        with self._forward.in_eval():
            return self.value(self.center, split, batchnorm="frozen" if self.num_norms else None)

    def recenter(self, model: nn.Module) -> None:
        """Take the parameters and buffers of `model` (unwrapped); if its loss is not finite, nothing changes.

        Raises:
            ValueError: If its parameters or buffers have other names or shapes, or its loss is not finite.
        """
        kept = {name: tensor.clone() for name, tensor in self._forward.module.state_dict().items()}
        kept.update(zip(self.space.names, self.space.split(self.center).values(), strict=True))
        self._forward.take_state(model)
        center = self._forward.present_point(self.space)
        loss = self.value(center, units=torch.arange(min(self.num_units(), PROBE_SAMPLES))).loss
        if not math.isfinite(loss):
            self._forward.take_state(kept)
            raise ValueError(f"model must have a finite loss to become the centre, got {loss}. The old centre is kept.")
        self.center = center

    def num_units(self, split: str = "train") -> int:
        """How many samples (`is_tiled`) or batches a split has."""
        return self._samples[split].num_units

    def num_samples(self, split: str = "train") -> tuple[int, int | None]:
        """Samples used, out of how many (None: a stream whose end was not seen)."""
        return self._samples[split].used, self._samples[split].total

    def unit_sizes(self, split: str = "train") -> Tensor:
        """`[units]`: samples in each unit."""
        return self._samples[split].unit_sizes

    def value(
        self,
        point: Tensor,
        split: str = "train",
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        stop: Stop | None = None,
    ) -> PointValue:
        """The loss and the metrics at one point on one split; see `values`."""
        return self.values(point, [split], batchnorm=batchnorm, units=units, stop=stop)[0]

    def values(
        self,
        point: Tensor,
        splits: Sequence[str],
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        stop: Stop | None = None,
        per_sample: bool = False,
    ) -> list[PointValue]:
        """The loss and the metrics at one point, one a split; BatchNorm is calibrated once for all of them.

        Args:
            point: `[P]`.
            splits: On which data; the statistics of BatchNorm always come from the calibration set of `"train"`.
            batchnorm: Another mode than the landscape's, for this point.
            units: Indices of samples or batches; all used data without.
            stop: Asked between tiles.
            per_sample: Keep every sample's own loss: `loss_fn` on a batch of one.

        Raises:
            Cancelled: `stop()` was true.
            ValueError: The mean of the samples' own losses is not the loss, or there are none.
        """
        return self._values(
            point, self.wanted(splits, batchnorm=batchnorm, units=units, stop=stop, per_sample=per_sample)
        )

    def _values(self, point: Tensor, wanted: Wanted) -> list[PointValue]:
        return self._passes.led(lambda: self._point_pass.values(point.to(self.device), wanted))

    def wanted(
        self,
        splits: Sequence[str],
        *,
        batchnorm: str | None = None,
        units: Tensor | None = None,
        stop: Stop | None = None,
        per_sample: bool = False,
    ) -> Wanted:
        """What is to be computed at a point; arguments and errors as in `values`."""
        if per_sample:
            for split in splits:
                self._check_per_sample(split, batchnorm)
        return Wanted(splits, self._recalibrates(batchnorm), units, stop, per_sample)

    def pass_for_one_thread(self) -> PointPass:
        """A working copy of its own for one thread; good until `version` changes."""
        forward = self._forward.twin(self.space.names)
        return PointPass(forward, self._passes.alone(forward), self._samples)

    def programs(self) -> Programs:
        """The forward pass, to be recorded; good until `version` changes.

        Raises:
            Untraceable: The loss needs the user's Python.
        """
        return Programs(self._forward, self.space)

    def prepare(self, programs: Programs, wanted: Wanted, plane: Plane | None = None) -> None:
        """Record what is needed, and compute what all points of `plane` share.

        Raises:
            Untraceable, Exception: It cannot be recorded.
        """
        if wanted.recalibrates:
            programs.prepare(self._passes.small_calibration_batches(), pools=True, plane=plane)
        for split in wanted.splits:
            programs.prepare(wanted.tiles(split, self._samples[split]), pools=False, plane=plane)

    def replay_for_one_thread(self, programs: Programs) -> PointPass:
        """What replays prepared programs in one thread."""
        replay = Replay(programs, self._passes.small_calibration_batches())
        return PointPass(replay, replay, self._samples)

    @property
    def version(self) -> int:
        """How often the centre was replaced."""
        return self._forward.version

    def _check_per_sample(self, split: str, batchnorm: str | None) -> None:
        """Once for each split and mode, at the centre."""
        if (split, batchnorm) in self._has_per_sample:
            return
        if self._per_sample(self.center, split, batchnorm, None) is None:
            raise ValueError(
                "per_sample must be False where the loss is not the mean over samples of loss_fn on a batch of one, "
                "got True. Closures, class weights, masks and contrastive losses have no losses of single samples."
            )
        self._has_per_sample.add((split, batchnorm))

    def _recalibrates(self, batchnorm: str | None = None) -> bool:
        """Whether this mode calibrates; the first time, finds out how (this moves the copy)."""
        recalibrates = self.num_norms > 0 and (batchnorm or self.batchnorm) == "recalibrate"
        if recalibrates:
            self._passes.prepare_calibration()
        return recalibrates

    def gradient(self, point: Tensor, split: str = "train") -> tuple[float, Tensor]:
        """Loss and gradient `[P]` over all used data; through the statistics of BatchNorm, which belong to L."""
        samples = self._samples[split]
        with self._forward.standing_at(point.to(self.device)):
            if self.batchnorm != "recalibrate":
                return gradients.of_batches(
                    self._forward, self._passes, samples.tiles(), own_statistics=False, dtype=self.space.dtype
                )
            return gradients.through_statistics(
                self._forward,
                self._passes,
                self._whole_calibration(),
                samples.after_calibration() if split == "train" else samples.tiles(),
                counts=split == "train",
                dtype=self.space.dtype,
            )

    def _whole_calibration(self) -> Batch:
        batches = self._samples["train"].calibration(None)
        if len(batches) > 1:
            raise RuntimeError(
                "data must give the calibration set as one batch for gradients with batchnorm='recalibrate', "
                f"got a loss that only takes your own batches, {len(batches)} of them. "
                "Use one batch, or batchnorm='frozen'."
            )
        return batches[0]

    def slopes(self, point_of: Callable[[int], Tensor], with_gradient: Sequence[bool], units: Tensor) -> list[Slope]:
        """Losses over chosen units of `"train"` under their own batch statistics, and gradients of some of them.

        Args:
            point_of: Number -> the point `[P]`; called when its turn comes.
            with_gradient: One entry a point.
            units: The minibatch.
        """
        own_statistics = self._recalibrates()
        return self._slopes.slopes(
            lambda number: point_of(number).to(self.device), with_gradient, units, own_statistics=own_statistics
        )

    def activation_bytes(self, units: Tensor) -> int:
        """What `slopes` keeps at a time between forward and backward passes; makes a forward pass at the centre."""
        return self._slopes.activation_bytes(self.center, units, own_statistics=self._recalibrates())

    @property
    def keeps_gradients(self) -> bool:
        """Whether several gradients `[P]` may be held at a time."""
        return self._slopes.keeps_gradients

    def per_sample(self, point: Tensor, split: str = "train", *, units: Tensor | None = None) -> Tensor | None:
        """`[n]` float64 on the CPU: each sample's own loss; None where the loss does not allow it.

        The loss of a sample is `loss_fn` on a batch of one; it counts only if their mean is the loss.
        """
        found = self._per_sample(point, split, None, units)
        return None if found is None else torch.from_numpy(found)

    def _per_sample(
        self, point: Tensor, split: str, batchnorm: str | None, units: Tensor | None
    ) -> NDArray[np.float64] | None:
        if not isinstance(self._forward.batch_loss, PairLoss) or not self._samples[split].is_tiled:
            return None
        try:
            wanted = Wanted([split], self._recalibrates(batchnorm), units, per_sample=True)
            (value,) = self._values(point, wanted)
        except (RuntimeError, ValueError, TypeError, IndexError):  # a loss that cannot take a batch of one
            return None
        assert value.per_sample is not None
        probe = Probe(self._forward, [], recalibrate=False)
        return value.per_sample if probe.same(float(value.per_sample.mean()), value.loss) else None
