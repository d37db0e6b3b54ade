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
    """Has the user's model changed since the centre was taken?

    Versions and storages are looked at first; a hash of the contents finds writes through `.data`.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.reset()

    def reset(self) -> None:
        """Take the state of now as unchanged."""
        self._marks = self._present_marks()
        self._hash = fingerprint(self._state())

    def changed(self, *, thoroughly: bool = True) -> bool:
        """Whether weights or buffers differ from those at the last `reset`; only marks are read if not thorough."""
        marks = self._present_marks()
        if marks == self._marks and not thoroughly:
            return False
        if fingerprint(self._state()) != self._hash:
            return True
        self._marks = marks
        return False

    def _state(self) -> list[Tensor]:
        return [*self._model.parameters(), *self._model.buffers()]

    def _present_marks(self) -> list[tuple[int, int]]:
        return [(t.data_ptr(), -1 if t.is_inference() else t._version) for t in self._state()]
