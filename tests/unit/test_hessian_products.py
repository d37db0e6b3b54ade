"""Products with the Hessian against the dense Hessian of the plain loss, over every kind of layer and data."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import landscape_widget as lw
from hessian_cases import CASES, Case, by_name, dense_hessian
from landscape_widget.core.objective import Cancelled
from landscape_widget.core.samples import spread
from networks import cnn, images, initialised, mlp, seeded, vectors


@pytest.fixture(autouse=True)
def _many_tiles(monkeypatch):
    """The small images of the tests are cut like large ones, into several tiles."""
    monkeypatch.setattr("landscape_widget.core.samples.IMAGE", 1)
    monkeypatch.setattr("landscape_widget.core.setup.CONV_TILE", 4)
    monkeypatch.setattr("landscape_widget.core.setup.PLAIN_TILE", 8)


def rows_of(size: int, count: int = 3, seed: int = 3) -> Tensor:
    return torch.randn(count, size, generator=seeded(seed), dtype=torch.float64)


def agrees(landscape: lw.Landscape, hessian: Tensor, rtol: float = 1e-10) -> None:
    products = landscape._objective.hessian_products()
    rows = rows_of(len(hessian))
    expected = rows @ hessian
    assert (products.products(rows) - expected).abs().max() <= rtol * expected.abs().max()
    assert not products.is_approximate


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_products_are_those_of_the_dense_hessian(case: Case, threads: bool) -> None:
    landscape = case.landscape()
    landscape._objective._passes._in_threads = threads
    agrees(landscape, case.hessian())


def recalibrated(net: nn.Sequential, x: Tensor, rows: Tensor) -> Tensor:
    """Outputs where each BatchNorm takes the statistics of the given rows."""
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            chosen = x[rows]
            mean, variance = chosen.mean((0, 2, 3)), chosen.var((0, 2, 3), correction=0)
            x = F.batch_norm(x, mean, variance, layer.weight, layer.bias, False, 0.0, layer.eps)
        else:
            x = layer(x)
    return x


def recalibrated_by_hand(net: nn.Sequential, x: Tensor, rows: Tensor) -> Tensor:
    """The same in plain operations, so that autograd goes through the statistics."""
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            chosen = x[rows]
            mean, variance = chosen.mean((0, 2, 3)), chosen.var((0, 2, 3), correction=0)
            scale = layer.weight / torch.sqrt(variance + layer.eps)
            x = (x - mean[:, None, None]) * scale[:, None, None] + layer.bias[:, None, None]
        else:
            x = layer(x)
    return x


@pytest.mark.parametrize("threads", [False, True])
def test_second_derivatives_go_through_the_statistics_of_a_part_of_the_data(threads: bool) -> None:
    model, (x, y) = cnn(), images(31)
    landscape = lw.Landscape(model, F.cross_entropy, (x, y), calibration=11)
    landscape._objective._passes._in_threads = threads
    rows = spread(31, 11)
    hessian = dense_hessian(model, lambda net: F.cross_entropy(recalibrated_by_hand(net, x, rows), y))
    agrees(landscape, hessian)


def test_the_gradient_that_comes_with_them_is_that_of_the_objective() -> None:
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(31), calibration=11)
    found = landscape._objective.hessian_products().slope()
    loss, gradient = landscape._objective.gradient(landscape.center)
    torch.testing.assert_close(found.gradient, gradient, rtol=1e-10, atol=1e-13)
    assert found.loss == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("batchnorm", ["frozen", "recalibrate"])
def test_batches_of_a_closure_are_atoms_weighted_by_the_size_they_return(batchnorm: str) -> None:
    model, (x, y) = cnn(), images(31)
    bounds = [(0, 9), (9, 14), (14, 31)]
    batches = [(x[i:j], y[i:j]) for i, j in bounds]

    def closure(net: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
        return F.cross_entropy(net(batch[0]), batch[1]), len(batch[1])

    landscape = lw.Landscape(model, closure=closure, data=batches, batchnorm=batchnorm, calibration=14)
    units = landscape._objective._samples["train"]._calibration_units
    rows = torch.cat([torch.arange(*bounds[unit]) for unit in units])
    assert len(units) == 2

    def plain(net: nn.Sequential) -> Tensor:
        outputs = recalibrated_by_hand(net, x, rows) if batchnorm == "recalibrate" else net(x)
        return F.cross_entropy(outputs, y)

    agrees(landscape, dense_hessian(model, plain))


def test_batches_whose_loss_cannot_be_cut_count_for_their_samples() -> None:
    model, (x, y) = mlp(), vectors(23)

    def ranking(outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets) + (outputs.mean(0) - 1).square().sum()

    landscape = lw.Landscape(model, ranking, [(x[:9], y[:9]), (x[9:], y[9:])])

    def plain(net: nn.Module) -> Tensor:
        return (9 * ranking(net(x[:9]), y[:9]) + 14 * ranking(net(x[9:]), y[9:])) / 23

    agrees(landscape, dense_hessian(model, plain))


def test_a_part_of_the_parameters_has_its_block_of_the_hessian() -> None:
    case = by_name["BatchNorm recalibrated"]
    products, hessian = case.landscape()._objective.hessian_products(["0.*", "8.bias"]), case.hessian()
    block = products.part(products.part(hessian).T)
    rows = rows_of(products.size, 2)
    torch.testing.assert_close(products.products(rows), rows @ block, rtol=1e-9, atol=1e-12)
    assert products.size == 4 * 2 * 9 + 4 + 3
    torch.testing.assert_close(products.part(products.whole(rows)), rows)


def test_products_of_float32_models_are_float32() -> None:
    model, (x, y) = mlp(torch.float32), vectors(23, dtype=torch.float32)
    products = lw.Landscape(model, F.cross_entropy, (x, y))._objective.hessian_products()
    hessian = dense_hessian(mlp(), lambda net: F.cross_entropy(net(x.double()), y))
    rows = rows_of(66)
    torch.testing.assert_close(products.products(rows.float()).double(), rows @ hessian, rtol=1e-4, atol=1e-5)


def test_a_loss_that_differentiates_inside_has_its_hessian() -> None:
    model = initialised(nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double())
    x = torch.rand(30, 2, generator=seeded(), dtype=torch.float64)

    def residual(net: nn.Module, batch: Tensor) -> Tensor:
        points = batch.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(net(points).sum(), points, create_graph=True)
        return (slope[:, 0] + slope[:, 1] - 1).square().mean()

    landscape = lw.Landscape(model, closure=residual, data=x)
    agrees(landscape, dense_hessian(model, lambda net: residual(net, x)))


class OnceOnly(torch.autograd.Function):
    """tanh that can be differentiated once."""

    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dy):
        (y,) = ctx.saved_tensors
        return dy * (1 - y * y)


class Once(nn.Module):
    def __init__(self, *, norm: bool = False) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(5, 7), nn.Linear(7, 3)
        self.norm = nn.BatchNorm1d(7) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(OnceOnly.apply(self.norm(self.first(x))))


class Twice(Once):
    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.tanh(self.norm(self.first(x))))


@pytest.mark.parametrize("norm", [False, True])
def test_without_double_backward_products_are_differences_and_say_so(norm: bool) -> None:
    once, twice, (x, y) = initialised(Once(norm=norm).double()), initialised(Twice(norm=norm).double()), vectors(23)
    products = lw.Landscape(once, F.cross_entropy, (x, y))._objective.hessian_products()
    hessian = dense_hessian(twice.train(norm), lambda net: F.cross_entropy(net(x), y))
    rows = rows_of(len(hessian))
    torch.testing.assert_close(products.products(rows), rows @ hessian, rtol=1e-5, atol=1e-6)
    assert products.is_approximate
    assert products.method.startswith(
        "differences of gradients, approximate, because double backward failed: an operation"
    )


def test_a_zero_vector_has_a_zero_difference() -> None:
    products = lw.Landscape(initialised(Once().double()), F.cross_entropy, vectors(23))._objective.hessian_products()
    assert not products.products(torch.zeros(1, 66, dtype=torch.float64)).any()


def test_attention_falls_back_to_what_has_second_derivatives_and_says_so() -> None:
    landscape = by_name["attention"].landscape()
    products = landscape._objective.hessian_products()
    enabled = (torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.mem_efficient_sdp_enabled())
    products.products(rows_of(products.size))
    assert products.method == "double backward, attention by its MATH backend: the fused one has no second derivative"
    assert enabled == (torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.mem_efficient_sdp_enabled())


def test_a_loss_without_a_gradient_is_refused() -> None:
    landscape = lw.Landscape(mlp(), lambda o, t: (o.argmax(1) != t).double().mean(), vectors(9))
    with pytest.raises(ValueError, match="loss_fn must be differentiable in the weights"):
        landscape._objective.hessian_products().products(rows_of(66))


def test_a_loss_without_second_derivatives_is_refused() -> None:
    landscape = lw.Landscape(initialised(nn.Linear(5, 3).double()), lambda o, t: o.mean() + 0 * t.sum(), vectors(9))
    with pytest.raises(ValueError, match="loss must have second derivatives in the weights for the Hessian, got"):
        landscape._objective.hessian_products().products(rows_of(18))


def test_a_second_derivative_that_is_not_finite_is_refused() -> None:
    model, (x, y) = mlp(), vectors(9)
    with torch.no_grad():
        model[2].weight.zero_()
        model[2].bias.zero_()
    landscape = lw.Landscape(model, lambda o, t: o.abs().add(0 * t.sum()).pow(1.5).mean(), (x, y))
    with pytest.raises(ValueError, match="loss must have finite second derivatives at the centre for the Hessian"):
        landscape._objective.hessian_products().products(rows_of(66))


def test_a_hessian_that_changes_between_calls_is_refused() -> None:
    class Drifting(torch.autograd.Function):
        calls = 0

        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dy):
            Drifting.calls += 1
            return dy * Drifting.calls

    landscape = lw.Landscape(mlp(), lambda o, t: F.cross_entropy(Drifting.apply(o), t), vectors(9))
    with pytest.raises(ValueError, match="loss must have the same Hessian each time at the same weights, got two diff"):
        landscape._objective.hessian_products().products(rows_of(66))


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        (
            "head.*",
            ValueError,
            r"params must choose at least one parameter that moves, got 'head.\*'. The names are: 0",
        ),
        (3, TypeError, "params must be None, 'all' or name patterns, got 3"),
        ([], TypeError, r"params must be None, 'all' or name patterns, got \[\]"),
    ],
)
def test_parts_that_do_not_exist_are_refused(params: object, error: type[Exception], words: str) -> None:
    objective = lw.Landscape(mlp(), F.cross_entropy, vectors(9))._objective
    with pytest.raises(error, match=words):
        objective.hessian_products(params)  # type: ignore[arg-type]


def test_a_pass_can_be_cancelled_between_tiles_and_the_next_one_works() -> None:
    case, asked = by_name["convolution"], []
    products = case.landscape()._objective.hessian_products()
    rows = rows_of(products.size)
    expected = products.products(rows)

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        products.products(rows, stop)
    assert 4 <= len(asked) < 4 + torch.get_num_threads()  # others may have asked before they knew
    torch.testing.assert_close(products.products(rows), expected, rtol=0, atol=0)


def test_products_inside_inference_mode_are_the_same() -> None:
    products = by_name["linear"].landscape()._objective.hessian_products()
    expected = products.products(rows_of(66))
    with torch.inference_mode():
        assert torch.equal(products.products(rows_of(66)), expected)


def test_a_backward_that_cuts_its_graph_is_seen() -> None:
    class Cut(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.y = torch.tanh(x).detach()
            return ctx.y.clone()

        @staticmethod
        def backward(ctx, dy):
            return dy * (1 - ctx.y * ctx.y)

    class Cutting(Once):
        def forward(self, x: Tensor) -> Tensor:
            return self.last(Cut.apply(20 * self.first(x)))

    products = lw.Landscape(initialised(Cutting().double()), F.cross_entropy, vectors(23))._objective.hessian_products()
    products.products(rows_of(66))
    assert products.is_approximate
    assert "it disagrees with differences of gradients, so something cuts the gradient's graph" in products.method
