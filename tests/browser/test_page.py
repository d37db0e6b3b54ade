"""The exported page, opened from the disk with no network and no kernel: its sliders redraw every picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from explorer_cases import make_landscape

pytestmark = pytest.mark.browser

VIEWS = ("curve", "map", "surface")
SIZES = ((1000, 900, "light"), (360, 740, "dark"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "page.html"
    return make_landscape().export(target, span=0.8, progress=False)


@pytest.fixture(params=SIZES, ids=["desktop", "phone"])
def page(path: Path, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Its problems and requests are kept in `page.problems`."""
    width, height, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda sent: problems.append(sent.url) if sent.url != path.as_uri() else None)
    opened.goto(path.as_uri())
    for view in VIEWS:
        opened.locator(f"canvas[data-view={view}][data-seq]").wait_for()
    yield opened
    assert not problems
    context.close()


def pixels(page: Page, view: str) -> np.ndarray:
    stage = page.locator(f"[data-page-view={view}] .lw-stage")
    return np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB")).astype(int)


def pictures(page: Page) -> dict[str, np.ndarray]:
    return {view: pixels(page, view) for view in VIEWS}


def num_changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> list[int]:
    return [int((np.abs(before[view] - after[view]).max(axis=-1) > 30).sum()) for view in VIEWS]


def await_pictures(page: Page, what: str, condition: Callable[[dict[str, np.ndarray]], bool]) -> None:
    for _ in range(300):
        if condition(pictures(page)):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never happened: {what}")


def await_change(page: Page, before: dict[str, np.ndarray], what: str) -> None:
    await_pictures(page, f"every picture follows {what}", lambda now: min(num_changed(before, now)) > 150)


def press(page: Page, name: str, key: str, times: int) -> None:
    page.locator(f"input[name={name}]").focus()
    for _ in range(times):
        page.keyboard.press(key)


def is_21_wide(page: Page) -> bool:
    """Whether twenty steps to the right lead from the left end of the map to its right end."""
    canvas, read = (page.locator(f"[data-page-view=map] {part}") for part in ("canvas[data-view=map]", ".lw-read"))
    ends = []
    for keys in (("Home", "Home"), ("Home", *["ArrowRight"] * 20), ("End",)):
        for key in keys:
            canvas.press(key)
        page.wait_for_timeout(100)
        ends.append(read.inner_text().split(" · ")[0])
    return ends[1] == ends[2] != ends[0]


def test_sliders_redraw_curve_map_and_surface_without_a_kernel_or_a_network(page):
    names = page.eval_on_selector_all("#page-controls input", "all => all.map(one => one.name)")
    assert names == ["mixing", "scale", "resolution", "log_height", "lock_axes"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = pictures(page)
    assert min(len(np.unique(shown.reshape(-1, 3), axis=0)) for shown in first.values()) > 20
    now = page.locator("#page-now")
    assert now.inner_text() == "Drawn as exported."
    for name, key, times in (("mixing", "ArrowRight", 60), ("scale", "ArrowLeft", 90)):
        before = pictures(page)
        press(page, name, key, times)
        await_change(page, before, name)
    assert page.locator("input[name=mixing]").get_attribute("aria-valuetext") == "60°"
    assert "Nothing is evaluated here." in now.inner_text()
    before = pictures(page)
    page.locator("input[name=log_height]").check()
    await_change(page, before, "log height")
    press(page, "resolution", "ArrowLeft", 10)
    await_pictures(page, "the map has 21 points a side", lambda _: is_21_wide(page))
    page.get_by_role("button", name="As exported").click()
    page.locator("h1").hover()
    await_pictures(page, "all is as exported", lambda now: max(num_changed(first, now)) < 20)
    assert now.inner_text() == "Drawn as exported."


def test_a_page_that_was_damaged_says_so(path, chromium, tmp_path):
    text = path.read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace('"dtype":"<f4"'.replace("<", "\\u003c"), '"dtype":"\\u003cf2"', 1), encoding="utf-8")
    opened = chromium.new_page()
    opened.goto(broken.as_uri())
    fault = opened.locator("#page-fault")
    fault.wait_for()
    assert fault.inner_text().startswith("This page cannot be drawn. frame.arrays.alphas.dtype must be ")
    assert opened.locator("h1").is_visible()
    opened.close()
