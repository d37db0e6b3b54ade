"""Files of tomgoldstein/loss-landscape, written here as that tool writes them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import nn

import landscape_widget as lw
from directions_cases import Case, Tied, two_layers
from landscape_widget.slices.hdf5 import DirectionFile, is_hdf5, read_hdf5
from networks import cnn, images

ALPHAS, BETAS = np.linspace(-0.5, 1.0, 4), np.linspace(-1.0, 2.0, 3)


def loss_at(alpha: Any, beta: Any) -> Any:
    return 1 + alpha**2 + 10 * beta


def write_surface(path: Path, alphas: Any = ALPHAS, betas: Any = BETAS, **more: Any) -> Path:
    """An array (A, B) filled in the order of a mesh in which x runs fastest."""
    losses = -np.ones((len(alphas), len(betas)))
    for place, (y, x) in enumerate((y, x) for y in betas for x in alphas):
        losses.ravel()[place] = loss_at(x, y)
    with h5py.File(path, "w") as file:
        file["dir_file"] = "nets/model.t7_weights_xignore=biasbn_xnorm=filter.h5"
        file["xcoordinates"], file["ycoordinates"], file["train_loss"] = alphas, betas, losses
        for name, values in more.items():
            file[name] = values
    return path


def write_directions(path: Path, **directions: Sequence[Any]) -> Path:
    with h5py.File(path, "w") as file:
        for name, entries in directions.items():
            group = file.create_group(name)
            for place, entry in enumerate(entries):
                group.create_dataset(str(place), data=np.asarray(entry))
    return path


@pytest.mark.parametrize("betas", [BETAS, np.linspace(-1.0, 2.0, 4), np.linspace(-1.0, 2.0, 7)])
def test_every_value_of_a_surface_is_where_it_was_computed(tmp_path: Path, betas: np.ndarray) -> None:
    made = read_hdf5(write_surface(tmp_path / "s.h5", betas=betas))
    assert isinstance(made, lw.Surface)
    np.testing.assert_allclose(made.losses, loss_at(ALPHAS[None, :], betas[:, None]))
    assert (made.span, made.samples) == (((-0.5, 1.0), (-1.0, 2.0)), None)
    np.testing.assert_equal(made.center_loss, 1.0 if 0 in betas else np.nan)
    is_square = len(betas) == len(ALPHAS)
    assert ("scrambled" in made.provenance) is not is_square


def test_torn_rows_are_told(tmp_path: Path) -> None:
    made = read_hdf5(write_surface(tmp_path / "s.h5"))
    words = "(4, 3) read as (3, 4): that tool tears the rows of grids that are not square"
    assert made.provenance["scrambled"] == words
    assert words in repr(made)


def test_rows_that_somebody_has_put_right_stay_right(tmp_path: Path) -> None:
    path = write_surface(tmp_path / "s.h5")
    right = loss_at(ALPHAS[None, :], BETAS[:, None])
    with h5py.File(path, "a") as file:
        del file["train_loss"]
        file["train_loss"] = right
    made = read_hdf5(path)
    np.testing.assert_array_equal(made.losses, right)
    assert "scrambled" not in made.provenance


def test_the_file_says_where_it_comes_from(tmp_path: Path) -> None:
    made = read_hdf5(write_surface(tmp_path / "s.h5", betas=ALPHAS))
    assert made.provenance == {
        "origin": "a .h5 file of tomgoldstein/loss-landscape",
        "file": "s.h5",
        "direction file": "model.t7_weights_xignore=biasbn_xnorm=filter.h5",
        "loss": "train_loss",
        "evaluated": "in eval(), with the running statistics as they are stored",
    }
    assert lw.load(made.save(tmp_path / "again")).provenance == made.provenance


def test_what_was_not_computed_is_a_hole(tmp_path: Path) -> None:
    losses, accuracy = np.full((3, 3), 2.0), np.full((3, 3), 25.0)
    losses[1, 2] = accuracy[1, 2] = -1
    path = write_surface(tmp_path / "s.h5", BETAS, BETAS)
    with h5py.File(path, "a") as file:
        file["train_loss"][:] = losses
        file["train_acc"] = accuracy
    made = read_hdf5(path)
    assert np.argwhere(np.isnan(made.losses)).tolist() == [[1, 2]]
    assert np.argwhere(np.isnan(made.metrics["accuracy"])).tolist() == [[1, 2]]
    assert np.nanmax(made.metrics["accuracy"]) == 0.25


def test_a_file_without_y_is_a_curve(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["xcoordinates"] = ALPHAS
        file["train_loss"], file["train_acc"] = ALPHAS**2, np.full(4, 50.0)
        file["test_loss"], file["test_acc"] = ALPHAS**2 + 1, np.full(4, 25.0)
    made = read_hdf5(tmp_path / "c.h5")
    assert isinstance(made, lw.Curve)
    np.testing.assert_array_equal(made.losses, ALPHAS**2)
    np.testing.assert_array_equal(made.center_loss, 0)
    metrics = {name: values.tolist() for name, values in made.metrics.items()}
    assert metrics == {
        "accuracy": [0.5] * 4,
        "test_loss": (ALPHAS**2 + 1).tolist(),
        "test_accuracy": [0.25] * 4,
    }


def test_a_loss_on_test_data_alone_is_the_loss(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["xcoordinates"], file["test_loss"], file["test_acc"] = ALPHAS, ALPHAS**2, np.full(4, 50.0)
    made = read_hdf5(tmp_path / "c.h5")
    assert made.provenance["loss"] == "test_loss"
    assert list(made.metrics) == ["accuracy"]


def test_directions_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    entries = [np.full(2, float(place)) for place in range(12)]
    made = read_hdf5(write_directions(tmp_path / "d.h5", xdirection=entries, ydirection=entries[::-1]))
    assert isinstance(made, DirectionFile)
    assert [array[0] for array in made.x] == list(range(12))
    assert [array[0] for array in made.y or []] == list(range(12))[::-1]
    assert [len(direction) for direction in made] == [12, 12]
    assert len(made) == 2
    assert repr(made).splitlines() == [
        "DirectionFile(d.h5: x and y, 12 arrays with 24 entries each)",
        "  landscape.directions.from_state_dict(file.x) makes a direction of it",
    ]


@pytest.mark.parametrize("make", [two_layers, Tied])
def test_a_direction_over_the_weights_is_a_direction_of_the_landscape(tmp_path: Path, make: Any) -> None:
    case, other = Case(make(1)), make(8)
    made = read_hdf5(write_directions(tmp_path / "d.h5", xdirection=[p.detach() for p in other.parameters()]))
    assert (len(made), made.y) == (1, None)
    expected = case.space.flatten(dict(other.named_parameters()))
    torch.testing.assert_close(case.directions.from_state_dict(made.x).vector, expected, rtol=0, atol=0)


def test_a_direction_over_the_whole_state_is_one_too(tmp_path: Path) -> None:
    model, other = cnn(), cnn()
    state = [value.double() for value in other.state_dict().values()]
    made = read_hdf5(write_directions(tmp_path / "d.h5", xdirection=state))
    expected = torch.cat([p.detach().ravel() for p in other.parameters()])
    torch.testing.assert_close(Case(model).directions.from_state_dict(made.x).vector, expected, rtol=0, atol=0)
    words = "The given tensors also move BatchNorm's running statistics; here these stay as they are stored"
    with pytest.warns(UserWarning, match=words):
        Case(model, batchnorm="frozen").directions.from_state_dict(made.x)
    quiet = [value * ("running" not in name) for name, value in zip(other.state_dict(), state, strict=True)]
    assert Case(model, batchnorm="frozen").directions.from_state_dict(quiet).vector.any()


def test_a_tied_weight_stands_twice_in_a_state(tmp_path: Path) -> None:
    case, other = Case(Tied(2)), Tied(8)
    state = list(other.state_dict().values())
    assert len(state) > len(list(other.parameters()))
    made = read_hdf5(write_directions(tmp_path / "d.h5", xdirection=state))
    expected = case.space.flatten(dict(other.named_parameters()))
    torch.testing.assert_close(case.directions.from_state_dict(made.x).vector, expected, rtol=0, atol=0)


def test_a_list_of_another_length_names_all_that_would_do() -> None:
    model = cnn()
    words = (
        r"state_dict must hold one tensor for each of the 10 parameters that move \(or of all 10\), got 3\. "
        r"The order is that of model\.named_parameters\(\), or of the 16 entries of model\.state_dict\(\)\."
    )
    with pytest.raises(ValueError, match=words):
        Case(model).directions.from_state_dict([np.ones(3)] * 3)


def test_a_figure_of_that_tool_can_be_checked(tmp_path: Path) -> None:
    data = images(20)
    landscape = lw.Landscape(cnn(), nn.functional.cross_entropy, data, batchnorm="frozen")
    d, e = landscape.directions.gaussian(1), landscape.directions.gaussian(2)
    axes = [landscape._objective.space.split(direction.vector).values() for direction in (d, e)]
    directions = read_hdf5(write_directions(tmp_path / "d.h5", xdirection=list(axes[0]), ydirection=list(axes[1])))
    computed = landscape.surface(d, e, span=((-0.5, 1.0), (-1.0, 2.0)), exact=True, points=(4, 3), progress=False)
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["xcoordinates"], file["ycoordinates"] = computed.alphas, computed.betas
        file["train_loss"] = computed.losses.ravel().reshape(4, 3)
    surface = lw.load(tmp_path / "s.h5")
    given = [landscape.directions.from_state_dict(arrays) for arrays in directions]
    assert surface.verify(landscape, directions=given).agrees
    assert surface.compare(computed).largest == 0


def test_hdf5_is_known_by_how_it_begins(tmp_path: Path) -> None:
    assert is_hdf5(write_surface(tmp_path / "surface"))
    (tmp_path / "other.h5").write_bytes(b"something else")
    assert not is_hdf5(tmp_path / "other.h5")
    assert not is_hdf5(tmp_path / "none.h5")
    assert not is_hdf5(tmp_path)


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, honest = write_surface(tmp_path / "s.h5"), builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "h5py":
            raise ImportError(name)
        return honest(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(
        ImportError, match=r"got '.*s\.h5'\. Reading it needs .* pip install 'landscape-widget\[h5\]'\."
    ):
        read_hdf5(path)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"path must be an existing file, got '.*none\.h5'\."):
        read_hdf5(tmp_path / "none.h5")
    whole = write_surface(tmp_path / "s.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[:600])
    with pytest.raises(ValueError, match=r"path must be a whole \.h5 file, got '.*cut\.h5'\. It says:"):
        read_hdf5(tmp_path / "cut.h5")
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        file["xcoordinates"], file["weights"] = ALPHAS, ALPHAS
    words = r"got 'one that holds weights, xcoordinates'\. It holds xcoordinates and train_loss, or xdirection\."
    with pytest.raises(ValueError, match=words):
        read_hdf5(tmp_path / "odd.h5")
    with h5py.File(tmp_path / "shape.h5", "w") as file:
        file["xcoordinates"], file["ycoordinates"], file["train_loss"] = ALPHAS, BETAS, np.ones((4, 4))
    with pytest.raises(ValueError, match=r"train_loss has the shape \(4, 3\) of its coordinates, got \(4, 4\)\."):
        read_hdf5(tmp_path / "shape.h5")
    with h5py.File(tmp_path / "gap.h5", "w") as file:
        file.create_group("xdirection").create_dataset("1", data=np.ones(2))
    with pytest.raises(ValueError, match=r"path must be a file whose xdirection holds arrays numbered from 0, got"):
        read_hdf5(tmp_path / "gap.h5")
