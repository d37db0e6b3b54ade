"""Other hosts than JupyterLab: each draws, answers a slider, raises nothing and asks nobody else because of us."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from browser.conftest import SIZE
from browser.lab import Lab
from browser.open_notebook import OpenNotebook
from browser.test_explorer import SMALL, assert_differ, drag, explorer, pictures
from browser.test_ipyvolume_view import FIGURE, MANY_COLORS, num_colors

pytestmark = pytest.mark.browser

EXPLORE = """
x = landscape.explore(height=320, prefetch=False)
x.controls["resolution"].value, x.controls["tolerance"].value = 7, 0.1
x
"""
DRAWN = ["canvas[data-view=curve][data-seq]", "canvas[data-view=surface][data-seq]"]
# Voila's own pages load a font and MathJax, also for a notebook without widgets.
OF_VOILA = (
    "https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@",
    "https://cdnjs.cloudflare.com/ajax/libs/mathjax/",
)


def assert_a_slider_is_followed(page: OpenNotebook) -> None:
    for canvas in DRAWN:
        page.page.locator(canvas).wait_for()
    page.wait_until(lambda: "points computed in" in page.page.locator(".lw-explorer").inner_text(), "all is drawn")
    before = pictures(page)
    drag(page, "Mixing °", moves=12)
    page.wait_until(lambda: has_changed(before, page), "the pictures follow the slider")
    explorer(page).locator("select").filter(has_text="ipyvolume").select_option("ipyvolume")
    page.page.locator(FIGURE).wait_for()
    page.wait_until(lambda: num_colors(page.pixels(FIGURE)) > MANY_COLORS, "ipyvolume draws the surface")
    page.assert_no_problems()


def has_changed(before: dict, page: OpenNotebook) -> bool:
    try:
        assert_differ(before, pictures(page))
    except AssertionError:
        return False
    return True


def test_notebook_7_draws_the_explorer_and_follows_a_slider(lab: Lab, chromium: Browser):
    page = OpenNotebook(chromium.new_page(viewport=SIZE), lab, "notebooks")
    page.open((SMALL, EXPLORE), "notebook-7.ipynb")
    page.run_all()
    assert_a_slider_is_followed(page)
    page.close()


def test_voila_draws_the_explorer_and_follows_a_slider(lab: Lab, chromium: Browser):
    page = OpenNotebook(chromium.new_page(viewport=SIZE), lab, may_ask=OF_VOILA)
    page.write((SMALL, EXPLORE), "voila.ipynb")
    page.page.goto(f"{lab.url}/voila/render/voila.ipynb")
    assert_a_slider_is_followed(page)
    page.page.close()
