"""Main-thread milliseconds of a redraw in a real Chromium, while a mixing slider moves through a known plane.

`PYTHONPATH=tests python tests/benchmarks/redraw.py [BUNDLE]`. There is no notebook and no kernel: the page has the
bundle, as often as there are views, as anywidget loads it, and models that nobody answers. Two numbers a picture:
what our own code takes in its animation frame (median, 95th percentile), and all that the main thread does for a
redraw, the browser's own painting included (mean). Long tasks are those of more than 50 ms.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from browser.chromium import FLAGS, require_chromium
from landscape_widget.slices.chebyshev import Axis, Interpolant, tensor_coords
from landscape_widget.widget.frames import curve_frame, map_frame
from landscape_widget.widget.known_frames import KnownPart, Turn, known_frame
from landscape_widget.widget.views import BUNDLE

VIEWS = ("curve", "map", "surface")
MOVES = 60
HERE = Path(__file__).parent


def loss(*x: Any) -> Any:
    """Bent enough to need its nodes, and without any symmetry."""
    y, z = (*x[1:], 0.0, 0.0)[:2]
    bowl = np.log1p(3 * x[0] ** 2 + (y - 0.4 * x[0]) ** 2)
    return 0.05 + bowl + 0.2 * np.exp(0.8 * y - z) + 0.3 * np.sin(3 * z) ** 2


def known_plane() -> dict[str, Any]:
    """A plane that mixing turns, as the demo's is known."""
    axes = (Axis(-2, 2, 33, 1.5),) * 2
    return known_frame(seq=1, mixing=0.0, parts=[_part(axes, True)])


def known_volume() -> dict[str, Any]:
    """A volume that holds the planes of all mixing angles."""
    axes = (Axis(-2, 2, 17, 1.5), Axis(-2, 2, 17, 1.5), Axis(-2, 2, 17, 1.5))
    turn = Turn(np.array([4.0, 2.25, 1.0]), np.array([0.3, -0.2, 1.1]), keeps_length=False)
    return known_frame(seq=1, mixing=0.0, parts=[_part(axes, turn)])


def _part(axes: tuple[Axis, ...], turn: Turn | bool) -> KnownPart:
    coords = tensor_coords([axis.nodes for axis in axes])
    values = loss(*coords.T).reshape([axis.count for axis in reversed(axes)])
    return KnownPart(Interpolant(axes, values), 1e-3, False, coords, turn)


def first_frames(points: int) -> dict[str, dict[str, Any]]:
    """What the kernel has drawn before the drag."""
    axis = np.linspace(-1, 1, points)
    plane = loss(axis[None, :], axis[:, None])
    asked = {"mixing": 0.0, "scale": 1.0, "resolution": points}
    shared = {"seq": 1, "loss_limits": (0.0, 3.0), "kind": "v-basin", "asked": asked, "center_loss": float(loss(0.0))}
    flat = map_frame(alphas=axis, betas=axis, losses=plane, **shared)
    return {"curve": curve_frame(alphas=axis, losses=loss(axis), **shared), "map": flat, "surface": flat}


def open_page(page: Page, bundle: Path, known: dict[str, Any], points: int, shown: tuple[str, ...]) -> None:
    """Views, models and frames, the first pictures drawn."""
    setup = {
        "bundle": bundle.read_text(),
        "known": known,
        "frames": {name: frame for name, frame in first_frames(points).items() if name in shown},
        "resolution": points,
    }
    page.set_content("<!doctype html><body style='margin:0;font:13px sans-serif;background:#fff'></body>")
    page.evaluate((HERE / "redraw.js").read_text())
    page.evaluate("setup => window.start(JSON.parse(setup))", json.dumps(setup, default=as_base64))
    page.wait_for_function("count => document.querySelectorAll('canvas[data-seq]').length === count", arg=len(shown))
    page.wait_for_timeout(700)  # until what a start does besides is over


def as_base64(data: bytes) -> dict[str, str]:
    """Bytes in JSON."""
    return {"base64": base64.b64encode(data).decode()}


def task_seconds(session: CDPSession) -> float:
    """Of the main thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def measure(page: Page, points: int) -> dict[str, float]:
    """One drag."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    idle = task_seconds(session)
    page.evaluate("moves => window.drag(moves, false)", MOVES)
    busy = task_seconds(session)
    told = page.evaluate("moves => window.drag(moves, true)", MOVES)
    whole = task_seconds(session) - busy
    own = np.array(told["own"])
    return {
        "median": float(np.median(own)),
        "p95": float(np.quantile(own, 0.95)),
        "thread": 1000 * (whole - (busy - idle)) / MOVES,
        "long": told["long"],
        "drawn": told["drawn"],
    }


def main(bundle: Path) -> None:
    """Print the table."""
    print("| known | points | views | own ms: median | p95 | thread ms | frames of 60 | long tasks |")
    print("|---|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_chromium(), args=FLAGS)
        for name, known in (("plane", known_plane()), ("volume", known_volume())):
            for points in (41, 101):
                for shown in [VIEWS] if name == "volume" else [(view,) for view in VIEWS] + [VIEWS]:
                    page = browser.new_page(viewport={"width": 1000, "height": 800})
                    open_page(page, bundle, known, points, shown)
                    told = measure(page, points)
                    times = " | ".join(f"{told[of]:.2f}" for of in ("median", "p95", "thread"))
                    counts = f"{told['drawn']:.0f} | {told['long']:.0f}"
                    print(f"| {name} | {points} x {points} | {', '.join(shown)} | {times} | {counts} |", flush=True)
                    page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLE)
