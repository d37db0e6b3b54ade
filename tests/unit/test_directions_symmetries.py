"""Exact symmetries: the copy at alpha = 1 computes what the centre computes, or the direction is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from landscape_widget.directions.joints import Joint, NormPair, anatomy
from networks import seeded

KINDS = ("permutation", "sign_flip", "rescaling")


class Block(nn.Module):
    """A residual block; its first convolution is read by the second alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width + 1, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width + 1)
        self.conv2 = nn.Conv2d(width + 1, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True))))


class Residual(nn.Module):
    """Two blocks between a stem and a head, written with functions and methods."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
        self.blocks = nn.Sequential(Block(4), Block(4))
        self.hidden, self.head = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.norm(self.stem(x))))
        x = F.avg_pool2d(x, 2).mean([2, 3])
        return self.head(self.hidden(x.view(x.size(0), -1)).relu())


def chain() -> nn.Module:
    """Every layer between two readers: norms, pools, a flattened image, dropout."""
    return nn.Sequential(
        *(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 5, 2, bias=False), nn.LeakyReLU(), nn.BatchNorm2d(5), nn.Dropout(0.5)),
        *(nn.Flatten(), nn.Linear(20, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 7), nn.ReLU(), nn.Linear(7, 3)),
    )


def with_weights(model: nn.Module, dtype: torch.dtype = torch.float64) -> nn.Module:
    """No gamma of 1, no beta of 0, running statistics of no data."""
    generator = seeded(4)
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if tensor.is_floating_point():
            drawn = torch.randn(tensor.shape, generator=generator)
            tensor.data.copy_(drawn.abs() + 0.5 if "var" in name else 0.5 * drawn + 0.2)
    return model.to(dtype).eval()


def data(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = seeded(5)
    return torch.randn(30, 2, 7, 6, generator=generator).to(dtype), torch.randint(3, (30,), generator=generator)


def landscape(model: nn.Module, **options: Any) -> lw.Landscape:
    return lw.Landscape(model, F.cross_entropy, data(next(model.parameters()).dtype), **options)


def assert_same_at_one(here: lw.Landscape, direction: Any, rel: float = 1e-12) -> None:
    """The losses of single samples are those of the centre, and half-way they are not."""
    curve = here.curve(direction, span=(-0.5, 1.5), exact=True, points=5, per_sample=True, progress=False)
    np.testing.assert_allclose(curve.per_sample[3], curve.per_sample[1], rtol=rel, atol=rel)
    assert abs(curve.losses[2] - curve.losses[1]) > 1e-4


@pytest.mark.parametrize("batchnorm", ["recalibrate", "frozen"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [chain, Residual])
def test_the_copy_computes_the_same(make: Callable[[], nn.Module], kind: str, batchnorm: str) -> None:
    here = landscape(with_weights(make()), batchnorm=batchnorm)
    direction = getattr(here.directions, kind)(seed=1)
    assert_same_at_one(here, direction)
    assert direction.default_span == (-0.5, 1.5)
    assert direction.normalization == "none"
    assert direction.keeps_length
    assert "which computes the same" in here.curve(direction, exact=True, points=3, progress=False).caption


@pytest.mark.parametrize("kind", KINDS)
def test_in_float32_it_is_the_same_to_rounding(kind: str) -> None:
    here = landscape(with_weights(Residual(), torch.float32))
    assert_same_at_one(here, getattr(here.directions, kind)(), rel=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_is_one_direction_and_another_seed_another(kind: str) -> None:
    here = landscape(with_weights(chain()))
    make = getattr(here.directions, kind)
    assert torch.equal(make(3).vector, make(3).vector)
    assert not torch.equal(make(3).vector, make(4).vector)


def test_a_permutation_moves_every_channel_of_every_joint() -> None:
    model = with_weights(chain())
    here = landscape(model)
    moved = dict(zip([n for n, _ in model.named_parameters()], torch.split(
        here.directions.permutation().vector, [p.numel() for p in model.parameters()]), strict=True))  # fmt: skip
    for name in ("0.weight", "4.weight", "9.weight", "12.weight"):
        filters = moved[name].view(model.get_parameter(name).shape[0], -1)
        assert filters.any(dim=1).all(), name
    assert not moved["14.bias"].any()  # classes keep their names


def test_a_sign_flip_negates_half_of_the_filters_and_their_gammas() -> None:
    model = with_weights(chain())
    here = landscape(model)
    vector = here.directions.sign_flip().vector
    target = (here.center + vector)[: model[0].weight.numel()].view_as(model[0].weight)
    ratios = (target / model[0].weight).flatten(1)
    assert sorted(ratios[:, 0].tolist()) == [-1.0, -1.0, 1.0, 1.0]
    assert (ratios == ratios[:, :1]).all()


def test_the_way_to_flipped_filters_is_symmetric_about_its_middle() -> None:
    here = landscape(with_weights(chain()))
    curve = here.curve(here.directions.sign_flip(), span=(-0.5, 1.5), exact=True, points=9, progress=False)
    np.testing.assert_allclose(curve.losses, curve.losses[::-1], rtol=1e-4)


def test_channels_are_rescaled_by_powers_of_two_without_rounding() -> None:
    model = with_weights(nn.Sequential(nn.Flatten(), nn.Linear(84, 6), nn.ReLU(), nn.Linear(6, 3)), torch.float32)
    here = landscape(model)
    target = here.center + here.directions.rescaling().vector
    ratios = (target[: 84 * 6].view(6, 84) / model[1].weight)[:, 0]
    assert set(ratios.tolist()) == {0.5, 2.0}
    losses = here.curve(here.directions.rescaling(), span=(0, 1), exact=True, points=2, progress=False).losses
    assert losses[0] == losses[1]


def test_the_model_and_its_private_copy_stay_as_they_are() -> None:
    class Keeps(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            self.last = self[0](x)
            return self[2](self[1](self.last))

    model = with_weights(Keeps(nn.Flatten(), nn.Linear(84, 4), nn.Linear(4, 3)))
    model.last = None
    here = landscape(model)
    before, loss = [p.clone() for p in model.parameters()], here.center_loss
    here.directions.permutation()
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))
    assert model.last is None
    assert not isinstance(here._objective.module.last, torch.fx.Proxy)
    assert here.curve(here.directions.gaussian(), exact=True, points=3, progress=False).losses[1] == loss


def test_symmetries_are_made_again_at_another_centre() -> None:
    model = with_weights(chain())
    here = landscape(model)
    old = here.directions.permutation(seed=2)
    with torch.no_grad():
        model[0].weight.mul_(1.3)
    here.recenter()
    again = here.directions.remade(old)
    assert again.source == old.source
    assert_same_at_one(here, again)


def test_joints_are_found_with_what_lies_between() -> None:
    found = anatomy(chain())
    assert found.joints == (
        Joint("0", ("1",), "4", channels=4, repeats=1, is_homogeneous=True),
        Joint("4", ("6",), "9", channels=5, repeats=4, is_homogeneous=True),
        Joint("9", ("10",), "12", channels=6, repeats=1, is_homogeneous=True),
        Joint("12", (), "14", channels=7, repeats=1, is_homogeneous=True),
    )
    assert found.norm_pairs == (NormPair("0", "1", 4), NormPair("9", "10", 6))


def test_only_channels_inside_a_block_of_a_residual_network_are_joints() -> None:
    found = anatomy(Residual())
    assert [(joint.layer, joint.reader) for joint in found.joints] == [
        ("blocks.0.conv1", "blocks.0.conv2"),
        ("blocks.1.conv1", "blocks.1.conv2"),
        ("hidden", "head"),
    ]
    assert len(found.norm_pairs) == 5


def layers(*parts: nn.Module) -> nn.Module:
    return nn.Sequential(*parts)


class Twice(nn.Module):
    """One layer is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.one(self.one(x)))


