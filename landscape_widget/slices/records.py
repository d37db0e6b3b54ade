"""Slices as plain records: for files, captions and `repr`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_widget.slices.chebyshev import Axis, Interpolant
from landscape_widget.slices.nodes import Nodes, frozen_array

if TYPE_CHECKING:
    from landscape_widget.slices.base import Slice

_METRIC = "metric "  # before the name of a metric's array
_ARRAYS = ("losses", "per_sample", "center_per_sample")


def dismantled(slice_: Slice, axes: Sequence[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a slice, for a file."""
    values = {field.name: getattr(slice_, field.name) for field in fields(slice_)}
    members = {name: values.pop(name) for name in (*axes, *_ARRAYS)}
    members |= {_METRIC + name: metric for name, metric in values.pop("metrics").items()}
    interpolant, computed = values.pop("interpolant"), values.pop("computed")
    if interpolant is not None:
        values["interpolant"] = [asdict(axis) for axis in interpolant.axes]
        members["interpolant"] = interpolant.values
    if computed is not None:
        members |= {"coords": computed.coords, "computed": computed.losses}
    return values, {name: array for name, array in members.items() if array is not None}


def assembled(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The arguments that make the slice again."""
    members = {name: array for name, array in arrays.items() if not name.startswith(_METRIC)}
    metrics = {n.removeprefix(_METRIC): array for n, array in arrays.items() if n.startswith(_METRIC)}
    values = {**header, **members, "metrics": metrics}
    if "interpolant" in header:
        values["interpolant"] = Interpolant(
            tuple(Axis(**axis) for axis in header["interpolant"]), arrays["interpolant"]
        )
    if "coords" in values:
        values["computed"] = Nodes(frozen_array(values.pop("coords")), frozen_array(values["computed"]))
    values.pop("classification", None)  # files of version 0.1.0 hold it; it follows from the rest
    for name in ("samples", "labels"):
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    return values


def listed(provenance: Mapping[str, Any]) -> str:
    """All of a provenance in one line."""
    return ", ".join(f"{key}: {value}" for key, value in provenance.items()) or "no provenance"
