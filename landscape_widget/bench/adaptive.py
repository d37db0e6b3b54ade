"""Adaptive surfaces: how many points one drawn at 101 x 101 needs, and how wrong it is at random points."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from landscape_widget.bench.cases import MINED, Case, Problem, build
from landscape_widget.bench.timing import timed
from landscape_widget.bench.tools import true_losses

DRAWN = 101  # points an axis of the picture
RANDOM_POINTS = 200
MINED_SPAN = 2.0


@dataclass(frozen=True)
class AdaptiveResult:
    """One case at the default tolerance.

    Attributes:
        evaluations: All points computed, the centre, trials of plans and checks included.
        estimate: The error that the surface states, in units of `max(scale, L - L_min)`.
        true_error: The largest at random points, in the same unit.
        loss_range: Lowest and highest loss drawn.
        reason: Why a plain grid was computed; empty otherwise.
    """

    name: str
    title: str
    batchnorm: str | None
    evaluations: int
    seconds: float
    estimate: float
    true_error: float
    loss_range: tuple[float, float]
    reason: str

    @property
    def saving(self) -> float:
        """How many times as many points the picture has."""
        return DRAWN**2 / self.evaluations


def measure(case: Case, device: torch.device) -> AdaptiveResult:
    """Draw one surface in a fresh landscape."""
    problem = build(case, device)
    span = MINED_SPAN if case.name == MINED else 1.0
    before = problem.landscape.evaluations
    draw = functools.partial(problem.landscape.surface, *problem.directions, span=span, progress=False)
    seconds, surface = timed(draw, device)
    return AdaptiveResult(
        name=case.name,
        title=case.title,
        batchnorm=case.batchnorm,
        evaluations=problem.landscape.evaluations - before,
        seconds=seconds,
        estimate=surface.relative_error,
        true_error=_true_error(problem, surface, span),
        loss_range=(float(surface.losses.min()), float(surface.losses.max())),
        reason=surface.reason,
    )


def _true_error(problem: Problem, surface: Any, span: float) -> float:
    coords = np.random.default_rng(0).uniform(-span, span, size=(RANDOM_POINTS, 2))
    losses = true_losses(problem, problem.axes, coords)
    lowest = min(losses.min(), surface.losses.min())
    unit = np.maximum(surface.scale, losses - lowest)
    return float(np.max(np.abs(surface.at(*coords.T) - losses) / unit))
