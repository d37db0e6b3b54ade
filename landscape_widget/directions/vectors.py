"""What a vector must be to serve as a direction."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_widget._checks import complaint
from landscape_widget.core.params import ParamSpace


def check_vector(vector: Tensor, space: ParamSpace, name: str) -> None:
    """A ValueError that names the argument unless it is a finite `[P]` of the space's dtype on the CPU."""
    if tuple(vector.shape) != (space.size,):
        rule = f"a tensor of shape [P] with P={space.size}, the number of weights that move"
        raise ValueError(complaint(name, rule, tuple(vector.shape)))
    if vector.dtype != space.dtype or vector.device.type != "cpu":
        got = f"{vector.dtype} on {vector.device}"
        remedy = f"Use {name}.to('cpu', {space.dtype})."
        raise ValueError(f"{name} must be {space.dtype} on the CPU, got {got}. {remedy}")
    num_odd = int((~torch.isfinite(vector)).sum())
    if num_odd:
        raise ValueError(f"{name} must be finite, got {num_odd} entries that are NaN or inf.")


def check_moves(vector: Tensor, name: str, remedy: str) -> None:
    """A ValueError with the remedy if a vector is zero everywhere."""
    if not bool(vector.count_nonzero()):
        raise ValueError(f"{name} must be non-zero somewhere, got zero in all weights that move. {remedy}")


def check_something_left(vector: Tensor, mode: str) -> None:
    """A ValueError with the remedy if a normalisation has left nothing that moves."""
    if bool(vector.count_nonzero()):
        return
    raise ValueError(
        f"normalize must leave something that moves, got {mode!r}, under which this direction is zero: "
        "all its parameters have one axis or none (biases, norms) or are zero at the centre (a fresh LoRA "
        'factor). Use normalize="none" (or "model" for biases), or more with Landscape(params=...).'
    )


def check_same_space(theirs: ParamSpace, ours: ParamSpace, name: str) -> None:
    """A ValueError that names the first difference in names or shapes."""
    if theirs.names == ours.names and theirs.shapes == ours.shapes:
        return
    got = next((f"{a} where {b} is needed" for a, b in zip(_rows(theirs), _rows(ours), strict=False) if a != b), "")
    got = got or f"{len(theirs.names)} parameters where {len(ours.names)} are needed"
    raise ValueError(
        f"{name} must have the parameters of this landscape, got {got}. "
        "It comes from another model, or from another choice of Landscape(params=...)."
    )


def _rows(space: ParamSpace) -> list[str]:
    return [f"{name} {shape}" for name, shape in zip(space.names, space.shapes, strict=True)]
