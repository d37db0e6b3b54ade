"""`landscape-widget bench`: its options, and the order in which it measures and prints."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from landscape_widget._checks import complaint
from landscape_widget.bench import (
    adaptive,
    cases,
    chart,
    curvature,
    curvature_reports,
    exact,
    growth,
    machine,
    mining,
    mining_reports,
    pictures,
    plans,
    reports,
)
from landscape_widget.bench.cases import Case
from landscape_widget.bench.resnet20 import FILES
from landscape_widget.bench.tables import Table

PARTS = ("exact", "adaptive", "pictures", "growth", "plans", "mining", "curvature")
ONLY_WHEN_ASKED = ("mining", "curvature")
STOPPED = 130  # the exit status of what Ctrl-C has ended
PICTURE_CASES = (
    "mlp",
    "cnn",
    "cnn-recalibrated",
    "resnet-recalibrated",
)  # unless the user chooses: full grids take long
CURVATURE_CASES = (
    "cnn-trained",
    "demo-frozen",
    "demo-recalibrated",
    "resnet-frozen",
    "resnet-recalibrated",
)
QUICK_CASES, QUICK_SIDE = ("mlp", "cnn"), 5
SEEDS, QUICK_SEEDS = 10, 2


@dataclass
class Found:
    """Everything measured, for `--json`."""

    machine: str
    rates: dict[str, float]
    exact: list[exact.ExactResult] = field(default_factory=list)
    adaptive: list[adaptive.AdaptiveResult] = field(default_factory=list)
    pictures: list[pictures.PictureResult] = field(default_factory=list)
    growth: list[growth.GrowthResult] = field(default_factory=list)
    plans: list[plans.PlanResult] = field(default_factory=list)
    mining: mining.MiningFound | None = None
    curvature: list[curvature.CurvatureResult] = field(default_factory=list)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `bench`."""
    add = parser.add_argument
    add("--device", type=_device, default=torch.device("cpu"), help="where to compute: cpu (default), cuda, cuda:1")
    add("--data", type=Path, metavar="DIR", help=f"folder with {' and '.join(FILES)}: adds ResNet-20")
    add("--cases", type=_words, metavar="NAME,...", help="only these: " + ", ".join(c.name for c in _named_cases()))
    add("--parts", type=_parts, metavar="NAME,...", help="only these tables: " + ", ".join(PARTS))
    add("--plans", action="store_true", help="also compare points one by one with chunks; on CUDA always")
    add("--mining", action="store_true", help="only how often and how fast mining succeeds on the demo; takes long")
    add("--curvature", action="store_true", help="only the Hessian, beside the tools that are installed")
    add("--seeds", type=_at_least("seeds", 1), help=f"of the miner (default {SEEDS})")
    add(
        "--side",
        type=_at_least("side", 2),
        help=f"points an axis (default {cases.SIDE}; ResNet-20 {cases.RESNET_SIDE})",
    )
    add("--repeats", type=_at_least("repeats", 1), help="how often each tool runs, in turn (default 3)")
    add("--quick", action="store_true", help=f"two networks, {QUICK_SIDE} x {QUICK_SIDE} points, once")
    add("--markdown", action="store_true", help="print tables for a README")
    add("--json", type=Path, metavar="FILE", help="write every number")
    add("--plot", type=Path, metavar="FILE.png", help="draw the exact surfaces; needs matplotlib")


def _named_cases() -> tuple[Case, ...]:
    return cases.all_cases(Path())


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _parts(text: str) -> list[str]:
    for word in _words(text):
        if word not in PARTS:
            raise argparse.ArgumentTypeError(complaint("parts", "among " + ", ".join(PARTS), word))
    return _words(text)


