"""The curvatures of random directions against what trace and norm predict."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import landscape_widget as lw
from hessian_cases import by_name
from landscape_widget.curvature.explanation import Explanation
from networks import cnn, images

NORMED = by_name["BatchNorm recalibrated"]


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


@pytest.fixture(scope="module")
def landscape() -> lw.Landscape:
    return NORMED.landscape()


@pytest.fixture(scope="module")
def dense() -> Tensor:
    return NORMED.hessian()


@pytest.fixture(scope="module")
def explained(landscape: lw.Landscape) -> Explanation:
    return landscape.hessian.explain(20, normalize="none", progress=False)


# Chi-square with as many degrees of freedom as the fourth moment allows, two-sided; 10 cases, so 1 % of all runs would
# fail by chance, and seeds are fixed.
LEVEL = 1e-3


@pytest.mark.parametrize("noise", ["gaussian", "uniform", "rademacher"])
@pytest.mark.parametrize("normalize", ["none", "filter", "model"])
def test_the_spread_over_20_seeds_agrees_with_the_prediction(landscape, noise: str, normalize: str) -> None:
    found = landscape.hessian.explain(20, noise=noise, normalize=normalize, progress=False)
    assert found.spread_pvalue > LEVEL
    error = math.hypot(found.predicted_spread.estimate / math.sqrt(20), found.predicted_mean.stderr)
    assert abs(found.mean - found.predicted_mean.estimate) < 3.5 * error


def test_the_prediction_is_that_of_many_directions(landscape, dense: Tensor) -> None:
    """20,000 directions of each sort, by the dense Hessian: the spread to 3 %."""
    generator = torch.Generator().manual_seed(0)
    size = len(dense)
    gaussian = torch.randn(20000, size, generator=generator, dtype=torch.float64)
    center = landscape.center
    laws = {
        ("gaussian", "none"): gaussian,
        ("rademacher", "none"): gaussian.sign(),
        ("uniform", "none"): 2 * torch.rand(20000, size, generator=generator, dtype=torch.float64) - 1,
        ("gaussian", "model"): gaussian * (center.norm() / gaussian.norm(dim=1, keepdim=True)),
        ("rademacher", "model"): gaussian.sign() * (center.norm() / size**0.5),
    }
    for (noise, normalize), rows in laws.items():
        curvatures = ((rows @ dense) * rows).sum(1)
        found = landscape.hessian.explain(2, noise=noise, normalize=normalize, tol=1e-6, progress=False)
        assert found.predicted_spread.estimate == pytest.approx(float(curvatures.std()), rel=0.03)
        error = float(curvatures.std()) / math.sqrt(len(rows))
        assert abs(found.predicted_mean.estimate - float(curvatures.mean())) < 4 * error
        assert found.bound > float((curvatures < 0).double().mean())


def test_filter_normalised_noise_spreads_less_by_its_fixed_lengths(landscape, dense: Tensor) -> None:
    """4,000 directions; blocks of filters are taken for isotropic, which is worth some per cent here."""
    space, generator = landscape._objective.space, torch.Generator().manual_seed(1)
    noise = torch.randn(4000, len(dense), generator=generator, dtype=torch.float64)
    norms = space.filter_norms(landscape.center)
    lengths = torch.stack([space.filter_norms(row) for row in noise])
    rows = torch.where(norms > 0, noise * norms / lengths.clamp(min=1e-300), torch.zeros_like(noise))
    curvatures = ((rows @ dense) * rows).sum(1)
    found = landscape.hessian.explain(2, tol=1e-6, progress=False)
    assert found.predicted_mean.estimate == pytest.approx(
        float(curvatures.mean()), abs=4 * float(curvatures.std()) / 63
    )
    assert found.predicted_spread.estimate == pytest.approx(float(curvatures.std()), rel=0.12)


def test_curvatures_are_those_of_the_directions(landscape, dense: Tensor, explained: Explanation) -> None:
    rows = torch.stack([landscape.directions.gaussian(seed=s, normalize="none").vector for s in range(20)])
    np.testing.assert_allclose(explained.curvatures, ((rows @ dense) * rows).sum(1).numpy(), rtol=1e-9)
    assert explained.mean == pytest.approx(explained.curvatures.mean())
    assert explained.negative == (explained.curvatures < 0).mean()


def test_marks_are_curvatures_at_the_length_of_random_directions(landscape, dense: Tensor) -> None:
    d = landscape.directions.gaussian(seed=5)
    found = landscape.hessian.explain(3, normalize="none", directions={"mine": d}, progress=False).marks
    size, values = len(dense), torch.linalg.eigvalsh(dense)
    gradient = landscape.directions.gradient(normalize="none").vector
    assert found["top eigenvector"] == pytest.approx(size * float(values[-1]), rel=1e-4)
    assert found["bottom eigenvector"] == pytest.approx(size * float(values[0]), rel=1e-3)
    for name, vector in (("gradient", gradient), ("mine", d.vector)):
        expected = size * float(vector @ dense @ vector / (vector @ vector))
        assert found[name] == pytest.approx(expected, rel=1e-8)
    assert list(landscape.hessian.explain(3, directions=[d], progress=False).marks)[-1] == d.label


def test_it_prints_as_a_table(explained: Explanation) -> None:
    lines = str(explained).splitlines()
    assert lines[0] == "20 gaussian directions, normalize='none': curvature d^T H d"
    assert [line.split()[0] for line in lines[1:4]] == ["mean", "spread", "negative"]
    assert "by a normal law, at most" in lines[3]
    assert "(Laurent and Massart 2000)" in lines[3]
    assert [line.split("  ")[2].strip() for line in lines[6:]] == list(explained.marks)
    assert repr(explained) == str(explained)


def test_it_is_drawn_with_its_prediction_and_marks(explained: Explanation) -> None:
    axes = explained.plot()
    assert sum(patch.get_height() for patch in axes.patches) == 20
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert [text.split(":")[0] for text in texts] == ["20 directions", "predicted", *explained.marks]
    assert axes.get_xscale() == "symlog"
    assert explained.plot(axes) is axes


def test_a_positive_hessian_of_high_rank_predicts_v_basins_only() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(400, 60, generator=generator, dtype=torch.float64)
    model = torch.nn.Linear(60, 1, bias=False).double()
    landscape = lw.Landscape(model, F.mse_loss, (x, torch.zeros(400, 1, dtype=torch.float64)))
    found = landscape.hessian.explain(30, normalize="none", progress=False)
    assert found.negative == 0
    assert found.bound < 1e-5
    assert found.effective_rank > 40
    assert found.spread_pvalue > LEVEL


def test_nothing_of_the_model_or_the_process_changes() -> None:
    model = cnn().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state, threads, grad = torch.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    landscape = lw.Landscape(model, F.cross_entropy, images(31), calibration=11)
    private = {name: tensor.clone() for name, tensor in landscape._objective.module.named_buffers()}
    landscape.hessian.explain(3, progress=False)
    landscape.hessian.density(steps=5)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    for name, tensor in landscape._objective.module.named_buffers():
        assert torch.equal(tensor, private[name])
    assert all(p.grad is None and not p.requires_grad for p in landscape._objective.module.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert (torch.get_num_threads(), torch.is_grad_enabled(), model.training) == (threads, grad, True)
