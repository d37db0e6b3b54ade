"""Pictures of slices in matplotlib; imported when first used."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from landscape_widget.slices.axis import LossAxis, curve_axis, surface_axis
from landscape_widget.slices.caption import SEPARATOR

if TYPE_CHECKING:
    from landscape_widget.slices.curve import Curve
    from landscape_widget.slices.nodes import Array
    from landscape_widget.slices.surface import Surface

_LINE, _CENTER, _HOLE, _HOLE_GREY = "#1f5fa8", "#c2410c", "#b91c1c", "#c8c8c8"
_BAND = "#d97706"
_CAPTION_SIZE = 7.5  # points
_CHARACTER = 0.48  # mean width of a character, in font sizes
_LEVELS = 16


def draw_curve(curve: Curve, ax: Axes | None = None, *, log: bool | None = None) -> Axes:
    """Dots at computed points, gaps at holes, centre and valleys marked, caption below."""
    scale = curve_axis(curve.losses, curve.ceiling, log)
    ax = _new_axes() if ax is None else ax
    losses = np.where(np.isfinite(curve.losses), curve.losses, np.nan)
    ax.plot(curve.alphas, losses, color=_LINE, linewidth=1.5, zorder=2)
    places, heights = curve.nodes.coords[:, 0], curve.nodes.losses
    ax.plot(places, np.where(np.isfinite(heights), heights, np.nan), "o", color=_LINE, markersize=3.2, zorder=2)
    _mark_errors(ax, curve, is_log=scale.is_log)
    if scale.is_log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=scale.low / 1.3)
        ax.yaxis.set_minor_formatter("")
    _mark_center(ax, curve)
    _mark_valleys(ax, curve)
    _mark_holes(ax, curve.alphas[np.isnan(losses)])
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_xlabel("alpha")
    ax.set_ylabel("loss, log scale" if scale.is_log else "loss")
    _headline(ax, curve.label, curve.kind)
    ax.legend(loc="best", fontsize=8, framealpha=0.8)
    _write_caption(ax, curve.caption_with(scale.note))
    return ax


def draw_surface(surface: Surface, ax: Axes | None = None, *, log: bool | None = None) -> Axes:
    """Filled contours with a colour bar; holes are grey, the centre is a cross, basins are triangles."""
    scale = surface_axis(surface.losses, surface.ceiling, log)
    ax = _new_axes() if ax is None else ax
    ax.set_facecolor(_HOLE_GREY)
    _fill(ax, surface, scale)
    if _contains_center(surface.alphas) and _contains_center(surface.betas):
        ax.plot(0, 0, "+", color="white", markersize=11, markeredgewidth=2.8)
        ax.plot(0, 0, "+", color=_CENTER, markersize=10, markeredgewidth=1.4)
    ax.set_xlabel(_axis_label("alpha", surface.labels[0]))
    ax.set_ylabel(_axis_label("beta", surface.labels[1]))
    _mark_basins(ax, surface)
    _headline(ax, f"loss at the centre (+) {surface.center_loss:.4g}", surface.kind)
    _write_caption(ax, surface.caption_with(scale.note))
    return ax


def draw_curves(curves: Sequence[Curve], labels: Mapping[str, str], title: str, ax: Axes | None = None) -> Axes:
    """Many curves of one span and centre on one scale, coloured by kind; `labels`: kind -> words."""
    ax = _new_axes() if ax is None else ax
    colors = {kind: f"C{place}" for place, kind in enumerate(labels)}
    for curve in curves:
        losses = np.where(np.isfinite(curve.losses), curve.losses, np.nan)
        ax.plot(curve.alphas, losses, color=colors[curve.kind], linewidth=0.9, alpha=0.6)
    for kind, text in labels.items():
        ax.plot([], [], color=colors[kind], label=text)
    ax.axvline(0, color=_CENTER, linewidth=0.8, linestyle=":", zorder=1)
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_xlabel("alpha")
    ax.set_ylabel("loss")
    _headline(ax, title)
    if curves:
        ax.legend(loc="best", fontsize=8, framealpha=0.8)
        scale = curve_axis(np.concatenate([curve.losses for curve in curves]), curves[0].ceiling)
        if scale.is_log:
            ax.set_yscale("log")
            ax.set_ylim(bottom=scale.low / 1.3)
        _write_caption(ax, f"of the first of them: {curves[0].caption_with(scale.note)}")
    return ax


def _new_axes() -> Axes:
    return plt.subplots(figsize=(6.4, 4.8), layout="constrained")[1]


def _mark_errors(ax: Axes, curve: Curve, *, is_log: bool) -> None:
    """Bands: two standard errors over the samples; and on a log axis, which magnifies it, the expected error."""
    if curve.stderr is not None:
        order = np.argsort(curve.nodes.coords[:, 0])
        places, losses = curve.nodes.coords[order, 0], curve.nodes.losses[order]
        spread = 2 * curve.stderr[order]
        text = "2 standard errors over the samples"
        ax.fill_between(places, losses - spread, losses + spread, color=_LINE, alpha=0.15, linewidth=0, label=text)
    if is_log and curve.expected_error:
        low = np.maximum(curve.losses - curve.errors, 0.0)
        ax.fill_between(
            curve.alphas, low, curve.losses + curve.errors, color=_BAND, alpha=0.3, linewidth=0, label="error"
        )


def _mark_center(ax: Axes, curve: Curve) -> None:
    if not _contains_center(curve.alphas):
        return
    ax.axvline(0, color=_CENTER, linewidth=0.8, linestyle=":", zorder=1)
    text = f"centre, loss {curve.center_loss:.4g}"
    ax.plot(0, curve.center_loss, "o", markersize=8, fillstyle="none", color=_CENTER, label=text, zorder=3)


def _mark_valleys(ax: Axes, curve: Curve) -> None:
    valleys = curve.classification.valleys
    if not valleys:
        return
    places = [valley.alpha for valley in valleys]
    text = ("valley" if len(valleys) == 1 else "valleys") + " at " + ", ".join(f"{x:.3g}" for x in places[:5])
    heights = [valley.loss for valley in valleys]
    ax.plot(places, heights, linestyle="none", marker=6, markersize=7, color="black", label=text, zorder=3)


def _mark_basins(ax: Axes, surface: Surface) -> None:
    basins = surface.classification.valleys
    if not basins:
        return
    places = [basin.alpha for basin in basins], [basin.beta for basin in basins]
    text = "basin" if len(basins) == 1 else f"{len(basins)} basins"
    ax.plot(*places, "v", markersize=6, color="white", markeredgecolor="black", markeredgewidth=0.8, label=text)
    ax.legend(loc="best", fontsize=8, framealpha=0.8)


def _mark_holes(ax: Axes, alphas: Array) -> None:
    if not alphas.size:
        return
    low = np.full(alphas.shape, 0.02)  # of the height of the picture: a hole has no loss of its own
    across = ax.get_xaxis_transform()
    ax.plot(alphas, low, "x", color=_HOLE, markersize=5, transform=across, label="no finite loss")


def _fill(ax: Axes, surface: Surface, scale: LossAxis) -> None:
    losses = np.ma.masked_invalid(surface.losses)
    if losses.count() == 0 or min(losses.shape) < 2:
        ax.set_xlim(surface.span[0])
        ax.set_ylim(surface.span[1])
        ax.text(0.5, 0.5, "no finite loss to draw", transform=ax.transAxes, ha="center")
        return
    levels, norm = _levels(scale)
    shown = np.ma.masked_array(np.clip(losses.filled(scale.low), levels[0], levels[-1]), losses.mask)
    filled = ax.contourf(surface.alphas, surface.betas, shown, levels=levels, norm=norm, cmap="viridis")
    ax.contour(surface.alphas, surface.betas, shown, levels=levels[::2], colors="white", linewidths=0.4, alpha=0.7)
    bar = ax.figure.colorbar(filled, ax=ax, label="loss, log scale" if scale.is_log else "loss")
    subs = (1.0,) if scale.high > 1e3 * scale.low else (1.0, 3.0)
    bar.locator = LogLocator(subs=subs) if scale.is_log else MaxNLocator(6)
    bar.formatter = FuncFormatter(lambda value, _: f"{value:.6g}")
    bar.update_ticks()


def _levels(scale: LossAxis) -> tuple[Array, Normalize]:
    low, high = scale.low, scale.high
    if scale.is_log:
        return np.geomspace(low, high, _LEVELS), LogNorm(low, high)
    # A flat surface has no height of its own.
    high = max(high, low + 1e-6 * max(abs(low), 1.0))
    return np.linspace(low, high, _LEVELS), Normalize(low, high)


def _contains_center(axis: Array) -> bool:
    return bool(axis[0] <= 0 <= axis[-1])


def _axis_label(name: str, label: str) -> str:
    return f"{name} ({textwrap.shorten(label, 44, placeholder=' ...')})" if label else name


def _headline(ax: Axes, text: str, badge: str = "") -> None:
    ax.set_title(textwrap.shorten(text, 46, placeholder=" ..."), loc="left", fontsize=10)
    if badge:
        box = {"boxstyle": "round,pad=0.3", "facecolor": _LINE, "edgecolor": "none"}
        ax.set_title(badge, loc="right", fontsize=10, color="white", fontweight="bold", bbox=box)


def _write_caption(ax: Axes, text: str) -> None:
    width_points = ax.get_window_extent().width / ax.figure.dpi * 72
    columns = max(int(width_points / (_CHARACTER * _CAPTION_SIZE)), 20)
    facts_end_lines = text.replace(SEPARATOR, "\u00a0" + SEPARATOR.lstrip())  # no line begins with a dot
    ax.annotate(
        textwrap.fill(facts_end_lines, columns),
        (0, 0),
        xytext=(0, -38),
        xycoords="axes fraction",
        textcoords="offset points",
        va="top",
        fontsize=_CAPTION_SIZE,
        color="0.3",
        annotation_clip=False,
    )
