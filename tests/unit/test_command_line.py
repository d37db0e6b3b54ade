"""`landscape-widget demo`: the copy it makes, the command it starts, its words when it cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import landscape_widget
from landscape_widget import __main__ as command_line

PACKAGE = Path(landscape_widget.__file__).parent
QUICKSTART = PACKAGE.parent / "notebooks" / "quickstart.ipynb"


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have been started; the current folder is an empty one."""
    commands: list[list[str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command_line, "_run", lambda command: commands.append(command) or 0)
    return commands


def test_demo_copies_the_notebook_and_opens_it(started, tmp_path: Path, capsys) -> None:
    assert command_line.main(["demo"]) == 0
    copy = tmp_path / "landscape-demo" / "quickstart.ipynb"
    assert copy.read_bytes() == QUICKSTART.read_bytes()
    assert capsys.readouterr().out == f"Copied the quickstart to {copy}.\n"
    assert started[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert {f"--ServerApp.root_dir={copy.parent}", "--LabApp.default_url=/lab/tree/quickstart.ipynb"} <= set(started[0])
    assert not [word for word in started[0] if word.startswith(("--port", "--no-browser"))]


def test_demo_never_overwrites_a_copy(started, tmp_path: Path, capsys) -> None:
    mine = tmp_path / "landscape-demo" / "quickstart.ipynb"
    mine.parent.mkdir()
    mine.write_text("my own work")
    assert command_line.main(["demo"]) == 0
    assert mine.read_text() == "my own work"
    said = f"{mine} is there already: opening it as it is. For a fresh copy rename or delete it.\n"
    assert capsys.readouterr().out == said
    assert len(started) == 1


def test_demo_passes_port_and_no_browser_on(started) -> None:
    command_line.main(["demo", "--no-browser", "--port", "8899"])
    assert {"--no-browser", "--port=8899"} <= set(started[0])


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_needs_to_be_allowed(started, monkeypatch, user: int, allowed: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    command_line.main(["demo"])
    assert ("--allow-root" in started[0]) == allowed


def test_demo_without_jupyterlab_says_how_to_get_it(started, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(command_line.importlib.util, "find_spec", lambda name: None)
    assert command_line.main(["demo"]) == 1
    assert capsys.readouterr().err == (
        "landscape-widget: JupyterLab is not installed in this environment. "
        f"Install it: {sys.executable} -m pip install jupyterlab\n"
    )
    assert not started
    assert not list(tmp_path.iterdir())


def test_demo_without_its_notebook_says_so(started, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(command_line, "_SOURCES", (tmp_path / "gone.ipynb",))
    assert command_line.main(["demo"]) == 1
    assert "quickstart.ipynb is missing from this installation. Install landscape-widget again." in (
        capsys.readouterr().err
    )
    assert not started


def test_demo_where_nothing_can_be_written_says_so(started, tmp_path: Path, capsys) -> None:
    (tmp_path / "landscape-demo").write_text("a file in the way")
    assert command_line.main(["demo"]) == 1
    assert str(tmp_path / "landscape-demo") in capsys.readouterr().err
    assert not started


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "80.5"])
def test_a_wrong_port_is_named(port: str, capsys) -> None:
    with pytest.raises(SystemExit) as error:
        command_line.main(["demo", f"--port={port}"])
    assert error.value.code == 2
    assert f"port must be an integer from 1 to 65535, got '{port}'." in capsys.readouterr().err


@pytest.fixture
def module_of_mine(tmp_path: Path, monkeypatch) -> Path:
    """The folder that the command is run in, with a module that makes a landscape."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(
        "from explorer_cases import make_landscape as landscape\n"
        "number = 7\n"
        "def nothing(): pass\n"
        "def broken(): raise KeyError('weights')\n"
    )
    return tmp_path


def test_export_writes_a_page_of_a_landscape_that_a_function_makes(module_of_mine: Path, capsys) -> None:
    assert command_line.main(["export", "page.html", "--model", "mine:landscape", "--title", "My <net>"]) == 0
    text = (module_of_mine / "page.html").read_text()
    assert "<h1>My &lt;net&gt;</h1>" in text
    assert "30 of 30 train samples" in text
    assert capsys.readouterr().out.startswith("Wrote page.html (")


@pytest.mark.parametrize(
    ("page", "model", "words"),
    [
        ("page.html", "nowhere:landscape", "--model must be a module that can be imported, got 'nowhere'. No module"),
        ("page.html", "mine.part:landscape", "No module is called 'mine.part' in "),
        ("page.html", "mine:missing", "--model must be a function of mine, got 'mine:missing (no such name)'."),
        ("page.html", "mine:number", "--model must be a function of mine, got 'mine:number (int)'."),
        ("page.html", "mine:nothing", "returns a Landscape, got 'mine:nothing, which returned NoneType'."),
        ("page", "mine:landscape", "path must be the name of a page, ending in .html, got 'page'."),
    ],
)
def test_export_names_what_is_wrong(module_of_mine: Path, capsys, page: str, model: str, words: str) -> None:
    assert command_line.main(["export", page, "--model", model]) == 1
    assert words in capsys.readouterr().err
    assert not (module_of_mine / "page.html").exists()


def test_what_the_function_raises_comes_as_it_is_and_a_wrong_form_is_refused(module_of_mine: Path, capsys) -> None:
    with pytest.raises(KeyError, match="weights"):
        command_line.main(["export", "page.html", "--model", "mine:broken"])
    with pytest.raises(SystemExit):
        command_line.main(["export", "page.html", "--model", "mine.landscape"])
    assert "--model must be module:function, got 'mine.landscape'." in capsys.readouterr().err


def test_a_missing_or_wrong_command_is_named(capsys) -> None:
    for argv, words in (([], "arguments are required: command"), (["show"], "invalid choice: 'show'")):
        with pytest.raises(SystemExit):
            command_line.main(argv)
        assert words in capsys.readouterr().err


def test_the_version_can_be_asked_for(capsys) -> None:
    with pytest.raises(SystemExit) as error:
        command_line.main(["--version"])
    assert error.value.code == 0
    assert capsys.readouterr().out == f"{landscape_widget.__version__}\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(url: str, process: subprocess.Popen[bytes]) -> bytes:
    """What the server answers, once it does; an error with its log if it ends before."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:
                return bytes(reply.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab ended with {process.returncode}")


def test_demo_serves_the_notebook(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "landscape_widget", "demo", "--no-browser", f"--port={port}"]
    settings = {"JUPYTER_TOKEN": "known", "PYTHONPATH": str(PACKAGE.parent)}
    settings |= {
        name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | settings, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/api/contents/quickstart.ipynb?token=known"
        served = json.loads(answer(url, process))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert served["content"]["nbformat"] == 4
    assert served["content"]["metadata"] == json.loads(QUICKSTART.read_text())["metadata"]
    log_text = (tmp_path / "log").read_text()
    assert f"Copied the quickstart to {tmp_path / 'landscape-demo'}" in log_text
    assert f":{port}/lab/tree/quickstart.ipynb?token=" in log_text
