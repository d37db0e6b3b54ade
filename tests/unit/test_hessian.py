"""Eigenpairs, trace, norm and density against the dense Hessian of small networks, and SciPy's eigsh."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn

import landscape_widget as lw
from hessian_cases import CASES, Case, by_name
from landscape_widget.core.params import FilterMetric
from networks import initialised, mlp, seeded, vectors

LINEAR = by_name["linear"]
NORMED = by_name["BatchNorm recalibrated"]


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


def scaled(case: Case, landscape: lw.Landscape) -> Tensor:
    """G H G over the weights that the filter metric sees."""
    objective = landscape._objective
    scale = FilterMetric.at(objective.space, objective.center).scale
    dense = scale[:, None] * case.hessian() * scale
    return dense[scale > 0][:, scale > 0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_eigenvalues_are_those_of_the_dense_hessian(case: Case) -> None:
    dense = torch.linalg.eigvalsh(case.hessian()).numpy()
    found = case.landscape().hessian.eigenpairs(3, "both", tol=1e-7)
    expected = [*dense[:-4:-1], *dense[:3]]
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-8 * np.abs(dense).max())
    assert found.converged.all()


@pytest.mark.parametrize("which", ["largest", "smallest"])
def test_pairs_are_eigenpairs_with_the_stated_residuals(which: str) -> None:
    hessian, found = LINEAR.hessian(), LINEAR.landscape().hessian.eigenpairs(4, which, tol=1e-6)
    values = torch.from_numpy(found.values)
    rest = found.vectors @ hessian - values[:, None] * found.vectors
    np.testing.assert_allclose(rest.norm(dim=1).numpy(), found.residuals, rtol=1e-3, atol=1e-13)
    torch.testing.assert_close(found.vectors @ found.vectors.T, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-10)
    assert found.residuals.max() <= 1e-6 * np.abs(found.values).max() * 2
    assert (np.diff(found.values) < 0).all() == (which == "largest")


def test_scipys_eigsh_finds_the_same_through_product() -> None:
    hessian = NORMED.landscape().hessian
    size = len(hessian._engine.objective.center)

    def product(vector: np.ndarray) -> np.ndarray:
        return hessian.product(torch.from_numpy(vector.copy()).reshape(-1)).numpy()

    operator = LinearOperator((size, size), product, dtype=np.float64)
    start = torch.randn(size, generator=seeded(), dtype=torch.float64).numpy()
    expected = eigsh(operator, 4, which="LA", return_eigenvectors=False, tol=1e-10, v0=start)
    np.testing.assert_allclose(np.sort(hessian.eigenpairs(4, tol=1e-8).values), np.sort(expected), rtol=1e-9)


def test_a_second_call_goes_on_from_the_first() -> None:
    hessian = NORMED.landscape().hessian
    few = hessian.eigenpairs(1, tol=1e-3).products
    operator = hessian._probing("plain", None).operator
    before = operator.num_products
    more = hessian.eigenpairs(4, tol=1e-8)
    assert before == few < more.products == operator.num_products
    assert hessian.eigenpairs(2).products == more.products


def test_the_filter_metric_is_the_hessian_between_the_norms_of_filters() -> None:
    landscape = LINEAR.landscape()
    dense = scaled(LINEAR, landscape)
    found = landscape.hessian.eigenpairs(3, "both", metric="filter", tol=1e-8)
    values = torch.linalg.eigvalsh(dense).numpy()
    np.testing.assert_allclose(found.values, [*values[:-4:-1], *values[:3]], atol=1e-9)
    assert not found.vectors[:, 35:42].any()  # the biases of the first layer
    assert landscape.hessian.trace(metric="filter").estimate == pytest.approx(float(dense.trace()), rel=0.05)
    v = torch.randn(66, generator=seeded(), dtype=torch.float64)
    scale = FilterMetric.at(landscape._objective.space, landscape.center).scale
    expected = scale * (LINEAR.hessian() @ (scale * v))
    torch.testing.assert_close(landscape.hessian.product(v, metric="filter"), expected, rtol=1e-9, atol=1e-12)


def test_a_part_of_the_parameters_has_its_own_spectrum() -> None:
    landscape = LINEAR.landscape()
    block = LINEAR.hessian()[42:, 42:]
    found = landscape.hessian.eigenpairs(2, params="2.*", tol=1e-8)
    np.testing.assert_allclose(found.values, torch.linalg.eigvalsh(block).flip(0)[:2].numpy(), atol=1e-10)
    assert not found.vectors[:, :42].any()
    assert landscape.hessian.trace(1e-9, params="2.*").estimate == pytest.approx(float(block.trace()), rel=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_trace_and_norm_are_right_within_their_stated_errors(case: Case) -> None:
    dense, hessian = case.hessian(), case.landscape().hessian
    trace, norm = hessian.trace(0.1), hessian.norm(0.1)
    # four standard errors by chance: 6e-5
    assert abs(trace.estimate - float(dense.trace())) <= 4 * trace.stderr + 1e-9
    assert abs(norm.estimate - float(dense.norm())) <= 4 * norm.stderr + 1e-9
    assert trace.converged
    assert norm.converged


def test_stated_errors_are_the_errors_of_many_runs() -> None:
    """Chi-square over 40 seeds, level 1e-4 on both sides."""
    from scipy.stats import chi2

    from landscape_widget.curvature.lanczos import Recurrence, start_vectors
    from landscape_widget.curvature.moments import Moments

    dense = NORMED.hessian()
    recurrence = Recurrence(lambda rows: rows @ dense, start_vectors(2, len(dense), dense, 0))
    for _ in range(6):
        recurrence.step()
    groups, scores = torch.zeros(len(dense), dtype=torch.long), []
    for seed in range(40):
        moments = Moments(recurrence, lambda rows: rows @ dense, 1 + seed)
        moments.draw(50, groups)
        found, error = moments.trace()
        norm, norm_error = moments.norm()
        scores.append(((found - float(dense.trace())) / error) ** 2)
        scores.append(((norm - float(dense.norm())) / norm_error) ** 2)
    for part in (scores[::2], scores[1::2]):
        assert chi2.ppf(1e-4, 40) < sum(part) < chi2.ppf(1 - 1e-4, 40)


def test_samples_are_independent_of_what_began_the_basis() -> None:
    probing = NORMED.landscape().hessian._probing("plain", None)
    for _ in range(4):
        probing.recurrence.step()
    seen: list[Tensor] = []

    def apply(rows: Tensor) -> Tensor:
        seen.append(rows)
        return rows

    moments = probing._moments()
    moments._apply = apply
    moments.draw(2, probing.groups)
    start = probing.recurrence.start.T @ probing.recurrence.basis[:2]
    again = probing._moments()
    noise = torch.randn(2, again.size, generator=again._generator, dtype=torch.float64)
    assert (F.normalize(noise) @ F.normalize(start).T).abs().max() < 0.3
    assert (seen[0] @ probing.recurrence.basis.T).abs().max() < 1e-10


def test_an_exact_trace_has_no_error() -> None:
    found = LINEAR.landscape().hessian.trace(1e-9)
    assert found.stderr == 0
    assert found.estimate == pytest.approx(float(LINEAR.hessian().trace()), rel=1e-12)
    assert "(exact)" in str(found)


def test_an_estimate_that_may_not_go_on_is_flagged() -> None:
    found = NORMED.landscape().hessian.trace(1e-6, max_products=40)
    assert not found.converged
    assert 0 < found.stderr < abs(found.estimate)
    assert found.products <= 44
    assert str(found).endswith(", not converged")


def test_the_effective_rank_is_trace_squared_over_norm_squared() -> None:
    dense, found = NORMED.hessian(), NORMED.landscape().hessian.effective_rank()
    expected = float(dense.trace() ** 2 / dense.square().sum())
    assert abs(found.estimate - expected) <= 4 * found.stderr + 1e-9


def test_traces_of_layers_sum_to_the_trace_and_are_those_of_their_blocks() -> None:
    dense, hessian = LINEAR.hessian(), LINEAR.landscape().hessian
    found = hessian.layers(0.02)
    diagonal = dense.diagonal()
    for name, expected in (("0", diagonal[:42].sum()), ("2", diagonal[42:].sum())):
        assert abs(found[name].estimate - float(expected)) <= 4 * found[name].stderr + 1e-9
    assert sum(f.estimate for f in found.values()) == pytest.approx(hessian.trace(0.02).estimate, rel=0.05)
    assert list(found) == ["0", "2"]
    assert dict(found.sizes) == {"0": 42, "2": 24}
    assert str(found).splitlines()[0].split() == ["layer", "weights", "trace", "+-", "share", "a", "weight"]


def test_the_density_of_a_small_hessian_is_exact() -> None:
    dense, found = LINEAR.hessian(), LINEAR.landscape().hessian.density()
    values = torch.linalg.eigvalsh(dense).numpy()
    for power in (0, 1, 2, 3):
        assert found.moment(power) == pytest.approx(float((values**power).mean()), rel=1e-9)
    step = found.grid[1] - found.grid[0]
    assert (found.density.sum() * step, found.size) == (pytest.approx(1, abs=1e-3), 66)


def test_the_density_of_random_vectors_has_the_right_moments() -> None:
    dense, hessian = NORMED.hessian(), NORMED.landscape().hessian
    found = hessian.density(probes=8, steps=12)
    values = torch.linalg.eigvalsh(dense).numpy()
    assert found.probes == 8
    assert found.moment(0) == pytest.approx(1, rel=1e-12)
    # what is left to chance once outliers are known: sqrt(2 / probes) |rest| / n
    outliers = hessian._probing("plain", None)._outliers
    assert outliers is not None
    rest = np.sqrt(float((values**2).sum() - outliers[0].square().sum()))
    assert abs(found.moment(1) - values.mean()) <= 4 * np.sqrt(2 / 8) * rest / len(values)
    rest = np.sqrt(float((values**4).sum() - (outliers[0] ** 4).sum()))
    assert abs(found.moment(2) - (values**2).mean()) <= 4 * np.sqrt(2 / 8) * rest / len(values)
    assert (found.nodes.min(), found.nodes.max()) == pytest.approx((values[0], values[-1]), rel=1e-5)


def test_the_density_is_drawn() -> None:
    axes = LINEAR.landscape().hessian.density().plot()
    assert axes.get_yscale() == "log"
    assert axes.get_title(loc="left").startswith("66 eigenvalues by 0 random vectors")


def test_products_and_quadratic_forms_take_directions_and_tensors() -> None:
    landscape, dense = LINEAR.landscape(), LINEAR.hessian()
    d = landscape.directions.gaussian(seed=1)
    assert landscape.hessian.quadratic(d) == pytest.approx(float(d.vector @ dense @ d.vector), rel=1e-10)
    rows = torch.randn(2, 66, generator=seeded(), dtype=torch.float64)
    torch.testing.assert_close(landscape.hessian.product(rows), rows @ dense, rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(landscape.hessian.product(d), dense @ d.vector, rtol=1e-10, atol=1e-13)


def test_a_quadratic_loss_has_its_known_hessian() -> None:
    model, (x, _) = initialised(nn.Linear(5, 1, bias=False).double()), vectors(23)
    landscape = lw.Landscape(model, F.mse_loss, (x, torch.zeros(23, 1, dtype=torch.float64)))
    exact = 2 * x.T @ x / 23
    torch.testing.assert_close(landscape.hessian.product(torch.eye(5, dtype=torch.float64)), exact)
    assert landscape.hessian.norm().estimate == pytest.approx(float(exact.norm()), rel=1e-10)


def test_eigenvector_directions_keep_their_length_and_name_their_eigenvalue() -> None:
    landscape = LINEAR.landscape()
    values = torch.linalg.eigvalsh(LINEAR.hessian())
    for d, value in (
        (landscape.directions.eigenvector(), values[-1]),
        (landscape.directions.eigenvector(1), values[-2]),
        (landscape.directions.eigenvector(0, "smallest"), values[0]),
    ):
        assert float(d.vector.norm()) == pytest.approx(1, rel=1e-10)
        assert f"{float(value):.4g}" in d.label
        assert d.source["eigenvalue"] == pytest.approx(float(value), rel=1e-6)
        assert landscape.hessian.quadratic(d) == pytest.approx(float(value), rel=1e-6)
        assert d.keeps_length
        again = landscape.directions.from_recipe(d.source)
        assert again is not None
        torch.testing.assert_close(again.vector, d.vector, rtol=0, atol=1e-3)  # better by now


def test_an_eigenvector_of_the_filter_metric_is_a_step_of_length_1_in_it() -> None:
    landscape = LINEAR.landscape()
    d = landscape.directions.eigenvector(0, metric="filter")
    assert landscape._slicer.home.metric.norm(d.vector) == pytest.approx(1, rel=1e-9)
    assert landscape.hessian.quadratic(d) == pytest.approx(d.source["eigenvalue"], rel=1e-6)


def test_a_new_centre_has_its_own_hessian() -> None:
    model, (x, y) = mlp(), vectors(23)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y))
    before = landscape.hessian.trace().estimate
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    landscape.recenter()
    expected = lw.Landscape(model, F.cross_entropy, (x, y)).hessian.trace().estimate
    assert landscape.hessian.trace().estimate == pytest.approx(expected, rel=1e-9)
    assert abs(before - expected) > 1e-3


def test_no_convergence_returns_what_there_is_with_a_warning() -> None:
    hessian = NORMED.landscape().hessian
    with pytest.warns(UserWarning, match=r"[3-6] of 6 eigenpairs have not converged to tol=1e-09; they are flagged"):
        found = hessian.eigenpairs(6, tol=1e-9, max_products=26)
    assert not found.converged[-1]
    assert found.values[0] == pytest.approx(float(torch.linalg.eigvalsh(NORMED.hessian())[-1]), rel=1e-6)
    assert "not converged" in str(found)


def test_an_interrupt_keeps_what_there_is_and_the_next_call_goes_on() -> None:
    hessian = NORMED.landscape().hessian

    def interrupt(_done: int, _total: int) -> None:
        if len(hessian._probing("plain", None).recurrence.basis) >= 8:
            raise KeyboardInterrupt

    with (
        pytest.warns(UserWarning, match="The eigenpairs was interrupted; the result holds what there is"),
        pytest.warns(UserWarning, match="have not converged"),
    ):
        found = hessian.eigenpairs(2, tol=1e-8, progress=interrupt)
    assert found.products == 8
    assert hessian.eigenpairs(2, tol=1e-8).converged.all()


ERRORS = [
    (lambda h: h.eigenpairs(67), ValueError, "k must be an integer from 1 to 66, got 67. The Hessian has n=66 eigenv"),
    (lambda h: h.eigenpairs(34, "both"), ValueError, "k must be an integer from 1 to 33, got 34. .* at most half of n"),
    (lambda h: h.eigenpairs(0), ValueError, "k must be an integer from 1 to 66, got 0"),
    (lambda h: h.eigenpairs(which="middle"), ValueError, "which must be one of 'largest', 'smallest', 'both', got"),
    (lambda h: h.eigenpairs(metric="round"), ValueError, "metric must be one of 'plain', 'filter', got 'round'"),
    (lambda h: h.eigenpairs(tol=0.0), ValueError, "tol must be a finite number greater than 0, got 0.0"),
    (lambda h: h.trace(params="x"), ValueError, "params must choose at least one parameter that moves, got 'x'"),
    (
        lambda h: h.trace(params="*.bias", metric="filter"),
        ValueError,
        "params must be weights that the metric sees, got",
    ),
    (
        lambda h: h.product(torch.ones(3)),
        ValueError,
        r"v must be a direction, \[P\] or \[K, P\] with P=66, .* got \(3,\)",
    ),
    (lambda h: h.product("d"), TypeError, r"v must be a direction or a real tensor \[P\] or \[K, P\], got 'str'"),
    (
        lambda h: h.quadratic(torch.ones(2, 66)),
        ValueError,
        r"d must be one direction, or a tensor \[P\], got \(2, 66\)",
    ),
    (lambda h: h.explain(1), ValueError, "n must be an integer of at least 2, got 1"),
    (lambda h: h.explain(noise="pink"), ValueError, "noise must be one of 'gaussian', 'rademacher', 'uniform', got"),
    (
        lambda h: h.explain(normalize="x"),
        ValueError,
        "normalize must be one of 'filter', 'layer', 'model', 'none', got",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), ERRORS)
def test_bad_arguments_are_refused_in_words(call, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(LINEAR.landscape().hessian)
