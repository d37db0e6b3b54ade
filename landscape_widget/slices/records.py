"""Slices as plain records: for files, captions and `repr`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_widget.shapes.classification import Classification, Valley

if TYPE_CHECKING:
    from landscape_widget.slices.curve import Curve
    from landscape_widget.slices.surface import Surface

_METRIC = "metric "  # before the name of a metric's array


def dismantled(slice_: Curve | Surface, arrays: Sequence[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a slice, for a file."""
    values = {field.name: getattr(slice_, field.name) for field in fields(slice_)}
    members = {name: values.pop(name) for name in arrays}
    members |= {_METRIC + name: metric for name, metric in values.pop("metrics").items()}
    if isinstance(values.get("classification"), Classification):
        values["classification"] = asdict(values["classification"])
    return values, members


def assembled(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The arguments that make the slice again."""
    members = {name: array for name, array in arrays.items() if not name.startswith(_METRIC)}
    metrics = {n.removeprefix(_METRIC): array for n, array in arrays.items() if n.startswith(_METRIC)}
    values = {**header, **members, "metrics": metrics, "samples": tuple(header["samples"])}
    if "labels" in values:
        values["labels"] = tuple(values["labels"])
    if "classification" in values:
        values["classification"] = _classification(values["classification"])
    return values


def _classification(record: Mapping[str, Any]) -> Classification:
    valleys = tuple(Valley(*valley) for valley in record["valleys"])
    return Classification(**{**record, "valleys": valleys})


def listed(provenance: Mapping[str, Any]) -> str:
    """All of a provenance in one line."""
    return ", ".join(f"{key}: {value}" for key, value in provenance.items()) or "no provenance"
