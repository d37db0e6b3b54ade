"""Who computes curvature in the benchmark: ours, and other tools where they are installed, on the same Hessian.

`tests/benchmarks/requirements.txt` has the releases that these adapters were written for. Each peer is asked in the
way that is fastest for it: one batch, no checks, and no more iterations than its own measure of convergence needs.
What would take too long is timed in part; random vectors are as many as their errors ask, which shrink by the root.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from landscape_widget.bench.cases import Problem
from landscape_widget.bench.tools import OURS
from landscape_widget.curvature import Hessian

TASKS = PRODUCT, TOP, TRACE, DENSITY = "product", "top five", "trace", "density"
EIGENVALUES, PROBES, STEPS = 5, 4, 40  # density: random vectors, and products for each
FEW, SKETCHED = 10, 99  # vectors of a trace that is timed in part: Hutchinson's plain one, and Hutch++
Efforts = Mapping[str, int]


@dataclass(frozen=True)
class Goals:
    """What all are asked for.

    Attributes:
        residual: Of each eigenvalue, relative to it.
        stderr: Of the trace, relative.
        probes: Random vectors that Hutchinson's plain estimate of the trace needs for that.
        decline: The fifth eigenvalue by the first.
    """

    residual: float = 1e-3
    stderr: float = 0.02
    probes: int = 0
    decline: float = 1.0


@dataclass(frozen=True)
class Job:
    """One task of one tool; `share`: how much of it `compute` does, where all of it would take too long."""

    compute: Callable[[], object]
    share: float = 1.0


@dataclass(frozen=True)
class Tool:
    """A tool: its module, what effort the goals take, and its jobs by task."""

    name: str
    module: str
    efforts: Callable[[Problem, Goals], Efforts]
    jobs: Callable[[Problem, Goals, Efforts], Mapping[str, Job]]

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported here."""
        return importlib.util.find_spec(self.module) is not None


def probe_of(problem: Problem) -> Tensor:
    """`[P]`: the vector of the product."""
    size = sum(p.numel() for p in problem.model.parameters())
    return torch.randn(size, generator=torch.Generator().manual_seed(0)).to(problem.device)


def fresh_hessian(problem: Problem) -> Hessian:
    """Ours, knowing nothing yet: what a user's first call costs is timed."""
    return Hessian(problem.landscape._engine, problem.landscape._noise)


def _no_efforts(problem: Problem, goals: Goals) -> Efforts:
    return {}


def _ours(problem: Problem, goals: Goals, efforts: Efforts) -> Mapping[str, Job]:
    v, known = probe_of(problem), fresh_hessian(problem)
    known.product(v)  # how to compute products is found out once

    def top() -> Any:
        tol = goals.residual * goals.decline
        return fresh_hessian(problem).eigenpairs(EIGENVALUES, tol=tol, progress=False).values

    def density() -> object:
        return fresh_hessian(problem).density(probes=PROBES, steps=STEPS, progress=False)

    return {
        PRODUCT: Job(lambda: known.product(v).cpu().numpy()),
        TOP: Job(top),
        TRACE: Job(lambda: float(fresh_hessian(problem).trace(goals.stderr, progress=False))),
        DENSITY: Job(density),
    }


def _eigenthings_of(problem: Problem) -> Any:
    module = importlib.import_module("hessian_eigenthings")
    return module, module.HessianOperator(problem.model, [problem.data], module.supervised_loss(F.cross_entropy))


def _eigenthings_efforts(problem: Problem, goals: Goals) -> Efforts:
    """The fewest iterations that its own residuals call enough, and the vectors by its own standard error of a few."""
    module, operator = _eigenthings_of(problem)
    iterations = 10
    while not bool(_eigenthings_top(module, operator, iterations, goals).converged.all()):
        iterations += 5
    found = module.trace(operator, num_matvecs=SKETCHED, seed=0)
    lacking = float(found.stderr) / (goals.stderr * abs(found.estimate))
    return {TOP: iterations, TRACE: math.ceil(SKETCHED * max(lacking**2, 1.0))}


