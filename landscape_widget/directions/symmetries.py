"""Copies of a network that compute the same: permuted channels, flipped filters, rescaled channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from landscape_widget._checks import complaint
from landscape_widget.directions.joints import Anatomy, Joint, NormPair, anatomy
from landscape_widget.directions.model_state import ModelState
from landscape_widget.directions.noise import generator

FACTOR = 2.0  # a power of two, so that rescaled weights are exact
_OWN_COPY = "Make such a copy yourself and pass it to directions.to(copy)."


@dataclass(frozen=True)
class Symmetry:
    """One kind of exact symmetry.

    Attributes:
        label: A few words for axes.
        unit: What alpha = 1 is.
        needs: What a network must have for it, for the error.
    """

    label: str
    unit: str
    needs: str


_FOLLOWING = "two convolutions or linear layers that follow each other without a branch"
SYMMETRIES = {
    "permutation": Symmetry(
        "to a permuted copy", "a copy with its channels permuted, which computes the same", _FOLLOWING
    ),
    "sign_flip": Symmetry(
        "to a copy with flipped filters",
        "a copy with half of the filters before each BatchNorm and their gammas negated, which computes the same",
        "a BatchNorm with gamma straight behind a convolution or linear layer",
    ),
    "rescaling": Symmetry(
        "to a rescaled copy",
        f"a copy with its channels times or over {FACTOR:g}, undone in the next layer, which computes the same",
        f"{_FOLLOWING}, with only ReLU and the like between them",
    ),
}


def copy_of(kind: str, module: nn.Module, state: ModelState, center: Tensor, *, seed: int, frozen: bool) -> Tensor:
    """`[P]`: the weights of a copy that computes what the model does at `center [P]`.

    Args:
        kind: A key of `SYMMETRIES`.
        module: Its forward pass is traced; not changed.
        state: The module's names.
        center: On the CPU.
        seed: Chooses permutations, filters and factors.
        frozen: BatchNorm keeps the running statistics of `state`; else it takes them from the data.

    Raises:
        ValueError: The module cannot be traced, or has no place for such a symmetry.
    """
    workbench = _Workbench(module, state, center, frozen=frozen)
    num_places = _MAKERS[kind](workbench, _traced(kind, module), seed)
    if not num_places:
        got = "none whose weights all move and are not tied or computed; grouped convolutions do not count"
        raise ValueError(f"model must have {SYMMETRIES[kind].needs} for directions.{kind}, got {got}. {_OWN_COPY}")
    return state.space.flatten(workbench.weights)


def check_same_loss(kind: str, expected: float, found: float, roundings: float) -> None:
    """A ValueError unless two losses are the same but for rounding.

    Args:
        kind: Of the symmetry.
        expected: The loss of the centre.
        found: The loss at alpha = 1.
        roundings: The relative error that rounding may make.
    """
    if is_same_loss(expected, found, roundings):
        return
    rule = f"the same at alpha = 1 as at the centre, {expected:.8g}, for directions.{kind}"
    remedy = f"The loss depends on more than the forward pass that torch.fx sees. {_OWN_COPY}"
    raise ValueError(complaint("loss", rule, found, remedy))


def is_same_loss(expected: float, found: float, roundings: float) -> bool:
    """Whether two losses are the same but for rounding; arguments as in `check_same_loss`."""
    return abs(found - expected) <= roundings * max(abs(expected), _SMALL_LOSS)


_SMALL_LOSS = 0.1  # below it, the rounding of logits makes an absolute error in the loss


def _traced(kind: str, module: nn.Module) -> Anatomy:
    try:
        return anatomy(module)
    except Exception as error:  # whatever the user's forward pass makes of the placeholders
        got = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        raise ValueError(
            f"model must be traceable by torch.fx for directions.{kind}, got {got}. {_OWN_COPY}"
        ) from error


class _Workbench:
    """The weights of the copy, changed place by place.

    Attributes:
        weights: Name of a moving parameter -> its value in the copy.
    """

    def __init__(self, module: nn.Module, state: ModelState, center: Tensor, *, frozen: bool) -> None:
        self._module, self._state, self._frozen = module, state, frozen
        # in the centre's dtype where nothing is computed, so that permuted weights are the same bits
        self.weights = {name: tensor.clone() for name, tensor in state.space.split(center).items()}
        uses = Counter(state.tied.values())
        self._free = {name for name in self.weights if uses[name] == 1}

    def can_change(self, layers: Iterable[str], kinds: Iterable[str] = ("weight", "bias")) -> bool:
        """Whether all the parameters of these layers move, and none is tied or computed from others."""
        kinds = tuple(kinds)
        owned = [
            (f"{name}.{kind}", getattr(self._module.get_submodule(name), kind)) for name in layers for kind in kinds
        ]
        return all(tensor is None or name in self._free for name, tensor in owned)

    def has_gamma(self, norm: str) -> bool:
        """Whether a norm has weights of its own."""
        return getattr(self._module.get_submodule(norm), "weight", None) is not None

    def statistics(self, norm: str) -> tuple[Tensor, Tensor] | None:
        """Means and deviations that stay where they are when channels change; None if they follow the data."""
        mean = self._state.statistics.get(f"{norm}.running_mean")
        variance = self._state.statistics.get(f"{norm}.running_var")
        if not self._frozen or mean is None or variance is None:
            return None
        eps = float(self._module.get_submodule(norm).eps)  # type: ignore[arg-type]
        return mean.double(), (variance.double() + eps).sqrt()

    def change(self, name: str, function: Callable[[Tensor], Tensor]) -> None:
        """Replace a tensor, if there is one of that name."""
        if name in self.weights:
            old = self.weights[name]
            self.weights[name] = function(old).to(old.dtype).contiguous()

    def change_layer(self, layer: str, function: Callable[[Tensor], Tensor]) -> None:
        """Replace weight and bias, channels along the first axis."""
        for kind in ("weight", "bias"):
            self.change(f"{layer}.{kind}", function)

    def change_inputs(self, joint: Joint, function: Callable[[Tensor], Tensor]) -> None:
        """Replace the reader's weight, given with channels along the first axis."""

        def on_channels(weight: Tensor) -> Tensor:
            apart = weight.reshape(weight.shape[0], joint.channels, joint.repeats, *weight.shape[2:])
            return function(apart.transpose(0, 1)).transpose(0, 1).reshape(weight.shape)

        self.change(f"{joint.reader}.weight", on_channels)


