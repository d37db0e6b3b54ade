"""Slices, whole or unfinished, as pictures: arrays and the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def of_curve(curve: Curve, bend: Mapping[str, Any] | None = None) -> CurvePicture:
    """A curve with its kind, the computed points among those that are drawn, and the quadratic where it is known."""
    found = curve.classification
    texts = {
        "kind": found.kind,
        "reason": found.reason,
        "valleys": found.valleys,
        "center_loss": curve.center_loss,
        "is_mined": curve.mined,
    }
    points = _Points.of(curve)
    beside = {
        "alpha_label": axis_label("alpha", curve.label),
        "name": legend_name(curve),
        "about": curve.caption,
        "bend": bend,
        "computed": points.merged(np.zeros(curve.alphas.shape, dtype=bool), True) if points else curve.is_exact,
        **_bands(curve, points),
    }
    if points is None:
        return CurvePicture(curve.alphas, curve.losses, {**texts, **beside, "metrics": curve.metrics})
    metrics = {
        name: points.merged(of, np.interp(points.places, curve.alphas, of)) for name, of in curve.metrics.items()
    }
    losses = points.merged(curve.losses, curve.nodes.losses[points.first])
    return CurvePicture(points.alphas, losses, {**texts, **beside, "metrics": metrics})


@dataclass(frozen=True, eq=False)
class _Points:
    """The points of an interpolated curve and its nodes, in order of alpha.

    Attributes:
        first: `[M']`: one node at each place.
        places: `[M']`: where they are.
        is_free: `[A]`: points that are drawn too, because no node is near.
        alphas: `[A']`: all that are drawn.
    """

    first: NDArray[np.intp]
    places: Array
    is_free: NDArray[np.bool_]
    alphas: Array
    _order: NDArray[np.intp]

    @classmethod
    def of(cls, curve: Curve) -> _Points | None:
        """None for a curve whose nodes are its points."""
        if curve.interpolant is None:
            return None
        room = APART * (curve.span[1] - curve.span[0])
        _, first = np.unique(np.round(curve.nodes.coords[:, 0] / room) * room, return_index=True)
        places = curve.nodes.coords[first, 0]
        is_free = np.abs(places[None, :] - curve.alphas[:, None]).min(axis=1, initial=np.inf) > room
        alphas = np.concatenate([places, curve.alphas[is_free]])
        order = np.argsort(alphas)
        return cls(first, places, is_free, alphas[order], order)

    def merged(self, at_points: NDArray[Any], at_nodes: Any) -> NDArray[Any]:
        """`[A']` from values `[A]` at the points and `[M']`, or one for all, at the nodes."""
        nodes = np.broadcast_to(at_nodes, self.places.shape)
        return np.concatenate([nodes, at_points[self.is_free]])[self._order]


def _bands(curve: Curve, points: _Points | None) -> dict[str, Array]:
    """Expected errors, and two standard errors at the nodes, as far as they are known."""
    errors = curve.errors if points is None else points.merged(curve.errors, curve.rounding)
    bands = {"errors": errors} if errors.any() else {}
    if curve.stderr is None:
        return bands
    if points is None:
        return {**bands, "spread": 2 * curve.stderr}
    unknown = np.full(curve.alphas.shape, np.nan)
    return {**bands, "spread": points.merged(unknown, 2 * curve.stderr[points.first])}


def legend_name(curve: Curve) -> str:
    """Direction, data and span, such as `"Gaussian, seed 0 · train · −1 to 1"`."""
    low, high = curve.span
    return f"{curve.label or 'curve'} · {curve.split} · {low:.3g} to {high:.3g}".replace("-", "−")


def of_surface(surface: Surface, *, has_kind: bool = True) -> SurfacePicture:
    """A surface, with its kind where that is wanted: to find it takes as long as to draw the rest."""
    kind = {"kind": surface.kind, "reason": surface.classification.reason} if has_kind else {}
    texts = {
        **kind,
        "name": surface.split,
        "center_loss": surface.center_loss,
        "is_mined": surface.mined,
        "computed": surface.is_exact,
        "about": surface.caption,
        **({} if surface.interpolant is None else {"nodes": surface.nodes.coords}),
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
