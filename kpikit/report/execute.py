"""Execute one notebook with papermill, and say in one sentence what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from kpikit import errors
from kpikit.errors import DataUnreachableError, KernelDiedError, KpikitError, NotebookError, RunTimeoutError
from kpikit.report import kernel
from kpikit.report.notebooks import Notebook
from kpikit.report.warm import Forks

KERNEL = "python3"
START_SECONDS = 60
# What PostgreSQL's driver raises when the server has gone: the data are out of reach, the notebook is not at fault.
LOST_CONNECTION = ("OperationalError", "AdminShutdown", "CrashShutdown", "CannotConnectNow")
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Limits:
    """How long a cell and a whole notebook may take, in seconds."""

    cell_seconds: float = 1800.0
    total_seconds: float = 7200.0


class CellError(Exception):
    """Carries a failure together with the number of its cell (1 for the first cell of the source notebook)."""

    def __init__(self, error: KpikitError, cell: int) -> None:
        self.error, self.cell = error, cell
        super().__init__(str(error))


def execute(
    notebook: Notebook,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    working_folder: Path,
    limits: Limits | None = None,
    progress: Progress | None = None,
    forks: Forks | None = None,
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Return the executed notebook, which is also written to ``output``, however it ended.

    Safe to call from several threads at once: the kernels are processes, and the working folder is the kernel's
    alone (papermill's own ``cwd`` would move this process).

    Parameters
    ----------
    notebook
        What to run.
    output
        Where the executed notebook goes; its folder exists.
    parameters
        Checked values (:func:`kpikit.report.parameters.check`).
    working_folder
        Folder in which the kernel runs: paths in the configuration are relative to it.
    limits
        Time limits of a cell and of the notebook.
    progress
        Called with the number of each cell that begins (1 is the first).
    forks
        What the kernel is forked from; None: it is started anew.
    environment
        Variables that the kernel has beside those of this process.

    Raises
    ------
    CellError
        With a NotebookError, RunTimeoutError or KernelDiedError, or the kpikit error that a cell raised.
    """
    watch = _Watch(limits or Limits(), progress)
    try:
        document = papermill.execute_notebook(
            _literal(notebook.path),
            None,  # papermill would write it twice a cell, which for a page of figures takes seconds
            dict(parameters),
            kernel_name=KERNEL,
            progress_bar=False,
            start_timeout=START_SECONDS,
            kernel_manager_class=kernel.manager(forks, environment or {}),
            resources={"metadata": {"path": str(working_folder)}},
            timeout_func=watch.seconds_left,
            on_notebook_start=watch.keep,
            on_cell_start=watch.begin,
        )
    except PapermillExecutionError as failure:
        raise CellError(_raised(notebook, watch.cell, failure.ename, failure.evalue), watch.cell) from failure
    except CellTimeoutError as failure:
        raise CellError(_timed_out(notebook, watch), watch.cell) from failure
    except DeadKernelError as failure:
        raise CellError(_died(notebook, watch), watch.cell) from failure
    except RuntimeError as failure:
        if watch.cell:
            raise
        raise CellError(_not_started(notebook, failure), 0) from failure
    finally:
        if watch.document:
            _write(watch.document, output)
    return document


class _Watch:
    """Counts cells and seconds while a notebook runs, and keeps hold of it."""

    def __init__(self, limits: Limits, progress: Progress | None) -> None:
        self.limits, self.progress = limits, progress
        self.cell, self.started, self.allowed = 0, time.monotonic(), 0.0
        self.document: Any = None

    def keep(self, notebook: Any) -> None:
        """Note the notebook whose cells get their outputs: a cell that fails or never ends takes nothing of it away."""
        self.document = notebook

    def begin(self, cell: Any, cell_index: int) -> None:  # noqa: ARG002 - nbclient's signature
        """Note which cell begins. The cell that papermill injects is not one of the notebook's."""
        if "injected-parameters" in cell.metadata.get("tags", []):
            return
        self.cell += 1
        if self.progress:
            self.progress(self.cell)

    def seconds_left(self, cell: Any) -> float:  # noqa: ARG002 - nbclient's signature
        """Return how long this cell may take: its own limit or what the notebook has left."""
        left = self.limits.total_seconds - (time.monotonic() - self.started)
        self.allowed = max(min(self.limits.cell_seconds, left), 0.1)  # nbclient reads 0 as no limit
        return self.allowed


def _literal(path: Path) -> str:
    """Return a path as papermill reads it: it fills braces in a path with parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _place(notebook: Notebook, cell: int) -> str:
    return f"{notebook.name}, cell {cell}" if cell else notebook.name


def _raised(notebook: Notebook, cell: int, name: str, value: str) -> KpikitError:
    """Return the error for an exception in the kernel: a kpikit error keeps its class, and with it its exit code."""
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, KpikitError):
        where, expected, rest = value.partition("expected ")
        inner = f", {where.rstrip(': ')}" if expected and where else ""
        return kind(rest or value, where=_place(notebook, cell) + inner)
    last = (value.strip().splitlines() or [""])[-1]
    if name in LOST_CONNECTION:
        return DataUnreachableError(
            "a server that answers to the end", got=last, fix="Run again.", where=_place(notebook, cell)
        )
    return NotebookError("no error", got=f"{name}: {last}" if last else name, where=_place(notebook, cell))


def _timed_out(notebook: Notebook, watch: _Watch) -> KpikitError:
    total = watch.allowed < watch.limits.cell_seconds
    limit = watch.limits.total_seconds if total else watch.limits.cell_seconds
    return RunTimeoutError(
        f"{'the notebook' if total else 'the cell'} to end within {limit:g} s",
        got="still running",
        fix="Give it more time with --time-limit, or less data.",
        where=_place(notebook, watch.cell),
    )


def _not_started(notebook: Notebook, failure: Exception) -> KpikitError:
    got = (str(failure).splitlines() or ["no answer from the kernel"])[0]
    return KernelDiedError("a kernel that starts", got=got, fix="Is ipykernel installed?", where=notebook.name)


def _died(notebook: Notebook, watch: _Watch) -> KpikitError:
    return KernelDiedError(
        "the kernel to live until the last cell",
        got="it ended by itself",
        fix="Most often memory ran out: take less data or a machine with more.",
        where=_place(notebook, watch.cell),
    )


def _write(document: Any, output: Path) -> None:
    """Write a notebook without this machine's paths: it is shared with the report."""
    for name in ("input_path", "output_path"):
        document.metadata.get("papermill", {}).pop(name, None)
    nbformat.write(document, output)  # type: ignore[no-untyped-call]
