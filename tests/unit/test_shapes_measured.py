"""Every curve that we measured and printed is given the kind that it was made to have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from landscape_widget.shapes.curves import classify
from landscape_widget.shapes.scale import ceiling_of

LN_10 = float(np.log(10))


class Printed(NamedTuple):
    name: str
    span: tuple[float, float]
    losses: str
    kind: str

    @property
    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        losses = np.array([float(word) for word in self.losses.split()])
        return np.linspace(*self.span, len(losses)), losses


# A CNN with BatchNorm on CIFAR-10: ten classes, loss .613 at the trained centre, 1.352 after five epochs.
DIRECTIONS = (
    Printed("Gaussian, model norm", (-1, 1), "2.23 1.90 1.39 .857 .613 .874 1.41 1.90 2.30", "v-basin"),
    Printed("Gaussian, filter norm", (-1, 1), "3.37 2.58 1.72 .955 .613 .976 1.70 2.53 3.44", "v-basin"),
    Printed("other model", (-0.5, 1.5), "1.51 .856 .613 1.23 2.55 1.19 .590 .835 1.71", "w-basin"),
    Printed("to initialisation", (-0.5, 1.5), "1.47 .765 .613 .869 1.33 1.85 2.36 2.53 2.59", "v-basin"),
    Printed("gradient, trained", (-1, 1), "6.64 5.64 4.24 2.27 .613 1.85 3.88 5.42 6.52", "v-basin"),
    Printed("gradient, early", (-1, 1), "3.71 3.16 2.52 1.82 1.352 1.314 1.56 1.92 2.31", "v-side"),
    Printed("early to final", (-1, 2), "2.07 1.76 1.48 1.30 1.06 .692 .690 1.68 3.78", "v-side"),
    Printed("final to epoch 10", (-1, 2), "2.06 1.06 .617 .670 .904 1.09 1.24 1.42 1.65", "v-basin"),
    Printed("sign flip", (-0.5, 1.5), ".770 .675 .613 .796 1.669 .796 .613 .675 .770", "w-basin"),
    Printed("permutation", (-0.5, 1.5), ".928 .664 .613 .836 1.10 .835 .613 .657 .884", "w-basin"),
    Printed("lowest eigenvector", (-1, 1), "3.89 3.30 2.52 1.34 .613 1.42 2.72 3.51 4.02", "v-basin"),
)
FROZEN = (
    Printed("w-peak, frozen", (-2, 2), "3.49 2.06 1.464 1.34 1.351 1.56 2.497 4.46 7.50", "v-basin"),
    Printed("other model, frozen", (-0.5, 1.5), "21.0 4.93 .611 3.38 3.23 4.77 10.1 17.9 53.7", "v-basin"),
)
MINED = (
    Printed(
        "w-peak, early",
        (-2, 2),
        "1.60 1.43 1.29 1.22 1.215 1.26 1.31 1.34 1.352 1.33 1.29 1.24 1.206 1.21 1.29 1.44 1.63",
        "w-peak",
    ),
    Printed("w-peak, coarse", (-2, 2), "1.60 1.29 1.215 1.31 1.352 1.29 1.206 1.29 1.63", "w-peak"),
    Printed(
        "w-peak, early, radius 1",
        (-2, 2),
        "1.33 1.23 1.17 1.14 1.154 1.20 1.27 1.33 1.352 1.33 1.27 1.20 1.159 1.16 1.20 1.30 1.45",
        "w-peak",
    ),
    Printed(
        "w-peak, initial",
        (-2, 2),
        "2.02 1.74 1.50 1.36 1.349 1.49 1.75 2.10 2.355 2.20 1.80 1.50 1.351 1.36 1.46 1.65 1.91",
        "w-peak",
    ),
    Printed(
        "w-peak, final",
        (-2, 2),
        ".594 .587 .585 .586 .591 .598 .606 .611 .613 .611 .606 .599 .592 .588 .587 .590 .598",
        "w-peak",
    ),
    Printed(
        "vvv, 300 steps",
        (-1.5, 1.5),
        "1.39 1.11 .939 1.49 2.28 1.49 .613 1.61 2.23 1.33 .929 1.12 1.42",
        "vvv-basin",
    ),
    Printed("vvv, 300 steps, test", (-1.5, 1.5), "1.60 1.18 2.55 1.089 2.57 1.20 1.67", "vvv-basin"),
    Printed(
        "vvv, no hinge",
        (-1.5, 1.5),
        ".788 .750 .727 .713 .693 .654 .613 .646 .679 .699 .713 .733 .761",
        "v-basin",
    ),
    Printed(
        "vvv, 1100 steps",
        (-1.5, 1.5),
        "1.18 .848 .681 1.40 2.47 1.16 .613 1.13 2.30 1.30 .663 .883 1.27",
        "vvv-basin",
    ),
    Printed(
        "vvv, 1100 steps, test",
        (-1.5, 1.5),
        "1.61 1.29 1.127 1.86 2.98 1.64 1.089 1.59 2.72 1.76 1.128 1.36 1.75",
        "vvv-basin",
    ),
)
# The demo's network on handwritten digits.
DIGITS = (
    # Its valleys lie on the borders of the printed span: by definition they are none.
    Printed("digits, radius .3", (-2, 2), ".72 .73 .84 1.08 1.29 1.356 1.28 1.07 .84 .75 .74", "peak"),
    Printed("digits, radius 1", (-2, 2), ".49 .17 .05 .24 1.05 1.356 1.05 .24 .05 .17 .55", "w-peak"),
    # Measured on the demo: the outer wall on the right is lower than one per cent of the barrier.
    Printed(
        "digits, other model",
        (-0.5, 1.5),
        ".0689 .0318 .0127 .0055 .0036 .0043 .0114 .062 .3962 1.2415 1.6062 "
        "1.0061 .2883 .0504 .0112 .0045 .0033 .0038 .0055 .0092 .016",
        "w-basin",
    ),
    Printed("digits, vvv", (-1.5, 1.5), ".11 .01 .01 2.1 1.3 .004 2.0 2.6 .01 .01 .08", "vvv-basin"),
)
ALL = (*DIRECTIONS, *FROZEN, *MINED, *DIGITS)

every_curve = pytest.mark.parametrize("printed", ALL, ids=lambda printed: printed.name)


@every_curve
@pytest.mark.parametrize("ceiling", [None, LN_10], ids=["whole height", "ln 10"])
def test_kind_of_printed_curve(printed: Printed, ceiling: float | None) -> None:
    assert classify(*printed.curve, ceiling=ceiling).kind == printed.kind


# With frozen BatchNorm the walls are so high that a ceiling read off the slice is another one.
@pytest.mark.parametrize("printed", [*DIRECTIONS, *MINED, *DIGITS], ids=lambda printed: printed.name)
def test_kind_of_printed_curve_of_a_loss_without_a_ceiling(printed: Printed) -> None:
    alphas, losses = printed.curve
    assert classify(alphas, losses, ceiling=ceiling_of(losses)).kind == printed.kind


@every_curve
def test_kind_of_mirrored_curve(printed: Printed) -> None:
    alphas, losses = printed.curve
    straight, mirrored = classify(alphas, losses), classify(-alphas[::-1], losses[::-1])
    assert mirrored.kind == printed.kind
    assert [(-v.alpha, v.loss, v.prominence) for v in mirrored.valleys[::-1]] == list(straight.valleys)


@every_curve
@pytest.mark.parametrize("factor", [1e-6, 1e3])
def test_kind_does_not_depend_on_the_unit_of_the_loss(printed: Printed, factor: float) -> None:
    alphas, losses = printed.curve
    assert classify(alphas, losses * factor, ceiling=LN_10 * factor).kind == printed.kind


@every_curve
def test_kind_does_not_depend_on_the_length_of_the_direction(printed: Printed) -> None:
    alphas, losses = printed.curve
    assert classify(alphas * 37.5, losses).kind == printed.kind


@pytest.mark.parametrize("count", [41, 61, 101])
@pytest.mark.parametrize("printed", [p for p in ALL if 0 in p.curve[0]], ids=lambda printed: printed.name)
def test_kind_of_resampled_curve(printed: Printed, count: int) -> None:
    alphas, losses = printed.curve
    fine = np.union1d(np.linspace(*printed.span, count), alphas)
    assert classify(fine, np.interp(fine, alphas, losses)).kind == printed.kind


# Of the last curve one wall is so low that only its steady rise shows the valley.
@pytest.mark.parametrize("printed", [p for p in ALL if "digits, other" not in p.name], ids=lambda p: p.name)
def test_a_tenth_of_the_floor_as_ripple_changes_nothing(printed: Printed) -> None:
    alphas, losses = printed.curve
    floor = classify(alphas, losses).noise_floor
    ripple = 0.1 * floor * np.where(np.arange(len(losses)) % 2, 1.0, -1.0)
    assert classify(alphas, losses + ripple).kind == printed.kind


@every_curve
def test_reason_is_one_sentence(printed: Printed) -> None:
    reason = classify(*printed.curve).reason
    assert reason.endswith(".")
    assert ". " not in reason
    assert reason[0].isupper()


def test_numbers_of_a_mined_w_peak() -> None:
    printed = next(p for p in MINED if p.name == "w-peak, early")
    found = classify(*printed.curve, ceiling=LN_10)
    assert [valley.alpha for valley in found.valleys] == [-1.0, 1.0]
    assert [valley.loss for valley in found.valleys] == [1.215, 1.206]
    assert found.depth == pytest.approx(1.352 - 1.215)
    assert np.isnan(found.barrier)
    assert found.noise_floor == pytest.approx(0.01 * (1.63 - 1.206))


def test_numbers_of_a_mined_vvv_basin() -> None:
    printed = next(p for p in MINED if p.name == "vvv, 1100 steps")
    found = classify(*printed.curve, ceiling=LN_10)
    assert [valley.alpha for valley in found.valleys] == [-1.0, 0.0, 1.0]
    # The deepest one is as prominent as the curve is high, the others as their barriers towards it.
    prominences = [valley.prominence for valley in found.valleys]
    assert prominences == pytest.approx([2.47 - 0.681, 2.47 - 0.613, 2.30 - 0.663])
    assert found.barrier == pytest.approx(2.30 - 0.613)
    assert np.isnan(found.depth)
