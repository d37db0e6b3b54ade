"""The demo: a small BatchNorm network on handwritten digits, with checkpoints along its training; and a deep pair."""

from __future__ import annotations

from collections import OrderedDict
from importlib import resources

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from landscape_widget._checks import as_choice
from landscape_widget.landscape import Landscape

# Two deep networks: with and without skip connections.
_PAIR = {"skip": True, "no-skip": False}
# In order of training, then two further runs of the same recipe, then the pair.
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
    *_PAIR,
)
_FILES = resources.files("landscape_widget") / "demo_data"


def demo_checkpoints() -> tuple[str, ...]:
    """Names of the checkpoints: in order of training, then the final ones of two other seeds, then the deep pair."""
    return _CHECKPOINTS


def demo(checkpoint: str = "final") -> Landscape:
    """The landscape of the demo's network at one of its checkpoints; the data are the training part.

    `"skip"` and `"no-skip"` are two deep narrow networks that differ in their skip connections alone, and were trained
    alike to the same loss. Look at both with the same two directions and on one scale: with skips a smooth bowl,
    without them a narrow pit in rough country, as in Li et al. 2018, arXiv:1712.09913.
    """
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
        model = DeepNetwork(skips=_PAIR[checkpoint]) if checkpoint in _PAIR else network()
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


class DeepNetwork(nn.Module):
    """21 narrow convolutions and a linear layer: 11 866 parameters, with or without skip connections.

    Only the features before the linear layer are normalised: BatchNorm between the convolutions would make the
    network without skips much smoother.
    """

    def __init__(self, *, skips: bool, width: int = 8, num_blocks: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width, skips=skips) for _ in range(num_blocks))
        self.norm = nn.BatchNorm1d(width)
        self.linear = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> Tensor:
        """`[N, 1, 8, 8]` -> `[N, 10]`; images are halved behind the first block, which makes the others cheap."""
        hidden = F.relu(self.stem(images))
        for place, block in enumerate(self.blocks):
            hidden = block(F.avg_pool2d(hidden, 2) if place == 1 else hidden)
        outputs: Tensor = self.linear(self.norm(hidden.mean((2, 3))))
        return outputs


class Block(nn.Module):
    """Two convolutions, with or without a skip connection around them."""

    def __init__(self, width: int, *, skips: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.skips = skips

    def forward(self, hidden: Tensor) -> Tensor:
        """`[N, width, H, W]`, in and out."""
        change = self.conv2(F.relu(self.conv1(hidden)))
        return F.relu(hidden + change if self.skips else change)


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
