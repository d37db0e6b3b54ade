"""The parts of the benchmark that could be wrong without anybody noticing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from landscape_widget.bench import adaptive, exact, growth, loop, machine, networks, peers, pictures, plans, reports
from landscape_widget.bench.cases import Case, Problem, all_cases, build, find
from landscape_widget.bench.peers import Peer, Run
from landscape_widget.bench.tables import Table, count, megabytes, percent, seconds
from landscape_widget.bench.timing import in_turn
from landscape_widget.bench.tools import LOOP, ONE_PASS, OURS, relative_difference, tools
from networks import cnn, images, mlp, vectors

CPU = torch.device("cpu")


def small(batchnorm: str | None = None, *, count: int = 20, full: int = 6) -> Case:
    """An MLP, or a CNN with BatchNorm where a mode is given."""

    def make() -> tuple[nn.Module, networks.Pair]:
        if batchnorm is None:
            return mlp(torch.float32), vectors(count, dtype=torch.float32)
        return cnn(dtype=torch.float32), images(count, dtype=torch.float32)

    return Case("small", "small network", make, batchnorm, full=full)


def oracle(problem: Problem, coords: np.ndarray, axes: list[list[torch.Tensor]], *, train: bool = False) -> np.ndarray:
    """Losses by functional calls: no weight is written."""
    names = [name for name, _ in problem.model.named_parameters()]
    losses = []
    for alpha, beta in coords:
        moved = [p.detach() + alpha * d + beta * e for p, d, e in zip(problem.model.parameters(), *axes, strict=True)]
        outputs = torch.func.functional_call(
            problem.model.train(train), dict(zip(names, moved, strict=True)), problem.data[0]
        )
        losses.append(F.cross_entropy(outputs, problem.data[1]).item())
    problem.model.eval()
    return np.array(losses)


def test_flops_are_counted_as_by_hand() -> None:
    assert machine.forward_flops(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)), torch.zeros(11, 5)) == (
        2 * 11 * (5 * 7 + 7 * 3)
    )
    assert machine.forward_flops(nn.Conv2d(3, 4, 3, padding=1, bias=False), torch.zeros(2, 3, 8, 6)) == (
        2 * 2 * 8 * 6 * 4 * 3 * 9
    )


def test_flops_of_fused_layers_are_counted_too() -> None:
    batch, length, inputs, width = 3, 12, 8, 32
    by_hand = 2 * batch * (length * 4 * width * (inputs + width) + width * 5)
    assert machine.forward_flops(networks.Recurrent().eval(), torch.zeros(batch, length, inputs)) == by_hand
    attention = 2 * 2 * 16 * 16 * 32  # both products of all heads
    linear = 2 * 16 * 32 * (4 * 32 + 4 * 32)
    tokens = torch.zeros(7, 16, dtype=torch.long)
    assert machine.forward_flops(networks.Transformer().eval(), tokens) == 7 * (2 * (attention + linear) + 2 * 32 * 5)


def test_a_recalibrated_point_costs_another_pass_only_where_the_calibration_set_is_a_part() -> None:
    few, many = build(small("recalibrate", count=20), CPU), build(small("recalibrate", count=600), CPU)
    assert exact.flops_of_point(few) == machine.forward_flops(few.model, few.data[0])
    assert exact.flops_of_point(many) == machine.forward_flops(many.model, many.data[0][:1]) * (600 + 512)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_exponents_of_powers_are_found(power: float) -> None:
    sizes = (10, 40, 90)
    assert growth.exponent(sizes, [3e-4 * size**power for size in sizes]) == pytest.approx(power)


def test_growth_is_measured_for_ours_and_the_loop(monkeypatch) -> None:
    for name, sizes in (("SIDES", (2, 3)), ("WIDTHS", (8, 16)), ("COPIES", (1, 2)), ("SIDE", 2)):
        monkeypatch.setattr(growth, name, sizes)
    found = growth.measure(CPU, 1)
    assert [(result.axis, result.sizes) for result in found] == [
        ("points", (4, 9)),
        ("parameters", (64 * 8 + 8 + 8 * 64 + 64 + 650, 64 * 16 + 16 + 16 * 64 + 64 + 650)),
        ("samples", (1797, 3594)),
    ]
    assert all(set(result.exponents) == {OURS, LOOP} for result in found)
    assert len(reports.growth(found).rows) == 3


def test_the_loop_is_the_loss_at_each_point() -> None:
    problem = build(small("frozen"), CPU)
    coords = np.array([[0.0, 0.0], [-0.3, 0.7], [1.1, 0.2]])
    before = [p.clone() for p in problem.model.state_dict().values()]
    losses = loop.plain_loop(problem.model, problem.data, problem.axes, coords)
    assert losses == pytest.approx(oracle(problem, coords, problem.axes), rel=1e-6)
    assert all(torch.equal(a, b) for a, b in zip(before, problem.model.state_dict().values(), strict=True))


@pytest.mark.parametrize("count", [20, 600])
def test_the_recalibrating_loop_is_our_function(count: int) -> None:
    problem = build(small("recalibrate", count=count), CPU)
    runs = tools(problem, 3)
    assert set(runs) == ({OURS, LOOP, ONE_PASS} if count <= 512 else {OURS, LOOP})
    ours = runs[OURS].compute()
    for run in runs.values():
        assert run.compute() == pytest.approx(ours, rel=1e-5)
    frozen = loop.plain_loop(problem.model, problem.data, problem.axes, runs[OURS].coords)
    assert relative_difference(ours, frozen) > 1e-2


def test_points_of_loss_landscapes_are_where_it_takes_them() -> None:
    assert peers._zigzag(2).tolist() == [[-1, 0], [-1, 1], [0, -1], [0, 0]]


def test_directions_of_gradfield_have_the_weights_norms() -> None:
    model = cnn(dtype=torch.float32)
    state = torch.random.get_rng_state()
    first, second = peers._gradfield_axes(model)
    assert torch.equal(torch.random.get_rng_state(), state)
    for p, d, e in zip(model.parameters(), first, second, strict=True):
        rows = len(p) if p.dim() > 1 else 1
        for noise in (d, e):
            assert torch.allclose(noise.reshape(rows, -1).norm(dim=1), p.reshape(rows, -1).norm(dim=1), rtol=1e-5)
        assert not torch.allclose(d, e)


def test_differences_are_the_largest_relative_ones() -> None:
    truth = np.array([1.0, 2.0, 4.0])
    assert relative_difference(truth.copy(), truth) == 0
    assert relative_difference(np.array([1.0, 2.1, 4.0]), truth) == pytest.approx(0.05)
    assert relative_difference(np.array([1.0, np.nan, 4.0]), truth) == np.inf
    assert relative_difference(truth[:2], truth) == np.inf


def with_peers(monkeypatch, **makers) -> None:
    found = tuple(Peer(name, "json", prepare) for name, prepare in makers.items())
    monkeypatch.setattr(peers, "PEERS", found)


def honest(problem: Problem, side: int) -> Run:
    coords = loop.grid_coords(np.linspace(-0.5, 0.2, side))  # its own points, and the directions swapped
    axes = problem.axes[::-1]
    return Run(lambda: oracle(problem, coords, axes), coords, axes)


def transposed(problem: Problem, side: int) -> Run:
    right = tools(problem, side, only=(LOOP,))[LOOP]
    return Run(lambda: right.compute().reshape(side, side).T.ravel(), right.coords, right.axes)


def broken(problem: Problem, side: int) -> Run:
    raise ImportError("no module named zzz\nmore")


def test_a_wrong_peer_is_flagged_and_a_broken_one_named(monkeypatch) -> None:
    with_peers(monkeypatch, honest=honest, transposed=transposed, broken=broken)
    monkeypatch.setattr(exact, "_memory", lambda *arguments: 5_000_000)
    result = exact.measure(small(), CPU, 3, 2, None)
    assert result.differences[OURS] < 1e-5
    assert result.differences["honest"] < 1e-5
    assert result.differences["transposed"] > 1e-2
    assert result.failures == {"broken": "ImportError: no module named zzz"}
    table = reports.others([result])
    cells = dict(zip(table.columns, table.rows[0], strict=True))
    assert cells["transposed"].endswith("!)")
    assert not cells["honest"].endswith("!)")
    assert cells["broken"] == "fails"
    assert "broken, small network: ImportError: no module named zzz" in table.notes


def test_the_best_other_tool_is_never_a_wrong_one() -> None:
    times, right, wrong = {OURS: 1.0, LOOP: 4.0, "wrong": 2.0, "right": 3.0}, 1e-7, 0.1
    differences = {OURS: right, LOOP: 0.0, "wrong": wrong, "right": right}
    result = exact.ExactResult("a", "A", None, 9, 4, times, {}, differences, {}, {OURS: 1, LOOP: None}, 10, "loop")
    assert (result.best_other, result.ratio, result.rate) == ("right", 3.0, 90.0)


def test_missing_peers_are_named(monkeypatch) -> None:
    monkeypatch.setattr(peers, "PEERS", (Peer("there", "json", honest), Peer("gone", "no_such_module_zzz", honest)))
    assert [peer.name for peer in peers.installed()] == ["there"]
    assert "Not installed here: gone; see tests/benchmarks/requirements.txt." in reports.others([]).notes


def test_runs_are_taken_in_turn_and_a_failing_one_is_left_out() -> None:
    order: list[str] = []

    def fail() -> None:
        order.append("c")
        raise ValueError("bad\nvery")

    times = in_turn({"a": lambda: order.append("a"), "c": fail, "b": lambda: order.append("b")}, 2, CPU)
    assert order == ["a", "c", "b", "a", "b"]
    assert [len(times[name].seconds) for name in "abc"] == [2, 2, 0]
    assert times["c"].failure == "ValueError: bad"


def test_tables_are_aligned_and_escaped() -> None:
    table = Table("Title", ("name", "x"), (("a|b", "1"), ("long name", "22")), ("note",))
    assert table.text() == "Title\n-----\nname        x\na|b         1\nlong name  22\nnote"
    assert table.markdown() == ("**Title**\n\n| name | x |\n| --- | ---: |\n| a\\|b | 1 |\n| long name | 22 |\n\nnote")
    with pytest.raises(ValueError, match=r"rows must be of 1 cells, got \('a', 'b'\)\."):
        Table("Title", ("x",), (("a", "b"),))


def test_numbers_are_short() -> None:
    assert [seconds(1.2345), seconds(0.01234)] == ["1.23 s", "12.3 ms"]
    assert [percent(0.00456), percent(0.5)] == ["0.46 %", "50 %"]
    assert [count(1.234), count(10201)] == ["1.2", "10 201"]
    assert [megabytes(None), megabytes(2_600_000)] == ["-", "3"]


def test_adaptive_surfaces_count_everything_and_are_judged_at_random_points() -> None:
    result = adaptive.measure(small(), CPU)
    assert result.saving == pytest.approx(101**2 / result.evaluations)
    assert result.reason == ""
    assert 0 < result.true_error < 0.01
    assert result.true_error < 10 * result.estimate
    assert result.loss_range[0] < result.loss_range[1]


def test_pictures_are_timed() -> None:
    result = pictures.measure(small(), CPU)
    assert result.side == 6
    assert result.share == result.full / result.first
    assert min(result.first, result.full, result.line) > 0


def test_plans_are_compared_and_a_refusal_is_told() -> None:
    looped, batched = plans.measure(small(), CPU, 4, 1)
    assert (looped.plan, batched.plan) == ("loop", "vmap")
    assert max(looped.difference, batched.difference) < 1e-5
    assert batched.synchronisations < looped.synchronisations

    def make() -> tuple[nn.Module, networks.Pair]:
        return Branching(), vectors(20, dtype=torch.float32)

    _, refused = plans.measure(Case("b", "branching", make), CPU, 2, 1)
    assert "plan must be 'loop' or 'auto' for this model" in refused.refusal
    table = reports.plans([refused], "cuda")
    assert table.rows == (("branching", "vmap", "-", "-", "-", "-"),)
    assert table.notes == (f"branching, vmap: {refused.refusal}",)


class Branching(nn.Module):
    """Control flow that depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        return y if y.sum().item() > 0 else 2 * y


def test_reads_of_values_are_counted_and_the_methods_put_back() -> None:
    before = {name: getattr(torch.Tensor, name) for name in plans.READS}
    one = torch.ones(())
    assert plans.synchronisations(lambda: [one.item(), float(one), bool(one), one.tolist(), one + 1], CPU) == 4
    assert {name: getattr(torch.Tensor, name) for name in plans.READS} == before


def test_cases_are_found_by_name() -> None:
    assert find("lstm", None).title.startswith("LSTM")
    assert len({case.name for case in all_cases(Path())}) == len(all_cases(Path())) == len(all_cases(None)) + 2
    with pytest.raises(
        ValueError, match=r"cases must be one of 'mlp', .*'cnn-trained', got 'resnet-frozen'\. ResNet-20 needs"
    ):
        find("resnet-frozen", None)


@pytest.mark.parametrize("name", ["mlp", "cnn-frozen", "transformer", "lstm"])
def test_cases_are_the_same_each_time_and_leave_the_random_state(name: str) -> None:
    state = torch.random.get_rng_state()
    first, second = (build(find(name, None), CPU).landscape.center for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), state)
