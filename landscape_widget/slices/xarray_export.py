"""Slices as xarray datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slices.point_data import facts, point_data

if TYPE_CHECKING:
    import xarray

    from landscape_widget.slices.base import Slice

_REMEDY = "to_xarray must have the package xarray, got none. Run pip install 'landscape-widget[xarray]'."
_ABOUT = {
    "loss": {"long_name": "loss"},
    "error": {"long_name": "largest expected error of the loss"},
    "is_exact": {"long_name": "whether the loss was computed at this very point"},
}
_METRIC = {"comment": "computed at the nodes, piecewise linear between them"}


def dataset_of(slice_: Slice) -> xarray.Dataset:
    """All arrays of a slice over its axes, and what is known of it as attributes that NetCDF can hold."""
    try:
        import xarray
    except ImportError as error:
        raise ImportError(_REMEDY) from error
    names = AXIS_NAMES[: len(slice_.axes)]
    dims = tuple(reversed(names))
    variables = {name: (dims, array.copy(), _ABOUT.get(name, _METRIC)) for name, array in point_data(slice_).items()}
    labels = zip(names, slice_.axes, slice_.all_labels, strict=True)
    coords = {name: (name, axis.copy(), _about(label)) for name, axis, label in labels}
    return xarray.Dataset(variables, coords, _attributes(slice_))


def _about(label: str) -> dict[str, str]:
    return {"long_name": label or "unknown direction", "units": "lengths of the direction"}


def _attributes(slice_: Slice) -> dict[str, Any]:
    counts = {} if slice_.samples is None else {"samples_used": slice_.samples[0]}
    return {
        **facts(slice_),
        **counts,
        "split": slice_.split,
        "center_loss": slice_.center_loss,
        "evaluations": slice_.evaluations,
        "mined": int(slice_.mined),
    }
