"""The benchmark of curvature: what is timed agrees, other tools are judged, and what failed is said."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from hessian_cases import dense_hessian
from landscape_widget.bench import curvature, curvature_reports, curvature_tools, networks
from landscape_widget.bench.cases import Case, Problem, build
from landscape_widget.bench.curvature_tools import (
    DENSITY,
    PRODUCT,
    TASKS,
    TOP,
    TRACE,
    Efforts,
    Goals,
    Job,
    Tool,
    probe_of,
)
from landscape_widget.bench.tools import OURS
from networks import mlp, vectors

CPU = torch.device("cpu")


def _make() -> tuple[nn.Module, networks.Pair]:
    return mlp(torch.float32), vectors(20, dtype=torch.float32)


SMALL = Case("small", "small network", _make)


def dense(problem: Problem) -> np.ndarray:
    """The whole Hessian, `[P, P]`."""
    x, y = problem.data
    return dense_hessian(problem.model, lambda net: nn.functional.cross_entropy(net(x), y)).double().numpy()


def _peer_jobs(problem: Problem, goals: Goals, efforts: Efforts) -> Mapping[str, Job]:
    def fail() -> None:
        raise RuntimeError("torch.eig was removed")

    matrix = dense(problem)
    values = np.linalg.eigvalsh(matrix)[::-1][:5] * (1 + 1e-4 * efforts[TOP])
    product = matrix @ probe_of(problem).double().numpy()
    return {
        PRODUCT: Job(lambda: product),
        TOP: Job(lambda: values),
        TRACE: Job(lambda: np.trace(matrix), share=0.25),
        DENSITY: Job(fail),
    }


PEER = Tool("peer", "torch", lambda problem, goals: {TOP: 15}, _peer_jobs)
ABSENT = Tool("absent", "no_such_module", lambda problem, goals: {}, _peer_jobs)


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> curvature.CurvatureResult:
    """A small network measured once, ours beside a peer."""
    tools = (curvature_tools.TOOLS[0], PEER, ABSENT)
    for module in (curvature_tools, curvature_reports):
        monkeypatch.setattr(module, "TOOLS", tools)
    monkeypatch.setattr(curvature, "_memory", lambda prepare, run, device: 3_000_000)
    found = curvature.result_of(SMALL)
    assert list(curvature.measure(SMALL, CPU, 2, None, found))[1:3] == [PRODUCT, f"{PRODUCT}, memory"]
    return found


def test_ours_is_compared_with_a_dense_hessian_in_every_task(result: curvature.CurvatureResult) -> None:
    matrix = dense(build(SMALL, CPU))
    assert result.differences[PRODUCT]["peer"] < 1e-5
    assert result.differences[TOP][OURS] < 1e-3
    assert result.differences[TOP]["peer"] == pytest.approx(1.5e-3, rel=0.1)  # 15 times 1e-4: made wrong by so much
    assert result.differences[TRACE]["peer"] < 0.05
    assert result.parameters == len(matrix)


def test_a_part_that_was_timed_is_reckoned_up_and_flagged(result: curvature.CurvatureResult) -> None:
    assert result.shares[TRACE] == {OURS: 1.0, "peer": 0.25}
    text = curvature_reports.table(result).text()
    assert f"~{result.ratios(TRACE)['peer']:.1f} x" in text
    assert f"({result.ratios(PRODUCT)['peer']:.1f} x)" in text


def test_what_failed_is_named_and_the_others_go_on(result: curvature.CurvatureResult) -> None:
    text = curvature_reports.table(result).text()
    assert "peer, density: RuntimeError: torch.eig was removed" in text
    assert "Not installed here: absent" in text
    assert "peer: 15 for top five, as its own errors ask." in text
    assert set(result.seconds) == set(TASKS)
    assert set(result.seconds[DENSITY]) == {OURS}


def test_peers_are_left_out_where_they_know_another_hessian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curvature_tools, "TOOLS", (curvature_tools.TOOLS[0], PEER))
    assert [tool.name for tool in curvature.tools_for("recalibrate")] == [OURS]
    assert [tool.name for tool in curvature.tools_for("frozen")] == [OURS, "peer"]


def test_memory_is_that_of_a_process_of_its_own() -> None:
    prepare = curvature.alone("mlp", None, Goals(), OURS, {}, PRODUCT)
    assert prepare().shape == (64 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10,)


def test_nothing_known_gives_no_table() -> None:
    assert curvature_reports.tables([curvature.result_of(SMALL)]) == []
