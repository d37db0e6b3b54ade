"""Mining does not hang on one lucky seed; `landscape-widget bench --mining` tells how often it succeeds."""

from __future__ import annotations

from typing import Any

import pytest
import torch.nn.functional as F

import landscape_widget as lw
from landscape_widget.demo import digits

# Few samples and steps, so that all of it takes half a minute: enough for the kind, not for its depth.
CASES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "w-peak": ("early", 200, {"radius": 1.0, "steps": 20}),
    "v-side": ("early", 200, {"steps": 20}),
    "vvv-basin": ("final", 300, {"steps": 50}),
    "wine-bottle": ("early", 200, {"radius": 1.0, "steps": 50}),
    "saddle": ("early", 200, {"radius": 1.0, "steps": 25}),
}


@pytest.mark.parametrize(("kind", "seed"), [*((kind, 1) for kind in CASES), ("w-peak", 2), ("vvv-basin", 2)])
def test_further_seeds_succeed_too(kind: str, seed: int) -> None:
    checkpoint, count, options = CASES[kind]
    train, test = (tuple(tensor[:count] for tensor in digits(part)) for part in ("train", "test"))
    landscape = lw.Landscape(lw.demo_model(checkpoint), F.cross_entropy, train, splits={"test": test})
    result = landscape.mine(kind, seed=seed, progress=False, **options)
    assert result.succeeded, result.report
    assert result.report.figures["kind_train"] == result.report.figures["kind_held_out"] == kind
