"""How often each kind of curve comes up along random directions: a count with an interval, not an impression."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_widget._checks import as_choice, as_int, complaint
from landscape_widget.directions import Directions
from landscape_widget.progress import watched
from landscape_widget.slices.curve import Curve
from landscape_widget.slicing import Request, Slicer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOISES = ("gaussian", "uniform", "rademacher", "sign_aligned")
_Z_95 = 1.959963984540054  # 97.5 % of a standard normal variable lie below
_CLAIM = (
    'arXiv 2405.12493 finds Gaussian directions "almost all v-basin", with no number that we know of. This count is '
    "about this network at this centre, this noise, this span and this data."
)


@dataclass(frozen=True)
class Share:
    """How many curves were of a kind.

    Attributes:
        count: Of the curves seen.
        share: The same as a share.
        low: Lower end of the 95 % interval of the share among all directions of this sort (Wilson 1927).
        high: Its upper end.
    """

    count: int
    share: float
    low: float
    high: float

    def __str__(self) -> str:
        low, high = math.floor(100 * self.low + 1e-9), math.ceil(100 * self.high - 1e-9)
        return f"{100 * self.share:.3g} % (95 % interval {low} to {high} %)"


@dataclass(frozen=True, eq=False)
class Census:
    """Curves along random directions, and how many were of each kind.

    Attributes:
        noise: Which.
        seeds: How many were asked for; fewer curves were finished where it was interrupted.
        curves: One a seed, from seed 0.
    """

    noise: str
    seeds: int
    curves: tuple[Curve, ...]

    @cached_property
    def kinds(self) -> Mapping[str, Share]:
        """Kind -> count with its interval; the most frequent first."""
        counts = Counter(curve.kind for curve in self.curves).most_common()
        return {kind: share_of(count, len(self.curves)) for kind, count in counts}

    def __str__(self) -> str:
        of = f" of {self.seeds} (interrupted)" if len(self.curves) < self.seeds else ""
        low, high = self.curves[0].span if self.curves else (math.nan, math.nan)
        title = f"{len(self.curves)}{of} {_in_words(self.noise)} directions, alpha {low:.4g} to {high:.4g}"
        width = max((len(kind) for kind in self.kinds), default=0)
        lines = [f"  {kind:<{width}}  {share.count:>4}  {share}" for kind, share in self.kinds.items()]
        return "\n".join([title, *lines, _CLAIM])

    __repr__ = __str__

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw all curves into `ax` or a new figure, coloured by kind; returns the axes."""
        from landscape_widget.slices.drawing import draw_curves

        labels = {kind: f"{kind}: {share.count}, {share}" for kind, share in self.kinds.items()}
        title = f"{len(self.curves)} {_in_words(self.noise)} directions"
        return draw_curves(self.curves, labels, title, ax)


def census_of(
    directions: Directions,
    slicer: Slicer,
    noise: str,
    seeds: int,
    span: Any,
    split: str | None,
    progress: Any,
) -> Census:
    """The census of a landscape; arguments as in `Landscape.census`.

    Raises:
        TypeError, ValueError: An argument makes no sense; the text names it.
    """
    draw = getattr(directions, as_choice("noise", noise, NOISES))
    request = Request(split=slicer.split(split), progress=False)
    curve = partial(slicer.slices, span=span, request=request)
    count = as_int("seeds", seeds, low=1)
    return take_census(noise, count, lambda seed: draw(seed=seed), lambda d: curve({"d": d}), progress)


def take_census(
    noise: str,
    seeds: int,
    draw: Callable[[int], Any],
    curve: Callable[[Any], Curve],
    progress: Any = None,
) -> Census:
    """Draw, compute and classify; an interrupt keeps what there is, with a warning.

    Args:
        noise: For the title.
        seeds: How many, from 0.
        draw: Seed -> direction.
        curve: Direction -> curve.
        progress: As in `Landscape.curve`.
    """
    curves: list[Curve] = []
    with watched(progress, f"census, {_in_words(noise)}") as report:
        try:
            for seed in range(seeds):
                curves.append(curve(draw(seed)))
                report(seed + 1, seeds)
        except KeyboardInterrupt:
            if not curves:
                raise
            text = f"The census was interrupted after {len(curves)} of {seeds} curves; it holds what there is."
            warnings.warn(text, stacklevel=4)
    return Census(noise, seeds, tuple(curves))


def share_of(count: int, total: int) -> Share:
    """A share with its 95 % interval by Wilson's score: sound for few curves, and for all or none of them."""
    if not 0 <= count <= total or total == 0:
        raise ValueError(complaint("count", f"from 0 to total = {total}, and total at least 1", count))
    share, spread = count / total, _Z_95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    low, high = np.clip([middle - half, middle + half], 0.0, 1.0).tolist()
    # All or none: the end of the interval is exact, whatever rounding makes of it.
    return Share(count, share, 0.0 if count == 0 else low, 1.0 if count == total else high)


def _in_words(noise: str) -> str:
    return {"gaussian": "Gaussian", "rademacher": "Rademacher", "sign_aligned": "sign-aligned"}.get(noise, noise)
