"""The `.h5` files of tomgoldstein/loss-landscape: surfaces, curves and directions, read without its code.

Source of the layout: its `plot_surface.py`, `scheduler.py`, `net_plotter.py` and `h5_util.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_widget._checks import complaint
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.foreign import curve_from_arrays, surface_from_arrays
from landscape_widget.slices.nodes import Array
from landscape_widget.slices.surface import Surface

MAGIC = b"\x89HDF\r\n\x1a\n"
ORIGIN = "a .h5 file of tomgoldstein/loss-landscape"

_AXES = ("xcoordinates", "ycoordinates")
_DIRECTIONS = ("xdirection", "ydirection")
_NOT_COMPUTED = -1.0  # what that tool fills its arrays with before it computes
_SPLITS = ("train", "test")


@dataclass(frozen=True, eq=False)
class DirectionFile:
    """One or two directions, each a list of arrays in the order of the model's parameters.

    `landscape.directions.from_state_dict(file.x)` makes a direction of one. The arrays are the direction as the file's
    maker moved along it, normalised already.

    Attributes:
        x: For each parameter (or each entry of the state dict) its array.
        y: The same for the second direction; None where the file has one only.
        path: Where it was read.
    """

    x: list[NDArray[Any]]
    y: list[NDArray[Any]] | None
    path: str

    def __iter__(self) -> Any:
        """The directions that are there: `d, e = map(landscape.directions.from_state_dict, file)`."""
        return iter([self.x] if self.y is None else [self.x, self.y])

    def __len__(self) -> int:
        return 1 if self.y is None else 2

    def __repr__(self) -> str:
        entries = sum(array.size for array in self.x)
        names = "x" if self.y is None else "x and y"
        return (
            f"DirectionFile({Path(self.path).name}: {names}, {len(self.x)} arrays with {entries} entries each)\n"
            "  landscape.directions.from_state_dict(file.x) makes a direction of it"
        )


def is_hdf5(path: str | os.PathLike[str]) -> bool:
    """Whether an existing file begins as HDF5 files do, whatever it is called."""
    target = Path(path).expanduser()
    if not target.is_file():
        return False
    with target.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_hdf5(path: str | os.PathLike[str]) -> Surface | Curve | DirectionFile:
    """The curve, surface or directions in a file of that tool.

    Points that it did not compute are NaN. The loss is `train_loss`, or `test_loss` where that is the only one; a
    second loss and the accuracies (as shares of 1) become metrics.

    Raises:
        ImportError: If h5py is missing.
        ValueError: If the file is damaged, or none of that tool.
    """
    members = _members(path)
    if _DIRECTIONS[0] in members:
        x, y = (_listed(members.get(name), name, path) for name in _DIRECTIONS)
        return DirectionFile(x or [], y, os.fspath(path))
    if _AXES[0] not in members or not any(f"{split}_loss" in members for split in _SPLITS):
        held = ", ".join(sorted(members)) or "nothing"
        remedy = "It holds xcoordinates and train_loss, or xdirection."
        raise ValueError(complaint("path", ORIGIN, f"one that holds {held}", remedy))
    return _slice(members, path)


def _slice(members: Mapping[str, Any], path: str | os.PathLike[str]) -> Surface | Curve:
    axes = [np.asarray(members[name], dtype=np.float64) for name in _AXES if name in members]
    shape = tuple(axis.size for axis in reversed(axes))
    arrays, scrambled = {}, False
    for split in _SPLITS:
        for name in (f"{split}_loss", f"{split}_acc"):
            if name in members:
                raw = np.asarray(members[name], dtype=np.float64)
                arrays[name] = _arranged(name, raw, shape)
                scrambled |= raw.shape != shape
    split = next(split for split in _SPLITS if f"{split}_loss" in arrays)
    losses = arrays.pop(f"{split}_loss")
    provenance = _provenance(members, split, path, f"{shape[::-1]} read as {shape}" if scrambled else "")
    metrics = {_metric(name, split): _share(name, array) for name, array in arrays.items()}
    if len(axes) == 1:
        return curve_from_arrays(axes[0], _holed(losses), metrics=metrics, provenance=provenance)
    return surface_from_arrays(axes[0], axes[1], _holed(losses), metrics=metrics, provenance=provenance)


def _arranged(name: str, raw: Array, shape: tuple[int, ...]) -> Array:
    """The array as `[B, A]`.

    That tool makes an array `(A, B)` and fills it in the order of a mesh `(B, A)`, x fastest. With A = B that is our
    layout; else its rows are torn, and the order of filling still tells which value belongs where.
    """
    if raw.shape in (shape, shape[::-1]):
        return raw.reshape(shape)
    raise ValueError(
        complaint("path", f"a file whose {name} has the shape {shape[::-1]} of its coordinates", raw.shape)
    )


def _holed(values: Array) -> Array:
    return np.where(values == _NOT_COMPUTED, np.nan, values)


def _share(name: str, values: Array) -> Array:
    """Accuracies stand there in percent."""
    return _holed(values) / 100 if name.endswith("_acc") else _holed(values)


def _metric(name: str, split: str) -> str:
    word = name.replace("_acc", "_accuracy")
    return "accuracy" if word == f"{split}_accuracy" else word


def _provenance(members: Mapping[str, Any], split: str, path: str | os.PathLike[str], torn: str) -> dict[str, Any]:
    """What the file says; the name of its direction file tells how the directions were made."""
    stored = members.get("dir_file", b"")
    name = stored.decode(errors="replace") if isinstance(stored, bytes) else str(stored)
    facts = {
        "origin": ORIGIN,
        "file": Path(path).name,
        "direction file": Path(name).name,
        "loss": f"{split}_loss",
        "evaluated": "in eval(), with the running statistics as they are stored",
        "scrambled": f"{torn}: that tool tears the rows of grids that are not square" if torn else "",
    }
    return {key: value for key, value in facts.items() if value}


def _listed(group: Any, name: str, path: str | os.PathLike[str]) -> list[NDArray[Any]] | None:
    if group is None:
        return None
    order = [str(number) for number in range(len(group))] if isinstance(group, Mapping) else []
    if not order or set(order) != set(group):
        rule = f"a file whose {name} holds arrays numbered from 0"
        raise ValueError(complaint("path", rule, os.fspath(path)))
    return [np.asarray(group[number]) for number in order]


def _members(path: str | os.PathLike[str]) -> dict[str, Any]:
    """All arrays and groups of arrays in the file."""
    h5py = _h5py(path)
    target = Path(path).expanduser()
    if not target.is_file():
        raise FileNotFoundError(f"path must be an existing file, got {os.fspath(path)!r}.")
    try:
        with h5py.File(target, "r") as file:
            return {name: _read(value, h5py) for name, value in file.items()}
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(complaint("path", "a whole .h5 file", os.fspath(path), f"It says: {error}.")) from error


def _read(value: Any, h5py: Any) -> Any:
    if isinstance(value, h5py.Group):
        return {name: entry[()] for name, entry in value.items() if isinstance(entry, h5py.Dataset)}
    return value[()]


def _h5py(path: str | os.PathLike[str]) -> Any:
    try:
        import h5py
    except ImportError as error:
        remedy = "Reading it needs the package h5py: pip install 'landscape-widget[h5]'."
        raise ImportError(complaint("path", "a file that can be read", os.fspath(path), remedy)) from error
    return h5py
