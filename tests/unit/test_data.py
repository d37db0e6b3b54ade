"""What users hand over as data: which samples, in which batches, with which weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import landscape_widget as lw
from landscape_widget.core.samples import spread
from networks import cnn, images, mlp, vectors
from reference import number


def mean_loss(model: nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
    sizes = [len(y) for _, y in batches]
    losses = [number(F.cross_entropy(model(x), y)) for x, y in batches]
    return sum(n * loss for n, loss in zip(sizes, losses, strict=True)) / sum(sizes)


@pytest.mark.parametrize("kind", ["tuple", "list", "loader", "generator", "singles"])
def test_every_form_of_the_same_data_is_the_same_loss(kind):
    model, (x, y) = mlp(), vectors(23)
    batches = [(x[i : i + 5], y[i : i + 5]) for i in range(0, 23, 5)]
    forms = {
        "tuple": (x, y),
        "list": batches,
        "loader": DataLoader(TensorDataset(x, y), batch_size=5),
        "generator": (batch for batch in batches),
        "singles": DataLoader(TensorDataset(x, y), batch_size=1),
    }
    landscape = lw.Landscape(model, F.cross_entropy, forms[kind])
    assert landscape.center_loss == pytest.approx(mean_loss(model, [(x, y)]), rel=1e-12)
    assert landscape._objective.is_tiled
    assert landscape._objective.num_samples() == (23, 23)


def test_batches_weigh_by_their_samples_where_tiles_do_not_reproduce_the_loss():
    model, (x, y) = mlp(), vectors(23)

    def unlike(outputs, targets):  # a mean weighted by class, as class weights do
        return F.cross_entropy(outputs, targets, weight=torch.tensor([1.0, 5.0, 0.2], dtype=outputs.dtype))

    batches = [(x[:9], y[:9]), (x[9:], y[9:])]
    landscape = lw.Landscape(model, unlike, batches)
    parts = [number(unlike(model(a), b)) for a, b in batches]
    assert landscape.center_loss == pytest.approx((9 * parts[0] + 14 * parts[1]) / 23, rel=1e-12)
    assert not landscape._objective.is_tiled
    assert landscape._objective.num_units() == 2


def test_closures_weigh_one_each_unless_they_return_their_size():
    model, (x, y) = mlp(), vectors(23)
    batches = [(x[:9], y[:9]), (x[9:], y[9:])]
    parts = [number(F.cross_entropy(model(a), b)) for a, b in batches]

    def plain(net, batch):
        return F.cross_entropy(net(batch[0]), batch[1])

    def sized(net, batch):
        return plain(net, batch), len(batch[1])

    def named(net, batch):
        outputs = net(batch[0])
        hits = (outputs.argmax(1) == batch[1]).double().mean()
        return {"loss": F.cross_entropy(outputs, batch[1]), "n": len(batch[1]), "hits": hits}

    assert lw.Landscape(model, closure=plain, data=batches).center_loss == pytest.approx(sum(parts) / 2, rel=1e-12)
    weighted = (9 * parts[0] + 14 * parts[1]) / 23
    assert lw.Landscape(model, closure=sized, data=batches).center_loss == pytest.approx(weighted, rel=1e-12)
    report = lw.Landscape(model, closure=named, data=batches).check()
    assert report.loss == pytest.approx(weighted, rel=1e-12)
    assert report.metrics["hits"] == pytest.approx(float((model(x).argmax(1) == y).double().mean()))


def test_metrics_are_averaged_like_the_loss():
    model, (x, y) = mlp(), vectors(23)
    metrics = {"accuracy": lambda outputs, targets: (outputs.argmax(1) == targets).double().mean()}
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), metrics=metrics)
    curve = landscape.curve(landscape.directions.gaussian(), span=(-0.5, 1.0), exact=True, points=4)
    assert curve.metrics["accuracy"].shape == (4,)
    assert landscape.check().metrics["accuracy"] == pytest.approx(float((model(x).argmax(1) == y).double().mean()))


@dataclass
class Pair:
    x: Tensor
    y: Tensor


@pytest.mark.parametrize("form", ["dict", "dataclass", "nested"])
def test_closures_take_batches_of_any_shape(form):
    model, (x, y) = mlp(), vectors(23)
    batch = {"dict": {"x": x, "y": y}, "dataclass": Pair(x, y), "nested": ({"x": x}, [y, y])}[form]

    def closure(net, got):
        inputs = got["x"] if form == "dict" else got.x if form == "dataclass" else got[0]["x"]
        targets = got["y"] if form == "dict" else got.y if form == "dataclass" else got[1][1]
        return F.cross_entropy(net(inputs), targets)

    landscape = lw.Landscape(model, closure=closure, data=[batch])
    assert landscape.center_loss == pytest.approx(mean_loss(model, [(x, y)]), rel=1e-12)


def test_several_inputs_are_passed_as_arguments():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp()

        def forward(self, first, second):
            return self.body(first + second)

    model, (x, y) = Sum(), vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, ((x, x), y))
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(model(x, x), y)), rel=1e-12)


def test_targets_of_a_regression_have_no_ceiling():
    model, (x, _) = mlp(), vectors(9)
    landscape = lw.Landscape(model, F.mse_loss, (x, torch.zeros(9, 3, dtype=torch.float64)))
    assert landscape.ceiling is None
    assert landscape.curve(landscape.directions.gaussian(), exact=True, points=9).ceiling > 0


def test_the_ceiling_of_a_classifier_is_the_log_of_its_classes():
    assert lw.Landscape(mlp(), F.cross_entropy, vectors(9)).ceiling == pytest.approx(np.log(3))
    assert lw.Landscape(mlp(), F.cross_entropy, vectors(9), ceiling=0.7).ceiling == 0.7


@pytest.mark.parametrize(("samples", "used"), [(None, 10_000), (7, 7), ("all", 10_500)])
def test_a_choice_among_many_samples_is_seeded_and_no_prefix(samples, used):
    x, y = vectors(10_500)
    first, second = (lw.Landscape(mlp(), F.cross_entropy, (x, y), samples=samples, seed=3) for _ in range(2))
    other = lw.Landscape(mlp(), F.cross_entropy, (x, y), samples=samples, seed=4)
    assert first._objective.num_samples() == (used, 10_500)
    assert first.center_loss == second.center_loss
    assert (other.center_loss == first.center_loss) == (samples == "all")
    prefix = number(F.cross_entropy(mlp()(x[:used]), y[:used]))
    assert (first.center_loss == pytest.approx(prefix, rel=1e-9)) == (samples == "all")


def test_of_a_stream_the_first_samples_are_read_and_no_more():
    x, y = vectors(5)
    read: list[int] = []

    def endless():
        while True:
            read.append(1)
            yield x, y

    landscape = lw.Landscape(mlp(), F.cross_entropy, endless(), samples=20)
    assert landscape._objective.num_samples() == (20, None)
    assert len(read) == 5
    assert "train 20 of a stream" in str(landscape.check())


def test_a_loader_over_a_large_set_reads_only_what_it_uses():
    class Recording(TensorDataset):
        reads = 0

        def __getitem__(self, index):
            Recording.reads += 1
            return super().__getitem__(index)

    landscape = lw.Landscape(mlp(), F.cross_entropy, DataLoader(Recording(*vectors(300)), batch_size=8), samples=20)
    assert landscape._objective.num_samples() == (20, 300)
    assert Recording.reads == 20


def test_the_calibration_set_is_spread_evenly():
    assert spread(1297, 512)[:4].tolist() == [0, 2, 5, 7]
    assert spread(5, 512).tolist() == [0, 1, 2, 3, 4]


def test_calibration_batches_are_spread_where_batches_are_units():
    model, (x, y) = cnn(), images(40)

    def whole(net, batch):
        return F.cross_entropy(net(batch[0]), batch[1]) + batch[0].std()

    batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, 40, 8)]
    landscape = lw.Landscape(model, closure=whole, data=batches, calibration=16)
    pooled = torch.cat([batches[0][0], batches[2][0]])
    from reference import moved, recalibrated

    expected = [number(whole(recalibrated(moved(model, []), pooled), batch)) for batch in batches]
    assert landscape.center_loss == pytest.approx(sum(expected) / 5, rel=1e-11)


def test_batches_of_different_lengths_are_cut_but_not_joined():
    model = nn.Sequential(nn.Embedding(11, 4), nn.Linear(4, 3)).double().eval()

    def mean_over_tokens(outputs, targets):
        return F.cross_entropy(outputs.mean(1), targets)

    generator = torch.Generator().manual_seed(0)
    batches = [
        (torch.randint(0, 11, (6, length), generator=generator), torch.randint(0, 3, (6,), generator=generator))
        for length in (3, 8)
    ]
    landscape = lw.Landscape(model, mean_over_tokens, batches)
    expected = [number(mean_over_tokens(model(x), y)) for x, y in batches]
    assert landscape.center_loss == pytest.approx(sum(expected) / 2, rel=1e-12)
    assert landscape._objective.num_units() == 2


ERRORS = [
    ({"data": None}, "data must be .* got None"),
    ({"data": []}, "data must hold at least one sample, got none"),
    ({"data": (torch.zeros(0, 5), torch.zeros(0))}, "data must hold at least one sample"),
    ({"data": 3}, "data must be .* any iterable of batches, got int"),
    ({"data": (torch.zeros(4, 5), torch.zeros(3))}, "as many targets as inputs, got 4 inputs and 3 targets"),
    ({"data": [torch.zeros(4, 5)]}, r"data must hold \(inputs, targets\) pairs .* pass closure"),
    ({"data": ([1, 2], [3, 4])}, "inputs and targets as tensors, got list and list. torch.as_tensor"),
    ({"samples": 0}, "samples must be an integer of at least 1"),
    ({"samples": "some"}, "samples must be None, a whole number or 'all', got 'some'"),
    ({"splits": {"train": vectors(4)}}, "splits must be names other than 'train'"),
    ({"splits": [1]}, "splits must be a dict"),
    ({"splits": {"test": None}}, r"splits\['test'\] must be"),
    ({"calibration": 1}, "calibration must be an integer of at least 2"),
    ({"batchnorm": "on"}, "batchnorm must be one of 'recalibrate', 'frozen', got 'on'"),
    ({"mode": "train"}, "mode must be one of 'eval', 'keep'"),
    ({"ceiling": -1.0}, "ceiling must be a finite number greater than 0"),
    ({"dtype": torch.int8}, "dtype must be a floating-point torch dtype"),
    ({"metrics": {"m": 3}}, r"metrics\['m'\] must be callable"),
    ({"loss_fn": None}, "data must hold mappings when neither loss_fn nor closure is given"),
    ({"closure": lambda m, b: 0}, "loss_fn must be None when closure is given"),
    ({"loss_fn": 3}, "loss_fn must be callable"),
    ({"seed": -1}, "seed must be an integer of at least 0"),
]


@pytest.mark.parametrize(("changes", "message"), ERRORS)
def test_bad_arguments_are_refused_in_words(changes, message):
    arguments = {"loss_fn": F.cross_entropy, "data": vectors(9), **changes}
    with pytest.raises((TypeError, ValueError), match=message):
        lw.Landscape(mlp(), **arguments)