def _eigenthings_top(module: Any, operator: Any, iterations: int, goals: Goals) -> Any:
    choice = {"max_iter": iterations, "tol": goals.residual, "which": "LA", "reorthogonalize": True, "seed": 0}
    return module.lanczos(operator, k=EIGENVALUES, **choice)


def _eigenthings(problem: Problem, goals: Goals, efforts: Efforts) -> Mapping[str, Job]:
    module, operator = _eigenthings_of(problem)
    v = probe_of(problem)
    return {
        PRODUCT: Job(lambda: operator.matvec(v).cpu().numpy()),
        TOP: Job(lambda: _eigenthings_top(module, operator, efforts[TOP], goals).eigenvalues.cpu().numpy()),
        TRACE: Job(
            lambda: module.trace(operator, num_matvecs=SKETCHED, seed=0).estimate, share=SKETCHED / efforts[TRACE]
        ),
        DENSITY: Job(lambda: module.spectral_density(operator, num_runs=PROBES, lanczos_steps=STEPS, seed=0)),
    }


def _curvlinops(problem: Problem, goals: Goals, efforts: Efforts) -> Mapping[str, Job]:
    """Its traces by sketches multiply all their vectors in one `vmap`, which no memory holds here: plain ones then."""
    module = importlib.import_module("curvlinops")
    spectrum = importlib.import_module("curvlinops.papyan2020traces.spectrum")
    solver = importlib.import_module("scipy.sparse.linalg").eigsh
    parameters = list(problem.model.parameters())
    loss = nn.CrossEntropyLoss()
    operator = module.HessianLinearOperator(problem.model, loss, parameters, [problem.data], check_deterministic=False)
    v = probe_of(problem)

    def top() -> Any:
        start = {"v0": v.cpu().numpy(), "tol": goals.residual}
        return np.sort(solver(operator.to_scipy(), k=EIGENVALUES, which="LA", return_eigenvectors=False, **start))[::-1]

    def trace() -> float:
        return float(np.mean([float(module.hutchinson_trace(operator, num_matvecs=1)) for _ in range(FEW)]))

    return {
        PRODUCT: Job(lambda: (operator @ v).cpu().numpy()),
        TOP: Job(top),
        TRACE: Job(trace, share=FEW / max(goals.probes, FEW)),
        DENSITY: Job(lambda: [spectrum.fast_lanczos(operator, STEPS) for _ in range(PROBES)]),
    }


def _pyhessian(problem: Problem, goals: Goals, efforts: Efforts) -> Mapping[str, Job]:
    """Largest in magnitude, by power iteration with its own rule to stop; its density fails with today's torch."""
    module = importlib.import_module("pyhessian")
    products = importlib.import_module("pyhessian.utils")
    known = module.hessian(problem.model, nn.CrossEntropyLoss(), data=problem.data, cuda=problem.device.type == "cuda")
    pieces = torch.split(probe_of(problem), [p.numel() for p in known.params])
    vector = [piece.view_as(p) for piece, p in zip(pieces, known.params, strict=True)]

    def product() -> Any:
        image = products.hessian_vector_product(known.gradsH, known.params, vector)
        return torch.cat([piece.reshape(-1) for piece in image]).detach().cpu().numpy()

    def top() -> Any:
        return np.array(known.eigenvalues(maxIter=300, tol=goals.residual, top_n=EIGENVALUES)[0])

    def trace() -> float:
        return float(np.mean(known.trace(maxIter=FEW, tol=-math.inf)))

    return {
        PRODUCT: Job(product),
        TOP: Job(top),
        TRACE: Job(trace, share=FEW / max(goals.probes, FEW)),
        DENSITY: Job(lambda: known.density(iter=STEPS, n_v=PROBES)),
    }


TOOLS = (
    Tool(OURS, "landscape_widget", _no_efforts, _ours),
    Tool("hessian-eigenthings", "hessian_eigenthings", _eigenthings_efforts, _eigenthings),
    Tool("curvlinops", "curvlinops", _no_efforts, _curvlinops),
    Tool("PyHessian", "pyhessian", _no_efforts, _pyhessian),
)


def installed() -> list[Tool]:
    """Ours, and the peers of this environment."""
    return [tool for tool in TOOLS if tool.is_installed]
