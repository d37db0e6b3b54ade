"""Mining at the demo's final checkpoint: what the bound forbids. The gallery notebook mines all that there is."""

from __future__ import annotations

import landscape_widget as lw


def test_an_interpolating_network_has_no_visible_w_peak_and_the_bound_is_the_reason() -> None:
    result = lw.demo().mine("w-peak", steps=5, progress=False)
    assert not result.succeeded
    assert result.kind != "w-peak"
    assert "an interpolating network has no visible w-peak in any direction" in result.report.reason
    assert "Mine at an earlier checkpoint." in result.report.text
