"""The Python that makes a picture again without the explorer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from landscape_widget.core.params import FilterMetric
from landscape_widget.directions.direction import Direction
from landscape_widget.mining.result import Snapshot
from landscape_widget.widget.settings import NO_BATCHNORM, NOISES, NUM_VALLEYS, SYMMETRIES, Settings
from landscape_widget.widget.sources import GIVEN, Sources

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
    mined = snapshot.directions if snapshot else ()
    a = mined[0] if mined else sources.direction("a", settings)
    b, c = sources.direction("b", settings), sources.third(settings, mined)
    assert a is not None
    assert b is not None
    lines = ["import math", "", HEADER, *_remarks(settings, sources, mined, own_batchnorm)]
    lines += _mined(settings, snapshot) if snapshot else []
    left = {"a": a, "b": b, "c": c}
    for letter in ("a", "c")[: len(mined)]:
        del left[letter]
    chosen = {letter: direction for letter, direction in left.items() if direction is not None}
    lines += _assigned({letter: _source(letter, direction, settings, sources) for letter, direction in chosen.items()})
    d = sources.axes(settings, mined).d1
    lines += _axes(settings, a, b, c, metric, d)
    return "\n".join([*lines, *_slices(settings)]) + "\n"


def _remarks(settings: Settings, sources: Sources, mined: Sequence[Direction], own_batchnorm: str | None) -> list[str]:
    letters = ("a", "b", "c") if not mined else ("b", "c") if len(mined) == 1 else ("b",)
    written = {sources.written(getattr(settings, letter)) for letter in letters}
    names = sorted(name for name in written if name and name.startswith(GIVEN))
    remarks = [f"# `{name}` is the direction handed in to explore() as {name[-1]}=." for name in names]
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
    lines.append(f"mined = {_mine_call(settings.kind, settings.radius, steps, settings.seed)}")
    left, right = ("a, c", "directions") if len(snapshot.directions) == 2 else ("a", "direction")
    if snapshot.step == steps:
        return [*lines, f"{left} = mined.{right}"]
    return [*lines, f"{left} = next(s.{right} for s in mined.snapshots if s.step == {snapshot.step})"]


def _mine_call(kind: str, radius: float, steps: int, seed: int) -> str:
    """The Python of a run."""
    valleys = f"n={NUM_VALLEYS}, " if kind == "n-valley" else ""
    return f'landscape.mine("{kind}", {valleys}radius={radius:g}, steps={steps}, seed={seed}, progress=False)'


def _planned(source: Mapping[str, Any]) -> int:
    return int(source["plan"][-1][1] if source.get("plan") else source["steps"])


def _assigned(sources: Mapping[str, str]) -> list[str]:
    """`a = ...` for each; what is made by one call and used twice is made once."""
    calls = Counter(_call(text) for text in sources.values())
    again = [call for call, count in calls.items() if call and count > 1]
    names = {call: f"made_{number}" for number, call in enumerate(again)}
    lines = [f"{name} = {call}" for call, name in names.items()]
    for letter, text in sources.items():
        call = _call(text)
        lines.append(f"{letter} = {text.replace(call, names[call]) if call in names else text}")
    return lines


def _call(text: str) -> str:
    """The call of `2.0 * call.directions[i]`; empty where it is none."""
    call, dot, place = text.rpartition(".directions[")
    return call.rpartition(" * ")[2] if dot and place.rstrip("]").isdigit() else ""


def _source(letter: str, direction: Direction, settings: Settings, sources: Sources) -> str:
    return sources.written(str(getattr(settings, letter))) or _expression(direction.source)


def _expression(source: Mapping[str, Any]) -> str:
    """A direction's recipe as Python."""
    return _WRITERS[str(source["kind"])](source)


def _noise(source: Mapping[str, Any]) -> str:
    ratio = f"ratio={source['ratio']:g}, " if "ratio" in source else ""
    return f'landscape.directions.{source["kind"]}({ratio}seed={source["seed"]}, normalize="{source["normalize"]}")'


def _mine(source: Mapping[str, Any]) -> str:
    call = _mine_call(source["goal"], source["radius"], _planned(source), source["seed"])
    return f"{call}.directions[{source['axis']}]" if "axis" in source else f"{call}.direction"


_WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    **dict.fromkeys(NOISES, _noise),
    **dict.fromkeys(SYMMETRIES, lambda source: f"landscape.directions.{source['kind']}(seed={source['seed']})"),
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
