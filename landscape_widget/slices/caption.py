"""The words that every picture carries: what was computed, where, on which data, and how."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Span = tuple[float, float]
SEPARATOR = " · "
AXIS_NAMES = ("alpha", "beta", "gamma")
MINED = "mined (constructed, not typical)"

_UNITS = {
    "filter": "each filter moves by its own norm",
    "layer": "each layer moves by its own norm",
    "model": "the whole model moves by its own norm",
    "none": "the direction's own length",
}
_BATCHNORM = {
    "recalibrate": "BatchNorm recalibrated at every point",
    "frozen": "BatchNorm frozen (plain eval(), as other tools plot)",
}


def caption_of(
    *,
    labels: Sequence[str],
    spans: Sequence[Span],
    losses: ArrayLike,
    provenance: Mapping[str, Any],
    center_loss: float,
    center_loss_frozen: float | None = None,
    mined: bool = False,
    error: float = 0.0,
    relative_error: float = 0.0,
    num_nodes: int | None = None,
    notes: Sequence[str] = (),
) -> str:
    """One line of facts about a curve (one label and span), a surface (two) or a volume (three).

    Args:
        labels: Of the directions.
        spans: `(low, high)` of each axis.
        losses: What is shown; its holes are counted.
        provenance: Of the slice; what it does not say is left out.
        center_loss: At the centre.
        center_loss_frozen: The same with BatchNorm frozen, where the model has any.
        mined: A direction was mined; said once if no record in the provenance says which.
        error: The largest expected error of the losses.
        relative_error: The same in units of `max(scale, L - L_min)`; 0 where every loss was computed.
        num_nodes: How many points an interpolated slice rests on.
        notes: More to say, such as what was done to the colours.
    """
    records = provenance.get("directions") or ()
    facts = [
        exactness(error, relative_error, num_nodes),
        *axes_text(labels, spans, records),
        MINED if mined and not any(record.get("mined") for record in records) else "",
        center_text(center_loss, center_loss_frozen),
        batchnorm_text(provenance.get("batchnorm")),
        samples_text(provenance.get("samples"), provenance.get("split")),
        rounding_text(provenance.get("rounding_floor"), provenance.get("dtype")),
        holes_text(losses),
        *notes,
    ]
    return SEPARATOR.join(fact for fact in facts if fact)


def exactness(error: float = 0.0, relative_error: float = 0.0, num_nodes: int | None = None) -> str:
    """Every value computed, or read between computed ones."""
    if relative_error:
        source = "" if num_nodes is None else f" from {num_nodes} {'point' if num_nodes == 1 else 'points'}"
        share = f"{100 * relative_error:.2g} % of the scale, or of the height where that is more"
        return f"interpolated{source}, off by at most {share} (here {error:.2g})"
    return "exact" if error == 0 else f"exact but for rounding (up to {error:.2g})"


def axes_text(labels: Sequence[str], spans: Sequence[Span], records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Span, unit and origin of each axis; a unit that axes share is said once."""
    known = [records[place] if place < len(records) else {} for place in range(len(labels))]
    names = AXIS_NAMES[: len(labels)]
    texts = [axis_text(*axis) for axis in zip(names, labels, spans, known, strict=True)]
    units: dict[str, list[str]] = {}
    for name, record in zip(names, known, strict=True):
        units.setdefault(unit_text(record), []).append(f"{name} = 1")
    return texts + [f"{', '.join(ones)}: {unit}" for unit, ones in units.items() if unit]


def axis_text(name: str, label: str, span: Span, record: Mapping[str, Any]) -> str:
    """Such as `"alpha -1 to 1 along Gaussian, seed 0"`, and whether that direction was mined."""
    along = f" along {label}" if label else ""
    mined = f", {MINED}" if record.get("mined") else ""
    return f"{name} {span[0]:.4g} to {span[1]:.4g}{along}{mined}"


def unit_text(record: Mapping[str, Any]) -> str:
    """What a step of 1 along a direction means, from its record in the provenance; empty where unknown."""
    source = record.get("source") or {}
    kind = source.get("kind")
    if kind == "mined":
        return f"the mined length, radius {source['radius']:g}" if "radius" in source else "the mined length"
    if kind == "to":
        return "the other model"
    unit = source.get("unit") or _UNITS.get(str(record.get("normalization")), "")
    # A mix or an orthogonal part keeps the length as a whole; single filters may move more or less.
    is_average = kind in ("mix", "orthogonal", "orthogonal and scaled", "sum", "multiple")
    return f"{unit}, on average" if is_average and unit.startswith("each") else unit


def batchnorm_text(mode: str | None) -> str:
    """How BatchNorm was treated; empty for a model without it."""
    return _BATCHNORM.get(mode, f"BatchNorm {mode}") if mode else ""


def center_text(loss: float, frozen: float | None = None) -> str:
    """The loss at the centre, in both BatchNorm modes where there are two."""
    if not math.isfinite(loss) and frozen is None:
        return "centre unknown"
    eval_mode = "" if frozen is None else f" ({frozen:.4g} in plain eval())"
    return f"centre {loss:.4g}{eval_mode}"


def samples_text(samples: Sequence[int | None] | None, split: str | None = None) -> str:
    """How many samples were used, of how many there were."""
    name = split or ""
    if not samples:
        return f"{name} data" if name else ""
    used, total = samples
    of = "" if total is None else f" of {total}"
    plural = "sample" if (total or used) == 1 else "samples"
    return " ".join(part for part in (f"{used}{of}", name, plural) if part)


def rounding_text(floor: float | None, dtype: str | None = None) -> str:
    """The rounding floor of half precision; empty where there is none."""
    if not floor:
        return ""
    name = f"{dtype} ".replace("torch.", "") if dtype else ""
    return f"{name}rounding moves the loss by {floor:.2g}"


def holes_text(losses: ArrayLike) -> str:
    """How many losses are no finite number; empty where all are."""
    values = np.asarray(losses, dtype=np.float64)
    nans, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    words = [f"{count} {word}" for count, word in ((nans, "NaN"), (infinite, "inf")) if count]
    return f"{' and '.join(words)} of {values.size} losses (holes)" if words else ""
