"""Threads that compute tiles side by side, each on one core.

Tiles on threads of their own beat one tile after the other on all cores: nothing waits at the end of every small
operation. Measured on 2 cores that a browser shares, the difference is a factor of three to ten.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import torch

from landscape_widget.core.quiet import use_one_thread_here

T = TypeVar("T")
W = TypeVar("W")
_leader = threading.local()


class Abandoned(Exception):
    """Another tile failed or was cancelled, so this one stopped too."""


class Crew:
    """The threads of this process; they serve every landscape, one pass at a time.

    One at a time, because tiles may wait for each other: two passes that share too few threads would wait for ever.
    """

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._leader = ThreadPoolExecutor(1, "landscape-leader", initializer=use_one_thread_here)
        self._pool: ThreadPoolExecutor | None = None
        self._size = 0

    def lead(self, function: Callable[[], T]) -> T:
        """`function()` in a thread that computes on one core, and may put the crew to work.

        Where the caller's own thread computed on all cores in between, OpenMP's idle threads would spin for a
        while on the cores that the crew wants.
        """
        future = self._leader.submit(self._leading, function, self.width)
        try:
            return future.result()
        except BaseException:
            _settle([future])  # after Ctrl-C: what was begun ends before anybody else uses the model
            raise

    def _leading(self, function: Callable[[], T], width: int) -> T:
        _leader.width = width
        try:
            return function()
        finally:
            _leader.width = None

    @property
    def width(self) -> int:
        """How many tiles compute at a time: torch's number of threads where the call came from."""
        return getattr(_leader, "width", None) or torch.get_num_threads()

    def map(self, function: Callable[[int], T], count: int) -> list[T]:
        """`function(i)` for i < count, `width` of them at a time; results in order."""
        numbers, results = itertools.count(), {}
        failed = threading.Event()

        def work(_: int) -> None:
            while not failed.is_set() and (number := next(numbers)) < count:
                results[number] = function(number)

        self.together(work, min(count, self.width), give_up=failed.set)
        return [results[number] for number in range(count)]

    def map_with(self, workers: Sequence[W], function: Callable[[int, W], T], count: int) -> list[T]:
        """`function(i, worker)` for i < count, side by side; a worker is in one call at a time."""
        free: SimpleQueue[W] = SimpleQueue()
        for worker in workers:
            free.put(worker)

        def one(number: int) -> T:
            worker = free.get()
            try:
                return function(number, worker)
            finally:
                free.put(worker)

        return self.lead(lambda: self.map(one, count))

    def together(self, function: Callable[[int], T], count: int, *, give_up: Callable[[], None]) -> list[T]:
        """`function(i)` for i < count, all at the same time; results in order.

        Args:
            function: Called in a thread that computes on one core.
            count: How many calls.
            give_up: Called when one fails, or the waiting thread is interrupted; must make the others return.

        Raises:
            Exception: What the first failing call raised; all calls have ended by then.
        """

        def guarded(number: int) -> T:
            try:
                return function(number)
            except BaseException:
                give_up()
                raise

        with self._busy:
            pool = self._pool_of(count)
            futures = [pool.submit(guarded, number) for number in range(count)]
            try:
                return _results(futures)
            except BaseException:  # Ctrl-C in the waiting thread reaches the others like this
                give_up()
                _settle(futures)
                raise

    def _pool_of(self, num_threads: int) -> ThreadPoolExecutor:
        if self._pool is None or self._size < num_threads:
            if self._pool is not None:
                self._pool.shutdown(wait=False)
            self._pool = ThreadPoolExecutor(num_threads, "landscape-tile", initializer=use_one_thread_here)
            self._size = num_threads
            # All begin now, so that none changes its number of threads while somebody else starts a thread.
            everybody = threading.Barrier(num_threads)
            list(self._pool.map(lambda _: everybody.wait(), range(num_threads)))
        return self._pool


def _results(futures: Sequence[Future[T]]) -> list[T]:
    """All results, or the first real failure: calls that were abandoned only follow it."""
    errors = [future.exception() for future in futures]
    for error in errors:
        if error is not None and not isinstance(error, Abandoned):
            raise error
    return [future.result() for future in futures]


def _settle(futures: Sequence[Future[T]]) -> None:
    for future in futures:
        if not future.cancel():
            future.exception()


crew = Crew()
