"""Directions made elsewhere, as one landscape uses them."""

from __future__ import annotations

from dataclasses import replace

from landscape_widget._checks import complaint
from landscape_widget.core.params import ParamSpace
from landscape_widget.directions.direction import Direction
from landscape_widget.directions.home import Home, warn_of_other_center
from landscape_widget.directions.vectors import check_same_space


def fitted(direction: Direction, space: ParamSpace, home: Home, *, name: str = "direction") -> Direction:
    """The same direction in this landscape's dtype and with its metric; itself where it was made here.

    A direction of another centre of the same model is taken with a warning.

    Raises:
        TypeError: If it is no Direction.
        ValueError: If its names or shapes are others.
    """
    if not isinstance(direction, Direction):
        remedy = "Make one from a tensor with landscape.directions.from_vector(tensor)."
        raise TypeError(complaint(name, "a direction", type(direction), remedy))
    if direction.home is home:
        return direction
    check_same_space(direction.space, space, name)
    warn_of_other_center(direction.label, direction.weights_hash, home.weights_hash)
    return replace(direction, vector=direction.vector.to(space.dtype), space=space, home=home)
