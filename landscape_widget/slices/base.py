"""What curves, surfaces and volumes have in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget.shapes.heights import SIGMAS
from landscape_widget.shapes.scale import slice_scale
from landscape_widget.slices import display, nodes, records
from landscape_widget.slices.caption import AXIS_NAMES, Span, caption_of
from landscape_widget.slices.chebyshev import Interpolant, tensor_coords
from landscape_widget.slices.comparing import Comparison, compare
from landscape_widget.slices.files import write_container
from landscape_widget.slices.nodes import Array, Nodes

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Slice:
    """The loss over a line, a plane or a volume through weight space, on a uniform grid.

    Attributes:
        losses: `[A]`, `[B, A]` or `[C, B, A]`, in the unit of the loss (nats for cross-entropy); NaN and inf where
            the loss is.
        center_loss: The loss at the centre, always computed.
        samples: How many were used, of how many (None: not known).
        split: Which data.
        evaluations: How many points were computed.
        center_loss_frozen: The loss of the model's plain `eval()`, where it has BatchNorm.
        metrics: Name -> array like `losses`; known at the computed points, between them piecewise linear.
        ceiling: A rise in loss that counts as high.
        mined: A direction was constructed by mining.
        provenance: How it was made: hashes, recipes, modes, versions, date.
        interpolant: What the losses were read off; None where all of them were computed.
        computed: The points that were computed, where the grid is not those.
        expected_error: Largest expected error, in units of `max(scale, L - L_min)`; 0 where all was computed.
        per_sample: `[M, n]`: losses of each sample at the nodes; None where they were not kept.
        center_per_sample: `[n]`: the same at the centre.
        reason: Why a plain grid was computed where fewer points were asked for; else empty.
    """

    losses: Array
    center_loss: float
    samples: tuple[int, int | None] | None
    split: str = "train"
    evaluations: int = 0
    center_loss_frozen: float | None = None
    metrics: Mapping[str, Array] = field(default_factory=dict)
    ceiling: float | None = None
    mined: bool = False
    provenance: dict[str, Any] = field(default_factory=dict)
    interpolant: Interpolant | None = None
    computed: Nodes | None = None
    expected_error: float = 0.0
    per_sample: Array | None = None
    center_per_sample: Array | None = None
    reason: str = ""

    _kind_of_file: ClassVar[str]
    _axis_fields: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        for name in self._axis_fields:
            self._set(name, nodes.checked_axis(name, getattr(self, name)))
        shape = tuple(axis.size for axis in reversed(self.axes))
        self._set("losses", nodes.checked_values("losses", self.losses, shape))
        self._set("provenance", dict(self.provenance))
        self._set("metrics", nodes.checked_metrics(self.metrics, shape))
        self._check_per_sample()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the class is frozen for everybody else

    def _check_per_sample(self) -> None:
        if self.per_sample is None:
            return
        self._set("per_sample", nodes.frozen_array(self.per_sample))
        assert self.per_sample is not None
        if self.per_sample.ndim != 2 or len(self.per_sample) != len(self.nodes.losses):
            rule = f"[{len(self.nodes.losses)}, n], one row a node"
            raise ValueError(f"per_sample must be {rule}, got shape {self.per_sample.shape}.")

    @property
    def axes(self) -> tuple[Array, ...]:
        """The grid's points along each axis, alpha first."""
        return tuple(getattr(self, name) for name in self._axis_fields)

    @property
    @abstractmethod
    def spans(self) -> tuple[Span, ...]:
        """(low, high) of each axis, alpha first."""

    @property
    @abstractmethod
    def all_labels(self) -> tuple[str, ...]:
        """Of the directions, alpha first."""

    @cached_property
    def is_exact(self) -> NDArray[np.bool_]:
        """Shape of `losses`: whether each loss was computed at that very point."""
        if self.computed is None:
            return np.full(self.losses.shape, self.expected_error == 0)
        return display.is_computed(self.axes, self.computed)

    @cached_property
    def nodes(self) -> Nodes:
        """The computed points; of a plain grid all of them, alpha fastest."""
        if self.computed is not None:
            return self.computed
        return Nodes(nodes.frozen_array(tensor_coords(self.axes)), nodes.frozen_array(self.losses.ravel()))

    @property
    def scale(self) -> float:
        """The height that counts, `min(range, ceiling)`."""
        return slice_scale(self.losses, self.ceiling)

    @property
    def rounding(self) -> float:
        """The rounding floor of half precision; 0 for others."""
        return float(self.provenance.get("rounding_floor") or 0.0)

    def rounding_noise(self, losses: Array) -> Array:
        """What rounding alone may do to these losses, as a standard error; 0 where nothing is known of it."""
        share = float(self.provenance.get("rounding") or 0.0)
        return np.maximum(self.rounding, share * np.where(np.isfinite(losses), np.abs(losses), 0.0)) / SIGMAS

    @property
    def errors(self) -> Array:
        """Shape of `losses`: the expected error of each, in the unit of the loss; 0 where it was computed."""
        if not self.expected_error:
            return np.full(self.losses.shape, self.rounding)
        return np.where(self.is_exact, self.rounding, np.maximum(self.expected_error * self._unit, self.rounding))

    @property
    def _unit(self) -> Array:
        """`max(scale, L - L_min)`, the unit of errors."""
        finite = self.losses[np.isfinite(self.losses)]
        return np.maximum(self.scale, self.losses - finite.min()) if finite.size else np.zeros_like(self.losses)

    @property
    def error(self) -> float:
        """The largest expected error of the losses, in their unit; at least the rounding floor of half precision."""
        errors = self.errors
        known = errors[~np.isnan(errors)]
        return float(known.max()) if known.size else self.rounding

    @property
    def relative_error(self) -> float:
        """The largest expected error in units of `max(scale, L - L_min)`."""
        scale = self.scale
        return max(self.expected_error, self.rounding / scale if scale else 0.0)

    @property
    def stderr(self) -> Array | None:
        """`[M]`: standard error of the loss at each node, over the samples; None without `per_sample`."""
        return None if self.per_sample is None else _standard_error(self.per_sample)

    @property
    def noise(self) -> Array | None:
        """`[M]`: standard error of the paired differences to the centre; None without `per_sample`."""
        if self.per_sample is None or self.center_per_sample is None:
            return None
        return _standard_error(self.per_sample - self.center_per_sample)

    @property
    def caption(self) -> str:
        """What every picture of it says."""
        return self.caption_with()

    def caption_with(self, *notes: str) -> str:
        """The caption with more to say."""
        return caption_of(
            labels=self.all_labels,
            spans=self.spans,
            losses=self.losses,
            provenance={**self.provenance, "samples": self.samples, "split": self.split},
            center_loss=self.center_loss,
            center_loss_frozen=self.center_loss_frozen,
            mined=self.mined,
            error=self.error,
            relative_error=self.expected_error,
            num_nodes=None if self.computed is None else len(self.computed.losses),
            notes=(self.reason and f"plain grid: {self.reason}", *notes),
        )

    def at(self, *coords: ArrayLike) -> Any:
        """The loss at any points of the span, one array a coordinate, alpha first: a float, or an array."""
        named = zip(AXIS_NAMES, coords, self.axes, strict=False)
        x = np.broadcast_arrays(*[nodes.checked_coordinate(name, c, axis) for name, c, axis in named])
        if self.interpolant is None:
            values = display.between(self.losses, self.axes, x)
        else:
            values = display.signed(self.interpolant(*x), self.nodes.losses)
            values = np.where(np.logical_and.reduce([c == 0 for c in x]), self.center_loss, values)
        return values if values.ndim else float(values)

    def gradient(self, *coords: ArrayLike) -> Array:
        """`[K, ...]`: slopes of the loss along the axes at points of the span, off the interpolant's coefficients.

        Raises:
            ValueError: If every loss was computed, so that there are no coefficients.
        """
        function, count = self._smooth("gradient"), len(self.axes)
        orders = np.eye(count, dtype=int).tolist()
        return np.stack([function.derivative(order, *coords) for order in orders])

    def hessian(self, *coords: ArrayLike) -> Array:
        """`[K, K, ...]`: second derivatives of the loss along the axes, as in `gradient`."""
        function, eye = self._smooth("hessian"), np.eye(len(self.axes), dtype=int)
        return np.stack([np.stack([function.derivative((a + b).tolist(), *coords) for b in eye]) for a in eye])

    def _smooth(self, wanted: str) -> Interpolant:
        if self.interpolant is None:
            raise ValueError(
                f"{wanted} must be read off an interpolant, got a plain grid of losses. "
                "Compute the slice with exact=False, or use numpy.gradient on its losses."
            )
        return self.interpolant

    def compare(self, other: Any) -> Comparison:
        """The difference to another slice of the same kind, where their spans overlap, and what differs in words."""
        return compare(self, other)

    def verify(self, landscape: Any, n: int = 20, seed: int = 0, directions: Any = None) -> Any:
        """Compute `n` random points again in a landscape and say whether they agree and, if not, what differs.

        Args:
            landscape: Of the model, loss and data that the picture is said to show.
            n: How many points.
            seed: Of their choice.
            directions: Of the axes, where the slice's provenance does not say how to make them again.
        """
        return landscape.verify(self, n=n, seed=seed, directions=directions)

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it with matplotlib."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to one file, without pickle; `landscape_widget.load` reads it. Returns the file's path."""
        header, arrays = records.dismantled(self, self._axis_fields)
        return write_container(path, self._kind_of_file, header, arrays)

    def to_xarray(self) -> xarray.Dataset:
        """An xarray.Dataset: `loss`, `error`, `is_exact` and the metrics over `gamma`, `beta`, `alpha`.

        Its attributes hold the caption, the loss at the centre, and the provenance as JSON.

        Raises:
            ImportError: If xarray is not installed.
        """
        from landscape_widget.slices.xarray_export import dataset_of

        return dataset_of(self)

    def to_vtk(self, path: str | os.PathLike[str]) -> Path:
        """Write a file for ParaView and other readers of VTK's XML formats, provenance inside; returns its path.

        A curve becomes a line (.vtp) and a surface a structured grid (.vts), with the loss as z; a volume an image
        (.vti) over alpha, beta, gamma. The suffix is appended where it is missing. A loss that is not finite stays
        so in the data; a line is cut there, and the point is hidden.
        """
        from landscape_widget.slices.vtk_export import write_vtk

        return write_vtk(self, path)

    def _told(self, name: str) -> str:
        return f"{name}\n  {self.caption}\n  {records.listed(self.provenance)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class ManyAxes(Slice):
    """A slice along several directions.

    Attributes:
        span: (low, high) of each axis, alpha first.
        labels: Of the directions.
    """

    span: tuple[Span, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("span", tuple((float(low), float(high)) for low, high in self.span))

    @property
    def spans(self) -> tuple[Span, ...]:
        """Of all axes."""
        return self.span

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Of all directions."""
        return self.labels


def _standard_error(per_sample: Array) -> Array:
    count = per_sample.shape[-1]
    if count < 2:
        return np.full(per_sample.shape[:-1], np.nan)
    error: Array = per_sample.std(axis=-1, ddof=1) / np.sqrt(count)
    return error
