"""Block Lanczos with full reorthogonalisation: one recurrence for eigenpairs, traces and densities.

After each step A Q^T = Q^T T + N^T B holds, with the rows of Q `[m, n]` orthonormal, T symmetric, and B other than zero
in the columns of the last block only. A step that is cancelled leaves the recurrence as it was.

Source: Golub and Underwood 1977; reorthogonalised twice, as Kahan and Parlett advise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Apply = Callable[[Tensor], Tensor]  # rows [k, n] -> A times each of them


@dataclass(frozen=True)
class Ritz:
    """Approximate eigenpairs.

    Attributes:
        values: `[m]` float64, ascending.
        coords: `[m, m]` float64: column j holds vector j in the basis.
        residuals: `[m]` float64: the norm of `A v - value v`.
    """

    values: Tensor
    coords: Tensor
    residuals: Tensor


class Recurrence:
    """The recurrence of a symmetric operator A of size n.

    Attributes:
        size: n.
        projected: T `[m, m]` float64 on the CPU.
        start: `[b, b]` float64: the start vectors are `start.T @ basis[:b]`.
    """

    def __init__(self, apply: Apply, start: Tensor) -> None:
        """`start [b, n]`: linearly independent, in the dtype of the basis and on its device."""
        self._apply, self.size = apply, start.shape[1]
        self._rows: Tensor = start.new_empty((min(self.size, 8 * len(start)), self.size))
        self._count = 0
        first, triangle = torch.linalg.qr(start.T)
        self._next: Tensor = first.T.contiguous()
        self.start: Tensor = triangle.double().cpu()
        self._coupling = torch.zeros(0, 0, dtype=torch.float64)
        self.projected = torch.zeros(0, 0, dtype=torch.float64)
        self._ritz: Ritz | None = None
        self._generator = torch.Generator().manual_seed(len(start))

    @property
    def basis(self) -> Tensor:
        """Q `[m, n]`."""
        return self._rows[: self._count]

    @property
    def is_complete(self) -> bool:
        """The basis spans everything, so nothing is left to estimate."""
        return self._count == self.size

    @property
    def coupling(self) -> Tensor:
        """B `[b', b]` float64, for the last b columns."""
        return self._coupling

    @property
    def following(self) -> Tensor:
        """N `[b', n]`: the block that comes next."""
        return self._next

    def step(self) -> None:
        """Add the next block to the basis: one pass of products; nothing to do where the basis is complete."""
        if self.is_complete:
            return
        block = self._next
        image = self._apply(block)
        self._make_room(len(block))
        old, count = self._count, self._count + len(block)
        self._rows[old:count] = block
        rest, coords = _orthogonal(image, self._rows[:count])
        projected = torch.zeros(count, count, dtype=torch.float64)
        projected[:old, :old] = self.projected
        projected[:, old:], projected[old:, :] = coords, coords.T
        projected[old:, old:] = (coords[old:] + coords[old:].T) / 2
        following, coupling = self._following(rest, self._rows[:count], float(projected.abs().max()))
        self.projected, self._next, self._coupling = projected, following, coupling
        self._count, self._ritz = count, None

    def ritz(self) -> Ritz:
        """Eigenpairs of A on the span of the basis."""
        if self._ritz is None:
            values, coords = torch.linalg.eigh(self.projected)
            last = self._coupling.shape[1]
            residuals = torch.zeros_like(values)
            if len(self._coupling):
                residuals = (self._coupling @ coords[len(values) - last :]).norm(dim=0)
            self._ritz = Ritz(values, coords, residuals)
        return self._ritz

    def vectors(self, places: Tensor) -> Tensor:
        """`[k, n]`: the chosen approximate eigenvectors, of length 1.

        Their signs are such that a later step changes none: towards the first vector of the basis.
        """
        coords = self.ritz().coords[:, places]
        coords = torch.where(coords[0] < 0, -coords, coords)
        found: Tensor = coords.T.to(self.basis) @ self.basis
        units: Tensor = found / found.norm(dim=1, keepdim=True)
        return units

    def quadrature(self) -> tuple[Tensor, Tensor]:
        """Nodes and weights `[m]` with `sum_i z_i f(A) z_i ~ sum_j weight_j f(node_j)` over the start vectors z_i.

        Source: Golub and Meurant 1994.
        """
        ritz = self.ritz()
        return ritz.values, (self.start.T @ ritz.coords[: len(self.start)]).square().sum(0)

    def _make_room(self, more: int) -> None:
        if self._count + more > len(self._rows):
            rows = self._rows.new_empty((min(self.size, 2 * len(self._rows) + more), self.size))
            rows[: self._count] = self.basis
            self._rows = rows

    def _following(self, rest: Tensor, basis: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        """An orthonormal basis of what is left, and its coupling; a fresh vector where nothing is left."""
        room = self.size - len(basis)
        left, sizes, right = torch.linalg.svd(rest.T, full_matrices=False)
        smallest = torch.finfo(rest.dtype).eps * max(scale, 1e-300) * 10
        rank = min(room, int((sizes > smallest).sum()))
        if rank == 0:
            fresh = self._fresh(basis) if room else rest[:0]
            return fresh, torch.zeros(len(fresh), len(rest), dtype=torch.float64)
        following = _orthogonal(left[:, :rank].T.contiguous(), basis)[0]
        exact, turn = torch.linalg.qr(following.T)
        coupling = turn.double().cpu() @ (sizes[:rank, None] * right[:rank]).double().cpu()
        return exact.T.contiguous(), coupling

    def _fresh(self, basis: Tensor) -> Tensor:
        noise = torch.randn(1, self.size, generator=self._generator, dtype=torch.float64).to(basis)
        noise = _orthogonal(noise, basis)[0]
        noise = _orthogonal(noise / noise.norm(), basis)[0]
        unit: Tensor = noise / noise.norm()
        return unit


def _orthogonal(rows: Tensor, basis: Tensor) -> tuple[Tensor, Tensor]:
    """What of `rows [k, n]` is orthogonal to the basis, and the coordinates `[m, k]` float64 of what is not."""
    coords = torch.zeros(len(basis), len(rows), dtype=torch.float64)
    for _ in range(2):
        part = basis @ rows.T
        rows = rows - part.T @ basis
        coords += part.double().cpu()
    return rows, coords


def start_vectors(count: int, size: int, like: Tensor, seed: int) -> Tensor:
    """`[count, size]`: independent, uniform on the sphere of radius sqrt(size); drawn on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(min(count, size), size, generator=generator, dtype=torch.float64)
    scaled: Tensor = rows * (size**0.5 / rows.norm(dim=1, keepdim=True))
    return scaled.to(like)


def without(rows: Tensor, basis: Tensor) -> Tensor:
    """The part of `rows [k, n]` orthogonal to the basis `[m, n]`."""
    return _orthogonal(rows, basis)[0] if len(basis) else rows
