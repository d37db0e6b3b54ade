"""Which Chromium the browser tests drive, and how: software WebGL, and not a word to anybody."""

from __future__ import annotations

import os
import shutil

import pytest

REMEDY = "Run apt-get install chromium, or set LW_CHROMIUM to a Chromium or Chrome."
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    # WebGL without a graphics card
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"),
    # a browser that asks nothing of anybody
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
    *("--disable-quic", "--disable-extensions"),
]


def require_chromium() -> str:
    """LW_CHROMIUM, else the first browser in PATH; a test without one fails, with the remedy."""
    named = os.environ.get("LW_CHROMIUM")
    found = [path for name in ([named] if named else NAMES) if (path := shutil.which(name))]
    if not found:
        pytest.fail(f"No browser to test with ({named or 'none in PATH'}). {REMEDY}")
    return found[0]
