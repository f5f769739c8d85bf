"""SIGTERM and Ctrl-C end a run: its kernels are stopped, what they had is recorded as interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
EXIT_OF_SIGNALS = 128  # a shell's convention: 128 and the number of the signal


class Stop:
    """Whether the run was asked to end, and by which signal (0: not yet)."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.signal = 0

    @property
    def asked(self) -> bool:
        """Whether the run is to end."""
        return self._asked.is_set()

    @property
    def exit_code(self) -> int:
        """143 after SIGTERM, 130 after Ctrl-C."""
        return EXIT_OF_SIGNALS + self.signal

    def ask(self, number: int = int(signal.SIGTERM)) -> None:
        """Ask the run to end."""
        self.signal = self.signal or number
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait, but no longer than until the run is to end; return whether it is."""
        return self._asked.wait(seconds)


@contextmanager
def on_signals() -> Iterator[Stop]:
    """Give a :class:`Stop` that the signals ask to end, the second one at once; only the main thread may listen."""
    stop = Stop()

    def listen(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        if stop.asked:  # a second time: at once, whatever this process is doing
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.ask(number)

    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # nohup ignores SIGHUP
    before = {number: signal.signal(number, listen) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
