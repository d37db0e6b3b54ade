"""Why a curve has its kind: one sentence with the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from landscape_widget.shapes.classification import Classification, SurfaceClassification, Valley
from landscape_widget.shapes.profile import Profile


def too_few(finite: int, count: int) -> str:
    """Of a curve that is almost empty."""
    return f"Only {finite} of {count} losses are finite numbers, and a shape needs at least three."


def no_center() -> str:
    """Of a curve with a hole at the centre."""
    return "The loss at the centre, or right beside it, is not a finite number."


def off_centre(alphas: np.ndarray) -> str:
    """Of a curve beside the centre."""
    return (
        f"The span, alpha from {alphas[0]:.3g} to {alphas[-1]:.3g}, does not contain the centre (alpha = 0), "
        "so nothing can be said about where the centre lies."
    )


def hidden(holes: int) -> str:
    """Of a curve with holes where it matters."""
    what = "loss is" if holes == 1 else "losses are"
    return f"Between the centre and the valleys {holes} {what} missing (NaN), which could hide a barrier."


def too_inexact(error: float, found: Classification | SurfaceClassification, scale: float, *, is_part: bool) -> str:
    """Of a curve, or a surface, that was read between computed points, with what to do about it.

    Args:
        error: Expected of its losses.
        found: What it looks like.
        scale: The unit of tolerances.
        is_part: It was read off another slice, whose tolerance is what counts.
    """
    floor = found.noise_floor
    if is_part:
        remedy = f"Compute it itself, or what it was read off {_digits(2 * error / floor, math.ceil)} times as exactly"
    else:
        needed = _digits(floor / (2 * scale), math.floor)
        remedy = f"A tolerance (tol) of {needed} or less tells it, and so does exact=True"
    return (
        f"Looks like a {found.kind}, but its losses were read between computed points and may be off by {error:.2g}, "
        f"more than half of the differences that count ({floor:.2g}). {remedy}."
    )


def _digits(value: float, rounded: Callable[[float], int]) -> str:
    """Two digits, rounded up or down."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    # What is off by rounding only is that number: 0.005 may be 0.00499999.
    return f"{rounded(round(value / unit, 6)) * unit:.6g}"


def explain(kind: str, profile: Profile, valleys: Sequence[Valley], *, height: float, floor: float, holes: int) -> str:
    """The sentence for a curve that has a kind; `height` is its depth or its barrier, where it has one."""
    center = float(profile.losses[profile.center])
    match kind:
        case "v-basin":
            text = f"{_places(valleys)}; the centre, with loss {center:.3g}, lies at its bottom"
        case "v-side":
            rise = center - valleys[0].loss
            text = f"{_places(valleys)}; the centre lies on its side, {rise:.3g} above the bottom"
        case "w-basin":
            text = f"{_places(valleys)}; the centre lies in one of them, below a barrier of {height:.3g}"
        case "vvv-basin":
            text = f"{_places(valleys)}; the centre lies in the middle one; the lower barrier rises {height:.3g}"
        case "w-peak":
            text = f"{_places(valleys)}; the centre is the top between them, {height:.3g} above the higher one"
        case "w-side":
            text = f"{_places(valleys)}; the centre, with loss {center:.3g}, lies in neither nor on a top"
        case "n-valley":
            text = f"{_places(valleys)}; with the centre at loss {center:.3g} this fits no other kind"
        case _:
            text = _without_valley(kind, profile)
    return f"{text} (differences below {floor:.2g} do not count{_left_out(holes, len(profile.alphas))})."


_COUNTS = {1: "One valley", 2: "Two valleys", 3: "Three valleys"}


def _places(valleys: Sequence[Valley]) -> str:
    count = _COUNTS.get(len(valleys), f"{len(valleys)} valleys")
    return f"{count}: " + ", ".join(f"loss {valley.loss:.3g} at alpha {valley.alpha:.3g}" for valley in valleys)


def _without_valley(kind: str, profile: Profile) -> str:
    x, y = profile.alphas, profile.losses
    least, most, first, last = _told_apart(y.min(), y.max(), y[0], y[-1])
    if kind == "flat":
        return f"The loss stays between {least} and {most}"
    if kind == "peak":
        top = f"the loss rises to {most} at alpha {x[y.argmax()]:.3g}"
        return f"No valley inside the span: {top} and falls to {first} and {last} at its borders"
    return f"No valley inside the span: the loss goes one way only, from {first} to {last}"


def _told_apart(*losses: float) -> list[str]:
    """Losses with three digits of their differences."""
    largest, spread = max(map(abs, losses)), max(losses) - min(losses)
    digits = 3 + math.ceil(math.log10(largest / spread)) if spread > 0 else 6
    return [f"{loss:.{min(digits, 12)}g}" for loss in losses]


def _left_out(holes: int, known: int) -> str:
    return f"; {holes} of {holes + known} losses are missing and were left out" if holes else ""
