"""What mining refuses, in words, and why a result did not succeed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

import landscape_widget as lw
from mining_cases import landscape, radius_of_one, triple_well
from networks import cnn, images


def refused(match: str, of: lw.Landscape | None = None, kind: Any = "w-peak", error=ValueError, **options: Any) -> None:
    with pytest.raises(error, match=match):
        (of or landscape()).mine(kind, progress=False, **options)


@pytest.mark.parametrize("kind", ["bowl", "W-peak", None, 3])
def test_an_unknown_kind_names_them_all(kind) -> None:
    kinds = "'w-peak', 'vvv-basin', 'v-side', 'n-valley', 'wine-bottle', 'saddle', 'target'"
    refused(f"kind must be one of {kinds}, got", kind=kind)


def test_a_number_of_valleys_that_cannot_be() -> None:
    refused('n must be an integer from 4 to 9, got 3. Three valleys are a "vvv-basin".', kind="n-valley", n=3)
    refused("n must be None for a w-peak, got 5. Only an n-valley has a number of valleys to choose.", n=5)


def test_a_target_that_makes_no_sense() -> None:
    rule = r"target must be an array \[H, W\] of heights from 0 \(low\) to 1 \(high\), 3 to 33 a side, got "
    refused(rule + "None. NaN where anything will do.", kind="target")
    refused(rule + r"shape \(2, 3\)", kind="target", target=[[0, 1, 0], [1, 0, 1]])
    refused(rule + "str", kind="target", target="cat", error=TypeError)
    refused(rule + "heights outside", kind="target", target=[[0, 1, 0], [2, 0, 1], [0, 0, 0]])
    refused(
        rule + "one height everywhere. Draw something low and something high",
        kind="target",
        target=[[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    )
    refused("target must be None for a w-peak, got .an array.. It belongs to mine", target=[[0, 1], [1, 0]])


def test_numbers_that_make_no_sense() -> None:
    refused("radius must be a finite number greater than 0, got -0.5", radius=-0.5)
    refused("radius must be a finite number greater than 0, got nan", radius=float("nan"))
    refused("radius must be a finite number greater than 0, got '1'", radius="1", error=TypeError)
    refused("steps must be an integer of at least 1, got 0", steps=0)
    refused("steps must be an integer of at least 1, got 2.5", steps=2.5, error=TypeError)
    refused("starts must be an integer of at least 1, got 0", starts=0)
    refused("seed must be an integer of at least 0, got -1", seed=-1)


def test_a_barrier_where_there_is_none_or_below_the_centre() -> None:
    refused("barrier must be None for a w-peak, whose barriers are not chosen, got 2.0", barrier=2.0)
    refused(
        "barrier must be a finite number greater than 0, got -1.0. The loss at the centre is 0; a barrier is higher",
        landscape(triple_well),
        kind="vvv-basin",
        barrier=-1.0,
    )


def test_frozen_batchnorm_names_the_remedy() -> None:
    frozen = lw.Landscape(cnn(), F.cross_entropy, images(24), batchnorm="frozen")
    refused('batchnorm must be .recalibrate. for mining, got .frozen.. .* batchnorm="recalibrate"', frozen)


def test_a_model_without_a_filter_that_moves() -> None:
    refused(r"params must hold at least one filter .* Landscape\(params=...\)", landscape(params="bias"))


def test_directions_to_be_orthogonal_to() -> None:
    of = landscape()
    refused("orthogonal_to must be a direction, got", of, orthogonal_to=[torch.zeros(11)], error=TypeError)
    bias = torch.zeros(11, dtype=torch.float64)
    bias[8:] = 1.0
    biases = of.directions.from_vector(bias)
    refused(
        "orthogonal_to must hold directions that move filters, got .* which moves only biases", of, orthogonal_to=biases
    )


def test_a_lower_target_than_what_is_done() -> None:
    run = landscape()._slicer.miner("w-peak", steps=3)
    while not run.is_done:
        run.step()
    with pytest.raises(ValueError, match=r"steps must be an integer of at least 3, got 2\. Steps that are done stay"):
        run.target_steps = 2


def test_too_short_a_run_says_what_the_curve_is_instead() -> None:
    of = landscape(triple_well)
    result = of.mine("vvv-basin", radius=radius_of_one(of), steps=1, progress=False)
    assert not result.succeeded
    assert result.kind == "v-basin"
    assert result.report.reason.startswith("On the training data the curve is a v-basin, not a vvv-basin: One valley")
    assert result.report.text.splitlines()[1] == result.report.reason


def test_a_loss_that_is_never_finite_stops_the_run() -> None:
    of = landscape()
    result = of.mine("w-peak", radius=1e200, steps=40, progress=False)
    assert (result.succeeded, result.report.figures["steps"]) == (False, 10)
    assert "was not finite in 10 steps in a row. Use a smaller radius." in result.report.text
    assert bool(torch.isfinite(result.direction.vector).all())
