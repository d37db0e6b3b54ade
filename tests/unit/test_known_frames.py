"""What is known, for the browser. `python tests/unit/test_known_frames.py` writes the golden file for vitest."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from frame_cases import GOLDEN, as_text, assert_array
from landscape_widget.slices.chebyshev import Axis, Interpolant, tensor_coords
from landscape_widget.widget.known_frames import KnownPart, Turn, known_frame

TURN = Turn(np.array([4.0, 2.25, 1.0]), np.array([0.3, -0.2, 1.1]), keeps_length=False)


def loss(*x: Any) -> Any:
    """Smooth, positive, and without any symmetry."""
    y, z = (*x[1:], 0.0, 0.0)[:2]
    return 0.05 + np.log1p(3 * x[0] ** 2 + (y - 0.4 * x[0]) ** 2) + 0.2 * np.exp(0.8 * y - z) + 0.3 * np.sin(z) ** 2


def interpolant(*axes: Axis) -> Interpolant:
    coords = tensor_coords([axis.nodes for axis in axes])
    return Interpolant(axes, loss(*coords.T).reshape([axis.count for axis in reversed(axes)]))


LINE = interpolant(Axis(-0.5, 2.0, 17, 1.5))
SMALL = interpolant(Axis(-0.5, 1.5, 9, 2.5), Axis(0.25, 2.0, 5, 1.5))
PLANE = interpolant(Axis(-1.5, 1.5, 33, 1.5), Axis(-1.2, 1.2, 17, 1.5))
VOLUME = interpolant(Axis(-1.5, 1.5, 17, 1.5), Axis(-1.6, 1.6, 9, 1.5), Axis(-1.7, 1.7, 9, 1.5))


def part(function: Interpolant, **changes: Any) -> KnownPart:
    nodes = tensor_coords([axis.nodes for axis in function.axes])[:7]
    return KnownPart(
        **{"function": function, "error": 0.01, "is_signed": False, "nodes": nodes, "turn": False, **changes}
    )


def frame(*parts: KnownPart, **changes: Any) -> dict[str, Any]:
    return known_frame(
        **{
            "seq": 2,
            "mixing": 30.0,
            "rise": 12.5,
            "sources": {"a": 0, "seed": 4},
            "parts": parts or (part(LINE), part(PLANE, turn=True)),
            **changes,
        }
    )


def volume_steps(turn: Turn, degrees: float) -> np.ndarray:
    from landscape_widget.widget.volumes import Basis

    return Basis((None, None, None), turn.inner, turn.third, turn.keeps_length).steps(degrees)  # type: ignore[arg-type]


def read(function: Interpolant, steps: np.ndarray, *grid: np.ndarray) -> list[float]:
    coords = tensor_coords(list(grid)) @ steps
    return [float(value) for value in function(*coords.T)]


def expected() -> dict[str, Any]:
    """What the browser has to read off the parts of the golden frame, to rounding but for the turned ones."""
    alphas, betas = np.linspace(-0.4, 1.3, 6), np.linspace(0.3, 1.9, 4)
    wide = [np.linspace(-0.8, 0.8, 41), np.linspace(-0.5, 0.7, 35)]
    cases = [
        {"part": 0, "steps": [[1.0]], "grid": [alphas]},
        {"part": 1, "steps": [[1.0, 0.0], [0.0, 1.0]], "grid": [alphas, betas]},
        {"part": 2, "steps": [[0.8, 0.6]], "grid": [np.linspace(-1.1, 0.9, 5)]},
        {
            "part": 2,
            "steps": [[0.8, 0.6], [-0.6, 0.8]],
            "grid": wide,
        },
        {"part": 3, "steps": volume_steps(TURN, 25.0).tolist(), "grid": [np.linspace(-0.9, 0.9, 35)] * 2},
    ]
    functions = [LINE, SMALL, PLANE, VOLUME]
    for case in cases:
        case["losses"] = read(functions[case["part"]], np.array(case["steps"]), *case["grid"])
        case["grid"] = [axis.tolist() for axis in case["grid"]]
    nodes = [axis.nodes.tolist() for function in functions for axis in function.axes]
    return {"frame": golden(), "nodes": nodes, "cases": cases}


def golden() -> dict[str, Any]:
    parts = [part(LINE), part(SMALL), part(PLANE, turn=True, error=0.02), part(VOLUME, turn=TURN, error=0.03)]
    return frame(*parts)


def test_the_golden_file_is_what_is_written_and_read_today():
    kept = json.loads((GOLDEN / "known.json").read_text())
    today = json.loads(as_text(expected()))
    # Sums are taken in another order on another processor.
    for old, new in zip(kept.pop("cases"), today.pop("cases"), strict=True):
        np.testing.assert_allclose(old.pop("losses"), new.pop("losses"), rtol=1e-12)
        assert old.pop("part") == new.pop("part")
        np.testing.assert_allclose(old.pop("steps"), new.pop("steps"), rtol=1e-12)
        assert old.keys() == new.keys()
    for old_nodes, new_nodes in zip(kept["nodes"], today["nodes"], strict=True):
        np.testing.assert_allclose(old_nodes, new_nodes, rtol=1e-12, atol=1e-15)
    assert kept["frame"]["parts"] == today["frame"]["parts"]
    assert kept["frame"].keys() == today["frame"].keys()


def test_values_travel_as_doubles_and_nodes_with_their_shape():
    sent = frame(part(SMALL))
    assert (sent["version"], sent["view"], sent["mixing"]) == (1, "known", 30.0)
    assert sent["parts"] == [
        {"axes": [[-0.5, 1.5, 9, 2.5], [0.25, 2.0, 5, 1.5]], "error": 0.01, "is_signed": False, "turn": False}
    ]
    assert sent["arrays"]["values_0"]["dtype"] == "<f8"
    assert_array(sent, "values_0", SMALL.values)
    assert_array(sent, "nodes_0", part(SMALL).nodes)


def test_values_of_any_memory_order_are_written_row_by_row():
    turned = Interpolant(SMALL.axes, np.asfortranarray(SMALL.values))
    assert_array(frame(part(turned)), "values_0", SMALL.values)


def test_a_volume_tells_how_its_axes_turn():
    assert frame(part(VOLUME, turn=TURN))["parts"][0]["turn"] == {
        "inner": [4.0, 2.25, 1.0],
        "third": [0.3, -0.2, 1.1],
        "keeps_length": False,
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"turn": True}, "turn must be True only where there are 2 axes, got '1 axes'."),
        ({"turn": TURN}, "turn must be a Turn only where there are 3 axes, got '1 axes'."),
        ({"error": np.inf}, "error must be a finite number, got inf."),
        ({"nodes": np.zeros((4, 2))}, "nodes must be [M, 1], got 'shape (4, 2)'."),
        (
            {"function": Interpolant(LINE.axes, LINE.values[:5])},
            "values must be finite and of shape (17,), got 'shape (5,)'.",
        ),
        (
            {"function": Interpolant(LINE.axes, LINE.values * np.nan)},
            "values must be finite and of shape (17,), got 'shape (17,)'.",
        ),
    ],
)
def test_parts_that_cannot_be_read_are_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        frame(part(**{"function": LINE, **changes}))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"seq": 0}, "seq must be an integer of at least 1, got 0."),
        ({"sources": {"seed": np.nan}}, "seed must be a finite number, got nan."),
        ({"mixing": np.nan}, "mixing must be a finite number, got nan."),
    ],
)
def test_frames_without_number_or_angle_are_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        frame(**changes)


if __name__ == "__main__":
    (GOLDEN / "known.json").write_text(as_text(expected()).replace("\n" + " " * 8, " "))
