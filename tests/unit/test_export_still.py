"""Pictures for hosts without widgets: in the explorer's mimebundle, by `snapshot`, in a notebook run by a program."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from PIL import Image

from explorer_cases import explorers, make_landscape
from landscape_widget.widget.export import bundle
from landscape_widget.widget.export.bundle import is_run_by_a_program, with_picture

VIEW = "application/vnd.jupyter.widget-view+json"
SUMMARY = re.compile(r"Loss along gaussian, seed 0 and gaussian, seed 2\n.*surface: \w.* · losses .*\n.*30 of 30 train")
TESTS = Path(__file__).parents[1]


def opened(png: str | bytes) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(png) if isinstance(png, str) else png))


def assert_is_picture(png: str | bytes) -> None:
    """Two plots, large enough, with the colours of both."""
    pixels = np.asarray(opened(png).convert("RGB"))
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 800
    for half in np.array_split(pixels, 2, axis=1):
        assert len(np.unique(half.reshape(-1, 3), axis=0)) > 20
        assert 0.02 < (half < 200).any(axis=-1).mean() < 0.98


@pytest.fixture(scope="module")
def landscape():
    return make_landscape()


def test_the_bundle_has_a_picture_and_a_summary_beside_the_widget(landscape):
    with explorers(landscape) as start:
        x = start()
        x.wait(100)
        data = x._repr_mimebundle_()
        assert data[VIEW]["model_id"] == x.model_id
        assert data["text/plain"].startswith("Explorer(a='gaussian'")
        assert SUMMARY.search(data["text/plain"])
        assert_is_picture(data["image/png"])
        assert len(data["image/png"]) < 80_000


def test_the_picture_carries_where_it_comes_from(landscape):
    with explorers(landscape) as start:
        x = start()
        x.wait(100)
        told = opened(x._repr_mimebundle_()["image/png"]).text
        assert told["Description"] == x.surface.caption
        assert told["Code"] == x.code()
        assert json.loads(told["Provenance"])["surface"]["samples"] == list(x.surface.samples)


def test_a_snapshot_leaves_picture_and_words(landscape, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "landscape_widget.widget.explorer.display", lambda *data, **options: shown.append((data, options))
    )
    with explorers(landscape) as start:
        x = start(panels=("curve", "map"))
        x.wait(100)
        assert x.snapshot() is None
    ((data,), options) = shown[0]
    assert_is_picture(data["image/png"])
    assert SUMMARY.search(data["text/plain"])
    assert options == {"raw": True, "metadata": {"image/png": {"alt": data["text/plain"]}}}


class Waiting:
    """An explorer whose picture comes with the third look at it; notes what is asked of it."""

    model_id = "abc"
    is_busy = True

    def __init__(self, exhibit: object) -> None:
        self._exhibit, self.looks, self.waited = exhibit, 0, []

    @property
    def has_picture(self) -> bool:
        self.looks += 1
        return self.looks > 2

    def wait(self, timeout: float) -> None:
        self.waited.append(timeout)
        raise TimeoutError

    def exhibit(self) -> object:
        return self._exhibit


@pytest.fixture
def exhibit(landscape):
    with explorers(landscape) as start:
        x = start()
        x.wait(100)
        yield x.exhibit()


def test_a_live_notebook_waits_for_nothing_and_a_program_waits_for_the_first_picture(exhibit, monkeypatch):
    shown = []
    show = lambda data, raw: shown.append(data)  # noqa: E731
    live = Waiting(exhibit)
    assert with_picture({"text/plain": "x"}, live, show) == {"text/plain": "x"}
    assert not live.waited
    monkeypatch.setattr(bundle, "is_run_by_a_program", lambda: True)
    unseen = Waiting(exhibit)
    assert_is_picture(with_picture({"text/plain": "x"}, unseen, show)["image/png"])
    assert unseen.waited == [bundle.PATIENCE_SECONDS]
    assert len(shown) == 1
    assert 'class="lw-still-abc"' in shown[0]["text/html"]
    failed = Waiting(exhibit)
    failed.wait = lambda _: (_ for _ in ()).throw(ValueError("the loss is no number"))
    assert with_picture({"text/plain": "x"}, failed, show) == {"text/plain": "x"}


def test_a_front_end_is_known_by_the_cell_that_it_names(monkeypatch):
    def kernel(metadata: dict) -> None:
        parent = {"metadata": metadata, "header": {"msg_id": "1"}}
        shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda _: parent))
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)

    assert not is_run_by_a_program()  # there is no kernel
    kernel({"cellId": "c"})
    assert not is_run_by_a_program()
    kernel({})
    assert is_run_by_a_program()
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert not is_run_by_a_program()


def test_a_notebook_run_by_nbconvert_shows_the_picture_in_a_page_without_scripts(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
        "from explorer_cases import make_landscape\nmake_landscape().explore(prefetch=False)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    ExecutePreprocessor(timeout=300, kernel_name="python3").preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
    still, widget = notebook.cells[0].outputs
    assert_is_picture(widget["data"]["image/png"])
    assert SUMMARY.search(widget["data"]["text/plain"])
    page, _ = HTMLExporter().from_notebook_node(notebook)
    without_scripts = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    (picture,) = re.findall(r"<img [^>]*>", without_scripts)
    assert_is_picture(re.search(r'src="data:image/png;base64,([^"]+)"', picture).group(1))
    assert SUMMARY.search(html.unescape(re.search(r'alt="([^"]+)"', picture).group(1)))
    assert list(still["data"]) == ["text/html", "text/plain"]
    # And where the widget is alive, its own style hides what stands in for it.
    states = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    rule = f".lw-still-{widget['data'][VIEW]['model_id']} {{ display: none; }}"
    assert any(rule in str(state["state"].get("value", "")) for state in states.values())
