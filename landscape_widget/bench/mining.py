"""How often mining succeeds on the demo, how long it takes, and how often noise shows a plain basin."""

from __future__ import annotations

import math
import statistics
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from landscape_widget.bench.rings import ring_test
from landscape_widget.bench.timing import timed
from landscape_widget.demo import demo_model, digits
from landscape_widget.landscape import Landscape
from landscape_widget.mining.miner import Miner
from landscape_widget.mining.result import MiningResult
from landscape_widget.mining.runs import BATCH

DIRECTIONS = 20  # of the census, for each seed of the miner
STARTS, EVERY = 8, 5  # every so many seeds so many starts are tried, too
STEPS_TIMED = 31
WINE_BOTTLE = "wine-bottle"


@dataclass(frozen=True)
class Task:
    """What is mined where."""

    kind: str
    checkpoint: str


TASKS = (Task("vvv-basin", "final"), Task("w-peak", "early"), Task(WINE_BOTTLE, "early"))


@dataclass(frozen=True)
class CensusResult:
    """Kinds of curves along Gaussian directions.

    Attributes:
        kinds: Kind -> (how many, low and high end of the 95 % interval of their share).
        total: Directions.
        seconds: All of them.
    """

    checkpoint: str
    kinds: dict[str, tuple[int, float, float]]
    total: int
    seconds: float


@dataclass(frozen=True)
class Run:
    """One call of `mine`.

    Attributes:
        succeeded: Confirmed on data not mined on.
        seconds: Of the call, confirmation included.
        steps: That it took.
        shown_after: The first snapshot whose curve has the kind; None for planes, and where there is none.
        heights: Depth or barrier on the training and on the held-out data, in nats; None where the kind is another.
        has_rings: Whether a wine bottle passes the ring test on both; None for other kinds.
        reason: Why it did not succeed.
    """

    seed: int
    starts: int
    succeeded: bool
    seconds: float
    steps: int
    shown_after: int | None
    heights: tuple[float | None, float | None]
    has_rings: bool | None
    reason: str


@dataclass(frozen=True)
class StepResult:
    """One mining step beside one training step on as many samples, in turn; medians, in seconds."""

    task: Task
    samples: int
    mining: float
    training: float


@dataclass
class MiningFound:
    """All of it, as far as it is known.

    Attributes:
        runs: By task, in the order of `TASKS`.
    """

    census: CensusResult | None = None
    steps: list[StepResult] = field(default_factory=list)
    runs: list[tuple[Task, list[Run]]] = field(default_factory=lambda: [(task, []) for task in TASKS])


def measure(found: MiningFound, device: torch.device, seeds: int, *, steps: int | None = None) -> Iterator[str]:
    """Measure piece by piece; yields what comes next.

    Args:
        found: Filled as it goes on.
        device: Where to compute.
        seeds: Of the miner.
        steps: Of a run; None: as many as the kind takes by default.
    """
    yield f"census of {DIRECTIONS * seeds} directions"
    found.census = _census(landscape_of("final", device), DIRECTIONS * seeds)
    for task in TASKS:
        yield f"steps of a {task.kind}"
        found.steps.append(time_steps(task, device))
    landscapes = {task: landscape_of(task.checkpoint, device) for task in TASKS}
    for seed in range(seeds):
        for task, runs in found.runs:
            for starts in (1, STARTS) if seed % EVERY == 0 else (1,):
                yield f"{task.kind}, seed {seed}, {starts} start{'s' if starts > 1 else ''}"
                runs.append(mine_once(landscapes[task], task.kind, seed, starts, steps))


def landscape_of(checkpoint: str, device: torch.device) -> Landscape:
    """The demo with its held-out digits."""
    splits = {"test": digits("test")}
    return Landscape(demo_model(checkpoint), F.cross_entropy, digits("train"), splits=splits, device=device)


def _census(landscape: Landscape, count: int) -> CensusResult:
    start = time.perf_counter()
    with _ended_by_ctrl_c():
        census = landscape.census(seeds=count, progress=False)
    kinds = {kind: (share.count, share.low, share.high) for kind, share in census.kinds.items()}
    return CensusResult("final", kinds, count, time.perf_counter() - start)


def mine_once(landscape: Landscape, kind: str, seed: int, starts: int, steps: int | None) -> Run:
    """One call, and what came of it."""
    start = time.perf_counter()
    with _ended_by_ctrl_c():
        result = landscape.mine(kind, seed=seed, starts=starts, steps=steps, progress=False)
    seconds = time.perf_counter() - start
    figures = result.report.figures
    return Run(
        seed=seed,
        starts=starts,
        succeeded=result.succeeded,
        seconds=seconds,
        steps=figures["steps"],
        shown_after=_shown_after(result, kind),
        heights=(_known(figures["height_train"]), _known(figures["height_held_out"])),
        has_rings=ring_test(landscape, result.directions) if kind == WINE_BOTTLE else None,
        reason=result.report.reason,
    )


def _shown_after(result: MiningResult, kind: str) -> int | None:
    return next((snapshot.step for snapshot in result.snapshots if snapshot.curve.kind == kind), None)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Mining and the census keep what there is and warn; here an interrupt is one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".* was interrupted")
        try:
            yield
        except UserWarning:
            raise KeyboardInterrupt from None


def time_steps(task: Task, device: torch.device, count: int = STEPS_TIMED) -> StepResult:
    """A mining step and a training step in turn, the first of each left out."""
    landscape = landscape_of(task.checkpoint, device)
    miner = landscape._slicer.miner(task.kind)
    train = _TrainingStep(task.checkpoint, device)
    mining, training = [], []
    for _ in range(count + 1):
        training.append(timed(train, device)[0])
        mining.append(_step_seconds(miner, device))
    return StepResult(task, BATCH, statistics.median(mining[1:]), statistics.median(training[1:]))


def _step_seconds(miner: Miner, device: torch.device) -> float:
    """Of the next step of the optimisation; snapshots come between."""
    before = miner.steps_done
    while True:
        seconds, _ = timed(miner.step, device)
        if miner.steps_done > before:
            return seconds


class _TrainingStep:
    """A step as the demo was trained, on a minibatch as large as the miner's."""

    def __init__(self, checkpoint: str, device: torch.device) -> None:
        self._model = demo_model(checkpoint).to(device).train()
        self._inputs, self._targets = (part[:BATCH].to(device) for part in digits("train"))
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=1e-6, momentum=0.9, weight_decay=1e-3)

    def __call__(self) -> None:
        self._optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(self._model(self._inputs), self._targets))
        self._optimizer.step()
