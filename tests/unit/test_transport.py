"""What the worker writes reaches the page, by push or by pull; the page's side is in js/test/tick.test.ts."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable

import ipywidgets as widgets
import pytest

from landscape_widget.widget import colab
from landscape_widget.widget.transport import PATIENCE_SECONDS, PULL_PAUSE_MS, PUSH_PAUSE_MS, Transport
from landscape_widget.widget.views import Ticker

WORKER = "a worker"


class Page:
    """A text that a worker writes to, and a page that asks; `sent` is what the answers have brought."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.is_working = 100.0, True
        self.text, self.ticker = widgets.HTML(), Ticker()
        self.transport = Transport(self.ticker, lambda: self.is_working, WORKER, lambda: self.now)
        self.transport.follow([self.text])
        self.sent: list[set[str]] = []
        monkeypatch.setattr(widgets.HTML, "send_state", self._on_send)

    def _on_send(self, key: str | set[str]) -> None:
        if isinstance(key, set):  # a single name is a message of the change itself
            self.sent.append(key)

    def work(self, act: Callable[[], object]) -> None:
        thread = threading.Thread(target=act, name=WORKER)
        thread.start()
        thread.join()

    def write(self, value: str) -> None:
        def act() -> None:
            self.text.value = value
            self.transport.beat()

        self.work(act)

    def ask(self, *, hears: bool, after: float = 1.0) -> None:
        self.now += after
        count, seen = self.ticker.tick
        self.ticker.set_state({"tick": [count + 1, self.ticker.pulse if hears else seen]})
        assert self.ticker.answered == count + 1


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_where_the_workers_messages_come_answers_bring_nothing(page):
    page.write("one")
    page.ask(hears=True)
    page.write("two")
    page.ask(hears=True, after=10 * PATIENCE_SECONDS)
    assert page.sent == []
    assert not page.transport.is_pulled
    assert page.ticker.pause_ms == PUSH_PAUSE_MS


def test_where_they_have_not_come_for_two_seconds_answers_bring_what_was_written(page):
    page.write("one")
    page.ask(hears=False)
    assert page.sent == []
    page.ask(hears=False, after=PATIENCE_SECONDS)
    assert page.sent == [{"value"}]
    assert page.ticker.pause_ms == PULL_PAUSE_MS
    page.ask(hears=False)
    assert page.sent == [{"value"}]  # nothing new
    page.write("two")
    page.ask(hears=False)
    assert page.sent == [{"value"}, {"value"}]


def test_a_beat_that_comes_ends_the_pull(page):
    page.write("one")
    page.ask(hears=False, after=1.5 * PATIENCE_SECONDS)
    assert page.transport.is_pulled
    page.write("two")  # a new beat: the old one is given up
    page.ask(hears=True)
    assert not page.transport.is_pulled
    assert page.ticker.pause_ms == PUSH_PAUSE_MS
    page.write("three")
    page.ask(hears=True)
    assert page.sent == [{"value"}]


def test_the_page_asks_from_the_beginning_of_work_to_its_end(page):
    page.transport.begin()
    assert page.ticker.is_running
    page.write("one")
    page.ask(hears=True)
    assert page.ticker.is_running
    page.is_working = False
    page.ask(hears=True)
    assert not page.ticker.is_running


def test_work_that_ends_early_is_asked_after_until_it_is_known_to_have_come(page):
    page.transport.begin()
    page.write("all")
    page.is_working = False
    page.ask(hears=False)
    assert page.ticker.is_running
    page.ask(hears=False, after=PATIENCE_SECONDS)
    assert page.sent == [{"value"}]
    assert not page.ticker.is_running


def test_what_a_cell_or_a_callback_writes_is_not_sent_again(page):
    page.text.value = "of a cell"
    page.work(page.transport.beat)
    page.ask(hears=False, after=1.5 * PATIENCE_SECONDS)
    assert page.transport.is_pulled
    assert page.sent == []


@pytest.fixture
def _fresh_colab():
    colab.prepare_colab.cache_clear()
    yield
    colab.prepare_colab.cache_clear()


@pytest.mark.usefixtures("_fresh_colab")
def test_on_colab_its_widget_manager_is_asked_for_once(monkeypatch):
    calls: list[str] = []
    output = types.ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda: calls.append("enabled")
    package = types.ModuleType("google.colab")
    for module in (package, output):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    colab.prepare_colab()
    colab.prepare_colab()
    assert calls == ["enabled"]


@pytest.mark.usefixtures("_fresh_colab")
@pytest.mark.parametrize("name", ["google.colab", "somewhere.else"])
def test_elsewhere_nothing_is_asked_and_nothing_fails(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    colab.prepare_colab()
