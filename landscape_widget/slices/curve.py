"""One-dimensional slices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget.shapes import reasons
from landscape_widget.shapes.classification import Classification
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.profile import including_center
from landscape_widget.slices.base import Slice
from landscape_widget.slices.caption import Span
from landscape_widget.slices.nodes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve(Slice):
    """The loss along one direction: `losses[a] = L(center + alphas[a] d)`. More attributes: see `Slice`.

    Attributes:
        alphas: `[A]`, increasing, in lengths of the direction.
        span: First and last alpha.
        label: Of the direction.
    """

    alphas: Array
    span: Span
    label: str = ""

    _kind_of_file: ClassVar[str] = "curve"
    _axis_fields: ClassVar[tuple[str, ...]] = ("alphas",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("span", (float(self.span[0]), float(self.span[1])))

    @staticmethod
    def from_arrays(alphas: ArrayLike, losses: ArrayLike) -> Curve:
        """A curve of unknown origin: `alphas [A]`, `losses [A]`."""
        from landscape_widget.slices import foreign

        return foreign.curve_from_arrays(alphas, losses)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Of the one axis."""
        return (self.span,)

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Of the one direction."""
        return (self.label,)

    @property
    def kind(self) -> str:
        """The kind of the curve, see `classification`."""
        return self.classification.kind

    @cached_property
    def classification(self) -> Classification:
        """The kind with its reason; "unclear" where the error is more than half of what must be told apart."""
        alphas, losses = self.alphas, self.losses
        if np.isfinite(self.center_loss):
            alphas, losses = including_center(alphas, losses, self.center_loss)
        found = classify(alphas, losses, noise=self._noise_at(alphas, losses), ceiling=self.ceiling)
        error = self.expected_error * self.scale
        if found.kind in ("unclear", "off-centre") or 2 * error <= found.noise_floor:
            return found
        reason = reasons.too_inexact(error, found, self.scale, is_part="steps" in self.provenance)
        return replace(found, kind="unclear", depth=np.nan, barrier=np.nan, reason=reason)

    def _noise_at(self, alphas: Array, losses: Array) -> Array:
        """Standard errors of the paired differences at these points, and what rounding alone may do."""
        rounding = self.rounding_noise(losses)
        if self.noise is None:
            return rounding
        places = self.nodes.coords[:, 0]
        order = np.argsort(places)
        return np.maximum(np.interp(alphas, places[order], np.nan_to_num(self.noise[order])), rounding)

    def at(self, alpha: ArrayLike) -> Any:  # type: ignore[override]
        """The loss at any alpha in the span: a float, or an array like `alpha`; linear between exact points.

        Raises:
            ValueError: If an alpha lies outside the span.
        """
        return super().at(alpha)

    def plot(self, ax: Axes | None = None, *, log: bool | None = None) -> Axes:
        """Draw it with matplotlib, into `ax` or a new figure; returns the axes.

        Args:
            ax: Where.
            log: Whether the loss axis is logarithmic; None: where walls are a hundred times the lowest loss.

        Raises:
            ValueError: If it is to be logarithmic and not all losses are positive.
        """
        from landscape_widget.slices.drawing import draw_curve

        return draw_curve(self, ax, log=log)

    def __repr__(self) -> str:
        return self._told(f"Curve({self.kind}, {self.losses.size} points)")
