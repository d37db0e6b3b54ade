"""Google Colab shows widgets of others only where that is asked for."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module


@cache
def prepare_colab() -> None:
    """Ask for it, once, where this is Colab: `google.colab` is loaded there before any cell runs."""
    if "google.colab" not in sys.modules:
        return
    try:
        output = import_module("google.colab.output")
    except ImportError:  # another package of that name
        return
    output.enable_custom_widget_manager()
