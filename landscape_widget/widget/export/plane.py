"""The plane of two directions, computed at once and in the calling thread: what `landscape.export` shows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from landscape_widget._checks import as_choice, as_number, complaint
from landscape_widget.progress import watched
from landscape_widget.slicing import Slicer
from landscape_widget.widget.code import code
from landscape_widget.widget.export.exhibit import Exhibit
from landscape_widget.widget.known_frames import known_frame
from landscape_widget.widget.mines import Mines
from landscape_widget.widget.painter import Painter
from landscape_widget.widget.panels import PANELS
from landscape_widget.widget.screen import Screen
from landscape_widget.widget.settings import MOST_RESOLUTION, NO_BATCHNORM, NONE, Settings, as_mixing, as_tolerance
from landscape_widget.widget.sharing import known_parts
from landscape_widget.widget.sources import Sources


def plane_settings(
    sources: Sources,
    slicer: Slicer,
    a: object,
    b: object,
    *,
    mixing: float,
    span: float | None,
    tol: float,
    split: str | None,
    log_height: bool,
) -> Settings:
    """What the controls of an explorer would say.

    Raises:
        TypeError, ValueError: An argument makes no sense; the text names it.
    """
    if not isinstance(log_height, bool):
        raise TypeError(complaint("log_height", "True or False", log_height))
    first, second = sources.take("a", a), sources.take("b", b)
    objective = slicer.engine.objective
    return Settings(
        a=first,
        b=second,
        c=NONE,
        mixing=as_mixing(mixing),
        scale=sources.reach(first) if span is None else as_number("span", span, above=0),
        tolerance=as_tolerance(tol),
        split=as_choice("split", "train" if split is None else split, objective.splits),
        batchnorm=objective.batchnorm or NO_BATCHNORM,
        resolution=MOST_RESOLUTION,
        log_height=log_height,
    )


def exhibit_plane(slicer: Slicer, settings: Settings, sources: Sources, progress: Any) -> Exhibit:
    """Compute curve and plane as an explorer does, until they are within their tolerance.

    Args:
        slicer: Of the landscape.
        settings: From `plane_settings`.
        sources: That they name.
        progress: As in `Landscape.curve`.
    """
    screen = Screen(_nothing(), _nothing(), None, _nothing(), ceiling=slicer.ceiling, on_failure=_unheard)
    painter = Painter(
        slicer,
        sources,
        Mines(slicer.miner, slicer.engine.gate, _nothing()),
        screen,
        should_stop=lambda: False,
        spare_should_stop=lambda: False,
        panels=PANELS,
    )
    with watched(progress, "export") as tell:
        # The page offers a log axis, on which errors near the centre show: no engine will be there to mend them.
        for _ in painter.serve(replace(settings, log_height=True)):
            tell(painter.pace.done, max(painter.pace.total, 1))
        tell(painter.pace.done, painter.pace.done)
    scene = painter.scenes.scene(settings)
    parts = known_parts(scene, None)
    assert painter.curve is not None
    assert painter.surface is not None
    assert screen.curve is not None
    assert screen.surface is not None
    return Exhibit(
        settings=settings,
        curve=(screen.curve, painter.curve),
        surface=(screen.surface, painter.surface),
        views=PANELS,
        known=known_frame(seq=1, mixing=settings.mixing, parts=parts, rise=screen.cap),
        history={},
        cap=screen.cap,
        code=code(settings, sources, None, metric=slicer.home.metric, own_batchnorm=slicer.engine.objective.batchnorm),
        notes=(painter.note,),
    )


def _nothing() -> Any:
    """Stands in for a view, or a listener, that is never told anything."""
    return SimpleNamespace()


def _unheard(name: str, error: Exception) -> None:
    """No view is drawn here, so none can fail."""
    raise AssertionError(name) from error
