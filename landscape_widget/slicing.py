"""From directions to curves and surfaces: asks the engine, classifies, and writes down where the numbers come from."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from landscape_widget._checks import as_int, as_number, complaint
from landscape_widget.core.objective import PointValue
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.fitting import fitted
from landscape_widget.directions.home import Home
from landscape_widget.engine.evaluate import Engine, rounding_floor
from landscape_widget.mining.miner import Miner
from landscape_widget.progress import watched
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.profile import including_center
from landscape_widget.shapes.scale import ceiling_of
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface

Array = NDArray[np.float64]
Span = float | tuple[float, float]

MOST_POINTS = 2001  # an axis; more is a slip of the keyboard
DEFAULT_POINTS = 41


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

    def curve(self, d: Direction, span: Span | None, *, points: int | None, split: str | None, progress: Any) -> Curve:
        """Compute a curve on a uniform grid."""
        d = self.fit(d, "d")
        name = self.split(split)
        alphas = axis_of("span", span, "points", points, d)
        values = self._values([d], alphas[:, None], name, progress)
        return self.build_curve(d, alphas, values, split=name)

    def surface(
        self,
        d: Direction,
        e: Direction,
        span: Any,
        *,
        points: Any,
        split: str | None,
        orthogonalise: bool,
        progress: Any,
    ) -> Surface:
        """Compute a surface on a uniform grid."""
        d, e = self.fit(d, "d"), self.fit(e, "e")
        e = e.orthogonal_to(d) if orthogonalise else e
        name = self.split(split)
        spans, counts = one_an_axis("span", span, 2), one_an_axis("points", points, 2)
        alphas = axis_of("span", spans[0], "points", counts[0], d)
        betas = axis_of("span", spans[1], "points", counts[1], e)
        values = self._values([d, e], grid(alphas, betas), name, progress)
        return self.build_surface(d, e, alphas, betas, values, split=name)

    def _values(self, axes: list[Direction], coords: Array, split: str, progress: Any) -> list[PointValue]:
        values = []
        with watched(progress, f"{len(coords)} points") as report:
            self.center_loss(split)
            for value in self.engine.evaluate([axis.vector for axis in axes], coords, split=split):
                values.append(value)
                report(len(values), len(coords))
        return values

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
        """A curve from values already computed; the centre's losses are computed if they are not known."""
        losses = np.array([value.loss for value in values], dtype=np.float64)
        ceiling = self.ceiling if self.ceiling is not None else ceiling_of(losses)
        return Curve(
            alphas=alphas,
            losses=losses,
            classification=classify(
                *including_center(alphas, losses, self.center_loss(split, batchnorm)),
                noise=self._noise(),
                ceiling=ceiling,
            ),
            ceiling=ceiling,
            span=(float(alphas[0]), float(alphas[-1])),
            label=d.label,
            mined=mined or d.is_mined,
            **self._common(values, [d], losses.shape, split, batchnorm),
        )

    def build_surface(
        self,
        d: Direction,
        e: Direction,
        alphas: Array,
        betas: Array,
        values: Sequence[PointValue],
        *,
        split: str = "train",
        batchnorm: str | None = None,
    ) -> Surface:
        """A surface from values already computed, row by row: index = b * A + a."""
        losses = np.array([value.loss for value in values], dtype=np.float64).reshape(len(betas), len(alphas))
        return Surface(
            alphas=alphas,
            betas=betas,
            losses=losses,
            ceiling=self.ceiling if self.ceiling is not None else ceiling_of(losses),
            span=((float(alphas[0]), float(alphas[-1])), (float(betas[0]), float(betas[-1]))),
            labels=(d.label, e.label),
            mined=d.is_mined or e.is_mined,
            **self._common(values, [d, e], losses.shape, split, batchnorm),
        )

    def _noise(self) -> float | None:
        """What rounding alone may do to a loss, as a standard error."""
        return None if self.rounding_floor is None else self.rounding_floor / 3

    def _common(
        self,
        values: Sequence[PointValue],
        axes: list[Direction],
        shape: tuple[int, ...],
        split: str,
        batchnorm: str | None,
    ) -> dict[str, Any]:
        """What curves and surfaces have in common."""
        objective = self.engine.objective
        metrics = {
            name: np.array([value.metrics.get(name, np.nan) for value in values]).reshape(shape)
            for name in (values[0].metrics if values else ())
        }
        frozen = self.center_loss(split, "frozen") if objective.num_norms else None
        return {
            "metrics": metrics,
            "center_loss": self.center_loss(split, batchnorm),
            "center_loss_frozen": frozen,
            "evaluations": len(values),
            "split": split,
            "samples": objective.num_samples(split),
            "provenance": self.provenance(axes, split, batchnorm),
        }

    def provenance(self, axes: Sequence[Direction], split: str, batchnorm: str | None = None) -> dict[str, Any]:
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
            "device": str(objective.device),
            "plan": self.plan,
            "tolerance": None,
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
        return ", ".join(["loop over points", *self.engine.objective.remarks])

    def miner(self, kind: str, **options: Any) -> Miner:
        """A miner at this centre whose curves are made here; options as in `Miner`."""
        with torch.inference_mode(False):  # its tensors are written to in later steps
            return Miner(
                self.engine.objective,
                kind,
                home=self.home,
                center_loss=self.center_loss(),
                build_curve=self.build_curve,
                curve=self.quiet_curve,
                ceiling=self.ceiling,
                **options,
            )

    def quiet_curve(self, d: Direction, span: Span | None) -> Curve:
        """A curve with the default points, without a progress bar."""
        return self.curve(d, span, points=None, split=None, progress=False)

    def fit(self, direction: Direction, name: str) -> Direction:
        """The direction, checked against this landscape; a warning if it was made at another centre."""
        if not isinstance(direction, Direction):
            rule = "a direction from landscape.directions"
            raise TypeError(complaint(name, rule, type(direction).__name__))
        return fitted(direction, self.engine.objective.space, self.home, name=name)

    def split(self, split: str | None) -> str:
        """The name of a split; a clear error if there is none of that name."""
        names = self.engine.objective.splits
        name = "train" if split is None else split
        if name not in names:
            raise ValueError(complaint("split", "one of " + ", ".join(map(repr, names)), split))
        return name


