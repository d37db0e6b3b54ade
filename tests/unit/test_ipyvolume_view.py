from __future__ import annotations

import re
import sys

import ipyvolume
import ipywidgets
import numpy as np
import pytest

from landscape_widget.widget.ipyvolume_view import IpyvolumeSurface

ALPHAS, BETAS = np.linspace(-0.5, 1.5, 5), np.linspace(-0.8, 0.4, 4)
LOSSES = 0.1 + BETAS[:, None] ** 2 + (ALPHAS - 0.3) ** 2


@pytest.fixture
def surface():
    view = IpyvolumeSurface(300)
    yield view
    view.close()


def figure_of(surface):
    return surface.widget.children[0].children[0]


def show(surface, losses=LOSSES, alphas=ALPHAS, betas=BETAS, **more):
    surface.show(alphas, betas, losses, **{"limits": (0.05, 3.0), **more})
    return figure_of(surface).meshes[0]


def messages_to(widget, monkeypatch):
    sent = []
    monkeypatch.setattr(widget, "send_state", lambda key=None: sent.append(set(key)) if key else None)
    return sent


def test_the_mesh_holds_the_losses_over_alpha_and_beta_flat_and_row_by_row(surface):
    mesh = show(surface)
    assert mesh.x.shape == mesh.y.shape == mesh.z.shape == (20,)
    np.testing.assert_allclose(mesh.x.reshape(4, 5)[2], ALPHAS)
    np.testing.assert_allclose(mesh.z.reshape(4, 5)[:, 3], BETAS)
    np.testing.assert_allclose(mesh.y.reshape(4, 5), LOSSES)
    assert mesh.color.shape == (20, 3)


def test_figure_mesh_and_camera_stay_when_the_grid_changes(surface):
    first = show(surface)
    figure, position = figure_of(surface), figure_of(surface).camera.position
    finer = np.linspace(-0.5, 1.5, 11)
    mesh = show(surface, np.ones((11, 11)), finer, finer)
    assert mesh is first
    assert figure_of(surface) is figure
    assert figure.camera.position == position
    assert mesh.triangles.max() == 120


def test_a_frame_is_one_message_to_the_mesh(surface, monkeypatch):
    mesh = show(surface)
    sent = messages_to(mesh, monkeypatch)
    show(surface, LOSSES * 1.3)
    assert sent == [{"y", "color"}]
    finer = np.linspace(-0.5, 1.5, 11)
    show(surface, np.ones((11, 11)), finer, finer)
    assert sent[1] == {"x", "y", "z", "color", "triangles"}
    assert len(sent) == 2


def test_nothing_is_sent_to_the_mesh_when_nothing_changed(surface, monkeypatch):
    sent = messages_to(show(surface), monkeypatch)
    show(surface, LOSSES.copy(), seq=7)
    assert sent == []


def test_holes_have_no_triangles_and_finite_vertices(surface):
    losses = LOSSES.copy()
    losses[1, 2] = np.nan
    losses[3, 0] = np.inf
    mesh = show(surface, losses)
    assert np.isfinite(mesh.y).all()
    assert not {1 * 5 + 2, 3 * 5} & set(mesh.triangles.ravel())
    assert "2 points not finite (holes)" in surface.widget.children[1].value


def test_a_surface_of_holes_only_is_drawn_as_nothing(surface):
    mesh = show(surface, np.full_like(LOSSES, np.nan))
    assert mesh.triangles.tolist() == [[0, 0, 0]]


def test_animation_is_short_but_not_zero(surface):
    assert figure_of(surface).animation == 1


def test_the_users_current_figure_is_left_alone():
    mine = ipyvolume.figure()
    view = IpyvolumeSurface(300)
    show(view)
    assert ipyvolume.gcf() is mine
    view.close()
    ipyvolume.clear()


def test_the_axes_span_the_grid_and_the_limits(surface):
    show(surface)
    figure = figure_of(surface)
    assert figure.xlim == pytest.approx((-0.5, 1.5))
    assert figure.zlim == pytest.approx((-0.8, 0.4))
    assert figure.ylim == pytest.approx((0.05, 3.0))
    assert (figure.xlabel, figure.zlabel) == ("α", "β")


