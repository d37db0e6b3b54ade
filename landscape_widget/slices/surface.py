"""Two-dimensional slices."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget.shapes.scale import scale_of
from landscape_widget.slices import nodes, records
from landscape_widget.slices.caption import Span, caption_of
from landscape_widget.slices.files import write_container
from landscape_widget.slices.nodes import Array, Nodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Surface:
    """The loss over a plane, computed at every point: `losses[b, a] = L(center + alphas[a] d + betas[b] e)`.

    Attributes:
        alphas: `[A]`, increasing, in lengths of the first direction.
        betas: `[B]`, increasing, in lengths of the second direction.
        losses: `[B, A]`, in the unit of the loss (nats for cross-entropy); NaN and inf where the loss is.
        center_loss: The loss at alpha = beta = 0, always computed.
        span: First and last alpha, first and last beta.
        samples: How many were used, of how many (None: not known).
        split: Which data.
        evaluations: How many points were computed.
        center_loss_frozen: The loss of the model's plain `eval()`, where it has BatchNorm.
        metrics: Name -> `[B, A]`, at the computed points; between them piecewise linear.
        labels: Of the two directions.
        ceiling: A rise in loss that counts as high.
        mined: A direction was constructed by mining.
        provenance: How it was made: hashes, recipes, modes, versions, date.
    """

    alphas: Array
    betas: Array
    losses: Array
    center_loss: float
    span: tuple[Span, Span]
    samples: tuple[int, int | None]
    split: str = "train"
    evaluations: int = 0
    center_loss_frozen: float | None = None
    metrics: Mapping[str, Array] = field(default_factory=dict)
    labels: tuple[str, str] = ("", "")
    ceiling: float | None = None
    mined: bool = False
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        alphas, betas = nodes.checked_axis("alphas", self.alphas), nodes.checked_axis("betas", self.betas)
        shape = (betas.size, alphas.size)
        set_field = object.__setattr__  # the class is frozen for everybody else
        set_field(self, "alphas", alphas)
        set_field(self, "betas", betas)
        set_field(self, "losses", nodes.checked_values("losses", self.losses, shape))
        set_field(self, "provenance", dict(self.provenance))
        set_field(self, "metrics", nodes.checked_metrics(self.metrics, shape))
        set_field(self, "span", tuple((float(low), float(high)) for low, high in self.span))

    @property
    def kind(self) -> None:
        """Surfaces have no kind yet."""

    @property
    def classification(self) -> None:
        """Surfaces have no kind yet."""

    @property
    def is_exact(self) -> NDArray[np.bool_]:
        """`[B, A]`: whether each loss was computed at that very point."""
        return np.ones(self.losses.shape, dtype=bool)

    @property
    def nodes(self) -> Nodes:
        """The computed points, `coords [B A, 2]` with alpha first; point `b A + a`."""
        alphas, betas = np.meshgrid(self.alphas, self.betas)
        coords = np.stack([alphas.ravel(), betas.ravel()], axis=1)
        return Nodes(nodes.frozen_array(coords), nodes.frozen_array(self.losses.ravel()))

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
            labels=self.labels,
            spans=self.span,
            losses=self.losses,
            provenance={**self.provenance, "samples": self.samples, "split": self.split},
            center_loss=self.center_loss,
            center_loss_frozen=self.center_loss_frozen,
            mined=self.mined,
            error=self.error,
            notes=notes,
        )

    def at(self, alpha: ArrayLike, beta: ArrayLike) -> Any:
        """The loss at any point of the span, bilinear between computed ones: a float, or an array.

        Raises:
            ValueError: If a point lies outside the span.
        """
        x = nodes.checked_coordinate("alpha", alpha, self.alphas)
        y = nodes.checked_coordinate("beta", beta, self.betas)
        x, y = np.broadcast_arrays(x, y)
        a, right = nodes.weights_between(x, self.alphas)
        b, up = nodes.weights_between(y, self.betas)
        a1, b1 = np.minimum(a + 1, self.alphas.size - 1), np.minimum(b + 1, self.betas.size - 1)
        lower = nodes.blend(self.losses[b, a], self.losses[b, a1], right)
        upper = nodes.blend(self.losses[b1, a], self.losses[b1, a1], right)
        values = nodes.blend(lower, upper, up)
        return values if values.ndim else float(values)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw a map of it with matplotlib, into `ax` or a new figure; returns the axes."""
        from landscape_widget.slices.drawing import draw_surface

        return draw_surface(self, ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to one file, without pickle; `landscape_widget.load` reads it. Returns the file's path."""
        header, arrays = records.dismantled(self, ("alphas", "betas", "losses"))
        return write_container(path, "surface", header, arrays)

    def __repr__(self) -> str:
        rows, columns = self.losses.shape
        return f"Surface({columns} x {rows} points)\n  {self.caption}\n  {records.listed(self.provenance)}"
