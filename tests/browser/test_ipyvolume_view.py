"""The ipyvolume surface in a real JupyterLab: it draws, it changes, it leaks nothing."""

from __future__ import annotations

import numpy as np
import pytest

from browser.open_notebook import OpenNotebook

pytestmark = pytest.mark.browser

FIGURE = ".ipyvolume-canvas-container"
MANY_COLORS = 300  # the box, its ticks and an empty ground have about 100 with their smooth edges

SETUP = """
import numpy as np
from landscape_widget.widget.ipyvolume_view import IpyvolumeSurface
from landscape_widget.widget.views import ContextGuard

def draw(side, seq, hole=slice(0), tilt=1.0):
    alphas, betas = np.linspace(-0.5, 1.5, side), np.linspace(-0.8, 0.4, side + 2)
    losses = 0.1 + tilt * betas[:, None] ** 2 + (alphas - 0.3) ** 2
    losses[hole, hole] = np.nan
    surface.show(alphas, betas, losses, limits=(0.0, 2.0), seq=seq)
"""
DISPLAY = """
guard = ContextGuard()
surface = IpyvolumeSurface(260)
draw(21, seq=0)
surface.widget
"""


def picture(page: OpenNotebook) -> np.ndarray:
    return page.pixels(FIGURE)


def num_colors(pixels: np.ndarray) -> int:
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


def is_same(one: np.ndarray, other: np.ndarray) -> bool:
    """But for rounding: a redraw may move a pixel by one level."""
    return one.shape == other.shape and int(np.abs(one - other).max()) <= 2


def wait_for_surface(page: OpenNotebook) -> None:
    page.page.locator(FIGURE).last.wait_for()
    page.wait_until(lambda: num_colors(picture(page)) > MANY_COLORS, "the surface is drawn")


def draw(page: OpenNotebook, arguments: str, seq: int) -> np.ndarray:
    """Draw another surface; its picture, once the browser has acknowledged it and its pixels have changed."""
    before = picture(page)
    page.kernel(f"draw({arguments}, seq={seq})")
    page.wait_until(lambda: page.kernel(f"print(surface.ready({seq}))") == "True", f"frame {seq} is drawn")
    page.wait_until(lambda: not is_same(picture(page), before), f"frame {seq} is seen")
    return picture(page)


def test_frames_of_every_size_are_drawn_on_one_canvas_and_leave_nothing_behind(notebook):
    page = notebook(SETUP, DISPLAY)
    wait_for_surface(page)
    canvases = page.page.locator("canvas").count()
    drawn = [draw(page, f"{side}, tilt=2.5", seq) for seq, side in enumerate((5, 11, 21, 41, 11), start=1)]
    assert min(map(num_colors, drawn)) > MANY_COLORS
    assert is_same(drawn[-1], drawn[1])
    assert page.page.locator("canvas").count() == canvases
    page.assert_no_problems()


def test_holes_let_the_ground_through_and_the_next_frame_fills_them(notebook):
    page = notebook(SETUP, DISPLAY)
    wait_for_surface(page)
    whole = draw(page, "21, tilt=2.0", 1)
    ground = whole[2, 2]
    holed = draw(page, "21, tilt=2.0, hole=slice(4, 18)", 2)
    num_ground = [(shown == ground).all(axis=-1).sum() for shown in (whole, holed)]
    assert num_ground[1] > num_ground[0] + 500
    empty = draw(page, "21, hole=slice(None)", 3)
    assert num_colors(empty) < MANY_COLORS
    assert num_colors(draw(page, "21", 4)) > MANY_COLORS
    page.assert_no_problems()


def test_the_figure_takes_the_colours_of_the_page(notebook):
    page = notebook(SETUP, DISPLAY)
    wait_for_surface(page)
    assert picture(page)[2, 2].min() > 200
    page.set_theme("JupyterLab Dark")
    page.wait_until(lambda: picture(page)[2, 2].max() < 60, "the ground is dark")
    page.set_theme("JupyterLab Light")
    page.wait_until(lambda: picture(page)[2, 2].min() > 200, "the ground is light")
    page.assert_no_problems()
