"""Prints how fast the views are, beside ipyvolume, plotly and k3d, in one JupyterLab and one Chromium.

A: from setting data in Python to the first changed pixel. B: to the last draw call. C: from the last of 60 updates in
one go to the last draw call. D: the main thread during a slider's drag of 40 moves, 50 ms apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from browser.chromium import FLAGS, require_chromium
from browser.conftest import SIZE
from browser.lab import Lab, running_lab
from browser.open_notebook import OpenNotebook
from front_end.cells import IMPORTS, LIBRARIES, bundle_bytes, cells
from front_end.measuring import EXPLORER_CELLS, RERUN_CELLS, measure_explorer, measure_library, measure_reruns
from front_end.watching import Watched

PARTS = ("libraries", "explorer", "reruns")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/benchmarks/front", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="some of " + ", ".join(PARTS))
    parser.add_argument("--libraries", default=",".join(LIBRARIES), help="some of " + ", ".join(LIBRARIES))
    parser.add_argument("--points", default="41,101", help="points a side of the surfaces")
    parser.add_argument("--runs", type=int, default=100, help="re-runs of the cell")
    return parser.parse_args()


def _opened(
    browser: Browser, lab: Lab, name: str, sources: tuple[str, ...] | list[str]
) -> tuple[OpenNotebook, Watched]:
    notebook = OpenNotebook(browser.new_page(viewport=SIZE), lab)
    notebook.open(tuple(sources), f"{name}.ipynb")
    return notebook, Watched(notebook)


def _tell(title: str, row: dict[str, float]) -> None:
    numbers = "  ".join(f"{name} {value:,.4g}" for name, value in row.items())
    print(f"{title:<16} {numbers}", flush=True)


def _libraries(browser: Browser, lab: Lab, chosen: list[str], sizes: list[int]) -> None:
    for points in sizes:
        for library in chosen:
            notebook, watched = _opened(browser, lab, f"{library}-{points}", cells(library, points))
            row = measure_library(watched, IMPORTS[library])
            row["bundle KB"] = bundle_bytes(library, Path(sys.prefix)) / 1024
            _tell(f"{library} {points}", row)
            notebook.close()


def _explorer(browser: Browser, lab: Lab) -> None:
    notebook, watched = _opened(browser, lab, "explorer", EXPLORER_CELLS)
    _tell("explorer", measure_explorer(watched))
    notebook.close()


def _reruns(browser: Browser, lab: Lab, runs: int) -> None:
    notebook, watched = _opened(browser, lab, "reruns", RERUN_CELLS)
    for row in measure_reruns(notebook, watched, runs):
        _tell("re-runs", row)
    print("problems of that page:", notebook.problems or "none")
    notebook.close()


def main() -> None:
    """Measure and print, row by row."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_chromium(), args=FLAGS)
        if "libraries" in given.parts:
            _libraries(browser, lab, given.libraries.split(","), [int(size) for size in given.points.split(",")])
        if "explorer" in given.parts:
            _explorer(browser, lab)
        if "reruns" in given.parts:
            _reruns(browser, lab, given.runs)
        browser.close()


if __name__ == "__main__":
    main()
