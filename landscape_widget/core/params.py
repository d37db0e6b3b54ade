"""Module <-> flat vector: which parameters move, how they lie in `[P]`, and the filter metric."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ParamSpace:
    """The layout of one landscape's weight space.

    Attributes:
        names: The moving parameters in the order of `named_parameters()`; tied ones once.
        shapes: Their shapes, one each; a parameter lies in `[P]` in logical row-major order.
        dtype: Of every vector of this space: float64 for float64 models, else float32.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtype: torch.dtype

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of weights of each parameter."""
        return tuple(torch.Size(shape).numel() for shape in self.shapes)

    @property
    def size(self) -> int:
        """P, the number of moving weights."""
        return sum(self.sizes)

    def split(self, vector: Tensor) -> dict[str, Tensor]:
        """Name -> view of `vector [P]` in the parameter's own shape."""
        parts = torch.split(vector, list(self.sizes))
        return {name: part.view(shape) for name, part, shape in zip(self.names, parts, self.shapes, strict=True)}

    def flatten(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """`[P]` in the space's dtype, a copy; `tensors` holds every name (others are not looked at)."""
        return torch.cat([tensors[name].detach().to(self.dtype).reshape(-1) for name in self.names])

    def filters(self, vector: Tensor) -> Iterator[Tensor | None]:
        """Each parameter as `[F, weights of a filter]`, F along its first axis; None where it has one axis or none."""
        for part in self.split(vector).values():
            yield part.reshape(part.shape[0], -1) if part.dim() > 1 and part.numel() else None

    def filter_norms(self, vector: Tensor) -> Tensor:
        """`[P]` float64: the norm of the filter that each weight of `vector` belongs to; 0 for biases and norms."""
        norms = []
        for size, rows in zip(self.sizes, self.filters(vector.double()), strict=True):
            if rows is None:
                norms.append(vector.new_zeros(size, dtype=torch.float64))
            else:
                norms.append(rows.norm(dim=1, keepdim=True).expand_as(rows).reshape(-1))
        return torch.cat(norms)

    @property
    def num_filters(self) -> int:
        """F, counted over all parameters with two or more axes."""
        return sum(shape[0] for shape in self.shapes if len(shape) > 1)


@dataclass(frozen=True)
class FilterMetric:
    """Lengths in units of each filter's own norm: `<d, e> = sum(d_i e_i / scale_i^2)` where `scale_i > 0`.

    Biases, norm layers and filters of norm 0 have `scale` 0 and count for nothing.

    Attributes:
        scale: `[P]` float64 on the CPU, the norm of each weight's filter at the centre.
        num_filters: F, biases and norms not counted.
    """

    scale: Tensor
    num_filters: int

    @classmethod
    def at(cls, space: ParamSpace, center: Tensor) -> FilterMetric:
        """The metric of a centre `[P]`."""
        return cls(space.filter_norms(center.cpu()), space.num_filters)

    def relative(self, vector: Tensor) -> Tensor:
        """`vector / scale` in float64 on the CPU, 0 where `scale` is 0."""
        return vector.detach().cpu().double() * self._inverse_scale

    @cached_property
    def _inverse_scale(self) -> Tensor:
        return torch.where(self.scale > 0, 1 / self.scale, torch.zeros_like(self.scale))

    def inner(self, first: Tensor, second: Tensor) -> float:
        """Inner product of two vectors `[P]`."""
        return float(self.relative(first) @ self.relative(second))

    def norm(self, vector: Tensor) -> float:
        """Length of a vector `[P]`; sqrt(F) for filter-normalised noise."""
        return float(self.relative(vector).norm())

    def radius(self, vector: Tensor) -> float:
        """Root mean square change per filter, relative to the filter: the rho of mining; 1 for filter noise."""
        return self.norm(vector) / self.num_filters**0.5 if self.num_filters else 0.0


def chosen_places(space: ParamSpace, params: str | Sequence[str] | None) -> tuple[int, ...]:
    """Which of the parameters of `space` a choice means: all (`None` or `"all"`), or those of some name patterns.

    Raises:
        TypeError, ValueError: It is no pattern, or nothing matches.
    """
    if params is None or params == "all":
        return tuple(range(len(space.names)))
    patterns = [params] if isinstance(params, str) else params
    if not isinstance(patterns, (list, tuple)) or not patterns or not all(isinstance(p, str) for p in patterns):
        raise TypeError(f"params must be None, 'all' or name patterns, got {params!r}.")
    places = [i for i, name in enumerate(space.names) if any(fnmatch.fnmatchcase(name, p) for p in patterns)]
    if not places:
        some = ", ".join(space.names[:8])
        raise ValueError(
            f"params must choose at least one parameter that moves, got {params!r}. The names are: {some}, ..."
        )
    return tuple(places)


def moving_parameters(module: nn.Module, params: str | Sequence[str]) -> dict[str, nn.Parameter]:
    """The parameters that move: floating-point ones chosen by `params`, tied ones once.

    Args:
        module: The unwrapped model.
        params: `"all"` (whatever their `requires_grad`), `"trainable"`, or one or more name patterns
            as in a shell (`"fc.*"`).

    Raises:
        ValueError: If the model has no floating-point parameter, or nothing matches.
    """
    floating = {name: p for name, p in module.named_parameters() if p.is_floating_point()}
    if not floating:
        raise ValueError(
            "model must have at least one floating-point parameter, got none. "
            "Buffers and quantised weights do not move."
        )
    if params == "all":
        return floating
    if params == "trainable":
        chosen = {name: p for name, p in floating.items() if p.requires_grad}
    else:
        patterns = [params] if isinstance(params, str) else list(params)
        _check_patterns(patterns)
        chosen = {n: p for n, p in floating.items() if any(fnmatch.fnmatchcase(n, pattern) for pattern in patterns)}
    if not chosen:
        some = ", ".join(list(floating)[:8])
        raise ValueError(
            f"params must choose at least one floating-point parameter, got {params!r}. The names are: {some}, ..."
        )
    return chosen


def _check_patterns(patterns: Sequence[object]) -> None:
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError(f"params must be 'all', 'trainable' or name patterns, got {patterns!r}.")


def space_of(parameters: Mapping[str, Tensor]) -> ParamSpace:
    """The layout of named parameters; vectors are float64 if any parameter is, else float32."""
    wide = any(p.dtype == torch.float64 for p in parameters.values())
    return ParamSpace(
        names=tuple(parameters),
        shapes=tuple(tuple(p.shape) for p in parameters.values()),
        dtype=torch.float64 if wide else torch.float32,
    )
