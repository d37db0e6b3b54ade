"""Small models and the factory of their directions, without data."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from landscape_widget.core.gate import Gate
from landscape_widget.core.params import ParamSpace, moving_parameters, space_of
from landscape_widget.directions import Directions, Home, ModelState


class FakeObjective:
    """A loss given by its gradient; remembers whether the gate was held."""

    def __init__(self, space: ParamSpace, slope: Callable[[Tensor], Tensor], batchnorm: str | None, gate: Gate) -> None:
        self.space, self.batchnorm, self.device = space, batchnorm, torch.device("cpu")
        self._slope, self._gate = slope, gate
        self.was_gated: list[bool] = []

    def gradient(self, point: Tensor, split: str = "train") -> tuple[float, Tensor]:
        assert split == "train"
        self.was_gated.append(self._gate._lock._is_owned())
        return 0.0, self._slope(point)


class Case:
    """A model with the factory `landscape.directions` would be."""

    def __init__(
        self,
        model: nn.Module,
        params: str | list[str] = "all",
        *,
        slope: Callable[[Tensor], Tensor] = lambda point: 3 * point,
        batchnorm: str | None = None,
    ) -> None:
        self.model, gate = model, Gate()
        parameters = moving_parameters(model, params)
        self.space = space_of(parameters)
        self.center = self.space.flatten(parameters)
        self.home = Home.at(self.space, self.center)
        self.objective = FakeObjective(self.space, slope, batchnorm, gate)
        self.directions = Directions(self.objective, gate, lambda: self.home, lambda: ModelState.of(model, self.space))

    def recenter(self) -> None:
        """Take the model's weights of now, as `Landscape.recenter` does."""
        self.center = self.space.flatten(dict(self.model.named_parameters()))
        self.home = Home.at(self.space, self.center)


def mixed_model() -> nn.Module:
    """Every layer whose first axis deserves a look, each with sizes of its own."""
    torch.manual_seed(5)
    layers: dict[str, nn.Module] = {
        "conv": nn.Conv2d(3, 4, (3, 2)),
        "norm": nn.BatchNorm2d(4),
        "grouped": nn.Conv2d(4, 6, 3, groups=2),
        "transposed": nn.ConvTranspose2d(6, 5, 2),
        "line": nn.Conv1d(2, 3, 4),
        "embedding": nn.Embedding(7, 3),
        "linear": nn.Linear(5, 2),
    }
    return nn.ModuleDict(layers)


def two_layers(seed: int = 1) -> nn.Module:
    """A linear network with biases; a seed is one set of weights."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))


class Tied(nn.Module):
    """A head that is the embedding, registered under a name that sorts before it."""

    def __init__(self, seed: int = 2) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.words = nn.Embedding(6, 3)
        self.head = nn.Linear(3, 6, bias=True)
        self.head.weight = self.words.weight


class Lora(nn.Module):
    """A frozen linear layer with a fresh low-rank part: its second factor is zero."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.base = nn.Linear(4, 3)
        self.lora_a = nn.Parameter(torch.randn(2, 4))
        self.lora_b = nn.Parameter(torch.zeros(3, 2))
