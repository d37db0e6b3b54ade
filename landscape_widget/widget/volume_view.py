"""A volume in ipyvolume: a cloud or iso-surfaces, and sliders that cut it open; one figure for its whole life."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import numpy as np

from landscape_widget._checks import as_int, complaint
from landscape_widget.slices.caption import AXIS_NAMES
from landscape_widget.slices.volume import Volume
from landscape_widget.widget.closing import close_all
from landscape_widget.widget.color_bar import color_bar, text_line
from landscape_widget.widget.facts import error_text, paragraph
from landscape_widget.widget.heights import CLIP_CEILINGS, HeightMap, axis_power, height_map
from landscape_widget.widget.ipyvolume_scene import (
    ANIMATION_MS,
    axis_name,
    camera_position,
    import_ipyvolume,
    quiet,
    style_of,
)
from landscape_widget.widget.limits import LimitsKeeper
from landscape_widget.widget.page_theme import PageTheme
from landscape_widget.widget.views import ContextGuard
from landscape_widget.widget.volume_drawing import block_of, cloud_table, shells_of

MODES = (("Cloud", "cloud"), ("Iso-surfaces", "shells"))
BOX = (0.5, 0.5, 0.5)
STEPS = 100  # of a slider
SHOWN = 0.5  # of the loss range at first: walls would hide what they enclose
NARROW = {"description_width": "52px"}
RAY_STEPS = 90  # a software renderer pays for each
GREEK = ("α", "β", "γ")
STYLE = "<style>.lw-volume .widget-readout { min-width: 104px; }</style>"


class VolumeView(widgets.VBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """The loss in a volume; made by `Volume.show`. Its controls are plain ipywidgets.

    Attributes:
        mode: `"cloud"` or `"shells"` (surfaces of equal loss).
        shown: Which losses are seen, in the unit of the loss.
        clips: The parts of alpha, beta and gamma that are not cut away.
        figure: Of ipyvolume.
    """

    _hidden: tuple[Any, ...] = ()  # none yet where an argument is refused, and Python closes what there is

    def __init__(self, volume: Volume, height: int = 420) -> None:
        """`height`: of the picture in pixels.

        Raises:
            ImportError: If ipyvolume is not installed.
            ValueError: If there are fewer than two points along an axis.
        """
        pixels = as_int("height", height, low=160)
        if min(volume.losses.shape) < 2:
            raise ValueError(complaint("volume", "at least 2 points along each axis", volume.losses.shape))
        self._heights = _heights(volume)
        self._powers = [axis_power(axis[0], axis[-1]) for axis in volume.axes]
        self._axes = tuple(axis * 10.0**power for axis, power in zip(volume.axes, self._powers, strict=True))
        self._volume, self._theme = volume, PageTheme()
        self._hidden = (self._theme, ContextGuard())
        self.mode = widgets.ToggleButtons(options=MODES, style={"button_width": "116px"})
        self.shown = _loss_slider(*self._heights.limits)
        self.clips = tuple(_clip_slider(*ends) for ends in zip(AXIS_NAMES, volume.axes, strict=True))
        with quiet(), _flat():
            self.figure = _figure(pixels, self._axes, self._powers)
        self._error, bar = widgets.HTML(), widgets.HTML(color_bar(self._heights, pixels=pixels // 2))
        super().__init__(self._arranged(bar))
        self._follow_theme()
        self._draw()
        for control in (self.mode, self.shown, *self.clips):
            control.observe(self._draw, names=["value"])
        self._theme.observe(self._follow_theme, names=["background", "foreground"])

    def close(self) -> None:
        """Close every widget that this view made."""
        close_all(self, *self._hidden)

    def __repr__(self) -> str:
        return f"VolumeView({self.mode.value})"

    def _arranged(self, bar: Any) -> list[Any]:
        controls = widgets.VBox([self.mode, self.shown, *self.clips, self._error], layout={"min_width": "330px"})
        controls.add_class("lw-volume")
        layout = widgets.Layout(flex_flow="row wrap", align_items="center", overflow="visible")
        labels = [f"{name}: {label}" for name, label in zip(GREEK, self._volume.labels, strict=True) if label]
        text = widgets.HTML(STYLE + text_line(*labels, self._volume.caption, self._heights.note))
        return [widgets.HBox([self.figure, bar, controls], layout=layout), text]

    def _draw(self, _change: object = None) -> None:
        low, high = self._heights.limits
        shown = tuple((loss - low) / (high - low) for loss in self.shown.value)
        clips = [tuple(10.0**p * v for v in c.value) for p, c in zip(self._powers, self.clips, strict=True)]
        block = block_of(self._axes, self._heights.fractions, tuple(clips))
        self._error.value = ""
        is_cloud = self.mode.value == "cloud"
        try:
            self._draw_cloud(block, shown) if is_cloud else self._draw_shells(block, shown)
        except ImportError as error:
            self._error.value, is_cloud = paragraph(error_text(error), "alert", role="alert"), True
        self.figure.volumes[0].visible, self.figure.meshes[0].visible = is_cloud, not is_cloud

    def _draw_cloud(self, block: Any, shown: Any) -> None:
        volume = self.figure.volumes[0]
        volume.tf.rgba = cloud_table(shown)
        with _flat(), volume.hold_sync():
            volume.extent, volume.data = block.extent, block.voxels

    def _draw_shells(self, block: Any, shown: Any) -> None:
        """One message: ipyvolume compiles its shaders again at each. It cannot send an empty array."""
        shells, mesh = shells_of(block, shown), self.figure.meshes[0]
        points, triangles, colors = shells.points, shells.triangles, shells.colors
        if not len(triangles):
            points, triangles, colors = np.zeros((1, 3)), np.zeros((1, 3), dtype=np.uint32), np.zeros((1, 4))
        with mesh.hold_sync():
            mesh.x, mesh.y, mesh.z = (np.ascontiguousarray(axis) for axis in points.T)
            mesh.triangles, mesh.color = triangles, colors

    def _follow_theme(self, _change: object = None) -> None:
        style = style_of(self._theme.background, self._theme.foreground, True)
        style["axes"].pop("y")  # no loss here: beta has its name as the others do
        self.figure.style = style


def _flat() -> Any:
    """For data without a slope somewhere, as in a hole: ipyvolume divides it by its length, 0."""
    return np.errstate(invalid="ignore", divide="ignore")


def _heights(volume: Volume) -> HeightMap:
    cap = np.inf if volume.ceiling is None else CLIP_CEILINGS * volume.ceiling
    return height_map(volume.losses, LimitsKeeper(cap=cap).limits(volume.losses, may_move=True).ends)


def _loss_slider(low: float, high: float) -> Any:
    step = (high - low) / STEPS
    text = {"description": "loss", "style": NARROW, "readout_format": ".3g"}
    return widgets.FloatRangeSlider(value=(low, low + SHOWN * (high - low)), min=low, max=high, step=step, **text)


def _clip_slider(name: str, axis: Any) -> Any:
    low, high = float(axis[0]), float(axis[-1])
    text = {"description": name, "style": NARROW, "readout_format": ".2g"}
    return widgets.FloatRangeSlider(value=(low, high), min=low, max=high, step=(high - low) / STEPS, **text)


def _figure(pixels: int, axes: Any, powers: Any) -> Any:
    """A cloud and a mesh, of which one is visible at a time."""
    ipyvolume, pythreejs = import_ipyvolume()
    cloud = ipyvolume.Volume(
        data=np.zeros((2, 2, 2), dtype=np.float32),
        tf=ipyvolume.TransferFunction(rgba=cloud_table((0.0, 1.0))),
        extent=[[float(axis[0]), float(axis[-1])] for axis in axes],
        lighting=False,
        ray_steps=RAY_STEPS,
    )
    corner = np.zeros(3)
    mesh = ipyvolume.Mesh(
        **dict.fromkeys("xyz", corner),
        triangles=np.zeros((1, 3), dtype=np.uint32),
        color=np.zeros((3, 4)),
        material=pythreejs.MeshLambertMaterial(side="DoubleSide", transparent=True),
        visible=False,
        cast_shadow=False,
        receive_shadow=False,
    )
    figure = ipyvolume.Figure(
        width=round(1.2 * pixels),
        height=pixels,
        animation=ANIMATION_MS,
        box_size=list(BOX),
        camera=pythreejs.PerspectiveCamera(fov=45, position=camera_position(), aspect=1),
        camera_control="orbit",
        meshes=[mesh],
        volumes=[cloud],
        lights=[pythreejs.AmbientLight(color="#ffffff", intensity=1)],
        style=style_of("#ffffff", "#202020", True),
    )
    for name, letter, axis, power in zip("xyz", GREEK, axes, powers, strict=True):
        figure.scales[name].min, figure.scales[name].max = float(axis[0]), float(axis[-1])
        setattr(figure, f"{name}label", axis_name(letter, power))
    return figure
