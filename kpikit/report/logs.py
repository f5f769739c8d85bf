"""What happens in a run as lines of JSON, for schedulers and log collectors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kpikit.errors import KpikitError
from kpikit.report.attempt import Outcome


def line(event: str, **facts: Any) -> str:
    """Return one event as a line of JSON: ``time`` (UTC), ``event``, and the facts that are known.

    >>> json.loads(line("started", notebook="a", cells=3, report=None))["cells"]
    3
    """
    known = {name: value for name, value in facts.items() if value not in (None, "", ())}
    return json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **known})


def error_line(error: KpikitError) -> str:
    """Return the event of a failure that belongs to no notebook."""
    return line("error", kind=error.kind, exit_code=error.exit_code, message=str(error))


def outcome_line(outcome: Outcome) -> str:
    """Return the event of a notebook's end."""
    error = outcome.error
    return line(
        "finished", notebook=outcome.notebook, status=outcome.status, seconds=round(outcome.seconds, 3),
        checks=outcome.checks, report=str(outcome.report) if outcome.report else "", notes=list(outcome.notes) or None,
        kind=error.kind if error else "", exit_code=error.exit_code if error else None,
        message=str(error) if error else "",
    )  # fmt: skip


class _Handler(logging.Handler):
    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        self._write(line("log", level=record.levelname.lower(), logger=record.name, message=record.getMessage()))


class Events:
    """Writes a line when a notebook starts, one for each tenth of it, what libraries warn of, and how it ended."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write, self._handler = write, _Handler(write)
        self._told: dict[str, int] = {}

    def __enter__(self) -> Events:
        logging.getLogger().addHandler(self._handler)
        return self

    def __exit__(self, *failure: object) -> None:
        logging.getLogger().removeHandler(self._handler)

    def tell(self, notebook: str, cell: int, cells: int) -> None:
        """Note that a cell of a notebook has begun."""
        if notebook not in self._told:
            self._write(line("started", notebook=notebook, cells=cells))
        tenth = 10 * (cell - 1) // cells
        if tenth > self._told.get(notebook, 0):
            self._write(line("progress", notebook=notebook, cell=cell, cells=cells))
        self._told[notebook] = max(tenth, self._told.get(notebook, 0))

    def ended(self, outcome: Outcome) -> None:
        """Write what became of a notebook."""
        self._write(outcome_line(outcome))
