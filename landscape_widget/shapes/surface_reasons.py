"""Why a surface has its kind: one sentence with the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_widget.shapes.classification import Basin
from landscape_widget.shapes.terrain import Terrain

_COUNTS = {1: "One basin", 2: "Two basins", 3: "Three basins"}


def too_few(shape: tuple[int, ...]) -> str:
    """Of a surface with hardly any rows or columns."""
    return f"A shape needs at least three losses along each axis, and there are {shape[1]} x {shape[0]}."


def all_missing(finite: int, count: int) -> str:
    """Of a surface that is almost empty."""
    return f"Only {finite} of {count} losses are finite numbers, and a shape needs at least nine."


def no_center() -> str:
    """Of a surface with a hole at the centre."""
    return "The loss at the centre, or right beside it, is not a finite number."


def off_centre(spans: Sequence[tuple[float, float]]) -> str:
    """Of a surface beside the centre."""
    (a, b), (c, d) = spans
    return (
        f"The span, alpha from {a:.3g} to {b:.3g} and beta from {c:.3g} to {d:.3g}, does not contain the centre "
        "(0, 0), so nothing can be said about where the centre lies."
    )


def hidden(holes: int, first: str, second: str) -> str:
    """Of a surface with holes where it matters."""
    what = "loss is" if holes == 1 else "losses are"
    if first == second:
        return f"Looks like a {first}, but {holes} {what} missing (NaN) beside the centre or a basin's bottom."
    return f"Looks like a {first} or a {second}, by what stands where {holes} {what} missing (NaN)."


def doubts(holes: int, points: int | None) -> str:
    """What else to know of a surface that has a kind: its holes, and how few points an axis has where that matters."""
    left_out = f"; {holes} losses are missing and were left out" if holes else ""
    if points is None:
        return left_out
    return f"{left_out}; between only {points} points along an axis a basin may be missed, 11 are safer"


def explain(kind: str, terrain: Terrain, basins: Sequence[Basin], *, height: float, doubts: str) -> str:
    """The sentence; `height` is the depth or the barrier, where the kind has one."""
    text = _facts(kind, terrain, basins, height)
    return f"{text} (differences below {terrain.floor:.2g} do not count{doubts})."


def _facts(kind: str, terrain: Terrain, basins: Sequence[Basin], height: float) -> str:
    center = terrain.field.center_loss
    match kind:
        case "flat":
            losses = terrain.field.losses
            return f"The loss stays between {losses.min():.6g} and {losses.max():.6g}"
        case "wine-bottle":
            return (
                f"The centre is the top of a hill, {height:.3g} above a moat all around it, and beyond it a wall rises"
            )
        case "saddle":
            return f"The centre is a pass: {height:.3g} above both sides of one direction, and a bottom along another"
        case "bowl" | "trough":
            where = _places(basins) if basins else "The lowest ground reaches the border"
            shape = f"{terrain.elongation:.2g} times as long as wide"
            return f"{where}; the centre, with loss {center:.3g}, lies at its bottom, {shape}"
        case "slope":
            return f"{_places(basins)}; the centre, with loss {center:.3g}, lies on a flank"
        case "unclear":
            return _unnamed(terrain)
    where = f"lies in one of them, below a pass of {height:.3g}" if terrain.home else "lies in none of them"
    return f"{_places(basins)}; the centre, with loss {center:.3g}, {where}"


def _unnamed(terrain: Terrain) -> str:
    if terrain.is_at_bottom:
        return "The centre lies at the bottom of ground that reaches the border, so take a larger span"
    if terrain.has_moat:
        return "The centre is the top of a hill, but beyond its moat no wall rises, so take a larger span"
    if terrain.is_top:
        return "The centre is the top of a hill or ridge that reaches the border, and this has no kind of its own"
    return "The loss falls and rises several times around the centre, and this fits no kind"


def _places(basins: Sequence[Basin]) -> str:
    if not basins:
        return "No basin inside the span"
    count = _COUNTS.get(len(basins), f"{len(basins)} basins")
    return f"{count}: " + ", ".join(f"loss {b.loss:.3g} at ({b.alpha:.3g}, {b.beta:.3g})" for b in basins)
