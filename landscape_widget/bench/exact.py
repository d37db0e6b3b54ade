"""Exact surfaces: ours beside the plain loop and the peers, with the equality of the values."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from landscape_widget.bench import memory
from landscape_widget.bench.cases import Case, Problem, build, find
from landscape_widget.bench.loop import calibration_of
from landscape_widget.bench.machine import forward_flops
from landscape_widget.bench.peers import Run
from landscape_widget.bench.timing import Times, in_turn
from landscape_widget.bench.tools import AGREES, LOOP, OURS, relative_difference, tools, true_losses

WARM_UP_SIDE = 2
MEMORY_SIDE = 4  # memory does not grow with the number of points


@dataclass(frozen=True)
class ExactResult:
    """One case.

    Attributes:
        seconds: Tool -> median time of a surface.
        ranges: Tool -> shortest and longest time.
        differences: Tool -> largest relative difference to the plain loop at the tool's own points.
        failures: Tool -> why it did not compute.
        memory: Tool -> bytes on top of model and data, of ours and the loop.
        flops: Operations of one point, counted once.
        plan: What computed ours, and why.
    """

    name: str
    title: str
    batchnorm: str | None
    points: int
    parameters: int
    seconds: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    differences: dict[str, float]
    failures: dict[str, str]
    memory: dict[str, int | None]
    flops: int
    plan: str

    @property
    def best_other(self) -> str:
        """The fastest of the others whose values are right."""
        right = (name for name in self.seconds if name != OURS and self.differences[name] <= AGREES)
        return min(right, key=self.seconds.__getitem__)

    @property
    def ratio(self) -> float:
        """How many times as long the fastest of the others takes."""
        return self.seconds[self.best_other] / self.seconds[OURS]

    @property
    def rate(self) -> float:
        """Floating-point operations a second, of ours."""
        return self.flops * self.points / self.seconds[OURS]


def measure(case: Case, device: torch.device, side: int, repeats: int, data: Path | None) -> ExactResult:
    """Time all tools in turn on one case; values are compared outside the times."""
    problem = build(case, device)
    for run in tools(problem, WARM_UP_SIDE).values():
        in_turn({"": run.compute}, 1, device)
    runs = tools(problem, side)
    times = in_turn({name: run.compute for name, run in runs.items()}, repeats, device)
    worked = {name: t for name, t in times.items() if not t.failure}
    return ExactResult(
        name=case.name,
        title=case.title,
        batchnorm=case.batchnorm,
        points=side * side,
        parameters=len(problem.landscape.center),
        seconds={name: t.median for name, t in worked.items()},
        ranges={name: (min(t.seconds), max(t.seconds)) for name, t in worked.items()},
        differences=differences(problem, runs, worked),
        failures={name: t.failure for name, t in times.items() if t.failure},
        memory={name: _memory(name, runs[name], case, device, data) for name in (OURS, LOOP)},
        flops=flops_of_point(problem),
        plan=problem.landscape.plan,
    )


def differences(problem: Problem, runs: Mapping[str, Run], times: Mapping[str, Times]) -> dict[str, float]:
    """Each tool's largest relative difference to the plain loop where the tool took its points.

    The loop itself is compared with another run of its own.
    """
    common, found = runs[LOOP], {}
    truth = true_losses(problem, common.axes, common.coords)
    for name, measured in times.items():
        run = runs[name]
        is_common = np.array_equal(run.coords, common.coords) and _same(run.axes, common.axes)
        reference = truth if is_common else true_losses(problem, run.axes, run.coords)
        found[name] = relative_difference(np.asarray(measured.result), reference)
    return found


def _same(axes: list[list[torch.Tensor]], others: list[list[torch.Tensor]]) -> bool:
    return all(torch.equal(a, b) for x, y in zip(axes, others, strict=True) for a, b in zip(x, y, strict=True))


def flops_of_point(problem: Problem) -> int:
    """One pass over the samples; with recalibration another over the calibration set, unless they are the same."""
    x = problem.data[0]
    calibration = calibration_of(problem.data)
    needs_another = problem.case.batchnorm == "recalibrate" and len(calibration) < len(x)
    return forward_flops(problem.model, x) + (forward_flops(problem.model, calibration) if needs_another else 0)


def _memory(tool: str, run: Run, case: Case, device: torch.device, data: Path | None) -> int | None:
    if device.type == "cuda":
        return memory.on_cuda(run.compute, device)
    return memory.in_fresh_process(functools.partial(_small_run, case.name, data, tool))


def _small_run(case: str, data: Path | None, tool: str) -> Callable[[], object]:
    problem = build(find(case, data), torch.device("cpu"))
    return tools(problem, MEMORY_SIDE, only=(tool,))[tool].compute
