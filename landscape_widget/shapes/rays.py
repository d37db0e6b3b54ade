"""The surface as seen from its centre: where the loss rises and where it falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_widget.shapes.field import Field

COUNT = 64  # rays all around: a pass as narrow as one sixth of a right angle is not stepped over
_STEPS = 128  # points on each ray, from beside the centre to the border
_NEARLY_RIGHT = COUNT // 8  # a direction within so many rays of the orthogonal one is roughly orthogonal


@dataclass(frozen=True, eq=False)
class Rays:
    """Straight ways from the centre to the border, evenly spread over the picture (each axis in units of its span).

    Attributes:
        losses: `[COUNT, T]`, from beside the centre to the border; ray r + COUNT / 2 is opposite to ray r.
        floors: `[COUNT, T]`: what counts as a difference to the centre.
        center_loss: Where all of them begin.
    """

    losses: np.ndarray
    floors: np.ndarray
    center_loss: float

    @property
    def signs(self) -> np.ndarray:
        """`[COUNT]`: 1 where the loss first rises by what counts, -1 where it first falls, 0 where it does neither."""
        change = self.losses - self.center_loss
        departs = np.abs(change) >= np.where(self.floors > 0, self.floors, np.inf)
        first = departs.argmax(axis=1)
        signs: np.ndarray = np.sign(change[np.arange(COUNT), first]) * departs.any(axis=1)
        return signs

    @property
    def depths(self) -> np.ndarray:
        """`[COUNT]`: how far each ray gets below the centre."""
        depths: np.ndarray = self.center_loss - self.losses.min(axis=1)
        return depths

    def saddle_depth(self) -> float:
        """How deep both sides of a falling axis are, where a rising one is roughly orthogonal; nan on no saddle."""
        half = COUNT // 2
        falls, rises = ((self.signs == sign)[:half] & (self.signs == sign)[half:] for sign in (-1, 1))
        # The axis orthogonal to axis i is i + COUNT / 4, of COUNT / 2.
        around = np.arange(-_NEARLY_RIGHT, _NEARLY_RIGHT + 1) + COUNT // 4
        has_wall = rises[(np.arange(half)[:, None] + around) % half].any(axis=1)
        depths = np.minimum(self.depths[:half], self.depths[half:])[falls & has_wall]
        return float(depths.max(initial=-np.inf)) if depths.size else float("nan")

    def is_flank(self) -> bool:
        """Whether the loss falls towards one side and rises towards another, and somewhere does so on one line."""
        signs = self.signs
        is_crossed = bool((signs * np.roll(signs, COUNT // 2) < 0).any())
        told = signs[signs != 0]
        return is_crossed and int((told != np.roll(told, 1)).sum()) == 2

    def walls(self) -> int:
        """Of how many rays the loss rises again after its lowest point, by what counts."""
        lowest = self.losses.argmin(axis=1)
        after = np.arange(_STEPS) >= lowest[:, None]
        rise = self.losses - self.losses.min(axis=1, keepdims=True)
        return int(((rise >= self.floors) & after & (rise > 0)).any(axis=1).sum())


def rays_of(field: Field) -> Rays:
    """All rays of a surface."""
    turns = 2 * np.pi * np.arange(COUNT) / COUNT
    along_a = np.cos(turns) * (field.alphas[-1] - field.alphas[0])
    along_b = np.sin(turns) * (field.betas[-1] - field.betas[0])
    reach = np.minimum(_way_out(along_a, field.alphas), _way_out(along_b, field.betas))
    ways = reach[:, None] * np.linspace(0, 1, _STEPS + 1)[1:]
    places = (along_a[:, None] * ways, along_b[:, None] * ways)
    floors = np.maximum(field.heights.floors, field.heights.floor(field.center)).reshape(field.losses.shape)
    return Rays(field.read(*places), field.read(*places, floors), field.center_loss)


def _way_out(steps: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """`[COUNT]`: how many steps from 0 to the end of an axis."""
    ends = np.where(steps > 0, axis[-1], -axis[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(steps) > 1e-12 * np.abs(steps).max(), ends / np.abs(steps), np.inf)
