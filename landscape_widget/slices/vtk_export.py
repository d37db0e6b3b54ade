"""Slices as files of VTK's XML formats, which ParaView reads."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from landscape_widget.slices.chebyshev import tensor_coords
from landscape_widget.slices.files import target_of, whole_file
from landscape_widget.slices.nodes import Array
from landscape_widget.slices.point_data import facts, point_data

if TYPE_CHECKING:
    from landscape_widget.slices.base import Slice

_HIDDEN = 2  # vtkDataSetAttributes.HIDDENPOINT
_UNEVEN = 1e-6  # of a step, that an image's points may be off
_TYPES = {"f8": "Float64", "i8": "Int64", "u1": "UInt8"}


def write_vtk(slice_: Slice, path: str | os.PathLike[str]) -> Path:
    """Write a curve as `.vtp`, a surface as `.vts`, a volume as `.vti`; returns the path."""
    suffix, kind, body = _FORMATS[len(slice_.axes)]
    target = target_of(path, suffix)
    text = _document(kind, body(slice_), facts(slice_))
    with whole_file(target) as file:
        file.write(text.encode())
    return target


def _document(kind: str, body: tuple[str, str], texts: Mapping[str, str]) -> str:
    attributes, piece = body
    told = "".join(_text(name, text) for name, text in texts.items())
    return (
        '<?xml version="1.0"?>\n'
        f'<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f"<{kind}{attributes}>\n<FieldData>\n{told}</FieldData>\n{piece}</{kind}>\n</VTKFile>\n"
    )


def _polyline(slice_: Slice) -> tuple[str, str]:
    """Alpha as x, the loss as z: it lies in the surface of the same direction. A piece between holes is a line."""
    (alphas,) = slice_.axes
    height = _heights(slice_.losses)
    runs = _runs(np.isfinite(slice_.losses))
    points = [point for run in runs for point in range(*run)]
    ends = np.cumsum([stop - start for start, stop in runs], dtype=np.int64)
    lines = [_array("connectivity", np.array(points, dtype=np.int64)), _array("offsets", ends)]
    piece = (
        f'<Piece NumberOfPoints="{alphas.size}" NumberOfVerts="0" NumberOfLines="{len(runs)}" '
        f'NumberOfStrips="0" NumberOfPolys="0">\n{_data(slice_)}'
        f"{_points(alphas, np.zeros_like(alphas), height)}<Lines>\n{''.join(lines)}</Lines>\n</Piece>\n"
    )
    return "", piece


def _runs(is_known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and behind the last of each row of known points; a single point is no line."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_known, [False]]).astype(int))).tolist()
    return [(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop - start > 1]


def _structured(slice_: Slice) -> tuple[str, str]:
    """Alpha, beta, and the loss as z."""
    alphas, betas = slice_.axes
    coords = tensor_coords(slice_.axes)
    extent = f"0 {alphas.size - 1} 0 {betas.size - 1} 0 0"
    places = _points(coords[:, 0], coords[:, 1], _heights(slice_.losses).ravel())
    return f' WholeExtent="{extent}"', f'<Piece Extent="{extent}">\n{_data(slice_)}{places}</Piece>\n'


def _image(slice_: Slice) -> tuple[str, str]:
    """Over alpha, beta and gamma; its points must be evenly spaced."""
    steps = [_step(name, axis) for name, axis in zip(("alphas", "betas", "gammas"), slice_.axes, strict=True)]
    origin = " ".join(repr(float(axis[0])) for axis in slice_.axes)
    extent = " ".join(f"0 {axis.size - 1}" for axis in slice_.axes)
    attributes = f' WholeExtent="{extent}" Origin="{origin}" Spacing="{" ".join(map(repr, steps))}"'
    return attributes, f'<Piece Extent="{extent}">\n{_data(slice_)}</Piece>\n'


def _step(name: str, axis: Array) -> float:
    if axis.size == 1:
        return 1.0
    step = float(axis[-1] - axis[0]) / (axis.size - 1)
    even = axis[0] + step * np.arange(axis.size)
    if np.abs(axis - even).max() > _UNEVEN * step:
        raise ValueError(f"{name} must be evenly spaced for a VTK image, got {axis.tolist()}.")
    return step


def _heights(losses: Array) -> Array:
    """Finite: points that are hidden lie on the floor."""
    is_known = np.isfinite(losses)
    return np.where(is_known, losses, losses[is_known].min() if is_known.any() else 0.0)


def _points(*coordinates: Array) -> str:
    return f"<Points>\n{_array('points', np.stack(coordinates, axis=-1), components=3)}</Points>\n"


def _data(slice_: Slice) -> str:
    hidden = np.where(np.isfinite(slice_.losses), 0, _HIDDEN).astype(np.uint8)
    arrays = {**point_data(slice_), "vtkGhostType": hidden}
    texts = (_array(name, array.astype(np.uint8) if array.dtype == bool else array) for name, array in arrays.items())
    return f'<PointData Scalars="loss">\n{"".join(texts)}</PointData>\n'


def _array(name: str, array: NDArray[Any], *, components: int = 1) -> str:
    code = array.dtype.str[1:]
    data = np.ascontiguousarray(array, dtype=f"<{code}").tobytes()
    packed = base64.b64encode(struct.pack("<Q", len(data)) + data).decode()
    head = f'type="{_TYPES[code]}" Name={quoteattr(name)} NumberOfComponents="{components}" format="binary"'
    return f"<DataArray {head}>{packed}</DataArray>\n"


def _text(name: str, text: str) -> str:
    """As VTK has texts: the numbers of their bytes, ended by 0."""
    codes = " ".join(str(byte) for byte in (*text.encode(), 0))
    return f'<Array type="String" Name="{name}" NumberOfTuples="1" format="ascii">{codes}</Array>\n'


_FORMATS: dict[int, tuple[str, str, Callable[[Slice], tuple[str, str]]]] = {
    1: (".vtp", "PolyData", _polyline),
    2: (".vts", "StructuredGrid", _structured),
    3: (".vti", "ImageData", _image),
}
