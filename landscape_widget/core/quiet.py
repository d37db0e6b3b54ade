"""The state of the process that our work must leave as it was: random generators and thread counts."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Put the global generators of Python, numpy and torch back afterwards, also after an exception."""
    python, numpy_state, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    cuda = torch.cuda.get_rng_state_all() if _uses_cuda() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)  # noqa: NPY002
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


def random_fingerprint() -> tuple[bytes, ...]:
    """Something that changes when anybody draws from torch's global generators."""
    states = [torch.get_rng_state()]
    if _uses_cuda():
        states += torch.cuda.get_rng_state_all()
    return tuple(state.numpy().tobytes() for state in states)


def _uses_cuda() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]


_thread_count_lock = threading.Lock()


def use_one_thread_here() -> None:
    """Let torch compute on one thread when it is called from this thread, and change nothing for others.

    `torch.set_num_threads` holds for the calling thread, but every thread that starts later reports the new
    number too. A throwaway thread puts that number back without touching ours.
    """
    with _thread_count_lock:
        count = torch.get_num_threads()
        torch.set_num_threads(1)
        restorer = threading.Thread(target=torch.set_num_threads, args=(count,))
        restorer.start()
        restorer.join()
