"""A loss surface in ipyvolume 0.6.3: one figure and one mesh for the view's whole life.

ipyvolume's `show`, `savefig` and "current figure" are never used: the first two are broken with the
widgets of today, and the third belongs to the user.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_widget._checks import as_int, complaint
from landscape_widget.widget.closing import family

from .color_bar import color_bar, text_line
from .heights import HeightMap, axis_power, colors, grid_triangles, height_map, shade
from .ipyvolume_scene import (
    AMBIENT,
    ANIMATION_MS,
    BOX,
    axis_name,
    camera_position,
    import_ipyvolume,
    quiet,
    style_of,
)
from .page_theme import PageTheme
from .views import FrameAck

Array = NDArray[np.float64]


class IpyvolumeSurface:
    """The 3D view in ipyvolume. Display `widget`; `show` sets everything in one frame.

    Raises:
        ImportError: ipyvolume, or one of the packages that it does not declare, is missing.
    """

    def __init__(self, height: int = 420) -> None:
        as_int("height", height, low=160)
        # First the modules of our own: anywidget gives each 2 s to load, and a first drawing blocks the page.
        self._ack, self._theme = FrameAck(), PageTheme()
        self._bar, self._text = widgets.HTML(), widgets.HTML()
        with quiet():
            self._figure, self._mesh = _make_scene(height)
        self._drawn = threading.Event()
        self._ack.observe(self._on_ack, names=["ack"])
        self._theme.observe(self._follow_theme, names=["background", "foreground"])
        row = widgets.HBox([self._figure, self._bar], layout={"align_items": "center"})
        self.widget = widgets.VBox([row, self._text])
        self._shape = (0, 0)
        self._has_loss_ticks = True

    def show(
        self,
        alphas: ArrayLike,
        betas: ArrayLike,
        losses: ArrayLike,
        *,
        limits: tuple[float, float],
        log_height: bool = False,
        seq: int = 0,
        labels: Sequence[str] = ("first direction", "second direction"),
        caption: str = "",
    ) -> None:
        """Draw a surface; camera, figure and mesh stay.

        Args:
            alphas: `[A]`, ascending.
            betas: `[B]`, ascending.
            losses: `[B, A]`; NaN and inf become holes.
            limits: Of the loss axis and of the colours; what lies outside is clipped, and the text says so.
            log_height: Heights and colours follow log10 of the losses.
            seq: Number of the frame; once the browser has drawn it, `ready(seq)` is true.
            labels: What alpha and beta are, for the line of text.
            caption: The rest of that line.
        """
        x, z, grid = (np.asarray(part, dtype=np.float64) for part in (alphas, betas, losses))
        _check_grid(x, z, grid)
        heights = height_map(grid, limits, log=log_height)
        powers = self._set_axes(x, z, heights)
        self._set_mesh(x * 10.0 ** powers[0], z * 10.0 ** powers[1], heights, powers[2])
        self._bar.value = color_bar(heights, pixels=self._figure.height // 2)
        self._text.value = text_line(f"α: {labels[0]}", f"β: {labels[1]}", caption, heights.note)
        self._drawn.clear()
        self._ack.seq = seq

    def on_drawn(self, callback: Callable[[int], None]) -> None:
        """Call back with the number of each frame that a browser has drawn."""
        self._ack.observe(lambda change: callback(change["new"]), names=["ack"])

    def ready(self, seq: int) -> bool:
        """Whether a browser has drawn frame `seq` or a later one."""
        return bool(self._ack.ack >= seq)

    def wait(self, seq: int, timeout: float = 0.5) -> bool:
        """Whether frame `seq` is drawn within `timeout` seconds. For a thread: a cell would wait in vain."""
        if not self.ready(seq):
            self._drawn.wait(timeout)
        return self.ready(seq)

    def close(self) -> None:
        """Close every widget that this view made, down to layouts, lights and scales."""
        for widget in family(self.widget, self._ack, self._theme):
            widget.close()

    def __repr__(self) -> str:
        return f"IpyvolumeSurface(grid={self._shape[0]}x{self._shape[1]})"

    def _set_axes(self, x: Array, z: Array, heights: HeightMap) -> tuple[int, ...]:
        """Limits and names of the axes x, z, y; the power of ten by which each is multiplied."""
        spans = [(x[0], x[-1]), (z[0], z[-1]), heights.limits]
        powers = tuple(axis_power(low, high) for low, high in spans)
        scales, figure = self._figure.scales, self._figure
        for axis, (low, high), power in zip("xzy", spans, powers, strict=True):
            with scales[axis].hold_sync():
                scales[axis].min, scales[axis].max = float(low) * 10.0**power, float(high) * 10.0**power
        with figure.hold_sync():
            figure.xlabel, figure.zlabel = axis_name("α", powers[0]), axis_name("β", powers[1])
            self._has_loss_ticks = powers[2] == 0 and not heights.is_log
            self._follow_theme()
        return powers

    def _set_mesh(self, x: Array, z: Array, heights: HeightMap, power: int) -> None:
        """All of the mesh in one message: each message makes ipyvolume compile its shaders again."""
        is_hole = np.isnan(heights.heights)
        floor = heights.limits[0]
        brightness = AMBIENT + (1 - AMBIENT) * shade(heights.fractions, steepness=BOX[1] / BOX[0])
        grid_x, grid_z = np.meshgrid(x, z)
        mesh = self._mesh
        with mesh.hold_sync():
            # Flat arrays: ipyvolume takes no notice of a 2D y, and reads colours [B, A, 3] as B frames.
            mesh.x, mesh.z = grid_x.ravel(), grid_z.ravel()
            mesh.y = np.where(is_hole, floor, heights.heights).ravel() * 10.0**power
            mesh.color = colors(heights.fractions) * brightness.reshape(-1, 1)
            mesh.triangles = _drawable(grid_triangles(is_hole))
        self._shape = heights.heights.shape

    def _on_ack(self, _change: object) -> None:
        self._drawn.set()

    def _follow_theme(self, _change: object = None) -> None:
        theme = self._theme
        self._figure.style = style_of(theme.background, theme.foreground, self._has_loss_ticks)


def _make_scene(height: int) -> tuple[Any, Any]:
    """A figure with one mesh, by their classes: `ipyvolume.figure` would replace the user's current one."""
    ipyvolume, pythreejs = import_ipyvolume()
    material = pythreejs.MeshLambertMaterial(side="DoubleSide")
    corner = np.zeros(3)
    mesh = ipyvolume.Mesh(
        x=corner,
        y=corner,
        z=corner,
        triangles=np.zeros((1, 3), dtype=np.uint32),
        color=np.zeros((3, 3)),
        material=material,
        cast_shadow=False,
        receive_shadow=False,
    )
    camera = pythreejs.PerspectiveCamera(fov=45, position=camera_position(), aspect=1)
    figure = ipyvolume.Figure(
        width=round(1.2 * height),
        height=height,
        animation=ANIMATION_MS,
        box_size=list(BOX),
        camera=camera,
        camera_control="orbit",
        meshes=[mesh],
        lights=[pythreejs.AmbientLight(color="#ffffff", intensity=1)],
        style=style_of("#ffffff", "#202020", True),
    )
    return figure, mesh


def _drawable(triangles: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """At least one: ipyvolume cannot send an empty array. One without area is drawn as nothing."""
    return triangles if len(triangles) else np.zeros((1, 3), dtype=np.uint32)


def _check_grid(x: Array, z: Array, losses: Array) -> None:
    if x.ndim != 1 or z.ndim != 1 or min(x.size, z.size) < 2:
        rule = "two 1D arrays of at least 2 numbers each"
        raise ValueError(complaint("alphas and betas", rule, (x.shape, z.shape)))
    if losses.shape != (z.size, x.size):
        raise ValueError(complaint("losses", f"[B, A] = {(z.size, x.size)}", losses.shape))
