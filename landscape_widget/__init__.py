"""The loss landscape of your own PyTorch network, live in a notebook."""

__version__ = "0.1.0"

import os as _os
from typing import Any as _Any

from landscape_widget import directions as _directions
from landscape_widget.demo import demo, demo_checkpoints, demo_model
from landscape_widget.landscape import Landscape
from landscape_widget.recipes import RECIPES as _RECIPES
from landscape_widget.shapes.classification import Classification, SurfaceClassification
from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.surfaces import classify_surface
from landscape_widget.slices import loading as _loading
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slices.volume import Volume


def load(path: "str | _os.PathLike[str]") -> _Any:
    """Any saved slice or direction, with no model at hand; also the `.h5` files of tomgoldstein/loss-landscape."""
    return _loading.load(path, {"direction": _directions.from_record})


def recipes() -> tuple[str, ...]:
    """Names of the surfaces that `Landscape.recipe` makes, the simple ones first."""
    return tuple(_RECIPES)


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
]
