"""Small networks and data for the tests; every axis has another length."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def initialised(module: nn.Module, seed: int = 0) -> nn.Module:
    """Weights from a generator of our own, so that no test draws from the global one."""
    generator = seeded(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator) * 0.1)
            if name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
    return module.eval()


def mlp(dtype: torch.dtype = torch.float64) -> nn.Module:
    return initialised(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).to(dtype))


def cnn(*, norm: bool = True, dtype: torch.dtype = torch.float64) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(2, 4, 3, padding=1)]
    layers += [nn.BatchNorm2d(4)] if norm else []
    layers += [nn.SiLU(), nn.Conv2d(4, 6, 3, groups=2)]
    layers += [nn.BatchNorm2d(6)] if norm else []
    layers += [nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)]
    return initialised(nn.Sequential(*layers).to(dtype))


def vectors(count: int, *, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Inputs `[count, 5]` and labels of 3 classes."""
    generator = seeded(1)
    inputs = torch.randn(count, 5, generator=generator, dtype=torch.float64).to(dtype)
    return inputs, torch.randint(0, 3, (count,), generator=generator)


def images(count: int, *, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Inputs `[count, 2, 6, 7]` and labels of 3 classes, sorted by class as data often are."""
    generator = seeded(2)
    labels = torch.randint(0, 3, (count,), generator=generator).sort().values
    inputs = torch.randn(count, 2, 6, 7, generator=generator, dtype=torch.float64)
    return (inputs + labels[:, None, None, None]).to(dtype), labels
