"""The trace of the Hessian, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch

from landscape_widget.core.params import ParamSpace
from landscape_widget.curvature.moments import Estimate
from landscape_widget.curvature.probing import Probing


@dataclass(frozen=True, eq=False)
class Layers(Mapping[str, Estimate]):
    """Layer -> the trace of its own block, in the order of the model; biases count with their layer.

    Attributes:
        estimates: The same as a dict.
        sizes: Layer -> how many of its weights count.
    """

    estimates: Mapping[str, Estimate]
    sizes: Mapping[str, int]

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    def __str__(self) -> str:
        total = sum(found.estimate for found in self.values()) or 1.0
        width = max(map(len, self), default=5)
        lines = [f"  {'layer':<{width}}  {'weights':>9}  {'trace':>11}  {'+-':>8}  {'share':>6}  {'a weight':>9}"]
        for name, found in self.items():
            share, each = found.estimate / total, found.estimate / max(1, self.sizes[name])
            figures = f"{found.estimate:>11.5g}  {found.stderr:>8.2g}  {100 * share:>5.1f}%  {each:>9.3g}"
            lines.append(f"  {name:<{width}}  {self.sizes[name]:>9}  {figures}")
        return "\n".join(lines)

    __repr__ = __str__


def layers_of(probing: Probing, space: ParamSpace) -> Layers:
    """The traces of one operator, whose moments are known."""
    moments = probing.moments
    assert moments is not None
    names = [layer_of(space.names[place]) for place in probing.operator.products.places]
    order = list(dict.fromkeys(names))
    layers = torch.tensor([order.index(name) for name in names])[probing.groups.cpu()]
    found, errors = moments.traces(probing.groups)
    totals, squares, sizes = torch.zeros(len(order)), torch.zeros(len(order)), torch.zeros(len(order))
    totals, squares = totals.double(), squares.double()
    for number, name in enumerate(names[: len(found)]):
        totals[order.index(name)] += found[number]
        squares[order.index(name)] += errors[number] ** 2
    sizes.index_add_(0, layers, torch.ones(len(layers)))
    kept = [place for place in range(len(order)) if sizes[place] > 0]
    estimates = {order[i]: Estimate(float(totals[i]), float(squares[i]) ** 0.5) for i in kept}
    return Layers(estimates, {order[i]: int(sizes[i]) for i in kept})


def layer_of(name: str) -> str:
    """The module that a parameter belongs to; a parameter of the model itself is its own layer."""
    return name.rpartition(".")[0] or name
