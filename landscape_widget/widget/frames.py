"""Pictures on the wire: plain arrays and texts to one dict per frame, as `js/src/frames.ts` reads it.

A frame travels as one trait, so that all of it changes at once: texts and numbers as JSON, arrays as
little-endian bytes. Losses are narrowed to float32, for drawing only; those beyond its range become
infinite, and infinite ones are drawn as holes like NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from landscape_widget._checks import as_choice, as_int, as_number
from landscape_widget.widget.packing import (
    VERSION,
    Frame,
    axis_array,
    finite_or_none,
    loss_ends,
    mask_array,
    packed,
    share_or_none,
    value_array,
)
from landscape_widget.widget.tracks import Track, node_array, track_arrays

SCALES = ("linear", "log")
ASKED = ("mixing", "scale", "resolution")


def curve_frame(
    *,
    seq: int,
    alphas: ArrayLike,
    losses: ArrayLike,
    loss_limits: tuple[float, float],
    computed: ArrayLike | None = None,
    ghost: tuple[ArrayLike, ArrayLike] | None = None,
    errors: ArrayLike | None = None,
    spread: ArrayLike | None = None,
    metrics: Mapping[str, ArrayLike] | None = None,
    bend: Mapping[str, Any] | None = None,
    name: str = "",
    scale: str = "linear",
    kind: str = "",
    reason: str = "",
    valleys: Sequence[Sequence[float]] = (),
    center_loss: float | None = None,
    alpha_label: str = "alpha",
    loss_label: str = "loss",
    caption: str = "",
    about: str = "",
    progress: float | None = None,
    is_preview: bool = False,
    is_mined: bool = False,
    asked: Mapping[str, float] | None = None,
) -> Frame:
    """One picture of a curve for `CurveView.frame`.

    Args:
        seq: Number of the frame, at least 1 and growing; the view answers with it in its trait `ack`.
        alphas: `[A]`, increasing.
        losses: `[A]`; NaN or infinite where the loss is (a gap, marked and counted).
        loss_limits: Ends of the loss axis; what lies beyond is cut and marked.
        computed: `[A]` bool, the points whose loss was computed; all of them when None. A point that is not
            computed and NaN is still awaited and not counted as a hole.
        ghost: `(alphas [G], losses [G])`, a paler line behind: the last picture, or an unfinished one.
        errors: `[A]`: how far off each loss may be, drawn as a band; none when None.
        spread: `[A]`: two standard errors over the samples, NaN where not known, drawn as bars; none when None.
        metrics: Name -> `[A]`, NaN where not known, drawn against an axis of their own.
        bend: `slope` and `curvature` at the centre by gradient and Hessian, and `parts`, the alphas where the curve
            leaves that quadratic; not drawn when None.
        name: Of the curve, in a legend with others: its direction and settings.
        scale: Of the loss axis, `"linear"` or `"log"`.
        kind: Text of the badge; none when empty.
        reason: Why the kind; the badge's tooltip.
        valleys: `(alpha, loss, ...)` for each valley; what follows the loss is ignored.
        center_loss: The loss at alpha = 0, drawn as a ring.
        alpha_label: Name and unit of the horizontal axis.
        loss_label: Name and unit of the vertical axis.
        caption: Text under the picture; line breaks are kept.
        about: Text under the picture once it is saved, in place of the caption.
        progress: Share of the work done, 0 to 1, drawn as a thin bar; none when None or 1.
        is_preview: A coarse or partial picture, labelled so.
        is_mined: A direction was mined, labelled so.
        asked: What the controls said: `mixing` in degrees, `scale` and `resolution`. The browser tells by them
            whether the picture is the one that is asked for by now. Where a snapshot of mining is shown, also `step`.
    """
    axis = axis_array("alphas", alphas)
    values = value_array("losses", losses, axis.shape)
    arrays: dict[str, NDArray[Any]] = {"alphas": axis, "losses": values}
    arrays["computed"] = mask_array(computed, axis.shape)
    if ghost is not None:
        arrays["ghost_alphas"] = axis_array("ghost alphas", ghost[0])
        arrays["ghost_losses"] = value_array("ghost losses", ghost[1], arrays["ghost_alphas"].shape)
    arrays |= _beside(axis.shape, {"errors": errors, "spread": spread}, metrics or {})
    header = {
        "name": name,
        "metrics": list(metrics or {}),
        "bend": dict(bend) if bend else None,
        "valleys": [[float(valley[0]), float(valley[1])] for valley in valleys],
        "alpha_label": alpha_label,
        "loss_label": loss_label,
    }
    shared = _shared(seq, loss_limits, scale, center_loss, progress, asked)
    texts = {"kind": kind, "reason": reason, "caption": caption, "about": about}
    flags = {"is_preview": bool(is_preview), "is_mined": bool(is_mined)}
    return {"view": "curve", **shared, **header, **texts, **flags, "arrays": packed(arrays)}


def map_frame(
    *,
    seq: int,
    alphas: ArrayLike,
    betas: ArrayLike,
    losses: ArrayLike,
    loss_limits: tuple[float, float],
    computed: ArrayLike | None = None,
    nodes: Sequence[Sequence[float]] | NDArray[Any] | None = None,
    tracks: Sequence[Track] = (),
    scale: str = "linear",
    kind: str = "",
    reason: str = "",
    center_loss: float | None = None,
    alpha_label: str = "alpha",
    beta_label: str = "beta",
    loss_label: str = "loss",
    name: str = "",
    caption: str = "",
    about: str = "",
    progress: float | None = None,
    is_preview: bool = False,
    is_mined: bool = False,
    asked: Mapping[str, float] | None = None,
) -> Frame:
    """One picture of a surface, seen from above, for `MapView.frame`.

    Args:
        seq: As in `curve_frame`.
        alphas: `[A]`, increasing, at least two.
        betas: `[B]`, increasing, at least two.
        losses: `[B, A]`, one row per beta; NaN or infinite where the loss is (hatched and counted).
        loss_limits: Ends of the colour scale; what lies beyond has the end's colour, and the bar says so.
        computed: `[B, A]` bool, the points whose loss was computed; all of them when None. Others are drawn
            as given (fill them by a coarser picture), and left empty where NaN.
        nodes: `[M, 2]`: alpha and beta of what was computed, where that is no part of the grid.
        tracks: Other models, each with its own loss.
        scale: Of the colours, `"linear"` or `"log"`.
        kind: Text of the badge; none when empty.
        reason: The badge's tooltip.
        center_loss: The loss at (0, 0), told in the summary.
        alpha_label: Name and unit of the horizontal axis.
        beta_label: Name and unit of the vertical axis.
        loss_label: Name and unit of the colour bar.
        name: Of the surface, beside another one in the same picture.
        caption: As in `curve_frame`.
        about: As in `curve_frame`.
        progress: As in `curve_frame`.
        is_preview: As in `curve_frame`.
        is_mined: As in `curve_frame`.
        asked: As in `curve_frame`.
    """
    columns, rows = axis_array("alphas", alphas, at_least=2), axis_array("betas", betas, at_least=2)
    shape = (rows.size, columns.size)
    values = value_array("losses", losses, shape)
    arrays: dict[str, NDArray[Any]] = {"alphas": columns, "betas": rows, "losses": values}
    arrays["computed"] = mask_array(computed, shape)
    if nodes is not None:
        arrays["nodes"] = node_array(nodes)
    arrays |= track_arrays(tracks)
    labels = {"name": name, "alpha_label": alpha_label, "beta_label": beta_label, "loss_label": loss_label}
    header = {**labels, "tracks": [track.header for track in tracks]}
    shared = _shared(seq, loss_limits, scale, center_loss, progress, asked)
    texts = {"kind": kind, "reason": reason, "caption": caption, "about": about}
    flags = {"is_preview": bool(is_preview), "is_mined": bool(is_mined)}
    return {"view": "map", **shared, **header, **texts, **flags, "arrays": packed(arrays)}


def _beside(
    shape: tuple[int, ...], named: Mapping[str, ArrayLike | None], metrics: Mapping[str, ArrayLike]
) -> dict[str, NDArray[Any]]:
    """What there is of a curve beside its losses; metrics by their place."""
    arrays = {name: value_array(name, values, shape) for name, values in named.items() if values is not None}
    for place, (name, values) in enumerate(metrics.items()):
        arrays[f"metric_{place}"] = value_array(name, values, shape)
    return arrays


def _shared(
    seq: int,
    loss_limits: tuple[float, float],
    scale: str,
    center_loss: float | None,
    progress: float | None,
    asked: Mapping[str, float] | None,
) -> Frame:
    as_choice("scale", scale, SCALES)
    return {
        "version": VERSION,
        "seq": as_int("seq", seq, low=1),
        "scale": scale,
        "loss_limits": loss_ends(loss_limits, scale),
        "center_loss": finite_or_none(center_loss),
        "progress": share_or_none(progress),
        "asked": None if asked is None else _asked(asked),
    }


def _asked(told: Mapping[str, float]) -> dict[str, float]:
    step = {"step": as_int("step", told["step"], low=0)} if "step" in told else {}
    return {**{name: as_number(name, told[name]) for name in ASKED}, **step}
