"""Plans are chosen by measurement on points that are wanted anyway, and never make anything slower."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import landscape_widget as lw
from landscape_widget.core import memory
from landscape_widget.core.batched import Batched
from landscape_widget.core.objective import PointValue
from landscape_widget.engine import automatic, choice, contender, plans
from landscape_widget.engine.contender import ChunkSize
from landscape_widget.engine.obstacles import obstacle
from landscape_widget.engine.plans import Job, Loop
from landscape_widget.engine.tally import Tally
from networks import cnn, images, initialised, mlp, vectors

LOOP_SECONDS = 0.01


def value_at(job: Job, point: Tensor) -> list[PointValue]:
    """Something that is quickly computed and differs from point to point."""
    return [PointValue(float(point.square().sum()), {}) for _ in job.splits]


class Rehearsal:
    """A clock that only moves when points are computed, and one plan beside the loop with a pace of its own.

    Attributes:
        pace: Points in the time of one point of the loop, for a chunk of so many points.
        error: What the plan adds to every loss.
        fails: Raised by the plan in place of values, by the number of the chunk.
        chunks: Sizes of the chunks that the plan has computed.
        looped: Points that the loop has computed.
    """

    def __init__(self, monkeypatch) -> None:
        self.now, self.looped, self.chunks = 0.0, 0, []
        self.pace, self.error, self.fails = (lambda size: 1.0), 0.0, {}
        clock = SimpleNamespace(perf_counter=lambda: self.now)
        monkeypatch.setattr(contender, "time", clock)
        monkeypatch.setattr(choice, "time", clock)
        monkeypatch.setattr(automatic, "candidates", lambda _device: [self.make])

        def timed(_loop, job, point):
            self.now += LOOP_SECONDS
            self.looped += 1
            return value_at(job, point)

        monkeypatch.setattr(Loop, "value_at", timed)

    def make(self, objective):
        rehearsal = self

        class Rehearsed:
            name, warm_up, slowness, most_points = "rehearsed", 0.0, 2.0, 10**6

            def compute(self, job, coords):
                center = objective.center
                points = [plans.point_at(center, job.axes, coord.tolist()) for coord in coords]
                return self.values_at(job, torch.stack(points))

            def values_at(self, job, points):
                rehearsal.chunks.append(len(points))
                rehearsal.now += LOOP_SECONDS * len(points) / rehearsal.pace(len(points))
                failure = rehearsal.fails.pop(len(rehearsal.chunks), None)
                if failure is not None:
                    raise failure
                rows = [value_at(job, point) for point in points]
                return [[PointValue(value.loss + rehearsal.error, {}) for value in row] for row in rows]

        return Rehearsed()


@pytest.fixture
def rehearsal(monkeypatch):
    return Rehearsal(monkeypatch)


def coords_of(count: int) -> np.ndarray:
    return np.stack([np.linspace(-0.7, 1.1, count), np.linspace(0.4, -0.2, count)], axis=1)


def losses_of(landscape: lw.Landscape, count: int, **how) -> np.ndarray:
    axes = [landscape.directions.gaussian(seed=seed).vector for seed in (3, 4)]
    return np.array([value.loss for value in landscape._engine.evaluate(axes, coords_of(count), **how)])


def small() -> lw.Landscape:
    return lw.Landscape(mlp(), F.cross_entropy, vectors(9))


def by_loop(count: int) -> np.ndarray:
    landscape = small()
    landscape._engine.plan = "loop"
    return losses_of(landscape, count)


def test_a_faster_plan_takes_over_and_its_points_are_results(rehearsal):
    rehearsal.pace = lambda size: min(size, 8)
    landscape = small()
    found = losses_of(landscape, 1000)
    counted = landscape.evaluations
    assert rehearsal.now < 1000 * LOOP_SECONDS / 4
    assert landscape._engine.plan.startswith(
        "rehearsed over chunks of 8 points (auto: loop 100 points/s; rehearsed 800"
    )
    assert counted == rehearsal.looped + sum(rehearsal.chunks)
    assert counted <= 1000 + 5
    np.testing.assert_allclose(found, by_loop(1000), rtol=1e-12)


@pytest.mark.parametrize("pace", [0.05, 0.2, 0.5, 0.9, 0.99, 1.1])
@pytest.mark.parametrize("jobs", [[25], [5, 20, 56], [81] * 12, [2000]])
def test_nothing_gets_slower(rehearsal, pace, jobs):
    rehearsal.pace = lambda size: pace
    landscape = small()
    for count in jobs:
        losses_of(landscape, count)
    assert rehearsal.now <= 1.06 * sum(jobs) * LOOP_SECONDS + 1e-9
    assert landscape._engine.plan.startswith("loop over points (auto: loop 100 points/s; rehearsed ")


def test_the_first_picture_is_computed_by_the_loop_alone(rehearsal):
    rehearsal.pace = lambda size: 100.0
    landscape = small()
    losses_of(landscape, 25)
    assert landscape.evaluations == 25
    assert rehearsal.chunks == []
    assert "rehearsed not tried yet" in landscape._engine.plan


def test_what_was_found_out_is_remembered_for_each_mode_and_split(rehearsal):
    rehearsal.pace = lambda size: 0.2
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9), splits={"test": vectors(7)})
    losses_of(landscape, 2000)
    tried = list(rehearsal.chunks)
    assert tried
    losses_of(landscape, 2000)
    assert rehearsal.chunks == tried
    losses_of(landscape, 2000, split="test")
    assert len(rehearsal.chunks) == 2 * len(tried)
    landscape._engine.plan = "auto"
    losses_of(landscape, 2000)
    assert len(rehearsal.chunks) > 2 * len(tried)


def test_a_plan_that_gives_other_values_is_never_used(rehearsal):
    rehearsal.pace, rehearsal.error = (lambda size: 100.0), 1e-6
    landscape = small()
    np.testing.assert_array_equal(losses_of(landscape, 500), by_loop(500))
    assert "rehearsed not used: its loss is" in landscape._engine.plan
    assert "where the loop gives" in landscape._engine.plan


def test_a_plan_that_is_wrong_only_where_points_are_wanted_is_found_out(rehearsal):
    rehearsal.pace = lambda size: 100.0
    make = rehearsal.make

    def wrong_in_chunks(objective):
        plan = make(objective)
        compute = plan.compute
        plan.compute = lambda job, coords: [
            [type(v)(v.loss + 1e-3, v.metrics) for v in r] for r in compute(job, coords)
        ]
        return plan

    rehearsal.make = wrong_in_chunks
    landscape = small()
    np.testing.assert_array_equal(losses_of(landscape, 500), by_loop(500))
    assert "rehearsed not used: its loss is" in landscape._engine.plan


@pytest.mark.parametrize("number", [1, 2, 3, 9])
def test_a_plan_that_fails_on_the_way_leaves_the_rest_to_the_loop(rehearsal, number):
    rehearsal.pace, rehearsal.fails = (lambda size: min(size, 8)), {number: RuntimeError("lost its way")}
    landscape = small()
    np.testing.assert_allclose(losses_of(landscape, 500), by_loop(500), rtol=1e-12)
    assert "rehearsed not used: RuntimeError: lost its way" in landscape._engine.plan


def test_a_plan_that_becomes_slow_is_given_up(rehearsal):
    rehearsal.pace = lambda size: min(size, 2)
    landscape = small()
    losses_of(landscape, 500)
    assert landscape._engine.plan.startswith("rehearsed over chunks of 4 points")
    rehearsal.pace = lambda size: 0.5
    losses_of(landscape, 2000)
    assert landscape._engine.plan.startswith("loop over points (auto")


def test_out_of_memory_halves_the_chunk_and_loses_nothing(rehearsal):
    def pace(size):
        if size > 6:
            raise RuntimeError(
                "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried"
            )
        return size

    rehearsal.pace = pace
    landscape = small()
    np.testing.assert_allclose(losses_of(landscape, 500), by_loop(500), rtol=1e-12)
    assert landscape._engine.plan.startswith("rehearsed over chunks of 4 points")
    assert rehearsal.chunks.count(8) == 1


@pytest.mark.parametrize("force", [False, True])
def test_where_one_point_runs_out_of_memory_the_loop_goes_on(monkeypatch, force):
    monkeypatch.setattr(automatic, "candidates", lambda _device: [plans.Vmap])
    landscape, expected = small(), by_loop(60)
    values, sizes = Batched.values, []

    def too_much(self, points, *args, **kwargs):
        sizes.append(len(points))
        if len(sizes) > 2:  # warming up and the check pass
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 TiB")
        return values(self, points, *args, **kwargs)

    monkeypatch.setattr(Batched, "values", too_much)
    monkeypatch.setattr(Tally, "allows_trial", lambda *_: True)
    if force:
        landscape._engine.plan = "vmap"
    np.testing.assert_allclose(losses_of(landscape, 60), expected, rtol=1e-12)
    assert sizes == [1, 1, 4, 2, 1]
    assert landscape._engine.plan.startswith("loop over points")
    assert "vmap not used: one point at a time runs out of memory" in landscape._engine.plan


def test_memory_that_runs_out_in_the_loop_is_the_users_to_know(monkeypatch):
    landscape = small()

    def too_much(*_args, **_kwargs):
        raise MemoryError("out of memory")

    monkeypatch.setattr(landscape._objective, "values", too_much)
    with pytest.raises(MemoryError, match="out of memory"):
        losses_of(landscape, 3)


class LargestArray(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.num_bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, (tuple, list)) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.num_bytes = max(self.num_bytes, tensor.numel() * tensor.element_size())
        return made


def test_no_array_outgrows_the_budget_however_many_points_there_are(monkeypatch):
    monkeypatch.setattr(contender, "FIRST_CHUNK", 64)
    budget = 10**6  # bytes: 34 points of these weights alone, where all of them would take 12 MB
    model = initialised(nn.Sequential(nn.Linear(5, 400), nn.Tanh(), nn.Linear(400, 3)).double())
    landscape = lw.Landscape(model, F.cross_entropy, vectors(9), memory_budget=budget)
    landscape._engine.plan = "vmap"
    with LargestArray() as largest:
        losses_of(landscape, 400)
    assert largest.num_bytes <= budget < 400 * len(landscape.center) * 8


def test_chunks_grow_while_that_is_faster():
    chunks, sizes = ChunkSize(), []
    for _ in range(30):
        sizes.append(chunks.size)
        chunks.measured(chunks.size, 1 / min(chunks.size, 32))
    assert max(sizes) == 64
    assert (chunks.size, chunks.is_settled) == (32, True)


def test_steps_in_the_background_stay_short(rehearsal):
    rehearsal.pace = lambda size: min(size, 64) / 4
    landscape = small()
    losses_of(landscape, 3000)
    assert max(rehearsal.chunks) >= 64
    rehearsal.chunks.clear()
    losses_of(landscape, 300, background=True)
    assert max(rehearsal.chunks) * LOOP_SECONDS / rehearsal.pace(64) <= choice.BACKGROUND_SECONDS + 1e-9


def test_slow_points_are_not_tried_otherwise_in_the_background(rehearsal, monkeypatch):
    monkeypatch.setattr(automatic, "BRIEF", LOOP_SECONDS / 2)
    landscape = small()
    losses_of(landscape, 1000, background=True)
    assert rehearsal.chunks == []


@pytest.mark.parametrize("name", ["fast", 3, None])
def test_another_word_is_no_plan(name):
    landscape = small()
    with pytest.raises(ValueError, match=r"plan must be one of 'loop', 'vmap', 'auto', got (3|None|'fast')\."):
        landscape._engine.plan = name


def test_the_plan_that_the_user_chose_runs_and_says_so():
    landscape = small()
    assert landscape._engine.plan.startswith("loop over points (auto: loop not timed yet; ")
    assert "; vmap not tried yet)" in landscape._engine.plan
    landscape._engine.plan = "loop"
    assert landscape._engine.plan.startswith("loop over points (chosen by you)")
    landscape._engine.plan = "vmap"
    losses_of(landscape, 20)
    assert landscape._engine.plan.startswith("vmap over chunks of ")
    assert "(chosen by you)" in landscape._engine.plan


def test_several_calibration_batches_are_left_to_the_loop():
    x, y = images(30)

    def loss(outputs, targets):
        return F.cross_entropy(outputs, targets) + 0.1 * (outputs - outputs.mean(0)).square().sum()

    landscape = lw.Landscape(cnn(), loss, [(x[:10], y[:10]), (x[10:], y[10:])])
    with pytest.raises(ValueError, match="but the calibration set is several of your batches"):
        landscape._engine.plan = "vmap"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("vmap: called random operation while in randomness error mode"), "draws random numbers"),
        (RuntimeError("vmap: inplace arithmetic(self, *extra_args) is not possible"), "writes into a tensor in place"),
        (RuntimeError("vmap: aten::nonzero has dynamic shape"), "the shape of an intermediate result depends"),
        (ValueError("first line\nsecond line"), "ValueError: first line"),
        (KeyError(), "KeyError: "),
    ],
)
def test_errors_are_put_into_words(error, reason):
    assert reason in obstacle(error)
    assert "\n" not in obstacle(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_running_out_of_memory_is_told_from_other_errors(error, expected):
    assert memory.is_out_of_memory(error) is expected


def test_the_budget_is_what_was_asked_for_or_half_of_what_is_free(monkeypatch, tmp_path):
    cpu = torch.device("cpu")
    assert memory.budget(123, cpu) == 123
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    memory.MEMINFO.write_text("MemTotal:  9 kB\nMemAvailable:  6 kB\n")
    assert memory.budget(None, cpu) == 3 * 1024
    memory.MEMINFO.unlink()
    assert 0 < memory.budget(None, cpu) < math.inf
