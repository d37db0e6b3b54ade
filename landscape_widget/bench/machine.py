"""What the machine can do, and what a network asks of it."""

from __future__ import annotations

import platform
import statistics
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from landscape_widget.bench.timing import timed

TRIES = 5
_MATRIX = {"cpu": 1024, "cuda": 8192}


def describe(device: torch.device) -> str:
    """Machine, threads, torch and date, in one line."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    date = datetime.now(UTC).date().isoformat()
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}, {date}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def best_rates(device: torch.device) -> dict[str, float]:
    """FLOP/s in float32 of a large matrix product, and of convolutions in tiles of 32 images, channels last."""
    return {"matrix product": _product_rate(device), "tiled convolution": _convolution_rate(device)}


def _product_rate(device: torch.device) -> float:
    size = _MATRIX[device.type]
    a, b = (torch.randn(size, size, device=device) for _ in range(2))
    out = torch.empty_like(a)
    return 2 * size**3 / _typical(lambda: torch.mm(a, b, out=out), device)


def _convolution_rate(device: torch.device) -> float:
    images = torch.randn(32, 64, 32, 32, device=device).to(memory_format=torch.channels_last)
    weight = torch.randn(64, 64, 3, 3, device=device).to(memory_format=torch.channels_last)
    flops = 2 * images.shape[0] * 32 * 32 * 64 * 64 * 9
    return flops / _typical(lambda: F.conv2d(images, weight, padding=1), device)


def _typical(compute: Callable[[], Tensor], device: torch.device) -> float:
    with torch.inference_mode():
        timed(compute, device)
        return statistics.median(timed(compute, device)[0] for _ in range(TRIES))


def forward_flops(model: nn.Module, x: Tensor) -> int:
    """Floating-point operations of one forward pass, counted once by torch."""
    # Fused kernels of attention and recurrence are not counted: their plain forms are run instead.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading oneDNN's flags warns of hardware that is not there
        plain = torch.backends.mkldnn.flags(enabled=False)
        counter = FlopCounterMode(display=False)
        with plain, sdpa_kernel(SDPBackend.MATH), torch.enable_grad(), counter:
            model(x)
    return int(counter.get_total_flops())
