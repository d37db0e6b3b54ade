"""Surfaces with a known kind, as formulas in alpha and beta."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Formula = Callable[[Array, Array], Array]


def well(x: Array, y: Array, x0: float, y0: float, width: float = 0.2) -> Array:
    return -np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / width**2)


FORMULAS: dict[str, tuple[str, Formula]] = {
    "round bowl": ("bowl", lambda x, y: x**2 + y**2),
    "egg-shaped bowl": ("bowl", lambda x, y: x**2 + 3 * y**2 + x * y),
    "trough": ("trough", lambda x, y: x**2 + 0.05 * y**2),
    "half-pipe": ("trough", lambda x, y: x**2 + 0 * y),
    "side of a bowl": ("slope", lambda x, y: (x - 0.5) ** 2 + y**2),
    "side of a half-pipe": ("slope", lambda x, y: (x - 0.5) ** 2 + 0 * y),
    "tilted half-pipe": ("slope", lambda x, y: 2 * x**2 + 0.8 * y),
    "tilted plane": ("slope", lambda x, y: x + 0.5 * y),
    "saddle": ("saddle", lambda x, y: x**2 - y**2),
    "saddle with valleys": ("saddle", lambda x, y: x**2 + 4 * (y**2 - 0.36) ** 2),
    "pass between three wells": (
        "saddle",
        lambda x, y: 2 + well(x, y, -0.4, 0) + well(x, y, 0.4, 0) + well(x, y, 0, 0.9) + 0.5 * (x**2 + y**2),
    ),
    "wine bottle": ("wine-bottle", lambda x, y: ((x**2 + y**2) / 0.36 - 1) ** 2),
    "tilted wine bottle": ("wine-bottle", lambda x, y: ((x**2 + y**2) / 0.49 - 1) ** 2 + 0.1 * x),
    "two wells": ("two-basins", lambda x, y: 2 + well(x, y, 0, 0) + well(x, y, 0.7, 0.1)),
    "centre beside two wells": ("two-basins", lambda x, y: 2 + well(x, y, -0.4, -0.2) + 0.8 * well(x, y, 0.6, 0.5)),
    "three wells": ("three-basins", lambda x, y: 2 + well(x, y, 0, 0) + well(x, y, 0.7, 0) + well(x, y, 0, 0.7)),
    "three in a row": (
        "three-basins",
        lambda x, y: 2 + well(x, y, 0, 0) + well(x, y, 0.6, 0) + well(x, y, -0.6, 0) + 0.1 * (x**2 + y**2),
    ),
    "egg-box": ("n-basins", lambda x, y: 2 - np.cos(6 * x) * np.cos(6 * y) + 0.1 * (x**2 + y**2)),
    "flat": ("flat", lambda x, y: 0.7 + 0 * x),
    "dome": ("unclear", lambda x, y: -(x**2) - y**2),
    "ridge": ("unclear", lambda x, y: -(x**2) + 0 * y),
    "three ways down": ("unclear", lambda x, y: x**3 - 3 * x * y**2),
}


def sampled(
    formula: Formula,
    spans: tuple[tuple[float, float], tuple[float, float]] = ((-1.0, 1.0), (-1.0, 1.0)),
    points: tuple[int, int] = (41, 33),
    turn: float = 0.0,
) -> tuple[Array, Array, Array]:
    """Alphas, betas and losses `[B, A]` of a formula, turned by an angle in radians."""
    alphas, betas = (np.linspace(*span, count) for span, count in zip(spans, points, strict=True))
    x, y = np.meshgrid(alphas, betas)
    return alphas, betas, formula(np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x)
