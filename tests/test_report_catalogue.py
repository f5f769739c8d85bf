"""The catalogue: what is overdue comes first, in words; how fresh; the headline figure as a line; every run linked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kpikit.errors import NotebookError
from kpikit.report import catalogue, gate, manifest, store
from kpikit.report.manifest import Manifest
from kpikit.report.store import Store

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    made = Store(tmp_path / "reports")
    made.prepare()
    return made


def keep(shelf: Store, name: str, as_of: str, share: float = 0.3, kpi: str = "repeat_rate", **facts: Any) -> None:
    run_id = f"{as_of.replace('-', '')}T080000Z-{name[:6]}"
    moment = f"{as_of}T08:00:00+00:00"
    own = {"notebook": name, "status": "succeeded", "title": name.title(), "started": moment, "finished": moment}
    record = Manifest.model_validate({**own, "run_id": run_id, "as_of": as_of, **facts})
    told = {"run_id": run_id, "notebook": name, "as_of": as_of, "period_unit": "month", "definitions": [
        {"id": "repeat_rate", "title": "Repeat <rate>", "style": "percent"}]}  # fmt: skip
    month = f"{as_of[:5]}{int(as_of[5:7]) - 1:02d}-01"
    kpis = [{"kpi": kpi, "period": month, "value": share}]
    with shelf.building(name, run_id) as building:
        store.write_artefacts(building, html="x", kpis=kpis, tables={}, facts=told)
        shelf.keep(building, record)


def fail(shelf: Store, name: str) -> None:
    error = NotebookError("no error", got="ZeroDivisionError: division by zero", where=f"{name}, cell 3")
    moment = "2026-11-21T08:00:00+00:00"
    failed = Manifest(
        run_id="20261121T080000Z-failed", notebook=name, title=name.title(), status="failed", started=moment,
        finished=moment, failure=manifest.failure(error, 3),
    )  # fmt: skip
    with shelf.building(name, failed.run_id) as building:
        shelf.keep_failure(building, failed, catalogue.failure_page(failed, shelf.latest(name)))


def entries(html: str) -> list[str]:
    """Return the words of each entry, in order."""
    found = re.findall(r"<article.*?</article>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_what_is_overdue_comes_first_and_is_said_in_words(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-11-01", review_every="quarter", checks="PASS")
    keep(shelf, "beta", "2026-08-15", review_every="quarter")  # due on 1 October
    keep(shelf, "gamma", "2026-08-15", review_every="month")  # due on 1 September
    keep(shelf, "delta", "2026-11-20")
    html = catalogue.write_catalogue(shelf, NOW)
    told = entries(html)
    assert [one.split()[0] for one in told] == ["Gamma", "Beta", "Alpha", "Delta"]
    assert "Overdue: its review was due on 1 September 2026, 82 days before this list was written" in told[0]
    assert "Next review 1 October 2026 (overdue)" in told[1]
    assert "Data known up to 31 October 2026 (22 days old)" in told[2]
    assert "Next review 1 January 2027" in told[2]
    assert "verdue" not in told[2]
    assert "eview" not in told[3]
    assert "2 reviews are overdue" in html
    assert "22 November 2026, 09:30 UTC" in html
    assert gate.check_page(html) == []


def test_a_review_is_overdue_from_the_day_after_it_was_due(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-08-15", review_every="quarter")
    due = datetime(2026, 10, 1, 23, tzinfo=UTC)
    assert "verdue" not in catalogue.write_catalogue(shelf, due)
    assert "1 day before this list was written" in catalogue.write_catalogue(shelf, due.replace(day=2))


def test_a_manifest_with_an_unknown_rhythm_has_no_review(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-08-15", review_every="fortnight")
    assert "eview" not in entries(catalogue.write_catalogue(shelf, NOW))[0]


def test_the_headline_figure_is_a_line_with_a_text(shelf: Store) -> None:
    for month, share in ((6, 0.25), (7, 0.5), (8, 0.3)):
        keep(shelf, "alpha", f"2026-0{month}-01", share)
    html = catalogue.write_catalogue(shelf, NOW)
    text = (
        "Repeat &lt;rate&gt;: from 25.0 % in 2026-05 to 30.0 % in 2026-07 over 3 values, lowest 25.0 %, highest 50.0 %"
    )
    assert f'aria-label="{text}"' in html
    assert f"<figcaption>{text}</figcaption>" in html.replace("\u00a0", " ")
    assert '<polyline points="4.0,32.0 80.0,4.0 156.0,26.4"/>' in html
    assert gate.check_page(html) == []


def test_the_line_is_of_runs_that_were_asked_the_same(shelf: Store) -> None:
    for month in (6, 7, 8, 9):
        unit = {"parameters": {"unit": "quarter" if month == 7 else "month"}}
        keep(shelf, "alpha", f"2026-0{month}-01", month / 10, **unit)
    keep(shelf, "alpha", "2026-10-01", 1.0, parameters={"unit": "month", "audience": "executive"})
    html = catalogue.write_catalogue(shelf, NOW)
    assert "from 60.0 % in 2026-05 to 100.0 % in 2026-09 over 4 values" in html


def test_two_values_are_no_line(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-06-01")
    keep(shelf, "alpha", "2026-07-01")
    assert "<svg" not in catalogue.write_catalogue(shelf, NOW)


def test_earlier_runs_are_linked_and_all_stand_on_a_page_of_their_own(shelf: Store) -> None:
    for month in (6, 7, 8):
        keep(shelf, "alpha", f"2026-0{month}-01", month / 10, checks="REVIEW")
    html = catalogue.write_catalogue(shelf, NOW)
    runs = (shelf.root / "alpha" / "runs.html").read_text()
    pages = {shelf.root: html, shelf.root / "alpha": runs}
    for home, page in pages.items():
        links = re.findall(r'href="([^"#]+)"', page)
        assert links
        assert all((home / link).is_file() for link in links)
    assert 'href="alpha/runs.html"' in html
    assert re.findall(r"<td>(\d\d\.\d)\s% in 2026-0\d</td>", runs) == ["80.0", "70.0", "60.0"]
    assert runs.count("<td>Data need a review</td>") == 3
    assert gate.check_page(runs) == []


def test_the_list_of_runs_has_one_figure_the_newest_runs_first(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-06-01", 0.6, kpi="net_promoter_score")
    keep(shelf, "alpha", "2026-07-01", 0.7)
    keep(shelf, "alpha", "2026-08-01", 0.8)
    catalogue.write_catalogue(shelf, NOW)
    runs = (shelf.root / "alpha" / "runs.html").read_text()
    assert '<th scope="col">Repeat &lt;rate&gt;</th>' in runs
    cells = [" ".join(row.split()) for row in re.findall(r"UTC</td><td>([^<]*)</td>", runs)]
    assert cells == ["80.0 % in 2026-07", "70.0 % in 2026-06", "–"]
    assert "is read from" not in runs


def test_the_list_of_runs_says_of_how_many_the_figure_is_read(shelf: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "RUNS_READ", 2)
    for month in (6, 7, 8):
        keep(shelf, "alpha", f"2026-0{month}-01", month / 10)
    catalogue.write_catalogue(shelf, NOW)
    runs = (shelf.root / "alpha" / "runs.html").read_text()
    assert "The figure is read from the newest 2 only." in runs
    assert "60.0" not in runs


def test_a_report_that_never_succeeded_and_one_that_failed_later_link_their_failure(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-11-01")
    fail(shelf, "alpha")
    fail(shelf, "beta")
    html = catalogue.write_catalogue(shelf, NOW)
    told = entries(html)
    assert "Alpha A later run failed: what happened" in told[1]
    assert told[0] == "Beta No report yet, its run failed: what happened"
    assert "The last run of 2 studies failed." in html
    links = re.findall(r'href="([^"]*last-failure.html)"', html)
    assert sorted(links) == ["alpha/last-failure.html", "beta/last-failure.html"]
    assert all((shelf.root / link).is_file() for link in links)
    assert gate.check_page(html) == []


def test_a_catalogue_without_values_or_with_broken_ones_is_written(shelf: Store) -> None:
    keep(shelf, "alpha", "2026-11-01")
    path = next(shelf.root.glob("alpha/*/*/kpis.json"))
    path.write_text("{half")
    assert "Alpha" in catalogue.write_catalogue(shelf, NOW)
    path.unlink()
    assert "Alpha" in catalogue.write_catalogue(shelf, NOW)
