"""The private working copy: the user's model, unwrapped, copied, without hooks, in the mode asked for."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def unwrapped(model: nn.Module) -> nn.Module:
    """The module inside DataParallel, DistributedDataParallel and `torch.compile`.

    Raises:
        TypeError: If `model` is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}.")
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def private_copy(model: nn.Module, *, mode: str, device: torch.device | None, dtype: torch.dtype | None) -> nn.Module:
    """A deep copy that may be moved about freely; `model` is the unwrapped one and is only read.

    Raises:
        ValueError, TypeError: Parameters that cannot be moved, or a model that cannot be copied; each names
            the attribute and the remedy.
    """
    check_parameters(model)
    duplicate = _copied(model)
    for parameter in duplicate.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    if mode == "eval":
        duplicate.eval()
    return duplicate.to(device=device, dtype=dtype)


def check_parameters(model: nn.Module) -> None:
    """Refuse lazy, complex and scattered parameters before anything is copied."""
    named = dict(model.named_parameters())
    for name, parameter in named.items():
        if is_lazy(parameter):
            raise ValueError(
                f"model must have initialised parameters, got the lazy {name!r}. Call the model once on a batch first."
            )
        if parameter.is_complex():
            raise ValueError(
                f"model must have real parameters, got the complex {name!r}. "
                "Store its real and imaginary parts as two parameters."
            )
        if parameter.is_meta:
            raise ValueError(
                f"model must have its weights in memory, got {name!r} on the meta device. Load them first."
            )
    devices = {str(parameter.device): name for name, parameter in named.items()}
    if len(devices) > 1:
        places = ", ".join(f"{name!r} on {device}" for device, name in devices.items())
        raise ValueError(f"model must be on one device, got {places}. Move it with model.to(device).")


def _copied(model: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(model, _without_graphs(model))
    except Exception as error:
        raise TypeError(
            f"model must be copyable by copy.deepcopy, got {type(error).__name__} at {_culprit(model)}: {error} "
            "Detach, delete or rebuild that attribute before making the landscape."
        ) from error


def _without_graphs(model: nn.Module) -> dict[int, Tensor]:
    """What deepcopy refuses and need not: tensors with a graph that modules keep (weight norm, caches), cut off."""
    kept = [value for module in model.modules() for value in vars(module).values() if isinstance(value, Tensor)]
    return {id(tensor): tensor.detach().clone() for tensor in kept if not tensor.is_leaf}


def _culprit(model: nn.Module) -> str:
    """The attribute that cannot be copied, as a dotted name."""
    for prefix, module in model.named_modules():
        state = {k: v for k, v in vars(module).items() if k not in ("_modules", "_parameters", "_buffers")}
        for name, value in {**state, **module._buffers}.items():
            try:
                copy.deepcopy(value)
            except Exception:
                return repr(f"{prefix}.{name}" if prefix else name)
    return "an attribute that could not be found"


def user_hooks(module: nn.Module) -> list[tuple[dict[int, object], int]]:
    """Where the user's forward and backward hooks are kept; torch's own (weight norm, pruning) are left out."""
    return [
        (table, key)
        for part in module.modules()
        for table in _hook_tables(part)
        for key, hook in table.items()
        if not _is_torchs_own(hook)
    ]


def remove_hooks(hooks: Sequence[tuple[dict[int, object], int]]) -> None:
    """Take hooks out of the private copy."""
    for table, key in hooks:
        del table[key]


def _hook_tables(module: nn.Module) -> list[dict[int, object]]:
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [vars(module)[name] for name in names if vars(module).get(name)]


def _is_torchs_own(hook: object) -> bool:
    """Hooks of `torch.nn.utils` are part of the model's function."""
    owner = getattr(hook, "__module__", None) or type(hook).__module__
    return owner.startswith("torch.")


def kept_values(module: nn.Module) -> dict[tuple[str, str], object]:
    """What the parts of a module keep as plain attributes; a forward pass that replaces one keeps state."""
    tables = {"_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks"}
    return {
        (name, key): value
        for name, part in module.named_modules()
        for key, value in vars(part).items()
        if key not in tables
    }


class Buffers:
    """The buffers of the private copy, put back after each pass if the forward pass wrote to them."""

    def __init__(self, module: nn.Module) -> None:
        self._buffers = list(module.buffers())
        self.take()

    def take(self) -> None:
        """Remember the values of now."""
        self._values = [buffer.clone() for buffer in self._buffers]
        self._versions = [buffer._version for buffer in self._buffers]

    def restore(self) -> None:
        """Put the remembered values back where something wrote."""
        for i, (buffer, version) in enumerate(zip(self._buffers, self._versions, strict=True)):
            if buffer._version != version:
                with torch.no_grad():
                    buffer.copy_(self._values[i])
                self._versions[i] = buffer._version


class Weights:
    """The moving parameters of the private copy as one flat point."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = list(parameters)
        self._sizes = [parameter.numel() for parameter in parameters]

    def write(self, point: Tensor) -> None:
        """Set every moving parameter from `point [P]`, cast once to the parameter's own dtype."""
        pieces = torch.split(point.detach(), self._sizes)
        shaped = [piece.view(p.shape) for piece, p in zip(pieces, self.parameters, strict=True)]
        with torch.no_grad():
            torch._foreach_copy_([p.data for p in self.parameters], shaped)
