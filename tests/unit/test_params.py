"""The weight space and the filter metric."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from landscape_widget._checks import as_choice, as_int, as_number
from landscape_widget.core.fingerprint import ModelWatch, fingerprint
from landscape_widget.core.params import FilterMetric, moving_parameters, space_of
from networks import cnn, initialised, mlp


def test_a_vector_lies_in_the_order_of_named_parameters_row_by_row():
    model = cnn()
    space = space_of(moving_parameters(model, "all"))
    vector = space.flatten(dict(model.named_parameters()))
    assert space.names == tuple(name for name, _ in model.named_parameters())
    assert torch.equal(vector, torch.cat([p.detach().reshape(-1) for p in model.parameters()]))
    parts = space.split(vector)
    assert all(torch.equal(parts[name], p) for name, p in model.named_parameters())


def test_weights_in_another_memory_format_lie_in_logical_order():
    model = cnn()
    space = space_of(moving_parameters(model, "all"))
    vector = space.flatten(dict(model.named_parameters()))
    again = space.flatten(dict(model.to(memory_format=torch.channels_last).named_parameters()))
    assert torch.equal(vector, again)


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [(torch.float64, torch.float64), (torch.float32, torch.float32), (torch.bfloat16, torch.float32)],
)
def test_vectors_are_in_float32_or_better(dtype, wanted):
    assert space_of(moving_parameters(mlp(dtype), "all")).dtype == wanted


def test_the_metric_measures_each_filter_by_its_own_norm():
    model = initialised(nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.Linear(3, 4)).double())
    space = space_of(moving_parameters(model, "all"))
    center = space.flatten(dict(model.named_parameters()))
    metric = FilterMetric.at(space, center)
    weights_only = torch.cat([p.detach().reshape(-1) * (p.dim() > 1) for p in model.parameters()])
    assert metric.num_filters == 3 + 4
    assert metric.norm(weights_only) == pytest.approx(7**0.5)
    assert metric.radius(0.3 * weights_only) == pytest.approx(0.3)
    biases_only = center - weights_only
    assert metric.norm(biases_only) == 0


def test_a_filter_of_norm_zero_counts_for_nothing():
    model = mlp()
    with torch.no_grad():
        model[0].weight[2] = 0
    space = space_of(moving_parameters(model, "all"))
    metric = FilterMetric.at(space, space.flatten(dict(model.named_parameters())))
    assert torch.isfinite(metric.relative(torch.ones(space.size, dtype=torch.float64))).all()


def test_a_watch_notices_every_way_to_write():
    model = mlp()
    watch = ModelWatch(model)
    assert not watch.changed()
    model[0].weight.data[0, 0] += 1
    assert watch.changed()
    watch.reset()
    model[0].weight = nn.Parameter(model[0].weight.detach() * 2)
    assert watch.changed()
    watch.reset()
    with torch.no_grad():
        model[0].weight.add_(0.0)
    assert not watch.changed()


def test_fingerprints_differ_by_value_shape_and_dtype():
    ones = torch.ones(2, 3)
    assert fingerprint([ones]) == fingerprint([ones.clone()])
    prints = {fingerprint([t]) for t in (ones, ones.view(3, 2), ones.double(), ones * 2, ones[:, :2])}
    assert len(prints) == 5


CHECKS = [
    (lambda: as_int("n", 1.5, low=1), TypeError, "n must be an integer of at least 1, got 1.5."),
    (lambda: as_int("n", True, low=1), TypeError, "n must be an integer of at least 1, got True."),
    (lambda: as_int("n", 9, low=1, high=5), ValueError, "n must be an integer from 1 to 5, got 9."),
    (lambda: as_number("r", "x"), TypeError, "r must be a finite number, got 'x'."),
    (lambda: as_number("r", float("inf")), ValueError, "r must be a finite number, got inf."),
    (lambda: as_number("r", 0, above=0), ValueError, "r must be a finite number greater than 0, got 0."),
    (lambda: as_choice("k", "c", ("a", "b"), "Try a."), ValueError, "k must be one of 'a', 'b', got 'c'. Try a."),
]


@pytest.mark.parametrize(("check", "error", "message"), CHECKS)
def test_checks_name_argument_rule_and_value(check, error, message):
    with pytest.raises(error) as caught:
        check()
    assert str(caught.value) == message
