"""What has been computed so far, and what of it went into finding a faster plan."""

from __future__ import annotations

from collections import deque
from statistics import median

TIMED_POINTS = 25  # the rate follows a changing load within so many points
TRIAL_SHARE = 0.05  # of the time of all points so far, or of a large job at hand, that may go into trials


class Tally:
    """Counts points and seconds of one engine.

    Attributes:
        points: All points computed on all the data used, those thrown away too.
    """

    def __init__(self) -> None:
        self.points = 0
        self._recent: deque[float] = deque(maxlen=TIMED_POINTS)
        self._worked = self._tried = 0.0

    @property
    def seconds_per_point(self) -> float | None:
        """Median time of the last points; None before the first."""
        return median(self._recent) if self._recent else None

    def add(self, num_points: int, seconds: float) -> None:
        """So many points were computed in so many seconds, and are results."""
        self.points += num_points
        self._worked += seconds
        self._recent.extend([seconds / num_points] * min(num_points, TIMED_POINTS))

    def add_trial(self, num_points: int, seconds: float) -> None:
        """A trial cost so much; its points, if any, are nobody's result."""
        self.points += num_points
        self._tried += seconds

    def allows_trial(self, seconds: float, job_seconds: float) -> bool:
        """Whether a trial of so many seconds is within its share, with a job of so many seconds ahead."""
        return self._tried + seconds <= TRIAL_SHARE * (self._worked + job_seconds)
