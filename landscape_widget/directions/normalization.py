"""The length of a direction: what one unit of alpha means."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from landscape_widget._checks import as_choice
from landscape_widget.core.params import ParamSpace

MODES = ("filter", "layer", "model", "none")


def normalize(space: ParamSpace, vector: Tensor, center: Tensor, mode: str) -> Tensor:
    """A copy of `vector [P]` whose parts have the lengths of the same parts of `center [P]`.

    `"filter"`: each slice along the first axis; `"layer"`: each tensor; `"model"`: the whole vector, biases
    included; `"none"`: as it is. Under the first two, tensors with one axis or none (biases, norms) are
    zero. A part of `vector` that is zero stays zero.

    Source: Li et al. 2018, arXiv:1712.09913, section 4, with `d[i] * |w[i]| / |d[i]|` per filter.
    """
    as_choice("normalize", mode, MODES)
    if mode == "none":
        return vector.clone()
    if mode == "model":
        return _scaled_rows(vector[None], center[None])[0]
    shape = _as_filters if mode == "filter" else _as_one_row
    return _scaled_tensors(space, vector, center, shape)


def _scaled_tensors(space: ParamSpace, vector: Tensor, center: Tensor, as_rows: Callable[[Tensor], Tensor]) -> Tensor:
    result = torch.zeros_like(vector)
    parts = zip(*(space.split(v).values() for v in (result, vector, center)), strict=True)
    for out, noise, weight in parts:
        if noise.dim() > 1 and noise.numel():
            out.copy_(_scaled_rows(as_rows(noise), as_rows(weight)).view_as(out))
    return result


def _as_filters(tensor: Tensor) -> Tensor:
    return tensor.reshape(tensor.shape[0], -1)


def _as_one_row(tensor: Tensor) -> Tensor:
    return tensor.reshape(1, -1)


def _scaled_rows(rows: Tensor, wanted: Tensor) -> Tensor:
    # Norms in float64: float32 squares of weights below 1e-23 or above 1e19 are 0 or inf.
    have, want = (torch.linalg.vector_norm(r, dim=1, keepdim=True, dtype=torch.float64) for r in (rows, wanted))
    ratio = torch.where(have > 0, want / have, torch.zeros_like(want))
    return (rows.double() * ratio).to(rows.dtype)
