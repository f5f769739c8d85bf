"""The kernel of a run: this interpreter, over sockets that no other process can take or reach."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any
from weakref import WeakSet

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from kpikit.report.warm import LAUNCHER, ForkedProvisioner, Forks

LONGEST_FOLDER = 70  # a socket's whole path may have 103 bytes (macOS), of which some 25 come after the folder
_RUNNING: WeakSet[OwnKernelManager] = WeakSet()
_LOCK = threading.Lock()  # of the set above: kernels start in several threads


def kill_all() -> None:
    """Kill the kernels of this process, and what they have started."""
    with _LOCK:
        managers = list(_RUNNING)
    for manager in managers:
        group = getattr(manager.provisioner, "pgid", None)
        if group and group != os.getpgid(0):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)


def manager(forks: Forks | None, environment: Mapping[str, str]) -> type[OwnKernelManager]:
    """Return the class of the managers whose kernels are forked, where that is possible, or started as usual.

    ``environment`` has variables that the kernels get beside those of this process.
    """
    return type("KernelManagerOfARun", (OwnKernelManager,), {"forks": forks, "environment": environment})


class OwnKernelManager(AsyncKernelManager):  # type: ignore[misc, unused-ignore]
    """Starts this interpreter's kernel and talks to it over IPC.

    A TCP port is chosen before the kernel binds it, so kernels that start side by side can take each other's; a
    socket in a private folder cannot be taken.
    The installed kernel specifications are not asked, for the one called python3 may be another environment's.
    """

    forks: Forks | None = None
    environment: Mapping[str, str] = MappingProxyType({})

    def __init__(self, **settings: Any) -> None:
        usual = tempfile.gettempdir()
        self._private = Path(tempfile.mkdtemp(prefix="kk-", dir=usual if len(usual) <= LONGEST_FOLDER else "/tmp"))
        settings.setdefault("transport", "tcp" if sys.platform == "win32" else "ipc")
        super().__init__(connection_file=str(self._private / "k.json"), **settings)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The one kernel: ``python -m ipykernel_launcher`` of the running interpreter."""
        command = [sys.executable, "-Xfrozen_modules=off", "-m", LAUNCHER, "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3 (kpikit)", language="python")

    async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override, unused-ignore]
        """Start the kernel, its own log unread: what the notebook prints comes over the sockets."""
        if self.forks and not self.provisioner:
            self.provisioner = ForkedProvisioner(self.forks, kernel_spec=self.kernel_spec, parent=self)
        own = {**(settings.pop("env", None) or os.environ), **self.environment}
        await super().start_kernel(**{"stderr": subprocess.DEVNULL, **settings, "env": own})
        with _LOCK:
            _RUNNING.add(self)

    def cleanup_connection_file(self) -> None:
        """Remove the private folder with the connection file and the sockets."""
        with _LOCK:
            _RUNNING.discard(self)
        super().cleanup_connection_file()
        shutil.rmtree(self._private, ignore_errors=True)
