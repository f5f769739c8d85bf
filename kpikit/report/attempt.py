"""One notebook from kernel to kept report: executed, exported, past the gate, stored; or the record of its failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import shorten
from traceback import format_exception
from typing import Any, Literal

from kpikit.errors import ContractError, GateError, KpikitError, TerminatedError
from kpikit.report import catalogue, changes, disclosure, export, gate, history, ledger, manifest, payloads, pdf, store
from kpikit.report.execute import CellError, Limits, execute
from kpikit.report.manifest import Manifest
from kpikit.report.notebooks import Notebook, code_hash, first_heading, load
from kpikit.report.stopping import Stop
from kpikit.report.store import Store
from kpikit.report.warm import Forks

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
    status: Literal["succeeded", "unchanged", "failed", "skipped"]
    report: Path | None = None
    error: KpikitError | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    checks: str = ""  # PASS, REVIEW or FAIL, where the page shows data checks


@dataclass(frozen=True)
class Desk:
    """What the notebooks of a run share."""

    working_folder: Path
    limits: Limits
    tell: Tell
    despite_failed_checks: bool
    stop: Stop
    retries: int = 0
    config_fingerprint: str = ""
    with_pdf: bool = False
    forks: Forks | None = None


def attempt(job: Job, shelf: Store, desk: Desk) -> Outcome:
    """Run one notebook and keep its report; on an error keep what helps to find it."""
    name, started = job.notebook.name, datetime.now(UTC)
    record, secrets = begin(job, started, desk), disclosure.secrets_of(job.values, desk.working_folder)
    with shelf.building(name, record.run_id) as building:
        try:
            document = _executed(job, building, desk, ledger.earlier(shelf, record))
            executed = datetime.now(UTC)
            found = payloads.payloads(document)
            if not desk.despite_failed_checks:
                _refuse_failed_checks(found, name)
            record, page = _page(document, record, executed, shelf, secrets)
            facts, tables = history.facts(found, record), payloads.tables(found)
            store.write_artefacts(
                building, html=page.html, whole=page.whole, kpis=payloads.kpis(found), tables=tables, facts=facts
            )
            if desk.with_pdf:
                pdf.print_page(building / store.REPORT, building / store.PDF)
            place = shelf.keep(building, _complete(record, started, executed, building))
            notes = (*page.notes, *_note_on_latest(shelf, record))
            return Outcome(name, "succeeded", place / store.REPORT, notes=notes, checks=record.checks)
        except Exception as problem:  # whatever it is, the reader finds a page about it
            error = _without(terminated(name) if desk.stop.asked else known(problem, name), secrets)
            disclosure.redact_file(building / store.NOTEBOOK, secrets)
            if isinstance(error, GateError):  # what must not be shown must not be kept to be sent around either
                disclosure.clear_outputs(building / store.NOTEBOOK)
            failed = _failed(record, started, error, problem.cell if isinstance(problem, CellError) else None)
            shelf.keep_failure(building, failed, catalogue.failure_page(failed, shelf.latest(name)))
            return Outcome(name, "failed", shelf.folder(name) / store.LAST_FAILURE, error)


def _without(error: KpikitError, secrets: Collection[str]) -> KpikitError:
    """Return an error without secrets; where one stood, without what caused it too: a driver repeats the address."""
    said = "".join(format_exception(error))
    if disclosure.redacted(said, secrets) == said:
        return error
    facts = (error.expected, error.got, error.fix, error.where)
    expected, got, fix, where = (disclosure.redacted(fact, secrets) for fact in facts)
    return type(error)(expected, got=got, fix=fix, where=where)


def terminated(notebook: str) -> TerminatedError:
    """Return the error of a notebook that was running, or waiting, when the run was asked to end."""
    return TerminatedError(
        "to run to the end", got="a signal to end", fix="Run again: nothing of it was published.", where=notebook
    )


def _executed(job: Job, building: Path, desk: Desk, earlier: list[dict[str, Any]]) -> Any:
    name, cells = job.notebook.name, len(load(job.notebook.path).cells)
    with ledger.handed(earlier, building) as environment:
        return execute(
            job.notebook,
            building / store.NOTEBOOK,
            job.values,
            working_folder=desk.working_folder,
            limits=desk.limits,
            progress=lambda cell: desk.tell(name, cell, cells),
            forks=desk.forks,
            environment=environment,
        )


def known(problem: Exception, notebook: str) -> KpikitError:
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


def begin(job: Job, started: datetime, desk: Desk) -> Manifest:
    """Return the record of a run as far as it is known before the run."""
    return Manifest(
        run_id=manifest.new_run_id(started),
        notebook=job.notebook.name,
        title=job.notebook.title,
        status="failed",
        parameters=job.values,
        parameters_hash=manifest.fingerprint(job.values),
        files=manifest.file_hashes(job.values, desk.working_folder),
        started=started.isoformat(timespec="seconds"),
        finished=started.isoformat(timespec="seconds"),
        versions=manifest.versions(),
        code_hash=code_hash(job.notebook),
        config_fingerprint=desk.config_fingerprint,
    )


def _page(
    document: Any, record: Manifest, executed: datetime, shelf: Store, secrets: Collection[str]
) -> tuple[Manifest, export.Page]:
    """Return the record with what the page says, and the page, past the gate."""
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
            "review_every": str(first["facts"].get("review_every", "")),
            "finished": executed.isoformat(timespec="seconds"),
            "kpis": payloads.kpis(found),
        }
    )
    since = changes.since(found, known, shelf)
    known = known.model_copy(update={"compared_with": since.compared_with})
    longer = changes.with_section(document, since)
    page = export.export(longer, known, language=str(first["facts"].get("language", "en")))
    pages = [html for html in (page.html, page.whole) if html]
    findings = [*gate.check_outputs(document), *(finding for html in pages for finding in gate.check_page(html))]
    for html in pages:
        findings += disclosure.check_disclosure(document, payloads.payloads(longer), html, secrets)
    gate.enforce(findings, record.notebook)
    return known, page


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
            "status": "interrupted" if isinstance(error, TerminatedError) else "failed",
            "finished": finished.isoformat(timespec="seconds"),
            "seconds": {"execute": round((finished - started).total_seconds(), 3)},
            "failure": manifest.failure(error, cell),
        }
    )
