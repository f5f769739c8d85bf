"""The catalogue of reports, and the page that says why the newest report is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kpikit.report import gate
from kpikit.report.look import component
from kpikit.report.manifest import Manifest
from kpikit.report.store import INDEX, LAST_FAILURE, LATEST, REPORT, Run, Store, machine_errors, replace_file

EARLIER_SHOWN = 12
STATUS_WORDS = {
    "PASS": ("kk-pass", "Data checks passed"),
    "REVIEW": ("kk-review", "Data need a review"),
    "FAIL": ("kk-fail", "Data checks failed"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue: the latest run of a notebook, and links to it and to earlier ones."""

    record: Manifest
    latest: str
    earlier: tuple[tuple[str, Manifest], ...]
    failure: str
    status: tuple[str, str]

    @property
    def known_up_to(self) -> date:
        """The last day that the latest report knows."""
        return date.fromisoformat(self.record.as_of) - timedelta(days=1)


def write_catalogue(store: Store) -> str:
    """Write ``index.html`` from the manifests and return it.

    Raises
    ------
    GateError
        When the page may not be published.
    """
    entries = [_entry(store, name) for name in store.notebooks()]
    html = component("catalogue.html.j2", entries=entries)
    gate.enforce(gate.check_page(html), INDEX)
    with machine_errors(store.root):
        replace_file(store.root / INDEX, html.encode())
    return html


def failure_page(record: Manifest, last_good: Run | None) -> str:
    """Return the page about a failed run: what failed in one sentence, and how old the last good report is."""
    return component(
        "failure.html.j2", record=record, last_good=last_good.manifest if last_good else None, latest=LATEST
    )


def _entry(store: Store, name: str) -> Entry:
    newest, *others = store.runs(name)
    links = tuple((_link(store, run), run.manifest) for run in others[:EARLIER_SHOWN])
    failed = store.folder(name) / LAST_FAILURE
    return Entry(
        record=newest.manifest,
        latest=f"{name}/{LATEST}",
        earlier=links,
        failure=f"{name}/{LAST_FAILURE}" if failed.is_file() else "",
        status=STATUS_WORDS.get(newest.manifest.checks, ("", "")),
    )


def _link(store: Store, run: Run) -> str:
    return (run.folder / REPORT).relative_to(store.root).as_posix()
