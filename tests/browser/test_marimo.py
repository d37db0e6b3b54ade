"""The canvas views in marimo: pure anywidgets, drawn and drawn again as its own slider moves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.conftest import SIZE
from browser.lab import Lab, await_answer, environment, free_port, stop
from browser.open_notebook import OpenNotebook

pytestmark = pytest.mark.browser

APP = Path(__file__).parent / "marimo_app.py"
VIEWS = ("curve", "map", "surface")


@pytest.fixture
def marimo(tmp_path: Path) -> Iterator[Lab]:
    port = free_port()
    command = [*(sys.executable, "-m", "marimo", "run", str(APP), "--headless", "--no-token"), f"--port={port}"]
    log, url = tmp_path / "server.log", f"http://127.0.0.1:{port}"
    own = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path), "MARIMO_SKIP_UPDATE_CHECK": "1"}
    with log.open("wb") as sink:
        server = subprocess.Popen(command, env={**environment(tmp_path), **own}, stdout=sink, stderr=sink)
        try:
            await_answer(f"{url}/health", server, log)
            yield Lab(url, tmp_path)
        finally:
            stop(server)


def test_marimo_draws_the_canvas_views_and_redraws_them(marimo: Lab, chromium: Browser):
    page = OpenNotebook(chromium.new_page(viewport=SIZE), marimo)
    page.page.goto(marimo.url)
    before = {view: page.pixels(page.page.locator(f"canvas[data-view={view}][data-seq='1']")) for view in VIEWS}
    page.page.get_by_role("slider").press("End")
    for view, pixels in before.items():
        after = page.pixels(page.page.locator(f"canvas[data-view={view}][data-seq='3']"))
        assert after.shape == pixels.shape
        assert (abs(after - pixels).max(axis=-1) > 30).sum() > 100, f"the {view} looks as before"
    page.assert_no_problems()
    page.page.close()
