"""Other models that a direction is about, as steps from the centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

MOST_BYTES = 1 << 28  # of steps that are kept beside a direction: a quarter of a GiB


@dataclass(frozen=True, eq=False)
class Places:
    """Models in weight space: the target of a direction, or the checkpoints of a trajectory.

    Attributes:
        name: Of all of them, for a legend.
        labels: Of each.
        steps: `[n, P]`: each model minus the centre.
        is_path: Whether they follow one another, as those of a training run do.
    """

    name: str
    labels: tuple[str, ...]
    steps: Tensor
    is_path: bool = False

    @classmethod
    def path(cls, name: str, labels: Sequence[str], steps: Tensor) -> Places | None:
        """Checkpoints in order; None where they would take too much memory to be kept."""
        if steps.numel() * steps.element_size() > MOST_BYTES:
            return None
        return cls(name, tuple(labels), steps, is_path=True)

    def seen_from(self, offset: Tensor) -> Places:
        """The same models seen from another centre, which lies at `offset [P]`."""
        return replace(self, steps=self.steps - offset)
