"""`landscape-widget gallery`: its page and pictures, and what it refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import landscape_widget as lw
from landscape_widget import __main__ as command_line
from landscape_widget.gallery import command
from landscape_widget.gallery.exhibits import CURVES, RECIPES, SECTIONS, Exhibit
from landscape_widget.recipes import RECIPES as BOOK
from landscape_widget.shapes.classification import CURVE_KINDS

PNG = b"\x89PNG\r\n\x1a\n"
DOWNHILL = next(exhibit for exhibit in CURVES if exhibit.name == "downhill")
QUICK = Exhibit(
    "quick",
    "v-basin",
    "Noise, <fast> & coarse.",
    "d = landscape.directions.gaussian(seed=0)\ncurve = landscape.curve(d, exact=True, points=9)",
)
FLANK = next(exhibit for exhibit in RECIPES if exhibit.name == "recipe-flank")


class Page(HTMLParser):
    """Tags, images and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        self.links += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_every_kind_of_curve_and_every_recipe_hangs_in_it() -> None:
    assert {exhibit.kind for exhibit in CURVES} == set(CURVE_KINDS) - {"unclear", "off-centre"}
    assert {exhibit.name: exhibit.kind for exhibit in RECIPES} == {f"recipe-{r.name}": r.kind for r in BOOK.values()}
    assert {exhibit.checkpoint for exhibit in (*CURVES, *RECIPES)} <= set(lw.demo_checkpoints())
    names = [exhibit.name for section in SECTIONS.values() for exhibit in section]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parent") / "new" / "gallery"
    assert command.make(folder, {"Curves": (QUICK, DOWNHILL), "Surfaces": (FLANK,)}) == 0
    return folder


def test_it_writes_pictures_and_one_page(gallery: Path) -> None:
    files = {path.name for path in gallery.iterdir()}
    assert files == {"index.html", "quick.png", "downhill.png", "recipe-flank.png"}
    pictures = [path.read_bytes() for path in gallery.glob("*.png")]
    assert all(picture.startswith(PNG) for picture in pictures)
    assert len(set(pictures)) == 3


def test_the_page_needs_no_scripts_and_nothing_from_elsewhere(gallery: Path) -> None:
    text = (gallery / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert page.links == ["https://arxiv.org/abs/2405.12493", "quick.png", "downhill.png", "recipe-flank.png"]
    assert "color-scheme: light dark" in text
    assert "@import" not in text
    assert "url(" not in text
    assert page.tags.count("article") == 3
    assert all(image["alt"] for image in page.images)


def test_each_picture_has_kind_reason_evidence_caption_and_its_python(gallery: Path) -> None:
    text = (gallery / "index.html").read_text(encoding="utf-8")
    words = Page(text).words
    assert "Noise, <fast> & coarse." in words
    assert "&lt;fast&gt; &amp; coarse." in text
    assert QUICK.python in words
    assert 'landscape = lw.demo("early")\nrecipe = landscape.recipe("flank")' in words
    found = lw.demo("early").recipe("flank", progress=False)
    assert found.surface.classification.reason in words
    assert found.surface.caption in words
    assert str(found.evidence) in words
    assert re.search(r'<h3>downhill <span class="kind">v-side</span></h3>', text)


def test_a_kind_that_is_not_shown_is_a_failure_with_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = replace(QUICK, name="wrong", kind="w-peak")
    assert command.make(tmp_path / "gallery", {"Curves": (wrong,)}) == 1
    out, err = capsys.readouterr()
    assert err == "landscape-widget: not of the kind that they must show: wrong\n"
    assert re.match(r"1/1 wrong \.\.\. v-basin, \d+ s\n", out)
    assert "This should be a w-peak." in Page((tmp_path / "gallery" / "index.html").read_text()).words


def test_mining_that_did_not_succeed_is_a_failure(tmp_path: Path) -> None:
    code = 'mined = landscape.mine("w-peak", steps=1, progress=False)\ncurve = mined.curve()'
    hopeless = Exhibit("hopeless", "v-basin", "One step is no mining.", code)
    assert command.make(tmp_path / "gallery", {"Curves": (hopeless,)}) == 1


@pytest.mark.parametrize("inside", ["raise KeyboardInterrupt", "landscape.mine('w-peak', progress=interrupt)"])
def test_an_interrupt_leaves_a_page_of_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], inside: str
) -> None:
    code = f"def interrupt(done, total):\n    raise KeyboardInterrupt\n{inside}"
    stopped = Exhibit("stopped", "w-peak", "Never.", code)
    assert command.make(tmp_path / "gallery", {"Curves": (QUICK, stopped, DOWNHILL)}) == 130
    assert "Interrupted: the page holds what there is." in capsys.readouterr().out
    page = Page((tmp_path / "gallery" / "index.html").read_text())
    assert [image["src"] for image in page.images] == ["quick.png"]


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("my own work")
    assert command_line.main(["gallery", str(tmp_path)]) == 1
    words = f"DIR must be an empty folder, or a new one, got '{tmp_path}'. Something is in it."
    assert capsys.readouterr().err == f"landscape-widget: {words}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert command_line.main(["gallery", str(tmp_path / "file")]) == 1
    assert f"DIR must be a folder, got '{tmp_path / 'file'}'. A file has that name." in capsys.readouterr().err


def test_without_matplotlib_it_says_how_to_get_it(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert command_line.main(["gallery", str(tmp_path)]) == 1
    assert "matplotlib is not installed. Install it: " in capsys.readouterr().err
