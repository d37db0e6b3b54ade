"""What figures in ipyvolume 0.6.3 have in common: how they are made, seen and coloured."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from landscape_widget._checks import complaint

REMEDY = "Run pip install 'ipyvolume>=0.6.3,<0.7' ipython_genutils six; curve and map work without it."
ANIMATION_MS = 1  # 0 can make the mesh vanish for good (0 / 0 in ipyvolume); its default, 1000, lags
# ipyvolume's labels have a fixed size in the scene, too small to read. A smaller box, seen from nearer,
# makes them larger.
BOX = (0.62, 0.45, 0.62)
CAMERA_DISTANCE = 1.3
AZIMUTH, ELEVATION = 140.0, 30.0  # degrees: from here the surface hides the fewest labels
AMBIENT = 0.45  # brightness of a slope that no light reaches
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@contextmanager
def quiet() -> Iterator[None]:
    """Without the DeprecationWarnings of ipyvolume 0.6.3 and of what it imports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def import_ipyvolume() -> tuple[Any, Any]:
    """Ipyvolume and pythreejs, or an ImportError with the remedy."""
    try:
        # By name: a plain import would be resolved by type checkers, and pythreejs publishes no types.
        return import_module("ipyvolume"), import_module("pythreejs")
    except ImportError as error:
        text = complaint("surface_view", "a view whose packages are installed", "ipyvolume", REMEDY)
        raise ImportError(f"{text} ({error})") from error


def camera_position() -> tuple[float, float, float]:
    """Where the eye stands at first."""
    azimuth, elevation = math.radians(AZIMUTH), math.radians(ELEVATION)
    level = CAMERA_DISTANCE * math.cos(elevation)
    return (level * math.sin(azimuth), CAMERA_DISTANCE * math.sin(elevation), level * math.cos(azimuth))


def style_of(background: str, foreground: str, has_loss_ticks: bool) -> dict[str, Any]:
    """The height axis has no name, and ticks only where they are losses: else the colour bar tells them."""
    text = {"color": foreground}
    loss = {"label": {"visible": False}, "ticklabel": {"visible": has_loss_ticks}}
    return {
        "background-color": background,
        "axes": {"color": foreground, "visible": True, "label": text, "ticklabel": text, "y": loss},
        "box": {"visible": True},
    }


def axis_name(name: str, power: int) -> str:
    """Short: ipyvolume writes names four times as large as ticks."""
    return f"{name} × 10{str(-power).translate(SUPERSCRIPTS)}" if power else name
