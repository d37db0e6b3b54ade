"""What mining does to the controls: a kind's own span and radius while it is shown, and back again after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from landscape_widget.mining.objectives import GOALS
from landscape_widget.widget.controls import Controls
from landscape_widget.widget.settings import Settings


class MiningMode:
    """Takes span and mixing over while something is mined.

    Args:
        controls: Theirs.
        forget_limits: The axes of the pictures are to be fitted anew.
    """

    def __init__(self, controls: Controls, forget_limits: Callable[[], None]) -> None:
        self._controls, self._forget_limits = controls, forget_limits
        self._before = controls.settings
        self._kind: str | None = None  # whose span and mixing the controls have taken over

    def take(self, settings: Settings) -> None:
        """The controls were all set at once: leave their span and mixing as they are."""
        self._kind = settings.kind if settings.mining_steps else None

    def follow(self) -> None:
        """A mined direction is seen over its own span and unmixed; without it the picture is as before."""
        settings = self._controls.settings
        was_mining = self._kind is not None
        if settings.mining_steps == 0:
            if was_mining:
                self._leave(settings)
            return
        if self._kind == settings.kind:
            return
        if not was_mining:
            self._before = settings
        self._kind = settings.kind
        with self._controls.quiet():
            self._controls.apply(replace(settings, scale=GOALS[settings.kind].span, mixing=0.0))
        self._forget_limits()

    def _leave(self, settings: Settings) -> None:
        own = GOALS[self._kind or settings.kind].span
        self._kind = None
        if settings.scale == own:
            with self._controls.quiet():
                self._controls.apply(replace(settings, scale=self._before.scale))
        self._forget_limits()

    def follow_kind(self) -> None:
        """Each kind has its own radius, unless another one was chosen."""
        radius = self._controls.widgets["radius"]
        # A slider in the page counts in steps, and sends 1.4000000000000001 for 1.4.
        if round(radius.value, 6) in {goal.radius for goal in GOALS.values()}:
            with self._controls.quiet():
                radius.value = GOALS[self._controls.widgets["kind"].value].radius
