"""How the cost grows with points, parameters and samples: exponents fitted over three sizes of the MLP."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from landscape_widget.bench import networks
from landscape_widget.bench.cases import Case, build
from landscape_widget.bench.timing import in_turn
from landscape_widget.bench.tools import LOOP, OURS, tools

SIDES, WIDTHS, COPIES = (7, 14, 28), (128, 512, 2048), (1, 2, 4)
SIDE = 5  # where not the points grow


@dataclass(frozen=True)
class GrowthResult:
    """The cost against one size.

    Attributes:
        axis: What grows: points, parameters or samples.
        sizes: `[3]`.
        seconds: Tool -> `[3]`, medians.
        exponents: Tool -> p of `seconds ~ sizes ** p`.
    """

    axis: str
    sizes: tuple[int, ...]
    seconds: dict[str, tuple[float, ...]]
    exponents: dict[str, float]


def measure(device: torch.device, repeats: int) -> list[GrowthResult]:
    """Three sizes of each, ours and the plain loop in turn."""
    points = [functools.partial(_times, _case(), side, device, repeats) for side in SIDES]
    parameters = [functools.partial(_times, _case(hidden=width), SIDE, device, repeats) for width in WIDTHS]
    samples = [functools.partial(_times, _case(copies=count), SIDE, device, repeats) for count in COPIES]
    weights = [sum(p.numel() for p in networks.perceptron(width).parameters()) for width in WIDTHS]
    count = len(networks.all_digits()[0])
    return [
        _fitted("points", [side * side for side in SIDES], points),
        _fitted("parameters", weights, parameters),
        _fitted("samples", [count * n for n in COPIES], samples),
    ]


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log seconds over log sizes, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def _fitted(axis: str, sizes: Sequence[int], measures: Sequence[Callable[[], dict[str, float]]]) -> GrowthResult:
    found = [times() for times in measures]
    seconds = {tool: tuple(times[tool] for times in found) for tool in (OURS, LOOP)}
    exponents = {tool: exponent(sizes, times) for tool, times in seconds.items()}
    return GrowthResult(axis, tuple(sizes), seconds, exponents)


def _case(*, hidden: int = 128, copies: int = 1) -> Case:
    """The MLP as it is initialised, on the digits again and again."""

    def make() -> tuple[torch.nn.Module, networks.Pair]:
        x, y = networks.all_digits()
        return networks.perceptron(hidden).eval(), (x.repeat(copies, 1), y.repeat(copies))

    return Case("mlp", "MLP", make)


def _times(case: Case, side: int, device: torch.device, repeats: int) -> dict[str, float]:
    problem = build(case, device)
    runs = tools(problem, side, only=(OURS, LOOP))
    in_turn({name: run.compute for name, run in runs.items()}, 1, device)
    times = in_turn({name: run.compute for name, run in runs.items()}, repeats, device)
    return {name: t.median for name, t in times.items()}
