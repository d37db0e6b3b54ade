"""`landscape.directions`: every way to make a direction."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Protocol

import torch
from torch import Tensor

from landscape_widget._checks import as_choice, as_int, complaint
from landscape_widget.core.gate import Gate
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions import checkpoints, files, noise, normalization
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.fitting import fitted
from landscape_widget.directions.home import Home
from landscape_widget.directions.matching import flat, match, warn_ignored, warn_what_stays
from landscape_widget.directions.model_state import ModelState
from landscape_widget.directions.recipes import Source, Span, ingredients
from landscape_widget.directions.vectors import check_moves, check_something_left, check_vector

NOISE_SPAN = 1.0
MODEL_SPAN = (-0.5, 1.5)


class Slope(Protocol):
    """What the factory needs of an objective."""

    @property
    def space(self) -> ParamSpace:
        """The parameters that move."""

    @property
    def device(self) -> torch.device:
        """Where points are."""

    @property
    def batchnorm(self) -> str | None:
        """The BatchNorm mode."""

    def gradient(self, point: Tensor, split: str = "train") -> tuple[float, Tensor]:
        """Loss and gradient `[P]` at `point [P]`."""


class Directions:
    """The factory behind `landscape.directions`; each call makes a new direction at the present centre."""

    def __init__(self, objective: Slope, gate: Gate, home: Callable[[], Home], state: Callable[[], ModelState]) -> None:
        self._objective = objective
        self._gate = gate
        self._home = home
        self._state = state

    def __repr__(self) -> str:
        names = [name for name in dir(self) if not name.startswith("_")]
        return f"Directions({', '.join(names)})"

    def gaussian(self, seed: int = 0, normalize: str = "filter") -> Direction:
        """Standard normal noise; `normalize`: `"filter"`, `"layer"`, `"model"` or `"none"`.

        A seed is one direction on every device and for every choice of `params`.
        """
        return self._noise("gaussian", seed, normalize)

    def uniform(self, seed: int = 0, normalize: str = "filter") -> Direction:
        """Noise uniform on [-1, 1); else as `gaussian`."""
        return self._noise("uniform", seed, normalize)

    def rademacher(self, seed: int = 0, normalize: str = "filter") -> Direction:
        """Noise of -1 and 1 with equal chance; else as `gaussian`."""
        return self._noise("rademacher", seed, normalize)

    def gradient(self, normalize: str = "model") -> Direction:
        """Downhill: minus the gradient of the loss over all used data at the centre.

        Raises:
            ValueError: If the gradient is zero or not finite, or nothing is left after normalisation.
        """
        as_choice("normalize", normalize, normalization.MODES)
        home = self._home()
        with self._gate.foreground():
            _, slope = self._objective.gradient(home.center.to(self._objective.device))
        downhill = -slope.detach().to("cpu", self._space.dtype)
        check_vector(downhill, self._space, "the gradient at the centre")
        check_moves(downhill, "the gradient at the centre", "Use noise or another model as the direction.")
        source = {"kind": "gradient", "normalize": normalize}
        return self._normalized(home, downhill, normalize, "downhill", source)

    def to(self, other: object) -> Direction:
        """From the centre to another model: alpha = 1 is that model.

        Args:
            other: A module (also wrapped by DataParallel, DDP or torch.compile), a state dict, a path
                (.pt read with `weights_only=True`, .safetensors), or a list of tensors in the order of
                `named_parameters()`.

        Raises:
            ValueError: If names or shapes are not this model's, or all that moves is the same.
        """
        state, home = self._state(), self._home()
        matched = match(checkpoints.read(other), state)
        target = flat(matched, state)
        check_vector(target, self._space, "other")
        warn_what_stays(matched, state, frozen=self._objective.batchnorm == "frozen")
        step = target - home.center
        check_moves(step, "other minus the centre", "The two models are the same: pass one with other weights.")
        name = checkpoints.describe(other)
        return self._made(home, step, f"to {name}", {"kind": "to", "other": name}, MODEL_SPAN)

    def from_vector(self, vector: Tensor) -> Direction:
        """A direction from a tensor `[P]` (copied), in the layout of `.vector`; not rescaled."""
        if not isinstance(vector, Tensor) or vector.is_complex():
            got = vector.dtype if isinstance(vector, Tensor) else type(vector)
            remedy = "Use torch.as_tensor(vector)."
            raise TypeError(complaint("vector", "a real tensor of shape [P]", got, remedy))
        own = vector.detach().to("cpu", self._space.dtype, copy=True)
        check_vector(own, self._space, "vector")
        return self._made(self._home(), own, "vector", {"kind": "vector"}, NOISE_SPAN)

    def from_state_dict(self, state_dict: Mapping[str, Tensor] | Sequence[Tensor]) -> Direction:
        """A direction from its tensors by name, or listed as in `named_parameters()` or `state_dict()`; not rescaled.

        These are the direction's own entries; for the way to another model use `to`. Numpy arrays will do as well.
        """
        state = self._state()
        matched = match(checkpoints.read_tensors(state_dict, "state_dict"), state, "state_dict")
        vector = flat(matched, state)
        check_vector(vector, self._space, "state_dict")
        warn_ignored(matched, state, frozen=self._objective.batchnorm == "frozen")
        return self._made(self._home(), vector, "state dict", {"kind": "state_dict"}, NOISE_SPAN)

    def load(self, path: str | PathLike[str]) -> Direction:
        """A saved direction; a warning if it was made at another centre of this model."""
        return fitted(files.load(path), self._space, self._home(), name="path")

    def remade(self, direction: Direction) -> Direction:
        """The same recipe at the present centre; a vector with no recipe is kept, `to` keeps its target."""
        home = self._home()
        if direction.home is home:
            return direction
        again = self.from_recipe(direction.source)
        if again is None and direction.source["kind"] == "to" and direction.home is not None:
            step = direction.home.center + direction.vector - home.center
            again = self._made(home, step, direction.label, direction.source, direction.default_span)
        return again or replace(direction, home=home)

    @property
    def _space(self) -> ParamSpace:
        return self._objective.space

    def _noise(self, law: str, seed: int, normalize: str) -> Direction:
        as_choice("normalize", normalize, normalization.MODES)
        seed = as_int("seed", seed, low=0)
        source = {"kind": law, "seed": seed, "normalize": normalize}
        raw = noise.draw(self._space, law, seed)
        return self._normalized(self._home(), raw, normalize, f"{law}, seed {seed}", source)

    def _normalized(self, home: Home, raw: Tensor, mode: str, label: str, source: Source) -> Direction:
        vector = normalization.normalize(self._space, raw, home.center, mode)
        check_something_left(vector, mode)
        return self._made(home, vector, label, source, NOISE_SPAN)

    def _made(self, home: Home, vector: Tensor, label: str, source: Source, span: Span) -> Direction:
        return Direction(vector, label, copy.deepcopy(dict(source)), span, self._space, home)

    def from_recipe(self, source: Source) -> Direction | None:
        """A direction by the recipe in its `source`, at the present centre; None where a recipe is not enough."""
        kind = source["kind"]
        if kind in noise.LAWS:
            return self._noise(kind, source["seed"], source["normalize"])
        if kind == "gradient":
            return self.gradient(source["normalize"])
        if kind not in _COMBINED:
            return None
        parts = [self.from_recipe(part) for part in ingredients(source)]
        ready = [part for part in parts if part is not None]
        return _COMBINED[kind](source, ready) if len(ready) == len(parts) else None


_COMBINED: dict[str, Callable[[Source, list[Direction]], Direction]] = {
    "multiple": lambda source, parts: source["factor"] * parts[0],
    "normalized": lambda source, parts: parts[0].normalized(source["normalize"]),
    "orthogonal": lambda _, parts: parts[0].orthogonal_to(parts[1]),
    "sum": lambda _, parts: parts[0] + parts[1],
}
