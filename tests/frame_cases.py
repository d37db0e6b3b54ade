"""Frames as golden files, which vitest reads too."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "js" / "test" / "golden"


def as_text(frame: dict[str, Any]) -> str:
    def encode(data: bytes) -> dict[str, str]:
        return {"base64": base64.b64encode(data).decode()}

    return json.dumps(frame, indent=2, default=encode, allow_nan=False) + "\n"


def assert_array(frame: dict[str, Any], name: str, expected: Any) -> None:
    """The bytes on the wire say what was given, to float32."""
    packed = frame["arrays"][name]
    read = np.frombuffer(packed["data"], dtype=packed["dtype"]).reshape(packed["shape"])
    np.testing.assert_array_equal(read, np.asarray(expected, dtype=packed["dtype"]))
