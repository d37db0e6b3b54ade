"""Pictures in matplotlib: what is drawn, what is said, and that walls do not hide the centre."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from landscape_widget.slices.axis import curve_axis, surface_axis
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface

ALPHAS = np.linspace(-0.8, 1.6, 25)
BETAS = np.linspace(-0.5, 1.5, 9)


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


def curve(losses: np.ndarray, alphas: np.ndarray = ALPHAS, **changes: Any) -> Curve:
    values: dict[str, Any] = {
        "alphas": alphas,
        "losses": losses,
        "center_loss": 0.5,
        "span": (alphas[0], alphas[-1]),
        "samples": (256, 1797),
        "label": "noise",
    }
    return Curve(**(values | changes))


def surface(losses: np.ndarray, **changes: Any) -> Surface:
    values: dict[str, Any] = {
        "alphas": ALPHAS,
        "betas": BETAS,
        "losses": losses,
        "center_loss": 0.5,
        "span": ((-0.8, 1.6), (-0.5, 1.5)),
        "samples": (256, 1797),
        "labels": ("noise", "slope"),
    }
    return Surface(**(values | changes))


def bowl(factor: float = 1.0, floor: float = 0.5) -> np.ndarray:
    return floor + factor * (ALPHAS[None, :] ** 2 + BETAS[:, None] ** 2)


def texts(ax: Axes) -> list[str]:
    return [text.get_text().replace("\n", " ").replace("\u00a0", " ") for text in ax.texts]


def assert_draws(ax: Axes) -> None:
    """The picture is not empty: more than a tenth of a per cent of it is coloured."""
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int)
    assert (np.ptp(pixels, axis=-1) > 30).mean() > 1e-3


def test_a_curve_is_drawn_with_a_dot_at_each_point() -> None:
    made = curve(ALPHAS**2 + 0.5)
    ax = made.plot()
    line, dots = ax.lines[:2]
    for drawn in (line, dots):
        np.testing.assert_array_equal(drawn.get_xydata(), np.stack([made.alphas, made.losses], axis=1))
    assert dots.get_marker() == "o"
    assert ax.get_yscale() == "linear"
    assert_draws(ax)


def test_kind_label_centre_and_valleys_are_on_the_picture() -> None:
    ax = curve((ALPHAS - 0.8) ** 2 + 0.5, center_loss=1.14).plot()
    assert ax.get_title(loc="right") == "v-side"
    assert ax.get_title(loc="left") == "noise"
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["centre, loss 1.14", "valley at 0.8"]


def test_the_caption_is_below_every_picture() -> None:
    made = curve(ALPHAS**2 + 0.5)
    assert made.caption in texts(made.plot())
    plane = surface(bowl())
    assert plane.caption in texts(plane.plot())


def test_the_caption_stays_inside_the_figure() -> None:
    ax = surface(bowl(), provenance={"directions": [], "batchnorm": "frozen"}).plot()
    ax.figure.canvas.draw()
    box = ax.texts[-1].get_window_extent()
    assert box.y0 >= 0
    assert box.x1 <= ax.figure.bbox.x1


def test_holes_are_gaps_with_a_mark() -> None:
    losses = ALPHAS**2 + 0.5
    losses[[3, 20]] = np.nan, np.inf
    ax = curve(losses).plot()
    assert np.isnan(ax.lines[0].get_ydata()[[3, 20]]).all()
    assert np.isfinite(np.delete(ax.lines[0].get_ydata(), [3, 20])).all()
    marks = next(line for line in ax.lines if line.get_label() == "no finite loss")
    np.testing.assert_array_equal(marks.get_xdata(), ALPHAS[[3, 20]])
    assert "1 NaN and 1 inf of 25 losses (holes)" in texts(ax)[-1]


def test_a_curve_without_centre_or_losses_is_still_drawn() -> None:
    away = curve(ALPHAS**2, ALPHAS + 2).plot()
    assert away.get_title(loc="right") == "off-centre"
    assert all("centre" not in line.get_label() for line in away.lines)
    empty = curve(np.full(25, np.nan), center_loss=np.nan).plot()
    assert empty.get_title(loc="right") == "unclear"
    assert "25 NaN of 25 losses" in texts(empty)[-1]


def test_huge_walls_of_positive_losses_get_a_log_axis() -> None:
    walls = 0.005 + 60 * ALPHAS**4
    ax = curve(walls, center_loss=0.005, ceiling=2.3).plot()
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "loss, log scale"
    assert texts(ax)[-1].endswith("log loss axis")
    assert curve(walls - 0.005, center_loss=0.0).plot().get_yscale() == "linear"
    assert curve(0.005 + ALPHAS**2, ceiling=2.3).plot().get_yscale() == "linear"


def test_a_log_axis_can_be_asked_for_and_refused() -> None:
    low, huge = 0.5 + ALPHAS**2, 0.5 + 1e4 * ALPHAS**2
    assert curve(low).plot().get_yscale() == "linear"
    assert curve(low).plot(log=True).get_yscale() == "log"
    assert curve(huge).plot(log=False).get_yscale() == "linear"
    assert isinstance(surface(bowl()).plot(log=True).collections[0].norm, LogNorm)
    assert not isinstance(surface(bowl(1e4)).plot(log=False).collections[0].norm, LogNorm)
    text = "log must be False or None where not all losses are positive, got True. The lowest is -0.5."
    with pytest.raises(ValueError, match=re.escape(text)):
        curve(low - 1).plot(log=True)
    with pytest.raises(ValueError, match=re.escape(text)):
        surface(bowl(floor=-0.5)).plot(log=True)


def test_a_surface_is_drawn_with_colour_bar_and_centre() -> None:
    ax = surface(bowl()).plot()
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "loss"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("alpha (noise)", "beta (slope)")
    crosses = [line for line in ax.lines if line.get_marker() == "+"]
    assert [tuple(line.get_xydata()[0]) for line in crosses] == [(0, 0), (0, 0)]
    assert_draws(ax)


def test_walls_a_hundred_times_the_centre_get_log_colours_and_say_so() -> None:
    ax = surface(bowl(20.0, floor=0.05)).plot()
    assert isinstance(ax.collections[0].norm, LogNorm)
    assert ax.figure.axes[1].get_ylabel() == "loss, log scale"
    assert texts(ax)[-1].endswith("log colour scale")
    # Around the centre many colours are told apart, not one.
    near = [level for level in ax.collections[0].levels if level < 0.5]
    assert len(near) >= 4


def test_walls_around_losses_that_are_not_positive_are_cut_and_say_so() -> None:
    ax = surface(bowl(20.0, floor=-0.5), ceiling=1.0).plot()
    assert ax.collections[0].norm.vmax == pytest.approx(3.5)
    assert "colours stop at 3.5, losses reach 95.7" in texts(ax)[-1]


@pytest.mark.parametrize("value", [0.7, 0.0, -3.0])
def test_a_flat_surface_is_drawn(value: float) -> None:
    assert_draws(surface(np.full((9, 25), value)).plot())


def test_holes_of_a_surface_stay_empty() -> None:
    losses = bowl()
    losses[2, 3], losses[5, 6] = np.nan, np.inf
    ax = surface(losses).plot()
    assert "1 NaN and 1 inf of 225 losses (holes)" in texts(ax)[-1]
    assert ax.collections[0].norm.vmax == pytest.approx(bowl().max())


def test_a_surface_of_holes_says_so() -> None:
    ax = surface(np.full((9, 25), np.nan)).plot()
    assert texts(ax)[0] == "no finite loss to draw"
    assert ax.get_xlim() == (-0.8, 1.6)


def test_slices_can_be_drawn_side_by_side() -> None:
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    assert surface(bowl()).plot(left) is left
    assert curve(ALPHAS**2 + 0.5).plot(ax=right) is right
    assert_draws(left)
    assert len(plt.get_fignums()) == 1
    assert figure.axes[:2] == [left, right]


def test_a_loss_that_touches_zero_does_not_stretch_a_log_axis() -> None:
    axis = surface_axis([1e-12, 1.0, 50.0])
    assert axis.is_log
    assert (axis.low, axis.high) == (pytest.approx(5e-4), 50.0)
    assert axis.note == "log colour scale from 0.0005 up, losses reach 1e-12"
    assert curve_axis([1e-12, 50.0]).note == "log loss axis from 0.0005 up, losses reach 1e-12"


def test_the_axis_of_nothing_is_a_plain_one() -> None:
    assert curve_axis([np.nan]) == surface_axis([]) == curve_axis([0.0, 1.0])
