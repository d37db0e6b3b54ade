"""The explorer's mining runs: one for each kind, radius and seed; old ones are kept."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, Protocol

from landscape_widget.core.gate import Gate
from landscape_widget.mining.miner import Miner
from landscape_widget.mining.result import MiningResult, Snapshot
from landscape_widget.widget.settings import Settings


class RunKey(NamedTuple):
    """What makes a run another run."""

    kind: str
    radius: float
    seed: int

    @classmethod
    def of(cls, settings: Settings) -> RunKey:
        """The run that the controls ask for."""
        return cls(settings.kind, round(settings.radius, 6), settings.seed)  # sliders count in 0.05s


class MakeMiner(Protocol):
    """Starts a run; computes little or nothing."""

    def __call__(self, kind: str, *, radius: float, steps: int, seed: int) -> Miner:
        """As `Landscape.mine`, but nothing is mined yet."""


class Listener(Protocol):
    """Who wants to know how mining goes; called in the worker's thread."""

    def on_mining_step(self, miner: Miner) -> None:
        """A short step is done."""

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """There is one more snapshot."""

    def on_mining_end(self, key: RunKey) -> None:
        """The run has reached its target, or was cancelled."""


class Mines:
    """All runs at one centre.

    Args:
        make_miner: Starts a run.
        gate: Taken for each step.
        listener: Told of every step.
    """

    def __init__(self, make_miner: MakeMiner, gate: Gate, listener: Listener) -> None:
        self._make_miner, self._gate, self._listener = make_miner, gate, listener
        self._runs: dict[RunKey, Miner] = {}
        self._wanted: tuple[RunKey, int] | None = None
        self._working: tuple[RunKey, int] | None = None
        self.earlier: list[Miner] = []

    def miner(self, settings: Settings) -> Miner | None:
        """The run that the controls name, if it has begun."""
        return self._runs.get(RunKey.of(settings))

    def run(self, key: RunKey) -> Miner | None:
        """A run at this centre, if it has begun."""
        return self._runs.get(key)

    def snapshot(self, settings: Settings) -> Snapshot | None:
        """The last snapshot at or before the wanted step; None where nothing is mined."""
        miner = self.miner(settings)
        if settings.mining_steps == 0 or miner is None or not miner.snapshots:
            return None
        reached = [snapshot for snapshot in miner.snapshots if snapshot.step <= settings.mining_steps]
        return reached[-1] if reached else miner.snapshots[0]

    def reach(self, settings: Settings) -> int:
        """The step of the run's last snapshot."""
        miner = self.miner(settings)
        return miner.snapshots[-1].step if miner and miner.snapshots else 0

    @property
    def is_mining(self) -> bool:
        """Whether steps are being done, or about to be."""
        return self._working is not None

    def result(self, settings: Settings) -> MiningResult | None:
        """What the run shows, confirmed; None where nothing is mined, or steps are being done."""
        miner = self.miner(settings)
        if settings.mining_steps == 0 or miner is None or self.is_mining:
            return None
        with self._gate.foreground():
            return miner.result()

    def want(self, settings: Settings, *, again: bool = False) -> Generator[None, None, None] | None:
        """The job that mines up to the wanted step, None if there is nothing to do.

        A run at work for other settings leaves off. One that was cancelled goes on only when what is
        wanted changes, or with `again`.
        """
        wish = (RunKey.of(settings), settings.mining_steps)
        is_new = wish != self._wanted
        self._wanted = wish
        if not (is_new or again) or self.is_reached(settings):
            return None
        self._working = wish
        return self._job(*wish)

    def leave_off(self) -> None:
        """The job was cancelled, perhaps before it began."""
        self._working = None

    def is_reached(self, settings: Settings) -> bool:
        """Whether the wanted step is reached, or the run ended before it."""
        miner = self.miner(settings)
        if settings.mining_steps == 0 or miner is None:
            return settings.mining_steps == 0
        ended_early = miner.is_done and miner.target_steps >= settings.mining_steps
        return ended_early or self.reach(settings) >= settings.mining_steps

    def _job(self, key: RunKey, steps: int) -> Generator[None, None, None]:
        try:
            miner = self._started(key, steps)
            while not miner.is_done and self._wanted == (key, steps):
                self._step(miner)
                yield
        finally:
            if self._working == (key, steps):
                self._working = None
                self._listener.on_mining_end(key)

    def _started(self, key: RunKey, steps: int) -> Miner:
        with self._gate.background():
            if key not in self._runs:
                self._runs[key] = self._make_miner(key.kind, radius=key.radius, steps=steps, seed=key.seed)
            miner = self._runs[key]
            miner.target_steps = max(steps, miner.steps_done)
        return miner

    def _step(self, miner: Miner) -> None:
        before = len(miner.snapshots), miner.snapshots[-1:]
        with self._gate.background():
            miner.step()
        self._listener.on_mining_step(miner)
        if (len(miner.snapshots), miner.snapshots[-1:]) != before:
            self._listener.on_snapshot(miner.snapshots[-1])

    def recenter(self) -> None:
        """Start anew at another centre; runs so far are kept in `earlier`."""
        self.earlier.extend(self._runs.values())
        self._runs.clear()
        self._wanted = None
