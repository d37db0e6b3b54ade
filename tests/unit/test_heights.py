from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from landscape_widget.widget.heights import (
    ANCHORS,
    axis_power,
    colors,
    grid_triangles,
    height_map,
    shade,
    ticks,
)

PROJECT = Path(__file__).resolve().parents[2]
LOSSES = np.array([[0.5, 1.0, 9.0], [2.0, np.nan, 0.1]])  # [B, A], B != A


def test_linear_heights_are_the_losses_clipped_at_the_limits_and_the_note_counts_them():
    drawn = height_map(LOSSES, (0.25, 4.0))
    np.testing.assert_array_equal(drawn.heights, [[0.5, 1.0, 4.0], [2.0, np.nan, 0.25]])
    assert drawn.limits == (0.25, 4.0)
    assert drawn.note == ("clipped at 4: 1 point higher; clipped at 0.25: 1 point lower; 1 point not finite (holes)")


def test_nothing_done_needs_no_words():
    assert height_map(np.array([[1.0, 2.0]]), (1.0, 2.0)).note == ""


def test_infinite_losses_are_holes_not_walls():
    drawn = height_map(np.array([[1.0, np.inf], [-np.inf, 2.0]]), (0.0, 2.0))
    assert np.isnan(drawn.heights).tolist() == [[False, True], [True, False]]
    assert drawn.note == "2 points not finite (holes)"


def test_log_heights_are_log10_of_the_losses():
    drawn = height_map(np.array([[0.01, 1.0], [10.0, 200.0]]), (0.01, 100.0), log=True)
    np.testing.assert_allclose(drawn.heights, [[-2.0, 0.0], [1.0, 2.0]])
    assert drawn.limits == pytest.approx((-2.0, 2.0))
    assert drawn.note == "log height; clipped at 100: 1 point higher"


def test_log_heights_reach_down_to_the_smallest_positive_loss_where_the_limit_is_zero():
    drawn = height_map(np.array([[0.0, 0.2], [3.0, 5.0]]), (0.0, 5.0), log=True)
    assert drawn.limits == pytest.approx((np.log10(0.2), np.log10(5.0)))
    assert drawn.note == "log height; clipped at 0.2: 1 point lower"


def test_log_heights_span_at_most_five_decades():
    drawn = height_map(np.array([[1e-30, 1.0], [3.0, 10.0]]), (1e-30, 10.0), log=True)
    assert drawn.limits == pytest.approx((-4.0, 1.0))


@pytest.mark.parametrize("losses", [[[-1.0, -2.0]], [[0.0, 0.0]], [[np.nan, np.nan]]])
def test_log_height_without_a_positive_loss_is_linear_and_says_so(losses):
    drawn = height_map(np.array(losses), (-2.0, 0.0), log=True)
    assert not drawn.is_log
    assert drawn.note.startswith("no log height: no positive loss")


def test_a_log_axis_without_any_loss_still_has_a_height():
    drawn = height_map(np.full((2, 3), np.nan), (0.0, 4.0), log=True)
    assert drawn.limits[0] < drawn.limits[1]


def test_fractions_run_from_the_bottom_to_the_top_of_the_axis():
    drawn = height_map(LOSSES, (0.5, 4.5))
    np.testing.assert_allclose(drawn.fractions, [[0.0, 0.125, 1.0], [0.375, np.nan, 0.0]])


def test_a_flat_slice_gets_an_axis_of_some_height():
    drawn = height_map(np.full((2, 3), 7.0), (7.0, 7.0))
    assert drawn.limits[0] == 7.0 < drawn.limits[1]
    assert np.isfinite(drawn.fractions).all()


@pytest.mark.parametrize("limits", [(2.0, 1.0), (np.nan, 1.0), (0.0, np.inf)])
def test_limits_that_are_none_are_refused(limits):
    rule = re.escape(f"limits must be two finite numbers, the lower one first, got {limits!r}.")
    with pytest.raises(ValueError, match=rule):
        height_map(LOSSES, limits)


def test_the_colours_are_those_of_the_front_end():
    source = (PROJECT / "js/src/colormap.ts").read_text()
    listed = re.search(r"ANCHORS = \[(.*?)\]", source, re.DOTALL)
    assert listed is not None
    assert tuple(re.findall(r"#[0-9a-f]{6}", listed[1])) == ANCHORS


def test_colours_start_and_end_with_the_table_and_a_hole_is_grey():
    table = colors(np.array([[0.0, 1.0], [0.5, np.nan]]))
    expected = [[0x44, 0x01, 0x54], [0xFD, 0xE7, 0x25], [0x21, 0x91, 0x8C], [127.5, 127.5, 127.5]]
    np.testing.assert_allclose(table * 255, expected)


def test_shading_is_even_on_a_flat_floor_and_darker_on_the_side_away_from_the_light():
    flat = shade(np.full((3, 4), 0.3))
    np.testing.assert_allclose(flat, flat[0, 0])
    towards = shade(np.tile(np.linspace(0, 1, 4), (3, 1)))
    away = shade(np.tile(np.linspace(1, 0, 4), (3, 1)))
    assert (away < towards).all()


def test_shading_next_to_a_hole_is_finite():
    fractions = np.full((4, 5), 0.3)
    fractions[1, 2] = np.nan
    assert np.isfinite(shade(fractions)).all()


def test_triangles_cover_each_cell_twice_and_name_every_vertex():
    triangles = grid_triangles(np.zeros((3, 4), dtype=bool))
    assert triangles.shape == (2 * 2 * 3, 3)
    assert triangles.dtype == np.uint32
    assert set(triangles.ravel()) == set(range(12))
    corners = np.stack(np.unravel_index(triangles, (3, 4)), axis=-1)
    assert np.ptp(corners, axis=1).max() == 1  # no triangle reaches beyond its cell


def test_no_triangle_touches_a_hole():
    is_hole = np.zeros((3, 4), dtype=bool)
    is_hole[1, 2] = True
    triangles = grid_triangles(is_hole)
    assert 6 not in triangles
    assert 0 < len(triangles) < 12


def test_more_than_65536_vertices_do_not_wrap():
    assert grid_triangles(np.zeros((300, 300), dtype=bool)).max() == 300 * 300 - 1


def test_linear_ticks_are_round_values_within_the_limits():
    assert [text for _, text in ticks(-0.1, 4.3, is_log=False)] == ["0", "1", "2", "3", "4"]
    assert [value for value, _ in ticks(0.002, 0.011, is_log=False)] == pytest.approx(
        [0.002, 0.004, 0.006, 0.008, 0.01]
    )


def test_log_ticks_name_losses_at_the_places_of_their_logarithms():
    assert ticks(-2.1, 1.2, is_log=True) == [(-2, "0.01"), (-1, "0.1"), (0, "1"), (1, "10")]
    narrow = ticks(0.0, np.log10(5.0), is_log=True)
    assert [text for _, text in narrow] == ["1", "2", "3", "4", "5"]
    assert [value for value, _ in narrow] == pytest.approx(np.log10([1, 2, 3, 4, 5]))


@pytest.mark.parametrize(("span", "power"), [((-0.3, 0.4), 0), ((-0.02, 0.03), 2), ((0.0, 7e4), -4), ((2.0, 2.003), 3)])
def test_axes_are_scaled_until_one_decimal_tells_ticks_apart(span, power):
    assert axis_power(*span) == power
