"""Kinds of surfaces as slices tell them: of grids, of interpolants, of samples, in pictures and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import landscape_widget as lw
from landscape_widget.slices.chebyshev import Axis, Interpolant
from landscape_widget.slices.display import displayed, uniform_axis
from landscape_widget.slices.nodes import Nodes
from surface_cases import FORMULAS, Formula, sampled


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


def interpolated(formula: Formula, *, expected_error: float = 1e-4, **changes: Any) -> lw.Surface:
    axes = (Axis(-1.0, 1.3, 33, 1.5), Axis(-1.1, 1.0, 33, 1.5))
    alphas, betas = axes[0].nodes, axes[1].nodes
    x, y = np.meshgrid(alphas, betas)
    function = Interpolant(axes, formula(x, y))
    nodes = Nodes(np.stack([x.ravel(), y.ravel()], axis=1), formula(x, y).ravel())
    shown = uniform_axis(-1.0, 1.3, 101), uniform_axis(-1.1, 1.0, 101)
    values: dict[str, Any] = {
        "alphas": shown[0],
        "betas": shown[1],
        "losses": displayed(function, shown, nodes),
        "center_loss": float(formula(np.array(0.0), np.array(0.0))),
        "span": ((-1.0, 1.3), (-1.1, 1.0)),
        "samples": (256, 256),
        "interpolant": function,
        "computed": nodes,
        "expected_error": expected_error,
    }
    return lw.Surface(**(values | changes))


SMOOTH = [name for name, (kind, _) in FORMULAS.items() if kind != "flat"]


@pytest.mark.parametrize("name", SMOOTH)
def test_kind_of_an_interpolated_surface(name: str) -> None:
    kind, formula = FORMULAS[name]
    assert interpolated(lambda x, y: formula(x, y) + 3).kind == kind


def test_evidence_of_an_interpolated_surface_is_read_off_its_coefficients() -> None:
    surface = interpolated(lambda x, y: np.exp(0.3 * x) + 2 * y**2 + x * y)
    evidence = lw.classify_surface(surface).evidence
    assert evidence is not None
    np.testing.assert_allclose(evidence.hessian, [[0.09, 1.0], [1.0, 4.0]], atol=1e-6)
    turn = np.deg2rad(evidence.angles[3])
    radius = evidence.radii[5]
    assert evidence.rings[5, 3] == surface.at(radius * np.cos(turn), radius * np.sin(turn))


def test_a_surface_that_is_too_inexact_is_unclear() -> None:
    formula = FORMULAS["wine bottle"][1]
    assert interpolated(formula, expected_error=0.0049, ceiling=2.0).kind == "wine-bottle"
    found = interpolated(formula, expected_error=0.006, ceiling=2.0).classification
    assert found.kind == "unclear"
    assert found.reason.startswith("Looks like a wine-bottle, but its losses were read between computed points and ")
    assert found.reason.endswith(" A tolerance (tol) of 0.005 or less tells it, and so does exact=True.")
    assert np.isnan(found.depth)
    assert found.evidence is not None


def test_kind_of_a_surface_from_arrays() -> None:
    kind, formula = FORMULAS["three wells"]
    assert lw.Surface.from_arrays(*sampled(formula)).kind == kind


def test_noise_of_samples_counts_at_the_nearest_node() -> None:
    alphas, betas, losses = sampled(FORMULAS["two wells"][1], points=(21, 17))
    x, y = np.meshgrid(alphas, betas)
    quiet = np.stack([losses.ravel()] * 4, axis=1)
    loud = quiet + np.where(np.hypot(x - 0.7, y - 0.1) < 0.3, 3.0, 0.0).ravel()[:, None] * [1, -1, 1, -1]
    common: dict[str, Any] = {"span": ((-1, 1), (-1, 1)), "center_loss": losses[8, 10], "samples": (4, 4)}
    for samples, kind in ((quiet, "two-basins"), (loud, "bowl")):
        at = {"per_sample": samples, "center_per_sample": samples[8 * 21 + 10]}
        assert lw.Surface(alphas=alphas, betas=betas, losses=losses, **common, **at).kind == kind
    order = np.random.default_rng(0).permutation(losses.size)
    coords = np.stack([x.ravel(), y.ravel()], axis=1)[order]
    at = {"per_sample": loud[order], "center_per_sample": loud[8 * 21 + 10]}
    nodes = Nodes(coords, losses.ravel()[order])
    shown = {"alphas": alphas, "betas": betas, "losses": losses, "computed": nodes}
    assert lw.Surface(**shown, **common, **at).kind == "bowl"


def test_rounding_of_half_precision_is_noise() -> None:
    alphas, betas, losses = sampled(FORMULAS["two wells"][1])
    common: dict[str, Any] = {"span": ((-1, 1), (-1, 1)), "center_loss": losses[16, 20], "samples": None}
    made = lw.Surface(alphas=alphas, betas=betas, losses=losses, provenance={"rounding_floor": 5.0}, **common)
    assert made.kind == "flat"


def test_the_kind_is_in_the_title_and_the_repr_and_outlives_a_file(tmp_path: Path) -> None:
    surface = interpolated(FORMULAS["two wells"][1])
    assert repr(surface).startswith("Surface(two-basins, 101 x 101 points)\n")
    axes = surface.plot()
    assert axes.get_title(loc="right") == "two-basins"
    assert axes.get_legend().get_texts()[0].get_text() == "2 basins"
    assert interpolated(FORMULAS["tilted plane"][1]).plot().get_legend() is None
    again = lw.load(surface.save(tmp_path / "surface.npz"))
    assert again.kind == "two-basins"
    assert again.classification.valleys == surface.classification.valleys
    assert again.classification.reason == surface.classification.reason


def test_the_classification_is_made_once() -> None:
    surface = interpolated(FORMULAS["saddle"][1])
    assert surface.classification is surface.classification
    assert isinstance(surface.classification, lw.SurfaceClassification)
