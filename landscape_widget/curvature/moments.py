"""Trace, Frobenius norm and diagonal: exact on the span of a recurrence, by random vectors on the rest.

Hutch++ (Meyer, Musco, Musco and Woodruff 2021) with two changes: the sketch is the basis of block Lanczos, whose
products are there already and which holds the outliers of a spectrum better than as many random ones; and the random
vectors are uniform on a sphere of the rest (Epperly, Tropp and Webber 2024), so a rest that is a multiple of the
identity has no error at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_widget.curvature.lanczos import Apply, Recurrence, without


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error.

    Attributes:
        estimate: The number.
        stderr: Its standard error; 0 where it is exact.
        converged: Whether the standard error is as small as was asked for.
        products: Hessian-vector products that it rests on.
    """

    estimate: float
    stderr: float
    converged: bool = True
    products: int = 0

    def __float__(self) -> float:
        return self.estimate

    def __str__(self) -> str:
        error = "exact" if self.stderr == 0 else f"+- {self.stderr:.2g}"
        return f"{self.estimate:.6g} ({error})" + ("" if self.converged else ", not converged")


class Moments:
    """Samples beside a recurrence as it is now; a later step of it changes nothing here.

    Attributes:
        count: Random vectors so far.
    """

    def __init__(self, recurrence: Recurrence, apply: Apply, seed: int) -> None:
        self._apply, self._basis = apply, recurrence.basis
        self.is_exact = recurrence.is_complete
        projected, coupling = recurrence.projected, recurrence.coupling
        self._trace = float(projected.trace())
        self._squares = float(projected.square().sum() + coupling.square().sum())
        self.known_diagonal = _diagonal(recurrence)
        self._generator = torch.Generator().manual_seed(seed)
        self._quadratics: list[float] = []
        self._lengths: list[float] = []
        self._sum, self._sum_of_squares = torch.zeros_like(self.known_diagonal), torch.zeros_like(self.known_diagonal)
        self._rows: list[Tensor] = []

    @property
    def size(self) -> int:
        """The size of A."""
        return self._basis.shape[1]

    @property
    def rest(self) -> int:
        """Dimensions that the basis leaves."""
        return self.size - len(self._basis)

    @property
    def count(self) -> int:
        """Random vectors so far."""
        return len(self._quadratics)

    def draw(self, count: int, groups: Tensor) -> None:
        """Add `count` random vectors; `groups [n]`: which layer each weight belongs to."""
        noise = torch.randn(count, self.size, generator=self._generator, dtype=torch.float64).to(self._basis)
        rows = without(noise, self._basis)
        rows = rows * (self.rest**0.5 / rows.norm(dim=1, keepdim=True))
        images = self._apply(rows)
        own = (rows * without(images, self._basis)).double()
        self._quadratics += (rows.double() * images.double()).sum(1).tolist()
        self._lengths += images.double().square().sum(1).tolist()
        self._sum += own.sum(0)
        self._sum_of_squares += own.square().sum(0)
        self._rows += list(_by_group(own, groups).cpu())

    def trace(self) -> tuple[float, float]:
        """The trace and its standard error."""
        mean, error = _mean(self._quadratics, exact=self.is_exact)
        return self._trace + mean, error

    def norm(self) -> tuple[float, float]:
        """The Frobenius norm and its standard error: E |A z|^2 = |A|^2 on the rest."""
        mean, error = _mean(self._lengths, exact=self.is_exact)
        norm = math.sqrt(max(self._squares + mean, 0.0))
        return norm, error / (2 * norm) if norm else 0.0

    def traces(self, groups: Tensor) -> tuple[Tensor, Tensor]:
        """`[L]` float64: the trace of each group's block, and standard errors."""
        known = _by_group(self.known_diagonal[None], groups).cpu()[0]
        if self.is_exact:
            return known, torch.zeros_like(known)
        rows = torch.stack(self._rows)
        return known + rows.mean(0), rows.std(0) / len(rows) ** 0.5

    def squared_diagonal(self) -> float:
        """`sum_i A_ii^2`, without bias: by pairs of different random vectors."""
        if self.is_exact:
            return float(self.known_diagonal.square().sum())
        mean = self._sum / self.count
        pairs = (self._sum.square() - self._sum_of_squares) / (self.count * (self.count - 1))
        return float((self.known_diagonal.square() + 2 * self.known_diagonal * mean + pairs).sum())

    def squared_traces(self, groups: Tensor) -> float:
        """`sum_f (tr A_ff)^2 / n_f` over groups of weights `[n]`, by the estimated diagonal."""
        sizes = torch.bincount(groups).double().clamp(min=1)
        found = _by_group(self.diagonal()[None], groups)[0]
        return float((found.square() / sizes).sum())

    def diagonal(self) -> Tensor:
        """`[n]` float64: an estimate; noisy for single entries, good in sums."""
        return self.known_diagonal if self.is_exact else self.known_diagonal + self._sum / self.count


def _diagonal(recurrence: Recurrence) -> Tensor:
    """`[n]` float64: the diagonal of PA + AP - PAP, where P projects on the basis."""
    basis = recurrence.basis
    images = recurrence.projected.to(basis) @ basis
    found = (images.double() * basis.double()).sum(0)
    last = recurrence.coupling.shape[1]
    if len(recurrence.coupling):
        leaving = recurrence.coupling.T.to(basis) @ recurrence.following
        found += 2 * (leaving.double() * basis[len(basis) - last :].double()).sum(0)
    return found


def _mean(values: list[float], *, exact: bool) -> tuple[float, float]:
    """Mean and standard error."""
    if exact:
        return 0.0, 0.0
    if len(values) < 2:
        return (values[0] if values else math.nan), math.inf
    found = torch.tensor(values, dtype=torch.float64)
    return float(found.mean()), float(found.std()) / math.sqrt(len(values))


def _by_group(rows: Tensor, groups: Tensor) -> Tensor:
    """`[k, L]`: sums of `rows [k, n]` over each group."""
    found = rows.new_zeros((len(rows), int(groups.max()) + 1))
    return found.index_add_(1, groups, rows)
