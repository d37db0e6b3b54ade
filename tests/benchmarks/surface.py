"""How much faster than the plain loop is an exact surface? Prints ratios measured side by side in one run.

    python tests/benchmarks/surface.py [--data FOLDER] [--side 11] [--repeats 5]

The plain loop is what every peer does: write the weights, run the whole batch, next point. Both compute the same
points of the same plane, in turn, several times; the medians are compared, and the values too.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from resnet20 import cifar_images, trained_resnet20
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

import landscape_widget as lw
from landscape_widget.demo import digits


class SmallCNN(nn.Module):
    """Two convolutions and one linear layer, for 32 x 32 images."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 8 * 8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        return self.fc(F.max_pool2d(F.relu(self.c2(x)), 2).flatten(1))


def plain_loop(model: nn.Module, data: tuple[Tensor, Tensor], axes: list[Tensor], coords: np.ndarray, mode: str):
    """Losses of all points, one whole batch each; `mode`: frozen, or recalibrated by a pass in training mode."""
    net, (x, y) = copy.deepcopy(model).eval(), data
    parameters = list(net.parameters())
    center = [p.detach().clone() for p in parameters]
    sizes = [p.numel() for p in center]
    steps = [[part.view(p.shape) for part, p in zip(a.split(sizes), center, strict=True)] for a in axes]
    layers = [layer for layer in net.modules() if isinstance(layer, _BatchNorm)]
    losses = []
    with torch.no_grad():
        for coord in coords.tolist():
            for i, p in enumerate(parameters):
                p.copy_(center[i] + coord[0] * steps[0][i] + coord[1] * steps[1][i])
            if mode == "recalibrated":
                recalibrate(net, layers, x[torch.arange(min(512, len(x))) * len(x) // min(512, len(x))])
            losses.append(F.cross_entropy(net(x), y).item())
    return np.array(losses)


def recalibrate(net: nn.Module, layers: list[_BatchNorm], calibration: Tensor) -> None:
    """One pass in training mode that replaces the running statistics."""
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    net.train()
    net(calibration)
    net.eval()


def compare(name: str, ours: Callable[[], np.ndarray], theirs: Callable[[], np.ndarray], repeats: int) -> None:
    """Run both in turn and print the ratio of the medians."""
    values = ours(), theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for run, spent in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            run()
            spent.append(time.perf_counter() - start)
    mine, other = (statistics.median(spent) for spent in times)
    worst = np.max(np.abs(values[0] - values[1]) / np.abs(values[1]))
    print(
        f"{name:<34} loop {other:7.2f} s  ours {mine:7.2f} s  ratio {other / mine:5.2f}  "
        f"(range {min(times[0]):.2f}-{max(times[0]):.2f} s)  largest relative difference {worst:.1e}",
        flush=True,
    )


def case(name: str, model: nn.Module, data: tuple[Tensor, Tensor], mode: str, side: int, repeats: int) -> None:
    """One network, one BatchNorm mode."""
    landscape = lw.Landscape(model, F.cross_entropy, data, batchnorm="frozen" if mode == "frozen" else "recalibrate")
    d, e = landscape.directions.gaussian(seed=0), landscape.directions.gaussian(seed=1)
    surface = landscape.surface(d, e, points=2, progress=False)
    axis = np.linspace(-1, 1, side)
    coords = np.stack([m.ravel() for m in np.meshgrid(axis, axis)], axis=1)
    print(f"{name}: {surface.provenance['plan']}")
    compare(
        f"{name}, {mode}, {side} x {side}",
        lambda: landscape.surface(d, e, points=side, progress=False).losses.ravel(),
        lambda: plain_loop(model, data, [d.vector, e.vector], coords, mode),
        repeats,
    )


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the CIFAR images and the trained ResNet-20")
    parser.add_argument("--side", type=int, default=11)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    torch.manual_seed(0)
    model, x, y = SmallCNN().eval(), torch.randn(256, 3, 32, 32), torch.randint(0, 10, (256,))
    case("small CNN, 256 samples", model, (x, y), "frozen", options.side, options.repeats)
    for mode in ("frozen", "recalibrated"):
        case("demo, 1297 samples", lw.demo_model(), digits("train"), mode, options.side, options.repeats)
    if options.data is None:
        return
    resnet, images = trained_resnet20(options.data), cifar_images(options.data, "train", 512)
    for mode in ("frozen", "recalibrated"):
        case("ResNet-20, 512 samples", resnet, images, mode, options.side, options.repeats)


if __name__ == "__main__":
    main()
