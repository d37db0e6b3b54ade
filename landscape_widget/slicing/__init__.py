"""From directions to slices: asks the engine, refines, and writes down where the numbers come from."""

from landscape_widget.slicing.request import Request
from landscape_widget.slicing.slicer import Slicer

__all__ = ["Request", "Slicer"]
