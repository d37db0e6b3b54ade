from __future__ import annotations

import numpy as np
import pytest

from landscape_widget.widget.grids import Grid, curve_grids, refined, still_wanted, surface_grids
from landscape_widget.widget.known import Known, num_missing

PLANE = np.eye(2)


def test_coords_are_row_major_with_one_row_for_each_beta():
    grid = Grid((np.array([-1.0, 0.5, 2.0]), np.array([3.0, 7.0])))
    assert grid.shape == (2, 3)
    assert grid.coords.tolist() == [[-1, 3], [0.5, 3], [2, 3], [-1, 7], [0.5, 7], [2, 7]]
    assert Grid((np.array([-1.0, 2.0]),)).coords.tolist() == [[-1], [2]]


def test_the_coarse_curve_lies_in_the_fine_one():
    coarse, fine = curve_grids(0.7)
    assert (coarse.shape, fine.shape) == ((11,), (41,))
    known: Known[int] = Known()
    for coord in fine.coords:
        known.add(coord, 1)
    assert num_missing(known, [coarse.coords, fine.coords]) == 0


@pytest.mark.parametrize(("resolution", "levels"), [(5, [5]), (11, [5, 11]), (21, [5, 11, 21]), (41, [5, 11, 21, 41])])
def test_surfaces_go_from_coarse_to_the_wanted_resolution(resolution, levels):
    assert [grid.shape for grid in surface_grids(1.3, resolution)] == [(n, n) for n in levels]


@pytest.mark.parametrize(("span", "resolution"), [(1.3, 21), (0.3, 41)])
def test_grids_that_lie_in_the_last_cost_nothing(span, resolution):
    grids = surface_grids(span, resolution)
    assert num_missing(Known(), [grid.coords for grid in grids]) == resolution**2


def test_a_grid_that_shares_no_points_is_left_out_unless_it_is_small():
    assert [grid.shape[0] for grid in surface_grids(1.0, 13)] == [5, 13]
    assert [grid.shape[0] for grid in surface_grids(1.0, 23)] == [5, 11, 23]


def test_the_middle_row_of_the_surface_reuses_the_curve():
    known: Known[int] = Known()
    for coord in curve_grids(1.3)[-1].coords @ PLANE[:1]:
        known.add(coord, 1)
    assert num_missing(known, [surface_grids(1.3, 21)[-1].coords]) == 21 * 20


def test_missing_points_come_from_the_centre_outwards_and_each_once():
    coords = surface_grids(2.0, 5)[0].coords
    known: Known[int] = Known()
    known.add((0.0, 0.0), 3)
    left = known.missing(np.concatenate([coords, coords[::-1]]))
    assert len(left) == 24
    assert np.all(np.diff(np.abs(left).max(axis=1)) >= 0)


def test_points_that_differ_by_rounding_are_one():
    known: Known[int] = Known()
    known.add((0.1 + 0.2, -0.0), 3)
    assert known.at(np.array([[0.3, 0.0], [0.31, 0.0]])) == [3, None]
    assert known.all_at(np.array([[0.3, 0.0]])) == [3]
    assert len(known) == 1


def test_a_first_look_is_bilinear_and_keeps_holes():
    coarse = Grid((np.array([-1.0, 0.0, 2.0]), np.array([0.0, 4.0])))
    fine = Grid((np.array([-1.0, -0.5, 0.0, 1.0, 2.0]), np.array([0.0, 1.0, 4.0])))
    plane = coarse.coords @ np.array([3.0, -2.0])
    seen = refined(coarse, plane.reshape(coarse.shape), fine)
    np.testing.assert_allclose(seen, (fine.coords @ np.array([3.0, -2.0])).reshape(fine.shape), rtol=1e-12)
    holes = plane.reshape(coarse.shape)
    holes[0, 2] = np.nan
    assert np.isnan(refined(coarse, holes, fine)[0]).tolist() == [False, False, False, True, True]


def test_coarse_grids_are_skipped_where_a_finer_one_is_known():
    known: Known[int] = Known()
    grids = surface_grids(1.3, 21)
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    assert still_wanted(known, grids, turn) == grids
    for coord in grids[1].coords @ turn:
        known.add(coord, 1)
    assert still_wanted(known, grids, turn) == grids[1:]
    assert still_wanted(known, grids, PLANE) == grids
    for coord in grids[2].coords @ turn:
        known.add(coord, 1)
    assert still_wanted(known, grids, turn) == grids[2:]
