"""What a classification says: the kind, and the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

CURVE_KINDS = (
    *("v-basin", "v-side", "w-basin", "w-side", "w-peak", "vvv-basin"),
    *("n-valley", "flat", "monotone", "peak", "unclear", "off-centre"),
)


class Valley(NamedTuple):
    """A local minimum inside the span that is deep enough to count."""

    alpha: float
    loss: float
    prominence: float


@dataclass(frozen=True)
class Classification:
    """The kind of a curve and the numbers behind it, in units of the loss.

    Attributes:
        kind: One of `CURVE_KINDS`.
        valleys: `(alpha, loss, prominence)` of each valley, from left to right.
        depth: Of a w-peak: how far the centre lies above the higher of the two valleys; else nan.
        barrier: Of a w-basin or vvv-basin: how far the lower barrier beside the centre rises above it.
        noise_floor: The least difference in loss that counted.
        reason: One sentence.
    """

    kind: str
    valleys: tuple[Valley, ...]
    depth: float
    barrier: float
    noise_floor: float
    reason: str
