"""Success rates of mining: the pieces of the measurement, and the tables."""

from __future__ import annotations

import dataclasses
import json
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from landscape_widget import __main__ as command_line
from landscape_widget.bench import command, machine, mining, mining_reports, rings
from landscape_widget.bench.mining import CensusResult, MiningFound, Run, StepResult, Task
from landscape_widget.demo import digits

CPU = torch.device("cpu")
GOOD = Run(3, 1, True, 5.0, 200, 20, (0.5, 0.4), None, "")


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mining, "digits", lambda part: tuple(tensor[:150] for tensor in digits(part)))


def run(**changes: Any) -> Run:
    return dataclasses.replace(GOOD, **changes)


def test_a_few_steps_are_mined_and_looked_at_on_rings() -> None:
    landscape = mining.landscape_of("early", CPU)
    found = mining.mine_once(landscape, mining.WINE_BOTTLE, seed=0, starts=1, steps=2)
    assert (found.steps, found.starts, found.succeeded, found.has_rings) == (2, 1, False, False)
    assert found.reason
    assert found.seconds > 0


def test_rings_hold_the_exact_losses_around_the_centre() -> None:
    landscape = mining.landscape_of("early", CPU)
    d, e = landscape.directions.gaussian(0), landscape.directions.gaussian(1)
    (center, train), (center_test, test) = rings.rings_of(landscape, (0.2 * d, 0.3 * e))
    assert train.shape == test.shape == (4, rings.ANGLES)
    assert center == landscape.center_loss != center_test
    for angle, radius in ((3, 1.5), (12, 0.5)):
        turn = 2 * np.pi * (angle + 0.5) / rings.ANGLES
        line = float(0.2 * np.cos(turn)) * d + float(0.3 * np.sin(turn)) * e
        (loss,) = landscape.curve(line, span=(radius, 2.1), exact=True, points=2, progress=False).losses[:1]
        assert train[rings.RADII.index(radius), angle] == pytest.approx(loss, rel=1e-5)


def bottle() -> np.ndarray:
    """Bump, moat, wall: `[R, ANGLES]`."""
    return np.repeat([[1.3], [0.8], [0.7], [0.9]], rings.ANGLES, axis=1)


def test_a_bottle_has_moat_and_wall_at_every_angle() -> None:
    assert rings.is_bottle(1.4, bottle(), 2.3)
    for ring, loss in ((1, 1.41), (3, 0.7)):
        broken = bottle()
        broken[ring, 5] = loss
        assert not rings.is_bottle(1.4, broken, 2.3)
    assert not rings.is_bottle(0.8, bottle(), 2.3)


def test_steps_are_timed_in_turn() -> None:
    found = mining.time_steps(Task("w-peak", "early"), CPU, count=3)
    assert found.samples == mining.BATCH
    assert found.mining > 0
    assert found.training > 0


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "best_rates", lambda device: {"matrix product": 2e9})
    kinds = {"v-basin": (39, 0.871, 0.9956), "v-side": (1, 0.004, 0.13)}
    monkeypatch.setattr(mining, "landscape_of", lambda checkpoint, device: None)
    monkeypatch.setattr(mining, "_census", lambda landscape, count: CensusResult("final", kinds, count, 9.0))
    monkeypatch.setattr(mining, "time_steps", lambda task, device: StepResult(task, 128, 0.03, 0.01))


@pytest.mark.usefixtures("quickly")
def test_bench_prints_success_rates_and_writes_them(monkeypatch, tmp_path, capsys) -> None:
    def mine_once(landscape: Any, kind: str, seed: int, starts: int, steps: int | None) -> Run:
        has_rings = seed == 0 if kind == mining.WINE_BOTTLE else None
        if kind == "w-peak" and seed == 1:
            return run(seed=1, succeeded=False, heights=(0.02, None), reason="Too shallow.")
        return run(seed=seed, starts=starts, seconds=4.0 * starts / 2 if starts > 1 else 4.0, has_rings=has_rings)

    monkeypatch.setattr(mining, "mine_once", mine_once)
    numbers = tmp_path / "numbers.json"
    assert command_line.main(["bench", "--mining", "--seeds=2", f"--json={numbers}"]) == 0
    printed, said = capsys.readouterr()
    assert "40 Gaussian directions at the demo's checkpoint 'final'" in printed
    assert "97.5 % (95 % interval 87 to 100 %)" in printed
    rows = [" ".join(line.split()) for line in printed.splitlines()]
    assert "vvv-basin, final 2 of 2 200 20 4 s 0.5 (0.5) 0.4 (0.4) -" in rows
    assert "w-peak, early 1 of 2 200 20 4.5 s 0.5 (0.5) 0.4 (0.4) -" in rows
    assert "wine-bottle, early 2 of 2 200 20 4 s 0.5 (0.5) 0.4 (0.4) 1 of 2" in rows
    assert "vvv-basin, final 2 of 2 4 s 1 of 1 16 s 0.50" in rows
    assert "w-peak, early 30 ms 10 ms 3.0 x" in rows
    assert "w-peak, seed 1: Too shallow." in printed
    assert "mining vvv-basin, seed 0, 8 starts" in said
    found = json.loads(numbers.read_text())["mining"]
    assert found["census"]["total"] == 40
    assert [len(runs) for _, runs in found["runs"]] == [3, 3, 3]


@pytest.mark.usefixtures("quickly")
def test_ctrl_c_ends_with_the_runs_that_are_known(monkeypatch, capsys) -> None:
    def mine_once(landscape: Any, kind: str, seed: int, starts: int, steps: int | None) -> Run:
        if kind == "w-peak":
            raise KeyboardInterrupt
        return run(seed=seed)

    monkeypatch.setattr(mining, "mine_once", mine_once)
    assert command_line.main(["bench", "--mining", "--quick"]) == command.STOPPED
    printed = capsys.readouterr().out
    assert "vvv-basin, final  " in printed
    assert "wine-bottle, early  -" not in printed


def test_an_interrupt_that_mining_turns_into_a_warning_is_one_again() -> None:
    with pytest.raises(KeyboardInterrupt), mining._ended_by_ctrl_c():
        warnings.warn("Mining was interrupted after 3 steps; the result holds what there is.", stacklevel=1)
    with pytest.warns(UserWarning, match="another"), mining._ended_by_ctrl_c():
        warnings.warn("another warning", stacklevel=1)


def test_nothing_known_gives_no_table() -> None:
    assert mining_reports.tables(MiningFound()) == []
