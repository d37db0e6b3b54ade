"""What happens when: changes of controls become requests and jobs, results become pictures and texts."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol

from landscape_widget._checks import complaint
from landscape_widget.curvature import Hessian
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.factory import Directions
from landscape_widget.mining.miner import Miner
from landscape_widget.mining.objectives import GOALS
from landscape_widget.mining.result import MiningResult, Snapshot
from landscape_widget.recipes import Prepared, Said, prepare
from landscape_widget.slicing import Slicer
from landscape_widget.widget.bending import Bending
from landscape_widget.widget.board import Board
from landscape_widget.widget.chores import Chores
from landscape_widget.widget.code import code
from landscape_widget.widget.controls import Controls
from landscape_widget.widget.counting import Counting
from landscape_widget.widget.facts import SEPARATOR, error_text, fetched_text
from landscape_widget.widget.mines import Mines, RunKey
from landscape_widget.widget.mining_mode import MiningMode
from landscape_widget.widget.pace import Pace
from landscape_widget.widget.painter import Painter
from landscape_widget.widget.points import Pass
from landscape_widget.widget.preparing import Preparing, RecipeKey
from landscape_widget.widget.recipe_mode import RecipeMode
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.session import THREAD_NAME, Worker
from landscape_widget.widget.settings import MOST_MINING_STEPS, NUM_VALLEYS, Settings, merged
from landscape_widget.widget.sharing import Sharing
from landscape_widget.widget.shelf import Shelf
from landscape_widget.widget.sources import Sources
from landscape_widget.widget.telling import Teller
from landscape_widget.widget.transport import Transport
from landscape_widget.widget.views import Ticker

RELEASE_SECONDS = 0.3  # a slider that has rested so long counts as released
SLIDERS = frozenset({"mixing", "scale", "seed", "radius", "mining_steps", "resolution", "tolerance"})
MINING_NAMES = frozenset({"mining_steps", "kind", "radius", "seed"})


class Host(Protocol):
    """What the explorer needs of a landscape, besides its slicer."""

    directions: Directions

    @property
    def hessian(self) -> Hessian:
        """At the centre."""

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
        history: Any,
        sharing: Sharing,
        ticker: Ticker,
        prefetch: bool,
    ) -> None:
        self._host, self._slicer, self._home = host, slicer, slicer.home
        self._sources, self._controls, self._screen, self._board = sources, controls, screen, board
        self.mines = Mines(self._make_miner, slicer.engine.gate, self)
        self.transport = Transport(ticker, self._has_something_to_send, THREAD_NAME)
        self.worker: Worker[Settings] = Worker(self._serve, tick=self._tick, begin=self.transport.begin)
        self.bending = Bending(host.hessian, slicer.engine.gate, host.batchnorm, self.begin)
        self.painter = Painter(
            slicer,
            sources,
            self.mines,
            screen,
            should_stop=self.worker.should_stop,
            spare_should_stop=self.worker.spare_should_stop,
            panels=panels,
            bend_of=self.bending.told,
        )
        self._sharing = sharing
        self._has_prefetch, self._pauses = prefetch, set[str]()
        self._mining_pace = Pace("mining steps")
        self._stepped_at, self._steps_seen = 0.0, 0
        self._is_dragged = False
        self._start = controls.settings
        self._prepare_shapes(history)
        controls.observe(self._on_change)
        for name, action in {"mine": self.mine, "cancel": self.cancel, "recenter": self.recenter}.items():
            controls.on_click(name, action)

    def _prepare_shapes(self, history: Any) -> None:
        """What belongs to mining, recipes, the census and files."""
        controls, forget, gate = self._controls, self._screen.forget_limits, self._slicer.engine.gate
        directions = self._host.directions
        self._mode = MiningMode(controls, forget)
        self._shelf = Shelf(self._sources, directions, controls)
        self.preparing = Preparing(self._prepare, gate, self._on_recipe_end)
        self._recipes = RecipeMode(controls, self.preparing, self._shelf, forget)
        self.counting = Counting(self._slicer, directions)
        self.chores = Chores(
            self.worker, controls, self._board, self.counting, self.bending, self._shown, self._shelf, self.mines, gate
        )
        self._teller = Teller(
            self._board,
            self._screen,
            self.painter,
            self.mines,
            self.preparing,
            self._recipes,
            self.counting,
            self.bending,
            self._slicer.center_loss,
            history,
        )

    # Called from cells and from the page

    @property
    def settings(self) -> Settings:
        """What the controls say now."""
        return self._controls.settings

    def begin(self) -> None:
        """Ask for a picture of what the controls say."""
        self.worker.submit(self._controls.settings)

    def wait(self, timeout: float) -> None:
        """Return once everything shown is what the controls ask for; raise what the worker raised."""
        if self._slicer.home is not self._home:
            self._ask_again()
        self.worker.wait(timeout)

    def _on_change(self, name: str, is_from_page: bool) -> None:
        self._is_dragged = is_from_page and name in SLIDERS
        if name == "kind":
            self._mode.follow_kind()
        elif name == "recipe":
            self._recipes.choose()
            self._mode.follow()
        elif name in ("a", "c"):
            self._recipes.let_go()
        if not self._is_dragged and name in MINING_NAMES:
            self._mode.follow()
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
        choices = dict(self._controls.choices)
        if isinstance(changes, Mapping):
            coming = self._recipes.names(changes.items())
            choices |= {letter: (*choices[letter], *coming) for letter in ("a", "c")}
        self._apply(merged(self._controls.settings, changes, choices))

    def reset(self) -> None:
        """All controls as they were at first."""
        self._apply(self._start)

    def _apply(self, settings: Settings) -> None:
        with self._controls.quiet():
            self._controls.apply(self._recipes.take(settings))
        self._is_dragged = False
        self._mode.take(settings)
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
        """Stop computing and mining; what is there stays, and the picture of what was mined is completed."""
        was_mining = self.mines.is_mining
        self._stop()
        if was_mining:
            self.worker.submit(self._controls.settings)
        self.worker.wake()

    def _stop(self) -> None:
        self.worker.cancel()
        self.mines.leave_off()
        self.counting.leave_off()
        self.bending.leave_off()
        if (key := self.preparing.working) is not None:
            self.preparing.leave_off()
            self._recipes.give_up(key)

    def recenter(self) -> None:
        """Take the model's weights of now as the centre, and draw anew."""
        self._stop()
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
        self._share_run(settings)
        yield from self.painter.serve(settings)
        self._share(settings)
        self._follow_bend(settings)
        self._tell_changed()
        if self._has_prefetch and not self.mines.is_mining:
            self.worker.do_in_spare_time(self._fetching_ahead(settings))

    def _follow_bend(self, settings: Settings) -> None:
        """Find the quadratic along the direction that has come to rest, where it is shown."""
        axes = self.painter.axes
        job = self.bending.follow(axes.d1) if axes is not None and not self._is_dragged else None
        if job is not None:
            self.worker.add_job(job)

    def _shown(self) -> Sequence[Direction]:
        axes = self.painter.axes
        return () if axes is None else (axes.d1, axes.d2)

    def _fetching_ahead(self, settings: Settings) -> Generator[None, None, None]:
        """Ends where the centre has become another: the next request begins anew."""
        for _ in self.painter.fetch_ahead(settings, self._controls.widgets["scale"].max):
            if self._slicer.home is not self._home:
                return
            yield
        self._share(settings)

    def _share(self, settings: Settings) -> None:
        """What is known by now goes to the browser."""
        scene = self.painter.scenes.scene(settings)
        self._sharing.share(scene, self.painter.scenes.basis_around(scene))

    def _share_run(self, settings: Settings) -> None:
        """What has been mined by now goes to the browser."""
        miner = self.mines.miner(settings)
        self._sharing.share_run(settings, miner.snapshots if miner else ())

    def _set_drawing(self, settings: Settings) -> None:
        self._screen.may_move = not (self._is_dragged or settings.lock_axes)
        self._screen.is_log = settings.log_height
        self._screen.choose_surface_view(settings.surface_view)
        self.painter.tells_surfaces = not self._is_dragged

    def _follow_center(self) -> None:
        """Where the landscape has another centre, nothing that was computed or made holds any more."""
        if self._slicer.home is self._home:
            return
        self._home = self._slicer.home
        self.painter.forget()
        self._sharing.forget()
        self.mines.recenter()
        self.preparing.recenter()
        self._recipes.recenter()
        self.counting.recenter()
        self.bending.recenter()
        self._sources.recenter()

    def _release(self, *, again: bool = False) -> None:
        """The slider rests: axes may move, and mining goes up to where it was left."""
        was_dragged, self._is_dragged = self._is_dragged, False
        if was_dragged:
            self._mode.follow()
        self._follow_center()
        self._follow_recipe()
        settings = self._controls.settings
        self._set_drawing(settings)
        self._screen.again()
        if was_dragged:
            self.worker.submit(settings)  # what the drag left out
        self._check_minable(settings)
        job = self.mines.want(settings, again=again)
        if job is not None:
            self._mining_pace.begin(settings.mining_steps - self.mines.reach(settings))
            self._stepped_at = time.monotonic()
            self.worker.add_job(job, first=True)
            self.worker.submit(settings)

    def _follow_recipe(self) -> None:
        """Apply the recipe that the controls ask for, or have it prepared first."""
        before = self._recipes.applied
        job = self.preparing.want(self._recipes.follow(self._controls.settings))
        if job is not None:
            self.worker.add_job(job, first=True)
        if self._recipes.applied != before:
            self.worker.submit(self._controls.settings)

    def _prepare(self, key: RecipeKey) -> Generator[Said, None, Prepared]:
        return prepare(key.name, self._slicer, self._host.directions, seed=key.seed)

    def _on_recipe_end(self, key: RecipeKey) -> None:
        """Show what was prepared; told by `Preparing`."""
        if self.preparing.prepared(key) is None:
            self._recipes.give_up(key)
        else:
            self._follow_recipe()

    def _check_minable(self, settings: Settings) -> None:
        if settings.batchnorm == "frozen" and not self.mines.is_reached(settings):
            remedy = "With frozen statistics the mined shapes do not exist. Choose 'recalibrate' in the menu."
            raise ValueError(complaint("batchnorm", "'recalibrate' for mining", "frozen", remedy))

    def _make_miner(self, kind: str, *, radius: float, steps: int, seed: int) -> Miner:
        valleys = {"n": NUM_VALLEYS} if kind == "n-valley" else {}
        return self._slicer.miner(kind, radius=radius, steps=steps, seed=seed, **valleys)

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

    def on_mining_end(self, key: RunKey) -> None:
        """Tell what was confirmed and offer it as a source, whatever it is; told by `Mines`."""
        miner = self.mines.run(key)
        if miner is None or not miner.is_done:
            return
        self._shelf.offer_mined(key, miner.result())
        self.worker.submit(self._controls.settings)

    def _tick(self) -> float | None:
        """Between any two steps: send frames, refresh the texts."""
        is_busy = self.worker.has_work
        is_fetching = self.painter.ahead.fetched.is_fetching
        if self._board.is_due() or not (is_busy or is_fetching):
            self._tell(is_busy)
        self.transport.beat()
        return self._screen.flush()

    def _has_something_to_send(self) -> bool:
        is_fetching = self.worker.has_spare_work and not self._pauses
        return self.worker.is_busy or is_fetching or self._screen.is_waiting

    def _tell(self, is_busy: bool) -> None:
        self._controls.widgets["cancel"].disabled = not (is_busy or self.worker.has_spare_work)
        pace = self._mining_pace if self.mines.is_mining else self.painter.pace
        self._board.tell_error(error_text(self.worker.error) if self.worker.error else "")
        fetched = "" if is_busy else fetched_text(self.painter.ahead.fetched, has_pause=bool(self._pauses))
        state = SEPARATOR.join(text for text in (pace.text, self._teller.chore, fetched) if text)
        self._board.tell_state(state, pace.share if is_busy else None)
        self._teller.tell(self._controls.settings, is_busy=is_busy)
