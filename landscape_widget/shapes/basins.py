"""The basins of a surface, by topological prominence, and the levels at which ground runs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from landscape_widget.shapes.field import Field
from landscape_widget.shapes.prominence import Dip, paired

# The outline of a basin is taken so many floors above its bottom: well above noise, well below its walls.
_OUTLINE = 5.0
# A bottom so near to the border, in cells of the computed grid, is not told apart from one on it by a slight rise.
_STEADY_CELLS = 2


def basins_of(field: Field) -> list[Dip]:
    """The dips that count, by place: as prominent as their floor, below the cap, with their bottom inside the span."""
    heights, dips = field.heights, _dips_of(field)
    deep = [dip for dip in dips if heights.capped(dip.point, dip.prominence) >= basin_floor(field, dip)]
    found = [dip._replace(point=_middle(field, dip.point)) for dip in deep if _is_inside(field, dip, dips)]
    return sorted(found, key=lambda dip: field.place(dip.point))


def _dips_of(field: Field) -> list[Dip]:
    losses = field.heights.losses
    pairs = paired(losses, field.distances.ravel(), _neighbours(*field.losses.shape))
    dips = [Dip(point, barrier, float(losses[barrier] - losses[point])) for point, barrier in pairs]
    return [dip for dip in dips if dip.prominence > 0]


def basin_floor(field: Field, dip: Dip) -> float:
    """The least prominence that makes this dip a basin."""
    return field.heights.floor(dip.point, dip.barrier)


def elongation(field: Field, point: int) -> float:
    """Length over width of the ground around a low point, in the directions' own lengths.

    The ground is what hangs together with the point up to a few floors above it, cut off by the span; length and
    width are the square roots of the eigenvalues of its second moments.
    """
    losses = field.losses
    bottom = float(field.heights.losses[point])
    level = bottom + min(_OUTLINE * field.heights.floor(point), (losses.max() - bottom) / 2)
    rows, columns = np.nonzero(field.connected(losses <= level, point))
    cells = np.gradient(field.alphas)[columns], np.gradient(field.betas)[rows]
    places = np.stack([field.alphas[columns], field.betas[rows]])
    weights = cells[0] * cells[1]
    # A cell has a size of its own: half of a cell on the border, but no ground is narrower than one.
    own = [np.average(cell**2, weights=weights) / 12 for cell in cells]
    moments = np.cov(places, aweights=weights, ddof=0) + np.diag(own)
    narrow, wide = np.sqrt(np.linalg.eigvalsh(moments))
    return float(wide / narrow)


def pass_to(field: Field, start: int, reached: Callable[[np.ndarray], bool], *, over: bool) -> float:
    """The level at which the ground around a point first reaches something.

    Args:
        field: The surface.
        start: The point.
        reached: Of the ground `[B, A]`, whether it does.
        over: Rising water around a low point, else falling water around a high one.

    Returns:
        A loss; the highest (or lowest) of all where nothing is reached.
    """
    losses = field.losses
    levels = np.unique(losses) if over else np.unique(losses)[::-1]
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        mask = losses <= levels[middle] if over else losses >= levels[middle]
        low, high = (low, middle) if reached(field.connected(mask, start)) else (middle + 1, high)
    return float(levels[low])


def _neighbours(rows: int, columns: int) -> np.ndarray:
    """`[N, 8]`: the points around each point of a grid; -1 outside."""
    padded = np.pad(np.arange(rows * columns).reshape(rows, columns), 1, constant_values=-1)
    shifts = [(b, a) for b in range(3) for a in range(3) if (b, a) != (1, 1)]
    return np.stack([padded[b : b + rows, a : a + columns].ravel() for b, a in shifts], axis=1)


def _is_inside(field: Field, dip: Dip, dips: Sequence[Dip]) -> bool:
    """Whether the bottom is told apart from a minimum on the border.

    Its ground up to the floor does not reach the border; or the loss rises steadily towards it, by more than noise
    and twice the ripples on that ground: as for curves, the outer wall of a good model's basin may be lower than a
    share of the highest barrier.
    """
    losses, bottom = field.heights.losses, float(field.heights.losses[dip.point])
    ground = field.connected(field.losses < bottom + basin_floor(field, dip), dip.point).ravel()
    rim = np.flatnonzero(ground & field.border.ravel())
    if not rim.size:
        return True
    nearest = int(rim[losses[rim].argmin()])
    ripple = max((other.prominence for other in dips if ground[other.point] and other is not dip), default=0.0)
    rise = float(losses[nearest]) - bottom
    return rise > max(2 * ripple, field.heights.error(dip.point, nearest)) and _is_apart(field, dip.point, rim)


def _is_apart(field: Field, bottom: int, rim: np.ndarray) -> bool:
    """Whether the bottom lies some computed cells inside of all these points."""
    rows, columns = np.divmod(np.append(rim, bottom), len(field.alphas))
    cells_a, cells_b = (
        np.abs(place[:-1] - place[-1]) / n for place, n in zip((columns, rows), field.stride, strict=True)
    )
    return bool(np.maximum(cells_a, cells_b).min() >= _STEADY_CELLS)


def _middle(field: Field, point: int) -> int:
    """The middle of the flat ground around a lowest point."""
    rows, columns = np.nonzero(field.connected(field.losses <= field.heights.losses[point], point))
    nearest = np.hypot(rows - rows.mean(), columns - columns.mean()).argmin()
    return int(rows[nearest] * field.losses.shape[1] + columns[nearest])
