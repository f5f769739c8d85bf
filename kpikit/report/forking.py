"""A process that has imported what notebooks import, and forks into a kernel whenever it is asked.

Started by :mod:`kpikit.report.warm` with a socket as its one argument, and of use to nobody else. It imports by name
and calls nothing, so no engine, figure or random state is there before a fork; it has no thread of its own (OpenBLAS
and Arrow end theirs at a fork). It ends when the socket's other end closes, and takes its kernels with it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

TOLD = struct.Struct("=cq")  # what is told of a kernel: one of the two below, and a number
BEGUN, ENDED = b"b", b"e"  # with its process id; with its exit code
INLINE = "module://matplotlib_inline.backend_inline"  # what ipykernel sets before a notebook imports matplotlib
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ibis.backends.duckdb",
    "matplotlib.backends.backend_svg",
)


def main() -> None:
    """Import, then serve; in a child: be the kernel that was asked for."""
    del sys.path[0]  # this file's folder: its modules are not to be found by their short names
    asked_over = socket.socket(fileno=int(sys.argv[1]))
    os.environ.setdefault("MPLBACKEND", INLINE)
    for name in _preloaded():
        if _has_closed(asked_over):
            return
        with suppress(Exception):  # a notebook that needs it meets the same error, and says so
            import_module(name)
    gc.collect()
    gc.freeze()  # what is shared stays shared: the collector does not write to it
    wish = _serve(asked_over)
    if wish:
        _become_kernel(wish)


def _preloaded() -> Iterator[str]:
    yield from PRELOADED
    package = import_module("kpikit")  # by name: the kernels use all of it, this package nothing
    yield from sorted({f"kpikit.{home}" for home in (*package._MODULES, *package._HOMES.values())})


def _has_closed(asked_over: socket.socket) -> bool:
    """Whether the other end is gone."""
    poll = select.poll()
    poll.register(asked_over, 0)
    return bool(poll.poll(0))


def _serve(asked_over: socket.socket) -> dict[str, Any] | None:
    """Fork at each request and tell how each child ended. Return the request in a child, None when all is over."""
    lifeline, held = os.pipe()  # held by this process alone: at its end every child reads the end of the pipe
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # some handler: the descriptor above is written to only then
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([asked_over.fileno(), woken], [], [])
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 4096)
            _tell_ended(children)
        if asked_over.fileno() not in ready:
            continue
        _, handed, _, _ = socket.recv_fds(asked_over, 1, 1)
        if not handed:
            for child in children:
                with suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
            return None
        told, process = socket.socket(fileno=handed[0]), _fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for mine in (asked_over, *children.values()):
                mine.close()
            for descriptor in (held, woken, wake):
                os.close(descriptor)
            return _wish(told, lifeline)
        if process is None:
            told.close()
        else:
            children[process] = told


def _fork() -> int | None:
    """Return 0 in the child, its id in the parent, None where the machine has no room for another process."""
    try:
        return os.fork()
    except OSError:
        return None


def _tell_ended(children: dict[int, socket.socket]) -> None:
    for process in list(children):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            told = children.pop(process)
            with told, suppress(OSError):  # nobody may be there to read it
                told.sendall(TOLD.pack(ENDED, os.waitstatus_to_exitcode(status)))


def _wish(told: socket.socket, lifeline: int) -> dict[str, Any]:
    """Lead a session of one's own, say who one is, and read what is wanted."""
    os.setsid()
    threading.Thread(target=_end_with, args=(lifeline,), name="kpikit-lifeline", daemon=True).start()
    with told:
        told.sendall(TOLD.pack(BEGUN, os.getpid()))
        with told.makefile("rb") as letter:
            wish: dict[str, Any] = json.loads(letter.readline())
    return wish


def _end_with(lifeline: int) -> None:
    """End this kernel, and what it has started, when the process that it was forked from ends."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def _become_kernel(wish: dict[str, Any]) -> None:
    """Be as ``python -m ipykernel_launcher`` in that folder and environment would be."""
    os.environ.clear()
    os.environ.update(wish["environment"], JPY_PARENT_PID=str(os.getppid()))
    os.chdir(wish["folder"])
    time.tzset()
    import_module("numpy").random.seed()  # its seed was drawn before the fork; Python's own is drawn anew at a fork
    sys.argv = [str(import_module("ipykernel_launcher").__file__), *wish["arguments"]]
    import_module("ipykernel.kernelapp").launch_new_instance(wish["arguments"], parent_handle=os.getppid())


if __name__ == "__main__":
    main()
