"""From judgements to a report: did it succeed, and why not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landscape_widget.mining.judging import Judgement
from landscape_widget.mining.result import Report
from landscape_widget.shapes.heights import KAPPA


@dataclass(frozen=True)
class Evidence:
    """All that the verdict rests on.

    Attributes:
        kind: The wanted one.
        train: The curve on the data mined on.
        held_out: The curve on the rest; None where there is none.
        held_out_name: In words.
        ceiling: A rise in loss that counts as high, if one is known from the data.
        trouble: Why the run ended early; empty where it did not.
    """

    kind: str
    train: Judgement
    held_out: Judgement | None
    held_out_name: str
    ceiling: float | None
    trouble: str


def confirmed_kind(evidence: Evidence, reason: str) -> str:
    """The wanted kind if nothing speaks against it, else the kind of the held-out curve, unless it is that one."""
    if not reason:
        return evidence.kind
    seen = evidence.held_out.classification.kind if evidence.held_out else evidence.kind
    return "unclear" if seen == evidence.kind else seen


def failure(evidence: Evidence) -> str:
    """Why the kind is not confirmed; empty if it is."""
    if reason := _bound(evidence):
        return reason
    parts = [("training data", evidence.train), ("held-out data", evidence.held_out)]
    for name, judgement in parts:
        if judgement is not None and not judgement.shows(evidence.kind):
            return _mismatch(evidence.kind, name, judgement)
    if evidence.held_out is None:
        return (
            "All data are one batch, so no data were held out and the kind is not confirmed. Pass data in several "
            'batches, or splits={"test": ...}.'
        )
    return ""


def _bound(evidence: Evidence) -> str:
    """Where the loss at the centre is nearly the least possible, no w-peak can be seen."""
    if evidence.kind != "w-peak":
        return ""
    train = evidence.train
    least = max(train.classification.noise_floor, KAPPA * (evidence.ceiling or 0.0))
    if train.lowest < 0 or not train.center_loss <= least:
        return ""
    return (
        f"The loss at the centre is {train.center_loss:.3g} on the training data. A loss that is never negative "
        f"cannot fall by more than that on the sides, and a depth counts only above {least:.3g}: an interpolating "
        "network has no visible w-peak in any direction. Mine at an earlier checkpoint."
    )


def _mismatch(kind: str, name: str, judgement: Judgement) -> str:
    found = judgement.classification
    if found.kind == kind:
        return (
            f"On the {name} the {kind} is only {judgement.height:.3g} high, and it counts only above "
            f"{found.noise_floor:.3g}. More steps may deepen it."
        )
    article = "an" if found.kind[0] in "aeiou" else "a"
    return f"On the {name} the curve is {article} {found.kind}, not a {kind}: {found.reason}"


def report(evidence: Evidence, run: Mapping[str, Any]) -> Report:
    """Text and figures; `run` holds those of the run itself: steps, seed, radius, seconds and so on."""
    reason = failure(evidence)
    figures = {
        "wanted": evidence.kind,
        **_figures("train", evidence.train),
        **_figures("held_out", evidence.held_out),
        "held_out_data": evidence.held_out_name,
        **run,
    }
    lines = [_headline(evidence, reason), *_lines(evidence), _run_line(run)]
    if reason:
        lines.insert(1, reason)
    return Report(text="\n".join(lines), figures=figures, reason=reason)


def _figures(ending: str, judgement: Judgement | None) -> dict[str, Any]:
    found = judgement.classification if judgement else None
    return {
        f"kind_{ending}": found.kind if found else None,
        f"depth_{ending}": found.depth if found else math.nan,
        f"barrier_{ending}": found.barrier if found else math.nan,
        f"noise_floor_{ending}": found.noise_floor if found else math.nan,
        f"center_loss_{ending}": judgement.center_loss if judgement else math.nan,
        f"valleys_{ending}": [tuple(valley) for valley in found.valleys] if found else [],
    }


def _headline(evidence: Evidence, reason: str) -> str:
    if reason:
        return f"No {evidence.kind} was confirmed."
    return f"A {evidence.kind}, confirmed on data not mined on. Mined: constructed, not typical."


def _lines(evidence: Evidence) -> list[str]:
    lines = [f"Training data: {_describe(evidence.train)}"]
    if evidence.held_out is not None:
        lines.append(f"Held-out data ({evidence.held_out_name}): {_describe(evidence.held_out)}")
    if evidence.trouble:
        lines.append(evidence.trouble)
    if not evidence.train.has_noise:
        lines.append("The loss gives no losses of single samples: kinds rest on 1 % of the scale alone.")
    return lines


def _describe(judgement: Judgement) -> str:
    found = judgement.classification
    return f"{found.kind}. {found.reason}"


def _run_line(run: Mapping[str, Any]) -> str:
    return (
        f"Radius {run['radius']:g} (relative norm |d|/|theta| = {run['relative_norm']:.3g}), {run['steps']} steps, "
        f"seed {run['seed']}, {run['seconds']:.1f} s."
    )
