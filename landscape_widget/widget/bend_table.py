"""The curvature panel as HTML: the table of the paper's explanation and its histogram, in the page's own colours."""

from __future__ import annotations

import html
import math
from collections.abc import Callable

import numpy as np

from landscape_widget.curvature.explanation import Explanation
from landscape_widget.curvature.prediction import Parting, Prediction

WIDTH, HEIGHT, BASE = 360, 120, 96  # pixels of the histogram; the base line is so far down
MARGIN = 8  # pixels at both sides
LAW_POINTS = 81
SPREADS = 4.0  # so many predicted standard deviations are drawn on each side of the mean


def bend_table(explanation: Explanation | None, prediction: Prediction | None, parting: Parting | None) -> str:
    """Everything that is known; empty where nothing is."""
    lines = [] if prediction is None else [_along(prediction, parting)]
    if explanation is not None:
        lines += [_table(explanation), _histogram(explanation), _marks(explanation)]
    if not lines:
        return ""
    return f'<div class="lw-bend" role="status">{"".join(lines)}</div>'


def _along(prediction: Prediction, parting: Parting | None) -> str:
    bends = f"Along this curve: slope {prediction.slope:.3g}, curvature dᵀHd {prediction.curvature:.3g}"
    return f"<div>{html.escape(bends if parting is None else f'{bends}; {parting}')}.</div>"


def _table(explanation: Explanation) -> str:
    count, (low, high) = len(explanation.curvatures), explanation.spread_interval
    approximate = ", approximate (differences of gradients)" if explanation.approximate else ""
    title = (
        f"Curvature of {count} {explanation.noise.capitalize()} directions, normalised by {explanation.normalize}, "
        f"on the training data{approximate}"
    )
    spread = f"{explanation.predicted_spread}; of {count}: {low:.3g} to {high:.3g}"
    negative = f"{100 * explanation.predicted_negative:.2g} %, at most {100 * explanation.bound:.2g} %"
    rows = [
        ("", "measured", "predicted by trace and norm"),
        ("mean", f"{explanation.mean:.4g}", str(explanation.predicted_mean)),
        ("spread", f"{explanation.spread:.3g}", spread),
        ("negative", f"{100 * explanation.negative:.3g} %", f"{negative} ({explanation.bound_by})"),
        ("effective rank", "", f"{explanation.effective_rank:.3g}"),
    ]
    return f"<div>{html.escape(title)}</div>{_grid(rows)}"


def _marks(explanation: Explanation) -> str:
    mean = explanation.predicted_mean.estimate
    marks = sorted(explanation.marks.items(), key=lambda mark: -mark[1])
    rows = [("at the same length", "dᵀHd", "over the mean")]
    rows += [(name, f"{value:.4g}", f"{value / mean:.3g} ×" if mean else "") for name, value in marks]
    return _grid(rows)


def _grid(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(f"<span>{html.escape(cell)}</span>" for row in rows for cell in row)
    return f'<div class="lw-bend-grid">{cells}</div>'


def _histogram(explanation: Explanation) -> str:
    """Bars of what was measured, the predicted law, 0, and marks; those beyond the axis point out of it."""
    found, mean = explanation.curvatures, explanation.predicted_mean.estimate
    spread = explanation.predicted_spread.estimate
    low = min(0.0, float(found.min()), mean - SPREADS * spread)
    high = max(0.0, float(found.max()), mean + SPREADS * spread)

    def place(value: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (value - low) / (high - low or 1.0)

    counts, edges = np.histogram(found, bins=max(6, round(len(found) ** 0.5)))
    law = _law(explanation, float(edges[1] - edges[0]), low, high)
    top = max(int(counts.max()), float(law[1].max()))

    def up(count: float) -> float:
        return BASE - (BASE - 8) * count / top

    bars = "".join(
        f'<rect x="{place(a):.1f}" y="{up(n):.1f}" width="{max(place(b) - place(a) - 1, 1):.1f}" '
        f'height="{BASE - up(n):.1f}" class="lw-bars"/>'
        for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
    )
    line = " ".join(f"{place(x):.1f},{up(y):.1f}" for x, y in zip(*law, strict=True))
    marks = "".join(_mark(name, value, place, low, high) for name, value in explanation.marks.items())
    ticks = "".join(_tick(value, place(value)) for value in sorted({0.0, mean}) if low <= value <= high)
    label = f"Histogram of {len(found)} curvatures: mean {explanation.mean:.3g}, spread {explanation.spread:.3g}"
    return (
        f'<svg class="lw-bend-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}">'
        f'{bars}<polyline points="{line}" class="lw-law"/>{marks}'
        f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{BASE}" y2="{BASE}" class="lw-base"/>{ticks}'
        f'<text x="{WIDTH - MARGIN}" y="{BASE + 15}" text-anchor="end">dᵀHd</text></svg>'
    )


def _law(explanation: Explanation, width: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """A normal law of the predicted mean and spread, in directions a bar."""
    mean, spread = explanation.predicted_mean.estimate, explanation.predicted_spread.estimate or math.inf
    places = np.linspace(max(low, mean - SPREADS * spread), min(high, mean + SPREADS * spread), LAW_POINTS)
    heights = np.exp(-0.5 * ((places - mean) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))
    return places, heights * width * len(explanation.curvatures)


def _mark(name: str, value: float, place: Callable[[float], float], low: float, high: float) -> str:
    text = html.escape(f"{name}: {value:.4g}")
    if not low <= value <= high:
        end, turn = (WIDTH - 3, 1) if value > high else (3, -1)
        return f'<path d="M{end} 12 l{-6 * turn} -4 v8 z" class="lw-beyond"><title>{text}</title></path>'
    x = place(value)
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{BASE}" class="lw-mark"><title>{text}</title></line>'


def _tick(value: float, x: float) -> str:
    return f'<text x="{x:.1f}" y="{BASE + 15}" text-anchor="middle">{value:.3g}</text>'
