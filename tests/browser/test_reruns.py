"""A cell that shows both surface views is run again and again: nothing piles up on the graphics card."""

from __future__ import annotations

import pytest

from browser.open_notebook import OpenNotebook

pytestmark = pytest.mark.browser

RUNS = 25
SETUP = """
import numpy as np
from ipywidgets import HBox
from landscape_widget.widget.ipyvolume_view import IpyvolumeSurface
from landscape_widget.widget.views import ContextGuard
from landscape_widget.widget.webgl_view import WebglSurface

guard, grid, made = ContextGuard(), np.linspace(-1, 1, 9), []
"""
SHOW = """
views = WebglSurface(180), IpyvolumeSurface(180)
made += views
for view in views:
    view.show(grid, grid, grid**2 + grid[:, None] ** 2, limits=(0, 2), seq=len(made))
HBox([view.widget for view in views])
"""
# Keeps every WebGL context of the page, and counts what is made and deleted in those of our own view.
WATCH = """() => {
  window.contexts = new Set();
  window.objects = 0;
  const own = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    const made = own.call(this, kind, ...rest);
    if (/webgl/.test(kind) && made) window.contexts.add(made);
    return made;
  };
  const kind = WebGL2RenderingContext.prototype;
  for (const name of ["Buffer", "Texture", "Program", "Shader", "VertexArray", "Framebuffer", "Renderbuffer"])
    for (const [verb, count] of [["create", 1], ["delete", -1]]) {
      const act = kind[verb + name];
      kind[verb + name] = function (...args) {
        if (this.canvas.className === "lw-scene") window.objects += count;
        return act.apply(this, args);
      };
    }
}"""
ALIVE = "() => [...window.contexts].filter(context => !context.isContextLost()).length"
OWN = "() => [...window.contexts].filter(made => made.canvas.className === 'lw-scene' && !made.isContextLost()).length"


def alive(page: OpenNotebook) -> int:
    return int(page.page.evaluate(ALIVE))


def objects(page: OpenNotebook) -> int:
    return int(page.page.evaluate("() => window.objects"))


def own_contexts(page: OpenNotebook) -> int:
    return int(page.page.evaluate(OWN))


def run_and_await(page: OpenNotebook) -> None:
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    page.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    seq = page.kernel("print(len(made))")
    page.page.locator(f"canvas[data-view=surface][data-seq='{seq}']").wait_for()
    page.page.locator(".ipyvolume-canvas-container canvas").first.wait_for()


def test_twenty_five_runs_of_both_views_leave_the_contexts_and_objects_of_one(notebook):
    page = notebook(SETUP, SHOW, run=False)
    page.page.evaluate(WATCH)
    page.run_all()
    run_and_await(page)
    page.wait_until(lambda: page.kernel("print(all(view.ready(len(made)) for view in views))") == "True", "both draw")
    page.wait_until(lambda: page.page.locator(".lw-scene").count() == 1, "the first run's views are gone")
    page.page.wait_for_timeout(1000)  # longer than the guard's grace
    assert own_contexts(page) == 1
    of_one = alive(page), objects(page)
    assert min(of_one) > 1
    for _ in range(RUNS - 2):
        run_and_await(page)
    page.wait_until(lambda: (alive(page), objects(page)) == of_one, "the others are given back")
    assert page.page.evaluate("() => window.contexts.size") >= 2 * RUNS
    page.kernel("for view in made: view.close()")
    page.wait_until(lambda: (own_contexts(page), objects(page)) == (0, 0), "closing gives the last of our own back")
    page.assert_no_problems()
