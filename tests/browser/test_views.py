"""The curve and the map in a real JupyterLab: drawn, acknowledged, read by keys, at home in both themes."""

from __future__ import annotations

import numpy as np
import pytest

from browser.open_notebook import OpenNotebook

pytestmark = pytest.mark.browser

CELL = """
import numpy as np
from ipywidgets import HBox
from landscape_widget.widget.frames import curve_frame, map_frame
from landscape_widget.widget.views import CurveView, MapView

alphas, betas = np.linspace(-0.5, 1.5, 9), np.linspace(-0.25, 0.75, 6)

def draw(seq, depth, kind="v-basin"):
    losses = 0.5 + depth * (alphas - 0.25) ** 2
    plane = losses + 3 * betas[:, None] ** 2
    curve.frame = curve_frame(seq=seq, alphas=alphas, losses=losses, loss_limits=(0, 4), kind=kind)
    flat.frame = map_frame(seq=seq, alphas=alphas, betas=betas, losses=plane, loss_limits=(0, 4))

curve, flat = CurveView(width=330, height=240), MapView(width=330, height=240)
draw(1, depth=1.0)
HBox([curve, flat])
"""
READ = ".lw-read"


def canvas(view: str, seq: int) -> str:
    return f"canvas[data-view={view}][data-seq='{seq}']"


def opened(notebook) -> OpenNotebook:
    """The notebook, its first frames drawn."""
    page = notebook(CELL)
    for view in ("curve", "map"):
        page.page.locator(canvas(view, 1)).wait_for()
    return page


def assert_differ(one: np.ndarray, other: np.ndarray) -> None:
    assert one.shape == other.shape
    assert (np.abs(one - other).max(axis=-1) > 30).sum() > 100


def test_frames_are_drawn_and_acknowledged_and_errors_read_above_them(notebook):
    page = opened(notebook)
    before = {view: page.pixels(canvas(view, 1)) for view in ("curve", "map")}
    page.kernel("draw(2, depth=2.0, kind='w-basin')")
    page.wait_until(lambda: page.kernel("print(curve.ack, flat.ack)") == "2 2", "both views acknowledge")
    for view, pixels in before.items():
        assert_differ(pixels, page.pixels(canvas(view, 2)))
    assert page.page.locator(".lw-kind").inner_text() == "w-basin"
    page.kernel("curve.error = 'loss_fn must be a scalar, got shape (32,).'")
    banner = page.page.locator(".lw-error:visible")
    page.wait_until(lambda: banner.count() == 1, "the error is shown")
    assert banner.inner_text() == "loss_fn must be a scalar, got shape (32,)."
    page.kernel("curve.error = ''; draw(3, depth=2.0)")
    page.page.locator(canvas("curve", 3)).wait_for()
    assert banner.count() == 0
    page.assert_no_problems()


def test_arrow_keys_read_points_in_place_and_a_dark_theme_is_followed(notebook):
    page = opened(notebook)
    picture = page.page.locator(canvas("map", 1))
    picture.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.page.keyboard.press(key)
    read = page.page.locator(READ).last
    page.wait_until(lambda: "beta 0.15" in read.inner_text(), "the third point is read")
    assert read.inner_text() == "alpha 0.25 · beta 0.15 · loss 0.5675 · exact"
    assert picture.evaluate("canvas => canvas === document.activeElement")  # the notebook did not take the keys
    assert page.pixels(canvas("curve", 1)).mean() > 200
    page.set_theme("JupyterLab Dark")
    try:
        page.wait_until(lambda: page.pixels(canvas("curve", 1)).mean() < 100, "the curve is drawn on dark")
    finally:
        page.set_theme("JupyterLab Light")
    page.assert_no_problems()


def test_a_curve_is_zoomed_by_a_drag_kept_for_comparison_and_saved_with_its_caption(notebook):
    page = opened(notebook)
    picture = page.page.locator(canvas("curve", 1))
    box = picture.bounding_box()
    whole = page.pixels(canvas("curve", 1))
    page.page.mouse.move(box["x"] + 120, box["y"] + 90)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 200, box["y"] + 90, steps=4)
    page.page.mouse.up()
    notes = page.page.locator(".lw-notes").first
    page.wait_until(lambda: "zoomed" in notes.inner_text(), "a part of the curve is shown")
    page.page.mouse.move(5, 5)
    assert_differ(whole, page.pixels(canvas("curve", 1)))
    picture.dblclick()
    page.wait_until(lambda: "zoomed" not in notes.inner_text(), "all of it is shown again")
    view = page.page.locator(".lw-view").first
    view.get_by_text("Keep", exact=True).click()
    page.kernel("draw(2, depth=3.0)")
    page.page.locator(canvas("curve", 2)).wait_for()
    view.get_by_text("Clear", exact=True).wait_for()
    with page.page.expect_download() as saved:
        view.get_by_text("SVG", exact=True).click()
    assert saved.value.suggested_filename == "loss-curve-v-basin.svg"
    text = saved.value.path().read_text()
    assert "loss curve · v-basin · not mined" in text
    assert "9 points computed" in text
    with page.page.expect_download() as saved:
        page.page.locator(".lw-view").last.get_by_text("PNG", exact=True).click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    page.assert_no_problems()
