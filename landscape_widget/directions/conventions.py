"""What other tools call "filter-normalised": the lengths that each of them gives to a direction.

Restated from their code as it was read; only lengths, not the law of the noise, nor buffers that a tool moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_widget._checks import as_choice, as_number, complaint
from landscape_widget.core.params import ParamSpace

# Of a tensor with so many axes, those over which one norm is taken.
Axes = Callable[[int], tuple[int, ...]]

IGNORES = ("biasbn", "")  # tomgoldstein's own words; "" ignores nothing


def _each_filter(num_axes: int) -> tuple[int, ...]:
    return tuple(range(1, num_axes))


def _whole(num_axes: int) -> tuple[int, ...]:
    return tuple(range(num_axes))


def _filters_of_matrices_and_images(num_axes: int) -> tuple[int, ...]:
    return _each_filter(num_axes) if num_axes in (2, 4) else _whole(num_axes)


def _across_filters(_: int) -> tuple[int, ...]:
    return (0,)


def _last_axis(num_axes: int) -> tuple[int, ...]:
    return (num_axes - 1,)


def _each_entry(_: int) -> tuple[int, ...]:
    return ()


@dataclass(frozen=True)
class Convention:
    """How one tool makes directions as long as the weights.

    Attributes:
        unit: What alpha = 1 means, in words.
        weights: The parts of a tensor with two or more axes that get the norm of the same part of the weights.
        flat: The same for tensors with one axis or none; None: they are zero.
        counts_entries: A part gets the square root of its number of entries instead of the norm of the weights.
        length: (norm of all weights, distance) -> norm of the whole direction; None: as its parts make it.
        distance: The tool's default.
    """

    unit: str
    weights: Axes
    flat: Axes | None
    counts_entries: bool = False
    length: Callable[[float, float], float] | None = None
    distance: float = 1.0

    def direct(self, space: ParamSpace, vector: Tensor, center: Tensor, distance: float) -> Tensor:
        """`vector [P]` with these lengths at `center [P]`; parts that are zero stay zero."""
        own, weights = space.split(vector.double()), space.split(center.double())
        result = torch.cat([self._part(own[name], weights[name]).reshape(-1) for name in space.names])
        if self.length is not None and result.count_nonzero():
            result *= self.length(float(center.double().norm()), distance) / float(result.norm())
        return result.to(vector.dtype)

    def _part(self, noise: Tensor, weight: Tensor) -> Tensor:
        axes = self.weights if noise.dim() > 1 else self.flat
        if axes is None or not noise.numel():
            return torch.zeros_like(noise)
        have, want = (_norms(tensor, axes(noise.dim())) for tensor in (noise, weight))
        if self.counts_entries:
            want = torch.full_like(have, noise.numel() ** 0.5)
        return noise * torch.where(have > 0, want / have, torch.zeros_like(want))


def _norms(tensor: Tensor, axes: tuple[int, ...]) -> Tensor:
    # an empty tuple of axes would mean all of them
    return torch.linalg.vector_norm(tensor, dim=axes, keepdim=True) if axes else tensor.abs()


_EDGE = "the edge of its plot, the whole direction half of"
CONVENTIONS: dict[str, Convention] = {
    "tomgoldstein": Convention("each filter moves by its own norm, biases and norms stay", _each_filter, None),
    "loss-landscapes": Convention(
        f"{_EDGE} the model's norm over the distance {{distance:g}}",
        _each_filter,
        _each_entry,
        length=lambda norm, distance: norm / distance / 2,  # as version 3.0.6 has it
    ),
    "oxford": Convention(
        f"{_EDGE} the model's norm times the distance {{distance:g}}",
        _each_filter,
        _whole,
        length=lambda norm, distance: norm * distance / 2,
    ),
    "LLA": Convention("each filter, bias and norm layer moves by its own norm", _each_filter, _whole),
    "losscape": Convention("each weight tensor moves by its own norm, biases and norms stay", _whole, None),
    "gradfield": Convention("each filter, bias and norm layer moves by its own norm", _each_filter, _whole),
    "loss-landscape-3d": Convention(
        "each filter of matrices and image kernels, every other tensor as a whole, moves by its own norm",
        _filters_of_matrices_and_images,
        _whole,
    ),
    "nngeom": Convention("each tensor moves by its own norm", _whole, _whole),
    "PascalSun": Convention("each tensor moves by its own norm", _whole, _whole),
    "Landscaper": Convention(
        "the model's norm times the distance {distance:g}, each entry alike",
        _whole,
        _whole,
        counts_entries=True,
        length=lambda norm, distance: norm * distance,
        distance=0.01,
    ),
    "Landscaper-git": Convention(
        "the model's norm times the distance {distance:g}, each tensor in proportion to its own norm",
        _whole,
        _whole,
        length=lambda norm, distance: norm * distance,
        distance=0.01,
    ),
    "how-do-vits-work": Convention(
        "each column across the filters moves by its own norm, biases and norms stay", _across_filters, None
    ),
    "landscapeviz": Convention(
        "each row along the last axis moves by its own norm, each bias by itself", _last_axis, _each_entry
    ),
}


@dataclass(frozen=True)
class Likeness:
    """One tool's normalisation with its arguments.

    Attributes:
        tool: A key of `CONVENTIONS`.
        distance: The tool's own argument; None where it has none.
        ignore: tomgoldstein's `ignore`.
    """

    tool: str
    distance: float | None
    ignore: str

    @classmethod
    def checked(cls, like: object, distance: object = None, ignore: object = None) -> Likeness:
        """The arguments of `normalized`; errors name the one that is wrong."""
        tool = as_choice("like", like, CONVENTIONS)
        convention = CONVENTIONS[tool]
        if distance is not None and convention.length is None:
            raise ValueError(complaint("distance", f"left out for like={tool!r}, which has none", distance))
        if ignore is not None and tool != "tomgoldstein":
            raise ValueError(complaint("ignore", f"left out for like={tool!r}, which has none", ignore))
        far = None if convention.length is None else convention.distance
        return cls(
            tool,
            far if distance is None else as_number("distance", distance, above=0.0),
            as_choice("ignore", "biasbn" if ignore is None else ignore, IGNORES),
        )

    @property
    def name(self) -> str:
        """As provenance has it beside the modes of `normalize`."""
        return f"like {self.tool}"

    @property
    def unit(self) -> str:
        """What alpha = 1 means, for captions."""
        text = CONVENTIONS[self.tool].unit.format(distance=self.distance or 0.0)
        if not self.ignore:
            text = "each filter moves by its own norm, biases and norms by themselves"
        return f"{text} (as {self.tool} normalises)"

    def arguments(self) -> dict[str, str | float]:
        """What `normalized` needs to make it again."""
        found: dict[str, str | float] = {"like": self.tool}
        if self.distance is not None:
            found["distance"] = self.distance
        return found if self.ignore else {**found, "ignore": ""}

    def direct(self, space: ParamSpace, vector: Tensor, center: Tensor) -> Tensor:
        """`vector [P]` with these lengths at `center [P]`, a copy."""
        found = CONVENTIONS[self.tool].direct(space, vector, center, self.distance or 0.0)
        if self.ignore:
            return found
        parts = space.split(found)
        for name, weight in space.split(center).items():
            if weight.dim() <= 1:
                parts[name].copy_(weight)
        return found
