"""Another model's tensors, matched by name with the landscape's parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from landscape_widget.directions.model_state import ModelState
from landscape_widget.directions.warning import warn

_SHOWN = 5  # names in an error text; the rest is counted


def match(
    tensors: Mapping[str, Tensor] | Sequence[Tensor], state: ModelState, name: str = "other"
) -> dict[str, Tensor]:
    """The landscape's own name -> tensor, for every moving parameter and whatever else was given.

    Args:
        tensors: By name, or in order: of all parameters, or of those that move, tied ones once; or of the state dict.
        state: The landscape's model.
        name: What the errors call `tensors`.

    Raises:
        ValueError: If keys are missing or not the model's, shapes differ, or a tensor has no data.
    """
    matched = _by_name(tensors, state, name) if isinstance(tensors, Mapping) else _in_order(tensors, state, name)
    _check_values(matched, state, name)
    return matched


def flat(matched: Mapping[str, Tensor], state: ModelState) -> Tensor:
    """The moving parameters as `[P]` on the CPU, in the space's dtype."""
    return state.space.flatten({key: matched[key].cpu() for key in state.space.names})


def warn_what_stays(matched: Mapping[str, Tensor], state: ModelState, *, frozen: bool) -> None:
    """Warn of what of the other model the direction cannot carry: fixed parameters, running statistics."""
    fixed = sum(differs(matched[key], value) for key, value in state.fixed.items() if key in matched)
    if fixed:
        warn(
            f"{fixed} of the other model's parameters differ from this model's but do not move: "
            "they stay at the centre. Choose more with Landscape(params=...)."
        )
    shared = [key for key in state.statistics if key in matched]
    if frozen and any(differs(matched[key], state.statistics[key]) for key in shared):
        warn(
            "The other model's BatchNorm running statistics are not part of the direction, so with "
            'batchnorm="frozen" the loss at alpha = 1 is not its loss. Use batchnorm="recalibrate".'
        )
    untied = sum(key in matched and differs(matched[key], matched[own]) for key, own in state.tied.items())
    if untied:
        warn(f"{untied} parameters that are tied in this model are not in the other: the first name counts.")


def warn_ignored(matched: Mapping[str, Tensor], state: ModelState, *, frozen: bool) -> None:
    """Warn of entries of a direction that belong to parameters which do not move, or to running statistics."""
    ignored = sum(bool(matched[key].count_nonzero()) for key in state.fixed if key in matched)
    if ignored:
        warn(
            f"{ignored} of the given tensors belong to parameters that do not move: they are not used. "
            "Choose more with Landscape(params=...)."
        )
    if frozen and any(bool(matched[key].count_nonzero()) for key in state.statistics if key in matched):
        warn(
            "The given tensors also move BatchNorm's running statistics; here these stay as they are stored, so losses "
            "off the centre are not those of a tool that moves them."
        )


def differs(theirs: Tensor, ours: Tensor) -> bool:
    """Whether two tensors of one shape differ in value, in the precision of the second."""
    same_kind = theirs if theirs.dtype == ours.dtype else theirs.to(ours.dtype)
    return not torch.equal(same_kind.cpu(), ours.cpu())


def _by_name(tensors: Mapping[str, Tensor], state: ModelState, name: str) -> dict[str, Tensor]:
    found = {key: state.find(key) for key in tensors}
    _refuse(name, "only the model's names", "extra", [key for key, own in found.items() if own is None])
    matched = {own: tensors[key] for key, own in found.items() if own is not None}
    for own in list(matched):
        # a file may hold any one of the names of tied parameters
        matched.setdefault(state.tied.get(own, own), matched[own])
    missing = [key for key in state.space.names if key not in matched]
    _refuse(name, "complete", "missing", missing)
    return matched


def _in_order(tensors: Sequence[Tensor], state: ModelState, name: str) -> dict[str, Tensor]:
    for names in (state.space.names, state.parameters):
        if len(tensors) == len(names):
            return dict(zip(names, tensors, strict=True))
    if len(tensors) == len(state.states):
        return _by_name(dict(zip(state.states, tensors, strict=True)), state, name)
    has_more = len(state.states) != len(state.parameters)
    raise ValueError(
        f"{name} must hold one tensor for each of the {len(state.space.names)} parameters that move "
        f"(or of all {len(state.parameters)}), got {len(tensors)}. "
        "The order is that of model.named_parameters()"
        + (f", or of the {len(state.states)} entries of model.state_dict()." if has_more else ".")
    )


def _check_values(matched: Mapping[str, Tensor], state: ModelState, name: str) -> None:
    _refuse(name, "with data", "on meta or not initialised", [k for k, t in matched.items() if _is_empty(t)])
    shapes = dict(zip(state.space.names, state.space.shapes, strict=True))
    shapes |= {key: tuple(value.shape) for key, value in (*state.fixed.items(), *state.statistics.items())}
    wrong = [
        f"{key} {tuple(matched[key].shape)} instead of {shape}"
        for key, shape in shapes.items()
        if key in matched and tuple(matched[key].shape) != shape
    ]
    _refuse(name, "of the model's shapes", "wrongly shaped", wrong)


def _is_empty(tensor: Tensor) -> bool:
    return tensor.is_meta or torch.nn.parameter.is_lazy(tensor)


def _refuse(name: str, rule: str, what: str, wrong: Iterable[str]) -> None:
    wrong = list(wrong)
    if not wrong:
        return
    more = f", ... and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    raise ValueError(
        f"{name} must be {rule}, got {len(wrong)} {what}: {', '.join(wrong[:_SHOWN])}{more}. "
        "It must be of the same architecture as the landscape's model."
    )
