from __future__ import annotations

import gc

import pytest

from landscape_widget.widget import reruns


class Made:
    def __init__(self) -> None:
        self.is_superseded = False

    def supersede(self) -> None:
        self.is_superseded = True


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(reruns, "_MADE", {})


def made(*places: tuple[str, str] | None) -> list[Made]:
    explorers = [Made() for _ in places]
    for explorer, place in zip(explorers, places, strict=True):
        reruns.note_made(explorer, place)
    return explorers


def test_running_a_cell_again_supersedes_what_it_made_before():
    first, second, third = made(("cell", "run 1"), ("cell", "run 2"), ("cell", "run 3"))
    assert [explorer.is_superseded for explorer in (first, second, third)] == [True, True, False]


def test_two_explorers_of_one_run_and_those_of_other_cells_stay():
    explorers = made(("cell", "run 1"), ("cell", "run 1"), ("other", "run 2"), None, None)
    assert not any(explorer.is_superseded for explorer in explorers)


def test_explorers_that_are_gone_are_not_kept_alive():
    reruns.note_made(Made(), ("cell", "run 1"))
    gc.collect()
    assert [reference() for reference in reruns._MADE["cell"][1]] == [None]
    reruns.note_made(Made(), ("cell", "run 2"))


def test_outside_a_notebook_there_is_no_cell():
    assert reruns.running_cell() is None
    reruns.around_each_cell(lambda: None, lambda: None)()
