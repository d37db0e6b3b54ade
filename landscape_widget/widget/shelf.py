"""Mined, prepared and loaded directions: offered as sources, written to files, read from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from landscape_widget._checks import complaint
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.factory import Directions
from landscape_widget.mining.result import MiningResult, Snapshot
from landscape_widget.slices.files import SUFFIX
from landscape_widget.widget.controls import Controls
from landscape_widget.widget.facts import with_article
from landscape_widget.widget.mines import RunKey
from landscape_widget.widget.settings import Settings
from landscape_widget.widget.sources import LETTERS, Sources

CHECKPOINTS = (".pt", ".pth", ".safetensors")  # of other weights of the model: read as directions to these


class Shelf:
    """Keeps the menus of A, B and C.

    Args:
        sources: What they offer.
        directions: `landscape.directions`.
        controls: Theirs.
    """

    def __init__(self, sources: Sources, directions: Directions, controls: Controls) -> None:
        self._sources, self._directions, self._controls = sources, directions, controls

    def offer(self, name: str, direction: Direction, written: str | None = None) -> None:
        """As `Sources.offer`, and in the menus at once."""
        self._sources.offer(name, direction, written)
        self.refresh()

    def refresh(self) -> None:
        """Have the menus offer what there is."""
        for letter in LETTERS:
            self._controls.offer(letter, self._sources.options(letter))

    def offer_mined(self, key: RunKey, result: MiningResult) -> None:
        """A run has finished: what it found, under a name that says what that is."""
        name, count = mined_name(key, result), len(result.directions)
        for number, direction in enumerate(result.directions, start=1):
            self.offer(name if count == 1 else f"{name} ({number} of {count})", direction)

    def save(self, path: str, settings: Settings, snapshot: Snapshot | None) -> str:
        """Write the mined directions that are shown, else those of A, B and C that are no noise; says what it wrote.

        Raises:
            ValueError: If there is nothing to save, no path, or a file of that name.
        """
        found = list(snapshot.directions) if snapshot else self._chosen(settings)
        if not found:
            remedy = "Set Mining steps above 0, choose a recipe, or choose a mined direction in the menu of A."
            raise ValueError(complaint("a", "mined, made by a recipe or loaded to be saved", settings.a, remedy))
        files = _files(_checked(path), len(found))
        for file in files:
            if file.exists():
                raise ValueError(f"path must be a new file, got {str(file)!r}, which exists. Write another name.")
        for file, direction in zip(files, found, strict=True):
            direction.save(file)
        return f"Saved {_listed([direction.label for direction in found])} as {_listed(list(map(str, files)))}."

    def _chosen(self, settings: Settings) -> list[Direction]:
        names = dict.fromkeys(getattr(settings, letter) for letter in LETTERS)
        added = [self._sources.added(name) for name in names]
        return [direction for direction in added if direction is not None]

    def load(self, path: str) -> str:
        """Offer what a file holds, or the files that `save` wrote under that name; says what it offered.

        Raises:
            ValueError: If there is no such file, or it holds no direction of this model.
        """
        files = _existing(_checked(path))
        names = [self._loaded(file) for file in files]
        self.refresh()
        return f"Loaded {_listed(names)}: to be chosen as A, B or C."

    def _loaded(self, file: Path) -> str:
        if file.suffix in CHECKPOINTS:
            direction, call = self._directions.to(str(file)), "to"
            name = direction.label
        else:
            direction, call = self._directions.load(file), "load"
            name = f"{direction.label}, from {file.name}"
        self._sources.offer(name, direction, f"landscape.directions.{call}({str(file)!r})")
        return name


def mined_name(key: RunKey, result: MiningResult) -> str:
    """`mined vvv-basin, radius 1.4, seed 0`, or what came out instead."""
    how = f"radius {key.radius:g}, seed {key.seed}"
    if result.succeeded:
        return f"mined {key.kind}, {how}"
    found = "nothing clear" if result.kind == "unclear" else with_article(result.kind)
    return f"mined for {key.kind}: {found}, {how}"


def _checked(path: str) -> Path:
    if not path.strip():
        raise ValueError(complaint("path", "the name of a file", path, "Write one into the field, such as mined.npz."))
    return Path(path.strip()).expanduser()


def _files(path: Path, count: int) -> list[Path]:
    """One a direction: `mined.npz`, or `mined-1.npz` and `mined-2.npz`."""
    stem = path.name.removesuffix(SUFFIX)
    endings = [""] if count == 1 else [f"-{number}" for number in range(1, count + 1)]
    return [path.with_name(f"{stem}{ending}{SUFFIX}") for ending in endings]


def _existing(path: Path) -> Sequence[Path]:
    for files in ([path], _files(path, 1), _files(path, 2)):
        if all(file.is_file() for file in files):
            return files
    remedy = f"Looked in {str(path.absolute().parent)!r}."
    raise ValueError(complaint("path", "a saved direction, or a checkpoint", str(path), remedy))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words)
