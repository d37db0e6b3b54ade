"""Where the hidden channels of a network can change without anybody seeing: read off the graph of torch.fx.

A *joint* is a convolution or linear layer whose output goes, through layers that treat every channel alike and without
a branch, into one other such layer. So it lies within a chain, or within a block of a residual network. A *norm pair*
is such a layer with the BatchNorm straight behind it.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_LAYERS = (*_CONVOLUTIONS, nn.Linear)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
# A positive factor on the input comes out again.
_HOMOGENEOUS = (
    *(nn.ReLU, nn.LeakyReLU, nn.Identity),
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
)
# Each entry by itself, but no factor comes out.
_ENTRYWISE = (
    *(nn.GELU, nn.SiLU, nn.ELU, nn.SELU, nn.CELU, nn.Mish, nn.Softplus, nn.ReLU6),
    *(nn.Tanh, nn.Sigmoid, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid),
)
_SPATIAL = tuple(kind for kind in _HOMOGENEOUS if "Pool" in kind.__name__)
_HOMOGENEOUS_CALLS: set[Any] = {
    *(F.relu, F.leaky_relu, torch.relu, torch.relu_, F.dropout, "relu", "relu_", "contiguous"),
    *(F.max_pool1d, F.max_pool2d, F.max_pool3d, F.avg_pool1d, F.avg_pool2d, F.avg_pool3d),
    *(F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d),
}
_ENTRYWISE_CALLS: set[Any] = {
    *(F.gelu, F.silu, F.elu, F.mish, F.softplus, torch.tanh, F.tanh, torch.sigmoid, F.sigmoid, "tanh", "sigmoid"),
}
_FLATTENS: set[Any] = {nn.Flatten, torch.flatten, "flatten", "view", "reshape", torch.reshape}
_MEANS: set[Any] = {torch.mean, "mean"}
_SHAPES: set[Any] = {"size", "dim", getattr}  # ask for the shape only


@dataclass(frozen=True)
class Joint:
    """Channels between two layers.

    Attributes:
        layer: Name of the layer that makes them, along the first axis of its weight.
        norms: Names of the BatchNorm layers that they pass, in order.
        reader: Name of the layer that reads them, along the second axis of its weight.
        channels: How many they are.
        repeats: How many neighbouring inputs of the reader belong to one channel (a flattened image), else 1.
        norm_is_first: A BatchNorm comes straight after the layer.
        is_homogeneous: A positive factor on a channel behind the last norm arrives at the reader.
    """

    layer: str
    norms: tuple[str, ...]
    reader: str
    channels: int
    repeats: int
    is_homogeneous: bool


@dataclass(frozen=True)
class NormPair:
    """A layer and the BatchNorm straight behind it.

    Attributes:
        layer: Name of the layer that makes the channels, along the first axis of its weight.
        norm: Name of the BatchNorm layer.
        channels: How many they are.
    """

    layer: str
    norm: str
    channels: int


@dataclass(frozen=True)
class Anatomy:
    """What symmetries need to know of a module, in the order of its forward pass."""

    joints: tuple[Joint, ...]
    norm_pairs: tuple[NormPair, ...]


def anatomy(module: nn.Module) -> Anatomy:
    """The joints and norm pairs of a module, which is not changed.

    Raises:
        Exception: Whatever comes out of the forward pass where torch.fx cannot trace it.
    """
    # A copy with the same tensors: the forward pass may store what it is given in attributes.
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    twin = copy.deepcopy(module, shared)
    graph = fx.Tracer().trace(twin)
    uses = Counter(str(node.target) for node in graph.nodes if node.op == "call_module")
    once = {name: twin.get_submodule(name) for name, count in uses.items() if count == 1}
    calls = [node for node in graph.nodes if node.op == "call_module"]
    found = [_followed(node, once) for node in calls if _is_layer(once.get(str(node.target)))]
    pairs = [_norm_pair(node, once) for node in calls if type(once.get(str(node.target))) in _LAYERS]
    return Anatomy(tuple(j for j in found if j is not None), tuple(p for p in pairs if p is not None))


def _is_layer(part: nn.Module | None) -> bool:
    # the exact types: a subclass may compute something else
    return type(part) in _LAYERS and getattr(part, "groups", 1) == 1


@dataclass(frozen=True)
class _Trail:
    """What is known of the channels on their way from a layer."""

    norms: tuple[str, ...] = ()
    is_image: bool = True
    is_homogeneous: bool = True


def _followed(start: fx.Node, parts: Mapping[str, nn.Module]) -> Joint | None:
    layer = parts[str(start.target)]
    trail: _Trail | None = _Trail(is_image=type(layer) in _CONVOLUTIONS)
    node = start
    while trail is not None:
        node_or_none = _only_user(node)
        if node_or_none is None:
            return None
        node = node_or_none
        part = parts.get(str(node.target)) if node.op == "call_module" else None
        if _is_layer(part):
            return _joint(start, node, parts, trail)
        trail = _step(node, part, trail)
    return None


def _norm_pair(start: fx.Node, parts: Mapping[str, Any]) -> NormPair | None:
    behind = _only_user(start)
    channels = parts[str(start.target)].weight.shape[0]
    name = str(behind.target) if behind is not None and behind.op == "call_module" else ""
    is_norm = type(parts.get(name)) in _NORMS and parts[name].num_features == channels
    return NormPair(str(start.target), name, channels) if is_norm else None


def _only_user(node: fx.Node) -> fx.Node | None:
    users = [user for user in node.users if not _asks_for_shape(user)]
    return users[0] if len(users) == 1 and users[0].args[:1] == (node,) else None


def _asks_for_shape(node: fx.Node) -> bool:
    is_shape = node.target is not getattr or node.args[1:2] == ("shape",)
    return node.target in _SHAPES and is_shape


def _joint(start: fx.Node, end: fx.Node, parts: Mapping[str, Any], trail: _Trail) -> Joint | None:
    layer, reader = parts[str(start.target)], parts[str(end.target)]
    channels, width = layer.weight.shape[0], reader.weight.shape[1]
    if any(parts[norm].num_features != channels for norm in trail.norms):
        return None
    reads_image = type(reader) in _CONVOLUTIONS
    fits = width == channels if reads_image or type(layer) is nn.Linear else width % channels == 0
    if reads_image != trail.is_image or not fits:
        return None
    return Joint(
        layer=str(start.target),
        norms=trail.norms,
        reader=str(end.target),
        channels=channels,
        repeats=width // channels,
        is_homogeneous=trail.is_homogeneous,
    )


def _step(node: fx.Node, part: nn.Module | None, trail: _Trail) -> _Trail | None:
    """The trail behind one node; None where channels do not stay apart."""
    kind: Any = type(part) if node.op == "call_module" else node.target
    if kind in _NORMS:
        # factors go into the last norm, so it counts from there
        return replace(trail, norms=(*trail.norms, str(node.target)), is_homogeneous=True)
    if kind in _HOMOGENEOUS or kind in _HOMOGENEOUS_CALLS:
        return trail if trail.is_image or not _is_spatial(kind) else None
    if kind in _ENTRYWISE or kind in _ENTRYWISE_CALLS:
        return replace(trail, is_homogeneous=False)
    if kind in _FLATTENS and _keeps_channels_apart(node, part):
        return replace(trail, is_image=False)
    if kind in _MEANS and trail.is_image and _is_over_space(node):
        return replace(trail, is_image=bool(_argument(node, 2, "keepdim")))
    return None


def _is_spatial(kind: Any) -> bool:
    return kind in _SPATIAL or "pool" in getattr(kind, "__name__", "")


def _keeps_channels_apart(node: fx.Node, part: nn.Module | None) -> bool:
    """A flattening of everything but the samples."""
    if isinstance(part, nn.Flatten):
        return part.start_dim == 1 and part.end_dim == -1
    if node.target in (torch.flatten, "flatten"):
        return _argument(node, 1, "start_dim") == 1 and _argument(node, 2, "end_dim") in (None, -1)
    sizes = node.args[1:]
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        sizes = tuple(sizes[0])
    return len(sizes) == 2 and -1 in sizes


def _is_over_space(node: fx.Node) -> bool:
    axes = _argument(node, 1, "dim")
    single = (axes,) if isinstance(axes, int) else axes
    return isinstance(single, tuple | list) and all(a in (2, 3, 4, -1, -2, -3) for a in single)


def _argument(node: fx.Node, place: int, name: str) -> Any:
    return node.args[place] if len(node.args) > place else node.kwargs.get(name)
