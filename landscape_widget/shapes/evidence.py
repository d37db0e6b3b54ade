"""What a surface's kind can be checked by: losses on rings around the centre, and the Hessian there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape_widget.shapes.field import Field
from landscape_widget.shapes.plane import Plane

ANGLES = 16
RADII = 8
Reader = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class SurfaceEvidence:
    """Numbers around the centre, in the slice's own units; NaN where the span or the losses do not reach.

    Attributes:
        radii: `[R]`, evenly spaced up to the largest ring inside the span; empty where the centre lies on its border.
        angles: `[16]`, in degrees, 0 along the first direction, 90 along the second.
        rings: `[R, 16]`: the loss at each radius and angle.
        hessian: `[2, 2]`: second derivatives of the loss at the centre.
    """

    radii: np.ndarray
    angles: np.ndarray
    rings: np.ndarray
    hessian: np.ndarray

    @property
    def eigenvalues(self) -> np.ndarray:
        """`[2]`: of the Hessian, increasing."""
        known = np.isfinite(self.hessian).all()
        return np.linalg.eigvalsh(self.hessian) if known else np.full(2, np.nan)

    def __str__(self) -> str:
        rings = [
            f"r = {r:.3g}: {ring.min():.4g} to {ring.max():.4g}" for r, ring in zip(self.radii, self.rings, strict=True)
        ]
        values = ", ".join(f"{value:.3g}" for value in self.eigenvalues)
        return "; ".join([*rings, f"eigenvalues of the Hessian {values}"])


def evidence_of(plane: Plane, field: Field, read: Reader | None, hessian: np.ndarray | None) -> SurfaceEvidence:
    """Evidence read off a surface.

    Args:
        plane: As it came.
        field: Made of it.
        read: The loss at alphas and betas, where it is known better than from the field.
        hessian: The same for the Hessian.
    """
    reach = min(-plane.alphas[0], plane.alphas[-1], -plane.betas[0], plane.betas[-1])
    radii = reach * np.arange(1, RADII + 1) / RADII if reach > 0 else np.zeros(0)
    turns = 2 * np.pi * np.arange(ANGLES) / ANGLES
    places = np.outer(radii, np.cos(turns)), np.outer(radii, np.sin(turns))
    rings = (read or field.read)(*places)
    if field.unknown.any():
        rings = np.where(field.read(*places, field.unknown.astype(float)) > 0, np.nan, rings)
    second = _hessian(plane) if hessian is None else hessian
    return SurfaceEvidence(radii, np.degrees(turns), rings, second)


def _hessian(plane: Plane) -> np.ndarray:
    """`[2, 2]`: of the quadratic nearest to the nine points around the centre."""
    rows, columns = (_nearest_three(axis) for axis in (plane.betas, plane.alphas))
    losses = plane.losses[rows, columns].ravel()
    if not np.isfinite(losses).all():
        return np.full((2, 2), np.nan)
    b, a = (mesh.ravel() for mesh in np.meshgrid(plane.betas[rows], plane.alphas[columns], indexing="ij"))
    unit_a, unit_b = np.ptp(a), np.ptp(b)
    a, b = a / unit_a, b / unit_b
    terms = np.stack([np.ones_like(a), a, b, a * a / 2, a * b, b * b / 2], axis=1)
    *_, aa, ab, bb = np.linalg.lstsq(terms, losses, rcond=None)[0]
    return np.array([[aa / unit_a**2, ab / (unit_a * unit_b)], [ab / (unit_a * unit_b), bb / unit_b**2]])


def _nearest_three(axis: np.ndarray) -> slice:
    """Three neighbouring points, the middle one as near to 0 as can be."""
    middle = int(np.clip(np.abs(axis).argmin(), 1, len(axis) - 2))
    return slice(middle - 1, middle + 2)
