"""The facade: curves, surfaces, check, recenter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from networks import cnn, images, mlp, vectors
from reference import number


class Quadratic(nn.Module):
    """L = mean over samples of |scale * (w - x)|^2 / 2: its slices are parabolas in closed form."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.w - x


SCALE = torch.tensor([1.0, 3.0, 0.5], dtype=torch.float64)


def half_square(outputs: Tensor, _targets: Tensor) -> Tensor:
    return (outputs * SCALE).square().sum(1).mean() / 2


@pytest.fixture
def quadratic():
    x = torch.tensor([[0.5, 0.0, 1.0], [2.0, -1.0, -1.0], [0.0, 0.3, 0.2]], dtype=torch.float64)
    return lw.Landscape(Quadratic(), half_square, (x, x)), x


def closed_form(x: Tensor, shift: Tensor) -> float:
    return float(half_square(torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64) + shift - x, x))


def test_a_quadratic_is_its_exact_parabola(quadratic):
    landscape, x = quadratic
    d = landscape.directions.from_vector(torch.tensor([1.0, 0.5, -2.0], dtype=torch.float64))
    curve = landscape.curve(d, span=(-0.5, 2.0), exact=True, points=6)
    np.testing.assert_allclose(curve.alphas, [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
    expected = [closed_form(x, alpha * d.vector) for alpha in curve.alphas]
    np.testing.assert_allclose(curve.losses, expected, rtol=1e-13)
    assert curve.error == 0
    assert curve.is_exact.all()
    assert curve.at(0.75) == pytest.approx((expected[2] + expected[3]) / 2)


def test_a_surface_has_one_row_a_beta(quadratic):
    landscape, x = quadratic
    d = landscape.directions.from_vector(torch.tensor([1.0, 0.0, -2.0], dtype=torch.float64))
    e = landscape.directions.from_vector(torch.tensor([0.0, 1.0, 0.3], dtype=torch.float64))
    surface = landscape.surface(d, e, span=((-0.5, 2.0), 0.7), exact=True, points=(6, 3))
    assert surface.losses.shape == (3, 6)
    expected = [[closed_form(x, a * d.vector + b * e.vector) for a in surface.alphas] for b in surface.betas]
    np.testing.assert_allclose(surface.losses, expected, rtol=1e-13)
    np.testing.assert_allclose(surface.betas, [-0.7, 0.0, 0.7])
    assert surface.kind == surface.classification.kind == "slope"


def test_the_second_direction_is_made_orthogonal_on_request():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    d = landscape.directions.gaussian(seed=0)
    e = d + landscape.directions.gaussian(seed=1)
    skew, square = (landscape.surface(d, e, exact=True, points=3, orthogonalise=flag) for flag in (False, True))
    assert not np.allclose(skew.losses, square.losses)
    again = landscape.surface(d, e.orthogonal_to(d), exact=True, points=3)
    np.testing.assert_array_equal(square.losses, again.losses)


def test_default_points_and_spans():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    for exact, points in ((True, 41), (False, 201)):
        curve = landscape.curve(landscape.directions.gaussian(), exact=exact)
        assert (len(curve.alphas), curve.span) == (points, (-1.0, 1.0))
        assert curve.alphas[points // 2] == 0.0
        assert curve.losses[points // 2] == landscape.center_loss == curve.center_loss


def test_the_centre_is_computed_where_it_is_no_node():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    curve = landscape.curve(landscape.directions.gaussian(), span=(0.5, 1.0), exact=True, points=4)
    assert curve.center_loss == landscape.center_loss
    assert curve.kind == "off-centre"


def test_slices_on_another_split():
    x, y = vectors(23)
    landscape = lw.Landscape(mlp(), F.cross_entropy, (x[:15], y[:15]), splits={"test": (x[15:], y[15:])})
    d = landscape.directions.gaussian()
    curve = landscape.curve(d, exact=True, points=3, split="test")
    assert curve.split == "test"
    assert curve.samples == (8, 8)
    assert curve.center_loss == pytest.approx(number(F.cross_entropy(mlp()(x[15:]), y[15:])), rel=1e-12)
    np.testing.assert_array_equal(
        *(landscape.curve(d, exact=True, points=3, split=split).losses for split in ("train", None))
    )


def test_evaluations_are_counted():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    landscape.curve(landscape.directions.gaussian(), exact=True, points=5)
    before = landscape.evaluations
    landscape.curve(landscape.directions.gaussian(), exact=True, points=7)
    assert landscape.evaluations - before == 7


def test_provenance_says_where_the_numbers_come_from():
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31))
    d = landscape.directions.gaussian(seed=4)
    provenance = landscape.curve(d, exact=True, points=3).provenance
    assert provenance["directions"][0]["source"] == {"kind": "gaussian", "seed": 4, "normalize": "filter"}
    assert provenance["batchnorm"] == "recalibrate"
    assert provenance["dtype"] == "float64"
    assert provenance["samples"] == [31, 31]
    assert provenance["weights"] == landscape._objective.weights_hash
    assert "loop over points" in provenance["plan"]
    assert provenance["versions"]["landscape_widget"] == lw.__version__


def test_check_shows_both_losses_and_what_is_odd():
    model, (x, y) = cnn(), images(31)
    report = lw.Landscape(model.train(), F.cross_entropy, (x, y), splits={"test": images(12)}).check()
    assert report.loss_eval == pytest.approx(number(F.cross_entropy(model.eval()(x), y)), rel=1e-12)
    text = str(report)
    assert "2 layers, recalibrate" in text
    assert "train 31 of 31, test 12 of 12" in text
    assert "float64" in text
    assert "the model is in training mode" in text
    assert report.seconds_per_point > 0


def test_progress_is_told_and_checked():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    calls: list[tuple[int, int]] = []
    landscape.curve(landscape.directions.gaussian(), exact=True, points=3, progress=lambda *c: calls.append(c))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(TypeError, match=r"progress must be None, False or a callable\(done, total\), got True"):
        landscape.curve(landscape.directions.gaussian(), exact=True, points=3, progress=True)


def test_a_bar_appears_on_long_work_only(monkeypatch, capsys):
    from landscape_widget import progress

    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    landscape.curve(landscape.directions.gaussian(), exact=True, points=3)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    landscape.curve(landscape.directions.gaussian(), exact=True, points=3)
    assert "3/3" in capsys.readouterr().err


def test_recenter_takes_the_weights_of_now():
    model, (x, y) = mlp(), vectors(9)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    old = landscape.center
    assert not landscape.model_changed()
    with torch.no_grad():
        model[0].weight.add_(0.5)
    assert landscape.model_changed()
    assert torch.equal(landscape.center, old)
    landscape.recenter()
    assert not landscape.model_changed()
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(model(x), y)), rel=1e-12)
    curve = landscape.curve(landscape.directions.gaussian(), exact=True, points=3)
    assert curve.losses[1] == landscape.center_loss


