"""From notebooks to published reports: parameters, kernels, export, gate, store, catalogue."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

from jupyter_core.utils import ensure_event_loop

from kpikit.errors import ContractError, KpikitError, listed
from kpikit.report import catalogue, export, gate, manifest, parameters, payloads, store
from kpikit.report.execute import CellError, Limits, execute
from kpikit.report.manifest import Manifest
from kpikit.report.notebooks import Notebook, code_hash, first_heading, load
from kpikit.report.store import Store

EXIT_CODES_BY_WEIGHT = (1, 2, 7, 6, 5, 4, 3, 8, 9)
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """A notebook with the values it is to run with, already checked."""

    notebook: Notebook
    values: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook: a report, an error, or the reason why it was not run."""

    notebook: str
    status: Literal["succeeded", "failed", "skipped"]
    report: Path | None = None
    error: KpikitError | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    checks: str = ""  # PASS, REVIEW or FAIL, where the page shows data checks


def plan(
    notebooks: Sequence[Notebook],
    values: Mapping[str, object],
    *,
    tables: Collection[str] | None = None,
) -> tuple[list[Job], list[Outcome]]:
    """Return the jobs to run and the notebooks that these data cannot feed. Nothing is started.

    A value goes to every notebook that declares its name.

    Parameters
    ----------
    notebooks
        What to run.
    values
        Parameters by name, as text or plain JSON values.
    tables
        Names of the tables that the data have; None when that is not known.

    Raises
    ------
    ParameterError
        When no notebook declares a name, or a value does not fit.
    """
    declared = {parameter.name: parameter for notebook in notebooks for parameter in notebook.parameters}
    for name in values:
        if name not in declared:
            raise parameters.unknown(name, list(declared.values()), where=listed(book.name for book in notebooks))
    jobs, skipped = [], []
    for notebook in notebooks:
        own = {parameter.name for parameter in notebook.parameters}
        wanted = {name: value for name, value in values.items() if name in own}
        checked = parameters.check(notebook.parameters, wanted, where=notebook.name)
        lacking = notebook.lacking(tables) if tables is not None else ()
        if lacking:
            note = f"needs the table{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}"
            skipped.append(Outcome(notebook.name, "skipped", notes=(note,)))
        else:
            jobs.append(Job(notebook, checked))
    return jobs, skipped


