"""Networks, data and losses of many kinds, for plans that compute several points at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks import cnn, images, initialised, mlp, seeded, vectors

Made = tuple[nn.Module, dict[str, Any], Callable[[nn.Module], Tensor]]


@dataclass(frozen=True)
class Case:
    """A landscape and the naive loss beside it; `reason`: why vmap cannot take it."""

    name: str
    made: Callable[[torch.dtype], Made]
    reason: str = ""


def pair(model: nn.Module, loss_fn: Callable[[Any, Any], Tensor], data: tuple[Tensor, Tensor], **more: Any) -> Made:
    """The whole data in one batch."""
    x, y = data
    return model, {"loss_fn": loss_fn, "data": data, **more}, lambda net: loss_fn(net(x), y)


def tokens(count: int) -> tuple[Tensor, Tensor]:
    generator = seeded(6)
    return torch.randint(0, 9, (count, 4), generator=generator), torch.randint(0, 3, (count,), generator=generator)


class Normed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(5, 6), nn.LayerNorm(6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.gelu(self.norm(self.first(x))))


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.embed, self.body = nn.Embedding(9, 8), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.body(self.embed(words)).mean(1))


class Causal(nn.Module):
    """Attention written by hand, with the embedding tied to the output layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.mix, self.head = nn.Embedding(9, 8), nn.Linear(8, 24), nn.Linear(8, 9, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, words: Tensor) -> Tensor:
        queries, keys, values = self.mix(self.embed(words)).chunk(3, -1)
        return self.head(F.scaled_dot_product_attention(queries, keys, values, is_causal=True))


