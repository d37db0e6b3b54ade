"""The explorer in a real JupyterLab: what a user does first, and what must not go wrong."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Locator

from browser.open_notebook import OpenNotebook

pytestmark = pytest.mark.browser

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
CURVE, MAP = "canvas[data-view=curve]", "canvas[data-view=map]"
HISTORY = "canvas[data-view=history]"
SURFACE = "canvas[data-view=surface]"

# A network so small that pictures cost nothing; its loss fails when told to.
SMALL = """
import threading, torch, landscape_widget as lw
torch.manual_seed(4)
inputs = torch.randn(60, 5)
targets = (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0.3).long()
model = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
fails = False

def loss(outputs, targets):
    if fails:
        raise ValueError("weight must be one number a class, got 4 for 3 classes.")
    return torch.nn.functional.cross_entropy(outputs, targets)

landscape = lw.Landscape(model, loss, (inputs, targets))
"""
# Mining takes long enough here to be interrupted.
DEMO = """\
import landscape_widget as lw
x = lw.demo().explore(prefetch=False)
x.controls["resolution"].value, x.controls["tolerance"].value = 5, 1.0
x
"""
EXPLORE = "x = landscape.explore(panels=('curve', 'map', 'surface'))\nx"


def explorer(page: OpenNotebook) -> Locator:
    return page.page.locator(".lw-explorer").first


def await_pictures(page: OpenNotebook) -> None:
    """The pictures match the controls, and the browser has drawn them."""
    page.kernel("x.wait(600)")
    views = "panels.curve, panels.flat, panels.surface.view.widget, panels.history, panels.known"
    drawn = f"*(view.ack for panels in [x._panels] for view in ({views})),"
    sent = "tuple(outlet.num_sent for outlet in x._conductor._screen.outlets.values())"
    waiting = "any(outlet.is_waiting for outlet in x._conductor._screen.outlets.values())"
    page.wait_until(
        lambda: page.kernel(f"print(({drawn}) == {sent} and not {waiting})") == "True", "all frames are drawn"
    )


def pictures(page: OpenNotebook) -> dict[str, np.ndarray]:
    shown = explorer(page)
    return {name: page.pixels(shown.locator(place)) for name, place in (("curve", CURVE), ("surface", SURFACE))}


def assert_differ(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> None:
    for name, pixels in before.items():
        assert pixels.shape == after[name].shape
        assert (np.abs(pixels - after[name]).max(axis=-1) > 30).sum() > 100, f"the {name} looks as before"


def slider(page: OpenNotebook, label: str) -> Locator:
    named = explorer(page).locator(".widget-hslider").filter(has=page.page.get_by_text(label, exact=True))
    return named.locator(".noUi-handle")


def drag(page: OpenNotebook, label: str, moves: int) -> None:
    """Take the handle and move it to the right, a little at a time."""
    slider(page, label).hover()  # waits until it is in sight and stands still: a screenshot may have scrolled it away
    box = slider(page, label).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.down()
    for move in range(1, moves + 1):
        page.page.mouse.move(x + 2 * move, y)
        page.page.wait_for_timeout(20)
    page.page.mouse.up()


def badge(page: OpenNotebook) -> str:
    """Of the curve; the map has one of its own."""
    return explorer(page).locator(".lw-view").filter(has=page.page.locator(CURVE)).locator(".lw-kind").inner_text()


def text(page: OpenNotebook) -> str:
    return explorer(page).inner_text()


def assert_drag_redraws(page: OpenNotebook, label: str, name: str) -> None:
    before, value = pictures(page), page.kernel(f"print(x.controls['{name}'].value)")
    drag(page, label, moves=12)
    page.wait_until(lambda: page.kernel(f"print(x.controls['{name}'].value)") != value, f"{label} moves")
    await_pictures(page)
    assert_differ(before, pictures(page))


def cells_up_to_the_explorer() -> list[str]:
    """Of the quickstart; what follows is run, without a browser, by nbval."""
    cells = [cell.source for cell in nbformat.read(QUICKSTART, as_version=4).cells if cell.cell_type == "code"]
    last = next(number for number, source in enumerate(cells) if ".explore(" in source)
    return cells[: last + 1]


def test_the_quickstart_is_explored_by_dragging_and_mining(notebook):
    page = notebook(*cells_up_to_the_explorer())
    explorer(page).scroll_into_view_if_needed()
    page.kernel("x.controls['resolution'].value, x.controls['tolerance'].value = 11, 0.3")  # software draws slowly
    await_pictures(page)
    assert badge(page) == "v-basin"
    assert_drag_redraws(page, "Mixing °", "mixing")
    assert_drag_redraws(page, "Noise scale", "scale")
    explorer(page).get_by_role("button", name="Mine").click()
    page.wait_until(lambda: "Mining a vvv-basin" in text(page), "mining has begun")
    await_pictures(page)
    page.wait_until(lambda: badge(page) == "vvv-basin", "the badge shows the mined kind")
    assert "confirmed on data not mined on" in text(page)
    page.assert_no_problems()


def test_an_error_of_the_loss_is_told_in_the_widget_and_the_next_request_works(notebook):
    page = notebook(SMALL, EXPLORE)
    await_pictures(page)
    before = pictures(page)
    page.kernel("fails = True")
    slider(page, "Mixing °").press("ArrowRight")
    alert = explorer(page).get_by_role("alert")
    page.wait_until(lambda: alert.count() == 1, "the error is told")
    assert alert.inner_text() == "weight must be one number a class, got 4 for 3 classes."
    page.kernel("fails = False")
    for _ in range(30):
        slider(page, "Mixing °").press("ArrowRight")
    page.wait_until(lambda: page.kernel("print(x.controls['mixing'].value >= 30)") == "True", "all keys count")
    page.wait_until(lambda: alert.count() == 0, "the error is gone")
    await_pictures(page)
    assert_differ(before, pictures(page))
    page.assert_no_problems()


def test_a_drag_is_answered_while_mining_goes_on_and_cancel_keeps_what_there_is(notebook):
    page = notebook(DEMO)
    await_pictures(page)
    page.kernel("x.controls['mining_steps'].value = 1000")
    page.wait_until(lambda: "snapshots reach step 1" in text(page), "there is a snapshot")
    before, label = page.pixels(explorer(page).locator(CURVE)), page.kernel("print(x.curve.label)")
    drag(page, "Mixing °", moves=20)
    page.wait_until(lambda: page.kernel("print(x.curve.label)") != label, "an answer")
    page.wait_until(
        lambda: (np.abs(before - page.pixels(explorer(page).locator(CURVE))).max(axis=-1) > 30).sum() > 100,
        "the curve is another",
    )
    assert page.kernel("print(x._conductor.mines.is_mining)") == "True"
    explorer(page).get_by_role("button", name="Cancel").click()
    page.wait_until(lambda: "Mining left off" in text(page), "mining leaves off")
    page.kernel("x.controls['mixing'].value = 0")  # at 90 degrees, where a drag may end, nothing mined is shown
    await_pictures(page)
    assert page.kernel("print(x.axes.d1.is_mined)") == "True"
    page.assert_no_problems()


def test_the_plot_of_a_mined_plane_grows_and_the_plane_can_be_saved_and_loaded(notebook):
    page = notebook(SMALL, EXPLORE)
    await_pictures(page)
    plot = explorer(page).locator(HISTORY)
    assert not plot.is_visible()
    page.kernel("x.controls['kind'].value = 'saddle'; x.controls['mining_steps'].value = 4")
    await_pictures(page)
    assert plot.is_visible()
    before, surface = page.pixels(plot), page.pixels(explorer(page).locator(SURFACE))
    page.kernel("x.controls['mining_steps'].value = 30")
    await_pictures(page)
    assert_differ({"plot": before, "surface": surface}, {**pictures(page), "plot": page.pixels(plot)})
    plot.focus()
    page.page.keyboard.press("End")
    page.wait_until(lambda: "step 30 of 30 · side +1" in text(page), "the last step is read")
    field = explorer(page).get_by_placeholder("mined.npz")
    for button, told in (("Save", "Saved mined saddle, first"), ("Load", "Loaded mined saddle, first")):
        field.fill("plane")
        explorer(page).get_by_role("button", name=button).click()
        page.wait_until(lambda told=told: told in text(page), f"{button} tells what it did")
    explorer(page).get_by_role("button", name="Save").click()
    alert = explorer(page).get_by_role("alert")
    page.wait_until(lambda: alert.count() == 1, "an existing file is not overwritten")
    assert "which exists. Write another name." in alert.inner_text()
    page.kernel("x.controls['mining_steps'].value = 0")
    page.wait_until(lambda: not plot.is_visible(), "the plot goes with what was mined")
    page.assert_no_problems()


def test_a_recipe_and_a_census_are_chosen_in_the_page(notebook):
    page = notebook(SMALL, EXPLORE)
    await_pictures(page)
    before = pictures(page)
    explorer(page).locator("select").filter(has_text="three-in-a-row").select_option("flank")
    page.wait_until(lambda: "Recipe flank: A" in text(page), "the recipe says what it made")
    await_pictures(page)
    page.wait_until(lambda: "The surface" in text(page), "and what its surface shows")
    assert_differ(before, pictures(page))
    explorer(page).get_by_role("button", name="Census").click()
    page.wait_until(lambda: "Census: 20 Gaussian directions" in text(page), "all are counted")
    assert "95 % interval" in text(page)
    page.assert_no_problems()


def test_running_the_cell_again_and_again_leaves_nothing_behind(notebook):
    page = notebook(SMALL, EXPLORE)
    for _ in range(20):
        page.run_all()
        page.page.locator(SURFACE).last.wait_for()
    await_pictures(page)
    page.kernel("from ipywidgets.widgets.widget import _instances")
    alive = "print(sum(type(widget).__name__ == 'Explorer' for widget in _instances.values()))"
    page.wait_until(lambda: page.kernel(alive) == "1", "the explorers of earlier runs are closed")
    threads = "print(sum(t.name.startswith('landscape-widget') for t in threading.enumerate()) <= 1)"
    assert page.kernel(threads) == "True"
    assert page.page.locator(".lw-explorer").count() == 1
    before = pictures(page)
    page.kernel("x.controls['mixing'].value = 60")
    await_pictures(page)
    assert_differ(before, pictures(page))
    page.assert_no_problems()


def test_everything_can_be_reached_and_used_by_the_keyboard_in_both_themes(notebook):
    page = notebook(SMALL, EXPLORE)
    await_pictures(page)
    page.set_theme("JupyterLab Dark")
    explorer(page).locator("select").first.focus()
    reached = set()
    for _ in range(40):
        reached.add(page.page.evaluate("() => document.activeElement.closest('.jupyter-widgets')?.innerText.trim()"))
        page.page.keyboard.press("Tab")
    words = " ".join(str(label) for label in reached)
    missing = [
        label
        for label in ("Seed", "Mixing", "Noise scale", "Mining steps", "Mine", "Recipe", "Census", "Log height")
        if label not in words
    ]
    assert not missing
    before = pictures(page)
    slider(page, "Noise scale").press("Home")
    await_pictures(page)
    assert_differ({"curve": before["curve"]}, pictures(page))
    page.assert_no_problems()
