"""Hashes of weights and data, and a watch that notices when the user's model has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def fingerprint(values: Iterable[Tensor]) -> str:
    """16 hexadecimal digits of SHA-256 over the bytes, dtypes and shapes, in logical order."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    return digest.hexdigest()[:16]


class ModelWatch:
    """Has the user's model changed since the centre was taken? Compares contents, so writes through `.data` count."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.reset()

    def reset(self) -> None:
        """Take the state of now as unchanged."""
        self._hash = self._present_hash()

    def changed(self) -> bool:
        """Whether weights or buffers differ from those at the last `reset`."""
        return self._present_hash() != self._hash

    def _present_hash(self) -> str:
        return fingerprint([*self._model.parameters(), *self._model.buffers()])
