"""On a log axis small losses are seen: around the centre, the error has to be small beside the loss itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landscape_widget.shapes.scale import slice_scale, unit_of
from landscape_widget.slices.display import uniform_axis
from landscape_widget.widget.reading import Source
from landscape_widget.widget.subjects import Drawn, Subject

Array = NDArray[np.float64]

NEAR = 0.2  # of the span around the centre
SHARE = 0.1  # of the loss there, that the error may be
LEAST_TOLERANCE = 1e-5  # below that, rounding of float32 is what is left
LOOKED_AT = {1: 201, 2: 41}  # points an axis at which error and loss are compared
TIGHTER = 0.6  # each further search


@dataclass(frozen=True, eq=False)
class Closeup:
    """The part of a slice near the centre.

    Attributes:
        subject: The part as a subject of its own, in the same plane.
    """

    subject: Subject

    @classmethod
    def of(cls, subject: Subject) -> Closeup:
        """The part of a slice that counts."""
        return cls(subject.zoomed(NEAR))

    def share(self) -> float:
        """The largest error beside the loss at the same point, as far as is known; inf where nothing is."""
        found, lowest = self.subject.best(), self._lowest()
        if found is None or not found[0].is_checked or lowest <= 0:
            return float("inf")
        source, losses = found[0], self._losses(*found)
        return float((source.errors(losses) / np.maximum(losses, lowest)).max())

    def tolerance(self, round_: int) -> float | None:
        """What a search is tried with; None where losses are not all positive, so that none can do."""
        found, lowest = self.subject.best(), self._lowest()
        if found is None or lowest <= 0:
            return None
        losses = np.maximum(self._losses(*found), lowest)
        unit = unit_of(losses, float(losses.min()), slice_scale(losses, found[0].ceiling))
        return max(LEAST_TOLERANCE, min(SHARE, SHARE * float((losses / unit).min())) * TIGHTER**round_)

    def _losses(self, source: Source, steps: Array) -> Array:
        axis = uniform_axis(-self.span, self.span, LOOKED_AT[len(self.subject.turn)])
        return source.losses(steps, [axis] * len(self.subject.turn))

    def _lowest(self) -> float:
        """The lowest loss that was computed in the part; the centre is one of them."""
        found = self.subject.best()
        center = self.subject.center_loss
        return center if found is None else min([center, *found[0].nodes(found[1], self.span).losses.tolist()])

    @property
    def span(self) -> float:
        """How far from the centre."""
        return self.subject.scene.span

    @property
    def note(self) -> str:
        """What the caption says."""
        share = self.share()
        if not np.isfinite(share):
            return ""
        return f"log height: within {self.span:.3g} of the centre off by at most {100 * share:.2g} % of the loss"

    def put_into(self, drawn: Drawn) -> Drawn:
        """The slice with the losses near the centre as this part knows them; computed ones stay."""
        found = self.subject.best()
        if found is None or drawn.interpolant is None or not found[0].is_checked:
            return drawn
        inside = [np.abs(axis) <= self.span for axis in drawn.axes]
        place = np.ix_(*reversed(inside))
        losses = np.array(drawn.losses)
        own = found[0].losses(found[1], _parts(drawn.axes, inside))
        losses[place] = np.where(drawn.is_exact[place], losses[place], own)
        return replace(drawn, losses=losses)


def as_shown(subject: Subject) -> Drawn | None:
    """The slice as well as it is known, on a log axis near the centre too; None where it is not."""
    drawn = subject.known()
    if drawn is None or not subject.scene.settings.log_height:
        return drawn
    return Closeup.of(subject).put_into(drawn)


def _parts(axes: Sequence[Array], inside: Sequence[NDArray[np.bool_]]) -> list[Array]:
    return [axis[chosen] for axis, chosen in zip(axes, inside, strict=True)]
