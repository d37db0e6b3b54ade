"""Files and objects that hold another model's weights -> key -> tensor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from landscape_widget._checks import complaint
from landscape_widget.core.working_copy import unwrapped

# Where training scripts keep the weights inside a larger checkpoint.
_INSIDE = ("state_dict", "model_state_dict", "model")
_SOURCES = "a module, a state dict, a path or a list of tensors"


def read(other: object, name: str = "other") -> dict[str, Tensor] | list[Tensor]:
    """The tensors of a module, a state dict, a file or a list, as they are there (references).

    Raises:
        TypeError: If it is none of these.
        ValueError: If a file holds no weights, or cannot be read safely.
        FileNotFoundError: If there is no such file.
        ImportError: If a .safetensors file is given and the package is missing.
    """
    if isinstance(other, nn.Module):
        return _of_module(other)
    if isinstance(other, str | os.PathLike):
        return _of_file(Path(other), name)
    return read_tensors(other, name, rule=_SOURCES)


def read_tensors(
    value: object, name: str, *, rule: str = "a dict name -> tensor, or a list of tensors"
) -> dict[str, Tensor] | list[Tensor]:
    """The tensors of a state dict or a list, numpy arrays copied; a TypeError for anything else."""
    if isinstance(value, Mapping):
        return _of_mapping({key: _as_tensor(entry) for key, entry in value.items()}, name)
    tensors: list[Any] = [_as_tensor(entry) for entry in value] if isinstance(value, list | tuple) else [None]
    if all(isinstance(t, Tensor) for t in tensors):
        return [t.detach() for t in tensors]
    raise TypeError(complaint(name, rule, type(value)))


def _as_tensor(value: Any) -> Any:
    """Numpy arrays, as files of other tools hold them, become tensors; everything else stays."""
    is_numbers = isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
    return torch.from_numpy(np.array(value)) if is_numbers else value


def describe(other: object) -> str:
    """A few words for the label: the class of a module, the name of a file."""
    if isinstance(other, nn.Module):
        return type(unwrapped(other)).__name__
    if isinstance(other, str | os.PathLike):
        return Path(other).name
    return "a state dict" if isinstance(other, Mapping) else "a list of tensors"


def _of_module(module: nn.Module) -> dict[str, Tensor]:
    # Not state_dict(): hooks may rename its keys, and buffers may be missing from it.
    named = [
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    ]
    return {name: tensor.detach() for name, tensor in named}


def _of_mapping(mapping: Mapping[Any, Any], name: str) -> dict[str, Tensor]:
    inside = [mapping[key] for key in _INSIDE if isinstance(mapping.get(key), Mapping)]
    if inside:
        return _of_mapping(inside[0], name)
    odd = [key for key, value in mapping.items() if not _is_state(key, value)]
    if odd or not mapping:
        got = f"{odd[0]!r}: {type(mapping[odd[0]]).__name__}" if odd else "an empty dict"
        raise TypeError(f"{name} must be a state dict (name -> tensor), got {got}. Pass model.state_dict().")
    return {key: value.detach() for key, value in mapping.items() if isinstance(value, Tensor)}


def _is_state(key: object, value: object) -> bool:
    # "_extra_state" is what a layer saves besides tensors
    return isinstance(key, str) and (isinstance(value, Tensor) or key.endswith("_extra_state"))


def _of_file(path: Path, name: str) -> dict[str, Tensor] | list[Tensor]:
    if not path.is_file():
        raise FileNotFoundError(complaint(name, "a file with weights", str(path), "There is no such file."))
    content = _load_safetensors(path, name) if path.suffix == ".safetensors" else _load_torch(path, name)
    return read_tensors(content, name, rule="a file with a state dict or a list of tensors")


def _load_safetensors(path: Path, name: str) -> object:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        remedy = "Reading it needs the package safetensors: pip install safetensors."
        raise ImportError(complaint(name, "a file that can be read", path.name, remedy)) from error
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(complaint(name, "a whole .safetensors file", path.name, f"It says: {error}.")) from error


def _load_torch(path: Path, name: str) -> object:
    # torch raises UnpicklingError, RuntimeError, EOFError, ... for a file that is damaged or no checkpoint
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        rule = "a file that torch.load(weights_only=True) can read"
        remedy = "Save the weights alone: torch.save(model.state_dict(), path)."
        if path.suffix == ".npz":
            remedy = "A saved direction is read by landscape.directions.load(path)."
        raise ValueError(complaint(name, rule, path.name, remedy)) from error
