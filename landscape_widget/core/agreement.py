"""Whether two ways to compute the loss at a point agree, up to rounding."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from landscape_widget.core.objective import Objective, PointValue
from landscape_widget.core.probe import Probe

# Metrics are often counts: where two classes are equally likely rounding decides.
METRIC_TOLERANCE = 1e-2
TF32_TOLERANCE = 2e-3  # relative; ten bits of the factors are kept
SPREADS, ORDERS = 10, 3  # tolerance on a GPU: so many times the spread of the loop over so many orders of the samples


class Agreement:
    """Compares values with those of the plain loop.

    Attributes:
        evaluations: Points that it had to compute, to see how far the loop agrees with itself.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._probe = Probe(objective._forward, [], recalibrate=False)
        self.evaluations = 0

    def difference(
        self, point: Tensor, splits: Sequence[str], expected: Sequence[PointValue], found: Sequence[PointValue]
    ) -> str | None:
        """In words, where `found` is not what the loop gave at `point [P]`; None where they agree."""
        for split, ours, theirs in zip(splits, expected, found, strict=True):
            if not self._same(point, split, ours.loss, theirs.loss):
                return f"its loss is {theirs.loss:.6g} where the loop gives {ours.loss:.6g}"
            for name, value in ours.metrics.items():
                other = theirs.metrics.get(name, math.nan)
                if str(value) != str(other) and not math.isclose(value, other, rel_tol=1e-3, abs_tol=METRIC_TOLERANCE):
                    return f"its {name} is {other:.6g} where the loop gives {value:.6g}"
        return None

    def _same(self, point: Tensor, split: str, first: float, second: float) -> bool:
        if self._probe.same(first, second):
            return True
        if self._objective.device.type != "cuda" or not math.isfinite(first - second):
            return False
        allowed = TF32_TOLERANCE * abs(first) if precision_remarks(self._objective) else 0.0
        return abs(first - second) <= max(allowed, SPREADS * self._spread(point, split))

    def _spread(self, point: Tensor, split: str) -> float:
        """Of the loop's loss over the order of samples (or batches): what its own rounding does."""
        count = self._objective.num_units(split)
        orders = [torch.randperm(count, generator=torch.Generator().manual_seed(seed)) for seed in range(ORDERS)]
        losses = [self._objective.value(point, split, units=order).loss for order in orders]
        self.evaluations += len(orders)
        return max(losses) - min(losses)


def precision_remarks(objective: Objective) -> list[str]:
    """Which operations of a GPU round float32 to TF32, as the user has set it."""
    if objective.device.type != "cuda" or objective.parameter_dtype != torch.float32:
        return []
    switches = {
        "TF32 matrix products": torch.backends.cuda.matmul,
        "TF32 convolutions": torch.backends.cudnn,
    }
    return [name for name, switch in switches.items() if _allows_tf32(switch)]


def _allows_tf32(switch: object) -> bool:
    try:
        return bool(getattr(switch, "allow_tf32", False))
    except RuntimeError:  # set through torch's newer names, which the older refuse to answer for
        return getattr(switch, "fp32_precision", "") == "tf32"
