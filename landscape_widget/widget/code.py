"""The Python that makes a picture again without the explorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from landscape_widget.core.params import FilterMetric
from landscape_widget.directions.direction import Direction
from landscape_widget.mining.result import Snapshot
from landscape_widget.widget.settings import NO_BATCHNORM, NOISES, NONE, Settings
from landscape_widget.widget.sources import GRADIENT, Sources

HEADER = "# `landscape` is the lw.Landscape that was explored."


def code(
    settings: Settings,
    sources: Sources,
    snapshot: Snapshot | None,
    *,
    metric: FilterMetric,
    own_batchnorm: str | None,
) -> str:
    """Lines that end with `curve` and `surface`.

    Args:
        settings: Of the controls.
        sources: Of directions.
        snapshot: Of the mining run that is shown, if any.
        metric: Of the centre.
        own_batchnorm: The landscape's mode.
    """
    a = snapshot.direction if snapshot else sources.direction("a", settings)
    b, c = sources.direction("b", settings), sources.direction("c", settings)
    assert a is not None
    assert b is not None
    lines = ["import math", "", HEADER, *_remarks(settings, sources, own_batchnorm)]
    lines += _mined(settings, snapshot) if snapshot else [f"a = {_source('a', a, settings, sources)}"]
    lines.append(f"b = {_source('b', b, settings, sources)}")
    if c is not None:
        lines.append(f"c = {_source('c', c, settings, sources)}")
    d = sources.axes(settings, snapshot.direction if snapshot else None).d1
    lines += _axes(settings, a, b, c, metric, d)
    return "\n".join([*lines, *_slices(settings)]) + "\n"


def _remarks(settings: Settings, sources: Sources, own_batchnorm: str | None) -> list[str]:
    letters = ("b", "c") if settings.mining_steps else ("a", "b", "c")
    names = {sources.given(getattr(settings, letter)) for letter in letters} - {None}
    remarks = [
        f"# `{name}` is the direction handed in to explore() as {str(name)[-1]}=." for name in sorted(map(str, names))
    ]
    if settings.batchnorm not in (NO_BATCHNORM, own_batchnorm):
        mode = settings.batchnorm
        remarks.append(f'# The picture has BatchNorm {mode}: make the landscape with batchnorm="{mode}".')
    return remarks


def _mined(settings: Settings, snapshot: Snapshot) -> list[str]:
    source = snapshot.direction.source
    steps = _planned(source)
    lines = []
    if len(source.get("plan", [])) > 1:
        lines.append("# Mined in several goes: one go of as many steps comes close, but not to the last digit.")
    arguments = f"radius={settings.radius:g}, steps={steps}, seed={settings.seed}, progress=False"
    lines.append(f'mined = landscape.mine("{settings.kind}", {arguments})')
    if snapshot.step == steps:
        return [*lines, "a = mined.direction"]
    return [*lines, f"a = next(s.direction for s in mined.snapshots if s.step == {snapshot.step})"]


def _planned(source: Mapping[str, Any]) -> int:
    return int(source["plan"][-1][1] if source.get("plan") else source["steps"])


def _source(letter: str, direction: Direction, settings: Settings, sources: Sources) -> str:
    name = str(getattr(settings, letter))
    if name in (*NOISES, GRADIENT, NONE):
        return _expression(direction.source)
    return sources.given(name) or _expression(direction.source)


def _expression(source: Mapping[str, Any]) -> str:
    """A direction's recipe as Python."""
    return _WRITERS[str(source["kind"])](source)


def _noise(source: Mapping[str, Any]) -> str:
    return f'landscape.directions.{source["kind"]}(seed={source["seed"]}, normalize="{source["normalize"]}")'


def _mine(source: Mapping[str, Any]) -> str:
    arguments = f"radius={source['radius']:g}, steps={_planned(source)}, seed={source['seed']}, progress=False"
    return f'landscape.mine("{source["goal"]}", {arguments}).direction'


_WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    **dict.fromkeys(NOISES, _noise),
    "gradient": lambda source: f'landscape.directions.gradient(normalize="{source["normalize"]}")',
    "mined": _mine,
}


def _axes(
    settings: Settings, a: Direction, b: Direction, c: Direction | None, metric: FilterMetric, d: Direction
) -> list[str]:
    """What `mix` does, with the factors that bring noise back to its length written out."""
    factor = 1.0 if b.keeps_length else metric.norm(a.vector) / metric.norm(b.orthogonal_to(a).vector)
    lines = [f"b = {_times(factor)}b.orthogonal_to(a)", f"m = math.radians({settings.mixing!r})"]
    is_turned = settings.mixing != 0
    lines.append("d = math.cos(m) * a + math.sin(m) * b" if is_turned else "d = a")
    if c is None:
        return [*lines, "e = -math.sin(m) * a + math.cos(m) * b" if is_turned else "e = b"]
    factor = 1.0 if c.keeps_length else metric.norm(c.vector) / metric.norm(c.orthogonal_to(d).vector)
    return [*lines, f"e = {_times(factor)}c.orthogonal_to(d)"]


def _times(factor: float) -> str:
    return "" if factor == 1.0 else f"{factor!r} * "


def _slices(settings: Settings) -> list[str]:
    split = "" if settings.split == "train" else f', split="{settings.split}"'
    options = f"span={settings.scale!r}, tol={settings.tolerance!r}{split}, progress=False"
    return [f"curve = landscape.curve(d, {options})", f"surface = landscape.surface(d, e, {options})"]
