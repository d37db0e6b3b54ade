"""The kind of a surface: how many basins it has, and how the centre lies among them."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from landscape_widget.shapes import reasons, surface_reasons
from landscape_widget.shapes.classification import Basin, SurfaceClassification
from landscape_widget.shapes.evidence import Reader, evidence_of
from landscape_widget.shapes.field import field_of
from landscape_widget.shapes.holes import bridged, walled
from landscape_widget.shapes.plane import Plane, checked_plane
from landscape_widget.shapes.surface_like import SurfaceLike
from landscape_widget.shapes.terrain import ELONGATED, Terrain

_FEWEST = 3  # points along an axis: an inner minimum needs a point on either side
_SAFE = 9  # with fewer, one surface in twenty or more has a basin that no point hits


def classify_surface(surface: SurfaceLike) -> SurfaceClassification:
    """Name the kind of a surface; the definitions are our own, only the names "saddle" and "wine bottle" are older.

    A basin is an inner local minimum whose topological prominence is at least the noise floor,
    `max(3 noise, 1 % of min(range, ceiling))`; the borders are walls, and a minimum on the border is no basin.

    - wine-bottle: the centre is the top of a hill, lower ground runs all around it, and a wall rises beyond;
    - saddle: the loss falls on both sides along one direction and rises on both sides along a roughly orthogonal one;
    - two-basins, three-basins, n-basins: so many, wherever else the centre lies;
    - bowl, trough: the centre lies at the bottom of the only basin, or (trough) of ground that runs out of the span;
      a trough is at least 2.5 times as long as wide, in the slice's own units;
    - slope: at most one basin, and the centre on a flank;
    - flat; unclear, with the reason.

    A plain grid can miss basins between its points: of random surfaces with one to three wells 68 % were named rightly
    on 5 points an axis, 94 % on 7, 98 % on 9, and all on 11 or more. Nothing in such losses tells the one from the
    other, so the kind stays and below 9 points the reason says so.

    Args:
        surface: A `Surface`, exact or interpolated. NaN is a hole, inf a wall.
    """
    found = classify_plane(
        surface.alphas,
        surface.betas,
        surface.losses,
        noise=_noise_of(surface),
        ceiling=surface.ceiling,
        center_loss=surface.center_loss if np.isfinite(surface.center_loss) else None,
        read=surface.at if surface.interpolant is not None else None,
        hessian=surface.hessian if surface.interpolant is not None else None,
    )
    error = surface.expected_error * surface.scale
    if found.kind == "unclear" or 2 * error <= found.noise_floor:
        return found
    is_part = "steps" in surface.provenance
    reason = reasons.too_inexact(error, found, surface.scale, is_part=is_part)
    return replace(found, kind="unclear", depth=nan, barrier=nan, reason=reason)


def classify_plane(
    alphas: ArrayLike,
    betas: ArrayLike,
    losses: ArrayLike,
    *,
    noise: ArrayLike | None = None,
    ceiling: float | None = None,
    center_loss: float | None = None,
    read: Reader | None = None,
    hessian: Any = None,
) -> SurfaceClassification:
    """The same for arrays.

    Args:
        alphas: `[A]`, increasing.
        betas: `[B]`, increasing.
        losses: `[B, A]`.
        noise: Standard error of the paired differences to the centre, one number or `[B, A]`.
        ceiling: A rise above the centre that counts as high; without it the whole height counts.
        center_loss: Where the grid may miss the centre.
        read: The loss at any alphas and betas, where it is known better than from the grid.
        hessian: The same for the Hessian.

    Raises:
        ValueError: If shapes differ, an axis does not increase, or noise or ceiling is not positive.
    """
    plane = checked_plane(alphas, betas, losses, noise, ceiling, center_loss)
    if min(plane.losses.shape) < _FEWEST:
        return _unnamed(surface_reasons.too_few(plane.losses.shape))
    finite = int(np.isfinite(plane.losses).sum())
    if finite < _FEWEST**2:
        return _unnamed(surface_reasons.all_missing(finite, plane.losses.size))
    if not plane.holds_center:
        return _unnamed(surface_reasons.off_centre([(a[0], a[-1]) for a in (plane.alphas, plane.betas)]))
    if not plane.knows_center:
        return _unnamed(surface_reasons.no_center())
    second = None if hessian is None else np.asarray(hessian(0.0, 0.0))
    return _classified(plane, read, second)


def _classified(plane: Plane, read: Reader | None, hessian: np.ndarray | None) -> SurfaceClassification:
    holes = int(plane.holes.sum())
    terrain = Terrain(field_of(plane, walled(plane.losses, plane.holes)))
    kind = kind_of(terrain)
    basins = _basins(terrain)
    depth, barrier = _depth(kind, terrain), terrain.barrier() if kind.endswith("-basins") else nan
    height, fewest = barrier if np.isnan(depth) else depth, min(plane.losses.shape)
    doubts = surface_reasons.doubts(holes, fewest if fewest < _SAFE else None)
    reason = surface_reasons.explain(kind, terrain, basins, height=height, doubts=doubts)
    if holes and (doubt := _doubt(plane, terrain, kind)):
        kind, depth, barrier, reason = "unclear", nan, nan, doubt
    evidence = evidence_of(plane, terrain.field, read, hessian)
    return SurfaceClassification(kind, basins, depth, barrier, terrain.floor, reason, evidence)


def kind_of(terrain: Terrain) -> str:
    """The kind of a surface without holes."""
    if terrain.is_flat:
        return "flat"
    if terrain.is_bottle:
        return "wine-bottle"
    if not np.isnan(terrain.saddle_depth):
        return "saddle"
    if len(terrain.basins) > 1:
        return {2: "two-basins", 3: "three-basins"}.get(len(terrain.basins), "n-basins")
    if terrain.is_at_bottom:
        return _kind_at_bottom(terrain)
    return "slope" if terrain.rays.is_flank() else "unclear"


def _kind_at_bottom(terrain: Terrain) -> str:
    if terrain.elongation >= ELONGATED and (terrain.home or not terrain.basins):
        return "trough"
    return "bowl" if terrain.home else "unclear"


def _depth(kind: str, terrain: Terrain) -> float:
    if kind == "wine-bottle":
        return terrain.moat_depth()
    return terrain.saddle_depth if kind == "saddle" else nan


def _doubt(plane: Plane, terrain: Terrain, kind: str) -> str:
    """What the holes may hide; empty if the kind does not depend on it."""
    other = kind_of(Terrain(field_of(plane, bridged(plane.losses, plane.holes))))
    places = [terrain.field.center, *(basin.point for basin in terrain.basins)]
    if other == kind and not terrain.field.unknown.ravel()[places].any():
        return ""
    return surface_reasons.hidden(int(plane.holes.sum()), kind, other)


def _basins(terrain: Terrain) -> tuple[Basin, ...]:
    losses = terrain.field.heights.losses
    return tuple(
        Basin(*terrain.field.place(basin.point), float(losses[basin.point]), basin.prominence)
        for basin in terrain.basins
    )


def _unnamed(reason: str) -> SurfaceClassification:
    return SurfaceClassification("unclear", (), nan, nan, 0.0, reason, None)


def _noise_of(surface: SurfaceLike) -> np.ndarray:
    """`[B, A]`: standard errors of the paired differences on the grid, and what rounding alone may do."""
    rounding = surface.rounding_noise(surface.losses)
    if surface.noise is None:
        return rounding
    noise = np.nan_to_num(surface.noise)
    if surface.computed is not None:
        noise = noise[_nearest_nodes(surface)]
    return np.maximum(noise.reshape(rounding.shape), rounding)


def _nearest_nodes(surface: SurfaceLike) -> np.ndarray:
    """`[B * A]`: for each point of the grid the nearest that was computed, in spans."""
    from scipy.spatial import cKDTree

    spans = np.array([np.ptp(surface.alphas), np.ptp(surface.betas)])
    b, a = np.meshgrid(surface.betas, surface.alphas, indexing="ij")
    points = np.stack([a.ravel(), b.ravel()], axis=1)
    nearest: np.ndarray = cKDTree(surface.nodes.coords / spans).query(points / spans)[1]
    return nearest
