"""Frames to one view, gated by its acknowledgements: a slow view gets fewer frames, never late ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Picture = TypeVar("Picture")

PATIENCE_SECONDS = 0.5  # without an answer (no browser, a hidden tab) the newest frame is sent all the same


class Outlet(Generic[Picture]):
    """Sends the newest picture once the one before has been drawn.

    Args:
        send: Picture and number (1, 2, ...) -> on its way to the browser.
        clock: Seconds, never going back.
    """

    def __init__(self, send: Callable[[Picture, int], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._send, self._clock = send, clock
        self._waiting: Picture | None = None
        self._sent_at = 0.0
        self._sent = self._drawn = 0

    @property
    def num_sent(self) -> int:
        """How many frames have been sent."""
        return self._sent

    @property
    def is_waiting(self) -> bool:
        """Whether a picture has still to be sent."""
        return self._waiting is not None

    def offer(self, picture: Picture) -> None:
        """Send this next, in place of one that still waits."""
        self._waiting = picture

    def acknowledge(self, seq: int) -> None:
        """The view has drawn frame `seq`; may be called from any thread."""
        self._drawn = max(self._drawn, seq)

    def flush(self) -> float | None:
        """Send what may be sent; after how many seconds to ask again, None when nothing waits."""
        if self._waiting is None:
            return None
        patience = self._sent_at + PATIENCE_SECONDS - self._clock()
        if self._drawn < self._sent and patience > 0:
            return patience
        picture, self._waiting = self._waiting, None
        self._sent += 1
        self._sent_at = self._clock()
        self._send(picture, self._sent)
        return None
