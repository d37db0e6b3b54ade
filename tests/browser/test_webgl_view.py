"""The WebGL2 surface in a real JupyterLab: it draws, it turns, it is read."""

from __future__ import annotations

import numpy as np
import pytest

from browser.open_notebook import OpenNotebook

pytestmark = pytest.mark.browser

STAGE = ".lw-stage"
CANVAS = "canvas[data-view=surface]"
MANY_COLORS = 300  # more than box, ticks and colour bar have

SETUP = """
import numpy as np
from landscape_widget.widget.webgl_view import WebglSurface

def draw(side, seq, tilt=1.0, hole=slice(0)):
    alphas, betas = np.linspace(-0.5, 1.5, side), np.linspace(-0.8, 0.4, side + 2)
    losses = 0.1 + tilt * betas[:, None] ** 2 + (alphas - 0.3) ** 2
    losses[hole, hole] = np.nan
    surface.show(alphas, betas, losses, limits=(0.0, 2.0), seq=seq)
"""
DISPLAY = """
surface = WebglSurface(300)
surface.widget.width = 460
draw(21, seq=1)
surface.widget
"""


def opened(notebook) -> OpenNotebook:
    page = notebook(SETUP, DISPLAY)
    await_frame(page, 1)
    return page


def await_frame(page: OpenNotebook, seq: int) -> None:
    page.page.locator(f"{CANVAS}[data-seq='{seq}']").last.wait_for()
    page.wait_until(lambda: page.kernel(f"print(surface.ready({seq}))") == "True", f"frame {seq} is acknowledged")


def num_colors(pixels: np.ndarray) -> int:
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


def num_changed(one: np.ndarray, other: np.ndarray) -> int:
    assert one.shape == other.shape
    return int((np.abs(one - other).max(axis=-1) > 30).sum())


def test_dragging_turns_the_surface_and_a_key_brings_it_back(notebook):
    page = opened(notebook)
    home = page.pixels(STAGE)
    assert num_colors(home) > MANY_COLORS
    box = page.page.locator(CANVAS).bounding_box()
    assert box is not None
    mouse = page.page.mouse
    mouse.move(box["x"] + 150, box["y"] + 150)
    mouse.down()
    mouse.move(box["x"] + 230, box["y"] + 120, steps=5)
    mouse.up()
    page.wait_until(lambda: num_changed(page.pixels(STAGE), home) > 2000, "the surface has turned")
    mouse.move(0, 0)
    page.page.locator(CANVAS).focus()
    page.page.keyboard.press("0")
    page.page.locator(".lw-read").click()  # takes the focus, and its frame, away
    page.wait_until(lambda: num_changed(page.pixels(STAGE), home) < 200, "it is seen as at first")
    page.assert_no_problems()


def test_pointing_reads_the_loss_and_holes_let_the_ground_through(notebook):
    page = opened(notebook)
    whole = page.pixels(STAGE)
    box = page.page.locator(CANVAS).bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + 190, box["y"] + 170)
    read = page.page.locator(".lw-read").last
    page.wait_until(lambda: read.inner_text().startswith("alpha"), "a point is read")
    assert read.inner_text().endswith("exact")
    page.page.mouse.move(0, 0)
    page.kernel("draw(21, seq=2, hole=slice(4, 18))")
    await_frame(page, 2)
    page.wait_until(lambda: num_changed(page.pixels(STAGE), whole) > 2000, "there is a hole")
    assert "holes: 196 points not finite" in page.page.locator(".lw-notes").last.inner_text()
    page.assert_no_problems()
