from __future__ import annotations

import math

import numpy as np
import pytest

from landscape_widget.widget.limits import Limits, LimitsKeeper, extent, fitted, fitted_log


def limits_after(*pictures: np.ndarray, may_move: bool) -> Limits:
    """Limits of the last picture, the first one having been drawn before."""
    keeper = LimitsKeeper()
    for losses in pictures:
        limits = keeper.limits(losses, may_move=may_move)
    return limits


def test_fitted_limits_leave_room_and_show_all_the_data():
    limits = fitted(2.0, 7.0)
    assert limits.low < 2.0 < 7.0 < limits.high
    assert limits.suits(2.0, 7.0)


def test_data_that_are_nowhere_negative_get_no_negative_axis():
    assert fitted(0.01, 5.0).low == 0.0
    assert fitted(-0.5, 5.0).low < -0.5


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_a_flat_picture_has_an_axis_of_some_height(value):
    limits = fitted(value, value)
    assert limits.low <= value < limits.high


def test_log_limits_are_positive_and_show_all_the_data():
    limits = fitted_log(0.004, 5.0)
    assert 0 < limits.low < 0.004 < 5.0 < limits.high
    assert fitted_log(2.0, 2.0).low < 2.0 < fitted_log(2.0, 2.0).high


def test_holes_are_left_out_of_the_extent():
    losses = np.array([np.nan, 2.0, -1.0, np.inf, 7.0])
    assert extent(losses) == (-1.0, 7.0)
    assert extent(losses, positive=True) == (2.0, 7.0)
    assert extent(np.array([np.nan, np.inf])) is None


def test_limits_stay_put_during_a_drag_even_if_the_data_leave_them():
    first, far = np.array([1.0, 2.0, 5.0]), np.array([1.0, 30.0])
    assert limits_after(first, far, may_move=False) == fitted(1.0, 5.0)


def test_on_release_limits_relax_to_data_beyond_them():
    first, far = np.array([1.0, 2.0, 5.0]), np.array([1.0, 30.0])
    assert limits_after(first, far, may_move=True) == fitted(1.0, 30.0)


def test_on_release_limits_relax_to_data_that_have_become_tiny():
    first, tiny = np.array([1.0, 50.0]), np.array([1.0, 1.2])
    assert limits_after(first, tiny, may_move=True) == fitted(1.0, 1.2)


def test_on_release_limits_stay_where_the_data_still_suit_them():
    first, similar = np.array([1.0, 5.0]), np.array([1.3, 4.0])
    assert limits_after(first, similar, may_move=True) == fitted(1.0, 5.0)


def test_a_switch_to_log_fits_anew_and_leaves_out_what_has_no_logarithm():
    keeper = LimitsKeeper()
    keeper.limits(np.array([-1.0, 5.0]), may_move=False)
    assert keeper.limits(np.array([-1.0, 0.02, 5.0]), may_move=False, is_log=True) == fitted_log(0.02, 5.0)


def test_log_limits_judge_shares_on_the_log_axis():
    keeper = LimitsKeeper()
    fit = keeper.limits(np.array([0.01, 10.0]), may_move=True, is_log=True)
    assert keeper.limits(np.array([0.01, 0.2]), may_move=True, is_log=True) == fit  # a thousandth when linear


def test_walls_above_the_cap_do_not_stretch_the_axis():
    keeper = LimitsKeeper(cap=8.0)
    assert keeper.limits(np.array([0.5, 470.0]), may_move=True) == fitted(0.5, 8.5)


def test_forgetting_fits_to_the_next_picture():
    keeper = LimitsKeeper()
    keeper.limits(np.array([1.0, 5.0]), may_move=False)
    keeper.forget()
    assert keeper.limits(np.array([10.0, 50.0]), may_move=False) == fitted(10.0, 50.0)


@pytest.mark.parametrize("is_log", [False, True])
def test_a_picture_of_holes_still_has_limits(is_log):
    limits = LimitsKeeper().limits(np.array([math.nan, math.inf]), may_move=True, is_log=is_log)
    assert 0 <= limits.low < limits.high < math.inf
    assert not is_log or limits.low > 0
