"""Slices, whole or unfinished, as pictures: arrays and the words that go with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.widget.grids import Grid, refined
from landscape_widget.widget.screen import CurvePicture, SurfacePicture

Array = NDArray[np.float64]

MOST_LABEL = 26  # characters of a direction's name on an axis 280 pixels long; the caption has all of it


def of_curve(curve: Curve) -> CurvePicture:
    """A computed curve with its kind."""
    found = curve.classification
    texts = {
        "kind": found.kind,
        "reason": found.reason,
        "valleys": found.valleys,
        "center_loss": curve.center_loss,
        "is_mined": curve.mined,
    }
    return CurvePicture(curve.alphas, curve.losses, {"alpha_label": axis_label("alpha", curve.label), **texts})


def of_surface(surface: Surface) -> SurfacePicture:
    """A computed surface."""
    texts = {
        "center_loss": surface.center_loss,
        "is_mined": surface.mined,
    }
    return SurfacePicture(
        surface.alphas, surface.betas, surface.losses, surface.labels, {**_labels(surface.labels), **texts}
    )


def preview_curve(grid: Grid, losses: Array, label: str, caption: str) -> CurvePicture:
    """A curve on part of the data: it has no kind."""
    texts: dict[str, Any] = {
        "alpha_label": axis_label("alpha", label),
        "caption": caption,
        "is_preview": True,
    }
    return CurvePicture(grid.alphas, losses, texts)


def preview_surface(grid: Grid, losses: Array, labels: tuple[str, str], caption: str) -> SurfacePicture:
    """A surface on part of the data."""
    assert grid.betas is not None
    return SurfacePicture(
        grid.alphas, grid.betas, losses, labels, {**_labels(labels), "caption": caption, "is_preview": True}
    )


def unfinished_curve(grid: Grid, losses: Array, label: str, last: Curve | None) -> CurvePicture:
    """A curve of which some points are still awaited (NaN), over the paler last one; it has no kind yet."""
    texts: dict[str, Any] = {"alpha_label": axis_label("alpha", label), "computed": ~np.isnan(losses)}
    if last is not None:
        texts["ghost"] = (last.alphas, last.losses)
    return CurvePicture(grid.alphas, losses, texts)


def unfinished_surface(surface: Surface, grid: Grid, losses: Array, share: float | None) -> SurfacePicture:
    """A finer grid of which some points are computed, the others filled by the last finished surface.

    Args:
        surface: The finished one.
        grid: The finer one.
        losses: `[B, A]`; NaN also where nothing has been computed, see `computed`.
        share: Of the work that is done, 0 to 1.
    """
    coarse = Grid(surface.alphas, surface.betas)
    is_computed = ~np.isnan(losses)
    filled = np.where(is_computed, losses, refined(coarse, surface.losses, grid))
    picture = of_surface(surface)
    texts = {**picture.texts, "computed": is_computed, "progress": share}
    assert grid.betas is not None
    return SurfacePicture(grid.alphas, grid.betas, filled, surface.labels, texts)


def axis_label(name: str, label: str) -> str:
    """`alpha, along gaussian, seed 0`, cut where it is too long for an axis."""
    if len(label) > MOST_LABEL:
        label = f"{label[: MOST_LABEL - 1]}…"
    return f"{name}, along {label}" if label else name


def _labels(labels: tuple[str, str]) -> dict[str, str]:
    return {"alpha_label": axis_label("alpha", labels[0]), "beta_label": axis_label("beta", labels[1])}