class Cell(nn.Module):
    """Recurrence in plain Python."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.onward, self.head = nn.Linear(5, 6), nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(len(x), 6, dtype=x.dtype)
        for step in x.unbind(1):
            state = torch.tanh(self.into(step) + self.onward(state))
        return self.head(state)


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.body, self.head = kind(5, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)[0][:, -1])


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = mlp()

    def forward(self, x: Tensor) -> Tensor:
        outputs = self.body(x)
        return outputs * 2 if outputs.mean() > 0 else outputs


class Filling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = mlp()

    def forward(self, x: Tensor) -> Tensor:
        outputs = torch.zeros(len(x), 3, dtype=x.dtype)
        outputs += self.body(x)
        return outputs


class WithLoss(nn.Module):
    """Returns its own loss, as `transformers` models do."""

    def __init__(self) -> None:
        super().__init__()
        self.body = mlp()

    def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits = self.body(x)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


def sequences(count: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = seeded(7)
    x = torch.randn(count, 4, 5, generator=generator, dtype=torch.float64)
    return x.to(dtype), torch.arange(count) % 3


def transposed(dtype: torch.dtype) -> Made:
    layers = [nn.ConvTranspose2d(2, 4, 3, stride=2, groups=2), nn.Tanh(), nn.Conv2d(4, 6, 3, groups=2)]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)]
    return pair(initialised(nn.Sequential(*layers).to(dtype)), F.cross_entropy, images(23, dtype=dtype))


def language_model(dtype: torch.dtype) -> Made:
    words = tokens(11)[0]
    targets = words.roll(-1, 1).masked_fill(words == 3, -100)

    def loss(outputs: Tensor, wanted: Tensor) -> Tensor:
        return F.cross_entropy(outputs.flatten(0, 1), wanted.flatten())

    return pair(initialised(Causal().to(dtype)), loss, (words, targets))


def class_weighted(dtype: torch.dtype) -> Made:
    weight = torch.tensor([0.2, 1.0, 3.0], dtype=dtype)
    return pair(mlp(dtype), lambda o, t: F.cross_entropy(o, t, weight=weight), vectors(23, dtype=dtype))


def masked(dtype: torch.dtype) -> Made:
    x, y = vectors(23, dtype=dtype)
    return pair(mlp(dtype), lambda o, t: F.cross_entropy(o[t > 0], t[t > 0]), (x, y))


def contrastive(dtype: torch.dtype) -> Made:
    (x, y), model = vectors(24, dtype=dtype), mlp(dtype)

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        unit = F.normalize(outputs, dim=1)
        return F.cross_entropy(unit @ unit.t() / 0.5, (torch.arange(len(unit)) + 1) % len(unit))

    batches = [(x[:9], y[:9]), (x[9:], y[9:])]

    def naive(net: nn.Module) -> Tensor:
        return sum(len(a) * loss(net(a), b) for a, b in batches) / 24  # type: ignore[return-value]

    return model, {"loss_fn": loss, "data": batches}, naive


def closure(dtype: torch.dtype) -> Made:
    x, y = vectors(23, dtype=dtype)

    def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Any]:
        hidden = torch.tanh(net[0](batch[0]))  # type: ignore[index]
        return {"loss": F.cross_entropy(net[2](hidden), batch[1]), "n": len(batch[0]), "size": hidden.abs().mean()}  # type: ignore[index]

    return (
        mlp(dtype),
        {"closure": loss, "data": [(x[:9], y[:9]), (x[9:], y[9:])]},
        lambda net: F.cross_entropy(net(x), y),
    )


def mappings(dtype: torch.dtype) -> Made:
    x, y = vectors(23, dtype=dtype)
    return WithLoss().to(dtype).eval(), {"data": {"x": x, "labels": y}}, lambda net: net(x, y)["loss"]


def weight_norm(dtype: torch.dtype) -> Made:
    model = mlp(dtype)
    nn.utils.parametrizations.weight_norm(model[2])
    return pair(model, F.cross_entropy, vectors(23, dtype=dtype))


def without_running_statistics(dtype: torch.dtype) -> Made:
    model = cnn(dtype=dtype)
    model[1] = nn.BatchNorm2d(4, track_running_stats=False).to(dtype)
    model[4] = nn.GroupNorm(2, 6).to(dtype)
    return pair(model.eval(), F.cross_entropy, images(23, dtype=dtype))


def item_in_loss(dtype: torch.dtype) -> Made:
    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return torch.tensor(F.cross_entropy(outputs, targets).item(), dtype=outputs.dtype)

    return pair(mlp(dtype), loss, vectors(23, dtype=dtype))


def differentiating(dtype: torch.dtype) -> Made:
    x = vectors(23, dtype=dtype)[0]

    def loss(net: nn.Module, batch: Tensor) -> Tensor:
        with torch.enable_grad():
            points = batch.clone().requires_grad_(True)
            (slope,) = torch.autograd.grad(net(points).sum(), points, create_graph=True)
        return (slope[:, 0] - 1).square().mean()

    return mlp(dtype), {"closure": loss, "data": x}, lambda net: loss(net, x)


def recurrent(kind: type[nn.RNNBase]) -> Callable[[torch.dtype], Made]:
    return lambda dtype: pair(initialised(Recurrent(kind).to(dtype)), F.cross_entropy, sequences(11, dtype))


CASES = [
    Case("MLP", lambda d: pair(mlp(d), F.cross_entropy, vectors(23, dtype=d))),
    Case("regression", lambda d: pair(mlp(d), F.mse_loss, (vectors(23, dtype=d)[0], vectors(23, dtype=d)[0][:, :3]))),
    Case("grouped convolutions", lambda d: pair(cnn(norm=False, dtype=d), F.cross_entropy, images(23, dtype=d))),
    Case("transposed convolutions", transposed),
    Case("LayerNorm", lambda d: pair(initialised(Normed().to(d)), F.cross_entropy, vectors(23, dtype=d))),
    Case("transformer", lambda d: pair(initialised(Attending().to(d)), F.cross_entropy, tokens(11))),
    Case("tied language model with masked targets", language_model),
    Case("recurrence in Python", lambda d: pair(initialised(Cell().to(d)), F.cross_entropy, sequences(11, d))),
    Case("class weights", class_weighted),
    Case("masked loss", masked),
    Case("contrastive loss", contrastive),
    Case("closure", closure),
    Case("mappings", mappings),
    Case("weight norm", weight_norm),
    Case("BatchNorm without running statistics", without_running_statistics),
]
REFUSED = [
    Case("LSTM", recurrent(nn.LSTM), "torch.func.vmap has no form of lstm for many points"),
    Case("GRU", recurrent(nn.GRU), "torch.func.vmap has no form of gru for many points"),
    Case(
        "branch",
        lambda d: pair(Branching().eval(), F.cross_entropy, vectors(23, dtype=d)),
        "the model or the loss branches on computed values",
    ),
    Case(
        "in place",
        lambda d: pair(Filling().eval(), F.cross_entropy, vectors(23, dtype=d)),
        "the model or the loss writes into a tensor in place",
    ),
    Case("item", item_in_loss, "the model or the loss turns a tensor into a number"),
    Case("differentiates inside", differentiating, "the loss differentiates inside"),
]
