"""Success rates and times of mining as tables."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from landscape_widget.bench.mining import STARTS, WINE_BOTTLE, CensusResult, MiningFound, Run, StepResult, Task
from landscape_widget.bench.rings import ANGLES, RADII
from landscape_widget.bench.tables import Table, seconds
from landscape_widget.census import Share

NONE = "-"
Mined = Sequence[tuple[Task, Sequence[Run]]]


def tables(found: MiningFound) -> list[Table]:
    """All that is known."""
    mined = [(task, runs) for task, runs in found.runs if runs]
    made = [census(found.census)] if found.census else []
    made += [steps(found.steps)] if found.steps else []
    made += [rates(mined)] if mined else []
    tried = [(task, runs) for task, runs in mined if any(run.starts > 1 for run in runs)]
    return made + ([many_starts(tried)] if tried else [])


def census(result: CensusResult) -> Table:
    """Kinds of curves along noise."""
    shares = {kind: Share(count, count / result.total, low, high) for kind, (count, low, high) in result.kinds.items()}
    rows = tuple((kind, str(share.count), str(share)) for kind, share in shares.items())
    title = f"{result.total} Gaussian directions at the demo's checkpoint {result.checkpoint!r}"
    return Table(title, ("kind", "curves", "share"), rows, (f"{seconds(result.seconds)} in all.",))


def steps(results: Sequence[StepResult]) -> Table:
    """Mining against training."""
    rows = tuple(
        (_named(r.task), seconds(r.mining), seconds(r.training), f"{r.mining / r.training:.1f} x") for r in results
    )
    note = f"Medians, in turn, on minibatches of {results[0].samples}; training: forward, backward and SGD."
    return Table("A step of mining beside a step of training", ("", "mining", "training", "ratio"), rows, (note,))


def rates(mined: Mined) -> Table:
    """Successes, and what they look like."""
    columns = (
        *("", "succeeded", "steps", "shown after", "time"),
        *("height, training", "height, held-out", "ring test"),
    )
    rows = tuple((_named(task), *_rate_cells(task, _single(runs))) for task, runs in mined)
    angles = f"{ANGLES} angles at r = {', '.join(f'{radius:g}' for radius in RADII)}"
    notes = [
        "succeeded: of the runs with one start, each with its own seed; confirmed on data not mined on.",
        "shown after: steps of the first snapshot whose curve has the kind. time: of a run, confirmation included.",
        "height: depth of the centre above w-peak's valleys or wine-bottle's moat, barriers of a vvv-basin above the "
        "centre; in nats, median (least) of the successes.",
        f"ring test: exact losses on {angles}: moat below the centre, wall behind it, at every angle, on both data.",
    ]
    failed = [(task, run) for task, runs in mined for run in _single(runs) if not run.succeeded]
    notes += [f"{task.kind}, seed {run.seed}: {run.reason}" for task, run in failed]
    return Table("Mining on the demo", columns, rows, tuple(notes))


def _rate_cells(task: Task, runs: Sequence[Run]) -> tuple[str, ...]:
    good = [run for run in runs if run.succeeded]
    rings = f"{sum(run.has_rings or False for run in runs)} of {len(runs)}" if task.kind == WINE_BOTTLE else NONE
    return (
        f"{len(good)} of {len(runs)}",
        _median([run.steps for run in runs], "{:g}".format),
        _median([run.shown_after for run in runs], "{:g}".format),
        _median([run.seconds for run in runs], seconds),
        *(_height([run.heights[place] for run in good]) for place in (0, 1)),
        rings,
    )


def many_starts(mined: Mined) -> Table:
    """Several starts in one run beside as many runs."""
    columns = ("", "one start", "time", f"{STARTS} starts", "time", f"time / {STARTS} runs")
    rows = tuple((_named(task), *_start_cells(runs)) for task, runs in mined)
    return Table(f"{STARTS} starts, the weak ones dropped early, beside {STARTS} runs of one", columns, rows)


def _start_cells(runs: Sequence[Run]) -> tuple[str, ...]:
    one, many = _single(runs), [run for run in runs if run.starts > 1]
    times = [statistics.median(run.seconds for run in part) for part in (one, many)]
    counts = [f"{sum(run.succeeded for run in part)} of {len(part)}" for part in (one, many)]
    return counts[0], seconds(times[0]), counts[1], seconds(times[1]), f"{times[1] / (STARTS * times[0]):.2f}"


def _single(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.starts == 1]


def _named(task: Task) -> str:
    return f"{task.kind}, {task.checkpoint}"


def _median(values: Sequence[float | None], words: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    return words(statistics.median(known)) if known else NONE


def _height(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None and not math.isnan(value)]
    return f"{statistics.median(known):.3g} ({min(known):.3g})" if known else NONE
