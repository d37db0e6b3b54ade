"""Slices in other people's formats: xarray datasets and VTK files."""

from __future__ import annotations

import base64
import json
import re
import struct
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.slices.volume import Volume

NAN, INF = float("nan"), float("inf")
PROVENANCE = {"seed": 3, "labels": ["a < b", "naïve"], "floor": np.float32(0.5)}
ALPHAS, BETAS, GAMMAS = [-1.0, 0.0, 1.0, 2.0], [0.5, 1.5, 2.5], [-4.0, -2.0]
DTYPES = {"Float64": "<f8", "Int64": "<i8", "UInt8": "|u1"}


def curve(losses: Any = (3.0, 0.5, 0.25, 4.0), **changes: Any) -> Curve:
    values = {"alphas": ALPHAS, "center_loss": 0.5, "span": (-1, 2), "samples": (256, 1797), "label": "to another"}
    return Curve(losses=losses, provenance=PROVENANCE, **(values | changes))


def surface(**changes: Any) -> Surface:
    values: dict[str, Any] = {
        "losses": np.arange(12.0).reshape(3, 4),
        "metrics": {"accuracy": np.linspace(0, 1, 12).reshape(3, 4)},
        "labels": ("noise", "slope"),
        "mined": True,
    }
    span, known = ((-1.0, 2.0), (0.5, 2.5)), {"alphas": ALPHAS, "betas": BETAS, "center_loss": 2.5}
    return Surface(span=span, samples=None, split="test", provenance=PROVENANCE, **(known | values | changes))


def volume(**changes: Any) -> Volume:
    axes = {"alphas": ALPHAS, "betas": BETAS, "gammas": GAMMAS}
    losses = np.arange(24.0).reshape(2, 3, 4)
    losses[1, 2, 0] = NAN
    span = ((-1.0, 2.0), (0.5, 2.5), (-4.0, -2.0))
    return Volume(**({"losses": losses, "span": span, "samples": (9, 9), "center_loss": 1.0} | axes | changes))


def test_a_dataset_has_the_losses_over_named_axes_and_says_how_they_were_made() -> None:
    made = surface()
    dataset = made.to_xarray()
    assert dict(dataset.sizes) == {"beta": 3, "alpha": 4}
    assert dataset["loss"].dims == ("beta", "alpha")
    assert dataset["loss"].sel(alpha=2.0, beta=0.5).item() == 3.0
    np.testing.assert_array_equal(dataset["accuracy"], made.metrics["accuracy"])
    assert dataset["is_exact"].all()
    assert not dataset["error"].any()
    assert dataset["beta"].attrs == {"long_name": "slope", "units": "lengths of the direction"}
    assert (dataset.attrs["split"], dataset.attrs["mined"], dataset.attrs["center_loss"]) == ("test", 1, 2.5)
    assert json.loads(dataset.attrs["provenance"]) == {**PROVENANCE, "floor": 0.5}
    assert dataset.attrs["caption"] == made.caption


def test_datasets_of_curves_and_volumes_keep_holes_and_can_be_written() -> None:
    line = curve(losses=(3.0, NAN, INF, 4.0), metrics={"loss": [1.0, 2.0, 3.0, 4.0]}).to_xarray()
    assert line["loss"].dims == ("alpha",)
    np.testing.assert_array_equal(line["loss"], [3.0, NAN, INF, 4.0])
    np.testing.assert_array_equal(line["metric loss"], [1, 2, 3, 4])
    assert line.attrs["samples_used"] == 256
    cube = volume().to_xarray()
    assert cube["loss"].dims == ("gamma", "beta", "alpha")
    assert cube["loss"].sel(alpha=0, beta=1.5, gamma=-2).item() == 17
    # What NetCDF takes: numbers and texts only, and axes that may be written to.
    assert all(isinstance(value, (str, int, float)) for value in cube.attrs.values())
    cube["loss"][0, 0, 0] = 7


def test_a_missing_xarray_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    text = "to_xarray must have the package xarray, got none. Run pip install 'landscape-widget[xarray]'."
    with pytest.raises(ImportError, match=re.escape(text)):
        curve().to_xarray()


