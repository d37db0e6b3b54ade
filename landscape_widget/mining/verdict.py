"""From judgements to a report: did it succeed, and why not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landscape_widget.mining.goals import Goal
from landscape_widget.mining.judging import Judgement
from landscape_widget.mining.plane_goals import AGREEMENT
from landscape_widget.mining.result import Report
from landscape_widget.shapes.heights import KAPPA


@dataclass(frozen=True)
class Evidence:
    """All that the verdict rests on.

    Attributes:
        goal: The wanted kind.
        train: The slice on the data mined on.
        held_out: The slice on the rest; None where there is none.
        held_out_name: In words.
        ceiling: A rise in loss that counts as high, if one is known from the data.
        trouble: Why the run ended early; empty where it did not.
    """

    goal: Goal
    train: Judgement
    held_out: Judgement | None
    held_out_name: str
    ceiling: float | None
    trouble: str

    @property
    def kind(self) -> str:
        """The wanted one."""
        return self.goal.kind

    @property
    def shape(self) -> str:
        """What is judged, in a word."""
        return "curve" if self.goal.num_axes == 1 else "surface"


def confirmed_kind(evidence: Evidence, reason: str) -> str:
    """The wanted kind if nothing speaks against it, else the kind of the held-out slice, unless it is that one."""
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
        if judgement is not None and not judgement.is_shown:
            return _mismatch(evidence, name, judgement)
    if evidence.held_out is None:
        return (
            "All data are one batch, so no data were held out and the kind is not confirmed. Pass data in several "
            'batches, or splits={"test": ...}.'
        )
    return ""


def _bound(evidence: Evidence) -> str:
    """Where the loss at the centre is nearly the least possible, nothing that goes below it can be seen."""
    if not evidence.goal.goes_below_center:
        return ""
    train = evidence.train
    least = max(train.classification.noise_floor, KAPPA * (evidence.ceiling or 0.0))
    if train.lowest < 0 or not train.center_loss <= least:
        return ""
    return (
        f"The loss at the centre is {train.center_loss:.3g} on the training data. A loss that is never negative "
        f"cannot fall by more than that on the sides, and a depth counts only above {least:.3g}: an interpolating "
        f"network has no visible {evidence.kind} in any direction. Mine at an earlier checkpoint."
    )


def _mismatch(evidence: Evidence, name: str, judgement: Judgement) -> str:
    found, kind = judgement.classification, evidence.kind
    if not math.isnan(judgement.agreement):
        return (
            f"On the {name} the losses agree with the target by a correlation of {judgement.agreement:.2f}, which "
            f"counts from {AGREEMENT} on. More steps or a larger radius may help."
        )
    if found.kind == kind and judgement.height <= found.noise_floor:
        return (
            f"On the {name} the {kind} is only {judgement.height:.3g} high, and it counts only above "
            f"{found.noise_floor:.3g}. More steps may deepen it."
        )
    if found.kind == kind:  # an n-valley of another n
        return f"On the {name} the curve has {len(found.valleys)} valleys. {found.reason}"
    return f"On the {name} the {evidence.shape} is {_a(found.kind)}, not {_a(kind)}: {found.reason}"


def _a(kind: str) -> str:
    if kind.endswith("basins") or kind == "unclear":
        return kind
    return f"{'an' if kind[0] in 'aeiou' or kind.startswith('n-') else 'a'} {kind}"


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
        f"height_{ending}": judgement.height if judgement else math.nan,
        f"agreement_{ending}": judgement.agreement if judgement else math.nan,
        f"noise_floor_{ending}": found.noise_floor if found else math.nan,
        f"center_loss_{ending}": judgement.center_loss if judgement else math.nan,
        f"valleys_{ending}": [tuple(valley) for valley in found.valleys] if found else [],
    }


def _headline(evidence: Evidence, reason: str) -> str:
    if reason:
        return f"No {evidence.kind} was confirmed."
    words = _a(evidence.kind)
    return f"{words[0].upper()}{words[1:]}, confirmed on data not mined on. Mined: constructed, not typical."


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
    drawn = "" if math.isnan(judgement.agreement) else f"agreement with the target {judgement.agreement:.2f}; "
    return f"{drawn}{found.kind}. {found.reason}"


def _run_line(run: Mapping[str, Any]) -> str:
    return (
        f"Radius {run['radius']:g} (relative norm |d|/|theta| = {run['relative_norm']:.3g}), {run['steps']} steps, "
        f"{_starts(run)}seed {run['seed']}, {run['seconds']:.1f} s. {_predicted(run)}"
    )


def _starts(run: Mapping[str, Any]) -> str:
    tried, asked = run["starts_tried"], run["starts"]
    if asked == 1:
        return ""
    return f"{asked} starts, " if tried == asked else f"{tried} of {asked} starts (more do not fit in memory_budget), "


def _predicted(run: Mapping[str, Any]) -> str:
    mebibytes, seconds = run["predicted_bytes"] / 2**20, run["predicted_seconds_a_step"]
    return f"Predicted before: {1000 * seconds:.3g} ms a step, {mebibytes:.3g} MiB."
