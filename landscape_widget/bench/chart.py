"""The picture of a benchmark: how many times as fast as the plain loop each tool is, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from landscape_widget.bench import peers, reports
from landscape_widget.bench.exact import ExactResult
from landscape_widget.bench.tools import LOOP, ONE_PASS, OURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {OURS: "#0072b2", LOOP: "#d55e00", ONE_PASS: "#e69f00"}
GREYS = ("#555555", "#777777", "#999999", "#b5b5b5", "#cfcfcf")


def draw(results: Sequence[ExactResult], machine: str, path: Path) -> None:
    """Write a PNG with one group of bars a case; the plain loop is 1."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.5 + 0.14 * sum(len(r.seconds) + 1.5 for r in results)), layout="constrained")
    FigureCanvasAgg(figure)
    axes, top, ticks = figure.add_subplot(), 0.0, []
    for result in results:
        shown = [name for name in colors() if name in result.seconds]
        _draw_case(axes, result, shown, top)
        ticks.append((top + (len(shown) - 1) / 2, reports.named(result).replace(", ", "\n", 1)))
        top += len(shown) + 1.5
    _finish(axes, ticks, machine)
    figure.savefig(path, dpi=120)


def _draw_case(axes: Axes, result: ExactResult, shown: Sequence[str], top: float) -> None:
    for i, name in enumerate(shown):
        speed = result.seconds[LOOP] / result.seconds[name]
        axes.barh(top + i, speed, height=0.9, color=colors()[name], label=name)
        if name == OURS:
            axes.text(speed, top + i, f" {speed:.1f}", va="center", fontsize=8)


def colors() -> dict[str, str]:
    """Tool -> colour, in the order of the bars."""
    return COLORS | dict(zip((peer.name for peer in peers.PEERS), GREYS, strict=True))


def _finish(axes: Axes, ticks: Sequence[tuple[float, str]], machine: str) -> None:
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks], fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.08, y=0.01)
    axes.axvline(1, color="black", linewidth=0.5)
    axes.set_xlabel("exact surfaces: times as fast as the plain loop")
    axes.set_title(machine, fontsize=8)
    entries = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure = axes.get_figure()
    assert figure is not None
    figure.legend(entries.values(), entries.keys(), fontsize=8, loc="outside right upper")
    axes.spines[["top", "right"]].set_visible(False)
