"""What a slice says of each of its points, and of itself, for other people's formats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from landscape_widget.slices.files import plain

if TYPE_CHECKING:
    from landscape_widget.slices.base import Slice

_OTHER = "metric "  # before the name of a metric that has the name of something else


def point_data(slice_: Slice) -> dict[str, NDArray[Any]]:
    """Name -> array of the shape of `losses`: loss, expected error, whether it was computed, metrics."""
    own: dict[str, NDArray[Any]] = {"loss": slice_.losses, "error": slice_.errors, "is_exact": slice_.is_exact}
    taken = {*own, "alpha", "beta", "gamma"}
    metrics = {(_OTHER + name if name in taken else name): values for name, values in slice_.metrics.items()}
    return own | metrics


def facts(slice_: Slice) -> dict[str, str]:
    """Caption, and all of the provenance as JSON."""
    return {"caption": slice_.caption, "provenance": json.dumps(slice_.provenance, default=plain)}
