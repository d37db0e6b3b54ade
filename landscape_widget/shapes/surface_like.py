"""What the classifier asks of a surface, so that it need not know the class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import ArrayLike

from landscape_widget.shapes.heights import Array


class SurfaceLike(Protocol):
    """A slice along two directions; see `Surface` for what these are."""

    @property
    def alphas(self) -> Array:
        """`[A]`."""

    @property
    def betas(self) -> Array:
        """`[B]`."""

    @property
    def losses(self) -> Array:
        """`[B, A]`."""

    @property
    def center_loss(self) -> float:
        """NaN where unknown."""

    @property
    def ceiling(self) -> float | None:
        """A rise that counts as high."""

    @property
    def expected_error(self) -> float:
        """Of the losses, in units of the scale."""

    @property
    def scale(self) -> float:
        """The height that counts."""

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Holds `"steps"` where it was read off another slice."""

    @property
    def interpolant(self) -> Any:
        """None where every loss was computed."""

    @property
    def computed(self) -> Any:
        """None where the nodes are the grid."""

    @property
    def nodes(self) -> Any:
        """`.coords [M, 2]`."""

    @property
    def noise(self) -> Array | None:
        """`[M]`: standard errors of the paired differences."""

    def rounding_noise(self, losses: Array) -> Array:
        """What rounding alone may do to these losses, as a standard error."""

    def at(self, alpha: ArrayLike, beta: ArrayLike) -> Any:
        """The loss anywhere in the span."""

    def hessian(self, *coords: ArrayLike) -> Array:
        """`[2, 2]`, of an interpolant."""
