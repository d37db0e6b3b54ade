"""What a step minimises: numbers by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from landscape_widget.mining.objectives import GOALS, soft_max, vvv_basin, vvv_growth, w_peak, w_peak_growth

CENTER, BARRIER = 1.5, 2.0


def row(*losses: float) -> Tensor:
    return torch.tensor(losses, dtype=torch.float64)


def test_the_soft_maximum_lies_between_mean_and_maximum() -> None:
    assert 0.65 < float(soft_max(row(0.3, 1.0))) < 1.0
    assert float(soft_max(row(0.7, 0.7))) == pytest.approx(0.7)


def test_lowering_the_higher_side_pays_more_than_lowering_the_lower_one() -> None:
    sides = row(0.3, 1.0).requires_grad_()
    soft_max(sides).backward()
    assert sides.grad[1] > 30 * sides.grad[0] > 0


@pytest.mark.parametrize(("beside", "extra"), [((1.4, 1.2), 0.0), ((1.6, 1.2), 0.1), ((1.6, 1.9), 0.5)])
def test_a_bump_next_to_the_centre_costs_its_height(beside, extra) -> None:
    score = w_peak((1.0, -1.0, 0.5, -0.5), row(0.7, 0.7, *beside), CENTER, math.nan)
    assert float(score) == pytest.approx(0.7 + extra)


# depth .8, so the ends have to rise above the sides by .2: to .9
@pytest.mark.parametrize(("ends", "extra"), [((0.9, 3.0), 0.0), ((0.7, 3.0), 0.2), ((0.8, 0.6), 0.4)])
def test_ends_of_the_span_without_a_wall_cost_what_they_lack(ends, extra) -> None:
    score = w_peak((1.0, -1.0, 2.0, -2.0), row(0.7, 0.7, *ends), CENTER, math.nan)
    assert float(score) == pytest.approx(0.7 + extra)


def test_half_of_the_steps_of_a_w_peak_look_at_the_ends_and_the_rest_at_three_places() -> None:
    alphas = [GOALS["w-peak"].step_alphas(draw) for draw in torch.arange(0, 1, 0.01).tolist()]
    assert all(a[:2] == (1.0, -1.0) and a[2] == -a[3] for a in alphas)
    places = [a[2] for a in alphas]
    assert places.count(2.0) == 50
    assert set(places) == {0.25, 0.5, 0.75, 2.0}


@pytest.mark.parametrize(("tops", "extra"), [((2.0, 3.0), 0.0), ((1.0, 3.0), 0.5), ((1.0, 0.4), 1.3)])
def test_barriers_cost_half_of_what_they_lack_and_gain_nothing_beyond(tops, extra) -> None:
    score = vvv_basin((1.0, -1.0, 0.5, -0.5), row(0.1, 0.1, *tops), 0.0, BARRIER)
    assert float(score) == pytest.approx(0.1 + extra)


def test_growth_of_a_w_peak_is_its_depth_less_what_the_walls_lack() -> None:
    assert float(w_peak_growth(row(0.7, 0.5, 2.0, 2.0), CENTER, math.nan)) == pytest.approx(0.8)
    assert float(w_peak_growth(row(0.7, 0.5, 0.6, 2.0), CENTER, math.nan)) == pytest.approx(0.8 - 0.3)


def test_growth_of_a_vvv_basin_is_the_lower_clipped_barrier_above_the_highest_valley() -> None:
    assert float(vvv_growth(row(0.1, 0.3, 1.1, 3.0), 0.2, BARRIER)) == pytest.approx(1.1 - 0.3)
    assert float(vvv_growth(row(0.1, 0.1, 5.0, 3.0), 0.2, BARRIER)) == pytest.approx(BARRIER - 0.2)


@pytest.mark.parametrize("kind", GOALS)
def test_sides_and_centre_are_points_of_every_curve(kind) -> None:
    goal = GOALS[kind]
    assert goal.kind == kind
    assert goal.show_points % 2 == goal.judge_points % 2 == 1
    step = 2 * goal.span / (goal.show_points - 1)
    assert (1 / step).is_integer()