def test_recenter_takes_buffers_too_and_writes_through_data_are_noticed():
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), batchnorm="frozen")
    model[1].running_mean.data.add_(1.0)
    assert landscape.model_changed()
    landscape.recenter()
    assert landscape.center_loss == pytest.approx(number(F.cross_entropy(model(x), y)), rel=1e-12)


def test_a_new_centre_that_is_not_finite_is_refused_and_the_old_one_kept():
    model = mlp()
    landscape = lw.Landscape(model, F.cross_entropy, vectors(9))
    expected = landscape.center_loss
    with torch.no_grad():
        model[0].weight.fill_(torch.nan)
    with pytest.raises(ValueError, match=r"finite loss to become the centre, got nan\. The old centre is kept"):
        landscape.recenter()
    assert landscape.curve(landscape.directions.gaussian(), exact=True, points=3).losses[1] == expected


def test_a_direction_of_another_centre_is_used_with_a_warning():
    model = mlp()
    landscape = lw.Landscape(model, F.cross_entropy, vectors(9))
    d = landscape.directions.gaussian()
    with torch.no_grad():
        model[0].weight.add_(0.5)
    landscape.recenter()
    with pytest.warns(UserWarning, match="was made at another centre of this model"):
        landscape.curve(d, exact=True, points=3)


ERRORS = [
    ({"span": 0}, "span must be a finite number greater than 0, got 0"),
    ({"span": -1.0}, "span must be a finite number greater than 0, got -1.0"),
    ({"span": float("nan")}, "span must be a finite number"),
    ({"span": (1.0, -1.0)}, r"span must be an interval \(lo, hi\) with lo < hi"),
    ({"span": (1.0, 2.0, 3.0)}, r"span must be h or \(lo, hi\)"),
    ({"span": "wide"}, "span must be a finite number"),
    ({"points": 9}, "points must be left out, or given with exact=True, got 9. An adaptive slice chooses its points"),
    ({"exact": True, "points": 1}, "points must be an integer from 2 to 2001, got 1"),
    ({"exact": True, "points": 2.5}, "points must be an integer"),
    ({"tol": 0}, "tol must be a finite number greater than 0"),
    ({"split": "valid"}, "split must be one of 'train', got 'valid'"),
]


@pytest.mark.parametrize(("changes", "message"), ERRORS)
def test_bad_slices_are_refused_in_words(changes, message):
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    with pytest.raises((TypeError, ValueError), match=message):
        landscape.curve(landscape.directions.gaussian(), **changes)


def test_what_is_no_direction_is_refused():
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    other = lw.Landscape(cnn(), F.cross_entropy, images(9)).directions.gaussian()
    with pytest.raises(TypeError, match=r"d must be a direction from landscape\.directions, got 'Tensor'"):
        landscape.curve(torch.ones(66))
    with pytest.raises(ValueError, match="e must"):
        landscape.surface(landscape.directions.gaussian(), other)
    with pytest.raises(ValueError, match="span must be one value, or 2 of them, alpha first"):
        landscape.surface(landscape.directions.gaussian(), landscape.directions.gaussian(seed=1), span=(1, 2, 3))


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_everything_works_inside_the_users_own_grad_modes(mode):
    outside = lw.Landscape(cnn(), F.cross_entropy, images(31))
    with mode():
        landscape = lw.Landscape(cnn(), F.cross_entropy, images(31))
        inside = landscape.directions.gradient().vector
        curve = landscape.curve(landscape.directions.gaussian(), exact=True, points=3)
        landscape.mine("w-peak", steps=1)
    torch.testing.assert_close(inside, outside.directions.gradient().vector)
    assert curve.losses[1] == outside.center_loss
