"""Why a plan cannot compute a model, in words that its owner understands."""

from __future__ import annotations

import re

from landscape_widget.core.batched import Unbatchable

# What `torch.func.vmap` says, and what it means. Tried in this order.
MEANINGS = (
    (r"data-dependent control flow", "the model or the loss branches on computed values"),
    (r"\.item\(\)", "the model or the loss turns a tensor into a number, by .item() or float()"),
    (r"Batching rule not implemented for (?:aten::)?([\w]+)", r"torch.func.vmap has no form of {0} for many points"),
    (r"inplace arithmetic|broadcast shape|in-place", "the model or the loss writes into a tensor in place"),
    (r"requires_grad_|autograd", "the loss differentiates inside"),
    (r"random", "the model or the loss draws random numbers"),
    (r"dynamic shape|nonzero", "the shape of an intermediate result depends on computed values"),
)
LONGEST = 120  # characters of an error that is handed on as it is


def obstacle(error: BaseException) -> str:
    """The reason behind an error that a plan raised."""
    text = str(error).strip()
    if isinstance(error, Unbatchable):
        return text
    for pattern, meaning in MEANINGS:
        if found := re.search(pattern, text):
            return meaning.format(*found.groups())
    first_line = (text.splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line[:LONGEST]}"
