"""One row of the table, and the rows of the explorer and of re-runs."""

from __future__ import annotations

from statistics import median
from typing import Any

from browser.open_notebook import OpenNotebook
from browser.test_explorer import SMALL
from front_end.watching import ALIVE, Watched

QUIET_MS = 400
SETTLE_MS = 1500  # after the last move
MOVES, EVERY_MS = 40, 50
KNOWN = "x = landscape.explore(c='none', height=420)\nx"
RERUN = """
import numpy as np, ipywidgets
from landscape_widget.widget.views import ContextGuard
from landscape_widget.widget.ipyvolume_view import IpyvolumeSurface
from landscape_widget.widget.webgl_view import WebglSurface
grid, shown = np.linspace(-1, 1, 11), globals().get("shown", [])  # both cells run again and again
guard = globals().get("guard") or ContextGuard()
"""
RERUN_SHOW = """
for view in shown:
    view.close()
views = [WebglSurface(200), IpyvolumeSurface(200)]
for view in views:
    view.show(grid, grid, grid**2 + grid[:, None]**2, limits=(0, 2), seq=1)
box = ipywidgets.HBox([view.widget for view in views])
shown = [box, box.layout, *views]
box
"""


def measure_library(watched: Watched, imports: str, updates: int = 6) -> dict[str, float]:
    """Milliseconds, bytes and counts of one library at one size; the cells are there and not yet run."""
    watched.notebook.kernel(f"import numpy, ipywidgets\n{imports}")  # no library's own import is counted
    row = _first_draw(watched)
    row["A ms"] = median(_latency(watched, k, poll=True) for k in range(1, updates + 1))
    row["B ms"] = median(_latency(watched, k, poll=False) for k in range(11, updates + 11))
    watched.reset()
    sent = float(watched.notebook.kernel("print(burst(60))"))
    row["C ms"] = watched.until_quiet(3 * QUIET_MS, least=sent)["last"] - sent
    handle = watched.page.locator(".noUi-handle").first
    watched.notebook.kernel("is_live = False")
    idle = _drag(watched, handle)["main ms"]  # what JupyterLab itself needs for a slider and its messages
    watched.notebook.kernel("is_live = True")
    drag = _drag(watched, handle)
    return row | drag | {"main ms a redraw": (drag["main ms"] - idle) / max(drag["frames of a drag"], 1)}


def _first_draw(watched: Watched) -> dict[str, float]:
    watched.reset()
    before, start = watched.received, watched.seen()["now"]
    watched.notebook.run_all()
    seen = watched.until_quiet(3 * QUIET_MS, least=start)
    return {"cell to first draw ms": seen["first"] - start, "wire KB": (watched.received - before) / 1024}


def _latency(watched: Watched, k: int, *, poll: bool) -> float:
    watched.reset(poll=poll)
    if poll:
        watched.page.wait_for_timeout(60)  # the picture of before is known
        watched.page.evaluate("() => { window.seen.changes.length = 0; }")
    start = float(watched.notebook.kernel(f"print(timed({k}))"))
    seen = watched.until_quiet(QUIET_MS, least=start)
    moment = min((change for change in seen["changes"] if change > start), default=seen["last"])
    return float(moment if poll else seen["last"]) - start


def _drag(watched: Watched, handle: Any, *, poll: bool = False, pixels: int = 1) -> dict[str, float]:
    """The mouse takes a slider along; main-thread time is that of a page that is only watched for draw calls.

    `pixels` of a move must give the slider another value.
    """
    handle.scroll_into_view_if_needed()
    box, mouse = handle.bounding_box(), watched.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    watched.reset(poll=poll)
    tasks = watched.metrics()["TaskDuration"]
    for move in range(1, MOVES + 1):
        mouse.move(x + pixels * move, y)
        watched.page.wait_for_timeout(EVERY_MS)
    moved = watched.seen()["moved"]
    watched.page.wait_for_timeout(SETTLE_MS)
    if watched.seen()["last"]:
        watched.until_quiet(SETTLE_MS)
    busy = 1000 * (watched.metrics()["TaskDuration"] - tasks)
    seen = watched.seen()
    mouse.up()
    pictures = seen["changes"] if poll else seen["frames"]
    after = [moment - moved for moment in pictures if moment > moved]
    return {
        "frames of a drag": len(pictures) - len(after[1:]),
        "main ms": busy,
        "long tasks": len(seen["long"]),
        "long tasks ms": sum(seen["long"]),
        "last move to its picture ms": after[0] if after else 0.0,
        "to the last one ms": after[-1] if after else 0.0,
    }


def measure_explorer(watched: Watched) -> dict[str, float]:
    """A drag of mixing in a plane that is known; the cells SMALL and KNOWN are not yet run."""
    watched.notebook.run_all()
    watched.notebook.kernel("x.wait(600)")
    fetching = "print(x._conductor.worker.has_spare_work)"
    watched.notebook.wait_until(lambda: watched.notebook.kernel(fetching) == "False", "all is fetched")
    named = watched.page.locator(".widget-hslider").filter(has=watched.page.get_by_text("Mixing °", exact=True))
    row = {}
    for poll in (True, False):
        watched.notebook.kernel("x.controls['mixing'].value = -90; x.wait(600)")
        watched.page.wait_for_timeout(1500)
        row |= {
            f"{name}{' (pixels)' if poll else ''}": value
            for name, value in _drag(watched, named.locator(".noUi-handle"), poll=poll, pixels=2).items()
        }
    return row


def measure_reruns(notebook: OpenNotebook, watched: Watched, runs: int) -> list[dict[str, float]]:
    """Contexts, listeners, nodes and heap after a tenth of the runs and after all."""
    rows = []
    for run in range(1, runs + 1):
        notebook.run_all()
        notebook.page.locator("canvas[data-view=surface][data-seq='1']").last.wait_for()
        if run in (max(1, runs // 10), runs):
            notebook.page.wait_for_timeout(2000)
            watched.collect_garbage()
            found = watched.metrics()
            rows.append(
                {
                    "runs": run,
                    "contexts alive": notebook.page.evaluate(ALIVE),
                    "listeners": found["JSEventListeners"],
                    "nodes": found["Nodes"],
                    "heap MB": found["JSHeapUsedSize"] / 2**20,
                }
            )
    return rows


EXPLORER_CELLS = (SMALL, KNOWN)
RERUN_CELLS = (RERUN, RERUN_SHOW)
