"""What a recipe returns: a surface with its evidence, also where it did not succeed."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_widget.directions import Direction
from landscape_widget.mining.result import MiningResult
from landscape_widget.recipes.workbench import Bounds, Copy, Prepared
from landscape_widget.shapes.evidence import SurfaceEvidence
from landscape_widget.slices.surface import Surface

_MOST_RINGS = 4  # of those in the report


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the kind of a recipe's surface rests on.

    Attributes:
        text: Which directions: what was mined, copied or taken.
        around: Losses on rings around the centre, `[R, 16]`, and the Hessian there; None outside of the span.
        mined: Where something was mined: the result, with its report on data that were not mined on.
        copies: Of the network, where there are any, with the losses there.
        center_loss: To compare these with.
    """

    text: str
    around: SurfaceEvidence | None
    mined: MiningResult | None
    copies: tuple[Copy, ...]
    center_loss: float

    def __str__(self) -> str:
        return "\n".join([self.text, *self._around(), *map(self._copied, self.copies), *self._mined()])

    __repr__ = __str__

    def _around(self) -> list[str]:
        if self.around is None:
            return []
        rings = zip(self.around.radii, self.around.rings, strict=True)
        every = max(1, len(self.around.radii) // _MOST_RINGS)
        texts = [f"  r = {r:.3g}: {ring.min():.4g} to {ring.max():.4g}" for r, ring in list(rings)[every - 1 :: every]]
        values = " and ".join(f"{value:.3g}" for value in self.around.eigenvalues)
        title = f"Losses on rings around the centre ({self.center_loss:.4g}), each at {len(self.around.angles)} angles:"
        return [*([title, *texts] if texts else []), f"Eigenvalues of the 2 x 2 Hessian at the centre: {values}."]

    def _copied(self, copy: Copy) -> str:
        verb = "equals" if copy.is_same else "differs from"
        alpha, beta = copy.place
        return (
            f"The loss at ({alpha:g}, {beta:g}), {copy.label}, is {copy.loss:.6g} and {verb} the centre's, "
            f"{self.center_loss:.6g}."
        )

    def _mined(self) -> list[str]:
        return [] if self.mined is None else ["Mining:", *(f"  {line}" for line in self.mined.report.text.splitlines())]


@dataclass(frozen=True, eq=False)
class RecipeResult:
    """A surface made by a recipe; prints as its report.

    Attributes:
        name: Of the recipe.
        wanted: The kind that it must show.
        surface: Over the two directions.
        directions: Of alpha and beta; mined ones keep their length.
        span: Of each axis.
        evidence: Rings, Hessian, and what was mined or copied.
        reason: Why it did not succeed; empty where it did.
    """

    name: str
    wanted: str
    surface: Surface
    directions: tuple[Direction, Direction]
    span: tuple[Bounds, Bounds]
    evidence: Evidence
    reason: str

    @property
    def kind(self) -> str:
        """What the classifier says of the surface."""
        return self.surface.kind

    @property
    def succeeded(self) -> bool:
        """The surface is of the wanted kind; what was mined is confirmed, and a copy's loss is that of the centre."""
        return not self.reason

    @property
    def report(self) -> str:
        """All of it in words."""
        found = self.surface.classification
        head = (
            f"{self.name}: {'succeeded' if self.succeeded else 'did not succeed'}, the surface is of kind {found.kind}."
        )
        return "\n".join([head, *filter(None, [self.reason, found.reason]), str(self.evidence)])

    def __str__(self) -> str:
        return self.report

    __repr__ = __str__


def judged(name: str, wanted: str, prepared: Prepared, surface: Surface) -> RecipeResult:
    """The result: evidence gathered, success decided."""
    around = surface.classification.evidence
    evidence = Evidence(prepared.text, around, prepared.mined, prepared.copies, surface.center_loss)
    reason = _failure(wanted, prepared, surface)
    return RecipeResult(name, wanted, surface, prepared.directions, prepared.span, evidence, reason)


def _failure(wanted: str, prepared: Prepared, surface: Surface) -> str:
    """Why the recipe did not succeed; empty if it did."""
    if surface.kind != wanted:
        return f"A {wanted} was wanted."
    if prepared.mined is not None and not prepared.mined.succeeded:
        return f"What was mined is not confirmed on data not mined on: {prepared.mined.report.reason}"
    if not all(copy.is_same for copy in prepared.copies):
        return "A symmetric copy has another loss than the centre."
    return ""
