"""`landscape.hessian`: eigenpairs, traces, norms and densities of the Hessian at the centre, with errors."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from landscape_widget._checks import as_choice, as_int, as_number, complaint
from landscape_widget.core.objective import Objective
from landscape_widget.core.params import FilterMetric
from landscape_widget.curvature.explaining import (
    KURTOSIS,
    NORMALIZATIONS,
    Draw,
    Question,
    Said,
    explaining,
    quadratics,
    units_of,
)
from landscape_widget.curvature.explanation import Explanation
from landscape_widget.curvature.layers import Layers, layers_of
from landscape_widget.curvature.moments import Estimate
from landscape_widget.curvature.operator import Operator
from landscape_widget.curvature.prediction import Prediction
from landscape_widget.curvature.probing import Probing
from landscape_widget.curvature.spectrum import Density, Eigenpairs, converged, density_of, places_of
from landscape_widget.engine.evaluate import Engine
from landscape_widget.progress import watched

METRICS = ("plain", "filter")
WHICH = ("largest", "smallest", "both")
Params = str | Sequence[str] | None


class Hessian:
    """The Hessian of L at the centre, over all the data used, in the landscape's BatchNorm mode.

    What was computed is kept: a second call with a smaller tolerance, or another figure, goes on from there. `metric`
    is `"plain"`, the Hessian itself, or `"filter"`, `G H G` with the norm of each weight's filter, so that values are
    curvatures per unit of relative change and belong to filter-normalised directions; biases and norms, which it does
    not see, are no part of it. `params` chooses a part by name patterns. A keyboard interrupt keeps what there is.
    """

    def __init__(self, engine: Engine, draw: Draw) -> None:
        """`draw(noise, seed, normalize)` -> the direction `[P]`."""
        self._engine, self._draw = engine, draw
        self._version = engine.objective.version
        self._probings: dict[Any, Probing] = {}
        self._curvatures: dict[tuple[str, str], list[float]] = {}  # of random directions, by seed

    def __repr__(self) -> str:
        names = [name for name in dir(self) if not name.startswith("_")]
        return f"Hessian({', '.join(names)})"

    @property
    def method(self) -> str:
        """How products are computed, in words; empty before the first one."""
        found = [probing.operator.products.method for probing in self._fresh().values()]
        return next(filter(None, found), "")

    def product(self, v: Any, *, metric: str = "plain", params: Params = None) -> Tensor:
        """The Hessian in the metric times `v`: a direction, `[P]` or `[K, P]`; the same shape on the CPU.

        With `params` only its block for these parameters counts; elsewhere the product is zero.
        """
        operator = self._probing(metric, params).operator
        rows = self._rows(v, "v")
        image = operator.spread(operator.apply(operator.gathered(rows.reshape(-1, rows.shape[-1]))))
        return image.reshape(rows.shape).cpu()

    def quadratic(self, d: Any) -> float:
        """`d^T H d`: the second derivative of the loss along the direction `d`, at the centre, by its alpha."""
        row = self._rows(d, "d")
        if row.dim() != 1:
            raise ValueError(complaint("d", "one direction, or a tensor [P]", tuple(row.shape)))
        return quadratics(self._probing("plain", None).operator, row[None])[0]

    def prediction(self, d: Any) -> Prediction:
        """The quadratic along the direction `d` by gradient and Hessian; it can be drawn over the real curve."""
        curvature, row = self.quadratic(d), self._rows(d, "d")
        operator = self._probing("plain", None).operator
        slope = float((operator.gradient().double() * operator.gathered(row).double()).sum())
        return Prediction(operator.products.slope().loss, slope, curvature)

    def eigenpairs(
        self,
        k: int = 1,
        which: str = "largest",
        metric: str = "plain",
        params: Params = None,
        tol: float = 1e-4,
        *,
        max_products: int | None = None,
        progress: Any = None,
    ) -> Eigenpairs:
        """The k largest, k smallest (algebraic) eigenvalues or `"both"`, by block Lanczos.

        Args:
            k: How many.
            which: `"largest"`, `"smallest"`, or `"both"`: the k largest, then the k smallest.
            metric: `"plain"` or `"filter"`.
            params: None for all that move, or name patterns.
            tol: A pair has converged where its residual norm is at most this times the largest |eigenvalue|.
            max_products: Stop there, converged or not; default 300 + 20 k.
            progress: As in `curve`; counts converged pairs.

        Returns:
            `.values`, `.vectors`, `.residuals`, `.converged`. Without convergence the best there is, with a warning.

        Raises:
            TypeError, ValueError: An argument makes no sense, or the loss has no second derivatives.
        """
        as_choice("which", which, WHICH)
        probing, tol = self._probing(metric, params), as_number("tol", tol, above=0.0)
        size = probing.operator.size
        high, of = (size // 2, "half of n") if which == "both" else (size, "n")
        remedy = f"The Hessian has n={size} eigenvalues here, and k must be at most {of}."
        k = as_int("k", k, low=1, high=high, remedy=remedy)
        limit = 300 + 20 * k if max_products is None else as_int("max_products", max_products, low=1)
        recurrence, wanted = probing.recurrence, 2 * k if which == "both" else k
        with watched(progress, "eigenpairs") as report, _kept("eigenpairs", lambda: len(recurrence.basis) >= wanted):
            for done, total in probing.converging(k, which, tol, limit, self._budget):
                report(done, total)
        return self._eigenpairs(probing, k, which, metric, tol)

    def _eigenpairs(self, probing: Probing, k: int, which: str, metric: str, tol: float) -> Eigenpairs:
        recurrence, operator = probing.recurrence, probing.operator
        places, done = places_of(recurrence, k, which), converged(recurrence, k, which, tol)
        if not bool(done.all()):
            text = f"{int((~done).sum())} of {len(done)} eigenpairs have not converged to tol={tol:g}"
            warnings.warn(f"{text}; they are flagged. Allow more with max_products, or a larger tol.", stacklevel=3)
        ritz = recurrence.ritz()
        return Eigenpairs(
            ritz.values[places].numpy(),
            operator.spread(recurrence.vectors(places)).cpu(),
            ritz.residuals[places].numpy(),
            done.numpy(),
            metric,
            len(recurrence.basis),
            operator.products.is_approximate,
        )

    def trace(
        self,
        tol: float = 0.01,
        *,
        metric: str = "plain",
        params: Params = None,
        max_products: int = 2000,
        progress: Any = None,
    ) -> Estimate:
        """The trace, to a standard error of `tol` times its size, by Hutch++; exact where that costs less."""
        return self._estimate("trace", tol, metric, params, max_products, progress)

    def norm(
        self,
        tol: float = 0.01,
        *,
        metric: str = "plain",
        params: Params = None,
        max_products: int = 2000,
        progress: Any = None,
    ) -> Estimate:
        """The Frobenius norm, the root of the sum of squared eigenvalues; arguments as in `trace`."""
        return self._estimate("norm", tol, metric, params, max_products, progress)

    def effective_rank(
        self, tol: float = 0.02, *, metric: str = "plain", params: Params = None, progress: Any = None
    ) -> Estimate:
        """R = trace^2 / norm^2: a random direction's curvature spreads by sqrt(2 / r) of its mean.

        The standard error takes those of trace and norm for independent.
        """
        half = as_number("tol", tol, above=0.0) / 4
        trace = self.trace(half, metric=metric, params=params, progress=progress)
        norm = self.norm(half, metric=metric, params=params, progress=progress)
        rank = (trace.estimate / norm.estimate) ** 2 if norm.estimate else 0.0
        relative = math.hypot(_relative(trace), _relative(norm))
        is_done = trace.converged and norm.converged
        return Estimate(rank, 2 * rank * relative if rank else 0.0, is_done, norm.products)

    def layers(
        self, tol: float = 0.01, *, metric: str = "plain", params: Params = None, progress: Any = None
    ) -> Layers:
        """The trace of each layer's own block; they sum to the trace, which is brought to `tol` first."""
        self.trace(tol, metric=metric, params=params, progress=progress)
        return layers_of(self._probing(metric, params), self._engine.objective.space)

    def density(
        self, *, metric: str = "plain", params: Params = None, probes: int = 4, steps: int = 40, progress: Any = None
    ) -> Density:
        """The spectral density: eigenvalues that Lanczos finds, and stochastic Lanczos quadrature for the rest.

        Args:
            metric: `"plain"` or `"filter"`.
            params: As in `eigenpairs`.
            probes: Random vectors, whose spread is the error of the weights.
            steps: Products for each of them.
            progress: As in `curve`.
        """
        probing = self._probing(metric, params)
        count, steps = as_int("probes", probes, low=1), as_int("steps", steps, low=2)
        with watched(progress, "density") as report:
            quadratures = probing.quadratures(count, steps, report)
        return density_of(quadratures, metric)

    def explain(
        self,
        n: int = 100,
        *,
        noise: str = "gaussian",
        normalize: str = "filter",
        directions: Mapping[str, Any] | Sequence[Any] = (),
        tol: float = 0.02,
        progress: Any = None,
    ) -> Explanation:
        """Why random directions look as they do: their curvatures, and what trace and norm predict of them.

        After an interrupt a second call goes on from there.

        Args:
            n: How many random directions, seeds 0, 1, ...
            noise: `"gaussian"`, `"uniform"` or `"rademacher"`.
            normalize: As for directions: `"filter"`, `"layer"`, `"model"` or `"none"`.
            directions: More directions to be placed in the histogram, such as mined ones: name -> direction, or a
                list of them.
            tol: Relative standard error of trace and norm.
            progress: As in `curve`; counts random directions, then products.

        Returns:
            It prints as a table and has `plot()`.
        """
        steps = self.explain_in_steps(n, noise=noise, normalize=normalize, directions=directions, tol=tol)
        with watched(progress, "explanation") as report:
            try:
                while True:
                    said = next(steps)
                    report(said.done, said.total)
            except StopIteration as end:
                found: Explanation = end.value
                return found

    def explain_in_steps(
        self,
        n: int = 100,
        *,
        noise: str = "gaussian",
        normalize: str = "filter",
        directions: Mapping[str, Any] | Sequence[Any] = (),
        tol: float = 0.02,
    ) -> Generator[Said, None, Explanation]:
        """As `explain`, with a pause after each short piece of work that says how far it has come."""
        named = directions if isinstance(directions, Mapping) else {_label(d): d for d in directions}
        as_choice("noise", noise, KURTOSIS)
        as_choice("normalize", normalize, NORMALIZATIONS)
        question = Question(
            as_int("n", n, low=2),
            noise,
            normalize,
            {name: self._rows(d, "directions") for name, d in named.items()},
            as_number("tol", tol, above=0.0),
        )
        objective = self._engine.objective
        units = units_of(objective.space, objective.center, normalize)
        key = ("plain", None) if normalize == "none" else ("units", normalize)
        probing, plain = self._scaled(units.scale, key), self._probing("plain", None).operator
        known = self._curvatures.setdefault((noise, normalize), [])
        return explaining(question, units, plain, probing, self._draw, known, self._budget)

    def _estimate(
        self, what: str, tol: float, metric: str, params: Params, max_products: int, progress: Any
    ) -> Estimate:
        probing, tol = self._probing(metric, params), as_number("tol", tol, above=0.0)
        limit = as_int("max_products", max_products, low=1)
        with watched(progress, what) as report, _kept(what, lambda: probing.has_estimates):
            for done, total in probing.estimating(what, tol, limit, self._budget):
                report(done, total)
        return probing.estimate(what, tol)

    @property
    def _budget(self) -> int | None:
        return self._engine.objective.memory_budget

    def _fresh(self) -> dict[Any, Probing]:
        if self._version != self._engine.objective.version:
            self._probings.clear()
            self._curvatures.clear()
            self._version = self._engine.objective.version
        return self._probings

    def _probing(self, metric: str, params: Params) -> Probing:
        as_choice("metric", metric, METRICS)
        objective = self._engine.objective
        scale = None
        if metric == "filter":
            scale = FilterMetric.at(objective.space, objective.center).scale
        key = (metric, params if params is None or isinstance(params, str) else tuple(params))
        return self._scaled(scale, key, params)

    def _scaled(self, scale: Tensor | None, key: Any, params: Params = None) -> Probing:
        probings = self._fresh()
        if key not in probings:
            products = self._engine.objective.hessian_products(params)
            operator = Operator(products, self._engine.gate, scale)
            if operator.size == 0:
                raise ValueError(
                    complaint(
                        "params",
                        "weights that the metric sees",
                        key[1],
                        "Biases, norms and filters that are zero count for nothing in the filter metric: use 'plain'.",
                    )
                )
            probings[key] = Probing(operator)
        return probings[key]

    def _rows(self, value: Any, name: str) -> Tensor:
        """`[P]` or `[K, P]` in the operator's dtype and on its device."""
        objective: Objective = self._engine.objective
        vector = getattr(value, "vector", value)
        if not isinstance(vector, Tensor) or vector.is_complex():
            raise TypeError(complaint(name, "a direction or a real tensor [P] or [K, P]", type(value).__name__))
        if vector.dim() not in (1, 2) or vector.shape[-1] != objective.space.size:
            rule = f"a direction, [P] or [K, P] with P={objective.space.size}, the number of weights that move"
            raise ValueError(complaint(name, rule, tuple(vector.shape)))
        return vector.detach().to(objective.device, objective.space.dtype)


def _relative(estimate: Estimate) -> float:
    return estimate.stderr / abs(estimate.estimate) if estimate.estimate else 0.0


def _label(direction: Any) -> str:
    return str(getattr(direction, "label", "vector"))


@contextlib.contextmanager
def _kept(what: str, is_enough: Callable[[], bool]) -> Iterator[None]:
    """An interrupt ends the block with a warning where there is something to return."""
    try:
        yield
    except KeyboardInterrupt:
        if not is_enough():
            raise
        warnings.warn(f"The {what} was interrupted; the result holds what there is.", stacklevel=5)
