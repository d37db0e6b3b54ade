"""What `landscape.check()` says: does it see the model as its user does?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from landscape_widget.core.objective import Objective, PointValue
from landscape_widget.slicing import Slicer


@dataclass(frozen=True)
class Report:
    """Facts about a landscape; prints as a table.

    Attributes:
        loss: At the centre, in the landscape's BatchNorm mode, on the data used.
        metrics: The same for each metric.
        loss_eval: With the model in plain `eval()`: what other tools plot.
        metrics_eval: The same for each metric.
        seconds_per_point: One evaluation at the centre.
        facts: Every line of the report, name -> text.
        oddities: What may surprise, one sentence each.
    """

    loss: float
    metrics: Mapping[str, float]
    loss_eval: float
    metrics_eval: Mapping[str, float]
    seconds_per_point: float
    facts: Mapping[str, str]
    oddities: tuple[str, ...]

    def __str__(self) -> str:
        width = max(map(len, self.facts))
        lines = [f"{name:<{width}}  {text}" for name, text in self.facts.items()]
        return "\n".join(lines + [f"note: {oddity}" for oddity in self.oddities])

    __repr__ = __str__


def make_report(model: nn.Module, slicer: Slicer, objective: Objective) -> Report:
    """Evaluate the centre in both modes and write everything down."""
    with slicer.engine.gate.foreground():
        objective.value(objective.center)  # the first pass of a mode finds out how to compute it
        start = time.perf_counter()
        value = slicer.engine.value(objective.center)
        seconds = time.perf_counter() - start
        plain = objective.plain_value()
    facts = {
        "model": f"{type(model).__name__} on {objective.device}, {_words(objective.parameter_dtype)}",
        "loss": _described(value, objective, "this landscape's centre"),
        "in eval()": _described(plain, objective, "running statistics as stored; what other tools plot"),
        "BatchNorm": _batchnorm(objective),
        "samples": _samples(objective),
        "moving parameters": _moving(model, objective),
        "time a point": f"{1000 * seconds:.1f} ms",
        "plan": slicer.plan,
    }
    return Report(
        value.loss,
        value.metrics,
        plain.loss,
        plain.metrics,
        seconds,
        facts,
        tuple(_oddities(model, slicer, objective, value, plain)),
    )


def in_short(model: nn.Module, objective: Objective) -> str:
    """Model, size, samples and BatchNorm mode in one line."""
    used, total = objective.num_samples()
    of = "" if total in (None, used) else f" of {total}"
    samples = f"samples={used}{of}"
    return f"{type(model).__name__}, P={objective.space.size}, {samples}, batchnorm={objective.batchnorm!r}"


def _described(value: PointValue, objective: Objective, what: str) -> str:
    numbers = [f"{value.loss:.6g}", *(f"{name} {number:.4g}" for name, number in value.metrics.items())]
    return ", ".join(numbers) + (f"  ({what})" if objective.num_norms else "")


def _words(value: object) -> str:
    return str(value).removeprefix("torch.")


def _batchnorm(objective: Objective) -> str:
    if objective.batchnorm is None:
        return "none"
    return f"{objective.num_norms} layers, {objective.batchnorm}"


def _samples(objective: Objective) -> str:
    texts = []
    for split in objective.splits:
        used, total = objective.num_samples(split)
        of = "of a stream" if total is None else f"of {total}"
        texts.append(f"{split} {used} {of}")
    return ", ".join(texts)


def _moving(model: nn.Module, objective: Objective) -> str:
    fixed = sum(p.numel() for p in model.parameters()) - objective.space.size
    return f"{objective.space.size} in {len(objective.space.names)} tensors" + (f", {fixed} fixed" if fixed else "")


def _oddities(
    model: nn.Module, slicer: Slicer, objective: Objective, value: PointValue, plain: PointValue
) -> list[str]:
    found = []
    if objective.num_hooks:
        found.append(f"{objective.num_hooks} hooks of yours were left out; they do not change the loss.")
    if not objective.is_tiled:
        found.append("the loss is only right on your whole batches, so these are never cut.")
    if slicer.rounding_floor is not None:
        found.append(f"half precision: rounding moves every loss by up to {slicer.rounding_floor:.2g}.")
    if objective.num_norms and abs(value.loss - plain.loss) > 0.1 * max(abs(plain.loss), 1e-12):
        found.append("recalibrated and stored BatchNorm statistics give losses that differ by more than a tenth.")
    if any(module.training for module in model.modules()):
        found.append("the model is in training mode; the landscape's copy is evaluated in its own mode.")
    return found
