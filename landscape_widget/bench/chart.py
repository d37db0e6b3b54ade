"""The picture of a benchmark: bars of all tools, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from landscape_widget.bench import peers
from landscape_widget.bench.exact import ExactResult
from landscape_widget.bench.reports import MODES
from landscape_widget.bench.tools import LOOP, ONE_PASS, OURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {OURS: "#0072b2", LOOP: "#d55e00", ONE_PASS: "#e69f00"}
GREYS = ("#555555", "#777777", "#999999", "#b5b5b5", "#cfcfcf")


def draw(results: Sequence[ExactResult], machine: str, path: Path) -> None:
    """Write a PNG: points a second of every tool, on a log axis, one group a case."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in colors() if any(name in r.seconds for r in results)]
    figure = Figure(figsize=(10, 1.2 + 0.16 * sum(len(r.seconds) + 2 for r in results)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    ticks, top = [], 0.0
    for result in results:
        shown = [name for name in names if name in result.seconds]
        for i, name in enumerate(shown):
            rate = result.points / result.seconds[name]
            axes.barh(top + i, rate, height=0.9, color=colors()[name], label=name)
            note = f" {rate:.3g}" + (f"  ({result.ratio:.1f} x the best other)" if name == OURS else "")
            axes.text(rate, top + i, note, va="center", fontsize=7)
        ticks.append((top + (len(shown) - 1) / 2, "\n".join(filter(None, (result.title, MODES[result.batchnorm])))))
        top += len(shown) + 1
    _finish(axes, ticks, machine)
    figure.savefig(path, dpi=120)


def colors() -> dict[str, str]:
    """Tool -> colour, in the order of the bars."""
    return COLORS | dict(zip((peer.name for peer in peers.PEERS), GREYS, strict=True))


def _finish(axes: Axes, ticks: Sequence[tuple[float, str]], machine: str) -> None:
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks], fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_xlabel("points a second (log axis): exact surfaces, the same directions and values")
    axes.set_title(machine, fontsize=8)
    entries = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(entries.values(), entries.keys(), fontsize=8, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