def _at_least(name: str, low: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and int(text) >= low:
            return int(text)
        raise argparse.ArgumentTypeError(complaint(name, f"an integer of at least {low}", text))

    return read


def _device(text: str) -> torch.device:
    try:
        device = torch.device(text)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise argparse.ArgumentTypeError(complaint("device", "cpu, cuda or cuda:N", text))
    if device.type == "cuda" and not torch.cuda.is_available():
        remedy = "Install a torch that was built for CUDA, on a machine with such a GPU."
        raise argparse.ArgumentTypeError(complaint("device", "one that torch can use here", text, remedy))
    return device


def run(options: argparse.Namespace) -> int:
    """Measure and print; returns the exit status. Ctrl-C ends it with the tables of what is known.

    Raises:
        RuntimeError: An option cannot be followed; the text says what to do.
    """
    chosen = _chosen(options)
    _check_files(options)
    found = Found(machine.describe(options.device), machine.best_rates(options.device))
    print(found.machine, end="\n\n", flush=True)
    status = 0
    for part in chosen_parts(options):
        try:
            _MEASURES[part](found, chosen, options)
        except KeyboardInterrupt:
            status = STOPPED
        for table in _tables(part, found, options):
            print(table.markdown() if options.markdown else table.text(), end="\n\n", flush=True)
        if status == STOPPED:
            break
    _write(found, options)
    return status


def _chosen(options: argparse.Namespace) -> list[Case]:
    if options.data is not None:
        missing = [name for name in FILES if not (options.data / name).is_file()]
        if missing:
            raise RuntimeError(complaint("data", f"a folder with {' and '.join(FILES)}", str(options.data)))
    names = options.cases or (QUICK_CASES if options.quick else None)
    try:
        return [cases.find(name, options.data) for name in names] if names else list(cases.all_cases(options.data))
    except ValueError as error:
        raise RuntimeError(str(error)) from None


def _check_files(options: argparse.Namespace) -> None:
    for name in ("json", "plot"):
        path = getattr(options, name)
        if path is not None and not path.parent.is_dir():
            raise RuntimeError(complaint(f"--{name}", "in a folder that exists", str(path)))
    if options.plot is not None and importlib.util.find_spec("matplotlib") is None:
        raise RuntimeError(f"matplotlib is not installed. Install it: {sys.executable} -m pip install matplotlib")


def chosen_parts(options: argparse.Namespace) -> list[str]:
    """The tables to make, in their order."""
    if options.parts:
        return list(options.parts)
    asked = [part for part in ONLY_WHEN_ASKED if getattr(options, part)]
    with_plans = options.plans or options.device.type == "cuda"
    return asked or [part for part in PARTS if part not in ONLY_WHEN_ASKED and (part != "plans" or with_plans)]


def _side(case: Case, options: argparse.Namespace) -> int:
    return int(options.side or (QUICK_SIDE if options.quick else case.side))


def _repeats(options: argparse.Namespace) -> int:
    return int(options.repeats or (1 if options.quick else 3))


def _seeds(options: argparse.Namespace) -> int:
    return int(options.seeds or (QUICK_SEEDS if options.quick else SEEDS))


def _fill(part: str, results: list[Any], each: Sequence[Case], measure: Callable[[Case], Any]) -> None:
    """Add the results of all cases, one after the other; what is going on is said on stderr."""
    for case in each:
        start = time.perf_counter()
        sys.stderr.write(f"{part} {case.name} ... ")
        sys.stderr.flush()
        results.append(measure(case))
        sys.stderr.write(f"{time.perf_counter() - start:.0f} s\n")


def _smooth(chosen: Sequence[Case]) -> list[Case]:
    return [case for case in chosen if case not in cases.ROUGH + cases.CURVED]


def _exact(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    def measure(case: Case) -> exact.ExactResult:
        return exact.measure(case, options.device, _side(case, options), _repeats(options), options.data)

    _fill("exact", found.exact, _smooth(chosen), measure)


def _adaptive(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    each = [case for case in chosen if case not in cases.CURVED]
    _fill("adaptive", found.adaptive, each, lambda case: adaptive.measure(case, options.device))


def _pictures(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    each = chosen if options.cases else [case for case in chosen if case.name in PICTURE_CASES]
    _fill("pictures", found.pictures, _smooth(each), lambda case: pictures.measure(case, options.device))


def _growth(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    found.growth = growth.measure(options.device, _repeats(options))


def _plans(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    def measure(case: Case) -> list[plans.PlanResult]:
        return plans.measure(case, options.device, _side(case, options), _repeats(options))

    each: list[list[plans.PlanResult]] = []
    try:
        _fill("plans", each, _smooth(chosen), measure)
    finally:
        found.plans = [result for results in each for result in results]


def _mining(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    found.mining = mining.MiningFound()
    for piece in mining.measure(found.mining, options.device, _seeds(options)):
        sys.stderr.write(f"mining {piece}\n")


def _curvature(found: Found, chosen: Sequence[Case], options: argparse.Namespace) -> None:
    each = chosen if options.cases else [case for case in chosen if case.name in CURVATURE_CASES]
    for case in each:
        found.curvature.append(curvature.result_of(case))
        for piece in curvature.measure(case, options.device, _repeats(options), options.data, found.curvature[-1]):
            sys.stderr.write(f"curvature {case.name}: {piece}\n")


_MEASURES = {
    "exact": _exact,
    "adaptive": _adaptive,
    "pictures": _pictures,
    "growth": _growth,
    "plans": _plans,
    "mining": _mining,
    "curvature": _curvature,
}


def _tables(part: str, found: Found, options: argparse.Namespace) -> list[Table]:
    """The tables of one part; none where nothing is known."""
    results = getattr(found, part)
    if not results:
        return []
    if part == "exact":
        return [reports.speed(results, max(found.rates.values())), reports.others(results)]
    if part == "plans":
        return [reports.plans(results, options.device.type)]
    if part == "mining":
        return mining_reports.tables(results)
    if part == "curvature":
        return curvature_reports.tables(results)
    make: Callable[[Any], Table] = getattr(reports, part)
    return [make(results)]


def _write(found: Found, options: argparse.Namespace) -> None:
    if options.json is not None:
        options.json.write_text(json.dumps(dataclasses.asdict(found), indent=1) + "\n")
    if options.plot is not None and found.exact:
        chart.draw(found.exact, found.machine, options.plot)