def grid(alphas: Array, betas: Array) -> Array:
    """`[B * A, 2]`: all points of a grid, one row of the surface after the other."""
    beta, alpha = np.meshgrid(betas, alphas, indexing="ij")
    return np.stack([alpha.ravel(), beta.ravel()], axis=1)


def axis_of(span_name: str, span: Any, points_name: str, points: Any, direction: Direction) -> Array:
    """The uniform grid of one axis; without a span the direction's own, without points 41.

    The centre is a node where the span is symmetric and the number of points odd.
    """
    low, high = bounds(span_name, direction.default_span if span is None else span)
    count = DEFAULT_POINTS if points is None else as_int(points_name, points, low=2, high=MOST_POINTS)
    alphas = np.linspace(low, high, count)
    if low == -high and count % 2:
        alphas[count // 2] = 0.0
    return alphas


def bounds(name: str, span: Any) -> tuple[float, float]:
    """(low, high) of a span: h means (-h, h)."""
    if not isinstance(span, (tuple, list)):
        half = as_number(name, span, above=0.0, remedy="h means (-h, h); (lo, hi) is an interval.")
        return -half, half
    if len(span) != 2:
        raise ValueError(complaint(name, "h or (lo, hi)", span))
    low, high = (as_number(name, value) for value in span)
    if low >= high:
        raise ValueError(complaint(name, "an interval (lo, hi) with lo < hi", span))
    return low, high


def one_an_axis(name: str, value: Any, num_axes: int) -> list[Any]:
    """An argument for each axis: one value for all, or a tuple with one entry an axis, alpha first."""
    if not isinstance(value, (tuple, list)):
        return [value] * num_axes
    if len(value) != num_axes:
        raise ValueError(complaint(name, f"one value, or {num_axes} of them, alpha first", value))
    return list(value)
