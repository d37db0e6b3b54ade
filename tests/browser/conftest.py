"""Fixtures: one JupyterLab and one Chromium a session, one page a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.chromium import FLAGS, require_chromium
from browser.lab import Lab, running_lab
from browser.open_notebook import OpenNotebook

SIZE = {"width": 1000, "height": 800}  # a software rasteriser pays for each pixel

StartNotebook = Callable[..., OpenNotebook]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = require_chromium()
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
