"""`landscape.directions`: every way to make a direction."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from landscape_widget._checks import as_choice, as_int, as_number, complaint
from landscape_widget.core.gate import Gate
from landscape_widget.core.params import ParamSpace
from landscape_widget.curvature import Hessian
from landscape_widget.directions import checkpoints, files, noise, normalization, symmetries
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.fitting import fitted
from landscape_widget.directions.home import Home
from landscape_widget.directions.matching import flat, match, warn_ignored, warn_what_stays
from landscape_widget.directions.model_state import ModelState
from landscape_widget.directions.places import Places
from landscape_widget.directions.recipes import Source, Span, ingredients
from landscape_widget.directions.trajectory import Trajectory, components, ordinal
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

    @property
    def module(self) -> nn.Module:
        """The private copy, to be read only."""

    @property
    def rounding(self) -> float:
        """The relative error of a loss that rounding may make."""

    def value(self, point: Tensor) -> Any:
        """`.loss` over all used data at `point [P]`."""

    def gradient(self, point: Tensor, split: str = "train") -> tuple[float, Tensor]:
        """Loss and gradient `[P]` at `point [P]`."""


class Directions:
    """The factory behind `landscape.directions`; each call makes a new direction at the present centre."""

    def __init__(
        self,
        objective: Slope,
        gate: Gate,
        home: Callable[[], Home],
        state: Callable[[], ModelState],
        hessian: Hessian | None = None,
    ) -> None:
        self._objective = objective
        self._gate = gate
        self._home = home
        self._state = state
        self._hessian = hessian

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

    def sign_aligned(self, ratio: float = 1.0, seed: int = 0, normalize: str = "filter") -> Direction:
        """Gaussian noise of which a share `ratio` of the entries has got the sign of the weights at the centre.

        With 0 it is `gaussian(seed)`; with 1 no step of alpha > 0 takes a weight nearer to zero. The asymmetry of
        arXiv:2405.12489 rests on BatchNorm's gammas: use `normalize="model"` to see it, the others leave norms alone.
        """
        as_choice("normalize", normalize, normalization.MODES)
        share, seed, home = as_number("ratio", ratio), as_int("seed", seed, low=0), self._home()
        if not 0 <= share <= 1:
            raise ValueError(complaint("ratio", "a share from 0 to 1", ratio))
        raw = noise.sign_aligned(self._space, home.center, share, seed)
        source = {"kind": "sign_aligned", "ratio": share, "seed": seed, "normalize": normalize}
        return self._normalized(home, raw, normalize, f"gaussian, {share:g} sign-aligned, seed {seed}", source)

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
        step = self._step(other, "other", state, home)
        check_moves(step, "other minus the centre", "The two models are the same: pass one with other weights.")
        name = checkpoints.describe(other)
        made = self._made(home, step, f"to {name}", {"kind": "to", "other": name}, MODEL_SPAN)
        return replace(made, places=Places(name, (name,), step[None]))

    def _step(self, other: object, name: str, state: ModelState, home: Home) -> Tensor:
        matched = match(checkpoints.read(other, name), state, name)
        target = flat(matched, state)
        check_vector(target, self._space, name)
        warn_what_stays(matched, state, frozen=self._objective.batchnorm == "frozen")
        return target - home.center

    def trajectory(self, checkpoints: Sequence[object], components: int = 2) -> Trajectory:
        """The plane through the centre that lies nearest to checkpoints, such as those of a training run.

        Args:
            checkpoints: Each as `other` in `to`; the centre itself may be among them.
            components: How many principal components of the differences to the centre are wanted.

        Raises:
            TypeError: If `checkpoints` is no sequence.
            ValueError: If none of them differs from the centre.
        """
        if isinstance(checkpoints, str | Mapping) or not isinstance(checkpoints, Sequence) or not checkpoints:
            rule = "a sequence of modules, state dicts or paths"
            raise TypeError(complaint("checkpoints", rule, checkpoints if checkpoints == [] else type(checkpoints)))
        state, home = self._state(), self._home()
        count = as_int("components", components, low=1)
        steps = [self._step(other, f"checkpoints[{i}]", state, home) for i, other in enumerate(checkpoints)]
        labels = [_label_of(other, place) for place, other in enumerate(checkpoints)]
        return self._along(home, torch.stack(steps), count, labels)

    def _along(self, home: Home, steps: Tensor, count: int, labels: Sequence[str]) -> Trajectory:
        check_moves(steps, "checkpoints minus the centre", "Pass checkpoints of other epochs.")
        found = components(steps, count)
        places = Places.path("trajectory", labels, steps)
        directions = [
            self._made(
                home,
                vector.clone(),
                f"{ordinal(place)} component of the trajectory",
                {
                    "kind": "trajectory",
                    "component": place,
                    "checkpoints": len(steps),
                    "explained": float(found.explained[place]),
                    "unit": "length 1 in weight space",
                },
                found.span(place),
            )
            for place, vector in enumerate(found.vectors)
        ]
        directions = [replace(direction, places=places) for direction in directions]
        return Trajectory(tuple(directions), found.explained, found.coords, found.distances)

    def permutation(self, seed: int = 0) -> Direction:
        """To a copy with permuted hidden channels, which computes the same: alpha = 1 is that copy.

        Channels are permuted between two layers (convolution or linear, without groups) that follow each other without
        a branch; none keeps its place. So chains are permuted throughout, residual networks inside their blocks.

        Raises:
            ValueError: If torch.fx cannot trace the model, it has no such layers, or the loss at alpha = 1 is another.
        """
        return self._symmetry("permutation", seed)

    def sign_flip(self, seed: int = 0) -> Direction:
        """To a copy with half of the filters before each BatchNorm negated, and their gammas; else as `permutation`.

        With `batchnorm="recalibrate"` the curve is symmetric about alpha = 1/2.
        """
        return self._symmetry("sign_flip", seed)

    def rescaling(self, seed: int = 0) -> Direction:
        """To a copy with ReLU channels doubled or halved, which the next layer undoes; else as `permutation`.

        Between BatchNorms that take batch statistics, as in residual blocks, nothing happens on the way either: the
        curve is flat but for these layers' eps, which moves the loss by about 1e-5 of it.
        """
        return self._symmetry("rescaling", seed)

    def _symmetry(self, kind: str, seed: int) -> Direction:
        seed, symmetry = as_int("seed", seed, low=0), symmetries.SYMMETRIES[kind]
        state, home = self._state(), self._home()
        with self._gate.foreground():
            module, frozen = self._objective.module, self._objective.batchnorm == "frozen"
            target = symmetries.copy_of(kind, module, state, home.center, seed=seed, frozen=frozen)
            step = target - home.center
            check_moves(step, "the copy minus the centre", "All weights that the symmetry would change are zero.")
            losses = [
                self._objective.value(point.to(self._objective.device)).loss
                for point in (home.center, home.center + step)
            ]
            symmetries.check_same_loss(kind, losses[0], losses[1], self._objective.rounding)
        source = {"kind": kind, "seed": seed, "unit": symmetry.unit}
        return self._made(home, step, f"{symmetry.label}, seed {seed}", source, MODEL_SPAN)

    def eigenvector(self, i: int = 0, which: str = "largest", metric: str = "plain") -> Direction:
        """An eigenvector of the Hessian at the centre, never rescaled; the label names its eigenvalue.

        Args:
            i: 0 is the most extreme.
            which: `"largest"` or `"smallest"` eigenvalues (algebraic).
            metric: `"plain"`: of length 1 in weight space, so that the eigenvalue is the curve's second derivative.
                `"filter"`: the eigenvector of `G H G` as a step in weight space, of length 1 in the filter metric, with
                the same meaning of its eigenvalue.

        Raises:
            ValueError: There are not so many eigenvectors.
            RuntimeError: There is no Hessian behind this factory.
        """
        if self._hessian is None:
            raise RuntimeError("directions must belong to a landscape for eigenvectors, got none.")
        place, home = as_int("i", i, low=0), self._home()
        as_choice("which", which, ("largest", "smallest"))
        pairs = self._hessian.eigenpairs(place + 1, which, metric)
        vector = pairs.vectors[place].to("cpu", self._space.dtype)
        if metric == "filter":
            vector = vector * home.metric.scale.to(vector.dtype)
        value = float(pairs.values[place])
        text = f"{ordinal(place)} {which} eigenvector, {value:.4g}"
        source = {"kind": "eigenvector", "i": place, "which": which, "metric": metric, "eigenvalue": value}
        source["unit"] = "length 1 in weight space" if metric == "plain" else "length 1 in the filter metric"
        return self._made(home, vector.clone(), text, source, NOISE_SPAN)

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
        again, places = self.from_recipe(direction.source), direction.places
        if places is not None and direction.home is not None:
            places = places.seen_from(home.center - direction.home.center)
        if again is None and direction.source["kind"] == "to" and direction.home is not None:
            step = direction.home.center + direction.vector - home.center
            again = self._made(home, step, direction.label, direction.source, direction.default_span)
        return replace(again or replace(direction, home=home), places=places)

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
        if kind == "sign_aligned":
            return self.sign_aligned(source["ratio"], source["seed"], source["normalize"])
        if kind == "gradient":
            return self.gradient(source["normalize"])
        if kind in symmetries.SYMMETRIES:
            return self._symmetry(kind, source["seed"])
        if kind == "eigenvector":
            return self.eigenvector(source["i"], source["which"], source["metric"])
        if kind not in _COMBINED:
            return None
        parts = [self.from_recipe(part) for part in ingredients(source)]
        ready = [part for part in parts if part is not None]
        return _COMBINED[kind](source, ready) if len(ready) == len(parts) else None


def _label_of(checkpoint: object, place: int) -> str:
    """The name of a file; else the number in the sequence."""
    is_file = isinstance(checkpoint, str | PathLike)
    return checkpoints.describe(checkpoint) if is_file else f"checkpoint {place + 1}"


def _normalized_again(source: Source, direction: Direction) -> Direction:
    mode = source["normalize"]
    return direction.normalized(mode) if mode in normalization.MODES else direction.normalized(**source["like"])


_COMBINED: dict[str, Callable[[Source, list[Direction]], Direction]] = {
    "multiple": lambda source, parts: source["factor"] * parts[0],
    "normalized": lambda source, parts: _normalized_again(source, parts[0]),
    "orthogonal": lambda _, parts: parts[0].orthogonal_to(parts[1]),
    "sum": lambda _, parts: parts[0] + parts[1],
}
