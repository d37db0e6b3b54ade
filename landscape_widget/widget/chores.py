"""What the buttons start beside the picture: the census, the explanation of its curvature, and files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from landscape_widget.core.gate import Gate
from landscape_widget.directions.direction import Direction
from landscape_widget.widget.bending import Bending
from landscape_widget.widget.board import Board
from landscape_widget.widget.controls import Controls
from landscape_widget.widget.counting import Counting
from landscape_widget.widget.mines import Mines
from landscape_widget.widget.session import Worker
from landscape_widget.widget.settings import Settings
from landscape_widget.widget.shelf import Shelf

Steps = Generator[None, None, None]


class Chores:
    """Puts jobs into the worker; each ends with a picture or a text.

    Args:
        worker: Does them.
        controls: Say what and where.
        board: Tells what was saved or loaded.
        counting: The census.
        bending: The explanation.
        shown: The directions that are shown now, the curve's first.
        shelf: Of directions.
        mines: Whose direction is shown.
        gate: Taken to read a file, which may change nothing meanwhile.
    """

    def __init__(
        self,
        worker: Worker[Settings],
        controls: Controls,
        board: Board,
        counting: Counting,
        bending: Bending,
        shown: Callable[[], Sequence[Direction]],
        shelf: Shelf,
        mines: Mines,
        gate: Gate,
    ) -> None:
        self._worker, self._controls, self._board = worker, controls, board
        self._bending, self._shown = bending, shown
        self._counting, self._shelf, self._mines, self._gate = counting, shelf, mines, gate
        actions = {"census": self.census, "curvature": self.explain, "save": self.save, "load": self.load}
        for name, action in actions.items():
            controls.on_click(name, action)

    def census(self) -> None:
        """Count the kinds along random directions on the data that are shown."""
        job = self._counting.begin(self._controls.settings)
        if job is not None:
            self._worker.add_job(job)

    def explain(self) -> None:
        """Explain the curvatures of random directions, of this normalisation, and those that are shown."""
        job = self._bending.begin(self._controls.settings.normalize, self._shown)
        if job is not None:
            self._worker.add_job(job)

    def save(self) -> None:
        """Write the mined directions that are shown to the file in the field."""
        self._worker.add_job(self._saving(self._path), first=True)

    def load(self) -> None:
        """Offer what the file in the field holds."""
        self._worker.add_job(self._loading(self._path), first=True)

    @property
    def _path(self) -> str:
        return str(self._controls.widgets["path"].value)

    def _saving(self, path: str) -> Steps:
        settings = self._controls.settings
        self._finish(self._shelf.save(path, settings, self._mines.snapshot(settings)))
        yield

    def _loading(self, path: str) -> Steps:
        with self._gate.background():
            text = self._shelf.load(path)
        self._finish(text)
        yield

    def _finish(self, text: str) -> None:
        """It went well: an error of before is over."""
        self._board.tell_notice(text)
        self._worker.submit(self._controls.settings)
