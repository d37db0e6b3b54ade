"""A recipe as a job: short steps that can stop, go on, be dropped and be interrupted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import landscape_widget as lw
from landscape_widget.recipes import Prepared, prepare
from landscape_widget.recipes.workbench import Said, Steps
from mining_cases import double_well, landscape
from recipe_cases import bottle, made


def started(landscape_: lw.Landscape, name: str = "saddle") -> Steps:
    return prepare(name, landscape_._slicer, landscape_.directions)


def finished(steps: Steps) -> Prepared:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def test_it_says_what_it_does_in_short_steps() -> None:
    told = [next(steps) for steps in [started(landscape(double_well))] for _ in range(60)]
    assert {said.words for said in told} == {"mining a w-peak"}
    done = [said.done for said in told]
    assert done == sorted(done)
    assert max(np.diff(done)) == 1  # no call does two steps of mining
    assert {said.total for said in told} == {200}
    assert isinstance(told[0], Said)


def test_it_goes_on_after_other_work_with_the_same_bits() -> None:
    own = landscape(double_well)
    steps = started(own)
    for _ in range(30):
        next(steps)
    between = own.curve(own.directions.gaussian(), exact=True, points=7, progress=False)
    assert len(between.losses) == 7
    for mine, theirs in zip(finished(steps).directions, made("saddle").directions, strict=True):
        assert torch.equal(mine.vector, theirs.vector)


def test_dropping_it_leaves_the_landscape_as_it_was() -> None:
    own = landscape(bottle)
    before = own.curve(own.directions.gaussian(), exact=True, points=7, progress=False).losses
    steps = started(own, "wine-bottle")
    for _ in range(25):
        next(steps)
    steps.close()
    np.testing.assert_array_equal(
        own.curve(own.directions.gaussian(), exact=True, points=7, progress=False).losses, before
    )
    with pytest.raises(StopIteration):
        next(steps)


def test_arguments_are_checked_before_the_first_step() -> None:
    own = landscape(double_well)
    with pytest.raises(ValueError, match="name must be one of"):
        prepare("egg-box", own._slicer, own.directions)


def test_an_interrupt_keeps_what_was_mined() -> None:
    def interrupt(done: int, total: int) -> None:
        if (done, total) == (40, 200):
            raise KeyboardInterrupt

    words = "Mining was interrupted after 40 steps. The surface of what there is follows; a second interrupt ends that"
    with pytest.warns(UserWarning, match=words):
        found = landscape(double_well).recipe("saddle", progress=interrupt)
    assert found.evidence.mined is not None
    assert found.evidence.mined.report.figures["steps"] == 40
    assert found.surface.mined
    assert torch.equal(found.directions[0].vector, found.evidence.mined.direction.vector)


def test_progress_covers_mining_and_points() -> None:
    told: list[tuple[int, int]] = []
    landscape(double_well).recipe("saddle", progress=lambda done, total: told.append((done, total)))
    assert (200, 200) in told
    after = told[told.index((200, 200)) + 1 :]
    assert next(done for done, total in after if total != 200) == 1
