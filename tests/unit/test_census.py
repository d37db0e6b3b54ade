"""The census: counts with intervals, on networks and by hand; interrupts; words and pictures."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binom
from torch import nn

import landscape_widget as lw
from landscape_widget.census import Census, share_of, take_census
from landscape_widget.demo import demo_model, digits
from networks import initialised, mlp, vectors


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


def bowl(place: float) -> lw.Curve:
    alphas = np.linspace(-1.0, 1.2, 23)
    return lw.Curve.from_arrays(alphas, (alphas - place) ** 2)


def counted(*places: float, seeds: int | None = None) -> Census:
    curves = tuple(bowl(place) for place in places)
    return Census("gaussian", seeds or len(curves), curves)


def test_kinds_are_counted_with_the_most_frequent_first() -> None:
    found = counted(0.5, 0.0, 0.0, 0.0)
    assert {kind: share.count for kind, share in found.kinds.items()} == {"v-basin": 3, "v-side": 1}
    assert list(found.kinds) == ["v-basin", "v-side"]
    assert found.kinds["v-basin"].share == 0.75


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(19, 20, 0.763869, 0.991119), (20, 20, 0.838875, 1.0), (0, 20, 0.0, 0.161125), (81, 263, 0.255289, 0.366209)],
)
def test_intervals_are_those_of_wilson(count: int, total: int, low: float, high: float) -> None:
    share = share_of(count, total)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-6)


def test_an_interval_holds_the_share_about_19_times_of_20() -> None:
    counts, shares = np.arange(41), np.linspace(0.02, 0.98, 49)
    ends = [share_of(int(count), 40) for count in counts]
    holds = np.array([[end.low <= share <= end.high for end in ends] for share in shares])
    coverage = (binom.pmf(counts[None, :], 40, shares[:, None]) * holds).sum(axis=1)
    assert 0.94 < coverage.mean() < 0.97


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="count must be from 0 to total = 0, and total at least 1, got 0"):
        share_of(0, 0)


def test_it_prints_as_a_table_and_claims_no_more_than_was_seen() -> None:
    lines = str(counted(0.0, 0.0, 0.0, 0.5)).splitlines()
    assert lines[:3] == [
        "4 Gaussian directions, alpha -1 to 1.2",
        "  v-basin     3  75 % (95 % interval 30 to 96 %)",
        "  v-side      1  25 % (95 % interval 4 to 70 %)",
    ]
    assert "about this network at this centre, this noise, this span and this data" in lines[3]
    assert repr(counted(0.0)) == str(counted(0.0))
    assert str(counted(0.0, seeds=3)).startswith("1 of 3 (interrupted) Gaussian directions")


def test_an_interrupt_keeps_what_there_is() -> None:
    def draw(seed: int) -> float:
        if seed == 2:
            raise KeyboardInterrupt
        return 0.1 * seed

    with pytest.warns(UserWarning, match="The census was interrupted after 2 of 5 curves; it holds what there is."):
        found = take_census("gaussian", 5, draw, bowl, progress=False)
    assert len(found.curves) == 2
    assert found.seeds == 5


def test_an_interrupt_before_the_first_curve_goes_through() -> None:
    def draw(_: int) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_census("gaussian", 5, draw, bowl, progress=False)


def test_progress_counts_curves() -> None:
    seen: list[tuple[int, int]] = []
    take_census("gaussian", 3, float, bowl, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_curves_of_a_network_are_those_of_its_seeds() -> None:
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9), splits={"test": vectors(6)})
    found = landscape.census("rademacher", seeds=3, span=(-0.5, 0.8), split="test", progress=False)
    assert sum(share.count for share in found.kinds.values()) == len(found.curves) == 3
    for seed, curve in enumerate(found.curves):
        expected = landscape.curve(
            landscape.directions.rademacher(seed=seed), span=(-0.5, 0.8), split="test", progress=False
        )
        np.testing.assert_array_equal(curve.losses, expected.losses)
        assert curve.split == "test"


def test_around_the_minimum_of_a_convex_loss_all_are_v_basins() -> None:
    model, (inputs, targets) = initialised(nn.Linear(5, 3).double()), vectors(60)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), targets)
        loss.backward()
        return loss

    optimizer.step(closure)
    found = lw.Landscape(model, F.cross_entropy, (inputs, targets)).census(seeds=6, progress=False)
    assert {kind: share.count for kind, share in found.kinds.items()} == {"v-basin": 6}


def test_the_final_demo_lies_in_v_basins() -> None:
    landscape = lw.Landscape(demo_model("final"), F.cross_entropy, digits("train"), samples=128)
    assert landscape.census(seeds=3, progress=False).kinds["v-basin"].count == 3


def test_the_picture_shows_every_curve_and_names_the_kinds() -> None:
    axes = counted(0.0, 0.5, 0.0).plot()
    assert len([line for line in axes.lines if len(line.get_xdata()) == 23]) == 3
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == [
        "v-basin: 2, 66.7 % (95 % interval 20 to 94 %)",
        "v-side: 1, 33.3 % (95 % interval 6 to 80 %)",
    ]
    assert axes.get_title(loc="left") == "3 Gaussian directions"
    assert counted(0.0).plot(axes) is axes


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"noise": "pink"},
            ValueError,
            "noise must be one of 'gaussian', 'uniform', 'rademacher', 'sign_aligned', got",
        ),
        ({"seeds": 0}, ValueError, "seeds must be an integer of at least 1, got 0"),
        ({"split": "valid"}, ValueError, "split must be one of 'train', got 'valid'"),
        ({"span": -1.0}, ValueError, "span"),
        ({"progress": 3}, TypeError, "progress must be None, False or a callable"),
    ],
)
def test_bad_arguments_are_refused_in_words(arguments: dict[str, object], error: type[Exception], words: str) -> None:
    landscape = lw.Landscape(mlp(), F.cross_entropy, vectors(9))
    with pytest.raises(error, match=words):
        landscape.census(**arguments)  # type: ignore[arg-type]
