"""Curvature beside other tools as tables."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_widget.bench.curvature import CurvatureResult
from landscape_widget.bench.curvature_tools import EIGENVALUES, PROBES, STEPS, TASKS, TOOLS, TOP, TRACE, Goals
from landscape_widget.bench.reports import MODES
from landscape_widget.bench.tables import Table, count, megabytes, seconds
from landscape_widget.bench.tools import OURS

NONE = "-"


def tables(results: Sequence[CurvatureResult]) -> list[Table]:
    """Of each case with a figure."""
    return [table(result) for result in results if result.seconds]


def table(result: CurvatureResult) -> Table:
    """A row for each task, a column for each tool."""
    names = [tool.name for tool in TOOLS if any(tool.name in row for row in result.seconds.values())]
    rows = tuple((task, *(_cell(result, task, name) for name in names)) for task in TASKS if task in result.seconds)
    mode = f", BatchNorm {MODES[result.batchnorm]}" if result.batchnorm else ""
    title = f"The Hessian of {result.title}{mode}: {count(result.parameters)} weights"
    return Table(title, ("", *names), rows, tuple(_notes(result)))


def _cell(result: CurvatureResult, task: str, name: str) -> str:
    if name not in result.seconds[task]:
        return NONE
    about = "~" if result.shares[task][name] < 1 else ""
    cell = f"{about}{seconds(result.seconds[task][name])}"
    if name != OURS:
        cell += f" ({about}{result.ratios(task)[name]:.1f} x)"
    size = result.memory.get(task, {}).get(name)
    return f"{cell} {megabytes(size)} MB" if size is not None else cell


def _notes(result: CurvatureResult) -> list[str]:
    goals = Goals()
    notes = [
        "Medians, in turn; in brackets: by ours. MB: peak on top of model and data, in a process of its own.",
        f"{TOP}: the {EIGENVALUES} largest, each to a residual of {goals.residual:g} of itself (PyHessian: by its own "
        f"rule, and by magnitude). {TRACE}: to a standard error of {100 * goals.stderr:g} %; ~: reckoned from few "
        f"random vectors. density: {PROBES} random vectors, {STEPS} products each.",
    ]
    worst = [
        f"{name} {max(values.values()):.1g}"
        for name, values in ((task, _of_peers(result, task)) for task in result.differences)
        if values
    ]
    if worst:
        notes.append("Largest relative difference of a peer to ours: " + ", ".join(worst) + ".")
    notes += [
        f"{name}: {', '.join(f'{needed} for {task}' for task, needed in efforts.items())}, as its own errors ask."
        for name, efforts in result.efforts.items()
        if efforts
    ]
    notes += [f"{name}, {task}: {why}" for task, each in result.failures.items() for name, why in each.items()]
    missing = [tool.name for tool in TOOLS if not tool.is_installed]
    if missing:
        notes.append(f"Not installed here: {', '.join(missing)}; see tests/benchmarks/requirements.txt.")
    return notes


def _of_peers(result: CurvatureResult, task: str) -> dict[str, float]:
    """Those that mean the same: PyHessian's eigenvalues are the largest in magnitude, traces of few vectors rough."""
    exact = {name for name, share in result.shares[task].items() if share == 1 and name != OURS}
    return {name: result.differences[task][name] for name in exact if (task, name) != (TOP, "PyHessian")}
