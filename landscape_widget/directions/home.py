"""The centre that a direction was made for."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from landscape_widget.core.fingerprint import fingerprint
from landscape_widget.core.params import FilterMetric, ParamSpace
from landscape_widget.directions.warning import warn


@dataclass(frozen=True, eq=False)
class Home:
    """A centre and what directions need of it; one is shared by all directions made there.

    Attributes:
        center: `[P]` on the CPU, in the space's dtype.
        metric: The filter metric of this centre.
        weights_hash: The same for the same weights.
    """

    center: Tensor
    metric: FilterMetric
    weights_hash: str

    @classmethod
    def at(cls, space: ParamSpace, center: Tensor) -> Home:
        """The home of a centre `[P]` on any device; copies it."""
        own = center.detach().to(device="cpu", dtype=space.dtype, copy=True)
        return cls(own, FilterMetric.at(space, own), fingerprint([own]))


def warn_of_other_center(label: str, theirs: str | None, ours: str | None) -> None:
    """Warn if the hashes of two centres are known and differ."""
    if theirs is None or ours is None or theirs == ours:
        return
    warn(
        f"The direction {label!r} was made at another centre of this model: its lengths, and where it leads, "
        "belong to that one. Make it again from its recipe to have it here."
    )
