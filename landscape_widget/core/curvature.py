"""Products of the Hessian of L at the centre with vectors, over all data, through the statistics of BatchNorm.

With statistics s(theta) of the calibration set, L(theta) = sum_t w_t l_t(theta, s(theta)). With J = ds/dtheta, u = J v
and l the sum over tiles, H v = [l_tt v + l_ts u] + J^T [l_st v + l_ss u] + sum_k (dl/ds_k) (d2 s_k/dtheta2) v.
Tiles give the terms in brackets; u and the last term come from one double backward of the calibration set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from landscape_widget.core import memory
from landscape_widget.core.batchnorm import Recorded, Statistics
from landscape_widget.core.crew import crew
from landscape_widget.core.forward import Forward
from landscape_widget.core.losses import Outcome
from landscape_widget.core.passes import Cancelled, Passes, Record, Stop
from landscape_widget.core.quiet import random_fingerprint, random_state_kept
from landscape_widget.core.samples import Batch, Samples
from landscape_widget.core.second import (
    Graphs,
    Row,
    check_whole,
    flat,
    gradient_with_graph,
    products_of,
    pulled,
    shaped,
)

TILES_AT_A_TIME = 4  # for each core: so many results are held before they are added up
# Two products of the same vector may differ by so many roundings, relative to the larger.
SAME = 1e3
AGREEMENT = 0.5  # relative, between double backward and differences of gradients
SETTLED = 0.01  # relative, between differences of two steps: they tell something only where they agree


@dataclass
class Sums:
    """Weighted sums over batches, added up in their order."""

    weight: float = 0.0
    loss: float = 0.0
    total: Any = 0.0

    def add(self, weight: float, loss: float, found: Tensor) -> None:
        """Count one batch."""
        self.weight += weight
        self.loss += weight * loss
        self.total = self.total + weight * found


@dataclass(frozen=True)
class Slope:
    """Loss and gradient at a point, and what arrives at the statistics of the calibration set.

    Attributes:
        loss: In nats.
        gradient: `[p]`.
        arriving: `[s]`: the derivative, by the statistics, of the weighted sum of the tiles' losses.
    """

    loss: float
    gradient: Tensor
    arriving: Tensor


class HessianProducts:
    """`H v` at the centre for vectors over some of the parameters; good until the centre is another.

    Attributes:
        places: Of the chosen ones among the moving parameters.
        size: p, the number of weights of these parameters.
        dtype: Of all vectors.
        is_approximate: Products are differences of gradients.
        method: How they are computed, in words.
    """

    def __init__(
        self,
        forward: Forward,
        passes: Passes,
        train: Samples,
        center: Tensor,
        places: Sequence[int],
        *,
        recalibrates: bool,
    ) -> None:
        """`places`: of the chosen ones among the moving parameters; `center [P]` on the model's device."""
        self._forward, self._passes, self._train = forward, passes, train
        self._center, self.places, self._recalibrates = center, tuple(places), recalibrates
        self._graphs = Graphs(forward, passes)
        sizes = [parameter.numel() for parameter in forward.weights.parameters]
        ends = torch.tensor(sizes).cumsum(0).tolist()
        self.slices = [slice(ends[i] - sizes[i], ends[i]) for i in self.places]
        self.size, self.dtype = sum(sizes[i] for i in self.places), center.dtype
        self.is_approximate, self.method = False, ""
        self._slope: Slope | None = None
        self._tiles = train.after_calibration() if recalibrates else train.tiles()

    @property
    def device(self) -> torch.device:
        """Where vectors are wanted."""
        return self._center.device

    def part(self, vector: Tensor) -> Tensor:
        """`[..., p]` of `vector [..., P]`."""
        return torch.cat([vector[..., piece] for piece in self.slices], dim=-1)

    def whole(self, part: Tensor) -> Tensor:
        """`[..., P]`, zero elsewhere, of `part [..., p]`."""
        found = part.new_zeros((*part.shape[:-1], self._center.numel()))
        start = 0
        for piece in self.slices:
            size = piece.stop - piece.start
            found[..., piece] = part[..., start : start + size]
            start += size
        return found

    def slope(self, stop: Stop | None = None) -> Slope:
        """Loss and gradient at the centre; computed once."""
        if self._slope is None:
            self._slope = self._passes.led(lambda: self._slope_at(self._center, stop))
        return self._slope

    def products(self, rows: Tensor, stop: Stop | None = None) -> Tensor:
        """`[k, p]`: H times each of `rows [k, p]`.

        Raises:
            Cancelled: `stop()` was true between two tiles.
            ValueError: The loss has no (finite) second derivatives, or is not the same each time.
        """
        if not self.method:
            self._find_method()
        with torch.inference_mode(False), self._graphs.kernels():
            own = rows.clone() if rows.is_inference() else rows
            found = self._passes.led(lambda: self._products(own, stop))
        if not bool(torch.isfinite(found).all()):
            raise ValueError(
                "loss must have finite second derivatives at the centre for the Hessian, got NaN or inf. "
                "Look for norms, square roots or logarithms of what can be zero."
            )
        return found

    def _products(self, rows: Tensor, stop: Stop | None) -> Tensor:
        if self.is_approximate:
            return torch.stack([self._difference(row, stop) for row in rows])
        return self._through_statistics(rows, stop) if self._recalibrates else self._of_tiles(rows, stop)

    def _of_tiles(self, rows: Tensor, stop: Stop | None) -> Tensor:
        with self._forward.standing_at(self._center), self._forward.differentiating(self.places) as inputs:
            sums = self._summed(self._twice(inputs, None, rows, stop), stop)
        return sums.total / sums.weight  # type: ignore[no-any-return]

    def _through_statistics(self, rows: Tensor, stop: Stop | None) -> Tensor:
        arriving = self._arriving(stop)
        with self._forward.standing_at(self._center), self._forward.differentiating(self.places) as inputs:
            batches = self._train.calibration(None)
            outcomes, record = self._graphs.calibration(batches)
            statistics = moving(record) if self._tiles else []
            weights = [_weight(batch, outcome) for batch, outcome in zip(batches, outcomes, strict=True)]
            leaves = [leaf.requires_grad_(True) for leaf in shaped(arriving, statistics)]
            losses = [outcome.loss for outcome in outcomes]
            scales = [loss.new_tensor(weight) for loss, weight in zip(losses, weights, strict=True)]
            gradient = gradient_with_graph([*statistics, *losses], inputs, [*leaves, *scales])
            # What arrives at the statistics is a variable too: the derivative by it is u = J v.
            pushed = self._pulled_rows(gradient, [*inputs, *leaves], inputs, rows, stop)
            total, weight = pushed[:, : self.size], sum(weights)
            if self._tiles:
                joint = torch.cat([rows, pushed[:, self.size :]], dim=1)
                sums = self._summed(self._twice(inputs, record, joint, stop), stop)
                total, weight = total + sums.total[:, : self.size], weight + sums.weight
                total = total + self._pulled_back(statistics, inputs, sums.total[:, self.size :])
        return total / weight

    def _arriving(self, stop: Stop | None) -> Tensor:
        if self._slope is None:
            self._slope = self._slope_at(self._center, stop)
        return self._slope.arriving

    def _pulled_rows(
        self, gradient: Sequence[Tensor | None], variables: Row, inputs: Row, rows: Tensor, stop: Stop | None
    ) -> Tensor:
        def one(number: int) -> Tensor:
            _check(stop)
            return flat(pulled(gradient, variables, shaped(rows[number], inputs)), variables, self.dtype)

        return torch.stack(self._passes.map(one, len(rows)))

    def _pulled_back(self, statistics: Row, inputs: Row, rows: Tensor) -> Tensor:
        """`[k, p]`: J^T times each of `rows [k, s]`."""
        if not statistics:
            return rows.new_zeros((len(rows), self.size))

        def one(number: int) -> Tensor:
            weights = shaped(rows[number], statistics)
            back = torch.autograd.grad(statistics, inputs, weights, retain_graph=True, allow_unused=True)
            return flat(back, inputs, self.dtype)

        return torch.stack(self._passes.map(one, len(rows)))

    def _twice(self, inputs: Row, record: Record | None, rows: Tensor, stop: Stop | None) -> Work:
        """What to do with one tile for products of the Hessian in the inputs and the statistics."""
        leaves = {} if record is None else cut_off(record)
        variables = [*inputs, *moving(leaves)]

        def work(tile: Batch) -> tuple[float, float, Tensor]:
            outcome = self._graphs.outcome(tile, None if record is None else Recorded(leaves))
            found = products_of(outcome.loss, variables, rows, self.dtype, lambda: _check(stop))
            return _weight(tile, outcome), float(outcome.loss.detach()), found

        return work

    def _once(self, inputs: Row, record: Record | None) -> Work:
        """What to do with one tile for the gradient by the inputs and the statistics."""
        leaves = {} if record is None else cut_off(record)
        variables = [*inputs, *moving(leaves)]

        def work(tile: Batch) -> tuple[float, float, Tensor]:
            outcome = self._graphs.outcome(tile, None if record is None else Recorded(leaves))
            found = torch.autograd.grad(outcome.loss, variables, allow_unused=True)
            return _weight(tile, outcome), float(outcome.loss.detach()), flat(found, variables, self.dtype)

        return work

    def _summed(self, work: Work, stop: Stop | None) -> Sums:
        """`work` of every tile, side by side where the model allows it."""
        sums, group = Sums(), TILES_AT_A_TIME * crew.width

        def one(tile: Batch) -> tuple[float, float, Tensor]:
            _check(stop)
            return work(tile)

        for start in range(0, len(self._tiles), group):
            tiles = self._tiles[start : start + group]
            for result in self._passes.map(lambda number, tiles=tiles: one(tiles[number]), len(tiles)):  # type: ignore[misc]
                sums.add(*result)
        return sums

    def _slope_at(self, point: Tensor, stop: Stop | None = None) -> Slope:
        with self._forward.standing_at(point), self._forward.differentiating(self.places) as inputs:
            if not self._recalibrates:
                sums = self._summed(self._once(inputs, None), stop)
                return Slope(sums.loss / sums.weight, sums.total / sums.weight, point.new_zeros(0))
            batches = self._train.calibration(None)
            outcomes, record = self._graphs.calibration(batches)
            sums = self._summed(self._once(inputs, record), stop) if self._tiles else Sums()
            arriving = sums.total[self.size :] if self._tiles else point.new_zeros(0)
            statistics = moving(record) if self._tiles else []
            losses = [outcome.loss for outcome in outcomes]
            weights = [_weight(batch, outcome) for batch, outcome in zip(batches, outcomes, strict=True)]
            scales = [loss.new_tensor(weight) for loss, weight in zip(losses, weights, strict=True)]
            back = torch.autograd.grad(
                [*statistics, *losses], inputs, [*shaped(arriving, statistics), *scales], allow_unused=True
            )
            for weight, loss in zip(weights, losses, strict=True):
                sums.weight, sums.loss = sums.weight + weight, sums.loss + weight * float(loss.detach())
            total = flat(back, inputs, self.dtype) + (sums.total[: self.size] if self._tiles else 0.0)
            return Slope(sums.loss / sums.weight, total / sums.weight, arriving)

    def _difference(self, row: Tensor, stop: Stop | None) -> Tensor:
        """Central difference of gradients: an error of order step^2 + rounding / step."""
        if not bool(row.any()):
            return torch.zeros_like(row)
        step = self._step(row)
        offset = self.whole(step * row)
        ahead, behind = (self._slope_at(self._center + sign * offset, stop).gradient for sign in (1, -1))
        return (ahead - behind) / (2 * step)

    def _find_method(self) -> None:
        """Try, on the first batch, what has second derivatives, and whether they are the same each time."""
        reason = ""
        for self._graphs.with_math_attention in (False, True):
            try:
                with torch.inference_mode(False), self._graphs.kernels():
                    self._passes.led(self._check_twice)
            except RuntimeError as error:
                if memory.is_out_of_memory(error):
                    raise
                reason = reason or str(error).split("\n")[0]
                continue
            self.method = "double backward"
            if self._graphs.with_math_attention:
                self.method += ", attention by its MATH backend: the fused one has no second derivative"
            return
        self._graphs.with_math_attention = False
        self.is_approximate = True
        self.method = f"differences of gradients, approximate, because double backward failed: {reason}"

    def _check_twice(self) -> None:
        tile = (self._tiles or self._train.calibration(None))[0]
        probe = torch.randn(1, self.size, generator=torch.Generator().manual_seed(0)).to(self._center)
        with (
            random_state_kept(),
            self._forward.standing_at(self._center),
            self._forward.differentiating(self.places) as inputs,
        ):
            before = random_fingerprint()
            found = [self._checked_product(tile, inputs, probe) for _ in range(2)]
            is_drawn = random_fingerprint() != before
        allowed = SAME * torch.finfo(self._coarsest).eps * float(found[0].norm())
        if not bool(found[0].isfinite().all()):
            return  # products() says so
        if is_drawn or float((found[0] - found[1]).norm()) > allowed:
            raise ValueError(
                "loss must have the same Hessian each time at the same weights, got two different products with one "
                "vector. Something in the model or the loss is random or keeps state between calls."
            )
        self._check_by_differences(tile, probe[0], found[0][0])

    def _checked_product(self, tile: Batch, inputs: Row, probe: Tensor) -> Tensor:
        loss = self._graphs.outcome(tile, None).loss
        gradient = gradient_with_graph([loss], inputs)
        check_whole(gradient)
        if not any(g is not None and g.requires_grad for g in gradient):
            raise ValueError(
                "loss must have second derivatives in the weights for the Hessian, got a gradient that does "
                "not depend on them. Look for .detach() in a backward of your own; a linear loss has none."
            )
        return products_of(loss, inputs, probe, self.dtype)

    def _check_by_differences(self, tile: Batch, probe: Tensor, found: Tensor) -> None:
        """Whether double backward sees all of the second derivative; a backward of the user's may cut its graph.

        In float64 alone: the longer steps of float32 cross kinks of ReLUs, whose jumps belong to no Hessian.
        """
        if self._coarsest != torch.float64:
            return
        step = self._step(probe)
        expected, check = self._slope_change(tile, probe, step), self._slope_change(tile, probe, step / 4)
        if float((expected - check).norm()) > SETTLED * float(expected.norm()):
            return  # kinks, or ties of a maximum: differences tell nothing here
        if float((found - expected).norm()) > AGREEMENT * float(expected.norm()):
            raise RuntimeError("it disagrees with differences of gradients, so something cuts the gradient's graph")

    def _slope_change(self, tile: Batch, row: Tensor, step: float) -> Tensor:
        """Central difference of one batch's gradient."""
        rows = []
        for sign in (1, -1):
            point = self._center + sign * step * self.whole(row)
            with self._forward.standing_at(point), self._forward.differentiating(self.places) as inputs:
                loss = self._graphs.outcome(tile, None).loss
                rows.append(flat(torch.autograd.grad(loss, inputs, allow_unused=True), inputs, self.dtype))
        return (rows[0] - rows[1]) / (2 * step)

    def _step(self, row: Tensor) -> float:
        """Of a central difference along `row`."""
        scale = max(1.0, float(self._center.norm())) / float(row.norm())
        return float(torch.finfo(self._coarsest).eps ** (1 / 3) * scale)

    @property
    def _coarsest(self) -> torch.dtype:
        dtypes = [self._forward.weights.parameters[place].dtype for place in self.places]
        return max(dtypes, key=lambda dtype: torch.finfo(dtype).eps)


Work = Callable[[Batch], tuple[float, float, Tensor]]


def moving(record: Record) -> list[Tensor]:
    """The statistics that depend on the weights, in their order; those of the data alone do not."""
    return [tensor for pair in record.values() for tensor in pair if tensor.requires_grad]


def cut_off(record: Record) -> dict[Any, Statistics]:
    """The same statistics without their graph; those that depend on the weights collect gradients."""

    def leaf(tensor: Tensor) -> Tensor:
        return tensor.detach().requires_grad_(tensor.requires_grad)

    return {visit: (leaf(mean), leaf(variance)) for visit, (mean, variance) in record.items()}


def _weight(batch: Batch, outcome: Outcome) -> float:
    return batch.weight if outcome.size is None else outcome.size


def _check(stop: Stop | None) -> None:
    if stop is not None and stop():
        raise Cancelled
