"""Views that draw by themselves: they follow the sliders while the kernel is busy, and when it is gone."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator

from browser.open_notebook import SHUT_DOWN, OpenNotebook
from browser.test_explorer import SMALL, slider

pytestmark = pytest.mark.browser

VIEWS = ("curve", "map", "surface")
EXPLORE = "x = landscape.explore(c='none', height=320)\nx"


def stage(page: OpenNotebook, view: str) -> Locator:
    return page.page.locator(f".lw-stage:has(canvas[data-view={view}])").first


def pictures(page: OpenNotebook) -> dict[str, np.ndarray]:
    return {view: page.pixels(stage(page, view)) for view in VIEWS}


def num_changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> list[int]:
    return [int((np.abs(before[view] - after[view]).max(axis=-1) > 30).sum()) for view in VIEWS]


def await_change(page: OpenNotebook, before: dict[str, np.ndarray], what: str) -> None:
    page.wait_until(lambda: min(num_changed(before, pictures(page))) > 300, what)


def opened(notebook) -> OpenNotebook:
    """An explorer whose plane is known as far as the sliders go."""
    page = notebook(SMALL, EXPLORE)
    page.page.locator("canvas[data-view=surface][data-seq]").wait_for()
    page.kernel("x.wait(600)")
    spare = "print(x._conductor.worker.has_spare_work, len(x._panels.known.frame['parts']))"
    page.wait_until(lambda: page.kernel(spare).startswith("False"), "everything is fetched ahead")
    assert int(page.kernel(spare).split()[1]) > 1
    waiting = "print(any(outlet.is_waiting for outlet in x._conductor._screen.outlets.values()))"
    page.wait_until(lambda: page.kernel(waiting) == "False", "all frames are sent")
    return page


def press(page: OpenNotebook, label: str, key: str, times: int) -> None:
    slider(page, label).focus()
    for _ in range(times):
        page.page.keyboard.press(key)


def shut_down(page: OpenNotebook) -> None:
    """All three pictures say so at once, which takes room above them."""
    page.page.evaluate(SHUT_DOWN)
    for view in VIEWS:
        alert = page.page.locator(f".lw-view:has(canvas[data-view={view}]) .lw-error")
        alert.filter(has_text="The kernel is gone").wait_for()


def is_seven_wide(page: OpenNotebook) -> bool:
    """Whether six steps to the right lead from the left end of the map to its right end."""
    canvas = page.page.locator("canvas[data-view=map]").first
    read = page.page.locator(".lw-view:has(canvas[data-view=map]) .lw-read").first
    canvas.focus()
    ends = []
    for keys in (("Home", "Home"), ("Home", *["ArrowRight"] * 6), ("End",)):
        for key in keys:
            canvas.press(key)
        page.page.wait_for_timeout(100)
        ends.append(read.inner_text().split(" · ")[0])
    return ends[1] == ends[2] != ends[0]


def test_the_pictures_follow_mixing_scale_and_resolution_without_a_kernel(notebook):
    page = opened(notebook)
    shut_down(page)
    for label, times in (("Mixing °", 30), ("Noise scale", 40)):
        before = pictures(page)
        press(page, label, "ArrowRight", times)
        await_change(page, before, f"all pictures follow {label}")
    press(page, "Resolution", "ArrowLeft", 7)
    page.wait_until(lambda: is_seven_wide(page), "the map has seven points a side")
    page.assert_no_problems()


def test_the_line_on_the_map_turns_curve_and_surface_without_a_kernel(notebook):
    page = opened(notebook)
    shut_down(page)
    flat = page.page.locator(".lw-view:has(canvas[data-view=map])").first
    before = pictures(page)
    box = flat.locator(".lw-knob-mixing").bounding_box()
    assert box is not None
    mouse = page.page.mouse
    mouse.move(box["x"] + 12, box["y"] + 12)
    mouse.down()
    mouse.move(box["x"] - 20, box["y"] - 28, steps=6)
    page.wait_until(lambda: int(num_changed(before, pictures(page))[0]) > 300, "the curve follows while it is dragged")
    mouse.up()
    await_change(page, before, "all pictures have turned")
    knob = flat.get_by_role("slider", name="Mixing angle")
    angle = float(knob.get_attribute("aria-valuenow") or 0)
    assert angle > 5
    assert flat.locator(".lw-head").inner_text() == "not judged"
    knob.press("ArrowRight")
    page.wait_until(lambda: knob.get_attribute("aria-valuenow") == f"{angle + 1:g}", "keys turn it too")
    page.assert_no_problems()


def test_a_slider_that_leaves_what_is_known_waits_for_the_kernel(notebook):
    page = opened(notebook)
    shut_down(page)
    press(page, "Seed", "ArrowRight", 1)
    before = pictures(page)
    press(page, "Mixing °", "ArrowRight", 20)
    page.page.wait_for_timeout(1000)
    assert max(num_changed(before, pictures(page))) == 0
    press(page, "Seed", "ArrowLeft", 1)
    await_change(page, before, "the first seed's plane is known")
    page.assert_no_problems()


def test_the_slider_of_mining_steps_scrubs_the_curve_without_a_kernel(notebook):
    start = "x = landscape.explore(c='none', height=320, prefetch=False, panels=('curve', 'map'))\nx"
    page = notebook(SMALL, start)
    page.kernel("x.controls['resolution'].value, x.controls['tolerance'].value = 5, 1.0; x.wait(600)")
    page.kernel("x.controls['kind'].value = 'w-peak'; x.controls['mining_steps'].value = 60; x.wait(600)")
    sent = "print(not x._conductor._screen.is_waiting and len(x._panels.known.snapshots['curves']) > 3)"
    page.wait_until(lambda: page.kernel(sent) == "True", "all snapshots are sent")
    answered = "print(x._panels.known.ack == x._panels.known.snapshots['seq'])"
    page.wait_until(lambda: page.kernel(answered) == "True", "the page has them")
    page.page.evaluate(SHUT_DOWN)
    press(page, "Mining steps", "ArrowLeft", 1)
    page.page.get_by_text("The kernel is gone").last.wait_for()  # it takes room above the pictures
    curve, flat = (page.page.locator(f".lw-view:has(canvas[data-view={view}])").first for view in ("curve", "map"))
    before = {view: page.pixels(stage(page, view)) for view in ("curve", "map")}

    def num_other(view: str) -> int:
        return int((np.abs(before[view] - page.pixels(stage(page, view))).max(axis=-1) > 30).sum())

    press(page, "Mining steps", "ArrowLeft", 4)
    page.wait_until(lambda: num_other("curve") > 300, "the curve is that of another snapshot")
    assert num_other("map") == 0
    assert "of step " in flat.locator(".lw-notes").inner_text()
    assert "mined" in curve.locator(".lw-head").inner_text()
    page.assert_no_problems()
