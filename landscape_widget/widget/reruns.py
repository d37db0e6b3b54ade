"""Which explorers belong to a run of a cell that has been run again since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from weakref import ref

# Cell -> (its run, the explorers made in it). One entry a cell, so nothing piles up.
_MADE: dict[str, tuple[str, list[ref[Superseded]]]] = {}


class Superseded(Protocol):
    """Something that can be told that its cell was run again."""

    def supersede(self) -> None:
        """The cell has made another one."""


def note_made(explorer: Superseded, place: tuple[str, str] | None) -> None:
    """Remember where an explorer was made, and tell those of an earlier run of that cell.

    Args:
        explorer: Just made.
        place: (Cell, run) as `running_cell` tells it; None: nowhere in particular.
    """
    if place is None:
        return
    cell, run = place
    last_run, made = _MADE.get(cell, (run, []))
    if last_run == run:
        _MADE[cell] = (run, [*made, ref(explorer)])
        return
    _MADE[cell] = (run, [ref(explorer)])
    for earlier in made:
        if (alive := earlier()) is not None:
            alive.supersede()


def running_cell() -> tuple[str, str] | None:
    """(Cell, run) that is being executed in this kernel; None outside notebooks that tell."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return None
    message: dict[str, Any] = kernel.get_parent("shell") or {}
    cell = message.get("metadata", {}).get("cellId")
    run = message.get("header", {}).get("msg_id")
    return (str(cell), str(run)) if cell and run else None


def around_each_cell(before: Callable[[], object], after: Callable[[], object]) -> Callable[[], None]:
    """Have these called before and after each cell; returns what ends that. Without IPython they never are."""
    try:
        from IPython import get_ipython
    except ImportError:
        return _nothing
    shell = get_ipython()
    if shell is None:
        return _nothing
    calls = {"pre_run_cell": lambda *_: before(), "post_run_cell": lambda *_: after()}
    for event, call in calls.items():
        shell.events.register(event, call)

    def end() -> None:
        for event, call in calls.items():
            shell.events.unregister(event, call)

    return end


def _nothing() -> None:
    """There is nothing to end."""
