"""One-dimensional slices."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget.shapes.classification import Classification
from landscape_widget.shapes.scale import scale_of
from landscape_widget.slices import nodes, records
from landscape_widget.slices.caption import Span, caption_of
from landscape_widget.slices.files import write_container
from landscape_widget.slices.nodes import Array, Nodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """The loss along one direction, computed at every point of a grid: `losses[a] = L(center + alphas[a] d)`.

    Attributes:
        alphas: `[A]`, increasing, in lengths of the direction.
        losses: `[A]`, in the unit of the loss (nats for cross-entropy); NaN and inf where the loss is.
        center_loss: The loss at alpha = 0, always computed.
        classification: The kind with its reason.
        span: First and last alpha.
        samples: How many were used, of how many (None: not known).
        split: Which data.
        evaluations: How many points were computed.
        center_loss_frozen: The loss of the model's plain `eval()`, where it has BatchNorm.
        metrics: Name -> `[A]`, at the computed points; between them piecewise linear.
        label: Of the direction.
        ceiling: A rise in loss that counts as high.
        mined: The direction was constructed by mining.
        provenance: How it was made: hashes, recipes, modes, versions, date.
    """

    alphas: Array
    losses: Array
    center_loss: float
    classification: Classification
    span: Span
    samples: tuple[int, int | None]
    split: str = "train"
    evaluations: int = 0
    center_loss_frozen: float | None = None
    metrics: Mapping[str, Array] = field(default_factory=dict)
    label: str = ""
    ceiling: float | None = None
    mined: bool = False
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        alphas = nodes.checked_axis("alphas", self.alphas)
        set_field = object.__setattr__  # the class is frozen for everybody else
        set_field(self, "alphas", alphas)
        set_field(self, "losses", nodes.checked_values("losses", self.losses, alphas.shape))
        set_field(self, "provenance", dict(self.provenance))
        set_field(self, "metrics", nodes.checked_metrics(self.metrics, alphas.shape))
        set_field(self, "span", (float(self.span[0]), float(self.span[1])))

    @property
    def kind(self) -> str:
        """The kind of the curve, see `classification`."""
        return self.classification.kind

    @property
    def is_exact(self) -> NDArray[np.bool_]:
        """`[A]`: whether each loss was computed at that very point."""
        return np.ones(self.losses.shape, dtype=bool)

    @property
    def nodes(self) -> Nodes:
        """The computed points, `coords [A, 1]`."""
        return Nodes(nodes.frozen_array(self.alphas[:, None]), self.losses)

    @property
    def error(self) -> float:
        """The largest expected error of the losses: 0, or the rounding floor of half precision."""
        return float(self.provenance.get("rounding_floor") or 0.0)

    @property
    def relative_error(self) -> float:
        """`error` in units of the scale, `min(range, ceiling)`."""
        scale = scale_of(self.losses, self.ceiling)
        return self.error / scale if scale else 0.0

    @property
    def caption(self) -> str:
        """What every picture of it says."""
        return self.caption_with()

    def caption_with(self, *notes: str) -> str:
        """The caption with more to say."""
        return caption_of(
            labels=[self.label],
            spans=[self.span],
            losses=self.losses,
            provenance={**self.provenance, "samples": self.samples, "split": self.split},
            center_loss=self.center_loss,
            center_loss_frozen=self.center_loss_frozen,
            mined=self.mined,
            error=self.error,
            notes=notes,
        )

    def at(self, alpha: ArrayLike) -> Any:
        """The loss at any alpha in the span, linear between points: a float, or an array like `alpha`.

        Raises:
            ValueError: If an alpha lies outside the span.
        """
        places = nodes.checked_coordinate("alpha", alpha, self.alphas)
        left, weight = nodes.weights_between(places, self.alphas)
        right = np.minimum(left + 1, self.alphas.size - 1)
        values = nodes.blend(self.losses[left], self.losses[right], weight)
        return values if values.ndim else float(values)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it with matplotlib, into `ax` or a new figure; returns the axes."""
        from landscape_widget.slices.drawing import draw_curve

        return draw_curve(self, ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to one file, without pickle; `landscape_widget.load` reads it. Returns the file's path."""
        header, arrays = records.dismantled(self, ("alphas", "losses"))
        return write_container(path, "curve", header, arrays)

    def __repr__(self) -> str:
        size = f"{self.losses.size} points"
        return f"Curve({self.kind}, {size})\n  {self.caption}\n  {records.listed(self.provenance)}"
