"""A saved direction comes back the same, with or without a model."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from directions_cases import Case, two_layers
from landscape_widget.directions import from_record, load
from landscape_widget.slices.files import read_container, write_container


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_direction_comes_back_the_same(tmp_path: Path, dtype: torch.dtype) -> None:
    case = Case(two_layers().to(dtype))
    for i, d in enumerate((case.directions.gaussian(3), -2 * case.directions.to(two_layers(8)))):
        d.save(tmp_path / f"{i}.npz")
        back = case.directions.load(tmp_path / f"{i}.npz")
        torch.testing.assert_close(back.vector, d.vector, rtol=0, atol=0)
        assert (back.label, back.source, back.default_span) == (d.label, d.source, d.default_span)
        assert back.home is case.home
        assert back.record() == d.record()


def test_without_a_model_a_direction_can_be_added_but_has_no_lengths(tmp_path: Path) -> None:
    case = Case(two_layers())
    d = case.directions.gaussian(3)
    d.save(tmp_path / "d.npz")
    bare = load(tmp_path / "d.npz")
    torch.testing.assert_close((bare + 2 * bare).vector, 3 * d.vector)
    for use in (lambda: bare.cosine(bare), lambda: bare.normalized("filter"), lambda: bare.orthogonal_to(d)):
        with pytest.raises(RuntimeError, match=r"got one loaded without a model\. Load it with landscape\.directions"):
            use()
    bare.save(tmp_path / "again.npz")
    assert load(tmp_path / "again.npz").weights_hash == case.home.weights_hash


def test_loading_at_another_centre_warns_once(tmp_path: Path) -> None:
    Case(two_layers(1)).directions.gaussian(3).save(tmp_path / "d.npz")
    with pytest.warns(UserWarning, match="was made at another centre of this model") as caught:
        back = Case(two_layers(2)).directions.load(tmp_path / "d.npz")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert back.cosine(back) == pytest.approx(1.0)


def test_a_direction_of_another_model_is_refused(tmp_path: Path) -> None:
    Case(nn.Linear(3, 2)).directions.gaussian(3).save(tmp_path / "d.npz")
    with pytest.raises(ValueError, match=r"path must have the parameters of this landscape, got weight \(2, 3\)"):
        Case(two_layers()).directions.load(tmp_path / "d.npz")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    write_container(tmp_path / "c.npz", "curve", {}, {})
    with pytest.raises(ValueError, match=r"path must be a saved direction, got 'a curve in .*landscape_widget\.load"):
        load(tmp_path / "c.npz")


@pytest.mark.parametrize("lost", ["names", "source", "default_span", "weights"])
def test_a_damaged_record_is_refused(tmp_path: Path, lost: str) -> None:
    Case(two_layers()).directions.gaussian(3).save(tmp_path / "d.npz")
    _, header, arrays = read_container(tmp_path / "d.npz")
    less = {key: value for key, value in header.items() if key != lost}
    with pytest.raises(ValueError, match=rf"path must be a whole saved direction, got a damaged one: .*{lost}"):
        from_record(less, arrays)
    with pytest.raises(ValueError, match=r"a damaged one: .*P=23"):
        from_record(header, {"vector": arrays["vector"][:5]})
