"""Makes exhibits: runs their Python, draws the picture, keeps what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import landscape_widget
from landscape_widget import Curve, Landscape, Surface, demo
from landscape_widget.gallery.exhibits import Exhibit

_SIZE, _DPI = (6.4, 5.6), 110  # inches; dots an inch


@dataclass(frozen=True, eq=False)
class Hung:
    """An exhibit as it came out.

    Attributes:
        exhibit: What was asked for.
        shown: The curve or surface.
        evidence: What mining or a recipe says; empty where neither was at work.
        is_confirmed: Neither of them says that it failed.
        picture: Name of the file.
    """

    exhibit: Exhibit
    shown: Curve | Surface
    evidence: str
    is_confirmed: bool
    picture: str

    @property
    def succeeded(self) -> bool:
        """It shows the kind that it must show."""
        return self.is_confirmed and self.shown.kind == self.exhibit.kind


class Workshop:
    """Makes exhibits; each checkpoint's landscape is made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._landscapes: dict[str, Landscape] = {}

    def hang(self, exhibit: Exhibit) -> Hung:
        """Run, judge and draw."""
        left = self._run(exhibit)
        told = left.get("recipe") or left.get("mined")
        shown = left["recipe"].surface if "recipe" in left else left["curve"]
        picture = f"{exhibit.name}.png"
        draw(shown, self._folder / picture)
        evidence = "" if told is None else str(told.report)
        return Hung(exhibit, shown, evidence, told is None or told.succeeded, picture)

    def _run(self, exhibit: Exhibit) -> Mapping[str, Any]:
        """The names that the exhibit's Python leaves."""
        if exhibit.checkpoint not in self._landscapes:
            self._landscapes[exhibit.checkpoint] = demo(exhibit.checkpoint)
        names: dict[str, Any] = {"lw": landscape_widget, "landscape": self._landscapes[exhibit.checkpoint]}
        exec(exhibit.code, names)  # our own constants: so the page shows what was really run
        return names


def draw(shown: Curve | Surface, path: Path) -> None:
    """Write a picture, without a window and without changing matplotlib's settings."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    shown.plot(figure.subplots())
    figure.savefig(path, dpi=_DPI)
