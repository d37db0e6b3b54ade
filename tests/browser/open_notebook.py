"""A notebook open in the browser: run its cells, ask its kernel, see its pixels, keep what went wrong."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import nbformat
import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from browser.lab import Lab

PATIENCE_S = 90.0  # the longest that anything may take on two busy cores; no test is about this number
# anywidget gives a module 2 s to load. Software WebGL on busy cores can hold a page for longer; what is then
# missing fails a test by its own assertions.
SLOW_PAGE = "[anywidget] Failed to initialize model."
# Notebook 7 raises these by itself, before any cell runs: the first where Voila's extension is installed beside it.
NOTEBOOK_7 = (
    "Cannot read properties of undefined (reading 'schema')",
    "Command 'filebrowser:open-path' not registered.",
)

# Without all three, "run all cells" does nothing and says nothing.
READY = """async () => {
  const notebook = window.jupyterapp.shell.currentWidget;
  await notebook.context.ready;
  await notebook.context.sessionContext.ready;
  await notebook.context.sessionContext.session.kernel.info;
}"""
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.outputArea).map(cell => cell.outputArea.model.toJSON())"""
ASK_KERNEL = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
  const reply = kernel.requestExecute({ code, store_history: false });
  let printed = '', error = null;
  reply.onIOPub = ({ header, content }) => {
    if (header.msg_type === 'stream') printed += content.text;
    if (header.msg_type === 'error') error = `${content.ename}: ${content.evalue}`;
  };
  await reply.done;
  return { printed, error };
}"""
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()"
LIGHT = "JupyterLab Light"
IS_THEME = "theme => document.body.dataset.jpThemeName === theme"
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"


class OpenNotebook:
    """A notebook in a page of its own. `problems` holds what a page must never have shown."""

    def __init__(self, page: Page, lab: Lab, host: str = "doc/tree", may_ask: tuple[str, ...] = ()) -> None:
        """`host`: path of JupyterLab or Notebook 7; `may_ask`: beginnings of addresses that the host itself asks."""
        self.page = page
        self.lab = lab
        self._host, self._may_ask = host, may_ask
        self.problems: list[str] = []
        page.on("pageerror", self._on_error)
        page.on("console", self._on_console)
        page.on("request", lambda request: self._on_request(request.url))
        page.on("websocket", lambda socket: self._on_request(socket.url))

    def _on_error(self, error: Any) -> None:
        is_of_host = self._host == "notebooks" and str(error) in NOTEBOOK_7
        if SLOW_PAGE not in str(error) and not is_of_host:
            self.problems.append(f"page error: {error}")

    def _on_console(self, message: Any) -> None:
        if "Too many active WebGL contexts" in message.text:
            self.problems.append(message.text)

    def _on_request(self, url: str) -> None:
        address = urlsplit(url)
        if url.startswith(self._may_ask):
            return
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != urlsplit(self.lab.url).netloc:
            self.problems.append(f"request to another machine: {url}")

    def open(self, cells: tuple[str, ...], name: str) -> None:
        """Write a notebook of these cells and open it, its kernel ready."""
        self.write(cells, name)
        self.show(name)

    def write(self, cells: tuple[str, ...], name: str) -> None:
        """Write a notebook of these cells into the server's folder."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, self.lab.root / name)

    def show(self, name: str) -> None:
        """Open a notebook that lies in the server's folder, its kernel ready."""
        self.page.goto(f"{self.lab.url}/{self._host}/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE_S * 1000)
        self.page.evaluate(READY)
        self.set_theme(LIGHT)  # the server remembers what an earlier notebook chose

    def run_all(self, *, may_fail: bool = False) -> None:
        """Run every cell to its end; an error in one fails the test unless `may_fail`."""
        self.page.evaluate(RUN_ALL)
        errors = [out["evalue"] for cell in self.outputs() for out in cell if out["output_type"] == "error"]
        assert may_fail or not errors, f"a cell failed: {errors}"

    def outputs(self) -> list[list[dict[str, Any]]]:
        """What each code cell has put out, in nbformat's words."""
        return self.page.evaluate(OUTPUTS)  # type: ignore[no-any-return]

    def kernel(self, code: str) -> str:
        """Run code in the notebook's kernel, outside its cells; what it printed."""
        answer = self.page.evaluate(ASK_KERNEL, code)
        assert answer["error"] is None, f"{code!r} raised {answer['error']}"
        return str(answer["printed"]).strip()

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Ask again and again, the page running on between, until the condition holds."""
        until = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < until, f"never happened: {what}. Problems: {self.problems}"
            self.page.wait_for_timeout(20)

    def pixels(self, element: str | Locator) -> np.ndarray:
        """What an element shows: [rows, columns, 3] integers from 0 to 255."""
        place = self.page.locator(element).last if isinstance(element, str) else element
        return np.asarray(Image.open(io.BytesIO(place.screenshot())).convert("RGB")).astype(int)

    def set_theme(self, theme: str) -> None:
        """Switch JupyterLab to "JupyterLab Light" or "JupyterLab Dark"."""
        self.page.evaluate(THEME, theme)
        self.page.wait_for_function(IS_THEME, arg=theme, timeout=PATIENCE_S * 1000)

    def assert_no_problems(self) -> None:
        """No page error, no lost WebGL context, nothing asked of another machine."""
        assert not self.problems, "\n".join(self.problems)

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        self.page.evaluate(SHUT_DOWN)
        self.page.close()
