"""The CIFAR ResNet-20 of He et al. 2015 (option A shortcuts), and reading real images and weights from a folder.

The folder holds `cifar10_small.npz` (`X_train`, `X_test` uint8 `[N, 32, 32, 3]`, `y_train`, `y_test`) and
`resnet20_cifar10.npz` (a state dict, one array a key). Neither is part of the project.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

IMAGES, WEIGHTS = FILES = "cifar10_small.npz", "resnet20_cifar10.npz"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Block(nn.Module):
    """Two convolutions and a shortcut that takes every second pixel and pads channels with zeros."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.padding = stride, (width - width_in) // 2

    def forward(self, x: Tensor) -> Tensor:
        """Features of features, both `[N, C, H, W]`."""
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(y + shortcut)


class ResNet20(nn.Module):
    """Three stages of three blocks, 16, 32 and 64 channels wide."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1), Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, 10]` of images `[N, 3, 32, 32]`."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.layer3(self.layer2(self.layer1(y)))
        logits: Tensor = self.linear(y.mean((2, 3)))
        return logits


def trained_resnet20(folder: Path) -> ResNet20:
    """The network with the weights in `folder`."""
    model = ResNet20()
    with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
        state = {name.removeprefix("module."): torch.from_numpy(array) for name, array in arrays.items()}
    model.load_state_dict(state)
    return model.eval()


def cifar_images(folder: Path, part: str, count: int) -> tuple[Tensor, Tensor]:
    """The first `count` images `[N, 3, 32, 32]`, normalised, and labels of the part `"train"` or `"test"`."""
    with np.load(folder / IMAGES, allow_pickle=False) as arrays:
        pixels, labels = arrays[f"X_{part}"][:count], arrays[f"y_{part}"][:count]
    scaled = (torch.from_numpy(pixels).float() / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    return scaled.permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels).long()
