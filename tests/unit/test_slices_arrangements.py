"""Mixed-up grids are put right, and named."""

from __future__ import annotations

import numpy as np
import pytest

from landscape_widget.slices.arrangements import arrangements

RIGHT = np.random.default_rng(0).random((5, 5))
OBLONG = np.random.default_rng(1).random((4, 6))


def names_of(mixed: np.ndarray, right: np.ndarray) -> list[str]:
    """Under which words the grid is right again wherever it says anything."""
    found = []
    for words, losses, _ in arrangements(mixed):
        known = ~np.isnan(losses)
        if known.sum() >= right.size / 2 and np.array_equal(losses[known], right[known]):
            found.append(words)
    return found


def shifted_rows(grid: np.ndarray, first: int, step: int) -> np.ndarray:
    """Every other row moved by one cell, its last value lost."""
    mixed = grid.copy()
    mixed[first::2] = np.roll(grid[first::2], step, axis=1)
    mixed[first::2, 0 if step > 0 else -1] = -7.0
    return mixed


def test_the_first_of_all_is_the_grid_as_it_is() -> None:
    words, losses, is_whole = next(iter(arrangements(OBLONG)))
    assert is_whole
    assert words == ""
    np.testing.assert_array_equal(losses, OBLONG)
    assert names_of(RIGHT, RIGHT) == [""]


@pytest.mark.parametrize(
    ("mixed", "words"),
    [
        (RIGHT.T, "the grid is transposed (alpha and beta are swapped)"),
        (RIGHT[:, ::-1], "the grid is flipped along alpha"),
        (RIGHT[::-1], "the grid is flipped along beta"),
        (RIGHT[::-1, ::-1], "the grid is flipped along alpha and beta"),
        (
            RIGHT.T[:, ::-1],
            "the grid is transposed (alpha and beta are swapped), the grid is flipped along beta",
        ),
        (np.roll(RIGHT, 1, axis=1), "the grid is shifted by one cell along alpha"),
        (np.roll(RIGHT, -1, axis=1), "the grid is shifted by one cell along alpha"),
        (np.roll(RIGHT, 1, axis=0), "the grid is shifted by one cell along beta"),
        (
            shifted_rows(RIGHT, 0, -1),
            "every other row of the grid is shifted by one cell along alpha, as loss-landscapes writes it",
        ),
        (
            shifted_rows(RIGHT, 1, 1),
            "every other row of the grid is shifted by one cell along alpha, as loss-landscapes writes it",
        ),
        (
            shifted_rows(RIGHT.T, 0, 1).T,
            "every other column of the grid is shifted by one cell along beta, as loss-landscapes writes it",
        ),
    ],
)
def test_a_mixed_up_grid_is_named(mixed: np.ndarray, words: str) -> None:
    assert names_of(mixed, RIGHT)[0] == words


def test_loss_landscapes_reads_every_other_row_one_step_late_and_alpha_by_row() -> None:
    walked = np.array([[RIGHT[(b + (a + 1) % 2) % 5, a] for b in range(5)] for a in range(5)])
    walked[::2, -1] = -7.0
    assert names_of(walked, RIGHT)[0] == (
        "the grid is transposed (alpha and beta are swapped), "
        "every other column of the grid is shifted by one cell along beta, as loss-landscapes writes it"
    )


@pytest.mark.parametrize("mixed", [OBLONG.T.ravel().reshape(4, 6), OBLONG.ravel().reshape(6, 4).T])
def test_torn_rows_of_an_oblong_grid_are_named(mixed: np.ndarray) -> None:
    assert names_of(mixed, OBLONG)[0] == "the grid is scrambled (its rows and columns were mixed up)"


@pytest.mark.parametrize(
    ("mixed", "words"),
    [
        (lambda v: v[::-1], "the grid is flipped along alpha"),
        (lambda v: np.roll(v, 1), "the grid is shifted by one cell along alpha"),
    ],
)
def test_curves_too(mixed, words: str) -> None:
    curve = RIGHT.ravel()[:7]
    assert names_of(mixed(curve), curve)[0] == words


def test_volumes_too() -> None:
    volume = np.random.default_rng(2).random((3, 3, 3))
    assert names_of(volume.transpose(0, 2, 1), volume)[0] == "the grid is transposed (alpha and beta are swapped)"
    assert names_of(volume[::-1], volume)[0] == "the grid is flipped along gamma"
    assert names_of(volume.transpose(1, 2, 0), volume)[0].startswith("the grid is transposed (alpha and beta and gamma")
