"""Second derivatives of one batch's loss, or of the calibration set, by double backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape_widget.core.batchnorm import OfThisBatch, Rule
from landscape_widget.core.forward import Forward, check_differentiable
from landscape_widget.core.lockstep import JoinedTileRule, run_in_lockstep
from landscape_widget.core.losses import Outcome
from landscape_widget.core.passes import Passes, Record
from landscape_widget.core.samples import Batch

Row = Sequence[Tensor]  # one tensor an input
Gradient = Sequence[Tensor | None]


class Graphs:
    """Forward passes with graphs that can be differentiated twice; all inside `Forward.differentiating`.

    Attributes:
        with_math_attention: The fused kernels of attention are not used.
    """

    def __init__(self, forward: Forward, passes: Passes) -> None:
        self._forward, self._passes = forward, passes
        self.with_math_attention = False

    def outcome(self, batch: Batch, rule: Rule | None) -> Outcome:
        """One batch, in any thread; an error where its loss is cut off from the weights."""
        with torch.enable_grad():
            outcome = self._forward.differentiable_outcome(self._passes.here(batch.content), rule)
        check_differentiable(outcome.loss)
        return outcome

    def calibration(self, batches: Sequence[Batch]) -> tuple[list[Outcome], Record]:
        """All batches of the calibration set under their pooled statistics, in one graph."""
        if len(batches) == 1:
            rule = OfThisBatch()
            return [self.outcome(batches[0], rule)], rule.record
        return run_in_lockstep(lambda i, rule: self.outcome(batches[i], rule), len(batches), JoinedTileRule)

    @contextmanager
    def kernels(self) -> Iterator[None]:
        """Which kernels the forward passes inside the block may use.

        torch keeps that in flags of the whole process, so this is entered once around all threads, never by each.
        """
        if not self.with_math_attention:
            yield
            return
        with sdpa_kernel(SDPBackend.MATH):
            yield


def gradient_with_graph(outputs: Row, inputs: Row, weights: Row | None = None) -> Gradient:
    """The gradient of the (weighted) sum of outputs, to be differentiated once more."""
    return torch.autograd.grad(outputs, inputs, weights, create_graph=True, allow_unused=True)


def check_whole(gradient: Gradient) -> None:
    """A RuntimeError where the graph of a gradient holds an operation that can be differentiated only once.

    Autograd alone would not tell: asked for derivatives by some inputs, it leaves out what does not lead to them, and
    such operations are cut off from theirs.
    """
    waiting = [g.grad_fn for g in gradient if g is not None and g.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node.name() == "torch::autograd::Error":
            raise RuntimeError("an operation is marked with @once_differentiable")
        following = {found for found, _ in node.next_functions if found is not None} - seen
        seen |= following
        waiting.extend(following)


def pulled(gradient: Gradient, inputs: Row, row: Row) -> Gradient:
    """The derivative, by the inputs, of the inner product of `gradient` with `row`; the graph is kept."""
    pairs = [(g, v) for g, v in zip(gradient, row, strict=True) if g is not None and g.requires_grad]
    if not pairs:
        return [None] * len(inputs)
    outputs, weights = zip(*pairs, strict=True)
    return torch.autograd.grad(outputs, inputs, weights, retain_graph=True, allow_unused=True)


def flat(gradient: Gradient, inputs: Row, dtype: torch.dtype) -> Tensor:
    """`[p]`: one after the other; None stands for zero."""
    pieces = [torch.zeros_like(i) if g is None else g.detach() for g, i in zip(gradient, inputs, strict=True)]
    return torch.cat([piece.to(dtype).reshape(-1) for piece in pieces])


def shaped(row: Tensor, inputs: Row) -> list[Tensor]:
    """`row [p]` in the shapes and dtypes of the inputs."""
    pieces = torch.split(row, [i.numel() for i in inputs])
    return [piece.view(i.shape).to(i.dtype) for piece, i in zip(pieces, inputs, strict=True)]


def products_of(
    loss: Tensor, inputs: Row, rows: Tensor, dtype: torch.dtype, stop: Callable[[], None] = lambda: None
) -> Tensor:
    """`[k, p]`: the Hessian of a loss in its inputs times `rows [k, p]`; one forward pass serves them all."""
    gradient = gradient_with_graph([loss], inputs)
    found = []
    for row in rows:
        stop()
        found.append(flat(pulled(gradient, inputs, shaped(row, inputs)), inputs, dtype))
    return torch.stack(found)
