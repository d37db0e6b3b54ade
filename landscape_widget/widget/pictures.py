"""Slices, whole or unfinished, as pictures: arrays and the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.widget.grids import Grid, refined
from landscape_widget.widget.screen import CurvePicture, HistoryPicture, SurfacePicture

Array = NDArray[np.float64]

MOST_LABEL = 26  # characters of a direction's name on an axis 280 pixels long; the caption has all of it
APART = 1e-4  # in spans: a drawn point so close to a computed one makes room for it
# What the lines of a run of mining are called.
LINES = {"plus": "side +1", "minus": "side −1", "center": "centre", "barrier": "barrier", "growth": "growth"}
LINES_OF_KINDS = {
    "n-valley": {"plus": "last valley", "minus": "first valley"},
    "v-side": {"plus": "side"},
    "wine-bottle": {"plus": "ring, highest", "minus": "ring, lowest"},
    "saddle": {"barrier": "rise"},
    "target": {"plus": "highest", "minus": "lowest"},
}
_OF_WHOLE_PICTURES = ("kind", "reason", "valleys")


def of_curve(curve: Curve) -> CurvePicture:
    """A curve with its kind, and the computed points among those that are drawn."""
    found = curve.classification
    texts = {
        "kind": found.kind,
        "reason": found.reason,
        "valleys": found.valleys,
        "center_loss": curve.center_loss,
        "is_mined": curve.mined,
    }
    alphas, losses, is_computed = _with_nodes(curve)
    return CurvePicture(
        alphas, losses, {**texts, "alpha_label": axis_label("alpha", curve.label), "computed": is_computed}
    )


def _with_nodes(curve: Curve) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The curve's points and its nodes, in order of alpha, and which of them were computed."""
    if curve.interpolant is None:
        return curve.alphas, curve.losses, curve.is_exact
    room = APART * (curve.span[1] - curve.span[0])
    _, first = np.unique(np.round(curve.nodes.coords[:, 0] / room) * room, return_index=True)
    places, losses = curve.nodes.coords[first, 0], curve.nodes.losses[first]
    is_free = np.abs(places[None, :] - curve.alphas[:, None]).min(axis=1, initial=np.inf) > room
    alphas = np.concatenate([places, curve.alphas[is_free]])
    order = np.argsort(alphas)
    is_computed = np.arange(alphas.size) < places.size
    return alphas[order], np.concatenate([losses, curve.losses[is_free]])[order], is_computed[order]


def of_surface(surface: Surface, *, has_kind: bool = True) -> SurfacePicture:
    """A surface, with its kind where that is wanted: to find it takes as long as to draw the rest."""
    kind = {"kind": surface.kind, "reason": surface.classification.reason} if has_kind else {}
    texts = {
        **kind,
        "name": surface.split,
        "center_loss": surface.center_loss,
        "is_mined": surface.mined,
        "computed": surface.is_exact,
    }
    return SurfacePicture(
        surface.alphas, surface.betas, surface.losses, surface.labels, {**_labels(surface.labels), **texts}
    )


def of_history(
    history: Mapping[str, Array],
    *,
    kind: str,
    center_loss: float,
    target: int,
    shown: int,
    snapshots: Sequence[int],
) -> HistoryPicture:
    """A run of mining; where its steps do not look at the centre, the loss there on all data stands in.

    Args:
        history: As in `MiningResult`.
        kind: The wanted one.
        center_loss: On all data.
        target: The step that is aimed at.
        shown: The step that is shown.
        snapshots: Steps that can be scrubbed through.
    """
    lines = dict(history)
    words = {**LINES, **LINES_OF_KINDS.get(kind, {})}
    if np.array_equal(lines["barrier"], lines["center"], equal_nan=True):
        del words["barrier"]  # a w-peak's is its centre
    if not np.isfinite(lines["center"]).any():
        lines["center"] = np.full(lines["step"].shape, center_loss)
    texts = {"words": words, "target": target, "shown": shown, "snapshots": snapshots}
    return HistoryPicture(lines, texts)


def unfinished(texts: Mapping[str, Any], share: float | None) -> dict[str, Any]:
    """The texts of a picture that will be sharper: it has no kind yet.

    Args:
        texts: Of the whole picture.
        share: Of the work that is done, 0 to 1.
    """
    return {**{name: text for name, text in texts.items() if name not in _OF_WHOLE_PICTURES}, "progress": share}


def preview_curve(alphas: Array, losses: Array, label: str, caption: str) -> CurvePicture:
    """A curve on part of the data: it has no kind."""
    texts: dict[str, Any] = {
        "alpha_label": axis_label("alpha", label),
        "caption": caption,
        "is_preview": True,
        "computed": np.zeros(alphas.shape, dtype=bool),
    }
    return CurvePicture(alphas, losses, texts)


def preview_surface(axis: Array, losses: Array, labels: tuple[str, str], caption: str) -> SurfacePicture:
    """A surface on part of the data, with the same points along both axes."""
    texts: dict[str, Any] = {**_labels(labels), "caption": caption, "is_preview": True}
    return SurfacePicture(axis, axis, losses, labels, {**texts, "computed": np.zeros(losses.shape, dtype=bool)})


def unfinished_curve(alphas: Array, losses: Array, label: str, last: Curve | None) -> CurvePicture:
    """A curve of which some points are still awaited (NaN), over the paler last one; it has no kind yet."""
    texts: dict[str, Any] = {"alpha_label": axis_label("alpha", label), "computed": ~np.isnan(losses)}
    if last is not None:
        texts["ghost"] = (last.alphas, last.losses)
    return CurvePicture(alphas, losses, texts)


def unfinished_grid(surface: Surface, grid: Grid, losses: Array, share: float | None) -> SurfacePicture:
    """A finer grid of which some points are computed, the others filled by the last finished surface.

    Args:
        surface: The finished one.
        grid: The finer one.
        losses: `[B, A]`; NaN also where nothing has been computed, see `computed`.
        share: Of the work that is done, 0 to 1.
    """
    is_computed = ~np.isnan(losses)
    filled = np.where(is_computed, losses, refined(Grid(surface.axes), surface.losses, grid))
    texts = {**unfinished(of_surface(surface, has_kind=False).texts, share), "computed": is_computed}
    return SurfacePicture(grid.axes[0], grid.axes[1], filled, surface.labels, texts)


def axis_label(name: str, label: str) -> str:
    """`alpha, along gaussian, seed 0`, cut where it is too long for an axis."""
    if len(label) > MOST_LABEL:
        label = f"{label[: MOST_LABEL - 1]}…"
    return f"{name}, along {label}" if label else name


def _labels(labels: tuple[str, str]) -> dict[str, str]:
    return {"alpha_label": axis_label("alpha", labels[0]), "beta_label": axis_label("beta", labels[1])}
