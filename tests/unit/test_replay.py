"""A recorded forward pass gives what the model gives, at every point; what cannot be recorded says why."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

import landscape_widget as lw
from landscape_widget.core import fusing, replay, setup, trace
from landscape_widget.core.in_flight import Replayed
from landscape_widget.core.trace import Untraceable
from networks import cnn, images, initialised, mlp, seeded, vectors
from reference import losses, recalibrated

COORDS = np.array([[-0.5, 0.3], [0.0, 0.0], [0.9, -0.4]])


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones, and the last tile is smaller."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)
    monkeypatch.setattr(setup, "CONV_TILE", 5)
    monkeypatch.setattr("landscape_widget.core.passes.LOCKSTEP_TILE", 7)


class Residual(nn.Module):
    """Sums with a shortcut in several forms, ReLU in place and not, pooling by two."""

    def __init__(self, *, in_place: bool = False):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))
        self.second = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.third = nn.Conv2d(4, 4, 1)
        self.relu, self.head = nn.ReLU(inplace=in_place), nn.Linear(4, 3)
        self.in_place = in_place

    def forward(self, x):
        x = F.max_pool2d(self.relu(self.first(F.pad(x, (0, 1)))), 2)
        y = self.second(x)
        if self.in_place:
            y += x
        else:
            y = y + x
        y = self.relu(y)
        z = self.third(y)
        return self.head((self.relu(z + y) + z).mean((2, 3)))  # z is read twice


class Twice(nn.Module):
    """One BatchNorm layer in two places; a BatchNorm of vectors."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.last = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.BatchNorm1d(3)
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        y = self.norm(self.conv(self.norm(x)))
        return self.last(self.head(y.relu().mean((2, 3))))


class Recurrent(nn.Module):
    """Words, an LSTM, and the table of words once more at the end."""

    def __init__(self):
        super().__init__()
        self.words, self.lstm = nn.Embedding(9, 6), nn.LSTM(6, 5, batch_first=True)
        self.back, self.head = nn.Linear(5, 6), nn.Linear(6, 9, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens):
        return self.head(self.back(self.lstm(self.words(tokens))[0].mean(1)))[:, :3]


class Attention(nn.Module):
    """A transformer layer with a mask that is a buffer, on named inputs."""

    def __init__(self):
        super().__init__()
        self.body = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.0)
        self.register_buffer("mask", torch.ones(3, 3).triu(1).bool())
        self.head = nn.Linear(4, 3)

    def forward(self, first, second):
        return self.head(self.body(torch.cat([first, second], 1), src_mask=self.mask).mean(1))


def odd_convolutions() -> nn.Module:
    layers = [nn.ConvTranspose2d(2, 4, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, groups=2), nn.ReLU()]
    last = [nn.MaxPool2d(2, 1), nn.LayerNorm([4, 4, 5]), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *last, parametrizations.weight_norm(nn.Linear(4, 3)))


def words(count: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randint(0, 9, (count, 4), generator=seeded(3)), torch.randint(0, 3, (count,), generator=seeded(4))


def named_inputs(count: int, dtype: torch.dtype):
    whole = torch.randn(count, 3, 4, generator=seeded(3), dtype=torch.float64).to(dtype)
    return {"first": whole[:, :1], "second": whole[:, 1:]}, torch.randint(0, 3, (count,), generator=seeded(4))


CASES = {
    "residual": (Residual, lambda n, dtype: images(n, dtype=dtype)),
    "in place": (lambda: Residual(in_place=True), lambda n, dtype: images(n, dtype=dtype)),
    "twice": (Twice, lambda n, dtype: images(n, dtype=dtype)),
    "odd convolutions": (odd_convolutions, lambda n, dtype: images(n, dtype=dtype)),
    "recurrent": (Recurrent, words),
    "attention": (Attention, named_inputs),
}


def outputs_of(net: nn.Module, inputs) -> torch.Tensor:
    return net(**inputs) if isinstance(inputs, dict) else net(inputs)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, (1e-11, 0)), (torch.float32, (1e-5, 1e-6))])
@pytest.mark.parametrize("batchnorm", ["frozen", "recalibrate"])
@pytest.mark.parametrize("name", CASES)
def test_a_replay_equals_the_naive_loop(name, batchnorm, dtype, tolerance):
    make, read = CASES[name]
    model, (x, y) = initialised(make().to(dtype)), read(23, dtype)
    has_norms = any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in model.modules())
    if batchnorm == "recalibrate" and not has_norms:
        return
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm=batchnorm if has_norms else None)
    axes = [landscape.directions.gaussian(seed=seed).vector for seed in (3, 4)]
    points = landscape.center + torch.as_tensor(COORDS, dtype=dtype) @ torch.stack(axes)

    def loss_of(net: nn.Module) -> torch.Tensor:
        fit = recalibrated(net, x) if batchnorm == "recalibrate" and name != "twice" else net
        if batchnorm == "recalibrate" and name == "twice":  # running statistics hold only one of two visits
            fit = net.train()
        return F.cross_entropy(outputs_of(fit, x), y)

    found = [row[0].loss for row in Replayed(landscape._objective).values(points, ["train"])]
    rounded = 2e-7 if name == "twice" and batchnorm == "recalibrate" else 0
    np.testing.assert_allclose(
        found, losses(model, loss_of, axes, COORDS), rtol=max(rounded, tolerance[0]), atol=tolerance[1]
    )


