"""Small networks to be timed, with data drawn from a seed."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from landscape_widget.demo import digits

Pair = tuple[Tensor, Tensor]


class SmallCNN(nn.Module):
    """Two convolutions and one linear layer, for 32 x 32 images; BatchNorm where wanted."""

    def __init__(self, *, norm: bool = False) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.b1 = nn.BatchNorm2d(16) if norm else nn.Identity()
        self.b2 = nn.BatchNorm2d(32) if norm else nn.Identity()
        self.fc = nn.Linear(32 * 8 * 8, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, 10]` of images `[N, 3, 32, 32]`."""
        x = F.max_pool2d(F.relu(self.b1(self.c1(x))), 2)
        x = F.max_pool2d(F.relu(self.b2(self.c2(x))), 2)
        logits: Tensor = self.fc(x.flatten(1))
        return logits


class Transformer(nn.Module):
    """Two encoder layers over sequences of tokens, and a class for each sequence."""

    def __init__(self, *, tokens: int = 20, width: int = 32, length: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.position = nn.Parameter(torch.randn(length, width) * 0.1)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, 5]` of tokens `[N, T]`."""
        logits: Tensor = self.head(self.encoder(self.embedding(x) + self.position).mean(1))
        return logits


class Recurrent(nn.Module):
    """One LSTM layer, and a class from its last output."""

    def __init__(self, *, inputs: int = 8, width: int = 32) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(inputs, width, batch_first=True), nn.Linear(width, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, 5]` of sequences `[N, T, inputs]`."""
        logits: Tensor = self.head(self.lstm(x)[0][:, -1])
        return logits


def perceptron(hidden: int = 128) -> nn.Module:
    """Linear layers 64 - hidden - 64 - 10."""
    widths = (64, hidden, 64, 10)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def all_digits() -> Pair:
    """The demo's 1 797 images as vectors `[N, 64]`, and their labels."""
    parts = [digits("train"), digits("test")]
    return torch.cat([x for x, _ in parts]).flatten(1), torch.cat([y for _, y in parts])


def random_images(count: int = 256) -> Pair:
    """Noise `[N, 3, 32, 32]` with labels of 10 classes."""
    return torch.randn(count, 3, 32, 32), torch.randint(0, 10, (count,))


def sequences(count: int = 256, *, tokens: int = 20, length: int = 16) -> Pair:
    """Tokens `[N, T]`; the class is how often the first one occurs, at most 4."""
    x = torch.randint(0, tokens, (count, length))
    return x, (x == x[:, :1]).sum(1).clamp(1, 5) - 1


def series(count: int = 256, *, inputs: int = 8, length: int = 12) -> Pair:
    """Sequences `[N, T, inputs]`; the class is the largest of the first five sums."""
    x = torch.randn(count, length, inputs)
    return x, x.sum(1)[:, :5].argmax(1)


def trained(model: nn.Module, data: Pair, steps: int) -> nn.Module:
    """The model after so many steps of Adam on all the data, in eval mode."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(model(data[0]), data[1]))
        optimizer.step()
    return model.eval()
