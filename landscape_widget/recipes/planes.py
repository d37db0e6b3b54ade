"""The recipes: which two directions, at which lengths, and how far to look.

That curves of known kinds combine to surfaces such as saddles and wine bottles is what arXiv:2405.12493 claims; which
directions, spans and lengths are taken here is our own design.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from landscape_widget.directions import Direction
from landscape_widget.mining.result import MiningResult
from landscape_widget.recipes.copies import copies_among, others
from landscape_widget.recipes.workbench import Bench, Prepared, Said, Steps, mined

# Filter-normalised noise beside another direction, in its own length: as far as its walls count and no farther.
ACROSS = (-0.5, 0.5)
WHOLE = (-1.0, 1.0)
TO_MODEL = (-0.5, 1.5)
# Where the ways to two networks meet at less than a right angle, basins reach farther out.
TO_MODELS = (-0.75, 1.75)
# A mined direction of radius .3 at alpha = 2 is as long as noise at .6.
BESIDE_PEAK = (-0.6, 0.6)
# Points of exact grids: planes through two basins have walls and passes that an interpolant gives up on, after more
# points than these (measured on the demo: 2 000).
TROUGH_POINTS, BASINS_POINTS, ROW_POINTS = (33, 13), (25, 25), (41, 11)
LADDER = 10  # lengths that are tried downhill, each half of the one before
DROP = 0.02  # share of the ceiling by which the loss must fall downhill: twice what the classifier tells apart
BEHIND, BEYOND = 2.0, 3.0  # times the way to the lowest place downhill


def bowl(bench: Bench) -> Steps:
    """Two Gaussian directions."""
    yield Said(0, 1, "drawing noise")
    d = bench.gaussian(seed=2 * bench.seed)
    e = bench.gaussian(d, seed=2 * bench.seed + 1)
    return Prepared((d, e), (WHOLE, WHOLE), "Two Gaussian directions: nothing was mined or copied.")


def flank(bench: Bench) -> Steps:
    """A Gaussian direction and one whose curve is a v-side: downhill, or a mined one where downhill shows no slope."""
    noise = bench.gaussian()
    downhill = yield from _downhill(bench, noise)
    if downhill is not None:
        direction, bottom = downhill
        span = (-BEHIND * bottom, BEYOND * bottom)
        text = f"A Gaussian direction and the steepest one downhill, along which the loss is lowest near {bottom:.3g}."
        return Prepared((noise, direction), (ACROSS, span), text)
    found = yield from mined(bench, "v-side")
    d = found.direction
    text = "A mined v-side and a Gaussian direction: no slope is to be seen along the steepest one downhill."
    return Prepared((d, bench.gaussian(d)), (_own(d), BESIDE_PEAK), text, found)


def trough(bench: Bench) -> Steps:
    """The way to another good network, and a Gaussian direction."""
    found = yield from others(bench, 1)
    d = found[0]
    text = f"The way {d.label} (alpha = 1) and a Gaussian direction."
    spans = (TO_MODEL, ACROSS)
    return Prepared((d, bench.gaussian(d)), spans, text, copies=copies_among(bench, found), points=TROUGH_POINTS)


def three_basins(bench: Bench) -> Steps:
    """The ways to two other good networks; not made orthogonal, so that they lie at (1, 0) and (0, 1)."""
    found = yield from others(bench, 2)
    d, e = found
    angle = float(np.degrees(np.arccos(d.cosine(e))))
    text = (
        f"The ways {d.label}, at (1, 0), and {e.label}, at (0, 1). They meet at {angle:.0f} degrees, which the picture "
        "draws as a right angle."
    )
    spans = (TO_MODELS, TO_MODELS)
    return Prepared((d, e), spans, text, copies=copies_among(bench, found), points=BASINS_POINTS)


def saddle(bench: Bench) -> Steps:
    """A mined w-peak and a Gaussian direction."""
    found = yield from mined(bench, "w-peak")
    return _beside_noise(bench, found, BESIDE_PEAK)


def wine_bottle(bench: Bench) -> Steps:
    """A mined plane."""
    found = yield from mined(bench, "wine-bottle")
    d, e = found.directions
    return Prepared((d, e), (_own(d), _own(e)), "Both directions were mined together, as a plane.", found)


def three_in_a_row(bench: Bench) -> Steps:
    """A mined vvv-basin and a Gaussian direction."""
    found = yield from mined(bench, "vvv-basin")
    return _beside_noise(bench, found, ACROSS, ROW_POINTS)


def _beside_noise(
    bench: Bench, found: MiningResult, across: tuple[float, float], points: tuple[int, int] | None = None
) -> Prepared:
    d = found.direction
    text = f"A mined {found.report.figures['wanted']} and a Gaussian direction."
    return Prepared((d, bench.gaussian(d)), (_own(d), across), text, found, points=points)


def _own(direction: Direction) -> tuple[float, float]:
    span = direction.default_span
    return span if isinstance(span, tuple) else (-span, span)


def _downhill(bench: Bench, noise: Direction) -> Generator[Said, None, tuple[Direction, float] | None]:
    """The steepest direction downhill, orthogonal to noise, and where the loss is lowest along it.

    None where the loss falls by less than what can be seen, or where there is no gradient.
    """
    yield Said(0, LADDER, "looking downhill")
    try:
        direction = bench.factory.gradient().orthogonal_to(noise)
    except ValueError:  # no gradient at all, or none that the filters see
        return None
    losses = []
    for rung in range(LADDER):
        yield Said(rung, LADDER, "looking downhill")
        losses.append(bench.loss(direction, 0.5**rung))
    lowest = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    drop, ceiling = bench.slicer.center_loss() - losses[lowest], bench.slicer.ceiling
    least = DROP * (ceiling if ceiling is not None else abs(bench.slicer.center_loss()))
    return (direction, 0.5**lowest) if drop > least else None