def functions_of(landscape: lw.Landscape, *, pools: bool) -> list[object]:
    """What a replay of one tile calls, in order."""
    objective = landscape._objective
    programs = objective.programs()
    tiles = objective._samples["train"].tiles()[:1]
    programs.prepare(tiles, pools=pools)
    program = programs.of(tiles[0], pools=pools)
    return [step.function for part in program._segments for step in part]


def test_normalisation_relu_shortcut_and_pooling_are_taken_together_in_single_precision():
    model, data = initialised(Residual()), images(23, dtype=torch.float32)
    landscape = lw.Landscape(model, F.cross_entropy, data, batchnorm="frozen")
    found = functions_of(landscape, pools=False)
    assert found.count(fusing.convolution_relu) == 1
    assert found.count(fusing.convolution_add_relu) == 1
    assert fusing.pooled_by_two in found
    assert fusing.aten.native_batch_norm.default not in found


def test_what_depends_on_weights_alone_is_not_computed_for_each_tile():
    landscape = lw.Landscape(odd_convolutions().eval(), F.cross_entropy, images(23, dtype=torch.float32))
    assert torch.ops.aten._weight_norm_interface.default not in functions_of(landscape, pools=False)


def test_pooling_by_two_equals_max_pool_also_with_nan():
    x = torch.randn(3, 5, 4, 6, generator=seeded()).contiguous(memory_format=torch.channels_last)
    x[1, 2, 0, 3] = torch.nan
    assert torch.equal(fusing.pooled_by_two(x).isnan(), F.max_pool2d(x, 2).isnan())
    assert torch.equal(fusing.pooled_by_two(x).nan_to_num(), F.max_pool2d(x, 2).nan_to_num())


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = mlp()

    def forward(self, x):
        y = self.body(x)
        return y if y.sum() > 0 else 2 * y


class Counts(Branches):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones(3, dtype=torch.float64))

    def forward(self, x):
        y = self.body(x)
        self.scale.copy_(y.mean(0))
        return y * self.scale


class Reaches(Branches):
    def forward(self, x):
        return F.linear(self.body[:2](x), torch.from_numpy(self.body[2].weight.detach().numpy()))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Branches, "turns tensors into numbers, so it may go another way elsewhere"),
        (Counts, "writes to its inputs, weights or buffers"),
        (Reaches, r"reaches tensors past torch \(by numpy\)"),
        (lambda: mlp(torch.bfloat16), "weights in half precision round otherwise"),
    ],
)
def test_what_cannot_be_recorded_says_why(model, reason):
    net = model().eval()
    data = vectors(9, dtype=next(net.parameters()).dtype)
    landscape = lw.Landscape(net, F.cross_entropy, [data])
    expected = landscape.center_loss
    with pytest.raises(Untraceable, match=reason):
        Replayed(landscape._objective).values(landscape.center[None] * 1.5, ["train"])
    assert landscape._objective.value(landscape.center).loss == expected


def test_a_closure_is_not_recorded():
    landscape = lw.Landscape(
        mlp(), data=vectors(9), closure=lambda net, batch: F.cross_entropy(net(batch[0]), batch[1])
    )
    with pytest.raises(Untraceable, match=r"the loss is not loss_fn\(outputs, targets\)"):
        Replayed(landscape._objective).values(landscape.center[None], ["train"])


def test_batchnorm_in_training_mode_is_not_recorded():
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(9), batchnorm="frozen")
    landscape._objective.module.train()
    with pytest.raises(Untraceable, match="BatchNorm layers are in training mode"):
        Replayed(landscape._objective).values(landscape.center[None], ["train"])


def test_too_many_shapes_and_operations_are_refused(monkeypatch):
    landscape = lw.Landscape(cnn(norm=False), F.cross_entropy, images(23))
    monkeypatch.setattr(replay, "MOST_PROGRAMS", 1)
    with pytest.raises(Untraceable, match="more than 1 shapes"):
        Replayed(landscape._objective).values(landscape.center[None], ["train"])
    monkeypatch.setattr(trace, "MOST_OPERATIONS", 3)
    with pytest.raises(Untraceable, match="more than 3 operations"):
        Replayed(landscape._objective).values(landscape.center[None], ["train"])
