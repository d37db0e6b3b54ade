"""Everything that is known of one operator: its recurrence, and samples for trace and norm; both can be continued."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from landscape_widget.core import memory
from landscape_widget.curvature.lanczos import Recurrence, start_vectors, without
from landscape_widget.curvature.moments import Estimate, Moments
from landscape_widget.curvature.operator import Operator
from landscape_widget.curvature.spectrum import Quadratures, converged
from landscape_widget.progress import Progress

BLOCK = 2  # vectors: finds double eigenvalues; a block costs less than its vectors one by one, but converges later
SAMPLES_A_PASS = 4
FEWEST_SAMPLES = 12  # fewer tell too little about their own spread
LEAST_DEFLATED, MOST_DEFLATED = 8, 200
# Where the basis may be completed instead of sampling on: its memory is the square of it.
LARGEST_EXACT = 3000
OUTLIER = 1e-3  # residual over the largest |eigenvalue|, of what the density takes for an eigenvalue
SEED = 0
SEED_OF_SAMPLES = 2**31  # of no recurrence (torch keeps 32 bits): what began a basis has nothing left outside it

Progressing = Iterator[tuple[int, int]]  # done, and of how many; a pause after each short piece of work


class Probing:
    """One operator.

    Attributes:
        operator: A.
        recurrence: Of eigenpairs, of the density's first vectors, and the basis of the estimates.
    """

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.recurrence = self._recurrence(SEED)
        self._others: list[Recurrence] = []
        self._outliers: tuple[Tensor, Tensor] | None = None
        self.moments: Moments | None = None
        self.groups = self._groups()

    @property
    def has_estimates(self) -> bool:
        """Whether there is something to estimate from."""
        return self.moments is not None and (self.moments.is_exact or self.moments.count > 1)

    def has_memory(self, budget: int | None) -> bool:
        """Whether the basis may grow: it must fit beside its own copy."""
        basis = self.recurrence.basis
        taken = basis.numel() * basis.element_size()
        return 2 * taken <= memory.budget(budget, basis.device) + taken

    def converging(self, k: int, which: str, tol: float, limit: int, budget: int | None) -> Progressing:
        """Step until the wanted pairs have converged, the basis is complete, or products or memory have run out."""
        recurrence, wanted = self.recurrence, 2 * k if which == "both" else k
        while not recurrence.is_complete:
            is_short = len(recurrence.basis) < wanted
            done = 0 if is_short else int(converged(recurrence, k, which, tol).sum())
            yield done, wanted
            is_over = done == wanted or len(recurrence.basis) >= limit or not self.has_memory(budget)
            if is_over and not is_short:
                return
            recurrence.step()

    def estimating(self, what: str, tol: float, limit: int, budget: int | None) -> Progressing:
        """Deflate while that saves more products than it costs, then sample until the error is small enough."""
        if self.moments is None or (self.recurrence.is_complete and not self.moments.is_exact):
            yield from self._deflating(tol, limit, budget)
            self.moments = self._moments()
        used = len(self.recurrence.basis)
        while not self._is_done(what, tol) and used + self.moments.count < limit:
            if self._completing_costs_less(what, tol, limit):
                yield from self._completing()
                return
            self.moments.draw(min(SAMPLES_A_PASS, limit), self.groups)
            yield self.moments.count, max(self.moments.count, self._needed(what, tol))

    def estimate(self, what: str, tol: float) -> Estimate:
        """What is known of the trace or the norm."""
        assert self.moments is not None
        value, error = self.moments.trace() if what == "trace" else self.moments.norm()
        products = self.moments.size - self.moments.rest + self.moments.count
        return Estimate(value, error, error <= tol * abs(value), products)

    def quadratures(self, probes: int, steps: int, report: Progress) -> Quadratures:
        """Converged eigenvalues, and recurrences of `probes` start vectors, of so many steps each, on what they leave.

        An outlier counts as one eigenvalue then; random vectors alone would give it a weight that is wrong by half.
        """
        count = -(-probes // BLOCK)
        self._steps(self.recurrence, steps)
        report(1, count + 1)
        if self._outliers is None or self.recurrence.is_complete:
            self._outliers, self._others = self._outliers_now(), []
        values, vectors = self._outliers
        while len(self._others) < count and len(values) < self.operator.size:
            self._others.append(self._recurrence(SEED + 1 + len(self._others), vectors))
        for number, recurrence in enumerate(self._others[:count]):
            self._steps(recurrence, steps)
            report(number + 2, count + 1)
        return Quadratures(values, self._others[:count], self.operator.size)

    def _outliers_now(self) -> tuple[Tensor, Tensor]:
        """Eigenvalues that have converged, and their vectors `[c, n]`."""
        ritz = self.recurrence.ritz()
        are_done = ritz.residuals <= OUTLIER * float(ritz.values.abs().max())
        places = are_done.nonzero().flatten()
        return ritz.values[places], self.recurrence.vectors(places)

    @staticmethod
    def _steps(recurrence: Recurrence, steps: int) -> None:
        while len(recurrence.basis) < steps * BLOCK and not recurrence.is_complete:
            recurrence.step()

    def _recurrence(self, seed: int, deflated: Tensor | None = None) -> Recurrence:
        """From vectors uniform on a sphere of what `deflated [c, n]` leaves."""
        start = start_vectors(BLOCK, self.operator.size, self.operator.like, seed)
        if deflated is not None and len(deflated):
            start = without(start, deflated)[: self.operator.size - len(deflated)]
            start *= (start.shape[1] - len(deflated)) ** 0.5 / start.norm(dim=1, keepdim=True)
        return Recurrence(self.operator.apply, start)

    def _moments(self) -> Moments:
        return Moments(self.recurrence, self.operator.apply, SEED_OF_SAMPLES)

    def _deflating(self, tol: float, limit: int, budget: int | None) -> Progressing:
        """Go on while a product takes off more random vectors than one.

        The number of random vectors for an error of tol is 2 |rest|^2 / (tol trace)^2, and a step takes from |rest|^2
        what it adds to |T|^2 (as Persson, Cortinovis and Kressner 2022 weigh it).
        """
        most, saved, squares = min(MOST_DEFLATED, limit // 2), 2.0, 0.0
        while not self.recurrence.is_complete and self.has_memory(budget):
            count = len(self.recurrence.basis)
            if count >= LEAST_DEFLATED and (saved <= 1 or count >= most):
                return
            yield 0, FEWEST_SAMPLES
            self.recurrence.step()
            projected = self.recurrence.projected
            more, squares = float(projected.square().sum()) - squares, float(projected.square().sum())
            aim = (tol * float(projected.trace())) ** 2
            saved = 2 * more / (BLOCK * aim) if aim else 2.0

    def _is_done(self, what: str, tol: float) -> bool:
        assert self.moments is not None
        if self.moments.is_exact:
            return True
        value, error = self.moments.trace() if what == "trace" else self.moments.norm()
        return self.moments.count >= FEWEST_SAMPLES and error <= tol * abs(value)

    def _needed(self, what: str, tol: float) -> int:
        """Random vectors in all, by the spread of those there are."""
        assert self.moments is not None
        value, error = self.moments.trace() if what == "trace" else self.moments.norm()
        ratio = error / (tol * abs(value)) if value else float("inf")
        return int(min(self.moments.count * ratio**2, 1e9)) + 1 if self.moments.count else FEWEST_SAMPLES

    def _completing_costs_less(self, what: str, tol: float, limit: int) -> bool:
        assert self.moments is not None
        left = self.recurrence.size - len(self.recurrence.basis)
        if self.recurrence.size > LARGEST_EXACT or self.recurrence.size > limit:
            return False
        needed = FEWEST_SAMPLES if self.moments.count < 2 else self._needed(what, tol)
        return left <= needed - self.moments.count

    def _completing(self) -> Progressing:
        while not self.recurrence.is_complete:
            yield len(self.recurrence.basis), self.recurrence.size
            self.recurrence.step()
        self.moments = self._moments()

    def _groups(self) -> Tensor:
        """`[n]`: the place of each seen weight's parameter among the chosen ones."""
        products = self.operator.products
        sizes = torch.tensor([piece.stop - piece.start for piece in products.slices])
        places = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
        seen = self.operator.seen
        return (places if seen is None else places[seen.cpu()]).to(products.device)