class Branch(nn.Module):
    """The hidden channels are read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        return self.two(x) + self.three(x)


@pytest.mark.parametrize(
    "model",
    [
        layers(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 4, 1, groups=2), nn.ReLU()),
        layers(nn.Conv2d(2, 4, 1), nn.Softmax(1), nn.Conv2d(4, 4, 1)),
        layers(nn.Conv2d(2, 4, 1), nn.GroupNorm(2, 4), nn.Conv2d(4, 4, 1)),
        layers(nn.Conv2d(2, 4, 1), nn.Flatten(2), nn.Linear(4, 4)),
        layers(nn.Conv2d(2, 4, 1), nn.Linear(4, 4)),
        layers(nn.Conv2d(2, 4, 1), nn.Flatten(), nn.BatchNorm1d(16), nn.Linear(16, 4)),
        layers(nn.Linear(2, 4), nn.MaxPool1d(2), nn.Linear(2, 4)),
        Twice(),
        Branch(),
    ],
)
def test_channels_that_do_not_stay_apart_or_are_seen_elsewhere_are_no_joint(model: nn.Module) -> None:
    assert anatomy(model).joints == ()


def test_an_activation_without_a_factor_stops_rescaling_alone() -> None:
    here = landscape(with_weights(layers(nn.Flatten(), nn.Linear(84, 4), nn.Tanh(), nn.Linear(4, 3))))
    assert_same_at_one(here, here.directions.permutation())
    with pytest.raises(ValueError, match=r"follow each other without a branch, with only ReLU and the like between"):
        here.directions.rescaling()


def tied() -> nn.Module:
    model = layers(nn.Flatten(), nn.Linear(84, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5))
    model[3].weight = model[5].weight
    return model


def weight_norm() -> nn.Module:
    model = layers(nn.Flatten(), nn.Linear(84, 5), nn.ReLU(), nn.Linear(5, 3))
    nn.utils.parametrizations.weight_norm(model[3])
    return model


NO_JOINT = (
    r"model must have two convolutions or linear layers that follow each other without a branch for "
    r"directions\.permutation, got none whose weights all move and are not tied or computed; grouped convolutions do "
    r"not count\. Make such a copy yourself and pass it to directions\.to\(copy\)\."
)


@pytest.mark.parametrize("make", [tied, weight_norm])
def test_tied_and_computed_weights_are_left_alone(make: Callable[[], nn.Module]) -> None:
    with pytest.raises(ValueError, match=NO_JOINT):
        landscape(with_weights(make())).directions.permutation()


def test_weights_that_do_not_move_are_left_alone() -> None:
    here = landscape(with_weights(chain()), params=["9.*", "10.*", "12.*", "14.*"])
    assert_same_at_one(here, here.directions.permutation())
    with pytest.raises(ValueError, match=NO_JOINT):
        landscape(with_weights(chain()), params=["9.*"]).directions.permutation()


def test_without_batchnorm_there_is_nothing_to_flip() -> None:
    with pytest.raises(ValueError, match=r"model must have a BatchNorm with gamma straight behind a convolution"):
        landscape(with_weights(layers(nn.Flatten(), nn.Linear(84, 3)))).directions.sign_flip()


def test_a_model_that_cannot_be_traced_is_refused_with_the_reason() -> None:
    class Chooses(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x if x.sum() > 0 else -x)

    here = landscape(with_weights(Chooses(nn.Flatten(), nn.Linear(84, 3))))
    text = (
        r"model must be traceable by torch\.fx for directions\.rescaling, got TraceError: symbolically traced "
        r"variables cannot be used as inputs to control flow\. Make such a copy yourself"
    )
    with pytest.raises(ValueError, match=text):
        here.directions.rescaling()


def test_a_loss_that_sees_more_than_the_forward_pass_is_refused() -> None:
    def closure(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        hidden = model[1](batch[0].flatten(1))
        return F.cross_entropy(model(batch[0]), batch[1]) + hidden[:, 0].square().mean()

    model = with_weights(layers(nn.Flatten(), nn.Linear(84, 4), nn.ReLU(), nn.Linear(4, 3)))
    here = lw.Landscape(model, closure=closure, data=[data()])
    text = (
        r"loss must be the same at alpha = 1 as at the centre, .* for directions\.permutation, got .* The loss depends"
    )
    with pytest.raises(ValueError, match=text):
        here.directions.permutation()
