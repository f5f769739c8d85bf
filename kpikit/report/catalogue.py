"""The catalogue of reports, the list of each one's runs, and the page that says why the newest report is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kpikit.errors import ParameterError
from kpikit.formatting import agreed, counted
from kpikit.periods import next_review
from kpikit.report import gate, history, manifest
from kpikit.report.history import Told
from kpikit.report.look import component
from kpikit.report.manifest import Manifest
from kpikit.report.store import FAILED, INDEX, LAST_FAILURE, LATEST, REPORT, Run, Store, machine_errors, replace_file
from kpikit.report.trends import Trend, trend

RUNS = "runs.html"
EARLIER_SHOWN = 12
RUNS_LISTED = 500
RUNS_READ = 24  # for the headline figure and its trend
STATUS_WORDS = {
    "PASS": ("kk-pass", "Data checks passed"),
    "REVIEW": ("kk-review", "Data need a review"),
    "FAIL": ("kk-fail", "Data checks failed"),
}


@dataclass(frozen=True)
class Entry:
    """One report in the catalogue, on the day that the catalogue was written.

    ``record`` is the newest good run's, or the failed one's where there is none; ``latest``, ``runs`` and ``failure``
    are links, empty where there is no such page.
    """

    record: Manifest
    today: date
    latest: str = ""
    runs: str = ""
    earlier: tuple[tuple[str, Manifest], ...] = ()
    failure: str = ""
    status: tuple[str, str] = ("", "")
    trend: Trend | None = None

    @property
    def known_up_to(self) -> date:
        """The last day that the latest report knows."""
        return date.fromisoformat(self.record.as_of) - timedelta(days=1)

    @property
    def freshness(self) -> str:
        """How old the data were when the catalogue was written."""
        days = (self.today - self.known_up_to).days
        return f"{counted(days, 'day')} old" if days > 0 else "of today"

    @property
    def review(self) -> date | None:
        """The day of the next review: from the data's day on, as often as the configuration says; None without one."""
        try:
            return next_review(date.fromisoformat(self.record.as_of), self.record.review_every)
        except (ParameterError, ValueError):  # no rhythm is known, or no report is there
            return None

    @property
    def overdue_days(self) -> int:
        """Days since the review was due, 0 where it is not."""
        return max(0, (self.today - self.review).days) if self.review else 0


def write_catalogue(store: Store, now: datetime | None = None) -> str:
    """Write ``index.html`` and each report's list of runs from the manifests; return the first.

    Parameters
    ----------
    store
        The folder of reports.
    now
        The moment of writing, from which ages are counted; None: now.

    Raises
    ------
    GateError
        When a page may not be published.
    """
    moment = now or datetime.now(UTC)
    entries = [_entry(store, name, moment.date()) for name in store.notebooks()]
    entries += [Entry(record, moment.date(), failure=link) for link, record in _never_made(store)]
    entries.sort(key=lambda entry: (-entry.overdue_days, bool(entry.latest)))
    html = component("catalogue.html.j2", entries=entries, written=moment, lead=_lead(entries))
    _publish(store.root / INDEX, html, INDEX)
    return html


def failure_page(record: Manifest, last_good: Run | None) -> str:
    """Return the page about a failed run: what failed in one sentence, and how old the last good report is."""
    return component(
        "failure.html.j2", record=record, last_good=last_good.manifest if last_good else None, latest=LATEST
    )


def _entry(store: Store, name: str, today: date) -> Entry:
    runs = store.runs(name)
    newest, *others = runs
    said = {run.manifest.run_id: told for run in runs[:RUNS_READ] if (told := history.read(run)) is not None}
    _write_runs(store, name, runs, list(said.values()))
    alike = [run.manifest.run_id for run in runs if history.asked(run.manifest) == history.asked(newest.manifest)]
    failed = store.folder(name) / LAST_FAILURE
    return Entry(
        record=newest.manifest,
        today=today,
        latest=f"{name}/{LATEST}",
        runs=f"{name}/{RUNS}" if others else "",
        earlier=tuple((_link(store.root, run), run.manifest) for run in others[:EARLIER_SHOWN]),
        failure=f"{name}/{LAST_FAILURE}" if failed.is_file() else "",
        status=_checks(newest.manifest),
        trend=trend([said[run_id] for run_id in alike if run_id in said]),
    )


def _write_runs(store: Store, name: str, runs: Sequence[Run], said: Sequence[Told]) -> None:
    """Write the list of a report's runs, the latest first, each with the headline figure of the newest."""
    home, newest = store.folder(name), next((told for told in said if told.kpis), None)
    values = {told.run_id: history.headline(told, newest.kpis[0].series) for told in said} if newest else {}
    rows = [
        (_link(home, run), run.manifest, values.get(run.manifest.run_id, ""), _checks(run.manifest)[1])
        for run in runs[:RUNS_LISTED]
    ]
    html = component(
        "runs.html.j2",
        rows=rows,
        left_out=len(runs) - len(rows),
        read=RUNS_READ if len(rows) > RUNS_READ else 0,
        figure=newest.title(newest.kpis[0].kpi) if newest else "",
        title=runs[0].manifest.title,
    )
    _publish(home / RUNS, html, f"{name}/{RUNS}", made_in=store.root)


def _checks(record: Manifest) -> tuple[str, str]:
    return STATUS_WORDS.get(record.checks, ("", ""))


def _publish(path: Path, html: str, name: str, made_in: Path | None = None) -> None:
    gate.enforce(gate.check_page(html), name)
    with machine_errors(path.parent):
        replace_file(path, html.encode(), made_in=made_in)


def _never_made(store: Store) -> list[tuple[str, Manifest]]:
    """Return link and record of each report whose only run failed."""
    made = set(store.notebooks())
    found = []
    for page in sorted(store.root.glob(f"*/{LAST_FAILURE}")):
        records = [manifest.load(path) for path in page.parent.glob(f"{FAILED}/*/{manifest.NAME}")]
        record = next((one for one in records if one is not None), None)
        if record is not None and page.parent.name not in made:
            found.append((f"{page.parent.name}/{LAST_FAILURE}", record))
    return found


def _lead(entries: Sequence[Entry]) -> str:
    size, overdue = len(entries), sum(entry.overdue_days > 0 for entry in entries)
    failed = sum(bool(entry.failure) for entry in entries)
    told = f"{size} case {agreed(size, 'study', 'studies')}, each with the data it knew and when it was made."
    if overdue:
        told += f" {counted(overdue, 'review')} {agreed(overdue, 'is', 'are')} overdue."
    return told + (f" The last run of {failed} {agreed(failed, 'study', 'studies')} failed." if failed else "")


def _link(base: Path, run: Run) -> str:
    return (run.folder / REPORT).relative_to(base).as_posix()
