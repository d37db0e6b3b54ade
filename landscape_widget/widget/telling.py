"""What the texts and the plot of mining say, told between any two steps of the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from landscape_widget.mining.miner import Miner
from landscape_widget.mining.result import MiningResult
from landscape_widget.widget import pictures
from landscape_widget.widget.bend_table import bend_table
from landscape_widget.widget.bending import Bending
from landscape_widget.widget.board import Board
from landscape_widget.widget.counting import Counting
from landscape_widget.widget.facts import SEPARATOR, census_table, facts, mining_text, recipe_text
from landscape_widget.widget.mines import Mines
from landscape_widget.widget.painter import Painter
from landscape_widget.widget.preparing import Preparing
from landscape_widget.widget.recipe_mode import RecipeMode
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.settings import Settings


class Teller:
    """Writes the board; only the worker calls it.

    Args:
        board: The texts.
        screen: Shows the plot.
        painter: What is drawn.
        mines: Runs of mining.
        preparing: Of recipes.
        recipes: Which of them is shown.
        counting: The census.
        bending: The explanation.
        center_loss: Split -> the loss at the centre.
        history: The view of the plot.
    """

    def __init__(
        self,
        board: Board,
        screen: Screen,
        painter: Painter,
        mines: Mines,
        preparing: Preparing,
        recipes: RecipeMode,
        counting: Counting,
        bending: Bending,
        center_loss: Callable[[], float],
        history: Any,
    ) -> None:
        self._board, self._screen, self._painter, self._mines = board, screen, painter, mines
        self._preparing, self._recipes, self._counting, self._bending = preparing, recipes, counting, bending
        self._center_loss, self._history = center_loss, history
        self._told: tuple[object, ...] = ()

    def tell(self, settings: Settings, *, is_busy: bool) -> None:
        """Everything but the state and the error."""
        miner = self._mines.miner(settings)
        is_mining = self._mines.is_mining
        self._board.tell_mining(mining_text(settings, miner, is_mining=is_mining))
        self._board.tell_recipe(self._recipe_text(settings, is_busy=is_busy))
        census = self._counting.census
        is_counting = self._counting.is_counting
        self._board.tell_census(census_table(census, self._counting.split, is_counting=is_counting))
        self._tell_bend()
        self._tell_history(settings, miner)
        newest = self._painter.surface or self._painter.curve
        if newest is not None and self._painter.axes is not None:
            self._board.tell_facts(facts(newest, self._painter.axes), newest.caption_with(self._painter.note))

    @property
    def chore(self) -> str:
        """What is being prepared or counted, with how far it has come; empty where nothing is."""
        said, working = self._preparing.said, self._preparing.working
        texts = []
        if working is not None:
            how_far = "" if said is None else f": {said.words}, {said.done} of {said.total}"
            texts.append(f"recipe {working.name}{how_far}")
        if self._counting.is_counting and self._counting.census is not None:
            texts.append(f"census: {len(self._counting.census.curves)} of {self._counting.census.seeds} curves")
        if (bend := self._bending.said) is not None:
            texts.append(f"curvature: {bend.words}, {bend.done} of {bend.total}")
        return SEPARATOR.join(texts)

    def _tell_bend(self) -> None:
        curve, axes = self._painter.curve, self._painter.axes
        prediction = None if axes is None else self._bending.prediction(axes.d1)
        parting = None if prediction is None or curve is None else self._bending.parting(prediction, curve)
        self._board.tell_bend(bend_table(self._bending.explanation, prediction, parting))

    def _recipe_text(self, settings: Settings, *, is_busy: bool) -> str:
        key = self._preparing.working or (None if settings.mining_steps else self._recipes.applied)
        if key is None:
            return ""
        prepared = self._preparing.prepared(key)
        is_told = self._recipes.is_whole(settings) and not is_busy
        surface = self._painter.surface if is_told else None
        return recipe_text(key.name, self._preparing.said, prepared, surface, self._recipes.remark)

    def _tell_history(self, settings: Settings, miner: Miner | None) -> None:
        run = self._run(settings, miner)
        is_shown = run is not None and len(run.history["step"]) > 0
        display = None if is_shown else "none"
        if self._history.layout.display != display:
            self._history.layout.display = display
        if run is None or not is_shown:
            return
        snapshots = [snapshot.step for snapshot in run.snapshots]
        steps = len(run.history["step"])
        target = max(miner.target_steps if isinstance(run, Miner) and miner is not None else steps, steps)
        shown = self._mines.snapshot(settings)
        key = (id(run), steps, target, tuple(snapshots), shown.step if shown else steps)
        if key == self._told:
            return
        self._told = key
        kind = run.kind if isinstance(run, Miner) else str(run.report.figures["wanted"])
        self._screen.show_history(
            pictures.of_history(
                run.history,
                kind=kind,
                center_loss=self._center_loss(),
                target=target,
                shown=shown.step if shown else steps,
                snapshots=snapshots,
            )
        )

    def _run(self, settings: Settings, miner: Miner | None) -> Miner | MiningResult | None:
        if settings.mining_steps:
            return miner
        key = self._recipes.applied
        prepared = self._preparing.prepared(key)
        return prepared.mined if prepared is not None else None
