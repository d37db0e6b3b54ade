"""The explorer's controls: real ipywidgets under the names of `Settings`, and the buttons."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets as widgets

from landscape_widget.widget.control_events import ControlEvents, Handler
from landscape_widget.widget.settings import (
    KINDS,
    LEAST_RESOLUTION,
    LEAST_TOLERANCE,
    MOST_MINING_STEPS,
    MOST_RESOLUTION,
    MOST_TOLERANCE,
    NAMES,
    Settings,
)

# (words in the menu, value), one an entry.
Options = Sequence[tuple[str, str]]
Menus = Mapping[str, Options]

MOST_SLIDER_SEED = 99
SPAN_STEPS = 300  # of the noise-scale slider, from its least to its largest span
NORMALIZATION_OPTIONS = (
    ("per filter", "filter"),
    ("per layer", "layer"),
    ("whole model", "model"),
    ("none", "none"),
)

TOOLTIPS = {
    "a": "First source: the direction of the curve when mixing is 0",
    "b": "Second source: what mixing turns the curve towards",
    "c": "Third source: the second axis of map and surface, made orthogonal to the curve",
    "mixing": "Angle between sources: 0° is A, 90° is the part of B orthogonal to A",
    "scale": "Noise scale h: the picture spans (-h, h), in lengths of the direction",
    "seed": "Noise in A, B and C is drawn with this seed, the next and the one after",
    "normalize": "How noise and gradient are brought to the length of the weights",
    "kind": "The shape to mine a direction for",
    "radius": "Length of the mined direction: relative change of each filter, root mean square",
    "mining_steps": "0: nothing mined. Release it beyond the last snapshot, and mining goes up to there",
    "resolution": "Points drawn along each axis of map and surface; costs nothing where they are read off",
    "tolerance": "Error allowed at a point: a share of the scale, or of the height above the lowest loss if larger",
    "split": "The data on which the loss is computed",
    "batchnorm": "Recalibrate: statistics of each point's own. Frozen: as stored, like model.eval()",
    "surface_view": "What draws the surface",
    "recipe": "Prepare two directions whose surface shows a shape, and take them as A and C",
    "lock_axes": "Keep the loss axis and the colours as they are",
    "log_height": "Logarithmic loss axis, height and colours",
    "mine": "Mine a direction of this kind (or go on with it)",
    "census": "Count the kinds of the curves along 20 random directions, with 95 % intervals",
    "curvature": "Why the curve bends as it does: curvatures of 50 random directions beside what the Hessian predicts",
    "path": "File to save the mined directions to, or to load directions from (.npz), or a checkpoint (.pt)",
    "save": "Write the mined directions that are shown to this file; an existing one is never overwritten",
    "load": "Read this file, and offer its direction in the menus of A, B and C",
    "cancel": "Stop computing and mining; what is there stays",
    "recenter": "Take the weights that the model has now as the centre",
}


class Controls:
    """All controls by name, in `widgets`: those of `Settings`, buttons, and the field for a file."""

    def __init__(self, start: Settings, menus: Menus) -> None:
        self.widgets: dict[str, Any] = {
            **_menus(start, menus),
            **_sliders(start),
            **_switches(start),
            **_buttons(),
        }
        for name, widget in self.widgets.items():
            widget.tooltip = TOOLTIPS[name]
        self._events: ControlEvents | None = None

    @property
    def settings(self) -> Settings:
        """What they say now."""
        return Settings(**{name: self.widgets[name].value for name in NAMES})

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Name of each menu -> the values that it offers."""
        menus = {name: self.widgets[name] for name in NAMES if isinstance(self.widgets[name], widgets.Dropdown)}
        return {name: tuple(value for _, value in menu.options) for name, menu in menus.items()}

    def observe(self, handler: Handler) -> None:
        """Call `handler(name, is_from_page)` after each change of a value; once for all."""
        self._events = ControlEvents({name: self.widgets[name] for name in NAMES}, handler)

    def quiet(self) -> AbstractContextManager[None]:
        """Change values meanwhile without a call of the handler."""
        assert self._events is not None
        return self._events.quiet()

    def apply(self, settings: Settings) -> None:
        """Show these settings, one change after the other."""
        for name, value in settings.as_dict().items():
            _widen(self.widgets[name], value)
            if self.widgets[name].value != value:
                self.widgets[name].value = value

    def offer(self, name: str, options: Options) -> None:
        """Give a menu other entries; what is chosen stays chosen if it is still there, else the first is."""
        menu = self.widgets[name]
        chosen = menu.value
        with self.quiet():
            menu.options = tuple(options)
            menu.value = chosen if chosen in self.choices[name] else options[0][1]

    def on_click(self, name: str, action: Callable[[], None]) -> None:
        """Call `action` when a button is pressed."""
        self.widgets[name].on_click(lambda _: action())


