"""A slice beside a landscape: its points computed again and, where they differ, what would explain it."""

from landscape_widget.verifying.check import verify

__all__ = ["verify"]
