"""The arguments of `Landscape`, checked and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from landscape_widget._checks import as_choice, as_int, complaint
from landscape_widget.core.reading import RawData, read
from landscape_widget.core.setup import Settings


def checked_settings(
    params: Any,
    batchnorm: Any,
    calibration: Any,
    mode: Any,
    device: Any,
    dtype: Any,
    memory_budget: Any,
    seed: Any,
) -> Settings:
    """How the loss is computed, from what the user passed.

    Raises:
        TypeError, ValueError: An argument makes no sense; the text names it. `params` is checked with the model.
    """
    return Settings(
        params=params,
        batchnorm=None if batchnorm is None else as_choice("batchnorm", batchnorm, ("recalibrate", "frozen")),
        calibration=as_int("calibration", calibration, low=2),
        mode=as_choice("mode", mode, ("eval", "keep")),
        device=None if device is None else torch.device(device),
        dtype=_checked_dtype(dtype),
        memory_budget=None if memory_budget is None else as_int("memory_budget", memory_budget, low=1),
        seed=as_int("seed", seed, low=0),
    )


def _checked_dtype(dtype: Any) -> torch.dtype | None:
    if dtype is None or (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        return dtype
    raise TypeError(complaint("dtype", "a floating-point torch dtype such as torch.float64", dtype))


def read_splits(data: Any, splits: Any, samples: Any, *, is_pair: bool, seed: int) -> dict[str, RawData]:
    """Split name -> what was read of it, `"train"` first; the arguments are those of `read`.

    Raises:
        TypeError, ValueError: As in `read`, or splits are not well named.
    """
    named = _named_splits(data, splits)
    return {name: read(argument, split, samples, is_pair=is_pair, seed=seed) for name, argument, split in named}


def _named_splits(data: Any, splits: Any) -> list[tuple[str, str, Any]]:
    """(Name, argument to name in errors, data) of every split."""
    if splits is not None and not isinstance(splits, Mapping):
        raise TypeError(complaint("splits", "a dict name -> data", type(splits).__name__))
    for name in splits or {}:
        if not isinstance(name, str) or not name or name == "train":
            rule = "names other than 'train', which is data"
            raise ValueError(complaint("splits", rule, name))
    further = [(name, f"splits[{name!r}]", split) for name, split in (splits or {}).items()]
    return [("train", "data", data), *further]
