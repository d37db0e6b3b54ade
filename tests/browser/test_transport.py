"""Pictures also reach a page that sees nothing of what a thread writes, as on Colab."""

from __future__ import annotations

import pytest

from browser.open_notebook import OpenNotebook
from browser.test_explorer import CURVE, SMALL, explorer, slider

pytestmark = pytest.mark.browser

# What the worker sends is lost while `is_deaf`.
DEAF = """
import threading
from ipywidgets import Widget
from landscape_widget.widget.session import THREAD_NAME

is_deaf, send = True, Widget._send

def send_unless_deaf(widget, *args, **options):
    if not (is_deaf and threading.current_thread().name == THREAD_NAME):
        send(widget, *args, **options)

Widget._send = send_unless_deaf
"""
EXPLORE = """
x = landscape.explore(panels=("curve",), prefetch=False, height=320)
x._panels.curve.known = ""  # pictures come from the kernel alone
x
"""


def drawn(page: OpenNotebook) -> str:
    return str(explorer(page).locator(CURVE).get_attribute("data-seq"))


def transport(page: OpenNotebook) -> tuple[bool, bool]:
    said = page.kernel("print(x._conductor.transport.is_pulled, x._panels.ticker.is_running)").split()
    return said[0] == "True", said[1] == "True"


def test_pictures_are_pulled_where_the_workers_messages_do_not_come_and_pushed_where_they_do(notebook):
    page = notebook(SMALL, DEAF, EXPLORE)
    page.wait_until(lambda: drawn(page) != "None", "the first picture is pulled")
    page.wait_until(lambda: transport(page) == (True, False), "the page stops asking once all is drawn")
    before = drawn(page)
    for _ in range(5):
        slider(page, "Mixing °").press("ArrowRight")
    page.wait_until(lambda: drawn(page) != before, "the next picture is pulled")
    page.wait_until(lambda: "points computed in" in explorer(page).inner_text(), "and so are the texts")
    page.wait_until(lambda: not transport(page)[1], "the page stops asking again")
    asked = page.kernel("print(x._panels.ticker.tick[0])")
    page.kernel("is_deaf = False")
    slider(page, "Mixing °").press("ArrowRight")
    page.wait_until(lambda: transport(page) == (False, False), "the worker's messages are enough")
    assert int(page.kernel("print(x._panels.ticker.tick[0])")) > int(asked)
    page.assert_no_problems()
