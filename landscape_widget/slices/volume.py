"""Three-dimensional slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget.slices import lines, showing
from landscape_widget.slices.base import ManyAxes
from landscape_widget.slices.caption import Span
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.nodes import Array
from landscape_widget.slices.surface import Surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Volume(ManyAxes):
    """The loss in a volume: `losses[c, b, a] = L(center + alphas[a] d + betas[b] e + gammas[c] f)`.

    More attributes: see `Slice`.

    Attributes:
        alphas: `[A]`, increasing, in lengths of the first direction.
        betas: `[B]`, of the second.
        gammas: `[C]`, of the third.
        span: First and last alpha, beta and gamma.
        labels: Of the three directions.
    """

    alphas: Array
    betas: Array
    gammas: Array
    span: tuple[Span, Span, Span]
    labels: tuple[str, str, str] = ("", "", "")

    _kind_of_file: ClassVar[str] = "volume"
    _axis_fields: ClassVar[tuple[str, ...]] = ("alphas", "betas", "gammas")

    def at(self, alpha: ArrayLike, beta: ArrayLike, gamma: ArrayLike) -> Any:  # type: ignore[override]
        """The loss at any point of the span: a float, or an array; linear between exact points.

        Raises:
            ValueError: If a point lies outside the span.
        """
        return super().at(alpha, beta, gamma)

    def along(self, step: Sequence[float], span: float | Sequence[float] | None = None) -> Curve:
        """The curve along `step[0] d + step[1] e + step[2] f`, read off the volume: nothing is evaluated.

        Args:
            step: Three numbers, not all 0.
            span: h for (-h, h), or (lo, hi), in lengths of the step; the longest that the volume holds without.

        Raises:
            ValueError: If the line leaves the span of the volume.
        """
        vector = np.asarray(step, dtype=np.float64)
        label = "step (" + ", ".join(f"{part:g}" for part in vector.ravel()) + ")"
        return lines.along(self, vector, label, span)

    def plane(self, first: Sequence[float], second: Sequence[float], span: Any = None) -> Surface:
        """The surface `alpha first + beta second` (three coordinates each), read off the volume: nothing is evaluated.

        Args:
            first: The first axis, in lengths of d, e and f.
            second: The second axis.
            span: h for (-h, h) on both axes; the largest that the volume holds without.

        Raises:
            ValueError: If the plane leaves the span of the volume.
        """
        steps = np.array([first, second], dtype=np.float64)
        return lines.plane(self, steps, span)

    def show(self, height: int = 420) -> Any:
        """A widget of it in ipyvolume: the volume as a cloud or as iso-surfaces, with sliders that cut it open.

        Args:
            height: Of the picture, in pixels.

        Raises:
            ImportError: If ipyvolume is not installed; iso-surfaces need scikit-image besides, and say so.
        """
        return showing.viewers["volume"](self, height)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw a map of the plane of the first two directions through the centre; returns the axes."""
        return self.plane((1, 0, 0), (0, 1, 0)).plot(ax)

    def __repr__(self) -> str:
        depth, rows, columns = self.losses.shape
        return self._told(f"Volume({columns} x {rows} x {depth} points)")
