"""Curvature: what the Hessian of the loss says, with errors."""

from landscape_widget.curvature.hessian import Hessian

__all__ = ["Hessian"]
