"""Times of several tools, taken in turn, so that a busy machine is busy for all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import torch

T = TypeVar("T")


@dataclass
class Times:
    """What the runs of one tool took, in seconds, and its last result."""

    seconds: list[float] = field(default_factory=list)
    result: object = None
    failure: str = ""

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.seconds)


def settle(device: torch.device) -> None:
    """Wait until the device has done what was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(compute: Callable[[], T], device: torch.device) -> tuple[float, T]:
    """Seconds of one call, and what it returned."""
    settle(device)
    start = time.perf_counter()
    result = compute()
    settle(device)
    return time.perf_counter() - start, result


def in_turn(runs: Mapping[str, Callable[[], object]], repeats: int, device: torch.device) -> dict[str, Times]:
    """Run all in turn, `repeats` times; one that fails is left out from then on, with the reason."""
    found = {name: Times() for name in runs}
    for _ in range(repeats):
        for name, compute in runs.items():
            times = found[name]
            if not times.failure:
                _add(times, compute, device)
    return found


def _add(times: Times, compute: Callable[[], object], device: torch.device) -> None:
    try:
        seconds, times.result = timed(compute, device)
    except Exception as error:  # another tool's: whatever it is, the others go on
        times.failure = f"{type(error).__name__}: {error}".splitlines()[0]
        return
    times.seconds.append(seconds)
