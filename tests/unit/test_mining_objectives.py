"""What a step minimises: numbers by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_widget.mining.draws import generator
from landscape_widget.mining.goals import Goal, Step, column, soft_max, symmetric_grid
from landscape_widget.mining.objectives import GOALS, goal_of
from landscape_widget.mining.plane_goals import ring
from landscape_widget.shapes.curves import classify

CENTER, BARRIER = 1.5, 2.0
PEAK, VVV, SIDE = GOALS["w-peak"], GOALS["vvv-basin"], GOALS["v-side"]
BOTTLE, SADDLE = GOALS["wine-bottle"], GOALS["saddle"]


def row(*losses: float) -> Tensor:
    return torch.tensor(losses, dtype=torch.float64)


def score(goal: Goal, part: str, *losses: float) -> float:
    step = next(step for step in steps(goal) if step.part == part)
    return float(goal.score(step, row(*losses), CENTER, BARRIER))


def steps(goal: Goal) -> list[Step]:
    stream = generator(1, "steps")
    return [goal.step(stream) for _ in range(200)]


def test_the_soft_maximum_lies_between_mean_and_maximum() -> None:
    assert 0.65 < float(soft_max(row(0.3, 1.0))) < 1.0
    assert float(soft_max(row(0.7, 0.7))) == pytest.approx(0.7)


def test_lowering_the_higher_side_pays_more_than_lowering_the_lower_one() -> None:
    sides = row(0.3, 1.0).requires_grad_()
    soft_max(sides).backward()
    assert sides.grad[1] > 30 * sides.grad[0] > 0


@pytest.mark.parametrize(("beside", "extra"), [((1.4, 1.2), 0.0), ((1.6, 1.2), 0.1), ((1.6, 1.9), 0.5)])
def test_a_bump_next_to_the_centre_costs_its_height(beside, extra) -> None:
    assert score(PEAK, "bump", 0.7, 0.7, *beside) == pytest.approx(0.7 + extra)
    assert score(BOTTLE, "bump", 0.7, 0.7, 0.7, 0.7, *beside) == pytest.approx(0.7 + extra)


# depth .8, so the ends have to rise above the sides by .2: to .9
@pytest.mark.parametrize(("ends", "extra"), [((0.9, 3.0), 0.0), ((0.7, 3.0), 0.2), ((0.8, 0.6), 0.4)])
def test_ends_of_the_span_without_a_wall_cost_what_they_lack(ends, extra) -> None:
    assert score(PEAK, "walls", 0.7, 0.7, *ends) == pytest.approx(0.7 + extra)
    assert score(BOTTLE, "walls", 0.7, 0.7, 0.7, 0.7, 3.0, *ends, 2.0) == pytest.approx(0.7 + extra)


@pytest.mark.parametrize("goal", [PEAK, SIDE, BOTTLE])
def test_half_of_the_steps_look_at_the_walls_and_the_rest_at_three_places(goal) -> None:
    others = [np.linalg.norm(step.coords[-1]) for step in steps(goal)]
    places = [round(float(place), 6) for place in others if place < 0.99]
    assert 70 < len(places) < 130
    assert set(places) == {0.25, 0.5, 0.75}


def test_the_angles_of_a_wine_bottle_are_spread_evenly_with_a_random_offset() -> None:
    grounds = [step.coords[:4] for step in steps(BOTTLE)]
    assert all(np.allclose(np.linalg.norm(ground, axis=1), 1) for ground in grounds)
    assert all(np.allclose(ground[0] @ ground[1], 0) and np.allclose(ground[0], -ground[2]) for ground in grounds)
    turns = [math.degrees(math.atan2(ground[0, 1], ground[0, 0])) for ground in grounds]
    assert 0 <= min(turns) < 10
    assert 80 < max(turns) < 90


@pytest.mark.parametrize(("tops", "extra"), [((2.0, 3.0), 0.0), ((1.0, 3.0), 0.5), ((1.0, 0.4), 1.3)])
def test_barriers_cost_half_of_what_they_lack_and_gain_nothing_beyond(tops, extra) -> None:
    assert score(VVV, "", 0.1, 0.1, *tops) == pytest.approx(0.1 + extra)


def test_a_v_side_needs_a_wall_behind_its_valley_and_a_rise_on_the_other_side() -> None:
    # depth 1, so both walls are .25 high: .75 behind the valley, 1.75 on the other side
    assert score(SIDE, "walls", 0.5, 0.75, 1.75) == pytest.approx(0.5)
    assert score(SIDE, "walls", 0.5, 0.65, 1.45) == pytest.approx(0.5 + 0.1 + 0.3)
    assert score(SIDE, "between", 0.5, 1.4, 1.6) == pytest.approx(0.5)
    assert score(SIDE, "between", 0.5, 1.7, 1.1) == pytest.approx(0.5 + 0.2 + 0.4)
    assert SIDE.growth(row(0.5, 0.65, 1.45), CENTER, math.nan) == pytest.approx(1.0 - 0.3)


def test_a_saddle_falls_along_one_direction_and_rises_along_the_other() -> None:
    assert score(SADDLE, "bump", 0.7, 0.7, 2.0, 3.0, 1.4, 1.3) == pytest.approx(0.7)
    assert score(SADDLE, "bump", 0.7, 0.7, 1.0, 3.0, 1.4, 1.7) == pytest.approx(0.7 + 0.5 + 0.2)
    assert score(SADDLE, "dip", 0.7, 0.7, 2.0, 3.0, 1.4, 1.7) == pytest.approx(0.7 + 0.1)
    assert SADDLE.growth(row(0.7, 0.5, 1.8, 5.0), CENTER, BARRIER) == pytest.approx(0.3)
    assert SADDLE.growth(row(1.4, 0.5, 1.8, 5.0), CENTER, BARRIER) == pytest.approx(0.1)


def test_growth_of_a_w_peak_is_its_depth_less_what_the_walls_lack() -> None:
    assert PEAK.growth(row(0.7, 0.5, 2.0, 2.0), CENTER, math.nan) == pytest.approx(0.8)
    assert PEAK.growth(row(0.7, 0.5, 0.6, 2.0), CENTER, math.nan) == pytest.approx(0.8 - 0.3)


def test_growth_of_a_wine_bottle_is_that_of_its_worst_angle() -> None:
    ground, ends = [0.7, *[0.5] * 7], [2.0] * 8
    assert BOTTLE.growth(row(*ground, *ends), CENTER, math.nan) == pytest.approx(0.8)
    assert BOTTLE.growth(row(*ground, 0.6, *ends[1:]), CENTER, math.nan) == pytest.approx(0.8 - 0.3)


def test_growth_of_a_vvv_basin_is_the_lower_clipped_barrier_above_the_highest_valley() -> None:
    assert VVV.growth(row(0.1, 0.3, 1.1, 3.0), 0.2, BARRIER) == pytest.approx(1.1 - 0.3)
    assert VVV.growth(row(0.1, 0.1, 5.0, 3.0), 0.2, BARRIER) == pytest.approx(BARRIER - 0.2)


@pytest.mark.parametrize(
    ("n", "valleys", "tops"),
    [(4, [-0.5, 0.5, 1.0], [-0.25, 0.25, 0.75]), (5, [-1.0, -0.5, 0.5, 1.0], [-0.75, -0.25, 0.25, 0.75])],
)
def test_valleys_and_barriers_alternate_and_the_outermost_valley_is_at_1(n, valleys, tops) -> None:
    coords = goal_of("n-valley", n=n).fixed[:, 0]
    assert coords.tolist() == [*valleys, *tops]


def test_an_n_valley_needs_just_so_many_valleys() -> None:
    alphas = symmetric_grid(1.5, 61)
    five = classify(alphas, 1 - np.cos(4 * np.pi * alphas) * (abs(alphas) < 1.2) + 5 * (abs(alphas) >= 1.2))
    assert len(five.valleys) == 5
    assert goal_of("n-valley").is_shown_by(five)
    assert not goal_of("n-valley", n=4).is_shown_by(five)


def test_a_target_is_followed_up_to_the_barrier_and_weighs_what_lacks_by_half() -> None:
    goal: Any = goal_of("target", target=[[0.0, 1.0, 0.5], [0.0, 0.0, 0.0], [math.nan, 1.0, 1.0]])
    assert goal.cells.tolist() == [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [0, 1], [1, 1]]
    assert goal.known_heights.tolist() == [0.0, 1.0, 0.5, 0.0, 0.0, 1.0, 1.0]
    exact = row(0.0, 2.0, 1.0, 0.0, 0.0, 7.0, 2.0)
    assert goal.growth(exact, CENTER, BARRIER) == 0
    assert goal.growth(exact + row(0.7, -0.4, 0.7, 0, 0, 0, 0), CENTER, BARRIER) == pytest.approx(-1.6 / 7)
    losses = np.array([[0.1, 5.0, 1.1], [0.2, 9.9, 0.0], [9.9, 2.0, 3.0]])
    assert goal.agreement(losses, BARRIER) > 0.99
    assert goal.agreement(losses[::-1], BARRIER) < 0.6
    losses[0, 0] = math.inf
    assert goal.agreement(losses, BARRIER) == pytest.approx(0.7, abs=0.01)  # clipped at the barrier
    losses[0, 0] = math.nan
    assert math.isnan(goal.agreement(losses, BARRIER))


@pytest.mark.parametrize("kind", GOALS)
def test_sides_and_centre_are_points_of_every_curve(kind) -> None:
    goal = GOALS[kind]
    assert goal.kind == kind
    assert goal.show_points % 2 == goal.judge_points % 2 == 1
    assert {step.coords.shape[1] for step in steps(goal)} == {goal.num_axes}
    step = 2 * goal.span / (goal.show_points - 1)
    assert (1 / step).is_integer()


def test_points_on_a_ring_and_in_a_column() -> None:
    assert np.allclose(ring(2.0, 4, turn=0.25), [[0, 2], [-2, 0], [0, -2], [2, 0]])
    assert column(1.0, -2.0).tolist() == [[1.0], [-2.0]]
