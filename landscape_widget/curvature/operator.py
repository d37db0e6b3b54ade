"""The Hessian in a metric, on the weights that the metric sees: `v -> D H D v`."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_widget.core.curvature import HessianProducts
from landscape_widget.core.gate import Gate


class Operator:
    """A symmetric operator of size n on vectors in units of the metric.

    Attributes:
        size: n, the number of chosen weights that the metric sees.
        seen: `[p]` bool: which of the chosen weights; None for all.
        num_products: How many vectors were multiplied so far.
    """

    def __init__(self, products: HessianProducts, gate: Gate, scale: Tensor | None = None) -> None:
        """`scale [P]`: D, the length of a unit for each weight; None: 1 for all."""
        self.products, self._gate = products, gate
        self._scale: Tensor | None = None
        self.seen: Tensor | None = None
        if scale is not None:
            part = products.part(scale.to(products.device))
            self.seen = part > 0
            self._scale = part[self.seen].to(products.dtype)
        self.size = products.size if self.seen is None else int(self.seen.sum())
        self.num_products = 0

    @property
    def like(self) -> Tensor:
        """A tensor of the dtype and on the device of all vectors."""
        return torch.empty(0, dtype=self.products.dtype, device=self.products.device)

    def apply(self, rows: Tensor) -> Tensor:
        """`[k, n]`: D H D times each of `rows [k, n]`."""
        with self._gate.foreground():
            image = self.products.products(self._scaled(rows))
        self.num_products += len(rows)
        return self.pulled_back(image)

    def pulled_back(self, part: Tensor) -> Tensor:
        """`[..., n]`: D times what is seen of `part [..., p]`."""
        return part if self.seen is None or self._scale is None else part[..., self.seen] * self._scale

    def steps(self, rows: Tensor) -> Tensor:
        """`[..., P]`: the steps in weight space of `rows [..., n]`: D times them, zero elsewhere."""
        return self.products.whole(self._scaled(rows))

    def spread(self, rows: Tensor) -> Tensor:
        """`[..., P]`: the same numbers at their weights, not scaled; zero elsewhere."""
        return self.products.whole(self._placed(rows))

    def gathered(self, rows: Tensor) -> Tensor:
        """`[..., n]`: the seen entries of `rows [..., P]`, not scaled."""
        part = self.products.part(rows.to(self.like))
        return part if self.seen is None else part[..., self.seen]

    def units(self, step: Tensor) -> Tensor:
        """`[..., n]`: a step `[..., P]` in units of the metric, as far as it sees it."""
        part = self.gathered(step)
        return part if self._scale is None else part / self._scale

    def gradient(self) -> Tensor:
        """`[n]`: the gradient of the loss by these units."""
        with self._gate.foreground():
            return self.pulled_back(self.products.slope().gradient)

    def _scaled(self, rows: Tensor) -> Tensor:
        return self._placed(rows if self._scale is None else rows * self._scale)

    def _placed(self, rows: Tensor) -> Tensor:
        if self.seen is None:
            return rows
        found = rows.new_zeros((*rows.shape[:-1], self.products.size))
        found[..., self.seen] = rows
        return found
