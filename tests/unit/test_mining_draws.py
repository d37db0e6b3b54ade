"""Chance in mining comes from the seed and the purpose alone, and held-out data are not mined on."""

from __future__ import annotations

import pytest
import torch

from landscape_widget.mining.draws import data_parts, generator, minibatch
from mining_cases import NUM_SAMPLES, double_well, inputs, landscape


def numbers(*purpose: object, seed: int = 1) -> list[float]:
    return torch.rand(3, generator=generator(seed, *purpose)).tolist()


def test_one_seed_and_purpose_give_the_same_numbers_and_others_give_others() -> None:
    assert numbers("step", 0, 12) == numbers("step", 0, 12)
    assert numbers("step", 0, 12) != numbers("step", 0, 13)
    assert numbers("step", 0, 12) != numbers("step", 0, 12, seed=2)


def test_a_split_named_test_judges_and_all_training_samples_are_mined() -> None:
    parts = data_parts(landscape()._engine.objective, seed=3)
    assert parts.held_out == ("test", None)
    assert parts.mined.tolist() == list(range(NUM_SAMPLES))


def test_without_it_a_fifth_of_the_samples_is_held_out() -> None:
    objective = landscape(test=False)._engine.objective
    parts = data_parts(objective, seed=3)
    split, held = parts.held_out
    assert split == "train"
    assert len(held) == NUM_SAMPLES // 5
    assert sorted([*held.tolist(), *parts.mined.tolist()]) == list(range(NUM_SAMPLES))
    assert held.tolist() != list(range(len(held)))
    assert data_parts(objective, seed=3).mined.tolist() == parts.mined.tolist()
    assert data_parts(objective, seed=4).mined.tolist() != parts.mined.tolist()


def test_where_batches_are_atoms_a_batch_is_held_out_and_of_one_nothing() -> None:
    def closure(model, batch):
        return double_well(model(batch[0]), batch[1])

    batches = [inputs(10, seed) for seed in range(3)]
    several = landscape(None, test=False, data=batches, closure=closure)._engine.objective
    assert not several.is_tiled
    assert len(data_parts(several, seed=0).held_out[1]) == 1
    single = landscape(None, test=False, data=batches[:1], closure=closure)._engine.objective
    assert data_parts(single, seed=0).held_out is None


@pytest.mark.parametrize(("wanted", "sizes"), [(1, [7]), (7, [7]), (8, [7, 7]), (21, [7, 7, 7]), (99, [7, 7, 7])])
def test_a_minibatch_takes_units_until_it_holds_enough_samples(wanted, sizes) -> None:
    chosen = minibatch(torch.tensor([1, 3, 4]), torch.full((5,), 7), wanted, generator(0))
    assert [7] * len(chosen) == sizes
    assert set(chosen.tolist()) <= {1, 3, 4}
    assert len(set(chosen.tolist())) == len(chosen)
