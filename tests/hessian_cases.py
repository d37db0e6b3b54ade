"""Small float64 networks of every kind of layer, and their dense Hessians by torch.func over plain losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

import landscape_widget as lw
from networks import cnn, images, initialised, mlp, seeded, vectors


@dataclass(frozen=True)
class Case:
    """A network with data; `training`: the oracle's mode (batch statistics where all data calibrate)."""

    name: str
    model: Callable[[], nn.Module]
    data: Callable[[], tuple[Tensor, Tensor]]
    options: dict[str, Any]
    training: bool = False
    loss_fn: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy

    def landscape(self, **more: Any) -> lw.Landscape:
        return lw.Landscape(self.model(), self.loss_fn, self.data(), **{**self.options, **more})

    def hessian(self) -> Tensor:
        return _hessian_of(self.name)


class Called(nn.Module):
    """A module whose forward pass is the loss, for `functional_call`."""

    def __init__(self, body: nn.Module, loss: Callable[[nn.Module], Tensor]) -> None:
        super().__init__()
        self.body, self.loss = body, loss

    def forward(self) -> Tensor:
        return self.loss(self.body)


def dense_hessian(model: nn.Module, loss: Callable[[nn.Module], Tensor]) -> Tensor:
    """`[P, P]` by autograd over the whole loss, row by row."""
    body = Called(model, loss)
    names = [name for name, _ in body.named_parameters()]
    parts = [p.detach() for p in body.parameters()]
    buffers = {name: b.clone() for name, b in body.named_buffers()}

    def of_point(point: Tensor) -> Tensor:
        pieces = torch.split(point, [p.numel() for p in parts])
        weights = {n: v.view(p.shape) for n, v, p in zip(names, pieces, parts, strict=True)}
        own = {name: b.clone() for name, b in buffers.items()}
        return functional_call(body, {**weights, **own}, ())

    center = torch.cat([p.reshape(-1) for p in parts])
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        return torch.autograd.functional.hessian(of_point, center)


class Last(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(5, 4, batch_first=True), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(x)[0][:, -1])


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(9, 4, padding_idx=0), nn.Linear(4, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(torch.tanh(self.embed(words)).mean(1))


class Attending(nn.Module):
    def __init__(self, *, causal: bool = False) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 5, batch_first=True, activation="gelu")
        self.embed, self.body = nn.Embedding(9, 4), nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head, self.causal = nn.Linear(4, 3), causal

    def forward(self, words: Tensor) -> Tensor:
        mask = torch.ones(words.shape[1], words.shape[1], dtype=torch.bool).triu(1) if self.causal else None
        return self.head(self.body(self.embed(words), mask=mask).mean(1))


class Grouped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.SiLU(), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Sequential(nn.Flatten(), nn.LayerNorm(4), nn.Linear(4, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


class NormFirst(nn.Module):
    """A BatchNorm on the data, whose statistics do not depend on the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.first, self.norm2 = nn.BatchNorm1d(5), nn.Linear(5, 4), nn.BatchNorm1d(4)
        self.last = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.tanh(self.norm2(self.first(self.norm(x)))))


def tokens(count: int) -> tuple[Tensor, Tensor]:
    generator = seeded(6)
    return torch.randint(0, 9, (count, 4), generator=generator), torch.randint(0, 3, (count,), generator=generator)


def sequences(count: int) -> tuple[Tensor, Tensor]:
    generator = seeded(7)
    x = torch.randn(count, 4, 5, generator=generator, dtype=torch.float64)
    return x, torch.randint(0, 3, (count,), generator=generator)


def small_cnn() -> nn.Module:
    return cnn()


CASES = [
    Case("linear", mlp, lambda: vectors(23), {}),
    Case("convolution", lambda: cnn(norm=False), lambda: images(13), {}),
    Case("BatchNorm frozen", small_cnn, lambda: images(13), {"batchnorm": "frozen"}),
    Case("BatchNorm recalibrated", small_cnn, lambda: images(13), {}, training=True),
    Case("BatchNorm first", lambda: initialised(NormFirst().double()), lambda: vectors(23), {}, training=True),
    Case("group norm", lambda: initialised(Grouped().double()), lambda: images(13), {}),
    Case("LSTM", lambda: initialised(Last().double()), lambda: sequences(11), {}),
    Case("attention", lambda: initialised(Attending().double()), lambda: tokens(11), {}),
    Case("masked attention", lambda: initialised(Attending(causal=True).double()), lambda: tokens(11), {}),
    Case("embedding", lambda: initialised(Words().double()), lambda: tokens(11), {}),
]
by_name = {case.name: case for case in CASES}


@cache
def _hessian_of(name: str) -> Tensor:
    """Computed once: several tests compare with it, none changes it."""
    case = by_name[name]
    model, (x, y) = case.model(), case.data()
    return dense_hessian(model.train(case.training), lambda net: case.loss_fn(net(x), y))
