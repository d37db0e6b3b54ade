"""A run of mining: what it finds, that it can stop and go on, and that its seed fixes its bits."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

import landscape_widget as lw
from landscape_widget.core.objective import Objective
from landscape_widget.mining.forecast import MOST_SNAPSHOTS
from landscape_widget.mining.judging import plane_noise
from landscape_widget.mining.miner import Miner
from landscape_widget.mining.plane_goals import ring as ring_of
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
    assert torch.equal(straight.vectors[0], broken.vectors[0])
    for name, column in straight.history.items():
        assert np.array_equal(column, broken.history[name], equal_nan=True)
    assert not torch.equal(straight.vectors[0], finished(miner(landscape(), seed=3)).vectors[0])


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
    assert torch.equal(inside.vectors, finished(outside).vectors)


def test_snapshots_lie_along_the_way_each_with_its_curve() -> None:
    of = landscape()
    run = finished(miner(of))
    assert [snapshot.step for snapshot in run.snapshots] == list(range(0, STEPS + 1, STEPS // 10))
    first, last = run.snapshots[0], run.snapshots[-1]
    assert torch.equal(last.direction.vector, run.vectors[0])
    assert not torch.equal(first.direction.vector, run.vectors[0])
    again = of.curve(first.direction, exact=True, points=len(first.curve.alphas), progress=False)
    assert np.allclose(first.curve.losses, again.losses, rtol=1e-12)
    assert first.curve.provenance["directions"][0]["source"]["steps"] == 0
    assert (first.curve.mined, last.curve.kind) == (True, "w-peak")


def test_a_raised_target_goes_on_from_where_the_run_stands() -> None:
    run = finished(miner(landscape()))
    before = run.vectors
    run.target_steps = STEPS + 8
    assert not run.is_done
    finished(run)
    assert run.steps_done == STEPS + 8
    assert [snapshot.step for snapshot in run.snapshots][-3:] == [STEPS, STEPS + 4, STEPS + 8]
    assert run.directions[0].source["plan"] == [[0, STEPS], [STEPS, STEPS + 8]]
    assert not torch.equal(before, run.vectors)
    assert run.result().report.figures["steps"] == STEPS + 8


def test_snapshots_are_thinned_and_keep_both_ends() -> None:
    run = miner(landscape(), steps=10)
    for target in (20, 40, 60):
        finished(run).target_steps = target
    steps = [snapshot.step for snapshot in finished(run).snapshots]
    assert len(steps) <= MOST_SNAPSHOTS
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
    assert run.progress == (30 + 2 * 6 + 6, 30 + 2 * 6 + 6)  # three do 6 steps, two 12, one 30
    assert run.result().succeeded
    kept = [finished(miner(of, starts=n, steps=3, seed=1)).history["growth"][2] for n in (1, 2, 3)]
    assert kept[0] <= kept[1] <= kept[2]
    assert kept[0] < kept[2]


def test_a_second_direction_is_orthogonal_to_the_first() -> None:
    of = landscape()
    first = finished(miner(of)).directions[0]
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
    run, computed = miner(landscape(), steps=12), Objective.values
    calls = []

    def interrupted(self, *args, **options):
        calls.append(1)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return computed(self, *args, **options)

    monkeypatch.setattr(Objective, "values", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finished(run)
    finished(run)
    assert run.steps_done == 12
    assert torch.equal(run.vectors[0], finished(miner(landscape(), steps=12)).vectors[0])


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
    assert dataclasses.is_dataclass(miner(landscape()).task)


def test_without_a_ceiling_the_barrier_comes_from_gaussian_directions() -> None:
    of = landscape(triple_well, ceiling=None)
    barrier = miner(of, "vvv-basin", steps=1).result().report.figures["barrier_wanted"]
    rises = [
        of.curve(of.directions.gaussian(seed), span=(0, 1), exact=True, points=2, progress=False).losses[1]
        for seed in range(5)
    ]
    assert barrier == pytest.approx(0.9 * float(np.median(rises)), rel=1e-6)


def ring(outputs, targets):
    """1 at the centre, 0 at a distance of 1 in the plane of the first two axes; a wall elsewhere."""
    squares = outputs.square()
    return ((squares[:, :2].sum(1) - 1) ** 2 + squares[:, 2:].sum(1)).mean() + 0 * targets.sum()


@pytest.mark.parametrize(("loss", "kind"), [(ring, "wine-bottle"), (double_well, "saddle")])
def test_planes_are_found_and_confirmed(loss, kind) -> None:
    of = landscape(loss)
    result = finished(miner(of, kind, steps=80)).result()
    assert (result.succeeded, result.kind) == (True, kind), result.report
    first, second = result.directions
    assert result.direction is first
    assert first.cosine(second) == pytest.approx(0, abs=1e-9)
    assert [d.label for d in result.directions] == [f"mined {kind}, first, seed 0", f"mined {kind}, second, seed 0"]
    assert [d.source["axis"] for d in result.directions] == [0, 1]
    assert [d.default_span for d in result.directions] == [2.0, 2.0]
    surface = result.surface()
    assert (surface.kind, surface.mined, surface.span) == (kind, True, ((-2.0, 2.0), (-2.0, 2.0)))
    assert result.curve((-1.0, 1.0)).label == first.label
    assert len(result.snapshots[-1].directions) == 2


def test_a_v_side_is_found_where_the_centre_is_no_minimum() -> None:
    def side(outputs, targets):
        first, others = outputs[:, 0], outputs[:, 1:]
        return ((first - 0.9) ** 2 + others.square().sum(1)).mean() + 0 * targets.sum()

    result = finished(miner(landscape(side), "v-side")).result()
    assert result.succeeded, result.report
    assert result.report.figures["height_held_out"] == pytest.approx(0.81, abs=0.05)


def test_a_drawn_target_is_judged_by_its_agreement() -> None:
    of = landscape(ring)
    heights = [[1.0, 0.0, 1.0], [0.0, np.nan, 0.0], [1.0, 0.0, 1.0]]
    result = finished(miner(of, "target", target=heights, steps=80, barrier=1.05)).result()
    assert (result.succeeded, result.kind) == (True, "target"), result.report
    assert result.report.figures["agreement_held_out"] > 0.8
    assert "agreement with the target" in str(result.report)
    assert result.direction.source["target"] == [[1.0, 0.0, 1.0], [0.0, None, 0.0], [1.0, 0.0, 1.0]]
    flipped = [[0.0, 1.0, 0.0], [1.0, np.nan, 1.0], [0.0, 1.0, 0.0]]
    short = finished(miner(of, "target", target=flipped, steps=1)).result()
    assert (short.succeeded, short.kind) == (False, short.kind)
    assert "agree with the target by a correlation of" in short.report.reason


def test_one_direction_has_no_surface() -> None:
    result = miner(landscape()).result()
    with pytest.raises(ValueError, match=r"kind must be that of a plane for a surface, got 'w-peak', which has one"):
        result.surface()


def test_a_result_can_be_resumed() -> None:
    of = landscape()
    first = of.mine("w-peak", radius=radius_of_one(of), steps=8, progress=False)
    more = first.resume(progress=False)
    assert [r.report.figures["steps"] for r in (first, more, more.resume(20, progress=False))] == [8, 12, 20]
    assert not torch.equal(first.direction.vector, more.direction.vector)
    with pytest.raises(ValueError, match="steps must be an integer of at least 20, got 3"):
        more.resume(3)
    with torch.no_grad():
        of._model.weight.add_(0.1)
    of.recenter()
    with pytest.raises(ValueError, match=r"landscape must have the centre that it had when mining began, got another"):
        more.resume(40)


def test_an_interrupted_call_keeps_what_there_is_and_goes_on_to_the_same_bits() -> None:
    of, whole = landscape(), finished(miner(landscape(), steps=10))

    def stop_once(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match=r"interrupted after 4 steps; the result holds what there is. Its resume\(\)"):
        result = of.mine("w-peak", radius=radius_of_one(of), steps=10, progress=stop_once)
    assert result.report.figures["steps"] == 4
    assert torch.equal(result.resume(progress=False).direction.vector, whole.vectors[0])


def test_bytes_and_seconds_are_known_before_the_first_step() -> None:
    run = miner(landscape())
    forecast = run.forecast
    assert (run.steps_done, run.snapshots) == (0, [])
    assert forecast.bytes > 11 * 8 * (4 + 3)
    assert 0 < forecast.seconds_a_step < 10
    figures = finished(run).result().report.figures
    assert figures["predicted_bytes"] == forecast.bytes
    assert f"{1000 * forecast.seconds_a_step:.3g} ms a step" in str(run.result().report)


def test_starts_and_snapshots_keep_to_the_memory_budget() -> None:
    needed = miner(landscape(), starts=8).forecast.bytes
    each = 3 * 11 * 8
    few = miner(landscape(memory_budget=needed - 2 * each), starts=8, steps=20)
    assert few.forecast.starts == 3
    text = str(finished(few).result().report)
    assert "3 of 8 starts (more do not fit in memory_budget)" in text
    assert len(few.snapshots) <= few.forecast.snapshots
    tight = landscape(memory_budget=100)
    with pytest.raises(ValueError, match=r"memory_budget must be at least \d+ for this mining, got 100. Leave it out"):
        tight.mine("w-peak", progress=False)


def test_weak_starts_are_dropped_early() -> None:
    run = finished(miner(landscape(), starts=8, steps=50, seed=1))
    assert run.progress[0] == 8 * 5 + 4 * 5 + 2 * 10 + 30
    assert run.steps_done == 50
    assert run.result().succeeded


def test_the_noise_of_a_plane_is_read_between_its_rings() -> None:
    coords = np.concatenate([ring_of(1.0, 4), ring_of(2.0, 4)])
    errors = np.array([0.1, 0.3, 0.2, 0.1, 0.5, 0.4, 0.9, 0.4])
    noise = plane_noise(np.array([-1.5, 0.0, 0.5]), np.array([0.0, 2.5]), coords, errors)
    assert noise[0] == pytest.approx([0.55, 0.0, 0.05])
    assert noise[1, 1] == pytest.approx(0.4)
    (diagonal,) = plane_noise(np.array([0.5**0.5]), np.array([0.5**0.5]), coords, errors)
    assert diagonal == pytest.approx([0.2])
