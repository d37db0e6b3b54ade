"""What a classification says: the kind, and the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from landscape_widget.shapes.evidence import SurfaceEvidence

CURVE_KINDS = (
    *("v-basin", "v-side", "w-basin", "w-side", "w-peak", "vvv-basin"),
    *("n-valley", "flat", "monotone", "peak", "unclear", "off-centre"),
)
SURFACE_KINDS = (
    *("bowl", "trough", "slope", "saddle", "wine-bottle"),
    *("two-basins", "three-basins", "n-basins", "flat", "unclear"),
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


class Basin(NamedTuple):
    """A local minimum of a surface inside the span that is deep enough to count."""

    alpha: float
    beta: float
    loss: float
    prominence: float


@dataclass(frozen=True, eq=False)
class SurfaceClassification:
    """The kind of a surface and the numbers behind it, in units of the loss.

    Attributes:
        kind: One of `SURFACE_KINDS`.
        valleys: `(alpha, beta, loss, prominence)` of each basin, by alpha.
        depth: Of a wine-bottle: how far the centre lies above the highest place of the moat around it; of a saddle:
            above the higher of its two sides; else nan.
        barrier: Of several basins, where the centre lies in one of them: how far the lowest pass to another rises
            above it; else nan.
        noise_floor: The least difference in loss that counted.
        reason: One sentence.
        evidence: Losses on rings around the centre and the Hessian there; None where the centre lies outside.
    """

    kind: str
    valleys: tuple[Basin, ...]
    depth: float
    barrier: float
    noise_floor: float
    reason: str
    evidence: SurfaceEvidence | None
