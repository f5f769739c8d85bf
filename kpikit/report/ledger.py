"""What earlier runs forecast, handed to a run: the ledger is the runs' own ``kpis.json``, there is no other state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpikit import forecasts
from kpikit.report import history
from kpikit.report.manifest import Manifest
from kpikit.report.store import Store, machine_errors

HANDED = "earlier-forecasts.json"


def earlier(shelf: Store, record: Manifest) -> list[dict[str, Any]]:
    """Return the forecasts of the successful runs of a notebook with the same parameters, but for dates and audience.

    Grain: one row per run and forecast, those made first coming first; with ``run_id`` and ``business``. Which of them
    have come due, and are about the same business, the notebook finds when it knows its data.

    Parameters
    ----------
    shelf
        Where the runs lie. What failed is not among them.
    record
        The run that is beginning: its notebook and its parameters.
    """
    _, parameters = history.asked(record)
    runs = [run for run in shelf.runs(record.notebook) if history.asked(run.manifest)[1] == parameters]
    return [
        {**one.model_dump(), "run_id": run.manifest.run_id, "business": run.manifest.business}
        for run in sorted(runs, key=lambda run: (run.manifest.finished, run.manifest.run_id))
        if (said := history.read(run)) is not None
        for one in said.forecasts
    ]


@contextmanager
def handed(rows: Sequence[Mapping[str, Any]], folder: Path) -> Iterator[dict[str, str]]:
    """Give the variable that names a file with earlier forecasts, for the kernel; the file is gone afterwards.

    Parameters
    ----------
    rows
        From :func:`earlier`.
    folder
        Where the run is built; the kernel may read it.
    """
    path = (folder / HANDED).absolute()
    with machine_errors(folder):
        path.write_text(forecasts.written(rows), encoding="utf-8")
    try:
        yield {forecasts.VARIABLE: str(path)}
    finally:
        path.unlink(missing_ok=True)
