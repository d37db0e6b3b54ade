"""A server of JupyterLab, Notebook 7 and Voila: all it reads and writes lies in one temporary folder."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
NOTIFICATIONS = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
START_S = 90.0  # a first start on two cores takes about 4 s


@dataclass(frozen=True)
class Lab:
    """A running server: its address and the folder that it shows."""

    url: str
    root: Path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(root: Path) -> dict[str, str]:
    """Of a server that reads nobody's settings and takes the package from this checkout."""
    own = {"JUPYTER_CONFIG_DIR": ".config", "JUPYTER_DATA_DIR": ".data", "IPYTHONDIR": ".ipython"}
    paths = {name: str(root / folder) for name, folder in own.items()}
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, **paths, "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), known]))}


def _write_settings(root: Path) -> None:
    folder = root / ".config/lab/user-settings/@jupyterlab/apputils-extension"
    folder.mkdir(parents=True)
    (folder / "notification.jupyterlab-settings").write_text(json.dumps(NOTIFICATIONS))


def _command(root: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="),
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",  # window.jupyterapp: run cells, talk to the kernel
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=",
        "--LabApp.extension_manager=readonly",
    ]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def await_answer(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers at this address; its log is told where it does not."""
    until = time.monotonic() + START_S
    while not _answers(url):
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"The server did not start. Its log ends:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End it, gently if it listens."""
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def running_lab(root: Path) -> Iterator[Lab]:
    """Start JupyterLab on `root`, with the running Python as its kernel, and stop it at the end."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    log = root / "server.log"
    _write_settings(root)
    with log.open("wb") as sink:
        server = subprocess.Popen(
            _command(root, port), env=environment(root), cwd=root, stdout=sink, stderr=subprocess.STDOUT
        )
        try:
            await_answer(f"{url}/api/status", server, log)
            yield Lab(url, root)
        finally:
            stop(server)
