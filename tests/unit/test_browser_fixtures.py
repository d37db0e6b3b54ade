from __future__ import annotations

import sys

import pytest

from browser.chromium import require_chromium


@pytest.mark.parametrize("named", ["/nowhere/chromium", ""])
def test_a_missing_browser_fails_with_the_remedy(monkeypatch, tmp_path, named):
    monkeypatch.setenv("LW_CHROMIUM", named)
    monkeypatch.setenv("PATH", str(tmp_path))
    expected = rf"No browser to test with \({named or 'none in PATH'}\). Run apt-get install chromium, or set LW"
    with pytest.raises(pytest.fail.Exception, match=expected):
        require_chromium()


def test_the_named_browser_is_taken(monkeypatch):
    monkeypatch.setenv("LW_CHROMIUM", sys.executable)
    assert require_chromium() == sys.executable