def _permute(bench: _Workbench, found: Anatomy, seed: int) -> int:
    places = [joint for joint in found.joints if joint.channels > 1 and _can_permute(bench, joint)]
    for joint in places:
        order = _cycle(joint, seed)
        bench.change_layer(joint.layer, lambda tensor, order=order: tensor[order])  # type: ignore[misc]
        for norm in joint.norms:
            _permute_norm(bench, norm, order)
        bench.change_inputs(joint, lambda tensor, order=order: tensor[order])  # type: ignore[misc]
    return len(places)


def _can_permute(bench: _Workbench, joint: Joint) -> bool:
    moves = bench.can_change([joint.layer, *joint.norms]) and bench.can_change([joint.reader], ["weight"])
    return moves and all(bench.has_gamma(norm) or bench.statistics(norm) is None for norm in joint.norms)


def _cycle(joint: Joint, seed: int) -> Tensor:
    """A permutation `[channels]` that leaves none in its place."""
    ring = torch.randperm(joint.channels, generator=generator(seed, f"permutation:{joint.layer}"))
    order = torch.empty_like(ring)
    order[ring] = ring.roll(1)
    return order


def _permute_norm(bench: _Workbench, norm: str, order: Tensor) -> None:
    statistics = bench.statistics(norm)
    if statistics is None:
        bench.change_layer(norm, lambda tensor: tensor[order])
        return
    # The stored statistics stay: gamma and beta make up for those that a channel meets in its new place.
    mean, deviation = statistics
    gamma = bench.weights[f"{norm}.weight"].double()[order]
    shift = gamma * (mean - mean[order]) / deviation[order]
    bench.change(f"{norm}.weight", lambda _: gamma * deviation / deviation[order])
    bench.change(f"{norm}.bias", lambda beta: beta.double()[order] + shift)


def _flip(bench: _Workbench, found: Anatomy, seed: int) -> int:
    places = [
        pair for pair in found.norm_pairs if bench.has_gamma(pair.norm) and bench.can_change([pair.layer, pair.norm])
    ]
    for pair in places:
        signs = _signs(pair, seed)
        statistics = bench.statistics(pair.norm)
        if statistics is not None:
            mean, deviation = statistics
            gamma = bench.weights[f"{pair.norm}.weight"].double()
            shift = (signs - 1) * gamma * mean / deviation
            bench.change(f"{pair.norm}.bias", lambda beta, shift=shift: beta.double() + shift)  # type: ignore[misc]
        bench.change_layer(pair.layer, lambda tensor, signs=signs: _times(tensor, signs))  # type: ignore[misc]
        bench.change(f"{pair.norm}.weight", lambda tensor, signs=signs: tensor * signs)  # type: ignore[misc]
    return len(places)


def _signs(pair: NormPair, seed: int) -> Tensor:
    """-1 for half of the channels, rounded up, else 1: `[channels]`."""
    order = torch.randperm(pair.channels, generator=generator(seed, f"sign flip:{pair.layer}"))
    signs = torch.ones(pair.channels)
    signs[order[: (pair.channels + 1) // 2]] = -1
    return signs


def _rescale(bench: _Workbench, found: Anatomy, seed: int) -> int:
    places = [joint for joint in found.joints if joint.is_homogeneous and _can_rescale(bench, joint)]
    for joint in places:
        drawn = torch.randint(2, (joint.channels,), generator=generator(seed, f"rescaling:{joint.layer}"))
        factors = FACTOR ** (2.0 * drawn - 1)
        scaled = joint.norms[-1] if joint.norms else joint.layer
        bench.change_layer(scaled, lambda tensor, factors=factors: _times(tensor, factors))  # type: ignore[misc]
        bench.change_inputs(joint, lambda tensor, factors=factors: _times(tensor, 1 / factors))  # type: ignore[misc]
    return len(places)


def _can_rescale(bench: _Workbench, joint: Joint) -> bool:
    scaled = joint.norms[-1] if joint.norms else joint.layer
    has_scale = not joint.norms or bench.has_gamma(scaled)
    return has_scale and bench.can_change([scaled]) and bench.can_change([joint.reader], ["weight"])


def _times(tensor: Tensor, factors: Tensor) -> Tensor:
    """Each slice along the first axis times its factor."""
    return tensor * factors.view(-1, *[1] * (tensor.dim() - 1)).to(tensor.dtype)


_MAKERS: dict[str, Callable[[_Workbench, Anatomy, int], int]] = {
    "permutation": _permute,
    "sign_flip": _flip,
    "rescaling": _rescale,
}
