"""The slices of one landscape: what is asked for, computed, built and dated."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from landscape_widget._checks import complaint
from landscape_widget.core.objective import PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.fitting import fitted
from landscape_widget.directions.home import Home
from landscape_widget.engine import adaptive
from landscape_widget.engine.evaluate import Engine, rounding_floor
from landscape_widget.mining.miner import Miner
from landscape_widget.mining.task import checked_task
from landscape_widget.progress import watched
from landscape_widget.slices.base import Slice
from landscape_widget.slices.chebyshev import Interpolant, tensor_coords
from landscape_widget.slices.curve import Curve
from landscape_widget.slicing import building
from landscape_widget.slicing.computing import Computed, Computing, searched
from landscape_widget.slicing.request import Request
from landscape_widget.slicing.spans import Bounds, bounds_of, grid_of

Array = NDArray[np.float64]


class Slicer:
    """Makes the slices of one landscape.

    Attributes:
        engine: What computes.
        ceiling: A rise in loss that counts as high, in nats; None where none is known.
    """

    def __init__(self, engine: Engine, *, ceiling: float | None, mode: str, version: str) -> None:
        """Args: as attributes; `mode` and `version` go into every provenance."""
        self.engine = engine
        self.ceiling = ceiling if ceiling is not None else engine.objective.ceiling_from_data
        self._mode, self._version = mode, version
        self._center_losses: dict[tuple[str, str | None], float] = {}

    @cached_property
    def home(self) -> Home:
        """The centre, for directions made here."""
        return Home.at(self.engine.objective.space, self.engine.objective.center)

    @cached_property
    def rounding_floor(self) -> float | None:
        """Spread of the loss by rounding, for models in half precision."""
        with self.engine.gate.foreground():
            return rounding_floor(self.engine.objective)

    def recentered(self) -> None:
        """Forget what belonged to the old centre."""
        self._center_losses.clear()
        for name in ("home", "rounding_floor"):
            self.__dict__.pop(name, None)

    def center_loss(self, split: str = "train", batchnorm: str | None = None) -> float:
        """The loss at the centre, computed once for each split and mode."""
        key = (split, batchnorm or self.engine.objective.batchnorm)
        if key not in self._center_losses:
            center = self.engine.objective.center
            self._center_losses[key] = self.engine.value(center, split, batchnorm=batchnorm).loss
        return self._center_losses[key]

    def slices(self, axes: Mapping[str, Direction], span: Any, request: Request, *, orthogonalise: bool = False) -> Any:
        """The slice along one, two or three directions, or a dict of them by split where several were asked for.

        Args:
            axes: Name of the argument -> direction.
            span: One entry for all axes, or one an axis.
            request: What the slice shall be like.
            orthogonalise: Make the second direction orthogonal to the first in the filter metric.
        """
        directions = [self.fit(direction, name) for name, direction in axes.items()]
        if orthogonalise:
            directions = _orthogonalised(directions)
        splits, bounds = self.splits(request.split), bounds_of(span, directions)
        grid_of(bounds, request.points)  # so that what makes no sense is refused before anything is computed
        with watched(request.progress, "points") as report, self.engine.gate.foreground():
            vectors = [direction.vector for direction in directions]
            points = Computing(self.engine, vectors, splits, per_sample=request.per_sample, report=report)
            found = self._slices(directions, bounds, points, splits, request)
        return found if isinstance(request.split, (tuple, list)) else found[splits[0]]

    def _slices(
        self,
        directions: Sequence[Direction],
        bounds: Sequence[Bounds],
        points: Computing,
        splits: Sequence[str],
        request: Request,
    ) -> dict[str, Slice]:
        center = np.zeros((1, len(directions)))
        if request.per_sample:
            points.learn(center)  # differences are taken to it, also where it lies outside the span
        found = adaptive.Found()
        if not request.exact:
            tol = request.tolerance(len(bounds))
            search = adaptive.search(bounds, tol=tol, ceilings=[self.ceiling] * len(splits))
            found = searched(search, points.losses)
        if not found.interpolants:
            return {name: self._on_grid(directions, bounds, points, name, request, found.reason) for name in splits}
        columns = zip(splits, found.interpolants, found.errors, strict=True)
        return {
            name: self.build_interpolated(
                directions, function, error, points.everything(name), split=name, tol=request.tol
            )
            for name, function, error in columns
        }

    def _on_grid(
        self,
        directions: Sequence[Direction],
        bounds: Sequence[Bounds],
        points: Computing,
        split: str,
        request: Request,
        reason: str,
    ) -> Slice:
        default = adaptive.GRID_POINTS[len(bounds)] if reason else None
        axes = grid_of(bounds, request.points if request.exact else default)
        coords = tensor_coords(axes)
        points.learn(coords)
        facts = self._facts(directions, split, None, evaluations=len(points))
        facts |= {"reason": reason, "center_per_sample": points.center_per_sample(split)}
        return building.on_grid(directions, axes, points.on(coords, split), facts)

    def build(
        self,
        directions: Sequence[Direction],
        axes: Sequence[Array],
        values: Sequence[PointValue],
        *,
        split: str = "train",
        batchnorm: str | None = None,
    ) -> Slice:
        """A slice from values already computed at every point of a grid, alpha fastest."""
        facts = self._facts(directions, split, batchnorm, evaluations=len(values))
        return building.on_grid(directions, axes, Computed(tensor_coords(axes), values), facts)

    def build_interpolated(
        self,
        directions: Sequence[Direction],
        function: Interpolant,
        error: float,
        computed: Computed,
        *,
        split: str = "train",
        batchnorm: str | None = None,
        tol: float | None = None,
    ) -> Slice:
        """A slice from an interpolant and all the points that it rests on and was checked at."""
        facts = self._facts(directions, split, batchnorm, evaluations=len(computed.values), tol=tol)
        facts["center_per_sample"] = computed.center_per_sample
        return building.interpolated(directions, function, error, computed, facts)

    def build_curve(
        self,
        d: Direction,
        alphas: Array,
        values: Sequence[PointValue],
        *,
        split: str = "train",
        batchnorm: str | None = None,
        mined: bool = False,
    ) -> Curve:
        """A curve from values already computed; for the miner, whose directions are not yet marked as mined."""
        facts = self._facts([d], split, batchnorm, evaluations=len(values))
        facts["mined"] = facts["mined"] or mined
        return cast(Curve, building.on_grid([d], [alphas], Computed(alphas[:, None], values), facts))

    def _facts(
        self,
        directions: Sequence[Direction],
        split: str,
        batchnorm: str | None,
        *,
        evaluations: int,
        tol: float | None = None,
    ) -> dict[str, Any]:
        """What all slices say besides their losses."""
        objective = self.engine.objective
        return {
            "center_loss": self.center_loss(split, batchnorm),
            "center_loss_frozen": self.center_loss(split, "frozen") if objective.num_norms else None,
            "evaluations": evaluations,
            "split": split,
            "samples": objective.num_samples(split),
            "ceiling": self.ceiling,
            "mined": any(direction.is_mined for direction in directions),
            "provenance": self.provenance(directions, split, batchnorm, tol),
        }

    def provenance(
        self, axes: Sequence[Direction], split: str, batchnorm: str | None = None, tol: float | None = None
    ) -> dict[str, Any]:
        """Everything that is needed to say, years later, what a picture shows."""
        objective = self.engine.objective
        return {
            "weights": self.home.weights_hash,
            "data": objective.data_hash,
            "directions": [axis.record() for axis in axes],
            "batchnorm": batchnorm or objective.batchnorm,
            "mode": self._mode,
            "dtype": str(objective.parameter_dtype).removeprefix("torch."),
            "rounding_floor": self.rounding_floor,
            "rounding": None if objective.half_dtype else objective.rounding,  # of half precision it is measured
            "device": str(objective.device),
            "plan": self.plan,
            "tolerance": tol,
            "split": split,
            "samples": list(objective.num_samples(split)),
            "versions": {
                "landscape_widget": self._version,
                "torch": torch.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    @property
    def plan(self) -> str:
        """How points are evaluated, in words."""
        return self.engine.plan

    def miner(self, kind: str, **options: Any) -> Miner:
        """A miner at this centre whose curves are made here; options as in `checked_task`."""
        objective, center_loss = self.engine.objective, self.center_loss()
        with torch.inference_mode(False):  # its tensors are written to in later steps
            return Miner(
                self.engine,
                checked_task(objective, kind, home=self.home, center_loss=center_loss, **options),
                home=self.home,
                center_loss=center_loss,
                slices=self,
                ceiling=self.ceiling,
            )

    def quiet_slice(self, directions: Sequence[Direction], span: Any) -> Slice:
        """A slice without a progress bar."""
        axes = dict(zip("def", directions, strict=False))
        return cast(Slice, self.slices(axes, span, Request(progress=False)))

    def fit(self, direction: Direction, name: str) -> Direction:
        """The direction, checked against this landscape; a warning if it was made at another centre."""
        if not isinstance(direction, Direction):
            rule = "a direction from landscape.directions"
            raise TypeError(complaint(name, rule, type(direction).__name__))
        return fitted(direction, self.engine.objective.space, self.home, name=name)

    def splits(self, split: str | Sequence[str] | None) -> list[str]:
        """The names of one or several splits; a clear error for one that does not exist."""
        if split is None or isinstance(split, str):
            return [self.split(split)]
        if not isinstance(split, (tuple, list)) or not split or len(set(split)) < len(split):
            raise ValueError(complaint("split", "a name, or a tuple of different names", split))
        return [self.split(name) for name in split]

    def split(self, split: str | None) -> str:
        """The name of a split; a clear error if there is none of that name."""
        names = self.engine.objective.splits
        name = "train" if split is None else split
        if name not in names:
            raise ValueError(complaint("split", "one of " + ", ".join(map(repr, names)), split))
        return name


def _orthogonalised(directions: Sequence[Direction]) -> list[Direction]:
    """Each made orthogonal to those before it, in the filter metric."""
    found: list[Direction] = []
    for direction in directions:
        for earlier in found:
            direction = direction.orthogonal_to(earlier)
        found.append(direction)
    return found
