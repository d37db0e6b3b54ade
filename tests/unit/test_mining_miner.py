"""A run of mining: what it finds, that it can stop and go on, and that its seed fixes its bits."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

import landscape_widget as lw
from landscape_widget.core.objective import Objective
from landscape_widget.mining.miner import MAX_SNAPSHOTS, Miner
from landscape_widget.mining.runs import GROWTH_EVERY
from mining_cases import double_well, inputs, landscape, radius_of_one, triple_well

STEPS = 40


def miner(of: lw.Landscape, kind: str = "w-peak", **options: Any) -> Miner:
    asked = {"radius": radius_of_one(of), "steps": STEPS, **options}
    return of._slicer.miner(kind, **asked)


def finished(run: Miner) -> Miner:
    while not run.is_done:
        run.step()
    return run


@pytest.mark.parametrize(("loss", "kind"), [(double_well, "w-peak"), (triple_well, "vvv-basin")])
@pytest.mark.parametrize("test", [True, False])
def test_the_wells_are_found_and_confirmed(loss, kind, test) -> None:
    result = finished(miner(landscape(loss, test=test), kind)).result()
    assert (result.succeeded, result.kind, result.report.reason) == (True, kind, "")
    figures = result.report.figures
    height = "depth" if kind == "w-peak" else "barrier"
    for part in ("train", "held_out"):
        assert figures[f"kind_{part}"] == kind
        assert figures[f"{height}_{part}"] > 0.5 > figures[f"noise_floor_{part}"]
    first = abs(float(result.direction.vector[0]))
    assert first == pytest.approx(1, abs=0.05)
    assert "confirmed on data not mined on" in str(result.report)
    assert f"seed 0, {figures['seconds']:.1f} s" in str(result.report)


def test_the_direction_is_marked_as_mined_with_its_recipe() -> None:
    of = landscape()
    result = finished(miner(of, seed=7)).result()
    direction = result.direction
    assert direction.is_mined
    assert direction.default_span == 2.0
    assert direction.source["kind"] == "mined"
    assert direction.source["goal"] == "w-peak"
    assert direction.source["seed"] == 7
    assert direction.source["steps"] == STEPS
    assert of._slicer.home.metric.radius(direction.vector) == pytest.approx(radius_of_one(of))
    assert result.report.figures["relative_norm"] == pytest.approx(float(direction.vector.norm() / of.center.norm()))


def test_the_curve_of_the_result_is_that_of_its_direction_on_all_data() -> None:
    of = landscape()
    result = finished(miner(of)).result()
    curve = result.curve((-1.5, 0.5))
    assert curve.alphas[[0, -1]].tolist() == [-1.5, 0.5]
    assert np.array_equal(curve.losses, of.curve(result.direction, span=(-1.5, 0.5), progress=False).losses)
    assert result.curve().kind == "w-peak"
    assert result.curve().mined


def test_the_history_has_an_entry_a_step() -> None:
    history = finished(miner(landscape(triple_well), "vvv-basin")).history
    assert {len(column) for column in history.values()} == {STEPS}
    assert history["step"].tolist() == list(range(1, STEPS + 1))
    assert history["objective"][-1] < history["objective"][0]
    assert history["barrier"][-1] > history["barrier"][0]
    measured = np.flatnonzero(np.isfinite(history["growth"])) + 1
    assert measured.tolist() == list(range(GROWTH_EVERY, STEPS + 1, GROWTH_EVERY))


def test_one_seed_gives_the_same_bits_however_the_run_is_broken_up() -> None:
    straight = finished(miner(landscape(), seed=2))
    broken = miner(landscape(), seed=2)
    for _ in range(60):
        broken.step()
    broken.result()  # a look at it in between
    torch.rand(5)
    finished(broken)
    assert torch.equal(straight.vector, broken.vector)
    for name, column in straight.history.items():
        assert np.array_equal(column, broken.history[name], equal_nan=True)
    assert not torch.equal(straight.vector, finished(miner(landscape(), seed=3)).vector)


def test_the_global_random_state_and_the_model_stay_as_they_are() -> None:
    of = landscape()
    before, center = torch.get_rng_state(), of.center
    finished(miner(of, steps=5))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(center, of.center)


def test_mining_works_where_gradients_are_switched_off() -> None:
    inside, outside = miner(landscape(), steps=5), miner(landscape(), steps=5)
    with torch.inference_mode():
        finished(inside)
    assert torch.equal(inside.vector, finished(outside).vector)


def test_snapshots_lie_along_the_way_each_with_its_curve() -> None:
    of = landscape()
    run = finished(miner(of))
    assert [snapshot.step for snapshot in run.snapshots] == list(range(0, STEPS + 1, STEPS // 10))
    first, last = run.snapshots[0], run.snapshots[-1]
    assert torch.equal(last.direction.vector, run.vector)
    assert not torch.equal(first.direction.vector, run.vector)
    again = of.curve(first.direction, exact=True, points=len(first.curve.alphas), progress=False)
    assert np.allclose(first.curve.losses, again.losses, rtol=1e-12)
    assert first.curve.provenance["directions"][0]["source"]["steps"] == 0
    assert (first.curve.mined, last.curve.kind) == (True, "w-peak")


def test_a_raised_target_goes_on_from_where_the_run_stands() -> None:
    run = finished(miner(landscape()))
    before = run.vector
    run.target_steps = STEPS + 8
    assert not run.is_done
    finished(run)
    assert run.steps_done == STEPS + 8
    assert [snapshot.step for snapshot in run.snapshots][-3:] == [STEPS, STEPS + 4, STEPS + 8]
    assert run.direction.source["plan"] == [[0, STEPS], [STEPS, STEPS + 8]]
    assert not torch.equal(before, run.vector)
    assert run.result().report.figures["steps"] == STEPS + 8


def test_snapshots_are_thinned_and_keep_both_ends() -> None:
    run = miner(landscape(), steps=10)
    for target in (20, 40, 60):
        finished(run).target_steps = target
    steps = [snapshot.step for snapshot in finished(run).snapshots]
    assert len(steps) <= MAX_SNAPSHOTS
    assert (steps[0], steps[-1]) == (0, 60)
    assert steps == sorted(set(steps))


def test_a_run_without_growth_stops_by_itself() -> None:
    def valley(outputs, targets):
        return outputs.square().sum(1).mean() + 0 * targets.sum()

    run = finished(miner(landscape(valley), steps=400))
    assert run.steps_done < 400
    text = f"Mining stopped after {run.steps_done} steps: no growth for 100."
    assert text in run.result().report.text
    run.target_steps = 500
    assert not run.is_done


def test_of_several_starts_the_best_goes_on() -> None:
    of = landscape()
    run = finished(miner(of, starts=3, steps=30, seed=1))
    assert run.steps_done == 30
    assert run.progress == (30 + 2 * 3, 30 + 2 * 3)
    assert run.result().succeeded
    kept = [finished(miner(of, starts=n, steps=3, seed=1)).history["growth"][2] for n in (1, 2, 3)]
    assert kept[0] <= kept[1] <= kept[2]
    assert kept[0] < kept[2]


def test_a_second_direction_is_orthogonal_to_the_first() -> None:
    of = landscape()
    first = finished(miner(of)).direction
    second = finished(miner(of, orthogonal_to=[first])).result()
    assert second.direction.cosine(first) == pytest.approx(0, abs=1e-9)
    assert not second.succeeded
    assert second.direction.source["orthogonal_to"] == [dict(first.source)]


def test_a_result_can_be_had_at_any_time() -> None:
    run = miner(landscape())
    result = run.result()
    assert (result.succeeded, result.report.figures["steps"]) == (False, 0)
    assert result.history["objective"].shape == (0,)
    assert not run.is_done


def test_an_interrupted_step_leaves_a_run_that_goes_on(monkeypatch) -> None:
    run, computed = miner(landscape(), steps=12), Objective.value
    calls = []

    def interrupted(self, *args, **options):
        calls.append(1)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return computed(self, *args, **options)

    monkeypatch.setattr(Objective, "value", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finished(run)
    finished(run)
    assert run.steps_done == 12
    assert torch.equal(run.vector, finished(miner(landscape(), steps=12)).vector)


def test_one_batch_confirms_nothing() -> None:
    def closure(model, batch):
        return double_well(model(batch[0]), batch[1])

    result = finished(miner(landscape(None, test=False, data=[inputs(30, 1)], closure=closure, samples="all"))).result()
    assert (result.succeeded, result.kind) == (False, "unclear")
    assert result.report.reason.startswith("All data are one batch, so no data were held out")
    assert result.report.figures["kind_train"] == "w-peak"
    assert "kinds rest on 1 % of the scale alone" in str(result.report)


def test_the_barrier_wanted_follows_from_the_ceiling_unless_given() -> None:
    def wanted(**options: Any) -> float:
        barrier = options.pop("barrier", None)
        of = landscape(triple_well, **options)
        return miner(of, "vvv-basin", steps=1, barrier=barrier).result().report.figures["barrier_wanted"]

    assert wanted(ceiling=3.0) == pytest.approx(2.7)
    assert wanted(barrier=0.5) == 0.5
    assert dataclasses.is_dataclass(miner(landscape()).recipe)


def test_without_a_ceiling_the_barrier_comes_from_gaussian_directions() -> None:
    of = landscape(triple_well, ceiling=None)
    barrier = miner(of, "vvv-basin", steps=1).result().report.figures["barrier_wanted"]
    rises = [
        of.curve(of.directions.gaussian(seed), span=(0, 1), exact=True, points=2, progress=False).losses[1]
        for seed in range(5)
    ]
    assert barrier == pytest.approx(0.9 * float(np.median(rises)), rel=1e-6)
