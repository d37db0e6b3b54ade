"""On a real network each intuitive direction shows its kind of curve."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch.nn.functional as F

import landscape_widget as lw
from landscape_widget.demo import digits

NUM_SAMPLES = 256  # enough for the kinds, and a fifth of the time


@cache
def at(checkpoint: str) -> lw.Landscape:
    inputs, targets = digits("train")
    return lw.Landscape(lw.demo_model(checkpoint), F.cross_entropy, (inputs[:NUM_SAMPLES], targets[:NUM_SAMPLES]))


def curve(checkpoint: str, direction: object, **options: object) -> lw.Curve:
    return at(checkpoint).curve(direction, exact=True, points=25, progress=False, **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("normalize", ["filter", "model"])
def test_gaussian_noise_shows_a_v_basin(seed: int, normalize: str) -> None:
    found = curve("final", at("final").directions.gaussian(seed, normalize))
    assert found.kind == "v-basin"
    assert found.classification.valleys[0][0] == pytest.approx(0, abs=0.2)


def test_the_way_to_the_initialisation_is_monotone_up_to_a_plateau_and_a_v_basin() -> None:
    found = curve("final", at("final").directions.to(lw.demo_model("initial")))
    assert found.kind == "v-basin"
    between = found.losses[(found.alphas >= 0.2) & (found.alphas <= 1)]
    assert (np.diff(between) > -1e-3).all()  # monotonic linear interpolation, backwards
    plateau = found.losses[found.alphas >= 1]
    assert np.ptp(plateau) < 0.15 * np.ptp(found.losses)
    assert plateau.min() > 2  # the loss of guessing is 2.3


@pytest.mark.parametrize("checkpoint", ["early", "epoch-2"])
def test_downhill_at_an_early_checkpoint_is_a_v_side(checkpoint: str) -> None:
    found = curve(checkpoint, at(checkpoint).directions.gradient(), span=0.1)
    assert found.kind == "v-side"
    assert found.classification.valleys[0][0] > 0


def test_downhill_at_the_final_checkpoint_is_a_sharp_v_basin() -> None:
    assert curve("final", at("final").directions.gradient(), span=0.2).kind == "v-basin"


def test_an_early_checkpoint_sees_the_final_one_on_its_side() -> None:
    found = curve("early", at("early").directions.to(lw.demo_model("final")), span=(-1, 2))
    assert found.kind == "v-side"
    assert 0.5 < found.classification.valleys[0][0] < 1.5


def test_a_late_checkpoint_lies_in_the_same_basin() -> None:
    found = curve("final", at("final").directions.to(lw.demo_model("epoch-5")), span=(-2, 4))
    assert found.kind == "v-basin"


def test_another_network_is_a_second_valley() -> None:
    found = curve("final", at("final").directions.to(lw.demo_model("seed-1")))
    assert found.kind == "w-basin"
    assert found.classification.barrier > 1


@pytest.mark.parametrize("seed", range(2))
def test_a_sign_flip_is_a_w_basin_exactly_symmetric_about_its_middle(seed: int) -> None:
    found = curve("final", at("final").directions.sign_flip(seed))
    assert found.kind == "w-basin"
    np.testing.assert_allclose(found.losses, found.losses[::-1], rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("seed", range(2))
def test_a_permutation_is_a_w_basin_of_equal_depths(seed: int) -> None:
    found = curve("final", at("final").directions.permutation(seed))
    assert found.kind == "w-basin"
    (_, first, _), (_, second, _) = found.classification.valleys
    assert first == pytest.approx(second, abs=0.005)
    np.testing.assert_allclose(found.at(1.0), found.center_loss, rtol=1e-3)


def test_a_rescaling_has_no_barrier() -> None:
    found = curve("final", at("final").directions.rescaling())
    inside = found.losses[(found.alphas >= 0) & (found.alphas <= 1)]
    assert inside.max() <= found.center_loss * 1.001