def run(
    jobs: Sequence[Job],
    reports: Path,
    *,
    working_folder: Path,
    workers: int = 1,
    limits: Limits | None = None,
    tell: Tell | None = None,
    despite_failed_checks: bool = False,
) -> list[Outcome]:
    """Run notebooks side by side, publish what passes the gate, and rewrite the catalogue.

    One notebook's failure does not stop the others. The catalogue is rewritten only when a report was published.

    Parameters
    ----------
    jobs
        What to run (:func:`plan`).
    reports
        Folder of the reports.
    working_folder
        Folder in which the kernels run.
    workers
        How many notebooks run at once, 1 or more. Each is a process of its own.
    limits
        Time limits of a cell and of a notebook.
    tell
        Called with a notebook's name, the cell that begins (1 is the first) and the number of cells, from any thread.
    despite_failed_checks
        Publish a report whose data checks say FAIL, too; its page says so. Else it fails with a ContractError.

    Raises
    ------
    MachineError
        When the folder cannot be written; no kernel has been started then.
    GateError
        When the catalogue may not be published.
    """
    shelf = Store(reports)
    shelf.prepare()
    desk = _Desk(working_folder, limits or Limits(), tell or _silent, despite_failed_checks)

    def one(job: Job) -> Outcome:
        try:
            return _outcome(job, shelf, desk)
        finally:
            ensure_event_loop().close()  # nbclient makes one for this thread and leaves it open

    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(jobs) or 1))) as pool:
        outcomes = list(pool.map(one, jobs))
    if any(outcome.status == "succeeded" for outcome in outcomes):
        catalogue.write_catalogue(shelf)
    return outcomes


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code of a run: 0, or the weightiest among those of its failures.

    >>> from kpikit.errors import GateError, NotebookError
    >>> failures = [Outcome("a", "failed", error=GateError("x")), Outcome("b", "failed", error=NotebookError("y"))]
    >>> exit_code(failures)
    3
    """
    codes = {outcome.error.exit_code for outcome in outcomes if outcome.error}
    return next((code for code in EXIT_CODES_BY_WEIGHT if code in codes), 0)


def _silent(notebook: str, cell: int, cells: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class _Desk:
    """What the notebooks of a run share."""

    working_folder: Path
    limits: Limits
    tell: Tell
    despite_failed_checks: bool


def _outcome(job: Job, shelf: Store, desk: _Desk) -> Outcome:
    begun = time.monotonic()
    try:
        outcome = _attempt(job, shelf, desk)
    except Exception as problem:  # the notebook or the store cannot be read: there is nowhere to write about it
        outcome = Outcome(job.notebook.name, "failed", error=_known(problem, job.notebook.name))
    return replace(outcome, seconds=time.monotonic() - begun)


def _attempt(job: Job, shelf: Store, desk: _Desk) -> Outcome:
    """Run one notebook and keep its report; on an error keep what helps to find it."""
    name, started = job.notebook.name, datetime.now(UTC)
    record = _begin(job, started)
    with shelf.building(name, record.run_id) as building:
        try:
            document = _executed(job, building, desk)
            executed = datetime.now(UTC)
            found = payloads.payloads(document)
            if not desk.despite_failed_checks:
                _refuse_failed_checks(found, name)
            record, html, notes = _page(document, record, executed)
            facts = {"schema_version": 1, "run_id": record.run_id, "notebook": name, "as_of": record.as_of}
            tables = payloads.tables(found)
            store.write_artefacts(building, html=html, kpis=payloads.kpis(found), tables=tables, facts=facts)
            place = shelf.keep(building, _complete(record, started, executed, building))
            notes = (*notes, *_note_on_latest(shelf, record))
            return Outcome(name, "succeeded", place / store.REPORT, notes=notes, checks=record.checks)
        except Exception as problem:  # whatever it is, the reader finds a page about it
            error = _known(problem, name)
            failed = _failed(record, started, error, problem.cell if isinstance(problem, CellError) else None)
            shelf.keep_failure(building, failed, catalogue.failure_page(failed, shelf.latest(name)))
            return Outcome(name, "failed", shelf.folder(name) / store.LAST_FAILURE, error)


def _executed(job: Job, building: Path, desk: _Desk) -> Any:
    name, cells = job.notebook.name, len(load(job.notebook.path).cells)
    return execute(
        job.notebook,
        building / store.NOTEBOOK,
        job.values,
        working_folder=desk.working_folder,
        limits=desk.limits,
        progress=lambda cell: desk.tell(name, cell, cells),
    )


def _known(problem: Exception, notebook: str) -> KpikitError:
    """Return a failure as a kpikit error, whatever it was."""
    if isinstance(problem, CellError):
        return problem.error
    if isinstance(problem, KpikitError):
        return problem
    error = KpikitError("no internal error", got=f"{type(problem).__name__}: {problem}", where=notebook)
    error.__cause__ = problem
    return error


def _refuse_failed_checks(found: Sequence[payloads.Payload], notebook: str) -> None:
    if payloads.status(found) != "FAIL":
        return
    said = next((str(payload["text"]) for payload in found if payload["kind"] == "quality" and payload["text"]), "")
    raise ContractError(
        "data checks without a FAIL",
        got=shorten(said.rstrip("."), 300, placeholder=" …") or "FAIL",
        fix="See kpikit check; correct the data, or publish all the same with --despite-failed-checks, "
        "which the page says.",
        where=notebook,
    )


def _note_on_latest(shelf: Store, record: Manifest) -> tuple[str, ...]:
    """Return the note that this report is not the latest, for another knows later data; nothing when it is."""
    latest = shelf.latest(record.notebook)
    if latest is None or latest.manifest.as_of <= record.as_of:
        return ()
    known_up_to = date.fromisoformat(latest.manifest.as_of) - timedelta(days=1)
    return (f"{store.LATEST} still shows the report on data up to {known_up_to}",)


def _begin(job: Job, started: datetime) -> Manifest:
    """Return the record of a run as far as it is known before the run."""
    return Manifest(
        run_id=manifest.new_run_id(started),
        notebook=job.notebook.name,
        title=job.notebook.title,
        status="failed",
        parameters=job.values,
        parameters_hash=manifest.fingerprint(job.values),
        started=started.isoformat(timespec="seconds"),
        finished=started.isoformat(timespec="seconds"),
        versions=manifest.versions(),
        code_hash=code_hash(job.notebook),
    )


def _page(document: Any, record: Manifest, executed: datetime) -> tuple[Manifest, str, tuple[str, ...]]:
    """Return the record with what the page says, the page past the gate, and the page's notes."""
    found = payloads.payloads(document)
    first = payloads.page(found, where=record.notebook)
    known = record.model_copy(
        update={
            "title": first_heading(document) or str(first["title"]),
            "business": str(first["facts"].get("business", "")),
            "period": str(first["facts"].get("period") or record.parameters.get("period", "")),
            "headline": payloads.headline(found),
            "checks": payloads.status(found),
            "as_of": payloads.as_of(first),
            "data_fingerprint": str(first["facts"].get("fingerprint", "")),
            "finished": executed.isoformat(timespec="seconds"),
            "kpis": payloads.kpis(found),
        }
    )
    page = export.export(document, known, language=str(first["facts"].get("language", "en")))
    gate.enforce([*gate.check_outputs(document), *gate.check_page(page.html)], record.notebook)
    return known, page.html, page.notes


def _complete(record: Manifest, started: datetime, executed: datetime, building: Path) -> Manifest:
    finished = datetime.now(UTC)
    return record.model_copy(
        update={
            "status": "succeeded",
            "finished": finished.isoformat(timespec="seconds"),
            "seconds": {
                "execute": round((executed - started).total_seconds(), 3),
                "publish": round((finished - executed).total_seconds(), 3),
            },
            "artefacts": manifest.artefact_hashes(building),
        }
    )


def _failed(record: Manifest, started: datetime, error: KpikitError, cell: int | None) -> Manifest:
    finished = datetime.now(UTC)
    return record.model_copy(
        update={
            "status": "failed",
            "finished": finished.isoformat(timespec="seconds"),
            "seconds": {"execute": round((finished - started).total_seconds(), 3)},
            "failure": manifest.failure(error, cell),
        }
    )
