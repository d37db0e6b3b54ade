"""One slice against one landscape: the comparison and its verdict in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget._checks import as_int, complaint
from landscape_widget.directions import Direction, Directions
from landscape_widget.slices.arrangements import arrangements
from landscape_widget.slices.base import Slice
from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slices.nodes import Array
from landscape_widget.slices.verification import Verification
from landscape_widget.slicing import Slicer
from landscape_widget.verifying import noise
from landscape_widget.verifying.sample import Closeness, sample
from landscape_widget.verifying.trials import Trial, directions_of, other_ways

_PROBES = 6  # points at which an explanation must hold; most fail at the first
_LEAST_PROBES = 3  # fewer agree by chance
_NOISE_POINTS = 3  # points whose samples are looked at one by one
_SMALL = 0.01  # of the scale: nobody sees it in a picture


def verify(
    slice_: Slice, slicer: Slicer, factory: Directions, *, n: int = 20, seed: int = 0, directions: Any = None
) -> Verification:
    """Compute random points of a slice again and say in words what differs.

    Costs n points, half as many between the nodes of an interpolated slice, and some dozens where they differ.

    Args:
        slice_: A curve, surface or volume.
        slicer: Of the landscape that the slice is said to show.
        factory: `landscape.directions`, which makes directions from their recipes.
        n: How many of the computed points, at most all.
        seed: Of their choice.
        directions: Of the axes, alpha first, where the slice's provenance does not say how to make them.

    Raises:
        TypeError: If it is no slice, or directions are none.
        ValueError: If the directions are not known, or the slice holds no loss at all.
    """
    if not isinstance(slice_, Slice):
        remedy = "Arrays become one with Curve.from_arrays or Surface.from_arrays."
        raise TypeError(complaint("slice", "a curve, a surface or a volume", type(slice_).__name__, remedy))
    n, seed = as_int("n", n, low=1), as_int("seed", seed, low=0)
    axes = directions_of(slice_, slicer, factory, directions)
    before = slicer.engine.evaluations
    found = _Check(slice_, slicer, factory, axes, n, seed).result()
    return replace(found, evaluations=slicer.engine.evaluations - before)


class _Check:
    """What a slice shows and what the landscape computes there."""

    def __init__(
        self, slice_: Slice, slicer: Slicer, factory: Directions, axes: list[Direction], n: int, seed: int
    ) -> None:
        self._slice, self._slicer, self._factory, self._axes = slice_, slicer, factory, axes
        self._objective = slicer.engine.objective
        self._close = Closeness.of(slice_, self._objective.parameter_dtype, slicer.rounding_floor)
        self._sample = sample(slice_, n, seed)
        self._nodes = self._sample.is_node
        split = slice_.split if slice_.split in self._objective.splits else "train"
        self._base = Trial("", [axis.vector for axis in axes], split)
        self._shown, self._computed = self._sample.shown, self._evaluated(self._base, self._sample.coords)
        self._center = slicer.center_loss(split)

    def _evaluated(self, trial: Trial, coords: Array) -> Array:
        values = self._slicer.engine.evaluate(trial.vectors, coords, split=trial.split, batchnorm=trial.batchnorm)
        return np.array([value.loss for value in values], dtype=np.float64)

    def result(self) -> Verification:
        """Whether it agrees, and what differs."""
        verdict = self._verdict()
        return Verification(
            agrees=not verdict,
            verdict=verdict or "the values agree",
            findings=tuple(self._findings()),
            coords=self._sample.coords,
            shown=self._shown,
            computed=self._computed,
            is_node=self._nodes,
            center_losses=(self._slice.center_loss, self._center),
            error=self._slice.error,
            evaluations=0,
        )

    def _verdict(self) -> str:
        """What differs; empty where nothing does."""
        same = self._close.same(self._shown, self._computed)
        if not same[self._nodes].all():
            return (
                self._holds(self._base)
                or self._proportional()
                or self._explained()
                or self._other_weights()
                or self._other_samples()
                or self._unexplained(int(same[self._nodes].sum()), int(self._nodes.sum()))
            )
        if not self._center_agrees:
            return f"the points agree, but the centre's loss is another{self._centers}"
        with np.errstate(invalid="ignore"):
            off = np.abs(self._shown - self._computed) - self._close.within(self._computed)
        if not (same | (off <= 2 * self._slice.error))[~self._nodes].all():
            return "the computed points agree, but between them the slice is off by more than twice what it states"
        return ""

    @property
    def _center_agrees(self) -> bool:
        shown = self._slice.center_loss
        return bool(np.isnan(shown) or self._close.same(shown, self._center))

    @property
    def _center_is_frozen(self) -> bool:
        """Whether the slice's centre is that of the model's plain `eval()`, and no other."""
        if not self._objective.num_norms:
            return False
        frozen = self._slicer.center_loss(self._base.split, "frozen")
        return bool(self._close.same(self._slice.center_loss, frozen))

    @property
    def _centers(self) -> str:
        shown = self._slice.center_loss
        return "" if self._center_agrees else f" (centre loss {shown:.6g} in the slice, {self._center:.6g} here)"

    def _explained(self) -> str:
        """The first explanation under which all probed points agree; empty where there is none."""
        tried = other_ways(self._base, self._slice, self._slicer, self._factory, self._axes)
        return next((words for trial in tried if (words := self._holds(trial))), "")

    @cached_property
    def _candidates(self) -> tuple[list[str], Array, NDArray[np.bool_]]:
        """Ways to be mixed up; `[ways, nodes]`: what the slice says when that is undone; which ways keep all values."""
        if self._slice.interpolant is not None or not self._slice.is_exact.all():
            return [""], self._shown[None, self._nodes], np.ones(1, dtype=bool)
        places = self._sample.places
        undone = [(way.words, way.losses.ravel()[places], way.is_whole) for way in arrangements(self._slice.losses)]
        words, values, is_whole = zip(*undone, strict=True)
        return list(words), np.stack(values), np.array(is_whole)

    @cached_property
    def _probes(self) -> list[int]:
        """Nodes, those first where the difference is largest: they tell explanations apart."""
        with np.errstate(invalid="ignore"):
            sizes = np.nan_to_num(np.abs(self._shown - self._computed)[self._nodes], nan=0.0, posinf=0.0)
        order: list[int] = np.argsort(-sizes, kind="stable").tolist()
        return order

    def _holds(self, trial: Trial) -> str:
        """What differs in words, if the probed points agree under this explanation; else nothing."""
        ways, values, is_whole = self._candidates
        is_base = trial is self._base
        probes = self._probes if is_base else self._probes[:_PROBES]
        # Ways that lose values take several points to rule out: besides another explanation they are not tried.
        alive, decided = is_whole | is_base, np.zeros(len(ways), dtype=int)
        for probe in probes:
            loss = self._computed[probe] if is_base else self._evaluated(trial, self._sample.coords[[probe]])[0]
            # What was shifted out of the grid is NaN: it says neither yes nor no.
            is_lost = np.isnan(values[:, probe]) & ~np.isnan(loss)
            alive &= is_lost | self._close.same(values[:, probe], np.full(len(ways), loss))
            decided += ~is_lost
            if not alive.any():
                return ""
        alive &= decided >= min(_LEAST_PROBES, len(probes))
        found = [words for words, is_alive in zip(ways, alive, strict=True) if is_alive]
        return "; ".join(filter(None, [trial.words, found[0]])) if found else ""

    def _proportional(self) -> str:
        """A sum in place of a mean, another base of the logarithm, a constant that was added."""
        shown, computed = self._shown[self._nodes], self._computed[self._nodes]
        has_holes = bool((np.isfinite(shown) != np.isfinite(computed)).any())
        whole = np.isfinite(shown) & (computed != 0)
        shown, computed = shown[whole], computed[whole]
        if has_holes or len(shown) < _LEAST_PROBES:
            return ""
        factor, constant = float(np.median(shown / computed)), float(np.median(shown - computed))
        if factor and self._close.same(shown / factor, computed).all():
            return f"another unit of the loss: its values are {factor:.6g} times those of this landscape"
        if self._close.same(shown - constant, computed).all():
            return f"another loss: its values are those of this landscape {constant:+.6g}"
        return ""

    def _other_weights(self) -> str:
        theirs, ours = self._slice.provenance.get("weights"), self._slicer.home.weights_hash
        if not theirs or theirs == ours:
            return ""
        return (
            f"another centre: the slice was computed around the weights {theirs}, here they are {ours}{self._centers}"
        )

    def _other_samples(self) -> str:
        """Differences of the size of sampling noise, or data that are known to be others."""
        if not np.isnan(self._slice.center_loss) and (self._center_agrees or self._center_is_frozen):
            return ""
        theirs, ours = self._slice.provenance.get("data"), self._objective.data_hash
        is_other = bool(theirs) and theirs != ours
        shares = self._in_standard_errors()
        if shares is None or np.median(shares) > noise.TYPICAL or shares.max() > noise.LOUDEST:
            return (
                f"other samples: the slice was computed on the data {theirs}, here they are {ours}" if is_other else ""
            )
        size = f"{np.median(shares):.2g} standard errors over samples{self._centers}"
        if is_other or np.median(shares) >= noise.FAINTEST:
            near = "" if is_other or self._slice.provenance.get("weights") else ", or a centre close by"
            return f"other samples{near}: the differences are of the size of sampling noise, {size}"
        return f"rounding, or nearly the same samples: the differences are small against sampling noise, {size}"

    def _in_standard_errors(self) -> Array | None:
        places = self._probes[:: -(-len(self._probes) // _NOISE_POINTS)]
        with np.errstate(invalid="ignore"):
            sizes = np.abs(self._shown - self._computed)[places]
        return noise.in_standard_errors(
            self._slicer.engine,
            self._base.vectors,
            self._sample.coords[places],
            sizes,
            split=self._base.split,
            num_theirs=self._slice.samples[0] if self._slice.samples else None,
        )

    def _unexplained(self, num_same: int, count: int) -> str:
        share = self._share_of_scale
        if share <= _SMALL:
            size = f"it is off by up to {100 * share:.2g} % of the scale"
            reasons = "values read between points, or rounded, or computed in another precision"
            return f"the same picture, but not to rounding: {size} ({reasons})"
        if 2 * num_same >= count and self._center_agrees:
            return f"single values: {count - num_same} of {count} points differ, the others agree"
        shown, has_norms = self._slice.center_loss, self._objective.num_norms > 0
        moved = ", or running statistics that moved with the weights" if has_norms else ""
        if np.isnan(shown):
            return f"nothing that was tried explains it: another centre, other samples or other directions{moved}"
        if self._center_agrees:
            return (
                f"other directions, or another normalisation of theirs{moved}: the centre agrees, points off it do not"
            )
        if self._center_is_frozen:
            return f"BatchNorm was frozen, as the centre shows, and off the centre more differs: the directions{moved}"
        return f"another centre, or another loss{self._centers}"

    @property
    def _share_of_scale(self) -> float:
        """The largest difference in units of `max(scale, L - L_min)`; inf where there is no scale."""
        with np.errstate(invalid="ignore"):
            sizes = np.abs(self._shown - self._computed)[self._nodes]
        losses = self._computed[self._nodes]
        if not np.isfinite(sizes).all() or not self._slice.scale:
            return float("inf")
        return float((sizes / np.maximum(self._slice.scale, losses - losses.min())).max())

    def _findings(self) -> Iterator[str]:
        if self._slice.split and self._slice.split != self._base.split:
            yield f"this landscape has no split {self._slice.split!r}: computed on {self._base.split!r}"
        if self._objective.batchnorm:
            yield f"BatchNorm in this landscape: {self._objective.batchnorm}"
        records = self._slice.provenance.get("directions") or ()
        for name, record, axis in zip(AXIS_NAMES, records, self._axes, strict=False):
            if record.get("hash") not in (None, axis.record()["hash"]):
                yield f"the direction of {name} is another vector here than in the slice"
