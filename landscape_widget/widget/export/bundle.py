"""What an explorer leaves in a notebook beside the widget: a picture and a few lines, for hosts that run no widgets.

In a live notebook displaying waits for nothing: there is a picture where one is complete by then, and `x.snapshot()`
leaves one later. Where cells are run by a program (nbconvert, papermill), nobody ever sees the widget compute: there
displaying waits for the picture. nbconvert then writes the widget into its page, which shows nothing without scripts
from elsewhere; so the picture is left once more as an output of its own, which the widget hides where it is alive.
"""

from __future__ import annotations

import os
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import Any, Protocol

from landscape_widget.widget.export.exhibit import Exhibit
from landscape_widget.widget.export.still import png_of
from landscape_widget.widget.reruns import running_cell

PATIENCE_SECONDS = 20.0  # for a complete picture, where cells are run by a program
LONGEST_SECONDS = 120.0  # for the first coarse one, where even that takes so long
LOOK_SECONDS = 0.05


class Shown(Protocol):
    """An explorer, as far as it is needed here."""

    model_id: str

    @property
    def has_picture(self) -> bool:
        """Whether anything is shown by now."""

    @property
    def is_busy(self) -> bool:
        """Whether the picture is still being worked at."""

    def wait(self, timeout: float) -> None:
        """Return when the pictures match the controls."""

    def exhibit(self) -> Exhibit:
        """What is shown now."""


def is_run_by_a_program() -> bool:
    """Whether a kernel runs this cell and no front end sent it, as they do with the cell's name.

    Voila runs cells by a program, too, and shows them live; Colab may not tell the name.
    """
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila") or "google.colab" in sys.modules:
        return False
    return _has_kernel() and running_cell() is None


def _has_kernel() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def with_picture(data: dict[str, Any], explorer: Shown, show: Callable[..., object]) -> dict[str, Any]:
    """A mimebundle with a picture and a summary, where there is one to show.

    Args:
        data: Of the widget: its view, and its `repr`.
        explorer: Which.
        show: `IPython.display.display`.
    """
    is_unseen = is_run_by_a_program()
    if is_unseen:
        _await_picture(explorer)
    if not explorer.has_picture or (explorer.is_busy and not is_unseen):
        return data
    exhibit = explorer.exhibit()
    png = b64encode(png_of(exhibit)).decode("ascii")
    if is_unseen:
        html = _figure(exhibit, png, explorer.model_id)
        show({"text/html": html, "text/plain": exhibit.title}, raw=True)
    return {**data, "text/plain": f"{data['text/plain']}\n{exhibit.summary()}", "image/png": png}


def snapshot(exhibit: Exhibit, show: Callable[..., object]) -> None:
    """Leave a static output: the picture, and the same in words."""
    summary = exhibit.summary()
    data = {"image/png": b64encode(png_of(exhibit)).decode("ascii"), "text/plain": summary}
    show(data, raw=True, metadata={"image/png": {"alt": summary}})


def hiding_style(model_id: str) -> str:
    """What a living widget adds to the page: the picture that stands in for it is not needed there."""
    return f"<style>.lw-still-{model_id} {{ display: none; }}</style>"


def _await_picture(explorer: Shown) -> None:
    """What was raised meanwhile is told by the widget, and by `x.wait()`: a cell that only displays goes on."""
    until = time.monotonic() + LONGEST_SECONDS
    try:
        explorer.wait(PATIENCE_SECONDS)
    except TimeoutError:
        while explorer.is_busy and not explorer.has_picture and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
    except Exception:
        return


def _figure(exhibit: Exhibit, png: str, model_id: str) -> str:
    return (
        f'<figure class="lw-still-{model_id}" style="margin: 0">'
        f'<img src="data:image/png;base64,{png}" alt="{escape(exhibit.summary())}" style="max-width: 100%">'
        f"<figcaption>{escape(exhibit.caption)}</figcaption></figure>"
    )
