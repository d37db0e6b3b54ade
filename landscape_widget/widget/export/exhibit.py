"""What is shown at one moment, whole: pictures, what is known of their plane, where they come from, their Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landscape_widget.slices.caption import SEPARATOR
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.widget.packing import Frame
from landscape_widget.widget.screen import CurvePicture, SurfacePicture
from landscape_widget.widget.settings import Settings

NOTHING = "There is no picture yet. Call x.wait() first, or look at x.controls for what is asked for."


@dataclass(frozen=True, eq=False)
class Exhibit:
    """All that a page or a still picture is made of.

    Attributes:
        settings: What the controls said.
        curve: As it is drawn, with its slice; None where there is none.
        surface: The same.
        views: Which of `"curve"`, `"map"`, `"surface"` are wanted.
        known: Frame of what is known of these sources; empty where that is nothing.
        history: Frame of a run of mining; empty where none is shown.
        cap: A rise above the lowest loss, beyond which a loss axis is cut.
        code: The Python that makes it again.
        notes: More to say, such as that the picture is not complete.
    """

    settings: Settings
    curve: tuple[CurvePicture, Curve] | None
    surface: tuple[SurfacePicture, Surface] | None
    views: tuple[str, ...]
    known: Frame
    history: Frame
    cap: float
    code: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.curve is None and self.surface is None:
            raise RuntimeError(NOTHING)

    @property
    def slices(self) -> dict[str, Curve | Surface]:
        """By name, the surface last."""
        shown = {"curve": self.curve, "surface": self.surface}
        return {name: pair[1] for name, pair in shown.items() if pair is not None}

    @property
    def main(self) -> Curve | Surface:
        """The surface, or the curve where there is none."""
        return list(self.slices.values())[-1]

    @property
    def kinds(self) -> dict[str, str]:
        """Name of each slice -> its kind, where the picture tells one."""
        told = {"curve": self.curve, "surface": self.surface}
        return {name: pair[0].texts["kind"] for name, pair in told.items() if pair and pair[0].texts.get("kind")}

    @property
    def caption(self) -> str:
        """What every picture of it says."""
        return self.main.caption_with(*self.notes)

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Of each slice, with what the controls said."""
        slices = {name: dict(slice_.provenance) for name, slice_ in self.slices.items()}
        return {"controls": self.settings.as_dict(), **slices}

    @property
    def title(self) -> str:
        """`Loss along gaussian, seed 0 and gaussian, seed 1`."""
        return "Loss along " + " and ".join(label or "a direction" for label in self.main.all_labels)

    def summary(self) -> str:
        """A few lines of text for who sees no picture."""
        kinds = [f"{name}: {kind}" for name, kind in self.kinds.items()]
        losses = self.main.losses
        lowest = f"losses {losses.min():.4g} to {losses.max():.4g}" if losses.size else ""
        return "\n".join(line for line in (self.title, SEPARATOR.join([*kinds, lowest]), self.caption) if line)
