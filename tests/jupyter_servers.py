"""A real Jupyter server on loopback, with a token, whose settings and state lie in a folder of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START_SECONDS = 180  # on a busy machine
STATE = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "IPYTHONDIR": "ipython",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}


@dataclass(frozen=True)
class Server:
    """Where a server listens, what opens it, and which folder it shows."""

    url: str
    token: str
    root: Path

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Return the JSON answer to a request, or its text; None for an empty one."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
            kind = answer.headers.get("Content-Type", "")
        return json.loads(text) if text and "json" in kind else text or None


@contextmanager
def serving(root: Path, home: Path, *options: str, app: str = "jupyter_server") -> Iterator[Server]:
    """Give a running server; at the end it is stopped, and with it its kernels.

    Parameters
    ----------
    root
        The folder it shows.
    home
        An empty folder for everything that the server keeps.
    options
        Further options of the command line.
    app
        Module to run: ``jupyter_server``, or ``jupyterlab``.
    """
    token = secrets.token_hex(16)
    environment = {**os.environ, **{name: str(home / folder) for name, folder in STATE.items()}}
    environment |= {"JUPYTER_TOKEN": token, "PYTHONPATH": str(ROOT), "HOME": str(home)}
    command = [
        sys.executable, "-m", app, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0",
        f"--ServerApp.root_dir={root}", *options,
    ]  # fmt: skip
    home.mkdir(exist_ok=True)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=log)
    try:
        yield Server(_address(home, process), token, root)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(home: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the address that the server has written down, once it answers."""
    end = time.monotonic() + START_SECONDS
    facts = home / "runtime" / f"jpserver-{process.pid}.json"
    while time.monotonic() < end and process.poll() is None:
        try:
            url = str(json.loads(facts.read_text(encoding="utf-8"))["url"])
            with urllib.request.urlopen(f"{url}api", timeout=5):
                return url
        except (OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError((home / "log").read_text(encoding="utf-8")[-3000:])
