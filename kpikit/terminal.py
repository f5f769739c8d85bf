"""What the command line shows: progress, what became of each notebook, tables."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from kpikit.report.attempt import Outcome


class LogFormat(StrEnum):
    """How a run tells what happens."""

    text = "text"
    json = "json"


class Progress:
    """A bar for each notebook on a terminal; elsewhere one line when a notebook starts."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("cell {task.completed} of {task.total}"),
            )
            self._bars = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
            self._bars.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bars:
            self._bars.stop()

    def tell(self, notebook: str, cell: int, cells: int) -> None:
        """Note that a cell of a notebook has begun."""
        if notebook not in self._tasks:
            self._tasks[notebook] = self._bars.add_task(notebook, total=cells) if self._bars else True
            if not self._bars:
                say(f"{notebook}: started, {cells} cells")
        if self._bars:
            self._bars.update(self._tasks[notebook], completed=cell)

    def ended(self, outcome: Outcome) -> None:
        """Say what became of a notebook."""
        say(outcome_text(outcome))


def say(message: str) -> None:
    """Print a line to the standard error: the standard output is for what a script reads."""
    typer.echo(message, err=True)


def outcome_text(outcome: Outcome) -> str:
    """Return what became of a notebook in one line, with its notes."""
    notes = "".join(f"\n  note: {note}" for note in outcome.notes)
    if outcome.status == "skipped":
        return f"{outcome.notebook}: not run, it {'; '.join(outcome.notes)}"
    if outcome.status == "succeeded" and outcome.report:
        checks = f"data checks: {outcome.checks}, " if outcome.checks else ""
        return f"{outcome.notebook}: done in {outcome.seconds:.1f} s, {checks}{near(outcome.report)}{notes}"
    if outcome.status == "unchanged" and outcome.report:
        return f"{outcome.notebook}: not run, {'; '.join(outcome.notes)}; {near(outcome.report)}"
    page = f"\n  see {near(outcome.report)}" if outcome.report else ""
    kind = outcome.error.kind if outcome.error else "failed"
    return f"{outcome.notebook}: {kind}: {outcome.error}{page}"


def near(path: Path) -> str:
    """Return a path relative to the current folder when it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table without borders."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
