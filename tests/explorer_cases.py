"""Explorers of a network so small that every picture takes a fraction of a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

import landscape_widget as lw
from landscape_widget.widget.closing import family


def make_network(*, norm: bool = False) -> nn.Module:
    torch.manual_seed(5)
    layers = [nn.Linear(4, 6), *([nn.BatchNorm1d(6)] if norm else []), nn.Tanh(), nn.Linear(6, 3)]
    network = nn.Sequential(*layers)
    inputs, targets = make_data(30)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
    for _ in range(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs), targets).backward()
        optimizer.step()
    return network.eval()


def make_data(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    stream = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 4, generator=stream)
    return inputs, (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0.4).long()


def make_landscape(network: nn.Module | None = None, **options: object) -> lw.Landscape:
    options = {"splits": {"test": make_data(11, seed=1)}, **options}
    network = make_network() if network is None else network
    return lw.Landscape(network, nn.functional.cross_entropy, make_data(30), **options)


@contextmanager
def explorers(landscape: lw.Landscape, **defaults: object) -> Iterator[Callable[..., Any]]:
    """`start(...)`: an explorer of this or another landscape, with a small surface, closed at the end."""
    made = []

    def start(where: lw.Landscape | None = None, **options: object) -> Any:
        explorer = (where or landscape).explore(**{"prefetch": False, **defaults, **options})
        made.append(explorer)
        explorer.controls["resolution"].value = 7
        return explorer

    yield start
    for explorer in made:
        explorer.close()


def assert_shows(explorer, landscape: lw.Landscape) -> None:
    """Curve and surface are, within the stated errors, what the code of the explorer computes."""
    space = {"landscape": landscape}
    exec(explorer.code(), space)
    assert_agree(explorer.curve, space["curve"])
    assert_agree(explorer.surface, space["surface"])


def assert_agree(shown, remade) -> None:
    """The same span and losses, within twice what both say that they may be off; both within one percent."""
    assert shown.span == remade.span
    assert max(shown.relative_error, remade.relative_error) <= 0.01
    at_same_points = remade.at(*np.meshgrid(*shown.axes))
    slack = 1e-6 + 2 * (shown.errors + remade.errors.max())
    assert (np.abs(shown.losses - at_same_points) <= slack).all()
    assert shown.center_loss == remade.center_loss


def drag(explorer, name: str, value: object) -> None:
    """What a message from the page does."""
    explorer.controls[name].set_state({"value": value})


def shown_text(explorer) -> str:
    return " ".join(part.value for part in family(explorer) if type(part).__name__ == "HTML")


def until(condition) -> None:
    """Give the worker time, without a limit that a slow machine could miss."""
    pause = threading.Event()
    for _ in range(3000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("never happened")
