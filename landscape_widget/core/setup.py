"""From the user's model, data and loss to a checked private copy and arranged samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from landscape_widget.core import memory, nested
from landscape_widget.core.batchnorm import govern, governed_layers
from landscape_widget.core.forward import Forward
from landscape_widget.core.losses import BatchLoss
from landscape_widget.core.params import ParamSpace, moving_parameters, space_of
from landscape_widget.core.probe import Probe, far_from, num_classes, probe_content
from landscape_widget.core.reading import RawData
from landscape_widget.core.samples import Batch, Samples, rows_between, scaled_tile
from landscape_widget.core.working_copy import private_copy

CONV_TILE = 64  # samples; convolutions on a processor are fastest when a tile's activations fit its caches
LARGEST_CONV_TILE = 256
PLAIN_TILE = 1024
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass(frozen=True)
class Settings:
    """The arguments of `Landscape` that decide how the loss is computed; see there."""

    params: Any = "all"
    batchnorm: str | None = None
    calibration: int = 512
    mode: str = "eval"
    device: torch.device | None = None
    dtype: torch.dtype | None = None
    memory_budget: int | None = None
    seed: int = 0


@dataclass
class Workshop:
    """What the objective computes with."""

    forward: Forward
    space: ParamSpace
    center: Tensor
    samples: dict[str, Samples]
    batchnorm: str | None
    num_norms: int
    has_moved_data: bool
    num_classes: int | None
    num_hooks: int
    remarks: list[str] = field(default_factory=list)


def open_workshop(model: nn.Module, batch_loss: BatchLoss, raw: Mapping[str, RawData], settings: Settings) -> Workshop:
    """Copy, probe and arrange; everything that can be refused is refused here.

    Args:
        model: The user's unwrapped model; only read.
        batch_loss: The adapter of the user's loss.
        raw: Split name -> what was read; `"train"` first.
        settings: How to compute.
    """
    module = private_copy(model, mode=settings.mode, device=settings.device, dtype=settings.dtype)
    copies = dict(module.named_parameters())
    parameters = {name: copies[name] for name in moving_parameters(model, settings.params)}
    space = space_of(parameters)
    forward = Forward(module, parameters, batch_loss)
    device = next(iter(parameters.values())).device
    center = space.flatten(parameters).to(device)
    num_norms = len(governed_layers(module))
    batchnorm = chosen_batchnorm(settings, module, num_norms)
    govern(module)

    first = _placed(probe_content(raw["train"].batches[0]), device, settings.dtype)
    batch = Batch(first, float(nested.common_length(first) or 1) if batch_loss.can_weigh else 1.0)
    probe = Probe(forward, [batch], recalibrate=batchnorm == "recalibrate")
    probe.check_function(center)
    num_hooks = probe.check_hooks(center)
    far = far_from(center, settings.seed)
    probe.check_closure(center, far)

    workshop = Workshop(forward, space, center, {}, batchnorm, num_norms, True, None, num_hooks)
    with forward.standing_at(center):
        workshop.num_classes = num_classes(forward, first)
    tile = _tile_size(workshop, probe, batch, [center, far], raw["train"])
    channels_last = _prefers_channels_last(workshop, probe, batch, [center, far])
    _arrange(workshop, raw, settings, tile, channels_last)
    return workshop


def chosen_batchnorm(settings: Settings, module: nn.Module, num_norms: int) -> str | None:
    """The BatchNorm mode in force; None without layers that keep running statistics."""
    if num_norms == 0:
        return None
    mode = settings.batchnorm or "recalibrate"
    if settings.mode == "keep" and mode == "recalibrate" and any(part.training for part in governed_layers(module)):
        raise ValueError(
            "mode must be 'eval' with batchnorm='recalibrate' while the model is training, got 'keep'. "
            "Call model.eval() first, or use batchnorm='frozen'."
        )
    return mode


def _placed(content: Any, device: torch.device, dtype: torch.dtype | None) -> Any:
    """Content on the model's device; floating tensors in the landscape's dtype where one was asked for."""

    def place(tensor: Tensor) -> Tensor:
        return tensor.to(device=device, dtype=dtype if dtype is not None and tensor.is_floating_point() else None)

    return nested.map_tensors(place, content)


def _tile_size(workshop: Workshop, probe: Probe, batch: Batch, points: list[Tensor], raw: RawData) -> int | None:
    """Samples a tile, or None where only the user's whole batch is a loss; leaves a remark why."""
    module = workshop.forward.module
    on_processor = workshop.center.device.type == "cpu"
    wanted = CONV_TILE if on_processor and any(isinstance(m, CONVOLUTIONS) for m in module.modules()) else PLAIN_TILE
    size = nested.common_length(batch.content)
    if wanted == CONV_TILE and size:
        wanted = min(LARGEST_CONV_TILE, scaled_tile(CONV_TILE, nested.tensors(batch.content)[0][0].numel()))
    if size is None:
        workshop.remarks.append("whole batches: their tensors share no first axis")
        return None
    if size == 1:
        return _tile_of_singles(workshop, points, raw, wanted)
    if probe.reproduces(points, cut(batch, min(wanted, max(1, size // 3)))):
        return wanted
    workshop.remarks.append("whole batches: tiles of a batch do not reproduce its loss")
    return None


def _tile_of_singles(workshop: Workshop, points: list[Tensor], raw: RawData, wanted: int) -> int | None:
    """Batches of one sample cannot be cut; see whether several joined give the mean of their losses."""
    device, forward = workshop.center.device, workshop.forward
    singles = [_placed(content, device, None) for content in raw.batches[:8]]
    block = nested.joined(singles)
    if block is None or len(singles) < 2 or not forward.batch_loss.can_weigh:
        return None
    probe = Probe(forward, [Batch(single, 1.0) for single in singles], recalibrate=False)
    return wanted if probe.reproduces(points, [Batch(block, float(len(singles)))]) else None


def cut(batch: Batch, tile: int) -> list[Batch]:
    """A batch in tiles of so many samples."""
    size = nested.common_length(batch.content) or 1
    bounds = [(i, min(i + tile, size)) for i in range(0, size, tile)]
    return [Batch(rows_between(batch.content, i, j), batch.weight * (j - i) / size) for i, j in bounds]


def _prefers_channels_last(workshop: Workshop, probe: Probe, batch: Batch, points: list[Tensor]) -> bool:
    """Images and weights of 2D convolutions lie channels last where that changes no value."""
    module = workshop.forward.module
    if not any(isinstance(m, nn.Conv2d) for m in module.modules()):
        return False
    changed = Batch(nested.map_tensors(channels_last, batch.content), batch.weight)
    expected = probe.totals_at(points, [batch])
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fits = probe.reproduces(points, [changed], expected)
    if not fits:
        module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return fits


def channels_last(tensor: Tensor) -> Tensor:
    """Images `[N, C, H, W]` in channels-last order; other tensors as they are."""
    if tensor.dim() == 4 and tensor.is_floating_point():
        return tensor.contiguous(memory_format=torch.channels_last)
    return tensor


def _arrange(
    workshop: Workshop,
    raw: Mapping[str, RawData],
    settings: Settings,
    tile: int | None,
    use_channels_last: bool,
) -> None:
    """Choose, place and order the samples of every split."""
    device = workshop.center.device
    for name, data in raw.items():
        samples = Samples(
            data,
            tile=tile,
            can_weigh=workshop.forward.batch_loss.can_weigh,
            calibration=settings.calibration,
            seed=settings.seed,
        )
        fits = device.type == "cpu" or samples.num_bytes <= memory.budget(settings.memory_budget, device)
        workshop.has_moved_data &= fits
        target = device if fits else torch.device("cpu")
        samples.map(partial(_placed, device=target, dtype=settings.dtype))
        if use_channels_last:
            samples.map(channels_last)
        workshop.samples[name] = samples
    if use_channels_last:
        workshop.remarks.append("channels last")
