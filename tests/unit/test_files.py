"""Saved files: what comes back, what is refused, and that a failing save harms nothing."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_widget.slices.curve import Curve
from landscape_widget.slices.files import read_container, write_container
from landscape_widget.slices.loading import load
from landscape_widget.slices.surface import Surface

ALPHAS = np.linspace(-0.5, 1.5, 9)
LOSSES = np.array([1.51, 0.856, 0.613, 1.23, 2.55, 1.19, 0.590, np.nan, np.inf])
PROVENANCE: dict[str, Any] = {
    "weights": "0123456789abcdef",
    "directions": [{"label": "to b", "source": {"kind": "to", "other": "b"}, "default_span": [-0.5, 1.5]}],
    "tolerance": None,
    "rounding_floor": np.float32(0.25),
    "batchnorm": "recalibrate",
}


def a_curve() -> Curve:
    return Curve(
        alphas=ALPHAS,
        losses=LOSSES,
        center_loss=0.613,
        center_loss_frozen=0.61,
        span=(-0.5, 1.5),
        samples=(256, None),
        split="test",
        evaluations=9,
        metrics={"accuracy": np.linspace(0.1, 0.9, 9), "metric of mine": np.zeros(9)},
        label="to b",
        ceiling=2.3,
        mined=True,
        provenance=PROVENANCE,
    )


def a_surface() -> Surface:
    return Surface(
        alphas=[-1.0, 0.0, 2.0],
        betas=[0.5, 1.5],
        losses=[[4.0, np.nan, 8.0], [6.0, 1.0, 3.0]],
        center_loss=2.5,
        span=((-1.0, 2.0), (0.5, 1.5)),
        samples=(256, 1797),
        evaluations=6,
        metrics={"accuracy": np.ones((2, 3))},
        labels=("a", "b"),
        provenance=PROVENANCE,
    )


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    for name in vars(one):
        if name == "provenance":
            assert getattr(one, name) == getattr(other, name)
        elif name == "metrics":
            assert list(one.metrics) == list(other.metrics)
            for key in one.metrics:
                np.testing.assert_array_equal(one.metrics[key], other.metrics[key], strict=True)
        elif isinstance(getattr(one, name), np.ndarray):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)
        else:
            assert repr(getattr(one, name)) == repr(getattr(other, name))


def test_a_curve_comes_back_as_it_was(tmp_path: Path) -> None:
    path = a_curve().save(tmp_path / "curve")
    assert_same(load(path), a_curve())
    assert load(path).caption == a_curve().caption


def test_a_surface_comes_back_as_it_was(tmp_path: Path) -> None:
    path = a_surface().save(tmp_path / "surface.npz")
    assert_same(load(path), a_surface())
    assert load(path).at(1.0, 1.5) == 2.0


@pytest.mark.parametrize("name", ["run", "run.npz", "run.1", "RUN.slice"])
def test_the_suffix_is_added_where_it_is_missing(tmp_path: Path, name: str) -> None:
    path = a_curve().save(str(tmp_path / name))
    assert path == tmp_path / (name if name.endswith(".npz") else f"{name}.npz")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert_same(load(tmp_path / name), a_curve())


def test_a_file_holds_no_pickle_and_reads_as_plain_npz(tmp_path: Path) -> None:
    path = a_surface().save(tmp_path / "a")
    with np.load(path, allow_pickle=False) as file:
        head = json.loads(file["header"].tobytes())
        assert file["losses"].shape == (2, 3)
    assert (head["format"], head["version"], head["kind"]) == ("landscape_widget", 1, "surface")


def test_other_kinds_are_read_by_their_own_readers(tmp_path: Path) -> None:
    vector = np.arange(3, dtype=np.float32)
    path = write_container(tmp_path / "d", "direction", {"label": "x", "span": (1, 2)}, {"vector": vector})
    kind, header, arrays = read_container(path)
    assert (kind, header) == ("direction", {"label": "x", "span": [1, 2]})
    np.testing.assert_array_equal(arrays["vector"], vector, strict=True)
    read = load(path, {"direction": lambda header, arrays: (header["label"], arrays["vector"].sum())})
    assert read == ("x", 3.0)
    with pytest.raises(ValueError, match="path must be a saved curve, surface or volume, got 'a direction in "):
        load(path)


def test_saving_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "real.npz", tmp_path / "link.npz"
    link.symlink_to(target)
    a_curve().save(link)
    assert link.is_symlink()
    assert_same(load(target), a_curve())


def test_saving_again_replaces_the_file(tmp_path: Path) -> None:
    path = a_curve().save(tmp_path / "a")
    a_surface().save(path)
    assert isinstance(load(path), Surface)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.npz"]


def test_a_failing_save_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: Any) -> None:
    path = a_curve().save(tmp_path / "a")
    before = path.read_bytes()

    def fails_half_way(file: io.BufferedWriter, **_: Any) -> None:
        file.write(b"PK half a file")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fails_half_way)
    with pytest.raises(OSError, match="disk full"):
        a_surface().save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.npz"]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    path = a_curve().save(tmp_path / "a")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_json_cannot_say_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="header must hold numbers, texts, lists and dicts only, got <object"):
        write_container(tmp_path / "a", "curve", {"x": object()}, {})
    with pytest.raises(TypeError, match="arrays must be numbers, none of them called 'header', got 'x': object"):
        write_container(tmp_path / "a", "curve", {}, {"x": np.array([None])})
    with pytest.raises(TypeError, match="arrays must be numbers, none of them called 'header', got 'header'"):
        write_container(tmp_path / "a", "curve", {}, {"header": np.zeros(1)})
    assert list(tmp_path.iterdir()) == []


def test_numpy_values_and_paths_in_a_header_become_plain(tmp_path: Path) -> None:
    header = {
        "n": np.int64(3),
        "x": np.array([1.5, 2.5]),
        "path": Path("some") / "where",
        "nan": float("nan"),
    }
    read = read_container(write_container(tmp_path / "a", "note", header, {})).header
    assert read.pop("nan") != read
    assert read == {"n": 3, "x": [1.5, 2.5], "path": os.path.join("some", "where")}  # noqa: PTH118


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"path must be an existing file, got '.*nowhere'"):
        load(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError, match=r"path must be a file, got the folder"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"path must lie in an existing folder, got .*Create it first"):
        a_curve().save(tmp_path / "no" / "folder")
    with pytest.raises(TypeError, match="path must be a string or a path, got 3"):
        load(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="path must name a file, got '/'"):
        a_curve().save("/")


def foreign_files() -> dict[str, bytes]:
    plain, archive, pickled = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(plain, losses=np.zeros(3))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("readme.txt", "hello")
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    other = io.BytesIO()
    np.savez(other, header=np.frombuffer(b'{"format": "other"}', dtype=np.uint8))
    listed = io.BytesIO()
    np.savez(listed, header=np.frombuffer(b"[1]", dtype=np.uint8))
    return {
        "empty": b"",
        "text": b"loss,alpha\n1,2\n",
        "npz of somebody else": plain.getvalue(),
        "zip": archive.getvalue(),
        "npy with a pickle": pickled.getvalue(),
        "npz of another format": other.getvalue(),
        "npz with a list as its header": listed.getvalue(),
    }


@pytest.mark.parametrize("name", foreign_files())
def test_a_foreign_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file.npz"
    path.write_bytes(foreign_files()[name])
    with pytest.raises(ValueError, match=r"path must be a file saved by landscape_widget, got '.*file.npz', which is"):
        load(path)


def test_a_pickle_in_a_container_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "evil.npz"
    head = json.dumps({"format": "landscape_widget", "version": 1, "kind": "curve", "header": {}})
    np.savez(path, header=np.frombuffer(head.encode(), dtype=np.uint8), losses=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"path must be an undamaged file, got .*allow_pickle=False"):
        load(path)


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    whole = a_curve().save(tmp_path / "whole").read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(2, len(whole) - 1, 61):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"path must be an undamaged file, got .*\(it is not whole\)"):
            load(path)


def test_a_flipped_byte_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    whole = a_curve().save(tmp_path / "whole").read_bytes()
    path = tmp_path / "flipped.npz"
    refusals = 0
    for place in range(0, len(whole), 17):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        read = read_or_refusal(path)
        if isinstance(read, str):
            refusals += 1
            assert read.startswith("path must be ")
        else:
            assert_same(read, a_curve())
    assert refusals > 10


def read_or_refusal(path: Path) -> Any:
    try:
        return load(path)
    except ValueError as error:
        return str(error)


def rewritten(path: Path, **changes: Any) -> None:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    head = json.loads(arrays.pop("header").tobytes()) | changes
    np.savez(path, header=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8), **arrays)


def test_a_newer_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = a_curve().save(tmp_path / "a")
    rewritten(path, version=2)
    words = "path must be a file of format 1 or older, got format 2 in .* upgrade with pip install -U landscape"
    with pytest.raises(ValueError, match=words):
        load(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": "1"}, r"version '1'"),
        ({"version": None}, r"version None"),
        ({"kind": None}, "its header is not whole"),
        ({"header": []}, "its header is not whole"),
        ({"header": {"samples": [1, 1]}}, "TypeError"),
        ({"header": {}}, "TypeError"),
        ({"kind": "surface"}, "TypeError"),
    ],
)
def test_a_header_that_is_not_whole_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = a_curve().save(tmp_path / "a")
    rewritten(path, **changes)
    with pytest.raises(ValueError, match=r"path must be an undamaged file, got '.*" + words):
        load(path)
