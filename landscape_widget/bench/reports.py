"""Results as tables."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_widget.bench import peers
from landscape_widget.bench.adaptive import DRAWN, RANDOM_POINTS, AdaptiveResult
from landscape_widget.bench.exact import ExactResult
from landscape_widget.bench.growth import GrowthResult
from landscape_widget.bench.pictures import FIRST, LINE_POINTS, PictureResult
from landscape_widget.bench.plans import PlanResult
from landscape_widget.bench.tables import Table, count, megabytes, percent, seconds
from landscape_widget.bench.tools import AGREES, LOOP, ONE_PASS, OURS

MODES = {None: "", "frozen": "frozen", "recalibrate": "recalibrated"}


def speed(results: Sequence[ExactResult], rate: float) -> Table:
    """Ours beside the best of the others."""
    columns = (
        "network",
        "BatchNorm",
        "points",
        "ours",
        "points/s",
        "loop",
        "best other",
        "ratio",
        "of best rate",
        "MB",
    )
    rows = tuple(
        (
            r.title,
            MODES[r.batchnorm],
            count(r.points),
            seconds(r.seconds[OURS]),
            count(r.points / r.seconds[OURS]),
            seconds(r.seconds[LOOP]),
            f"{seconds(r.seconds[r.best_other])} {r.best_other}",
            f"{r.ratio:.1f} x",
            percent(r.rate / rate),
            f"{megabytes(r.memory[OURS])} ({megabytes(r.memory[LOOP])})",
        )
        for r in results
    )
    notes = (
        "Medians, all in turn. ratio: best other / ours.",
        f"Best rate: {rate / 1e9:.0f} GFLOP/s in float32, measured in this run.",
        "MB: peak on top of model and data, ours (loop).",
    )
    return Table("Exact surfaces", columns, rows, notes)


def others(results: Sequence[ExactResult]) -> Table:
    """Seconds of every tool, with the difference of its values to the plain loop's."""
    known = (OURS, LOOP, ONE_PASS, *(peer.name for peer in peers.PEERS))
    names = [name for name in known if any(name in r.seconds or name in r.failures for r in results)]
    rows = tuple((named(r), *(_cell(r, name) for name in names)) for r in results)
    missing = [peer.name for peer in peers.PEERS if not peer.is_installed]
    notes = [
        "In brackets: largest relative difference to the plain loop where the tool took its points; the loop's own is "
        f"between two of its runs. !: more than {AGREES:g}.",
        "No other tool takes BatchNorm's statistics anew at a point; loop: a pass for them, then a pass for the loss.",
    ]
    notes += [f"{name}, {named(r)}: {why}" for r in results for name, why in r.failures.items()]
    if missing:
        notes.append(f"Not installed here: {', '.join(missing)}; see tests/benchmarks/requirements.txt.")
    return Table("All tools, the same surfaces", ("network", *names), rows, tuple(notes))


def named(result: ExactResult | AdaptiveResult | PictureResult | PlanResult) -> str:
    """Title and BatchNorm mode."""
    mode = MODES[result.batchnorm]
    return f"{result.title}, {mode}" if mode else result.title


def _cell(result: ExactResult, name: str) -> str:
    if name in result.failures:
        return "fails"
    if name not in result.seconds:
        return "-"
    difference = result.differences[name]
    return f"{seconds(result.seconds[name])} ({difference:.0e}{'!' if difference > AGREES else ''})"


def adaptive(results: Sequence[AdaptiveResult]) -> Table:
    """Points needed for a picture, and the error."""
    columns = ("network", "losses", "points", f"{DRAWN**2:,} /".replace(",", " "), "time", "stated error", "true error")
    rows = tuple(
        (
            named(r),
            f"{r.loss_range[0]:.2g} to {r.loss_range[1]:.2g}",
            count(r.evaluations),
            f"{r.saving:.0f} x" + (" (grid)" if r.reason else ""),
            seconds(r.seconds),
            percent(r.estimate),
            percent(r.true_error),
        )
        for r in results
    )
    notes = [
        f"points: all that were computed, checks included, for a surface drawn at {DRAWN} x {DRAWN} with the default "
        "tolerance: 1 %, or .5 % where the kind needs it, as that of a surface does.",
        f"Errors are in units of max(scale, L - L_min); the true one is the largest at {RANDOM_POINTS} random points.",
    ]
    notes += [f"{named(r)}: a plain grid, because {r.reason}" for r in results if r.reason]
    return Table("Adaptive surfaces", columns, rows, tuple(notes))


def pictures(results: Sequence[PictureResult]) -> Table:
    """What a user waits for."""
    columns = ("network", f"first {FIRST**2} points", "exact grid", "side", "grid / first", f"line of {LINE_POINTS}")
    rows = tuple(
        (named(r), seconds(r.first), seconds(r.full), str(r.side), f"{r.share:.0f} x", seconds(r.line)) for r in results
    )
    notes = ("line: a curve read off the known plane.",)
    return Table("Waiting times", columns, rows, notes)


def growth(results: Sequence[GrowthResult]) -> Table:
    """Exponents."""
    rows = tuple(
        (
            r.axis,
            ", ".join(count(size) for size in r.sizes),
            ", ".join(seconds(s) for s in r.seconds[OURS]),
            f"{r.exponents[OURS]:.2f}",
            f"{r.exponents[LOOP]:.2f}",
        )
        for r in results
    )
    columns = ("what grows", "sizes", "ours", "exponent", "loop's exponent")
    return Table("Growth of the cost, MLP on digits", columns, rows, ("exponent p: time ~ size^p.",))


def plans(results: Sequence[PlanResult], device_type: str) -> Table:
    """Loop against batched."""
    waits = "synchronisations" if device_type == "cuda" else "reads of values"
    rows = tuple((named(r), r.plan, *(("-",) * 4 if r.refusal else _plan_cells(r))) for r in results)
    notes = tuple(f"{named(r)}, {r.plan}: {r.refusal}" for r in results if r.refusal)
    columns = ("network", "plan", "points/s", "MB", f"{waits} a point", "difference")
    return Table("Plans: points one after the other, or in chunks", columns, rows, notes)


def _plan_cells(result: PlanResult) -> tuple[str, str, str, str]:
    waits = (result.synchronisations or 0) / result.points
    rate = count(result.points / result.seconds)
    return rate, megabytes(result.memory), f"{waits:.2f}", f"{result.difference:.0e}"
