"""The quadratic along a direction: exact for a quadratic loss, and where a real curve leaves it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from landscape_widget.curvature.prediction import Parting, Prediction


class Point(nn.Module):
    """Two weights, [0.5, -1]."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[0.5, -1.0]], dtype=torch.float64))


def landscape(loss: str = "quadratic") -> lw.Landscape:
    """`x^2 + 3 y^2 + x y`, or the same plus x^4."""

    def closure(model: nn.Module, _batch: object) -> torch.Tensor:
        x, y = model.weight[0]
        quadratic = x**2 + 3 * y**2 + x * y
        return quadratic if loss == "quadratic" else quadratic + x**4

    return lw.Landscape(Point(), data=[(torch.zeros(1, 1),)], closure=closure)


def along(made: lw.Landscape, *vector: float) -> object:
    return made.directions.from_vector(torch.tensor(vector, dtype=torch.float64))


def test_a_quadratic_loss_is_predicted_exactly() -> None:
    made = landscape()
    d = along(made, 1.0, 2.0)
    found = made.hessian.prediction(d)
    # By hand: gradient (2x + y, 6y + x) = (0, -5.5), Hessian [[2, 1], [1, 6]].
    assert found.center_loss == pytest.approx(0.25 + 3 - 0.5)
    assert found.slope == pytest.approx(-11)
    assert found.curvature == pytest.approx(2 + 4 + 24)
    assert found.minimum == pytest.approx(11 / 30)
    curve = made.curve(d, span=1.0, exact=True)
    np.testing.assert_allclose(found.at(curve.alphas), curve.losses, atol=1e-12)
    assert found.parting(curve) == (None, None)
    assert "do not part in the span" in str(found.parting(curve))


def test_the_parting_is_where_the_quartic_part_is_a_tenth_of_the_change() -> None:
    made = landscape("quartic")
    d = along(made, 1.0, 0.0)
    curve, found = made.curve(d, span=1.0, exact=True, points=2001), made.hessian.prediction(d)
    floor = curve.classification.noise_floor

    def parted(alpha: float) -> bool:
        x = 0.5 + alpha
        change = (x**2 - x + x**4) - (0.25 - 0.5 + 0.0625)
        gap = 4 * 0.5 * alpha**3 + alpha**4  # what the fourth power has beyond its own quadratic
        return abs(gap) > max(0.1 * abs(change), floor)

    grid = np.linspace(-1, 1, 2001)
    expected = Parting(
        max(alpha for alpha in grid if alpha < 0 and parted(alpha)),
        min(alpha for alpha in grid if alpha > 0 and parted(alpha)),
    )
    np.testing.assert_allclose(found.parting(curve), expected, atol=1e-9)


def test_a_hole_parts_from_nothing() -> None:
    curve = lw.Curve.from_arrays(np.linspace(-1, 1, 5), [math.nan, 0.25, 0.0, 0.25, 9.0])
    prediction = Prediction(0.0, 0.0, 2.0)
    assert prediction.parting(curve) == (None, 1.0)


def test_a_concave_prediction_has_no_minimum() -> None:
    assert Prediction(1.0, 0.0, -2.0).minimum is None


def test_the_plot_shows_curve_quadratic_and_parting() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    made = landscape("quartic")
    d = along(made, 1.0, 0.0)
    prediction, curve = made.hessian.prediction(d), made.curve(d, span=1.0, exact=True)
    ax = prediction.plot(curve)
    labels = [str(line.get_label()) for line in ax.get_lines()]
    assert any(label.startswith("quadratic: slope") for label in labels)
    title = ax.get_legend().get_title().get_text()
    assert title == str(prediction.parting(curve))
    plt.close("all")
