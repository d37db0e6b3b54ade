"""A picture that needs no script: curve and map by matplotlib, small, with where it comes from inside the file."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from landscape_widget.widget.export.data import script_json
from landscape_widget.widget.export.exhibit import Exhibit

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL.Image import Image

_SIDE, _HEIGHT = 5.6, 5.0  # inches a picture
_DPI = 90
_COLORS = 128  # of the palette: a third of the bytes of full colour, and not to be told from it


def png_of(exhibit: Exhibit) -> bytes:
    """PNG of the curve and, beside it, the map; title, caption, Python and provenance are its text chunks."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("Title", exhibit.title)
    info.add_itxt("Description", exhibit.caption)
    info.add_itxt("Code", exhibit.code, zip=True)
    info.add_itxt("Provenance", script_json(exhibit.provenance), zip=True)
    file = BytesIO()
    _image(_drawn(exhibit)).save(file, "png", optimize=True, pnginfo=info, dpi=(_DPI, _DPI))
    return file.getvalue()


def _drawn(exhibit: Exhibit) -> FigureCanvasAgg:
    """Without a window, and without changing matplotlib's settings."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = list(exhibit.slices.values())
    figure = Figure(figsize=(_SIDE * len(shown), _HEIGHT), dpi=_DPI, layout="constrained", facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    for slice_, ax in zip(shown, axes, strict=True):
        slice_.plot(ax)
    canvas.draw()  # type: ignore[no-untyped-call]
    return canvas


def _image(canvas: FigureCanvasAgg) -> Image:
    from PIL import Image

    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba()))  # type: ignore[no-untyped-call]
    return pixels.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
