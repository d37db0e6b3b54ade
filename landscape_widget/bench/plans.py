"""One point after the other against chunks of points in one pass, on the same case."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape_widget.bench import memory
from landscape_widget.bench.cases import Case, Problem, build
from landscape_widget.bench.timing import in_turn
from landscape_widget.bench.tools import LOOP, relative_difference, tools

PLANS = ("loop", "vmap")
# Each of these waits for the device where the tensor lies on one.
READS = ("item", "tolist", "cpu", "numpy", "__float__", "__int__", "__bool__")


@dataclass(frozen=True)
class PlanResult:
    """One plan on one case.

    Attributes:
        seconds: Median time of a surface.
        memory: Bytes at most, on top of model and data; None on the processor.
        synchronisations: Times that Python waited for values in one surface; on the processor, where nothing waits,
            how often it read values of tensors.
        difference: Largest relative difference to the plain loop.
        refusal: Why this plan does not compute this model; empty otherwise.
    """

    name: str
    title: str
    batchnorm: str | None
    plan: str
    points: int
    seconds: float = float("nan")
    memory: int | None = None
    synchronisations: int | None = None
    difference: float = float("nan")
    refusal: str = ""


def measure(case: Case, device: torch.device, side: int, repeats: int) -> list[PlanResult]:
    """All plans on one case, in turn."""
    problems = {plan: build(case, device) for plan in PLANS}
    refusals = {plan: _force(problem, plan, side) for plan, problem in problems.items()}
    draws = {plan: _draw(problem, side) for plan, problem in problems.items() if not refusals[plan]}
    times = in_turn(draws, repeats, device)
    truth = tools(problems["loop"], side, only=(LOOP,))[LOOP].compute()
    common: dict[str, Any] = {"name": case.name, "title": case.title, "batchnorm": case.batchnorm, "points": side**2}
    results = []
    for plan in PLANS:
        facts = dict(common, plan=plan, refusal=refusals[plan])
        if plan in draws:
            facts |= {
                "seconds": times[plan].median,
                "memory": memory.on_cuda(draws[plan], device) if device.type == "cuda" else None,
                "synchronisations": synchronisations(draws[plan], device),
                "difference": relative_difference(np.asarray(times[plan].result), truth),
            }
        results.append(PlanResult(**facts))
    return results


def _draw(problem: Problem, side: int) -> Callable[[], Any]:
    surface = functools.partial(problem.landscape.surface, *problem.directions, exact=True, points=side, span=1.0)
    return lambda: surface(progress=False).losses.ravel()


def _force(problem: Problem, plan: str, side: int) -> str:
    """Why the plan cannot be had; empty if it can. The first surface finds out how large chunks may be."""
    try:
        problem.landscape.plan = plan
        _draw(problem, side)()
    except ValueError as error:
        return str(error)
    return ""


def synchronisations(compute: Callable[[], object], device: torch.device) -> int:
    """How often a call waits for values of the device."""
    if device.type != "cuda":
        with _counted_reads() as reads:
            compute()
        return len(reads)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            compute()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing" in str(warning.message) for warning in caught)


@contextmanager
def _counted_reads() -> Iterator[list[str]]:
    """A list that grows by one whenever the values of a tensor are read."""
    reads: list[str] = []
    originals = {name: getattr(Tensor, name) for name in READS}
    inherited = {name for name in READS if name not in vars(Tensor)}

    def counting(name: str) -> Callable[..., Any]:
        def read(*arguments: Any, **options: Any) -> Any:
            reads.append(name)
            return originals[name](*arguments, **options)

        return read

    for name in READS:
        setattr(Tensor, name, counting(name))
    try:
        yield reads
    finally:
        for name in READS:
            delattr(Tensor, name) if name in inherited else setattr(Tensor, name, originals[name])
