"""Curvature: time and memory of a product, the top five eigenvalues, trace and density, ours beside other tools."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from landscape_widget.bench import memory
from landscape_widget.bench.cases import Case, build, find
from landscape_widget.bench.curvature_tools import (
    DENSITY,
    EIGENVALUES,
    PRODUCT,
    TASKS,
    TOOLS,
    TOP,
    Efforts,
    Goals,
    Tool,
    fresh_hessian,
    installed,
)
from landscape_widget.bench.loop import Array
from landscape_widget.bench.timing import Times, in_turn
from landscape_widget.bench.tools import OURS
from landscape_widget.curvature import Hessian

REFERENCE = 1e-5  # of the eigenvalues that all are compared with


@dataclass
class CurvatureResult:
    """One case; tools by name, tasks as in `TASKS`.

    Attributes:
        seconds: Task -> tool -> median time.
        shares: Task -> tool -> how much of the work was timed; the rest is reckoned.
        memory: Task -> tool -> bytes on top of model and data.
        differences: Task -> tool -> relative difference to ours; of eigenvalues to ours at a finer tolerance.
        failures: Task -> tool -> why it did not compute.
        efforts: Tool -> what its own errors called enough.
    """

    title: str
    batchnorm: str | None
    parameters: int
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: dict[str, dict[str, int | None]] = field(default_factory=dict)
    differences: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    efforts: dict[str, Efforts] = field(default_factory=dict)

    def ratios(self, task: str) -> dict[str, float]:
        """Each peer's time by ours."""
        ours = self.seconds[task][OURS]
        return {name: value / ours for name, value in self.seconds[task].items() if name != OURS}


def tools_for(batchnorm: str | None) -> list[Tool]:
    """Ours, and the peers where they compute the same Hessian: none knows that statistics depend on weights."""
    return [tool for tool in installed() if tool.name == OURS or batchnorm != "recalibrate"]


def measure(case: Case, device: torch.device, repeats: int, data: Path | None, found: CurvatureResult) -> Iterator[str]:
    """Fill `found`, task by task; yields what comes next."""
    problem, tools = build(case, device), tools_for(case.batchnorm)
    yield "what the goals take"
    goals, truth = _goals(fresh_hessian(problem))
    found.efforts = {tool.name: tool.efforts(problem, goals) for tool in tools}
    jobs = {tool.name: tool.jobs(problem, goals, found.efforts[tool.name]) for tool in tools}
    for task in TASKS:
        yield task
        runs = {name: each[task].compute for name, each in jobs.items()}
        times = in_turn(runs, repeats, device)
        worked = {name: t for name, t in times.items() if not t.failure}
        found.shares[task] = {name: jobs[name][task].share for name in worked}
        found.seconds[task] = {name: t.median / jobs[name][task].share for name, t in worked.items()}
        found.failures[task] = {name: t.failure for name, t in times.items() if t.failure}
        found.differences[task] = _differences(task, worked, truth)
        yield f"{task}, memory"
        run = functools.partial(alone, case.name, data, goals)
        found.memory[task] = {
            name: _memory(functools.partial(run, name, found.efforts[name], task), runs[name], device)
            for name in worked
        }


def result_of(case: Case) -> CurvatureResult:
    """Of a case, nothing measured yet."""
    return CurvatureResult(case.title, case.batchnorm, sum(p.numel() for p in case.make()[0].parameters()))


def _goals(hessian: Hessian) -> tuple[Goals, Array]:
    """The goals, and the top eigenvalues `[5]` to compare with."""
    truth = hessian.eigenpairs(EIGENVALUES, tol=REFERENCE, progress=False).values
    first = Goals()
    needed = 2 * (hessian.norm(progress=False).estimate / hessian.trace(progress=False).estimate / first.stderr) ** 2
    return Goals(probes=math.ceil(needed), decline=float(truth[-1] / truth[0])), truth


def _differences(task: str, worked: Mapping[str, Times], truth: Array) -> dict[str, float]:
    if task == DENSITY:
        return {}  # each smooths in its own way
    reference = truth if task == TOP else np.asarray(worked[OURS].result)
    scale = np.abs(reference) if task != PRODUCT else np.linalg.norm(reference)
    return {name: float(np.max(np.abs(np.asarray(t.result) - reference) / scale)) for name, t in worked.items()}


def _memory(prepare: Callable[[], Callable[[], object]], run: Callable[[], object], device: torch.device) -> int | None:
    return memory.on_cuda(run, device) if device.type == "cuda" else memory.in_fresh_process(prepare)


def alone(case: str, data: Path | None, goals: Goals, tool: str, efforts: Efforts, task: str) -> Callable[[], object]:
    """What a process of its own computes: one task of one tool."""
    problem = build(find(case, data), torch.device("cpu"))
    return next(t for t in TOOLS if t.name == tool).jobs(problem, goals, efforts)[task].compute
