"""What an explorer shows now, as an exhibit: read from any thread, while its worker goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.widget.export.exhibit import Exhibit
from landscape_widget.widget.packing import Frame
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.settings import Settings
from landscape_widget.widget.sharing import number_of

UNFINISHED = "taken while the explorer was computing: the picture may be coarse"
PREVIEW = "preview on part of the data"


def exhibit_of(
    settings: Settings,
    screen: Screen,
    slices: Mapping[str, Any],
    views: tuple[str, ...],
    *,
    known: Frame,
    history: Frame,
    controls: Mapping[str, Any],
    code: str,
    note: str,
    is_busy: bool,
) -> Exhibit:
    """Nothing is computed and nothing waited for.

    Args:
        settings: Of the controls.
        screen: Has the newest pictures.
        slices: `"curve"`, `"surface"` -> the newest slice; None before the first.
        views: That are wanted.
        known: The frame that the browser has.
        history: The same of mining; empty where none is shown.
        controls: Name -> widget.
        code: The Python that makes the picture again.
        note: What the caption has to say besides.
        is_busy: Whether the picture is still being worked at.

    Raises:
        RuntimeError: If there is no picture yet.
    """
    curve, surface = slices["curve"], slices["surface"]
    return Exhibit(
        settings=settings,
        curve=(screen.curve, curve) if screen.curve is not None and isinstance(curve, Curve) else None,
        surface=(screen.surface, surface) if screen.surface is not None and isinstance(surface, Surface) else None,
        views=views,
        known=known if _holds(known, controls) else {},
        history=history,
        cap=screen.cap,
        code=code,
        notes=(note, UNFINISHED if is_busy else "", PREVIEW if _is_preview(screen) else ""),
    )


def _holds(known: Frame, controls: Mapping[str, Any]) -> bool:
    """Whether the controls still name the sources that this is known of."""
    told = known.get("sources", {})
    return all(value == number_of(controls[name], controls[name].value) for name, value in told.items())


def _is_preview(screen: Screen) -> bool:
    return any(picture is not None and picture.texts.get("is_preview") for picture in (screen.curve, screen.surface))
