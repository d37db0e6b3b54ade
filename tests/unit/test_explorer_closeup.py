"""Log height: around the centre the error is small beside the loss itself."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

import landscape_widget as lw
from explorer_cases import assert_shows, make_data, make_landscape, make_network, shown_text
from landscape_widget.widget.closeup import Closeup
from landscape_widget.widget.subjects import curve_of, surface_of


def sharp(outputs, targets):
    """A loss that is small at the centre beside its range, so that one percent of the range hides it."""
    return 40 * (nn.functional.cross_entropy(outputs, targets) - 0.3) ** 2 + 1e-3


@pytest.fixture
def explore():
    made = []

    def start(loss=sharp, **options: object):
        landscape = lw.Landscape(make_network(), loss, make_data(30))
        made.append(landscape.explore(prefetch=False, span=1.3, **options))
        made[-1].wait()
        return made[-1], landscape

    yield start
    for explorer in made:
        explorer.close()


def closeups(explorer) -> list[Closeup]:
    painter = explorer._conductor.painter
    scene = painter.scenes.scene(explorer._conductor.settings)
    return [Closeup.of(make(scene, painter._maker)) for make in (curve_of, surface_of)]


@pytest.mark.parametrize("options", [{}, {"c": "none", "mixing": 25.0}])
def test_with_log_height_the_error_near_the_centre_is_at_most_a_tenth_of_the_loss(explore, options):
    explorer, landscape = explore(**options)
    assert max(closeup.share() for closeup in closeups(explorer)) > 0.1
    before = landscape.evaluations
    explorer.controls["log_height"].value = True
    explorer.wait()
    assert landscape.evaluations > before
    assert max(closeup.share() for closeup in closeups(explorer)) <= 0.1
    for shown, span in ((explorer.curve, 1.3), (explorer.surface, 1.3)):
        directions = [explorer.axes.d1, explorer.axes.d2][: len(shown.axes)]
        make = landscape.curve if len(directions) == 1 else landscape.surface
        exact = make(*directions, span=span, exact=True, points=shown.axes[0].size).losses
        place = np.ix_(*[np.abs(axis) <= span / 5 for axis in shown.axes])
        assert (np.abs(shown.losses - exact)[place] <= 0.2 * exact[place]).all()


def test_the_caption_says_how_exact_it_is_near_the_centre_only_with_log_height(explore):
    explorer, _ = explore()
    assert "of the loss" not in shown_text(explorer)
    explorer.controls["log_height"].value = True
    explorer.wait()
    assert "log height: within 0.26 of the centre off by at most" in shown_text(explorer)
    explorer.controls["log_height"].value = False
    explorer.wait()
    assert "log height: within" not in shown_text(explorer)


def test_log_height_again_evaluates_nothing_and_keeps_the_tolerance(explore):
    explorer, landscape = explore()
    for is_log in (True, False):
        explorer.controls["log_height"].value = is_log
        explorer.wait()
    before = landscape.evaluations
    explorer.controls["log_height"].value = True
    explorer.wait()
    assert landscape.evaluations == before
    assert explorer.surface.expected_error <= 0.01


def test_where_the_error_is_small_already_log_height_evaluates_nothing():
    landscape = make_landscape()
    explorer = landscape.explore(prefetch=False)
    explorer.wait()
    before = landscape.evaluations
    explorer.controls["log_height"].value = True
    explorer.wait()
    assert landscape.evaluations == before
    assert_shows(explorer, landscape)
    explorer.close()


def test_losses_that_are_not_positive_cannot_be_refined_for_a_log_axis(explore):
    explorer, landscape = explore(lambda outputs, targets: sharp(outputs, targets) - 2.0)
    before = landscape.evaluations
    explorer.controls["log_height"].value = True
    explorer.wait()
    assert landscape.evaluations == before
    assert "log height: within" not in shown_text(explorer)
