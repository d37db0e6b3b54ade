"""Two surfaces beside each other: one scale, one range of colours, one camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np

from landscape_widget._checks import as_int, complaint
from landscape_widget.slices.surface import Surface
from landscape_widget.widget.closing import close_all
from landscape_widget.widget.heights import CLIP_CEILINGS
from landscape_widget.widget.limits import LimitsKeeper
from landscape_widget.widget.pictures import of_surface
from landscape_widget.widget.webgl_view import WebglSurface

SHARED = ("camera", "cut", "wireframe", "transparent")
LEAST_WIDTH = "320px"
REMEDY = "Make one with landscape.surface(...), lw.load(path) or lw.Surface.from_arrays(...)."


class SideBySide(widgets.HBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """Two WebGL2 views of two surfaces; made by `landscape_widget.side_by_side`.

    Their cameras, cuts and switches are linked in the browser: no kernel is needed to turn them.

    Attributes:
        limits: The ends of the common loss axis, in the unit of the loss.
    """

    def __init__(self, views: Sequence[Any], limits: tuple[float, float]) -> None:
        """Made by `side_by_side`, which checks what it is given first."""
        self.limits = limits
        self._links = [widgets.jslink(*((view, name) for view in views)) for name in SHARED]
        layout = widgets.Layout(width="100%", flex_flow="row wrap", overflow="visible")
        super().__init__(list(views), layout=layout)

    def close(self) -> None:
        """Close both views and what links them."""
        for link in self._links:
            link.close()
        close_all(self)

    def __repr__(self) -> str:
        return f"SideBySide(limits={self.limits})"


def side_by_side(
    surfaces: Sequence[object], *, limits: Sequence[float] | None, log_height: bool, height: int
) -> SideBySide:
    """Arguments as in `landscape_widget.side_by_side`."""
    checked = [_checked(name, surface) for name, surface in zip("ab", surfaces, strict=True)]
    if not isinstance(log_height, bool):
        raise TypeError(complaint("log_height", "True or False", log_height))
    ends = _common(checked, log_height) if limits is None else _ends(limits, log_height)
    pixels = as_int("height", height, low=160)
    return SideBySide([_view(surface, pixels, ends, log_height) for surface in checked], ends)


def _view(surface: Surface, pixels: int, limits: tuple[float, float], is_log: bool) -> Any:
    view = WebglSurface(pixels)
    picture = of_surface(surface)
    texts = {**picture.texts, "caption": surface.caption}
    grid = (picture.alphas, picture.betas, picture.losses)
    view.show(*grid, limits=limits, log_height=is_log, texts=texts)
    view.widget.layout.flex, view.widget.layout.min_width = "1 1 0%", LEAST_WIDTH
    return view.widget


def _checked(name: str, surface: object) -> Surface:
    if not isinstance(surface, Surface):
        raise TypeError(complaint(name, "a Surface", surface, REMEDY))
    if min(surface.losses.shape) < 2:
        raise ValueError(complaint(name, "a Surface of at least 2 x 2 points", surface.losses.shape))
    return surface


def _common(surfaces: Sequence[Surface], is_log: bool) -> tuple[float, float]:
    """Both fit in, but for walls far above the larger ceiling."""
    ceilings = [surface.ceiling for surface in surfaces]
    known = [ceiling for ceiling in ceilings if ceiling is not None]
    keeper = LimitsKeeper(cap=CLIP_CEILINGS * max(known) if len(known) == len(ceilings) else math.inf)
    losses = np.concatenate([surface.losses.ravel() for surface in surfaces])
    return keeper.limits(losses, may_move=True, is_log=is_log).ends


def _ends(limits: Sequence[float], is_log: bool) -> tuple[float, float]:
    rule = "two finite numbers, the lower one first" + (", above 0 for log height" if is_log else "")
    try:
        low, high = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        raise TypeError(complaint("limits", rule, limits)) from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not is_log)):
        raise ValueError(complaint("limits", rule, limits))
    return low, high
