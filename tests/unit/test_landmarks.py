"""Checkpoints and other models on the map: where they lie, and their own losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from explorer_cases import until
from landscape_widget.directions import places as places_module
from landscape_widget.directions.mixing import mix
from landscape_widget.widget.closing import family
from landscape_widget.widget.landmarks import projected

X = torch.linspace(-1, 2, 24)[:, None].double()
Y = X**2


def net(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 1)).double()


def landscape() -> lw.Landscape:
    return lw.Landscape(net(0), nn.functional.mse_loss, (X, Y))


def loss_of(model: nn.Module, inputs: torch.Tensor = X) -> float:
    with torch.no_grad():
        return float(nn.functional.mse_loss(model(inputs), Y))


def test_a_model_lies_where_its_direction_leads_and_off_the_plane_by_what_is_left():
    home = landscape()
    d, e = home.directions.to(net(1)), home.directions.gaussian(seed=4)
    axes = mix(d, e, None, 0.0)
    coords, distances = projected(d.places, axes)
    np.testing.assert_allclose(coords, [[1.0, 0.0]], atol=1e-9)
    np.testing.assert_allclose(distances, [0.0], atol=1e-9)
    other = home.directions.to(net(2))
    coords, distances = projected(other.places, axes)
    left = other.vector - coords[0, 0] * axes.d1.vector - coords[0, 1] * axes.d2.vector
    metric = d.home.metric
    assert distances[0] == pytest.approx(metric.norm(left), rel=1e-9)
    assert metric.inner(left, axes.d1.vector) == pytest.approx(0, abs=1e-9)
    assert metric.inner(left, axes.d2.vector) == pytest.approx(0, abs=1e-9)
    assert distances[0] > 0.1


def test_a_trajectory_keeps_its_checkpoints_in_order_unless_they_are_too_large(monkeypatch):
    home = landscape()
    models = [net(1), net(2), net(3)]
    found = home.directions.trajectory(models).directions[1].places
    assert found.labels == ("checkpoint 1", "checkpoint 2", "checkpoint 3")
    assert found.is_path
    flat = torch.cat([parameter.detach().flatten() for parameter in models[2].parameters()])
    torch.testing.assert_close(found.steps[2] + home.center.cpu(), flat)
    monkeypatch.setattr(places_module, "MOST_BYTES", 100)
    assert home.directions.trajectory(models).directions[0].places is None


def test_models_stay_where_they_are_when_the_centre_moves():
    model = net(0)
    home = lw.Landscape(model, nn.functional.mse_loss, (X, Y))
    for direction in (home.directions.to(net(1)), home.directions.trajectory([net(1), net(2)]).directions[0]):
        target = direction.home.center + direction.places.steps[0]
        with torch.no_grad():
            next(model.parameters()).mul_(1.5)
        home.recenter()
        again = home.directions.remade(direction)
        torch.testing.assert_close(home.center.cpu() + again.places.steps[0], target)


def test_the_explorer_marks_models_with_their_own_loss_and_those_of_a_split_with_theirs():
    home = lw.Landscape(net(0), nn.functional.mse_loss, (X, Y), splits={"test": (X + 1, Y)})
    other = net(1)
    explorer = home.explore(a=home.directions.to(other), c="none", panels=("map",), prefetch=False)
    view = next(part for part in family(explorer) if type(part).__name__ == "MapView")
    try:
        explorer.controls["tolerance"].value = 1.0
        until(lambda: marked(view.frame) == pytest.approx([1, 0, loss_of(other), 0], abs=1e-5))
        assert view.frame["tracks"] == [{"name": "Sequential", "labels": ["Sequential"], "is_path": False}]
        explorer.controls["split"].value = "test"
        own = loss_of(other, X + 1)
        until(lambda: marked(view.frame) == pytest.approx([1, 0, own, 0], abs=1e-5))
        explorer.controls["mixing"].value = 30.0
        turned = [np.cos(np.pi / 6), -0.5, own, 0]
        until(lambda: marked(view.frame) == pytest.approx(turned, abs=1e-5))
    finally:
        explorer.close()


def marked(frame: dict[str, Any]) -> list[float]:
    """Alpha, beta, loss and distance of the model on a map."""
    sent = frame.get("arrays", {}).get("track_0")
    return [] if sent is None else np.frombuffer(sent["data"], "<f4").tolist()