def _widen(widget: Any, value: Any) -> None:
    """A slider takes a larger value than it was made for, instead of cutting it off without a word."""
    if isinstance(widget, widgets.FloatLogSlider):  # its ends are exponents, and no other tolerance is taken
        return
    if hasattr(widget, "max") and value > widget.max:
        widget.max = value
    if hasattr(widget, "min") and value < widget.min:
        widget.min = value


def _menus(start: Settings, menus: Menus) -> dict[str, Any]:
    words = {
        "a": "A",
        "b": "B",
        "c": "C",
        "normalize": "Normalise",
        "kind": "Mine for",
        "recipe": "Recipe",
        "split": "Data",
        "batchnorm": "BatchNorm",
        "surface_view": "3D view",
    }
    options: dict[str, Options] = {
        **menus,
        "normalize": NORMALIZATION_OPTIONS,
        "kind": [(kind, kind) for kind in KINDS],
    }
    made = {}
    for name, description in words.items():
        value = getattr(start, name)
        made[name] = widgets.Dropdown(options=tuple(options[name]), value=value, description=description)
        made[name].disabled = len(options[name]) < 2
    return made


def _sliders(start: Settings) -> dict[str, Any]:
    most = max(3.0, 3 * start.scale)
    scale = {"min": most / SPAN_STEPS, "max": most, "step": most / SPAN_STEPS, "readout_format": ".3g"}
    return {
        "mixing": widgets.FloatSlider(
            start.mixing, min=-90, max=90, step=1, description="Mixing °", readout_format=".0f"
        ),
        "scale": widgets.FloatSlider(start.scale, description="Noise scale", **scale),
        "seed": widgets.IntSlider(start.seed, min=0, max=MOST_SLIDER_SEED, description="Seed"),
        "radius": widgets.FloatSlider(start.radius, min=0.05, max=3, step=0.05, description="Radius"),
        "mining_steps": widgets.IntSlider(
            start.mining_steps, min=0, max=MOST_MINING_STEPS, step=10, description="Mining steps"
        ),
        "resolution": widgets.IntSlider(
            start.resolution, min=LEAST_RESOLUTION, max=MOST_RESOLUTION, step=2, description="Resolution"
        ),
        "tolerance": _tolerance_slider(start.tolerance),
    }


def _tolerance_slider(value: float) -> Any:
    low, high = math.log10(LEAST_TOLERANCE), math.log10(MOST_TOLERANCE)
    return widgets.FloatLogSlider(
        value, base=10, min=low, max=high, step=0.25, description="Tolerance", readout_format=".2g"
    )


def _switches(start: Settings) -> dict[str, Any]:
    return {
        "lock_axes": widgets.Checkbox(start.lock_axes, description="Lock axes", indent=False),
        "log_height": widgets.Checkbox(start.log_height, description="Log height", indent=False),
    }


def _buttons() -> dict[str, Any]:
    return {
        "mine": widgets.Button(description="Mine", button_style="primary"),
        "cancel": widgets.Button(description="Cancel", disabled=True),
        "recenter": widgets.Button(description="Recentre", button_style="warning"),
        "census": widgets.Button(description="Census"),
        "curvature": widgets.Button(description="Curvature"),
        "path": widgets.Text("", description="File", placeholder="mined.npz", continuous_update=False),
        "save": widgets.Button(description="Save"),
        "load": widgets.Button(description="Load"),
    }
