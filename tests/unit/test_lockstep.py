"""Tiles in threads: common statistics, failures that release the others, interrupts, thread counts."""

from __future__ import annotations

import threading

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import landscape_widget as lw
from landscape_widget.core import batchnorm, lockstep, passes
from landscape_widget.core.crew import Crew, crew
from landscape_widget.core.gate import Gate
from networks import cnn, images


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)


PATIENCE = 30  # seconds until a test gives up on a thread that hangs


def test_pooled_moments_are_those_of_all_rows():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(23, 4, generator=generator, dtype=torch.float64) + 1000  # far from 0: E[x^2] - mean^2 would fail
    parts = [(*batchnorm.moments(part), len(part)) for part in rows.split([7, 3, 13])]
    mean, variance = lockstep.pooled(parts)
    torch.testing.assert_close(mean, rows.mean(0), rtol=1e-14, atol=0)
    torch.testing.assert_close(variance, rows.var(0, correction=0), rtol=1e-9, atol=0)


def test_a_failing_tile_releases_the_others_and_its_own_error_is_raised():
    layer, x = nn.BatchNorm1d(3), torch.randn(4, 3)

    def forward(tile: int, rule: batchnorm.Rule) -> int:
        if tile == 2:
            raise RuntimeError("tile 2 failed")
        rule.statistics(layer, x)
        return tile

    with pytest.raises(RuntimeError, match="tile 2 failed"):
        lockstep.run_in_lockstep(forward, 5)
    results, record = lockstep.run_in_lockstep(lambda tile, rule: rule.statistics(layer, x) and tile, 5)
    assert results == [0, 1, 2, 3, 4]
    assert set(record) == {(layer, 0)}


def test_an_error_in_the_users_loss_leaves_a_landscape_that_works():
    fails = threading.Event()

    def loss(outputs, targets):
        if fails.is_set() and (targets == 2).any():
            raise ValueError("the user's own error")
        return F.cross_entropy(outputs, targets)

    landscape = lw.Landscape(cnn(), loss, images(70))
    expected = landscape.center_loss
    fails.set()
    with pytest.raises(ValueError, match="the user's own error"):
        landscape._engine.value(landscape.center)
    fails.clear()
    assert landscape._engine.value(landscape.center).loss == expected


def test_an_interrupt_of_the_waiting_thread_stops_the_tiles(monkeypatch):
    started, stopped = threading.Event(), threading.Event()

    def work(_: int) -> None:
        started.set()
        stopped.wait(PATIENCE)

    def interrupted(_futures):
        started.wait(PATIENCE)
        raise KeyboardInterrupt

    monkeypatch.setattr("landscape_widget.core.crew._results", interrupted)
    with pytest.raises(KeyboardInterrupt):
        crew.together(work, 3, give_up=stopped.set)
    assert stopped.is_set()


def test_results_of_a_crew_are_in_order():
    assert crew.map(lambda i: i * i, 50) == [i * i for i in range(50)]
    assert crew.map(lambda i: i, 0) == []


def test_a_crew_computes_on_one_thread_each_and_leaves_the_rest_alone():
    before = torch.get_num_threads()
    counts = Crew().together(lambda _: torch.get_num_threads(), 3, give_up=lambda: None)
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join(PATIENCE)
    assert counts == [1, 1, 1]
    assert [torch.get_num_threads(), *seen] == [before, before]


def test_two_landscapes_can_be_evaluated_from_two_threads():
    landscapes = [lw.Landscape(cnn(), F.cross_entropy, images(70)) for _ in range(2)]
    expected, found = landscapes[0].center_loss, []

    def evaluate(landscape: lw.Landscape) -> None:
        for _ in range(5):
            found.append(landscape._engine.value(landscape.center).loss)

    threads = [threading.Thread(target=evaluate, args=(landscape,)) for landscape in landscapes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == [expected] * 10


def test_too_few_values_for_statistics_are_refused_with_the_remedy():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(2)

        def forward(self, x):
            return self.norm(x.mean(0, keepdim=True)).expand(len(x), 2)

    with pytest.raises(ValueError, match="more than one value per channel with batchnorm='recalibrate', got an input"):
        lw.Landscape(Last().eval(), F.cross_entropy, (torch.randn(4, 2), torch.tensor([0, 1, 0, 1])))


def test_a_layer_that_calibration_did_not_visit_is_named():
    rule = batchnorm.Recorded({})
    with pytest.raises(RuntimeError, match=r"same order for every batch .* Use batchnorm='frozen'"):
        rule.statistics(nn.BatchNorm1d(3), torch.randn(4, 3))


def test_a_cell_comes_before_the_workers_next_step():
    gate, order = Gate(), []
    worker_has_it, may_release = threading.Event(), threading.Event()

    def worker() -> None:
        with gate.background():
            worker_has_it.set()
            may_release.wait(PATIENCE)
        with gate.background():
            order.append("worker")

    def cell() -> None:
        with gate.foreground():
            order.append("cell")

    threads = [threading.Thread(target=worker), threading.Thread(target=cell)]
    threads[0].start()
    worker_has_it.wait(PATIENCE)
    threads[1].start()
    while gate._num_waiting == 0:
        pass
    may_release.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["cell", "worker"]


def test_the_gate_can_be_entered_again_by_the_same_cell():
    gate = Gate()
    with gate.foreground(), gate.foreground():
        pass
    with gate.background():
        pass


def test_tiles_that_use_other_layers_do_not_wait_for_ever():
    layer, x = nn.BatchNorm1d(3), torch.randn(4, 3)

    def forward(tile: int, rule: batchnorm.Rule) -> None:
        if tile != 1:
            rule.statistics(layer, x)

    with pytest.raises(RuntimeError, match="same order for all samples to be computed in tiles"):
        lockstep.run_in_lockstep(forward, 4)


def test_a_model_whose_layers_depend_on_the_data_is_calibrated_in_one_batch():
    class Sometimes(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.norm = cnn(norm=False), nn.BatchNorm1d(3).double()

        def forward(self, x):
            y = self.body(x)
            return y if len(x) == 70 % passes.LOCKSTEP_TILE else self.norm(y)

    landscape = lw.Landscape(Sometimes().eval(), F.cross_entropy, images(70))
    assert landscape.center_loss > 0
    assert "calibration in one batch" in landscape._objective.remarks


def test_a_led_crew_is_as_wide_as_torch_is_where_it_was_called():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert crew.lead(lambda: (crew.width, torch.get_num_threads())) == (3, 1)
    finally:
        torch.set_num_threads(before)
    assert crew.width == before
