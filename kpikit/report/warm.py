"""Kernels that start warm: forked from one process that has imported what notebooks import."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from kpikit.report import forking

LAUNCHER = "ipykernel_launcher"
KILLED = -9
FORKED_WITHIN_SECONDS = 60.0  # imports included
FORKS_ARE_SAFE = sys.platform == "linux"  # Windows has none; macOS's own libraries may not be used after one


class Forks:
    """One process to fork kernels from, shared by all notebooks of a run.

    It starts at once or with the first kernel, and ends with :meth:`close`, or with this process however that ends; its
    kernels end with it. Variables that libraries read when they are imported (``MPLBACKEND``,
    ``OMP_NUM_THREADS``) are those of its start.

    Parameters
    ----------
    folder
        Folder in which it starts: a ``matplotlibrc`` there counts, as it would for a kernel in that folder.
    is_wanted
        False: no kernel is forked. One kernel alone starts as soon by itself.
    at_once
        Whether it starts now, while this process has something else to do.
    """

    def __init__(self, folder: Path, *, is_wanted: bool = True, at_once: bool = False) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._is_wanted = is_wanted and FORKS_ARE_SAFE
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        if at_once:
            self._start()

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Id of the process; None before it starts and where there is none."""
        return self._process.pid if self._process else None

    def _start(self) -> None:
        """Start the process, once."""
        with self._lock:
            if self._process or not self._is_wanted:
                return
            self._requests, theirs = socket.socketpair()
            command = [sys.executable, "-Xfrozen_modules=off", str(Path(forking.__file__)), str(theirs.fileno())]
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> Forked | None:
        """Return a new kernel, or None where none can be forked: then one is to be started as usual.

        Parameters
        ----------
        arguments
            Of ``ipykernel_launcher``.
        environment, folder
            In which the kernel runs.
        """
        self._start()
        if self._requests is None:
            return None
        mine, theirs = socket.socketpair()
        letter = json.dumps({"arguments": list(arguments), "environment": dict(environment), "folder": folder})
        mine.settimeout(FORKED_WITHIN_SECONDS)
        try:
            with theirs:
                socket.send_fds(self._requests, [b"k"], [theirs.fileno()])
            mine.sendall(letter.encode() + b"\n")
            pid = _told(mine, forking.BEGUN)
        except OSError:  # the process has ended, or takes too long
            pid = None
        if pid is None:
            mine.close()
            return None
        return Forked(pid, mine)

    def close(self) -> None:
        """End the process and the kernels that still live."""
        with self._lock:
            self._is_wanted = False
            if self._requests and self._process:
                self._requests.close()
                self._process.kill()
                self._process.wait()


class Forked:
    """A forked kernel, with what :class:`subprocess.Popen` offers for a child of one's own."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, told: socket.socket) -> None:
        self.pid, self._told = pid, told
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it lives; −9 too where the process that knew has ended."""
        if self.returncode is None:
            self._told.setblocking(False)
            with suppress(BlockingIOError):
                self._end(_told(self._told, forking.ENDED))
        return self.returncode

    def wait(self) -> int | None:
        """Wait for its end; return the exit code."""
        if self.returncode is None:
            self._told.setblocking(True)
            self._end(_told(self._told, forking.ENDED))
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it lives."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _end(self, code: int | None) -> None:
        self.returncode = KILLED if code is None else code
        self._told.close()


class ForkedProvisioner(LocalProvisioner):  # type: ignore[misc, unused-ignore]
    """Has kernels forked; where that is not to be had, starts them as usual."""

    def __init__(self, forks: Forks, **settings: Any) -> None:
        super().__init__(**settings)
        self._forks = forks

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> Any:
        """Return the connection of a new kernel, warm where that can be."""
        arguments = cmd[cmd.index(LAUNCHER) + 1 :]
        folder = settings.get("cwd") or str(Path.cwd())
        forked = self._forks.fork(arguments, settings["env"], folder)
        if forked is None:
            return await super().launch_kernel(cmd, **settings)
        self.process: Any = forked
        self.pid, self.pgid, self.cwd = forked.pid, forked.pid, folder
        return self.connection_info


def _told(told: socket.socket, wanted: bytes) -> int | None:
    """Return the number that comes next; None where it is not of the kind that is wanted, or nobody tells."""
    what = told.recv(forking.TOLD.size)  # whole or empty: it is written at once and smaller than any buffer
    kind, number = forking.TOLD.unpack(what) if what else (b"", 0)
    return int(number) if kind == wanted else None
