"""One direction in weight space, with how it was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from os import PathLike
from typing import Any

from torch import Tensor

from landscape_widget._checks import as_number, complaint
from landscape_widget.core.fingerprint import fingerprint
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions import normalization
from landscape_widget.directions.conventions import Likeness
from landscape_widget.directions.home import Home, warn_of_other_center
from landscape_widget.directions.metric import Seen
from landscape_widget.directions.places import Places
from landscape_widget.directions.recipes import Source, Span, flipped, hull, kinds, orthogonal
from landscape_widget.directions.vectors import (
    check_moves,
    check_same_space,
    check_something_left,
    check_vector,
)
from landscape_widget.slices.files import write_container

FILE_KIND = "direction"
# Kinds of directions whose length is part of what they show.
LEADING = {"mined", "to", "trajectory", "permutation", "sign_flip", "rescaling", "eigenvector"}


@dataclass(frozen=True, eq=False)
class Direction:
    """A vector `[P]` along which the loss is looked at; never rescaled unless asked.

    Attributes:
        vector: `[P]` on the CPU, in the space's dtype; not to be written to.
        label: A few words for axes and menus.
        source: How it was made, JSON-able: `{"kind": "gaussian", "seed": 0, "normalize": "filter"}`.
        default_span: h of (-h, h), or (low, high), in units of this direction.
        space: The parameters that move, in the order of `vector`.
        home: The centre that it was made for; None when it was loaded with no model at hand.
        saved_hash: `weights_hash` of the centre in the file that it was loaded from.
        places: Models that it is about, which maps mark; not saved.
    """

    vector: Tensor
    label: str
    source: Source
    default_span: Span
    space: ParamSpace
    home: Home | None = None
    saved_hash: str | None = None
    places: Places | None = None

    def __post_init__(self) -> None:
        check_vector(self.vector, self.space, "vector")
        check_moves(self.vector, "direction", "Choose another source, or more with Landscape(params=...).")

    def __repr__(self) -> str:
        return f"Direction({self.label!r}, P={self.space.size}, source={dict(self.source)})"

    @property
    def weights_hash(self) -> str | None:
        """Which centre it was made for; None if that is not known."""
        return self.home.weights_hash if self.home else self.saved_hash

    @property
    def normalization(self) -> str:
        """The unit of its length: a mode of `normalized`; `"none"` where it is as it came."""
        return str(self.source.get("normalize", "none"))

    @property
    def is_mined(self) -> bool:
        """Whether it was constructed by mining, wholly or in part."""
        return "mined" in set(kinds(self.source))

    @property
    def keeps_length(self) -> bool:
        """Whether alpha = 1 means something on it: it leads to other weights, or was mined."""
        return not LEADING.isdisjoint(kinds(self.source))

    def record(self) -> dict[str, Any]:
        """What provenance says of it, JSON-able."""
        return {
            "label": self.label,
            "hash": fingerprint([self.vector]),
            "source": dict(self.source),
            "normalization": self.normalization,
            "mined": self.is_mined,
            "default_span": self.default_span,
        }

    def normalized(
        self, mode: str | None = None, *, like: str | None = None, distance: float | None = None, ignore: Any = None
    ) -> Direction:
        """The same with the centre's lengths by `"filter"`, `"layer"`, `"model"`, or as it is (`"none"`).

        Args:
            mode: One of those four; or none of them and `like`.
            like: Lengths as another tool makes them, all of which are called filter-normalised: `"tomgoldstein"`,
                `"loss-landscapes"`, `"oxford"`, `"LLA"`, `"losscape"`, `"gradfield"`, `"loss-landscape-3d"`,
                `"nngeom"`, `"PascalSun"`, `"Landscaper"`, `"Landscaper-git"`, `"how-do-vits-work"`, `"landscapeviz"`.
            distance: Argument of loss-landscapes, oxford and Landscaper; default theirs.
            ignore: Argument of tomgoldstein: `"biasbn"`, its default, or `""`: biases and norms move by themselves.

        Raises:
            ValueError: If nothing that moves is left, or the arguments do not go together.
        """
        if (mode is None) == (like is None):
            rule = "given, or like, and not both"
            raise ValueError(complaint("mode", rule, mode, 'Such as normalized("filter").'))
        if like is not None:
            return self._like(Likeness.checked(like, distance, ignore))
        for name, value in (("distance", distance), ("ignore", ignore)):
            if value is not None:
                raise ValueError(complaint(name, "left out without like", value))
        vector = normalization.normalize(self.space, self.vector, home_of(self).center, str(mode))
        check_something_left(vector, str(mode))
        source = {"kind": "normalized", "normalize": mode, "of": dict(self.source)}
        return self if mode == "none" else replace(self, vector=vector, source=source)

    def _like(self, likeness: Likeness) -> Direction:
        vector = likeness.direct(self.space, self.vector, home_of(self).center)
        check_something_left(vector, likeness.name)
        source = {
            "kind": "normalized",
            "normalize": likeness.name,
            "like": likeness.arguments(),
            "unit": likeness.unit,
            "of": dict(self.source),
        }
        return replace(self, vector=vector, source=source, label=f"{self.label}, {likeness.name}")

    def orthogonal_to(self, e: Direction) -> Direction:
        """The part orthogonal to `e` in the filter metric, at its own length.

        Weights that the metric does not see (biases, norms) keep their entries.

        Raises:
            ValueError: If the two are parallel, or one vanishes in the filter metric.
        """
        mine, axis = self._seen_with(e)
        vector = mine.orthogonal_to(axis, home_of(self).metric).vector
        source = orthogonal(self.source, e.source)
        return replace(self, vector=vector, source=source, label=f"{self.label}, orthogonal to {e.label}")

    def cosine(self, e: Direction) -> float:
        """Cosine of the angle to `e` in the filter metric.

        Raises:
            ValueError: If one of the two vanishes in the filter metric.
        """
        mine, other = self._seen_with(e)
        return mine.cosine(other)

    def _seen_with(self, e: Direction) -> tuple[Seen, Seen]:
        check_same_space(e.space, self.space, "e")
        metric = home_of(self).metric
        return Seen.by(metric, self.vector, "direction"), Seen.by(metric, e.vector, "e")

    def __add__(self, other: Direction) -> Direction:
        if not isinstance(other, Direction):
            return NotImplemented
        check_same_space(other.space, self.space, "the second direction")
        warn_of_other_center(other.label, other.weights_hash, self.weights_hash)
        return replace(
            self,
            vector=self.vector + other.vector.to(self.vector.dtype),
            label=f"{self.label} + {other.label}",
            source={"kind": "sum", "parts": [dict(self.source), dict(other.source)]},
            default_span=hull(self.default_span, other.default_span),
        )

    def __sub__(self, other: Direction) -> Direction:
        if not isinstance(other, Direction):
            return NotImplemented
        return self + (-1 * other)

    def __mul__(self, factor: float) -> Direction:
        if isinstance(factor, bool) or not isinstance(factor, Real):
            return NotImplemented
        number = as_number("factor", factor)
        return replace(
            self,
            vector=number * self.vector,
            label=f"{number:g} x {self.label}",
            source={"kind": "multiple", "factor": number, "of": dict(self.source)},
            default_span=flipped(self.default_span) if number < 0 else self.default_span,
        )

    __rmul__ = __mul__

    def __neg__(self) -> Direction:
        return -1.0 * self

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to one file without pickle; `lw.load` and `landscape.directions.load` read it."""
        header = {
            "label": self.label,
            "source": dict(self.source),
            "default_span": self.default_span,
            "names": list(self.space.names),
            "shapes": [list(shape) for shape in self.space.shapes],
            "weights": self.weights_hash,
        }
        write_container(path, FILE_KIND, header, {"vector": self.vector.numpy()})


def home_of(direction: Direction) -> Home:
    """The centre that a direction's lengths are measured by; a RuntimeError if there is none."""
    if direction.home is None:
        raise RuntimeError(
            "direction must belong to a landscape for its lengths, got one loaded without a model. "
            "Load it with landscape.directions.load(path)."
        )
    return direction.home
