"""The loss landscape of your own PyTorch network, live in a notebook."""

__version__ = "0.1.0"

import os as _os
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from landscape_widget import directions as _directions
from landscape_widget.demo import demo, demo_checkpoints, demo_model
from landscape_widget.landscape import Landscape
from landscape_widget.recipes import RECIPES as _RECIPES
from landscape_widget.shapes.classification import Classification, SurfaceClassification
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.surfaces import classify_surface
from landscape_widget.slices import loading as _loading
from landscape_widget.slices import showing as _showing
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slices.volume import Volume


def load(path: "str | _os.PathLike[str]") -> _Any:
    """Any saved slice or direction, with no model at hand; also the `.h5` files of tomgoldstein/loss-landscape."""
    return _loading.load(path, {"direction": _directions.from_record})


def recipes() -> tuple[str, ...]:
    """Names of the surfaces that `Landscape.recipe` makes, the simple ones first."""
    return tuple(_RECIPES)


def _show_volume(volume: Volume, height: int) -> _Any:
    from landscape_widget.widget.volume_view import VolumeView

    return VolumeView(volume, height)


_showing.viewers["volume"] = _show_volume


def side_by_side(
    a: Surface,
    b: Surface,
    *,
    limits: "_Sequence[float] | None" = None,
    log_height: bool = False,
    height: int = 420,
) -> _Any:
    """Two surfaces beside each other in WebGL2, as a widget: one loss axis, one range of colours, one camera.

    Args:
        a: Computed, loaded or made of arrays: no model is needed.
        b: The other one; its span may be another.
        limits: `(low, high)` of the loss axis, in the unit of the loss; default: both surfaces, but for walls more
            than four ceilings high.
        log_height: Whether heights and colours are logarithmic.
        height: Of each picture, in pixels.

    Raises:
        TypeError, ValueError: An argument makes no sense; the text names it and the remedy.
    """
    from landscape_widget.widget import side_by_side as pairs

    return pairs.side_by_side((a, b), limits=limits, log_height=log_height, height=height)


__all__ = [
    "Classification",
    "Curve",
    "Landscape",
    "Surface",
    "SurfaceClassification",
    "Volume",
    "classify",
    "classify_surface",
    "demo",
    "demo_checkpoints",
    "demo_model",
    "load",
    "recipes",
    "side_by_side",
]
