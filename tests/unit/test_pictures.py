"""What of a slice is drawn, and how it is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from landscape_widget.widget import pictures

X = torch.linspace(-1, 2, 24)[:, None]


def landscape() -> lw.Landscape:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1)).double()
    data = (X.double(), X.double() ** 2)
    metrics = {"closeness": lambda outputs, targets: (1 / (1 + (outputs - targets).abs())).mean()}
    return lw.Landscape(model, nn.functional.mse_loss, data, metrics=metrics)


@pytest.fixture(scope="module")
def curve() -> lw.Curve:
    home = landscape()
    return home.curve(home.directions.gaussian(seed=3), span=(-0.5, 1.0), progress=False)


def test_the_nodes_of_an_interpolated_curve_are_among_its_points_with_their_own_losses(curve):
    assert curve.interpolant is not None
    picture = pictures.of_curve(curve)
    computed = picture.texts["computed"]
    assert computed.sum() == len(curve.nodes.losses)
    order = np.argsort(curve.nodes.coords[:, 0])
    np.testing.assert_array_equal(picture.alphas[computed], curve.nodes.coords[order, 0])
    np.testing.assert_array_equal(picture.losses[computed], curve.nodes.losses[order])
    assert (np.diff(picture.alphas) > 0).all()
    assert (~computed).sum() > 100


def test_errors_are_zero_at_the_nodes_and_the_stated_ones_between(curve):
    texts = pictures.of_curve(curve).texts
    assert (texts["errors"][texts["computed"]] == 0).all()
    between = texts["errors"][~texts["computed"]]
    assert 0 < between.max() <= curve.error
    assert "spread" not in texts


def test_metrics_name_and_caption_go_with_the_curve(curve):
    picture = pictures.of_curve(curve)
    shown = picture.texts["metrics"]["closeness"]
    assert shown.shape == picture.alphas.shape
    np.testing.assert_allclose(shown, np.interp(picture.alphas, curve.alphas, curve.metrics["closeness"]))
    assert picture.texts["name"] == f"{curve.label} · train · −0.5 to 1"
    assert picture.texts["about"] == curve.caption


def test_standard_errors_are_drawn_where_losses_of_samples_were_kept():
    home = landscape()
    curve = home.curve(
        home.directions.gaussian(seed=3), span=(-0.5, 1.0), exact=True, points=7, per_sample=True, progress=False
    )
    texts = pictures.of_curve(curve).texts
    np.testing.assert_array_equal(texts["spread"], 2 * curve.stderr)
    assert texts["computed"].all()
    assert "errors" not in texts
