"""A volume in ipyvolume: what is sent, what is cut away, what is said."""

from __future__ import annotations

import re
import sys

import ipywidgets
import numpy as np
import pytest

from landscape_widget.slices.volume import Volume
from landscape_widget.widget.volume_drawing import block_of, cloud_table, levels_of, shells_of

ALPHAS, BETAS, GAMMAS = np.linspace(-1, 1, 9), np.linspace(-0.5, 1.5, 11), np.linspace(-2, 2, 13)
LOSSES = GAMMAS[:, None, None] ** 2 + 4 * (BETAS[:, None] - 0.5) ** 2 + ALPHAS**2
AXES = (ALPHAS, BETAS, GAMMAS)
WHOLE = tuple((float(axis[0]), float(axis[-1])) for axis in AXES)


def volume(losses: np.ndarray = LOSSES, **changes: object) -> Volume:
    axes = {"alphas": ALPHAS, "betas": BETAS, "gammas": GAMMAS, "span": WHOLE}
    values = {"center_loss": 1.0, "samples": (9, 9), "labels": ("noise", "slope", "<b>")}
    return Volume(losses=losses, **{**axes, **values, **changes})


@pytest.fixture
def show():
    made = []

    def make(of: Volume | None = None, height: int = 200):
        made.append((of or volume()).show(height))
        return made[-1]

    yield make
    for view in made:
        view.close()


def test_a_block_is_what_the_clips_leave_never_less_than_a_cell():
    block = block_of(AXES, LOSSES, ((-0.5, 0.5), (-0.5, 1.5), (1.9, 2.0)))
    np.testing.assert_allclose(block.axes[0], [-0.5, -0.25, 0, 0.25, 0.5])
    np.testing.assert_array_equal(block.fractions, LOSSES[-2:, :, 2:7])
    np.testing.assert_allclose(block.extent, [[-0.5, 0.5], [-0.5, 1.5], [5 / 3, 2]])


def test_only_losses_that_are_shown_have_opacity_and_holes_never_do():
    table = cloud_table((0.2, 0.6))
    fractions = np.linspace(0, 1, len(table)) / 0.97
    seen = table[:, 3] > 0
    assert (fractions[seen].min(), fractions[seen].max()) == pytest.approx((0.2, 0.6), abs=0.005)
    assert (np.diff(table[seen, 3]) < 0).all()  # the lowest are the densest
    losses = LOSSES.copy()
    losses[3, 4, 5] = np.nan
    voxels = block_of(AXES, losses / 10, WHOLE).voxels
    assert voxels[3, 4, 5] == 1.0
    assert cloud_table((0.0, 1.0))[-1, 3] == 0


def test_shells_lie_where_the_loss_is_their_level():
    shells = shells_of(block_of(AXES, LOSSES / 5, WHOLE), (0.0, 0.6))
    x, y, z = shells.points.T
    losses = (z**2 + 4 * (y - 0.5) ** 2 + x**2) / 5
    levels = levels_of((0.0, 0.6))
    np.testing.assert_allclose(levels, [0.2, 0.4, 0.6])
    nearest = np.abs(losses[:, None] - levels).min(axis=1)
    assert nearest.max() < 0.03  # of a grid this coarse
    assert shells.triangles.max() == len(shells.points) - 1
    assert len(np.unique(shells.colors[:, 3])) == 3


def test_shells_end_at_holes_and_there_are_none_where_no_level_is_reached():
    losses = LOSSES.copy()
    losses[:, :, 5:] = np.nan
    shells = shells_of(block_of(AXES, losses / 5, WHOLE), (0.0, 0.6))
    assert len(shells.points) > 0
    assert shells.points[:, 0].max() <= ALPHAS[4] + 1e-9
    assert shells_of(block_of(AXES, np.full_like(LOSSES, np.nan), WHOLE), (0.0, 0.6)).triangles.shape == (0, 3)


def test_the_sliders_cut_the_cloud_in_the_one_figure(show):
    view = show()
    figure, cloud = view.figure, view.figure.volumes[0]
    np.testing.assert_allclose(cloud.extent, WHOLE)
    assert cloud.data.shape == LOSSES.shape
    table = cloud.tf.rgba
    view.clips[1].value = (0.0, 1.0)
    assert cloud.data.shape == (13, 5, 9)
    np.testing.assert_allclose(cloud.extent[1], [0.1, 0.9])
    view.shown.value = (0.0, 1.0)
    assert not np.array_equal(cloud.tf.rgba, table)
    assert view.figure is figure
    assert figure.volumes == [cloud]
    assert figure.animation == 1


def test_iso_surfaces_take_the_place_of_the_cloud(show):
    view = show()
    mesh = view.figure.meshes[0]
    assert (view.figure.volumes[0].visible, mesh.visible) == (True, False)
    view.mode.value = "shells"
    assert (view.figure.volumes[0].visible, mesh.visible) == (False, True)
    whole = len(mesh.triangles)
    assert mesh.color.shape == (mesh.x.size, 4)
    view.clips[0].value = (0.0, 1.0)
    assert 0 < len(mesh.triangles) < whole
    view.shown.value = (view.shown.min, view.shown.min)
    assert mesh.triangles.tolist() == [[0, 0, 0]]


def test_without_scikit_image_the_cloud_stays_and_the_view_says_why(show, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setitem(sys.modules, "skimage.measure", None)
    view = show()
    view.mode.value = "shells"
    said = view._error.value
    assert "iso-surfaces must have the package scikit-image, got none." in said
    assert "landscape-widget[volume]" in said
    assert (view.figure.volumes[0].visible, view.figure.meshes[0].visible) == (True, False)
    view.mode.value = "cloud"
    assert view._error.value == ""


def test_the_text_says_what_is_shown_and_axes_of_odd_size_are_scaled(show):
    losses = LOSSES.copy()
    losses[0, 0, 0] = np.inf
    of = volume(losses, alphas=ALPHAS / 1000, span=((-1e-3, 1e-3), *WHOLE[1:]))
    view = show(of)
    text = view.children[-1].value
    assert "α: noise · β: slope · γ: &lt;b&gt;" in text
    assert "1 point not finite (holes)" in text
    assert view.figure.xlabel == "α × 10⁻³"
    np.testing.assert_allclose(view.figure.volumes[0].extent[0], [-1, 1])
    np.testing.assert_allclose(view.clips[0].value, (-1e-3, 1e-3))


def test_colours_of_text_and_ground_follow_the_page(show):
    view = show()
    view._theme.background, view._theme.foreground = "#111111", "#eeeeee"
    assert view.figure.style["background-color"] == "#111111"
    assert view.figure.style["axes"]["label"]["color"] == "#eeeeee"


def test_closing_leaves_no_widget_behind():
    before = set(ipywidgets.widgets.widget._instances)
    view = volume().show(200)
    view.mode.value = "shells"
    view.close()
    assert set(ipywidgets.widgets.widget._instances) == before


def test_what_cannot_be_shown_is_refused_in_words(show, monkeypatch):
    with pytest.raises(ValueError, match="height must be an integer of at least 160, got 20"):
        show(height=20)
    flat = volume(LOSSES[:1], gammas=[0.0], span=(*WHOLE[:2], (0.0, 0.0)))
    with pytest.raises(ValueError, match=re.escape("volume must be at least 2 points along each axis, got (1, 11")):
        show(flat)
    monkeypatch.setitem(sys.modules, "ipyvolume", None)
    with pytest.raises(ImportError, match="surface_view must be a view whose packages are installed"):
        show()
