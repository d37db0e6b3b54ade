"""The demo: a small BatchNorm network on handwritten digits, with checkpoints along its training."""

from __future__ import annotations

from collections import OrderedDict
from importlib import resources

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from landscape_widget._checks import as_choice
from landscape_widget.landscape import Landscape

# In order of training, then two further runs of the same recipe.
_CHECKPOINTS = (
    "initial",
    "early",
    "epoch-2",
    "epoch-3",
    "epoch-5",
    "epoch-8",
    "epoch-11",
    "final",
    "seed-1",
    "seed-2",
)
_FILES = resources.files("landscape_widget") / "demo_data"


def demo_checkpoints() -> tuple[str, ...]:
    """Names of the checkpoints: in order of training, then the final ones of two other seeds."""
    return _CHECKPOINTS


def demo(checkpoint: str = "final") -> Landscape:
    """The landscape of the demo's network at one of its checkpoints; the data are the training part."""
    model = demo_model(checkpoint)
    data = _arrays("digits.npz")
    return Landscape(
        model,
        F.cross_entropy,
        _part(data, "train"),
        splits={"test": _part(data, "test")},
        metrics={"accuracy": accuracy},
    )


def demo_model(checkpoint: str = "final") -> nn.Module:
    """The demo's network at one of its checkpoints, in eval mode; inputs are `[N, 1, 8, 8]` from 0 to 1."""
    as_choice("checkpoint", checkpoint, _CHECKPOINTS)
    with torch.device("meta"):  # no weights are drawn: the global random state stays as it is
        model = network()
    state = {name: torch.from_numpy(array) for name, array in _arrays(f"{checkpoint}.npz").items()}
    model.load_state_dict(state, assign=True)
    return model.eval()


def network() -> nn.Module:
    """The demo's network, freshly initialised: 14 458 parameters, 90 filters."""
    layers: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(1, 16, 3, padding=1, bias=False),
        "bn1": nn.BatchNorm2d(16),
        "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(16, 32, 3, padding=1, bias=False),
        "bn2": nn.BatchNorm2d(32),
        "relu2": nn.ReLU(),
        "pool": nn.MaxPool2d(2),
        "conv3": nn.Conv2d(32, 32, 3, padding=1, bias=False),
        "bn3": nn.BatchNorm2d(32),
        "relu3": nn.ReLU(),
        "mean": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "linear": nn.Linear(32, 10),
    }
    return nn.Sequential(OrderedDict(layers))


def accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of samples whose largest output is at the target."""
    return (outputs.argmax(dim=1) == targets).double().mean()


def digits(part: str) -> tuple[Tensor, Tensor]:
    """Images `[N, 1, 8, 8]` from 0 to 1 and labels `[N]` of the part `"train"` or `"test"`."""
    return _part(_arrays("digits.npz"), as_choice("part", part, ("train", "test")))


def _part(data: dict[str, np.ndarray], part: str) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(data[f"{part}_images"]).float().div_(16)  # grey levels are 0 to 16
    return images.unsqueeze(1), torch.from_numpy(data[f"{part}_labels"]).long()


def _arrays(name: str) -> dict[str, np.ndarray]:
    with (_FILES / name).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
