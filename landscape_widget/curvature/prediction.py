"""The quadratic that gradient and Hessian predict along a direction, and where the real curve leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.curve import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
SHARE = 0.1  # of the curve's own rise or fall: so far the quadratic may be off before the two are said to part


class Parting(NamedTuple):
    """Where curve and quadratic part, on each side of the centre; None where they do not inside the span."""

    below: float | None
    above: float | None

    def __str__(self) -> str:
        sides = [f"{alpha:.3g}" for alpha in self if alpha is not None]
        return f"curve and quadratic part at alpha = {' and '.join(sides)}" if sides else "they do not part in the span"


@dataclass(frozen=True)
class Prediction:
    """`center_loss + slope alpha + curvature alpha^2 / 2` along one direction.

    Attributes:
        center_loss: In nats.
        slope: The gradient times the direction.
        curvature: `d^T H d`.
    """

    center_loss: float
    slope: float
    curvature: float

    def at(self, alphas: Array) -> Array:
        """Predicted losses at `alphas`, of any shape."""
        alphas = np.asarray(alphas, dtype=np.float64)
        return self.center_loss + self.slope * alphas + self.curvature * alphas**2 / 2

    @property
    def minimum(self) -> float | None:
        """The alpha of its lowest point; None where it has none."""
        return -self.slope / self.curvature if self.curvature > 0 else None

    def parting(self, curve: Curve) -> Parting:
        """The alphas nearest to the centre at which the two differ by too much.

        That is by more than a tenth of what the curve has risen or fallen there, and by more than its noise floor.
        """
        gaps = np.abs(curve.losses - self.at(curve.alphas))
        allowed = np.maximum(SHARE * np.abs(curve.losses - curve.center_loss), curve.classification.noise_floor)
        parted = curve.alphas[gaps > allowed]  # a NaN is a hole and parts from nothing
        below, above = parted[parted < 0], parted[parted > 0]
        return Parting(float(below.max()) if len(below) else None, float(above.min()) if len(above) else None)

    def plot(self, curve: Curve, ax: Axes | None = None) -> Axes:
        """The curve with the quadratic over it and the points where they part; returns the axes."""
        from landscape_widget.curvature.drawing import draw_prediction

        return draw_prediction(self, curve, ax)
