"""The exported page: what is in the file, read as a browser reads it, and how it is written."""

from __future__ import annotations

import base64
import json
import threading
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import landscape_widget as lw
from explorer_cases import explorers, make_data, make_landscape, make_network, until
from landscape_widget.slices.chebyshev import Axis, Interpolant
from landscape_widget.widget.export.data import script_json

EVIL = 'gone</script><script>alert(1)</script><!--"&'


@pytest.fixture(scope="module")
def landscape():
    return make_landscape()


class Elements(HTMLParser):
    """Texts by the id or the name of their element, and every address that the page names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.scripts = 0
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.scripts += tag == "script"
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "link", "img", "input"):
            self._open.append(named.get("id") or named.get("data-page-view") or tag)
            self.texts.setdefault(self._open[-1], "")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] += data


def read(path: Path) -> Elements:
    return Elements(path.read_text(encoding="utf-8"))


def page_data(path: Path) -> dict:
    return json.loads(read(path).texts["page-data"])


def array(frame: dict, name: str) -> np.ndarray:
    packed = frame["arrays"][name]
    return np.frombuffer(base64.b64decode(packed["data"]), dtype=packed["dtype"]).reshape(packed["shape"])


def test_a_page_has_all_that_it_needs_and_says_where_it_comes_from(landscape, tmp_path):
    before, told = landscape.evaluations, []
    path = landscape.export(tmp_path / "page.html", span=0.8, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 100
    assert landscape.evaluations - before - told[-1][0] <= 1  # one point may be timed first
    found = read(path)
    assert path.stat().st_size < 150_000
    assert not found.addresses
    assert {"curve", "map", "surface", "page-controls", "page-now", "noscript"} <= set(found.texts)
    assert "alpha -0.8 to 0.8 along gaussian, seed 0" in found.texts["p"]
    assert "30 of 30 train samples" in found.texts["p"]
    assert found.texts["title"] == "Loss along gaussian, seed 0 and gaussian, seed 1"
    provenance = json.loads(found.texts["page-provenance"])
    assert (
        provenance["surface"]["data"] == landscape.curve(landscape.directions.gaussian(), span=0.8).provenance["data"]
    )
    assert provenance["controls"]["scale"] == 0.8
    space: dict = {"landscape": landscape}
    exec(found.texts["code"], space)
    frame = page_data(path)["frames"]["map"]
    axes = [array(frame, name).astype(float).clip(-0.8, 0.8) for name in ("alphas", "betas")]
    shown = space["surface"].at(*np.meshgrid(*axes))
    assert np.abs(array(frame, "losses") - shown).max() < 0.02 * np.ptp(shown)


def test_what_is_known_goes_along_for_every_mixing_angle(landscape, tmp_path):
    data = page_data(landscape.export(tmp_path / "page.html", span=0.8, mixing=20, log_height=True, progress=False))
    assert data["is_log"] is True
    assert data["frames"]["curve"]["asked"] == {"mixing": 20, "scale": 0.8, "resolution": 41}
    assert data["axes"]["map"]["log"][0] > 0
    parts = [part for part in data["known"]["parts"] if part["turn"]]
    place = data["known"]["parts"].index(parts[-1])
    function = Interpolant(tuple(Axis(*axis) for axis in parts[-1]["axes"]), array(data["known"], f"values_{place}"))
    space: dict = {"landscape": landscape}
    exec(read(tmp_path / "page.html").texts["code"], space)
    exact = landscape.surface(space["a"], space["b"], span=0.75, exact=True, points=5, progress=False)
    assert np.abs(function.on_grid(exact.alphas, exact.betas) - exact.losses).max() < 0.02 * np.ptp(exact.losses)


def test_labels_cannot_break_out_of_the_page(landscape, tmp_path):
    d = landscape.directions.from_vector(landscape.directions.gaussian(seed=3).vector)
    object.__setattr__(d, "label", EVIL)
    plain = read(landscape.export(tmp_path / "plain.html", span=0.5, progress=False)).scripts
    found = read(landscape.export(tmp_path / "evil.html", d, span=0.5, title=EVIL, progress=False))
    assert found.scripts == plain == 4
    assert found.texts["h1"] == found.texts["title"] == EVIL
    assert EVIL[:20] in json.loads(found.texts["page-data"])["frames"]["map"]["alpha_label"]
    assert json.loads(script_json({"a": EVIL, "b": float("nan"), "c": np.float32(0.5)})) == {
        "a": EVIL,
        "b": "nan",
        "c": 0.5,
    }


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        (7, TypeError, r"path must be a path, got 7. Write 'page.html'."),
        ("page.txt", ValueError, r"path must be the name of a page, ending in .html, got 'page.txt'"),
        (
            "missing/page.html",
            FileNotFoundError,
            r"path must lie in an existing folder, got 'missing.page",
        ),
        (".", IsADirectoryError, r"path must be a file, got the folder '.'. Add a name: 'page.html'."),
    ],
)
def test_a_path_that_cannot_be_written_is_named_before_anything_is_computed(
    landscape, tmp_path, monkeypatch, path, error, text
):
    monkeypatch.chdir(tmp_path)
    before = landscape.evaluations
    with pytest.raises(error, match=text):
        landscape.export(path)
    with pytest.raises(TypeError, match="log_height must be True or False, got 1"):
        landscape.export("page.html", log_height=1)
    assert landscape.evaluations == before
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_as_a_whole_or_not_at_all(landscape, tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("before")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        landscape.export(path, span=0.5, progress=False)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    monkeypatch.undo()
    landscape.export(path, span=0.5, progress=False)
    assert path.read_text().startswith("<!doctype html>")


def test_an_explorer_exports_what_it_shows_and_computes_nothing(landscape, tmp_path):
    with explorers(landscape) as start:
        x = start(c="none", span=0.7, mixing=15.0)
        x.wait(100)
        before = landscape.evaluations
        data = page_data(x.export(tmp_path / "x.html", title="Mine"))
        assert landscape.evaluations == before
        assert data["frames"]["map"]["asked"] == {"mixing": 15, "scale": 0.7, "resolution": 7}
        assert array(data["frames"]["map"], "losses") == pytest.approx(x.surface.losses, rel=1e-6)
        assert any(part["turn"] is True for part in data["known"]["parts"])
        assert data["known"]["sources"] == {}
        assert x.code() == read(tmp_path / "x.html").texts["code"]
        with x._conductor._controls.quiet():
            x.controls["seed"].value = 9  # the pictures are still those of the seed before
        assert page_data(x.export(tmp_path / "x.html"))["known"] == {}


def test_only_the_panels_and_the_mining_that_are_shown_go_along(landscape, tmp_path):
    with explorers(landscape) as start:
        x = start(panels=("curve",))
        x.controls["mining_steps"].value = 10
        x.wait(100)
        path = x.export(tmp_path / "x.html")
        found, data = read(path), page_data(path)
        assert set(data["frames"]) == {"curve", "history"}
        assert {"curve", "history"} <= set(found.texts)
        assert "surface" not in found.texts
        assert "constructed, not typical" in found.texts["p"]
        assert data["frames"]["curve"]["is_mined"] is True


def test_of_a_volume_only_the_points_go_along_that_curves_can_meet(landscape, tmp_path):
    with explorers(landscape, prefetch=True) as start:
        x = start(span=0.5)
        x.wait(100)
        until(lambda: not x._conductor.worker.has_spare_work)
        known = page_data(x.export(tmp_path / "x.html"))["known"]
        place = next(place for place, part in enumerate(known["parts"]) if len(part["axes"]) == 3)
        nodes = array(known, f"nodes_{place}")
        assert len(nodes) > 50
        assert (nodes[:, 2] == 0).all()
        assert (tmp_path / "x.html").stat().st_size < 200_000


def test_a_busy_explorer_is_exported_at_once_and_says_so(tmp_path):
    free = threading.Event()
    free.set()

    def loss(outputs, targets):
        assert free.wait(60)
        return nn.functional.cross_entropy(outputs, targets)

    landscape = lw.Landscape(make_network(), loss, make_data(30))
    free.clear()
    with explorers(landscape) as start:
        x = start()
        with pytest.raises(RuntimeError, match=r"There is no picture yet. Call x.wait\(\) first"):
            x.export(tmp_path / "x.html")
        free.set()
        x.wait(100)
        free.clear()
        x.controls["seed"].value = 5
        found = read(x.export(tmp_path / "x.html"))
        free.set()
        assert "taken while the explorer was computing" in found.texts["p"]
        assert "seed 0" in found.texts["title"]
