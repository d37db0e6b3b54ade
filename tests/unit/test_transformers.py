"""A real `transformers` model, made from a small configuration, with batches as mappings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import BatchEncoding, BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel

import landscape_widget as lw
from reference import losses, number

COORDS = np.array([[-0.3], [0.0], [0.5]])


def tokens(count: int, length: int, high: int) -> torch.Tensor:
    return torch.randint(3, high, (count, length), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def classifier():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=12, num_labels=3,
        )  # fmt: skip
        return BertForSequenceClassification(config).eval()


@pytest.fixture(scope="module")
def language_model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return GPT2LMHeadModel(GPT2Config(vocab_size=40, n_positions=12, n_embd=16, n_layer=1, n_head=2)).eval()


def masked(count: int, length: int) -> dict[str, torch.Tensor]:
    ids = tokens(count, length, 50)
    mask = (torch.arange(length)[None] < torch.arange(count)[:, None] % (length - 1) + 2).long()
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.arange(count) % 3}


def check_against_the_loop(landscape: lw.Landscape, model, batches) -> None:
    d = landscape.directions.gaussian(seed=1)
    sizes = np.array([len(batch["input_ids"]) for batch in batches])

    def weighted(net):
        return sum(n * net(**batch).loss for n, batch in zip(sizes, batches, strict=True)) / sizes.sum()

    found = [v.loss for v in landscape._engine.evaluate([d.vector], COORDS)]
    np.testing.assert_allclose(found, losses(model, weighted, [d.vector], COORDS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", [dict, BatchEncoding])
def test_a_classifier_with_masks_is_its_own_loss(classifier, form):
    batches = [form(masked(9, 7)), form(masked(5, 7))]
    landscape = lw.Landscape(classifier, data=batches)
    check_against_the_loop(landscape, classifier, batches)
    expected = (9 * number(classifier(**batches[0]).loss) + 5 * number(classifier(**batches[1]).loss)) / 14
    assert landscape.center_loss == pytest.approx(expected, rel=1e-5)


def test_batches_of_different_lengths(classifier):
    batches = [masked(6, 5), masked(4, 9)]
    check_against_the_loop(lw.Landscape(classifier, data=batches), classifier, batches)


def test_a_language_model_with_tied_embeddings_and_ignored_tokens(language_model):
    ids = tokens(6, 8, 40)
    labels = ids.clone()
    for row in range(6):
        labels[row, 2 + row :] = -100  # a mean over tokens: tiles do not reproduce it
    batches = [{"input_ids": ids, "labels": labels}]
    landscape = lw.Landscape(language_model, data=batches)
    assert not landscape._objective.is_tiled
    names = landscape._objective.space.names
    assert "transformer.wte.weight" in names
    assert "lm_head.weight" not in names
    check_against_the_loop(landscape, language_model, batches)


def test_it_can_be_explored_by_gradient_and_curve(classifier):
    landscape = lw.Landscape(classifier, data=[masked(9, 7)])
    curve = landscape.curve(landscape.directions.gradient(), span=0.2, exact=True, points=5)
    assert curve.losses[3] < curve.losses[2]
