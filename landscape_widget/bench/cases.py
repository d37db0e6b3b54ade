"""What is timed: networks with data, directions and a BatchNorm mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from landscape_widget._checks import as_choice
from landscape_widget.bench import networks
from landscape_widget.bench.resnet20 import cifar_images, trained_resnet20
from landscape_widget.demo import demo_model, digits
from landscape_widget.directions import Direction
from landscape_widget.landscape import Landscape

SIDE, RESNET_SIDE = 11, 7
MINED = "mined"  # the adaptive part only


@dataclass(frozen=True)
class Case:
    """One network, its data and a BatchNorm mode.

    Attributes:
        name: One word, for `--cases`.
        title: For the tables.
        make: The model in eval mode and `(inputs, labels)`; called with the seed set.
        batchnorm: `"recalibrate"`, `"frozen"`, or None without BatchNorm.
        side: Points an axis unless the user chooses.
        full: Points an axis of the full exact grid.
    """

    name: str
    title: str
    make: Callable[[], tuple[nn.Module, networks.Pair]]
    batchnorm: str | None = None
    side: int = SIDE
    full: int = 41


@dataclass(frozen=True)
class Problem:
    """A case made: everything that a tool needs, on the device.

    Attributes:
        model: In eval mode; nobody changes it.
        data: `(inputs, labels)`.
        landscape: Ours, constructed.
        directions: Two.
    """

    case: Case
    model: nn.Module
    data: networks.Pair
    landscape: Landscape
    directions: tuple[Direction, Direction]

    @property
    def axes(self) -> list[list[Tensor]]:
        """The directions as lists of tensors in the order of `model.parameters()`."""
        parameters = list(self.model.parameters())
        sizes = [p.numel() for p in parameters]
        vectors = [d.vector.to(self.device) for d in self.directions]
        return [[s.view_as(p) for s, p in zip(torch.split(v, sizes), parameters, strict=True)] for v in vectors]

    @property
    def device(self) -> torch.device:
        """Where everything lies."""
        return self.data[0].device


def build(case: Case, device: torch.device) -> Problem:
    """Make model, data, landscape and directions; the random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, (x, y) = case.make()
    model, data = model.to(device), (x.to(device), y.to(device))
    landscape = Landscape(model, F.cross_entropy, data, batchnorm=case.batchnorm, samples="all")
    d, e = _mined(landscape) if case.name == MINED else (landscape.directions.gaussian(seed=s) for s in (0, 1))
    return Problem(case, model, data, landscape, (d, e))


def _mined(landscape: Landscape) -> tuple[Direction, Direction]:
    """Two w-peaks, orthogonal to each other."""
    d = landscape.mine("w-peak", progress=False).direction
    return d, landscape.mine("w-peak", orthogonal_to=(d,), progress=False).direction


def _digits_mlp() -> tuple[nn.Module, networks.Pair]:
    data = networks.all_digits()
    return networks.trained(networks.perceptron(), data, 100), data


def _transformer() -> tuple[nn.Module, networks.Pair]:
    data = networks.sequences()
    return networks.trained(networks.Transformer(), data, 60), data


def _recurrent() -> tuple[nn.Module, networks.Pair]:
    data = networks.series()
    return networks.trained(networks.Recurrent(), data, 60), data


def _small_cnn(*, norm: bool) -> tuple[nn.Module, networks.Pair]:
    return networks.SmallCNN(norm=norm).eval(), networks.random_images()


def _trained_cnn() -> tuple[nn.Module, networks.Pair]:
    data = networks.random_images()
    return networks.trained(networks.SmallCNN(), data, 20), data


CASES = (
    Case("mlp", "MLP 64-128-64-10, 1 797 digits", _digits_mlp),
    Case("cnn", "small CNN, 256 images", lambda: _small_cnn(norm=False)),
    Case("cnn-frozen", "small CNN with BatchNorm, 256 images", lambda: _small_cnn(norm=True), "frozen"),
    Case("cnn-recalibrated", "small CNN with BatchNorm, 256 images", lambda: _small_cnn(norm=True), "recalibrate"),
    Case("demo-frozen", "demo, 1 297 digits", lambda: (demo_model(), digits("train")), "frozen"),
    Case("demo-recalibrated", "demo, 1 297 digits", lambda: (demo_model(), digits("train")), "recalibrate"),
    Case("transformer", "transformer, 256 sequences", _transformer),
    Case("lstm", "LSTM, 256 sequences", _recurrent),
)
# Harder to interpolate; for the adaptive part.
ROUGH = (
    Case("early-frozen", "demo after one epoch", lambda: (demo_model("early"), digits("train")), "frozen"),
    Case(MINED, "demo after one epoch, two mined axes", lambda: (demo_model("early"), digits("train")), "recalibrate"),
)

# Trained, because curvature has its outliers there only; for the part about curvature.
CURVED = (Case("cnn-trained", "small CNN, trained on 256 images", _trained_cnn),)


def resnet_cases(folder: Path) -> tuple[Case, ...]:
    """ResNet-20 on 512 images read from `folder`, in both modes."""

    def make() -> tuple[nn.Module, networks.Pair]:
        return trained_resnet20(folder), cifar_images(folder, "train", 512)

    title = "ResNet-20, 512 CIFAR images"
    return (
        Case("resnet-frozen", title, make, "frozen", RESNET_SIDE, 21),
        Case("resnet-recalibrated", title, make, "recalibrate", RESNET_SIDE, 21),
    )


def all_cases(folder: Path | None) -> tuple[Case, ...]:
    """Every case that can be made; ResNet-20 needs the folder."""
    return CASES + (resnet_cases(folder) if folder is not None else ()) + ROUGH + CURVED


def find(name: str, folder: Path | None) -> Case:
    """The case of that name.

    Raises:
        ValueError: There is none.
    """
    known = {case.name: case for case in all_cases(folder)}
    remedy = "" if folder is not None else "ResNet-20 needs --data."
    return known[as_choice("cases", name, known, remedy)]
