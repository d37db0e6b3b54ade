"""The surfaces that we measured and printed: a saddle as a table, wine bottles as rings around their centre."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from landscape_widget.shapes.surfaces import classify_plane

Array = np.ndarray
LN_10 = float(np.log(10))

# A CNN on CIFAR-10 after five epochs. Rows: along a mined w-peak; columns: along Gaussian noise.
SADDLE = np.array(
    [
        [1.92, 1.54, 1.33, 1.222, 1.28, 1.41, 1.81],
        [1.94, 1.59, 1.41, 1.322, 1.35, 1.45, 1.82],
        [1.96, 1.64, 1.46, 1.367, 1.39, 1.48, 1.87],
        [1.96, 1.61, 1.41, 1.305, 1.34, 1.46, 1.91],
        [1.94, 1.56, 1.34, 1.214, 1.29, 1.46, 1.98],
    ]
)
PEAK, NOISE = np.array([-1, -0.5, 0, 0.5, 1]), np.array([-2, -1, -0.5, 0, 0.5, 1, 2])


class Rings(NamedTuple):
    """Loss at the centre; radius, least and greatest loss over the angles."""

    name: str
    center: float
    rings: tuple[tuple[float, float, float], ...]

    def picture(self, points: int, turns: int = 3) -> tuple[Array, Array, Array]:
        """A surface with these rings, whose loss goes up and down so often around each."""
        axis = np.linspace(-2.0, 2.0, points)
        a, b = np.meshgrid(axis, axis)
        radius, angle = np.hypot(a, b), np.arctan2(b, a)
        radii, least, greatest = np.array([(0.0, self.center, self.center), *self.rings]).T
        slopes = [(ends[-1] - ends[-2]) / (radii[-1] - radii[-2]) for ends in (least, greatest)]
        beyond = np.maximum(radius - radii[-1], 0.0)
        low, high = (
            np.interp(radius, radii, ends) + beyond * slope
            for ends, slope in zip((least, greatest), slopes, strict=True)
        )
        return axis, axis, low + (high - low) * (1 + np.cos(turns * angle)) / 2


EARLY = Rings("early CNN", 1.367, ((0.5, 1.306, 1.321), (1, 1.205, 1.219), (1.5, 1.247, 1.310), (2, 1.523, 1.664)))
DIGITS = Rings(
    "digits, radius 1",
    1.356,
    ((0.25, 1.222, 1.251), (0.5, 0.831, 0.871), (1, 0.089, 0.097), (1.5, 0.070, 0.089), (2, 0.178, 0.334)),
)
# Its wall has hardly begun where the printed rings end.
SHORT = Rings(
    "digits, radius .3",
    1.356,
    ((0.25, 1.325, 1.330), (0.5, 1.240, 1.249), (1, 0.956, 0.970), (1.5, 0.749, 0.784), (2, 0.669, 0.788)),
)


@pytest.mark.parametrize("ceiling", [None, LN_10])
def test_the_printed_saddle(ceiling: float | None) -> None:
    for picture in ((NOISE, PEAK, SADDLE), (PEAK, NOISE, SADDLE.T)):
        found = classify_plane(*picture, ceiling=ceiling)
        assert found.kind == "saddle"
        assert found.depth == pytest.approx(1.367 - 1.222)
        assert found.evidence is not None
        np.testing.assert_array_equal(np.sign(found.evidence.eigenvalues), [-1, 1])


@pytest.mark.parametrize("points", [17, 41, 101])
@pytest.mark.parametrize("rings", [EARLY, DIGITS], ids=lambda rings: rings.name)
def test_printed_wine_bottles(rings: Rings, points: int) -> None:
    found = classify_plane(*rings.picture(points), ceiling=LN_10)
    assert found.kind == "wine-bottle"
    assert found.depth == pytest.approx(rings.center - min(ring[2] for ring in rings.rings), abs=0.02)


def test_evidence_of_a_printed_wine_bottle_repeats_its_rings() -> None:
    evidence = classify_plane(*EARLY.picture(101)).evidence
    assert evidence is not None
    np.testing.assert_allclose(evidence.radii, [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
    for radius, least, greatest in EARLY.rings:
        (ring,) = evidence.rings[evidence.radii == radius]
        assert least - 0.01 < ring.min() < ring.max() < greatest + 0.01


def test_printed_rings_that_end_before_the_wall_are_no_bottle_yet() -> None:
    found = classify_plane(*SHORT.picture(41), ceiling=LN_10)
    assert found.kind == "unclear"
    assert "beyond its moat no wall rises, so take a larger span" in found.reason
