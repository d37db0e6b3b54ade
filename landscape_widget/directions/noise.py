"""Random vectors that depend on the seed and the parameters' names, and on nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from landscape_widget._checks import as_int
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions.model_state import plain_name

Law = Callable[[int, Generator], Tensor]


def _gaussian(size: int, generator: Generator) -> Tensor:
    return torch.randn(size, generator=generator, dtype=torch.float32)


def _uniform(size: int, generator: Generator) -> Tensor:
    # on [-1, 1): of mean zero, so that both ends of a curve mean the same
    return 2 * torch.rand(size, generator=generator, dtype=torch.float32) - 1


def _rademacher(size: int, generator: Generator) -> Tensor:
    return 2 * torch.randint(2, (size,), generator=generator).float() - 1


LAWS: dict[str, Law] = {"gaussian": _gaussian, "uniform": _uniform, "rademacher": _rademacher}


def draw(space: ParamSpace, law: str, seed: int) -> Tensor:
    """`[P]` in the space's dtype, drawn on the CPU in float32 with one generator a parameter.

    So a parameter gets the same numbers whatever else moves, and on every device.
    """
    as_int("seed", seed, low=0)
    parts = [LAWS[law](size, generator(seed, name)) for name, size in zip(space.names, space.sizes, strict=True)]
    return torch.cat(parts).to(space.dtype)


def sign_aligned(space: ParamSpace, center: Tensor, ratio: float, seed: int) -> Tensor:
    """`[P]`: the Gaussian noise of a seed, where a share `ratio` of all entries has got the sign of `center [P]`.

    About half of the entries had it before. Those chosen for a ratio are among those for any larger one; an entry
    that is zero at the centre keeps its sign.

    Source: Li et al. 2024, arXiv:2405.12489: noise whose signs are changed to those of the weights.
    """
    noise = draw(space, "gaussian", seed)
    draws = [
        torch.rand(size, generator=generator(seed, f"signs:{plain_name(name)}"))
        for name, size in zip(space.names, space.sizes, strict=True)
    ]
    is_chosen = (torch.cat(draws) < ratio) & (center != 0)
    return torch.where(is_chosen, noise.abs() * center.sign(), noise)


def generator(seed: int, name: str) -> Generator:
    """Of the draws for one parameter, or for one purpose at one layer."""
    digest = hashlib.sha256(f"{seed}:{plain_name(name)}".encode()).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest[:8], "little"))
