"""How much memory may be used, and how to tell that there was too little."""

from __future__ import annotations

import os
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")
UNKNOWN = 2**32  # bytes taken as free where nothing tells
# How the allocators of torch and Python say that memory has run out.
COMPLAINTS = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed", "insufficient memory")


def free_memory(device: torch.device) -> int:
    """Bytes that are free on the device, or in the computer."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, to be used again
        return torch.cuda.mem_get_info(device)[0] + kept
    if MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines() if ":" in line)
        if "MemAvailable" in lines:
            return int(lines["MemAvailable"].split()[0]) * 1024
    if "SC_AVPHYS_PAGES" in os.sysconf_names:  # Linux without /proc
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return UNKNOWN


def budget(asked: int | None, device: torch.device) -> int:
    """Bytes that may be taken: those asked for, else half of what is free now."""
    return free_memory(device) // 2 if asked is None else asked


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocator had too little."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in COMPLAINTS)
