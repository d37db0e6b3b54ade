"""The gradient, labels and spans of the factory, and recipes followed again at another centre."""

from __future__ import annotations

import pytest
import torch

from directions_cases import Case, mixed_model, two_layers
from landscape_widget.directions import Direction


def moved(case: Case) -> None:
    """Give the model other weights and take them as the centre."""
    with torch.no_grad():
        for i, parameter in enumerate(case.model.parameters()):
            parameter.mul_(1.5 + i).add_(0.1)
    case.recenter()


def test_the_gradient_points_downhill_at_the_length_of_the_centre() -> None:
    case = Case(mixed_model(), slope=lambda point: point.cos())
    direction = case.directions.gradient()
    slope = case.center.cos()
    torch.testing.assert_close(direction.vector, -slope * (case.center.norm() / slope.norm()))
    assert direction.source == {"kind": "gradient", "normalize": "model"}
    assert direction.default_span == 1.0
    torch.testing.assert_close(case.directions.gradient(normalize="none").vector, -slope)


def test_the_gradient_is_computed_while_the_gate_is_held() -> None:
    case = Case(two_layers())
    case.directions.gradient()
    assert case.objective.was_gated == [True]
    assert not case.objective._gate._lock._is_owned()


@pytest.mark.parametrize(
    ("slope", "text"),
    [
        (torch.zeros_like, r"the gradient at the centre must be non-zero somewhere, got zero.* Use noise"),
        (lambda p: p / 0, r"the gradient at the centre must be finite, got 23 entries that are NaN or inf\."),
    ],
)
def test_gradients_that_lead_nowhere_are_refused(slope: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Case(two_layers(), slope=slope).directions.gradient()


def test_a_gradient_of_biases_alone_is_refused_under_filter() -> None:
    with pytest.raises(ValueError, match="normalize must leave something that moves, got 'filter'"):
        Case(two_layers(), "*bias").directions.gradient(normalize="filter")


def test_spans_follow_what_is_combined() -> None:
    case = Case(two_layers())
    noise, to = case.directions.gaussian(0), case.directions.to(two_layers(8))
    assert noise.default_span == 1.0
    assert (2 * noise).default_span == 1.0
    assert (-to).default_span == (-1.5, 0.5)
    assert (to + to).default_span == (-0.5, 1.5)
    assert (noise + to).default_span == (-1.0, 1.5)
    assert (to - to.normalized("model")).default_span == 1.5


def test_the_factory_lists_its_ways() -> None:
    ways = (
        "eigenvector, from_recipe, from_state_dict, from_vector, gaussian, gradient, load, permutation, rademacher, "
        "remade, rescaling, sign_aligned, sign_flip, to, trajectory, uniform"
    )
    assert repr(Case(two_layers()).directions) == f"Directions({ways})"


def test_remade_follows_recipes_at_the_new_centre() -> None:
    case = Case(two_layers(), slope=lambda point: point.cos())
    make = [
        lambda: case.directions.gaussian(3),
        lambda: case.directions.uniform(1, "layer"),
        lambda: case.directions.gradient("filter"),
        lambda: -2.5 * case.directions.rademacher(2),
        lambda: case.directions.gaussian(0) + case.directions.gradient(),
        lambda: case.directions.gaussian(0, "none").normalized("model"),
        lambda: case.directions.gaussian(0).orthogonal_to(case.directions.uniform(1)),
    ]
    before = [made() for made in make]
    moved(case)
    for made, old in zip(make, before, strict=True):
        again = case.directions.remade(old)
        torch.testing.assert_close(again.vector, made().vector, rtol=0, atol=0)
        assert not torch.equal(again.vector, old.vector)
        assert again.home is case.home
        assert (again.label, again.source) == (old.label, old.source)


def test_remade_keeps_the_target_of_a_model() -> None:
    case, other = Case(two_layers()), two_layers(8)
    old = case.directions.to(other)
    moved(case)
    again = case.directions.remade(old)
    torch.testing.assert_close(again.vector, case.directions.to(other).vector, rtol=1e-5, atol=1e-5)
    assert (again.label, again.source, again.default_span) == (old.label, old.source, old.default_span)


def test_remade_keeps_vectors_without_a_recipe() -> None:
    case = Case(two_layers())
    vector = case.directions.from_vector(torch.arange(23.0))
    mined = Direction(torch.ones(23), "mined", {"kind": "mined"}, 1.5, case.space, case.home)
    sums = [vector, mined, 2 * mined + case.directions.gaussian(0), 2 * case.directions.to(two_layers(8))]
    moved(case)
    for old in sums:
        again = case.directions.remade(old)
        assert again.vector is old.vector
        assert again.home is case.home


def test_remade_at_the_same_centre_is_the_same() -> None:
    case = Case(two_layers())
    direction = case.directions.gaussian(3)
    assert case.directions.remade(direction) is direction
