"""The demo: its data, its checkpoints, and the landscape made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import landscape_widget
from landscape_widget import Landscape
from landscape_widget.demo import accuracy, demo, demo_checkpoints, demo_model, digits

FOLDER = Path(landscape_widget.__file__).parent / "demo_data"


def batch_statistics_loss(checkpoint: str, part: str) -> float:
    model = demo_model(checkpoint).train()
    inputs, targets = digits(part)
    with torch.no_grad():
        return F.cross_entropy(model(inputs), targets).item()


def test_the_network_has_the_documented_size() -> None:
    model = demo_model("final")
    assert sum(p.numel() for p in model.parameters()) == 14_458
    assert sum(len(p) for p in model.parameters() if p.dim() > 1) == 90
    assert not model.training
    assert all(p.requires_grad and p.dtype == torch.float32 for p in model.parameters())


def test_the_data_are_all_digits_once() -> None:
    train, test = digits("train"), digits("test")
    assert train[0].shape == (1297, 1, 8, 8)
    assert test[0].shape == (500, 1, 8, 8)
    images = torch.cat([train[0], test[0]])
    assert images.min() == 0
    assert images.max() == 1
    assert len(torch.unique(images.flatten(1), dim=0)) == 1797
    assert torch.bincount(torch.cat([train[1], test[1]])).tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("checkpoint", "train", "test"),
    [
        ("initial", 2.333, 2.355),
        ("early", 1.371, 1.382),
        ("epoch-2", 0.312, 0.325),
        ("final", 0.0040, 0.028),
        ("seed-1", 0.0044, 0.029),
        ("seed-2", 0.0041, 0.036),
        ("skip", 0.0104, 0.037),
        ("no-skip", 0.0072, 0.051),
    ],
)
def test_checkpoints_have_the_losses_of_their_training(checkpoint: str, train: float, test: float) -> None:
    assert batch_statistics_loss(checkpoint, "train") == pytest.approx(train, rel=0.02)
    assert batch_statistics_loss(checkpoint, "test") == pytest.approx(test, rel=0.02)


def test_the_loss_falls_from_checkpoint_to_checkpoint() -> None:
    names = demo_checkpoints()
    assert names[0] == "initial"
    assert names[1] == "early"
    assert names[-5:] == ("final", "seed-1", "seed-2", "skip", "no-skip")
    losses = [batch_statistics_loss(name, "train") for name in names[:-4]]
    assert losses == sorted(losses, reverse=True)


def test_eval_mode_uses_the_shipped_running_statistics() -> None:
    model = demo_model("final")
    inputs, targets = digits("test")
    with torch.no_grad():
        outputs = model(inputs)
    assert F.cross_entropy(outputs, targets).item() < 0.05
    assert accuracy(outputs, targets).item() > 0.98


def test_every_call_makes_a_model_of_its_own() -> None:
    first, second = demo_model("final"), demo_model("final")
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).abs().sum() > 0
    assert next(demo_model("final").parameters()).abs().sum() > 0


def test_global_random_state_and_default_device_stay_as_they_are() -> None:
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the global state is what is looked at
    before, before_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    demo("early")
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], before_numpy)  # noqa: NPY002
    assert torch.zeros(1).device.type == "cpu"


@pytest.mark.parametrize("make", [demo, demo_model])
def test_a_wrong_name_is_answered_with_the_names(make) -> None:
    with pytest.raises(ValueError, match=r"checkpoint must be one of 'initial', 'early', .*'no-skip', got 'last'\."):
        make("last")


def test_a_wrong_part_is_answered_with_the_parts() -> None:
    with pytest.raises(ValueError, match=r"part must be one of 'train', 'test', got 'valid'\."):
        digits("valid")


def test_the_files_are_small_and_hold_no_pickle() -> None:
    files = sorted(FOLDER.glob("*.npz"))
    assert {file.stem for file in files} == {"digits", *demo_checkpoints()}
    assert sum(file.stat().st_size for file in files) < 1_500_000
    for file in files:
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind in "fiu" for name in arrays)


def test_the_demo_is_a_landscape_of_the_training_part() -> None:
    landscape = demo("early")
    assert landscape.center_loss == pytest.approx(batch_statistics_loss("early", "train"), rel=0.01)
    assert landscape.center.shape == (14_458,)
    assert landscape.batchnorm == "recalibrate"


def few_samples(checkpoint: str) -> Landscape:
    inputs, targets = digits("train")
    return Landscape(demo_model(checkpoint), F.cross_entropy, (inputs[:256], targets[:256]))


def test_the_deep_pair_differs_in_its_skip_connections_alone() -> None:
    skip, plain = demo_model("skip"), demo_model("no-skip")
    shapes = [{name: p.shape for name, p in model.named_parameters()} for model in (skip, plain)]
    assert shapes[0] == shapes[1]
    assert sum(p.numel() for p in skip.parameters()) == 11_866
    assert sum(p.dim() == 4 for p in skip.parameters()) == 21
    plain.load_state_dict(skip.state_dict())
    inputs, _ = digits("test")
    with torch.no_grad():
        assert not torch.allclose(plain(inputs), skip(inputs), atol=0.1)
        for block in plain.blocks:
            block.skips = True
        torch.testing.assert_close(plain(inputs), skip(inputs))


def test_without_skip_connections_the_pit_is_narrow_and_the_country_rough() -> None:
    turns, shares = {}, {}
    for name in ("skip", "no-skip"):
        landscape = few_samples(name)
        lines = [
            landscape.curve(landscape.directions.gaussian(seed), exact=True, points=61, progress=False)
            for seed in range(3)
        ]
        assert all(line.kind == "v-basin" for line in lines) or name == "no-skip"
        turns[name] = [int((np.diff(np.sign(np.diff(line.losses))) != 0).sum()) for line in lines]
        shares[name] = float(np.mean([line.losses < 1 for line in lines]))
    assert max(turns["skip"]) <= 3
    assert min(turns["no-skip"]) >= 6
    assert shares["skip"] > 2.5 * shares["no-skip"]


@pytest.mark.parametrize("checkpoint", ["skip", "no-skip"])
def test_the_deep_pair_can_be_traced_for_its_symmetries(checkpoint: str) -> None:
    landscape = few_samples(checkpoint)
    for direction in (landscape.directions.permutation(), landscape.directions.rescaling()):
        there = landscape.curve(direction, span=(0, 1), exact=True, points=2, progress=False).losses
        assert there[1] == pytest.approx(there[0], rel=1e-3)
