"""Fixtures: one JupyterLab and one Chromium a session, one page a notebook."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from browser.lab import Lab, running_lab
from browser.open_notebook import OpenNotebook
from playwright.sync_api import Browser, sync_playwright

REMEDY = "apt-get install chromium, or set LW_CHROMIUM to a Chromium or Chrome."
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    # WebGL without a graphics card
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"),
    # a browser that asks nothing of anybody
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
    *("--disable-quic", "--disable-extensions"),
]
SIZE = {"width": 1000, "height": 800}  # a software rasteriser pays for each pixel

StartNotebook = Callable[..., OpenNotebook]


def find_chromium() -> str | None:
    """LW_CHROMIUM, else the first browser in PATH."""
    named = os.environ.get("LW_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None or shutil.which(path) is None:
        pytest.fail(f"No browser to test with ({path or 'none in PATH'}): {REMEDY}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def notebook(lab: Lab, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[StartNotebook]:
    """`notebook("cell 1", "cell 2")`: these cells, run in a page of their own."""
    pages: list[OpenNotebook] = []

    def start(*cells: str, run: bool = True) -> OpenNotebook:
        opened = OpenNotebook(chromium.new_page(viewport=SIZE), lab)
        pages.append(opened)
        opened.open(cells, f"{request.node.name}-{len(pages)}.ipynb".replace("[", "-").replace("]", ""))
        if run:
            opened.run_all()
        return opened

    yield start
    for opened in pages:
        opened.close()
