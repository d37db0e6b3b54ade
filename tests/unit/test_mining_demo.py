"""Mining the demo's network: what its checkpoints allow, and what they do not."""

from __future__ import annotations

import pytest

import landscape_widget as lw


# Fewer steps than by default: enough for the kind, not for its full depth.
@pytest.mark.parametrize(
    ("checkpoint", "kind", "steps", "height"), [("early", "w-peak", 80, 0.2), ("final", "vvv-basin", 90, 1.0)]
)
def test_the_demo_has_both_kinds(checkpoint, kind, steps, height) -> None:
    result = lw.demo(checkpoint).mine(kind, steps=steps, progress=False)
    assert result.succeeded, result.report
    assert result.kind == result.curve().kind == kind
    name = "depth" if kind == "w-peak" else "barrier"
    assert min(result.report.figures[f"{name}_{part}"] for part in ("train", "held_out")) > height


def test_an_interpolating_network_has_no_visible_w_peak_and_the_bound_is_the_reason() -> None:
    result = lw.demo().mine("w-peak", steps=30, progress=False)
    assert not result.succeeded
    assert result.kind != "w-peak"
    assert "an interpolating network has no visible w-peak in any direction" in result.report.reason
    assert "Mine at an earlier checkpoint." in result.report.text
