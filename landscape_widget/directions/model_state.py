"""What the landscape's model is called inside: the names that another model's weights are matched with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn

from landscape_widget.core.params import ParamSpace

STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True, eq=False)
class ModelState:
    """Names of a model's parameters and buffers, with the values of those that do not move.

    Attributes:
        space: The moving parameters.
        parameters: Names of all parameters in the order of `named_parameters()`, tied ones once.
        tied: Every name of every parameter -> its first name.
        fixed: Name -> parameter that does not move (a reference, on the model's device).
        buffers: Names of all buffers.
        states: The keys of the model's state dict, in order.
        statistics: Name -> running mean or variance of a BatchNorm layer (a copy on the CPU).
    """

    space: ParamSpace
    parameters: tuple[str, ...]
    tied: Mapping[str, str]
    fixed: Mapping[str, Tensor]
    buffers: frozenset[str]
    states: tuple[str, ...]
    statistics: Mapping[str, Tensor]

    @classmethod
    def of(cls, module: nn.Module, space: ParamSpace) -> ModelState:
        """The names in `module` (unwrapped: the one whose parameter names `space` holds)."""
        parameters = dict(module.named_parameters())
        buffers = dict(module.named_buffers(remove_duplicate=False))
        moving = set(space.names)
        return cls(
            space=space,
            parameters=tuple(parameters),
            tied=_first_names(module),
            fixed={name: p.detach() for name, p in parameters.items() if name not in moving},
            buffers=frozenset(buffers),
            states=tuple(key for key in module.state_dict() if not key.endswith("_extra_state")),
            statistics={n: b.detach().cpu().clone() for n, b in buffers.items() if n.endswith(STATISTICS)},
        )

    @cached_property
    def _by_plain_name(self) -> dict[str, str]:
        return {plain_name(name): name for name in (*self.tied, *self.buffers)}

    def find(self, key: str) -> str | None:
        """The model's own name for a key of a state dict, wrappers' prefixes stripped; None if unknown."""
        if key in self.tied or key in self.buffers:
            return key
        return self._by_plain_name.get(plain_name(key))


def plain_name(name: str) -> str:
    """A parameter's name without what DataParallel, DDP and torch.compile put into it."""
    name = name.replace("_orig_mod.", "")
    while name.startswith("module."):
        name = name.removeprefix("module.")
    return name


def _first_names(module: nn.Module) -> dict[str, str]:
    first: dict[int, str] = {}
    return {
        name: first.setdefault(id(parameter), name)
        for name, parameter in module.named_parameters(remove_duplicate=False)
    }
