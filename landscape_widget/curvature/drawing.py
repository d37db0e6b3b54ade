"""Pictures of spectra and explanations in matplotlib; imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

if TYPE_CHECKING:
    from landscape_widget.curvature.explanation import Explanation
    from landscape_widget.curvature.prediction import Prediction
    from landscape_widget.curvature.spectrum import Density
    from landscape_widget.slices.curve import Curve

_BARS, _LINE, _ZERO = "#9dc0e6", "#1f5fa8", "#c2410c"
_FLOOR = 1e-5  # of the highest density; below it is smoothing, not spectrum


def draw_density(density: Density, ax: Axes | None = None) -> Axes:
    """The density on a log axis; 0 is marked."""
    ax = _new_axes() if ax is None else ax
    top = float(density.density.max())
    ax.semilogy(density.grid, np.maximum(density.density, _FLOOR * top), color=_LINE, linewidth=1.3)
    ax.axvline(0, color=_ZERO, linewidth=0.8, linestyle=":")
    ax.set_ylim(_FLOOR * top, 2 * top)
    ax.set_xlabel(f"eigenvalue, {density.metric} metric")
    ax.set_ylabel("density, log scale")
    title = f"{density.size} eigenvalues by {density.probes} random vectors, smoothed by {density.width:.2g}"
    ax.set_title(title, loc="left", fontsize=10)
    ax.grid(alpha=0.25, linewidth=0.6)
    return ax


def draw_explanation(explanation: Explanation, ax: Axes | None = None) -> Axes:
    """Histogram of the curvatures, their predicted law, and where other directions lie."""
    ax = _new_axes() if ax is None else ax
    found, count = explanation.curvatures, len(explanation.curvatures)
    mean, spread = explanation.predicted_mean.estimate, explanation.predicted_spread.estimate
    _, edges, _ = ax.hist(found, bins=max(8, round(count**0.5)), color=_BARS, label=f"{count} directions")
    places = np.linspace(mean - 4 * spread, mean + 4 * spread, 201)
    law = np.exp(-0.5 * ((places - mean) / max(spread, 1e-300)) ** 2) / max(spread * np.sqrt(2 * np.pi), 1e-300)
    label = f"predicted: {mean:.4g} +- {spread:.3g}"
    ax.plot(places, law * count * (edges[1] - edges[0]), color=_LINE, label=label)
    ax.axvline(0, color=_ZERO, linewidth=0.8, linestyle=":")
    for place, (name, value) in enumerate(explanation.marks.items()):
        ax.axvline(value, color=f"C{place + 1}", linewidth=1.2, linestyle="--", label=f"{name}: {value:.4g}")
    reach = max(float(np.abs(found).max()), abs(mean) + 4 * spread)
    if any(abs(value) > 3 * reach for value in explanation.marks.values()):
        ax.set_xscale("symlog", linthresh=reach)
    ax.set_xlabel("curvature d^T H d, all directions at one length")
    ax.set_ylabel("directions")
    share = f"{100 * explanation.negative:.3g} % negative"
    title = f"{explanation.noise}, normalize={explanation.normalize!r}: {share}"
    ax.set_title(title, loc="left", fontsize=10)
    ax.legend(loc="best", fontsize=8, framealpha=0.8)
    return ax


def draw_prediction(prediction: Prediction, curve: Curve, ax: Axes | None = None) -> Axes:
    """The curve, the quadratic as far as it stays near the curve's heights, and where they part."""
    ax = curve.plot(ax)
    low, high = float(np.nanmin(curve.losses)), float(np.nanmax(curve.losses))
    predicted, margin = prediction.at(curve.alphas), 0.15 * (high - low)
    is_near = (predicted > low - margin) & (predicted < high + margin)
    label = f"quadratic: slope {prediction.slope:.3g}, curvature {prediction.curvature:.3g}"
    ax.plot(curve.alphas, np.where(is_near, predicted, np.nan), color=_ZERO, linestyle="--", label=label)
    for alpha in prediction.parting(curve):
        if alpha is not None:
            ax.axvline(alpha, color=_ZERO, linewidth=0.8, linestyle=":")
    ax.legend(loc="best", fontsize=8, framealpha=0.8, title=str(prediction.parting(curve)), title_fontsize=8)
    return ax


def _new_axes() -> Axes:
    return plt.subplots(figsize=(6.4, 4.8), layout="constrained")[1]
