"""What happens when: changes of controls become requests and jobs, results become pictures and texts."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from landscape_widget._checks import complaint
from landscape_widget.mining.miner import Miner
from landscape_widget.mining.objectives import GOALS
from landscape_widget.mining.result import MiningResult, Snapshot
from landscape_widget.slicing import Slicer
from landscape_widget.widget.board import Board
from landscape_widget.widget.code import code
from landscape_widget.widget.controls import Controls
from landscape_widget.widget.facts import SEPARATOR, error_text, facts, fetched_text, mining_text
from landscape_widget.widget.mines import Mines
from landscape_widget.widget.pace import Pace
from landscape_widget.widget.painter import Painter
from landscape_widget.widget.points import Pass
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.session import Worker
from landscape_widget.widget.settings import MOST_MINING_STEPS, Settings, merged
from landscape_widget.widget.sources import LETTERS, Sources

RELEASE_SECONDS = 0.3  # a slider that has rested so long counts as released
SLIDERS = frozenset({"mixing", "scale", "seed", "radius", "mining_steps", "resolution", "tolerance"})
MINING_NAMES = frozenset({"mining_steps", "kind", "radius", "seed"})


class Host(Protocol):
    """What the explorer needs of a landscape, besides its directions and slicer."""

    @property
    def batchnorm(self) -> str | None:
        """The BatchNorm mode."""

    def model_changed(self) -> bool:
        """Whether the user's model has other weights than the centre."""

    def recenter(self) -> None:
        """Take the model's weights of now as the centre."""


