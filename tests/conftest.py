"""Which tests run, and which of them side by side.

Two workers share the tests: those of one file stay together, all with a browser too, and the longest come first.
Tests that need a GPU are left out where there is none, and counted with the reason.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from xdist.scheduler import LoadScopeScheduling


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cuda: needs a CUDA device")


class Together(LoadScopeScheduling):
    """The tests of one file, and all with a browser, run in one worker, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return "browser" if path.startswith("tests/browser/") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(_kind(item)) if _kind(item) in LONGEST else len(LONGEST))
    if torch.cuda.is_available():
        return
    on_gpu = [item for item in items if item.get_closest_marker("cuda") is not None]
    if on_gpu:
        items[:] = [item for item in items if item.get_closest_marker("cuda") is None]
        config.hook.pytest_deselected(items=on_gpu)
    config.stash[LEFT_OUT] = len(on_gpu)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{count} tests deselected: they need a CUDA device, and torch sees none here")


def _kind(item: pytest.Item) -> str:
    return item.path.parent.name


LONGEST = ("browser", "notebooks")  # folders
LEFT_OUT = pytest.StashKey[int]()