class Parsed:
    """A VTK file, read by the rules of its format."""

    def __init__(self, path: Path) -> None:
        self.root = ElementTree.parse(path).getroot()
        assert (self.root.get("byte_order"), self.root.get("header_type")) == ("LittleEndian", "UInt64")
        assert self.root.get("type") == self.root[0].tag

    def array(self, name: str) -> np.ndarray:
        (found,) = [array for array in self.root.iter("DataArray") if array.get("Name") == name]
        data = base64.b64decode(found.text or "")
        (count,) = struct.unpack_from("<Q", data)
        assert len(data) == 8 + count
        array = np.frombuffer(data[8:], dtype=DTYPES[str(found.get("type"))])
        components = int(found.get("NumberOfComponents", "1"))
        return array if components == 1 else array.reshape(-1, components)

    def text(self, name: str) -> str:
        (found,) = [array for array in self.root.iter("Array") if array.get("Name") == name]
        codes = [int(code) for code in (found.text or "").split()]
        assert codes.pop() == 0
        return bytes(codes).decode()

    def find(self, tag: str) -> ElementTree.Element:
        (found,) = self.root.iter(tag)
        return found


def test_a_curve_is_a_line_with_the_loss_as_its_height_cut_at_holes(tmp_path: Path) -> None:
    path = curve(losses=(3.0, 0.5, NAN, 4.0)).to_vtk(tmp_path / "curve")
    assert path == tmp_path / "curve.vtp"
    parsed = Parsed(path)
    np.testing.assert_array_equal(parsed.array("points"), [[-1, 0, 3], [0, 0, 0.5], [1, 0, 0.5], [2, 0, 4]])
    assert parsed.array("connectivity").tolist() == [0, 1]  # a single point is no line
    assert parsed.array("offsets").tolist() == [2]
    np.testing.assert_array_equal(parsed.array("loss"), [3.0, 0.5, NAN, 4.0])
    assert parsed.array("vtkGhostType").tolist() == [0, 0, 2, 0]
    assert json.loads(parsed.text("provenance"))["labels"] == ["a < b", "naïve"]


def test_a_curve_of_holes_only_has_no_line(tmp_path: Path) -> None:
    parsed = Parsed(curve(losses=[NAN] * 4).to_vtk(tmp_path / "c.vtp"))
    assert parsed.array("offsets").size == parsed.array("connectivity").size == 0
    assert parsed.find("Piece").get("NumberOfLines") == "0"
    assert np.isfinite(parsed.array("points")).all()


def test_a_surface_is_a_grid_with_alpha_fastest_and_its_metrics(tmp_path: Path) -> None:
    made = surface(losses=[[0.0, 1.0, 2.0, 3.0], [4.0, INF, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]])
    parsed = Parsed(made.to_vtk(tmp_path / "s.vts"))
    assert parsed.find("Piece").get("Extent") == parsed.find("StructuredGrid").get("WholeExtent") == "0 3 0 2 0 0"
    points = parsed.array("points")
    np.testing.assert_array_equal(points[:5], [[-1, 0.5, 0], [0, 0.5, 1], [1, 0.5, 2], [2, 0.5, 3], [-1, 1.5, 4]])
    assert points[5, 2] == 0  # hidden, on the floor
    assert np.flatnonzero(parsed.array("vtkGhostType")).tolist() == [5]
    np.testing.assert_array_equal(parsed.array("accuracy"), made.metrics["accuracy"].ravel())
    assert parsed.array("is_exact").tolist() == [1] * 12
    assert parsed.text("caption") == made.caption


def test_a_volume_is_an_image_over_its_span(tmp_path: Path) -> None:
    parsed = Parsed(volume().to_vtk(tmp_path / "v.data"))
    image = parsed.find("ImageData")
    assert (tmp_path / "v.data.vti").exists()
    told = [image.get("WholeExtent"), image.get("Origin"), image.get("Spacing")]
    assert told == ["0 3 0 2 0 1", "-1.0 0.5 -4.0", "1.0 1.0 2.0"]
    np.testing.assert_array_equal(parsed.array("loss"), volume().losses.ravel())
    assert np.flatnonzero(parsed.array("vtkGhostType")).tolist() == [20]


def test_what_vtk_cannot_hold_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"alphas must be evenly spaced for a VTK image, got \[-1\.0, 0\.0, 0\.5, 2\.0\]"
    ):
        volume(alphas=[-1.0, 0.0, 0.5, 2.0]).to_vtk(tmp_path / "v.vti")
    with pytest.raises(FileNotFoundError, match="path must lie in an existing folder"):
        curve().to_vtk(tmp_path / "none" / "c.vtp")
    assert list(tmp_path.iterdir()) == []
