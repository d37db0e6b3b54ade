"""The words under every picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from landscape_widget.slices import caption
from landscape_widget.slices.caption import caption_of

NOISE = {
    "label": "noise",
    "normalization": "filter",
    "source": {"kind": "gaussian", "seed": 0},
    "mined": False,
}
MINED = {"label": "dug", "normalization": "none", "source": {"kind": "mined", "radius": 1.4}, "mined": True}


def facts(**changes: Any) -> list[str]:
    values: dict[str, Any] = {
        "labels": ["noise"],
        "spans": [(-0.5, 1.5)],
        "losses": [1.0, 2.0],
        "provenance": {
            "directions": [NOISE],
            "batchnorm": "recalibrate",
            "samples": [256, 1797],
            "split": "test",
        },
        "center_loss": 0.61349,
    }
    return caption_of(**(values | changes)).split(" · ")


def test_all_facts_in_order() -> None:
    assert facts() == [
        "exact",
        "alpha -0.5 to 1.5 along noise",
        "alpha = 1: each filter moves by its own norm",
        "centre 0.6135",
        "BatchNorm recalibrated at every point",
        "256 of 1797 test samples",
    ]


def test_what_provenance_does_not_say_is_left_out() -> None:
    assert facts(provenance={}) == ["exact", "alpha -0.5 to 1.5 along noise", "centre 0.6135"]
    assert facts(provenance={"directions": None, "samples": None}, labels=[""])[1] == "alpha -0.5 to 1.5"


def test_both_centre_losses_are_shown() -> None:
    assert "centre 0.6135 (0.59 in plain eval())" in facts(center_loss_frozen=0.59)


def test_axes_share_a_unit_or_each_have_their_own() -> None:
    two = {"labels": ["noise", "dug"], "spans": [(-1, 1), (-2, 1.5)]}
    shared = facts(**two, provenance={"directions": [NOISE, NOISE]})
    assert "alpha = 1, beta = 1: each filter moves by its own norm" in shared
    each = facts(**two, provenance={"directions": [NOISE, MINED]})
    assert each[1:5] == [
        "alpha -1 to 1 along noise",
        "beta -2 to 1.5 along dug, mined (constructed, not typical)",
        "alpha = 1: each filter moves by its own norm",
        "beta = 1: the mined length, radius 1.4",
    ]


def test_mined_is_said_once() -> None:
    note = "mined (constructed, not typical)"
    assert " · ".join(facts(mined=True, provenance={"directions": [MINED]})).count(note) == 1
    assert facts(mined=True, provenance={}).count(note) == 1
    assert facts(mined=True).count(note) == 1
    assert note not in " ".join(facts())


@pytest.mark.parametrize(
    ("record", "unit"),
    [
        (NOISE, "each filter moves by its own norm"),
        ({"normalization": "layer", "source": {"kind": "uniform"}}, "each layer moves by its own norm"),
        ({"normalization": "model", "source": {"kind": "gradient"}}, "the whole model moves by its own norm"),
        ({"normalization": "none", "source": {"kind": "vector"}}, "the direction's own length"),
        ({"normalization": "none", "source": {"kind": "to", "other": "b"}}, "the other model"),
        ({"normalization": "none", "source": {"kind": "mined"}}, "the mined length"),
        (
            {"normalization": "filter", "source": {"kind": "mix"}},
            "each filter moves by its own norm, on average",
        ),
        ({"normalization": "model", "source": {"kind": "mix"}}, "the whole model moves by its own norm"),
        ({"normalization": "like LLA", "source": {"kind": "normalized", "unit": "as LLA has it"}}, "as LLA has it"),
        ({"normalization": "none", "source": {"kind": "permutation", "unit": "a copy"}}, "a copy"),
        ({"normalization": "tomgoldstein"}, ""),
        ({}, ""),
    ],
)
def test_unit_in_words(record: dict[str, Any], unit: str) -> None:
    assert caption.unit_text(record) == unit


def test_batchnorm_in_words() -> None:
    assert caption.batchnorm_text("frozen") == "BatchNorm frozen (plain eval(), as other tools plot)"
    assert caption.batchnorm_text("other") == "BatchNorm other"
    assert caption.batchnorm_text(None) == ""


def test_samples_in_words() -> None:
    assert caption.samples_text((256, 1797), "train") == "256 of 1797 train samples"
    assert caption.samples_text((10_000, None)) == "10000 samples"
    assert caption.samples_text((1, 1), "test") == "1 of 1 test sample"
    assert caption.samples_text(None, "test") == "test data"
    assert caption.samples_text(None) == ""


def test_rounding_in_words() -> None:
    assert caption.rounding_text(0.0123, "torch.bfloat16") == "bfloat16 rounding moves the loss by 0.012"
    assert caption.rounding_text(0.0123) == "rounding moves the loss by 0.012"
    assert caption.rounding_text(None, "float32") == caption.rounding_text(0.0) == ""
    assert caption.exactness(0.5) == "exact but for rounding (up to 0.5)"


def test_holes_are_counted() -> None:
    losses = np.array([[1.0, np.nan, np.nan], [np.inf, -np.inf, 2.0]])
    assert caption.holes_text(losses) == "2 NaN and 2 inf of 6 losses (holes)"
    assert caption.holes_text([np.nan, 1.0]) == "1 NaN of 2 losses (holes)"
    assert caption.holes_text([1.0]) == ""


def test_notes_come_last() -> None:
    assert facts(notes=["log loss axis", ""])[-1] == "log loss axis"
