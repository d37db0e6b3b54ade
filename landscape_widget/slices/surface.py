"""Two-dimensional slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget.shapes.classification import SurfaceClassification
from landscape_widget.shapes.surfaces import classify_surface
from landscape_widget.slices import lines
from landscape_widget.slices.base import ManyAxes
from landscape_widget.slices.caption import Span
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.nodes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Surface(ManyAxes):
    """The loss over a plane: `losses[b, a] = L(center + alphas[a] d + betas[b] e)`. More attributes: see `Slice`.

    Attributes:
        alphas: `[A]`, increasing, in lengths of the first direction.
        betas: `[B]`, increasing, in lengths of the second direction.
        span: First and last alpha, first and last beta.
        labels: Of the two directions.
    """

    alphas: Array
    betas: Array
    span: tuple[Span, Span]
    labels: tuple[str, str] = ("", "")

    _kind_of_file: ClassVar[str] = "surface"
    _axis_fields: ClassVar[tuple[str, ...]] = ("alphas", "betas")

    @staticmethod
    def from_arrays(alphas: ArrayLike, betas: ArrayLike, losses: ArrayLike) -> Surface:
        """A surface of unknown origin: `alphas [A]`, `betas [B]`, `losses [B, A]`."""
        from landscape_widget.slices import foreign

        return foreign.surface_from_arrays(alphas, betas, losses)

    @property
    def kind(self) -> str:
        """The kind of the surface, see `classification`."""
        return self.classification.kind

    @cached_property
    def classification(self) -> SurfaceClassification:
        """The kind with its reason and evidence; "unclear" where the error is more than half of what must be told."""
        return classify_surface(self)

    def at(self, alpha: ArrayLike, beta: ArrayLike) -> Any:  # type: ignore[override]
        """The loss at any point of the span: a float, or an array; bilinear between exact points.

        Raises:
            ValueError: If a point lies outside the span.
        """
        return super().at(alpha, beta)

    def along(self, angle: float, span: float | Sequence[float] | None = None) -> Curve:
        """The curve along `cos(angle) d + sin(angle) e`, read off the surface: nothing is evaluated.

        Args:
            angle: In degrees, as the mixing slider; 0 is the first direction.
            span: h for (-h, h), or (lo, hi); the longest that the surface holds without.

        Raises:
            ValueError: If the line leaves the span of the surface.
        """
        radians = np.deg2rad(angle)
        return lines.along(self, np.array([np.cos(radians), np.sin(radians)]), f"{angle:g} degrees", span)

    def plot(self, ax: Axes | None = None, *, log: bool | None = None) -> Axes:
        """Draw a map of it with matplotlib, into `ax` or a new figure; returns the axes.

        Args:
            ax: Where.
            log: Whether colours are logarithmic; None: where walls are a hundred times the lowest loss.

        Raises:
            ValueError: If it is to be logarithmic and not all losses are positive.
        """
        from landscape_widget.slices.drawing import draw_surface

        return draw_surface(self, ax, log=log)

    def __repr__(self) -> str:
        rows, columns = self.losses.shape
        return self._told(f"Surface({self.kind}, {columns} x {rows} points)")