def test_a_short_axis_is_scaled_and_its_name_tells_by_what(surface):
    mesh = show(surface, alphas=ALPHAS / 100, betas=BETAS * 1e4)
    figure = figure_of(surface)
    assert (figure.xlabel, figure.zlabel) == ("α × 10⁻²", "β × 10⁴")
    assert figure.xlim == pytest.approx((-0.5, 1.5))
    np.testing.assert_allclose(mesh.x[:5], ALPHAS)


def test_the_loss_axis_has_ticks_only_where_they_are_losses(surface):
    def has_ticks():
        return figure_of(surface).style["axes"]["y"]["ticklabel"]["visible"]

    show(surface)
    assert has_ticks()
    show(surface, log_height=True)
    assert not has_ticks()
    show(surface, LOSSES / 1000, limits=(0.0, 0.002))
    assert not has_ticks()


def test_log_height_draws_logarithms_and_says_so(surface):
    mesh = show(surface, log_height=True)
    np.testing.assert_allclose(mesh.y, np.log10(LOSSES).ravel())
    row, text = surface.widget.children
    assert "log height" in text.value
    assert "loss (log)" in row.children[1].value


def test_the_text_names_the_directions_and_what_was_clipped(surface):
    show(surface, limits=(0.1, 1.0), labels=("gaussian 0", "<b>"), caption="exact")
    higher = int((LOSSES > 1.0).sum())
    text = surface.widget.children[1].value
    assert f"α: gaussian 0 · β: &lt;b&gt; · exact · clipped at 1: {higher} points higher" in text


def test_the_colour_bar_has_the_ticks_of_the_limits(surface):
    show(surface, limits=(0.0, 4.0))
    bar = surface.widget.children[0].children[1].value
    assert re.findall(r"top:([\d.]+)%\">([\d.]+)<", bar) == [
        ("100.00", "0"),
        ("75.00", "1"),
        ("50.00", "2"),
        ("25.00", "3"),
        ("0.00", "4"),
    ]


def test_colours_of_text_and_ground_follow_the_page(surface):
    show(surface)
    surface._theme.background, surface._theme.foreground = "#111111", "#eeeeee"
    style = figure_of(surface).style
    assert style["background-color"] == "#111111"
    assert style["axes"]["ticklabel"]["color"] == "#eeeeee"


def test_a_frame_is_ready_once_the_browser_says_so(surface):
    show(surface, seq=4)
    assert not surface.ready(4)
    assert not surface.wait(4, timeout=0.001)
    surface._ack.ack = 4
    assert surface.ready(4)
    assert surface.ready(3)
    assert surface.wait(4, timeout=0.001)


def test_closing_leaves_no_widget_behind():
    before = set(ipywidgets.widgets.widget._instances)
    view = IpyvolumeSurface(300)
    show(view)
    view.close()
    assert set(ipywidgets.widgets.widget._instances) == before


def test_a_missing_ipyvolume_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipyvolume", None)
    expected = re.escape(
        "surface_view must be a view whose packages are installed, got 'ipyvolume'. "
        "Run pip install 'ipyvolume>=0.6.3,<0.7' ipython_genutils six; curve and map work without it."
    )
    with pytest.raises(ImportError, match=expected):
        IpyvolumeSurface(300)


def test_grids_that_do_not_fit_are_refused(surface):
    with pytest.raises(ValueError, match=re.escape("losses must be [B, A] = (4, 5), got (5, 4).")):
        show(surface, LOSSES.T)
    with pytest.raises(ValueError, match="alphas and betas must be two 1D arrays of at least 2 numbers"):
        show(surface, alphas=ALPHAS[:1])


def test_a_figure_too_low_to_read_is_refused():
    with pytest.raises(ValueError, match="height must be an integer of at least 160, got 20"):
        IpyvolumeSurface(20)