class Conductor:
    """Owns the worker and all that it works with."""

    def __init__(
        self,
        host: Host,
        slicer: Slicer,
        sources: Sources,
        controls: Controls,
        screen: Screen,
        board: Board,
        panels: tuple[str, ...],
        *,
        prefetch: bool,
    ) -> None:
        self._host, self._slicer, self._home = host, slicer, slicer.home
        self._sources, self._controls, self._screen, self._board = sources, controls, screen, board
        self.mines = Mines(self._make_miner, slicer.engine.gate, self)
        self.worker: Worker[Settings] = Worker(self._serve, tick=self._tick)
        self.painter = Painter(
            slicer,
            sources,
            self.mines,
            screen,
            should_stop=self.worker.should_stop,
            spare_should_stop=self.worker.spare_should_stop,
            panels=panels,
        )
        self._has_prefetch, self._pauses = prefetch, set[str]()
        self._mining_pace = Pace("mining steps")
        self._stepped_at, self._steps_seen = 0.0, 0
        self._is_dragged = False
        self._start = self._before_mining = controls.settings
        self._mining_kind: str | None = None  # whose span and mixing the controls have taken over
        controls.observe(self._on_change)
        for name, action in {"mine": self.mine, "cancel": self.cancel, "recenter": self.recenter}.items():
            controls.on_click(name, action)

    # Called from cells and from the page

    @property
    def settings(self) -> Settings:
        """What the controls say now."""
        return self._controls.settings

    def begin(self) -> None:
        """Ask for the first picture."""
        self.worker.submit(self._controls.settings)

    def wait(self, timeout: float) -> None:
        """Return once everything shown is what the controls ask for; raise what the worker raised."""
        if self._slicer.home is not self._home:
            self._ask_again()
        self.worker.wait(timeout)

    def _on_change(self, name: str, is_from_page: bool) -> None:
        self._is_dragged = is_from_page and name in SLIDERS
        if name == "kind":
            self._follow_kind()
        if not self._is_dragged and name in MINING_NAMES:
            self._enter_or_leave_mining()
        self.worker.call_later(RELEASE_SECONDS if self._is_dragged else 0.0, self._release)
        self.worker.submit(self._controls.settings)

    def _ask_again(self) -> None:
        self.worker.call_later(0.0, self._release)
        self.worker.submit(self._controls.settings)

    def load(self, changes: Mapping[str, Any]) -> None:
        """Set many controls at once.

        Raises:
            TypeError, ValueError: If a name or a value makes no sense; then nothing is set.
        """
        self._apply(merged(self._controls.settings, changes, self._controls.choices))

    def reset(self) -> None:
        """All controls as they were at first."""
        self._apply(self._start)

    def _apply(self, settings: Settings) -> None:
        with self._controls.quiet():
            self._controls.apply(settings)
        self._is_dragged = False
        self._mining_kind = settings.kind if settings.mining_steps else None
        self._ask_again()

    def mine(self) -> None:
        """Begin or go on: up to the wanted step, or as many steps further as the kind takes."""
        settings = self._controls.settings
        reach, steps = self.mines.reach(settings), settings.mining_steps
        if steps <= reach:
            steps = min(max(steps, reach) + GOALS[settings.kind].steps, MOST_MINING_STEPS)
        if steps != settings.mining_steps:
            self._controls.widgets["mining_steps"].value = steps
        else:
            self.worker.call_later(0.0, lambda: self._release(again=True))

    def cancel(self) -> None:
        """Stop computing and mining; what is there stays."""
        self.worker.cancel()
        self.mines.leave_off()
        self.worker.wake()

    def recenter(self) -> None:
        """Take the model's weights of now as the centre, and draw anew."""
        self.cancel()
        self.worker.add_job(self._recentering())

    def _recentering(self) -> Generator[None, None, None]:
        self._host.recenter()
        self._ask_again()
        yield

    def pause(self, why: str, has_pause: bool) -> None:
        """Fetch nothing ahead while there is a reason not to, such as a cell that runs."""
        (self._pauses.add if has_pause else self._pauses.discard)(why)
        self.worker.pause_spare_time(bool(self._pauses))

    def look_at_model(self) -> None:
        """A cell has run: the model may have other weights now."""
        self.worker.add_job(self._looking_at_model())

    def _looking_at_model(self) -> Generator[None, None, None]:
        self._tell_changed()
        yield

    def _tell_changed(self) -> None:
        has_changed = self._host.model_changed()
        self._board.tell_changed(has_changed=has_changed)
        self._controls.widgets["recenter"].layout.display = None if has_changed else "none"

    @property
    def mined(self) -> MiningResult | None:
        """The run that is shown, confirmed."""
        return self.mines.result(self._controls.settings)

    def code(self) -> str:
        """The Python that makes the picture again."""
        settings = self._controls.settings
        snapshot = self.mines.snapshot(settings)
        metric, mode = self._slicer.home.metric, self._host.batchnorm
        return code(settings, self._sources, snapshot, metric=metric, own_batchnorm=mode)

    # Called in the worker's thread

    def _serve(self, settings: Settings) -> Pass:
        self._follow_center()
        self._set_drawing(settings)
        yield from self.painter.serve(settings)
        self._tell_changed()
        if self._has_prefetch and not self.mines.is_mining:
            self.worker.do_in_spare_time(self._fetching_ahead(settings))

    def _fetching_ahead(self, settings: Settings) -> Generator[None, None, None]:
        """Ends where the centre has become another: the next request begins anew."""
        for _ in self.painter.fetch_ahead(settings, self._controls.widgets["scale"].max):
            if self._slicer.home is not self._home:
                return
            yield

    def _set_drawing(self, settings: Settings) -> None:
        self._screen.may_move = not (self._is_dragged or settings.lock_axes)
        self._screen.is_log = settings.log_height

    def _follow_center(self) -> None:
        """Where the landscape has another centre, nothing that was computed or made holds any more."""
        if self._slicer.home is self._home:
            return
        self._home = self._slicer.home
        self.painter.forget()
        self.mines.recenter()
        self._sources.recenter()

    def _release(self, *, again: bool = False) -> None:
        """The slider rests: axes may move, and mining goes up to where it was left."""
        if self._is_dragged:
            self._is_dragged = False
            self._enter_or_leave_mining()
        self._follow_center()
        settings = self._controls.settings
        self._set_drawing(settings)
        self._screen.again()
        self._check_minable(settings)
        job = self.mines.want(settings, again=again)
        if job is not None:
            self._mining_pace.begin(settings.mining_steps - self.mines.reach(settings))
            self._stepped_at = time.monotonic()
            self.worker.add_job(job)
            self.worker.submit(settings)

    def _enter_or_leave_mining(self) -> None:
        """A mined direction is seen over its own span and unmixed; without it the picture is as before."""
        settings = self._controls.settings
        was_mining = self._mining_kind is not None
        if settings.mining_steps == 0:
            if was_mining:
                self._leave_mining(settings)
            return
        if self._mining_kind == settings.kind:
            return
        if not was_mining:
            self._before_mining = settings
        self._mining_kind = settings.kind
        with self._controls.quiet():
            self._controls.apply(replace(settings, scale=GOALS[settings.kind].span, mixing=0.0))
        self._screen.forget_limits()

    def _leave_mining(self, settings: Settings) -> None:
        own = GOALS[self._mining_kind or settings.kind].span
        self._mining_kind = None
        if settings.scale == own:
            with self._controls.quiet():
                self._controls.apply(replace(settings, scale=self._before_mining.scale))
        self._screen.forget_limits()

    def _follow_kind(self) -> None:
        """Each kind has its own radius, unless another one was chosen."""
        radius = self._controls.widgets["radius"]
        if radius.value in {goal.radius for goal in GOALS.values()}:
            with self._controls.quiet():
                radius.value = GOALS[self._controls.widgets["kind"].value].radius

    def _check_minable(self, settings: Settings) -> None:
        if settings.batchnorm == "frozen" and not self.mines.is_reached(settings):
            remedy = "With frozen statistics the mined shapes do not exist. Choose 'recalibrate' in the menu."
            raise ValueError(complaint("batchnorm", "'recalibrate' for mining", "frozen", remedy))

    def _make_miner(self, kind: str, *, radius: float, steps: int, seed: int) -> Miner:
        return self._slicer.miner(kind, radius=radius, steps=steps, seed=seed)

    def on_mining_step(self, miner: Miner) -> None:
        """Keep the pace; told by `Mines`."""
        now = time.monotonic()
        if miner.steps_done > self._steps_seen:
            self._mining_pace.add(now - self._stepped_at)
            self._stepped_at = now
        self._steps_seen = miner.steps_done

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Have the curve drawn along it, and a coarse surface; told by `Mines`."""
        self.worker.submit(self._controls.settings)

    def on_mining_end(self, key: object) -> None:
        """Tell what was confirmed and offer the direction as a source; told by `Mines`."""
        settings = self._controls.settings
        miner = self.mines.miner(settings)
        if miner is None or not miner.is_done:
            return
        result = miner.result()
        if result.succeeded:
            self._offer(f"mined {settings.kind}, radius {settings.radius:g}, seed {settings.seed}", result)
        self.worker.submit(self._controls.settings)

    def _offer(self, name: str, result: MiningResult) -> None:
        self._sources.offer(name, result.direction)
        for letter in LETTERS:
            self._controls.offer(letter, self._sources.options(letter))

    def _tick(self) -> float | None:
        """Between any two steps: send frames, refresh the texts."""
        is_busy = self.worker.has_work
        is_fetching = self.painter.ahead.fetched.is_fetching
        if self._board.is_due() or not (is_busy or is_fetching):
            self._tell(is_busy)
        return self._screen.flush()

    def _tell(self, is_busy: bool) -> None:
        self._controls.widgets["cancel"].disabled = not (is_busy or self.worker.has_spare_work)
        pace = self._mining_pace if self.mines.is_mining else self.painter.pace
        self._board.tell_error(error_text(self.worker.error) if self.worker.error else "")
        fetched = "" if is_busy else fetched_text(self.painter.ahead.fetched, has_pause=bool(self._pauses))
        state = SEPARATOR.join(text for text in (pace.text, fetched) if text)
        self._board.tell_state(state, pace.share if is_busy else None)
        settings = self._controls.settings
        is_mining = self.mines.is_mining
        self._board.tell_mining(mining_text(settings, self.mines.miner(settings), is_mining=is_mining))
        newest = self.painter.surface or self.painter.curve
        if newest is not None and self.painter.axes is not None:
            self._board.tell_facts(facts(newest, self.painter.axes), newest.caption_with(self.painter.note))
