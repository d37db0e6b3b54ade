"""How much memory a run takes: on the processor in a fresh process, on CUDA as torch counts it."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import torch

KIB = 1024


def on_cuda(compute: Callable[[], object], device: torch.device) -> int:
    """The most bytes allocated during a call, on top of those allocated before."""
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    compute()
    return torch.cuda.max_memory_allocated(device) - before


def in_fresh_process(prepare: Callable[[], Callable[[], object]]) -> int | None:
    """Bytes by which resident memory grows at most during a call; None where the system does not tell.

    `prepare` makes that call in the fresh process; it must be one that can be pickled.
    """
    if sys.platform == "win32":
        return None
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # torch is imported once
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sender, prepare))
    process.start()
    sender.close()
    try:
        return int(receiver.recv())
    except EOFError:
        return None
    finally:
        process.join()


def _measure(sender: Connection, prepare: Callable[[], Callable[[], object]]) -> None:
    compute = prepare()
    before = _forget_peak()
    compute()
    sender.send(_peak() - before)


def _forget_peak() -> int:
    """Bytes resident now; the peak starts from there where the system can do that."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # or what building the case has freed would be used without being counted
    # Elsewhere than on Linux what building the case took is not told apart.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    import resource

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * KIB
