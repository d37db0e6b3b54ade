"""Models and losses out of the ordinary: used as they are, or refused in words."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import landscape_widget as lw
from networks import cnn, images, initialised, mlp, vectors
from reference import losses, number


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)


COORDS = np.array([[-0.4], [0.9]])


def agrees_with_the_loop(landscape: lw.Landscape, model: nn.Module, loss_of, rtol: float = 1e-11) -> None:
    d = landscape.directions.gaussian(seed=2)
    found = [v.loss for v in landscape._engine.evaluate([d.vector], COORDS)]
    np.testing.assert_allclose(found, losses(model, loss_of, [d.vector], COORDS), rtol=rtol)


@pytest.mark.parametrize("wrap", [nn.DataParallel, lambda m: torch.compile(m, backend="eager")])
def test_wrapped_models_are_unwrapped(wrap):
    model, (x, y) = mlp(), vectors(9)
    landscape = lw.Landscape(wrap(model), F.cross_entropy, (x, y))
    agrees_with_the_loop(landscape, model, lambda net: F.cross_entropy(net(x), y))
    assert landscape._objective.space.names == ("0.weight", "0.bias", "2.weight", "2.bias")


def test_a_physics_informed_loss_that_differentiates_inside():
    model = initialised(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double())
    x = torch.rand(30, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def residual(net, batch):
        points = batch.clone().requires_grad_(True)
        u = net(points).sum()
        (slope,) = torch.autograd.grad(u, points, create_graph=True)
        return (slope[:, 0] + slope[:, 1] - 1).square().mean()

    landscape = lw.Landscape(model, closure=residual, data=x)
    d = landscape.directions.gaussian(seed=2)
    found = [v.loss for v in landscape._engine.evaluate([d.vector], COORDS)]
    expected = []
    for coord in COORDS[:, 0]:
        net = copy.deepcopy(model)
        with torch.no_grad():
            for p, step in zip(net.parameters(), d.vector.split([p.numel() for p in net.parameters()]), strict=True):
                p.add_(step.view(p.shape), alpha=coord)
        expected.append(number(residual(net, x)))
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert landscape.directions.gradient().vector.norm() > 0


def test_a_tensor_with_a_graph_that_the_model_keeps_is_no_hindrance():
    model, (x, y) = mlp(), vectors(9)
    model.cache = model[0].weight * 2
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(model(x), y)), rel=1e-12)


def test_a_recurrent_network():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(5, 6, batch_first=True)
            self.head = nn.Linear(6, 3)

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    model = initialised(Last().double())
    x = torch.randn(11, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.arange(11) % 3
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    agrees_with_the_loop(landscape, model, lambda net: F.cross_entropy(net(x), y))


def test_weight_norm_keeps_its_own_hooks():
    model, moved = mlp(), mlp()
    with pytest.warns(FutureWarning, match="weight_norm"):
        model[0] = nn.utils.weight_norm(model[0])
    with pytest.warns(FutureWarning, match="weight_norm"):
        moved[0] = nn.utils.weight_norm(moved[0])
    x, y = vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    assert "0.weight_g" in landscape._objective.space.names
    d = landscape.directions.from_vector(torch.ones_like(landscape.center))
    (found,) = (v.loss for v in landscape._engine.evaluate([d.vector], np.array([[0.5]])))
    with torch.no_grad():
        for parameter in moved.parameters():
            parameter.add_(0.5)
    assert found == pytest.approx(number(F.cross_entropy(moved(x), y)), rel=1e-12)


def test_a_parametrised_layer():
    model = mlp()
    nn.utils.parametrizations.weight_norm(model[2])
    x, y = vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    agrees_with_the_loop(landscape, model, lambda net: F.cross_entropy(net(x), y))


def test_a_model_whose_forward_depends_on_its_data():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp()

        def forward(self, x):
            return torch.stack([self.body(row) if row.sum() > 0 else self.body(-row) for row in x])

    model, (x, y) = Branching(), vectors(9)
    agrees_with_the_loop(lw.Landscape(model, F.cross_entropy, (x, y)), model, lambda net: F.cross_entropy(net(x), y))


def test_a_model_that_keeps_state_between_calls_runs_one_tile_after_the_other(monkeypatch):
    from landscape_widget.core import setup

    monkeypatch.setattr(setup, "CONV_TILE", 4)

    class Stateful(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = cnn(norm=False)
            self.last = None

        def forward(self, x):
            self.last = x
            y = self.body(x)
            return y + 0 * self.last.sum() if self.last is x else y * torch.nan

    model, (x, y) = Stateful().eval(), images(40)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    assert "one tile after the other" in landscape._objective.remarks
    for _ in range(5):
        agrees_with_the_loop(landscape, model, lambda net: F.cross_entropy(net(x), y))


def test_mode_keep_uses_the_models_own_mode():
    model, (x, y) = cnn().train(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), mode="keep", batchnorm="frozen")
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(copy.deepcopy(model)(x), y)), rel=1e-11)


def lazy_model() -> nn.Module:
    return nn.Sequential(nn.LazyLinear(3))


def meta_model() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 3, device="meta"))


def complex_model() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 3, dtype=torch.complex64))


def integer_model() -> nn.Module:
    model = nn.Module()
    model.register_parameter("table", nn.Parameter(torch.arange(3), requires_grad=False))
    return model


def uncopyable_model() -> nn.Module:
    model = mlp()
    model.lock = threading.Lock()
    return model


def dropping_model() -> nn.Module:
    return nn.Sequential(mlp(), nn.Dropout(0.5)).train()


class Drawing(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = mlp()

    def forward(self, x):
        return self.body(x) + torch.rand(1)


REFUSED = [
    (lambda: 3, {}, "model must be a torch.nn.Module, got int"),
    (lazy_model, {}, "initialised parameters, got the lazy '0.weight'. Call the model once"),
    (meta_model, {}, "got '0.weight' on the meta device. Load them first"),
    (complex_model, {}, "real parameters, got the complex '0.weight'"),
    (integer_model, {}, "at least one floating-point parameter, got none"),
    (uncopyable_model, {}, "copyable by copy.deepcopy, got TypeError at 'lock'"),
    (
        dropping_model,
        {"mode": "keep"},
        "must not draw random numbers in its forward pass, got draws in '1'. Use mode='eval'",
    ),
    (Drawing, {}, r"got draws in forward\(\) itself or the loss"),
    (mlp, {"params": "head.*"}, r"params must choose at least one .* got 'head.\*'. The names are: 0.weight"),
    (mlp, {"params": []}, "params must be 'all', 'trainable' or name patterns, got"),
    (lambda: cnn().train(), {"mode": "keep", "data": images(9)}, "mode must be 'eval' with batchnorm='recalibrate'"),
]


@pytest.mark.parametrize(("make", "changes", "message"), REFUSED)
def test_models_that_make_no_landscape_are_refused_in_words(make, changes, message):
    with pytest.raises((TypeError, ValueError), match=message):
        lw.Landscape(make(), **{"loss_fn": F.cross_entropy, "data": vectors(9), **changes})


def test_hooks_that_change_the_loss_are_refused():
    model = mlp()
    model[0].register_forward_hook(lambda _m, _i, output: output * 2)
    with pytest.raises(ValueError, match="same loss without its hooks"):
        lw.Landscape(model, F.cross_entropy, vectors(9))


def test_a_model_that_changes_between_calls_is_refused():
    class Drifting(nn.Module):
        calls = 0

        def __init__(self):
            super().__init__()
            self.body = mlp()

        def forward(self, x):
            Drifting.calls += 1
            return self.body(x) * Drifting.calls

    with pytest.raises(ValueError, match="loss must be the same each time at the same weights"):
        lw.Landscape(Drifting(), F.cross_entropy, vectors(9))


LOSSES = [
    (lambda o, t: F.cross_entropy(o, t, reduction="none"), ValueError, r"got shape \(9,\). With reduction='none' take"),
    (lambda o, t: "low", TypeError, "loss_fn must return a scalar tensor, got str"),
    (lambda o, t: F.cross_entropy(o, t) / 0, ValueError, "loss must be finite at the centre, got inf"),
    (lambda o, t: F.cross_entropy(o, t).to(torch.complex64), TypeError, "real scalar, got torch.complex64"),
]


@pytest.mark.parametrize(("loss", "error", "message"), LOSSES)
def test_losses_that_make_no_landscape_are_refused_in_words(loss, error, message):
    with pytest.raises(error, match=message):
        lw.Landscape(mlp(), loss, vectors(9))


def test_a_closure_that_ignores_its_model_is_named():
    outside, (x, y) = mlp(), vectors(9)
    with pytest.raises(ValueError, match="closure must use the model that it is given"):
        lw.Landscape(mlp(), closure=lambda _model, batch: F.cross_entropy(outside(batch[0]), batch[1]), data=(x, y))


def test_a_loss_without_gradient_is_refused_when_a_gradient_is_needed():
    landscape = lw.Landscape(mlp(), lambda o, t: (o.argmax(1) != t).double().mean(), vectors(9))
    landscape.curve(landscape.directions.gaussian(), exact=True, points=3)
    with pytest.raises(ValueError, match="loss_fn must be differentiable in the weights for gradients and mining"):
        landscape.directions.gradient()
    with pytest.raises(ValueError, match="loss_fn must be differentiable"):
        landscape.mine("w-peak", steps=3)


def test_a_model_without_its_loss_is_told_what_to_return():
    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp()

        def forward(self, x):
            return {"logits": self.body(x)}

    with pytest.raises(ValueError, match=r"model must return its loss as .loss or \['loss'\], got dict without one"):
        lw.Landscape(Plain(), data=[{"x": vectors(9)[0]}])
