"""One run of a report at a time: a lock that the operating system takes back from a process that is gone."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kpikit.errors import LockedError

LOCK, HOLDER = ".lock", ".running.json"


@contextmanager
def held(folder: Path, what: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock of a folder, which exists, for as long as the block runs.

    A holder that was killed leaves no lock behind: it goes with the process, so there is none to be found stale.

    Parameters
    ----------
    folder
        Where reports of one notebook (or the catalogue) are written.
    what
        What is locked, for the message.
    wait_seconds
        How long to wait for another holder to end.

    Raises
    ------
    LockedError
        When another run holds it; the message says which, since when.
    """
    lock = FileLock(folder / LOCK, preserve_lock_file=True)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise LockedError(
            "no other run of this report", got=_holder(folder / HOLDER),
            fix="Wait until it has ended; its report will be the newest.", where=what,
        ) from None  # fmt: skip
    try:
        facts = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
        (folder / HOLDER).write_text(json.dumps(facts), encoding="utf-8")
        yield
    finally:
        (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    """Return which run holds a lock, as far as its note says; it may just be ending."""
    try:
        facts = json.loads(note.read_text(encoding="utf-8"))
        return f"one since {facts['since']} (process {facts['pid']} on {facts['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "one that is running"
