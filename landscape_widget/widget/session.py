"""The explorer's worker: one background thread, a slot that keeps the latest request, and jobs in between.

A request is served by a generator. Before each short piece of work it yields whether that piece may be
dropped for a newer request: a coarse pass says no and so always finishes, which is why a drag of forty moves
draws forty frames (dropping at every move draws none); a fine pass says yes and is dropped at once.
Jobs are generators too (mining). They advance by one step at a time, and only while the slot is empty.
What is done in spare time (fetching ahead) is a generator that advances while there is nothing else to do; nobody
waits for it, it counts as no work, and a new request ends it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from landscape_widget._checks import as_number
from landscape_widget.core.objective import Cancelled

Request = TypeVar("Request")

# A sleeping thread costs little, but one for every run of a cell adds up: it ends, and starts when needed.
IDLE_SECONDS = 5.0
TIMEOUT_REMEDY = "Give wait() a longer timeout, or ask for less: a lower resolution, fewer mining steps."
THREAD_NAME = "landscape-widget-worker"


class Worker(Generic[Request]):
    """Serves requests and jobs in a thread of its own, until `close`.

    Args:
        serve: Request -> its generator; what it yields is told above.
        tick: Called in the worker's thread between any two steps; returns after how many seconds it wants to
            be called again, or None.
        begin: Called in any other thread that asks for something.
    """

    def __init__(
        self,
        serve: Callable[[Request], Generator[bool, None, None]],
        *,
        tick: Callable[[], float | None] = lambda: None,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self._serve, self._tick, self._tell_begun = serve, tick, begin
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._request: Request | None = None
        self._serving: Generator[bool, None, None] | None = None
        self._may_drop = False
        self._jobs: deque[Generator[object, None, None]] = deque()
        self._spare: Generator[object, None, None] | None = None
        self._has_pause = False
        self._dropped: list[Generator[object, None, None]] = []
        self._timer: tuple[float, Callable[[], None]] | None = None
        self._error: BaseException | None = None
        self._is_cancelled = self._is_closed = self._is_woken = self._is_stepping = False

    def submit(self, request: Request) -> None:
        """Serve this request next; one that still waits is forgotten."""
        with self._changed:
            self._request, self._error = request, None
            self._start()
        self._announce()

    def add_job(self, job: Generator[object, None, None], *, first: bool = False) -> None:
        """Advance this generator step by step while no request is served: after the jobs that are there, or before."""
        with self._changed:
            (self._jobs.appendleft if first else self._jobs.append)(job)
            self._start()
        self._announce()

    def do_in_spare_time(self, job: Generator[object, None, None]) -> None:
        """Advance this generator while nothing else is to be done, in the place of an earlier one."""
        with self._changed:
            if self._spare is not None:
                self._dropped.append(self._spare)
            self._spare = job
            self._start()

    def pause_spare_time(self, has_pause: bool) -> None:
        """Let what is done in spare time rest, or go on."""
        with self._changed:
            self._has_pause = has_pause
            if self._spare is None:
                return
            self._start()
        self._announce()

    def spare_should_stop(self) -> bool:
        """Whether the piece at hand of what is done in spare time has to wait; cheap, to be asked often."""
        has_work = self._request is not None or bool(self._jobs) or bool(self._dropped)
        return self._is_closed or self._has_pause or has_work or self._timer_is_due()

    @property
    def has_spare_work(self) -> bool:
        """Whether something is done in spare time, or rests."""
        return self._spare is not None

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` in the worker's thread then; an earlier call that is still due is forgotten."""
        with self._changed:
            self._timer = (time.monotonic() + seconds, action)
            self._start()
        self._announce()

    def wake(self) -> None:
        """Have `tick` called soon."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """Drop the request that waits, what is served now, all jobs and spare work; steps already made stay made."""
        with self._changed:
            self._request, self._timer = None, None
            self._is_cancelled = self._serving is not None
            self._drop_jobs()
            if self._dropped:
                self._start()
            self._changed.notify_all()

    def _drop_jobs(self) -> None:
        self._dropped.extend([*self._jobs, *([] if self._spare is None else [self._spare])])
        self._jobs.clear()
        self._spare = None

    def should_stop(self) -> bool:
        """Whether the piece of a request at hand is no longer wanted; cheap, to be asked often."""
        return self._is_cancelled or self._is_closed or (self._request is not None and self._may_drop)

    @property
    def error(self) -> BaseException | None:
        """What was raised since the latest request was submitted."""
        return self._error

    @property
    def has_work(self) -> bool:
        """Whether anything waits to be done or gone on with, or is due later."""
        waiting = self._request is not None or self._timer is not None or bool(self._jobs)
        return waiting or self._serving is not None or bool(self._dropped)

    @property
    def is_busy(self) -> bool:
        """The same, or a step is being done now."""
        return self.has_work or self._is_stepping

    def wait(self, timeout: float) -> None:
        """Return once nothing is left to do.

        Raises:
            TimeoutError: If that takes longer than `timeout` seconds.
            BaseException: What was raised since the latest request was submitted.
        """
        seconds = as_number("timeout", timeout, above=0)
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_closed or not self.is_busy, seconds):
                raise TimeoutError(f"The picture is not complete after {seconds:g} s. Give wait() a longer timeout.")
            if self._error is not None:
                raise self._error

    def close(self) -> None:
        """End the thread after the step at hand; whatever waits is forgotten."""
        with self._changed:
            self._is_closed = True
            self._request, self._timer = None, None
            thread = self._thread
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _start(self) -> None:
        """Called with the lock held."""
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _announce(self) -> None:
        if threading.current_thread().name != THREAD_NAME:
            self._tell_begun()

    def _run(self) -> None:
        wanted: float | None = 0.0
        while self._await_work(wanted):
            self._step()
            wanted = self._guarded_tick()
            with self._changed:
                self._is_stepping = False
                self._changed.notify_all()
        self._drop_everything()

    def _await_work(self, wanted: float | None) -> bool:
        """Sleep until there is something to do, or for `wanted` seconds; false when the thread shall end."""
        with self._changed:
            seconds = IDLE_SECONDS if wanted is None else wanted
            if self._timer is not None:
                seconds = min(seconds, self._timer[0] - time.monotonic())
            has_work = self._changed.wait_for(self._has_work, max(0.0, seconds))
            is_idle = not has_work and wanted is None and self._timer is None
            if self._is_closed or is_idle:
                self._thread = None
                return False
            self._is_woken, self._is_stepping = False, self._has_steps()
            return True

    def _has_work(self) -> bool:
        return self._has_steps() or self._is_woken or self._is_closed or self._may_use_spare_time()

    def _has_steps(self) -> bool:
        has_steps = self._request is not None or self._serving is not None or bool(self._jobs)
        return has_steps or bool(self._dropped) or self._timer_is_due()

    def _may_use_spare_time(self) -> bool:
        return self._spare is not None and not self._has_pause

    def _timer_is_due(self) -> bool:
        return self._timer is not None and self._timer[0] <= time.monotonic()

    def _step(self) -> None:
        """The most urgent of: what was cancelled, what is due, a newer request, the one at hand, a job, spare work."""
        if self._is_cancelled or self._dropped:
            self._drop_cancelled()
        elif (action := self._take_due()) is not None:
            self._guarded(action)
        elif self._request is not None and (self._serving is None or self._may_drop):
            self._guarded(self._begin)
        elif self._serving is not None:
            self._advance_request(self._serving)
        elif self._jobs:
            self._advance_job(self._jobs[0])
        elif self._spare is not None and not self._has_pause:
            self._advance_job(self._spare)

    def _take_due(self) -> Callable[[], None] | None:
        with self._changed:
            if self._timer is None or not self._timer_is_due():
                return None
            action, self._timer = self._timer[1], None
            return action

    def _begin(self) -> None:
        with self._changed:
            request, self._request = self._request, None
            if request is None:
                return
            old = [job for job in (self._serving, self._spare) if job is not None]
            self._may_drop, self._spare = False, None
            self._serving = self._serve(request)
        for job in old:
            job.close()

    def _advance_request(self, serving: Generator[bool, None, None]) -> None:
        try:
            self._may_drop = next(serving)
        except (StopIteration, Cancelled):
            self._serving = None
        except BaseException as error:
            self._serving = None
            self._fail(error)

    def _advance_job(self, job: Generator[object, None, None]) -> None:
        try:
            next(job)
        except (StopIteration, Cancelled):
            self._forget(job)
        except BaseException as error:
            self._forget(job)
            self._fail(error)

    def _forget(self, job: Generator[object, None, None]) -> None:
        with self._changed:
            if job in self._jobs:  # it is not when it was cancelled meanwhile
                self._jobs.remove(job)
            if job is self._spare:
                self._spare = None

    def _drop_cancelled(self) -> None:
        with self._changed:
            dropped, self._dropped = self._dropped, []
            if self._is_cancelled and self._serving is not None:
                dropped.append(self._serving)
                self._serving = None
            self._is_cancelled = False
        for generator in dropped:
            self._guarded(generator.close)

    def _drop_everything(self) -> None:
        """At the end of the thread: generators clean up in the thread that ran them."""
        with self._changed:
            if not self._is_closed:
                return
            self._is_cancelled = True
            self._drop_jobs()
        self._drop_cancelled()

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except BaseException as error:
            self._fail(error)

    def _guarded_tick(self) -> float | None:
        try:
            return self._tick()
        except BaseException as error:
            self._fail(error)
            return None

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = error
