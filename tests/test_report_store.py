"""A run appears whole or not at all, and the last good report survives any failure."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.errors import MachineError, NotebookError
from kpikit.report import catalogue, gate, manifest, store
from kpikit.report.manifest import Manifest
from kpikit.report.store import Store
from kpikit.spreadsheets import FORMULA_STARTS, csv_text


def record(run_id: str, as_of: str = "2026-10-01", **facts: Any) -> Manifest:
    moment = f"2026-11-0{run_id[-1]}T08:00:00+00:00"
    given = {"notebook": "toy", "status": "succeeded", "title": "Toy study", "started": moment, "finished": moment}
    return Manifest(run_id=run_id, as_of=as_of, **{**given, **facts})


def keep(shelf: Store, run_id: str, as_of: str = "2026-10-01", html: str = "", **facts: Any) -> Path:
    made = record(run_id, as_of, **facts)
    with shelf.building("toy", run_id) as building:
        table = {"columns": ["segment"], "rows": [["=1+1"]]}
        store.write_artefacts(building, html=html or run_id, kpis=[], tables={"By segment": table}, facts={})
        return shelf.keep(building, made.model_copy(update={"artefacts": manifest.artefact_hashes(building)}))


def fail(shelf: Store, run_id: str) -> Manifest:
    error = NotebookError("no error", got="<b>ZeroDivisionError</b>: division by zero", where="toy, cell 3")
    failed = record(run_id, "", status="failed", failure=manifest.failure(error, 3))
    with shelf.building("toy", run_id) as building:
        (building / store.NOTEBOOK).write_text("{}")
        shelf.keep_failure(building, failed, catalogue.failure_page(failed, shelf.latest("toy")))
    return failed


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    made = Store(tmp_path / "reports")
    made.prepare()
    return made


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_lies_where_the_contract_says(shelf: Store) -> None:
    keep(shelf, "run1")
    home = "toy/2026-10-01/run1"
    names = {f"{home}/{name}" for name in ("report.html", "kpis.json", "manifest.json", "tables/by-segment.csv")}
    assert set(everything(shelf.root)) == {*names, "toy/latest.html"}
    kept = shelf.runs("toy")[0].manifest
    assert set(kept.artefacts) == {"report.html", "kpis.json", "tables/by-segment.csv"}


def test_latest_is_not_replaced_by_a_run_that_knew_less(shelf: Store) -> None:
    latest = shelf.folder("toy") / store.LATEST
    keep(shelf, "run1", "2026-10-01")
    keep(shelf, "run2", "2026-09-01")
    assert latest.read_text() == "run1"
    keep(shelf, "run3", "2026-10-01")
    assert latest.read_text() == "run3"
    keep(shelf, "run4", "2026-11-01")
    assert latest.read_text() == "run4"
    assert [run.manifest.run_id for run in shelf.runs("toy")] == ["run4", "run3", "run1", "run2"]


def test_a_failure_leaves_the_last_good_report_byte_for_byte(shelf: Store) -> None:
    keep(shelf, "run1")
    catalogue.write_catalogue(shelf)
    before = everything(shelf.root)
    fail(shelf, "run2")
    after = everything(shelf.root)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {
        "toy/last-failure.html",
        "toy/failed/run2/manifest.json",
        "toy/failed/run2/notebook.ipynb",
    }


def test_the_failure_page_says_what_failed_and_how_old_the_last_good_report_is(shelf: Store) -> None:
    keep(shelf, "run1")
    fail(shelf, "run2")
    html = (shelf.folder("toy") / store.LAST_FAILURE).read_text()
    assert "toy, cell 3" in html
    assert "&lt;b&gt;ZeroDivisionError" in html
    assert "1 November 2026, 08:00 UTC" in html
    assert "Traceback" not in html
    assert gate.check_page(html) == []


def test_the_next_success_removes_the_failure(shelf: Store) -> None:
    fail(shelf, "run1")
    assert "There is no good report yet" in (shelf.folder("toy") / store.LAST_FAILURE).read_text()
    keep(shelf, "run2")
    assert not (shelf.folder("toy") / store.LAST_FAILURE).exists()
    assert not (shelf.folder("toy") / store.FAILED).exists()


def test_only_the_newest_failure_is_kept(shelf: Store) -> None:
    fail(shelf, "run1")
    fail(shelf, "run2")
    assert [path.name for path in (shelf.folder("toy") / store.FAILED).iterdir()] == ["run2"]


@pytest.mark.parametrize("step", ["_write_synced", "replace_file"])
def test_killed_between_two_steps_nothing_is_half_there(shelf: Store, monkeypatch, step: str) -> None:
    keep(shelf, "run1")
    before = everything(shelf.root)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, step, killed)
    with pytest.raises(KeyboardInterrupt):
        keep(shelf, "run2")
    after = everything(shelf.root)
    assert {name: after[name] for name in before} == before
    new = {name.rsplit("/", 1)[1] for name in set(after) - set(before) if "/tables/" not in name}
    assert new in (set(), {"report.html", "kpis.json", "manifest.json"})


def test_what_a_killed_run_left_is_no_run_and_is_swept_by_the_next(shelf: Store) -> None:
    keep(shelf, "run1")
    left = shelf.folder("toy") / f"{store.BUILDING}run0"
    left.mkdir()
    (left / manifest.NAME).write_text(record("run0").text())
    (left / store.REPORT).write_text("x")
    assert [run.manifest.run_id for run in shelf.runs("toy")] == ["run1"]
    half = shelf.folder("toy") / f"{store.NEW}half"
    half.write_text("x")
    keep(shelf, "run2")
    assert not left.exists()
    assert not half.exists()


def test_a_folder_without_its_manifest_or_with_a_broken_one_is_no_run(shelf: Store) -> None:
    place = keep(shelf, "run1")
    (place / manifest.NAME).write_text('{"run_id": "run1"')
    assert shelf.runs("toy") == []
    assert shelf.notebooks() == []


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "latest.html"
    store.replace_file(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match="no space left on device"), store.machine_errors(tmp_path):
        store.replace_file(path, b"new")
    assert everything(tmp_path) == {"latest.html": b"old"}


def test_a_file_where_the_folder_should_be_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(MachineError, match="choose another folder with --folder") as refusal:
        Store(tmp_path / "reports").prepare()
    assert refusal.value.exit_code == 1


def test_a_full_disk_is_said_before_anything_runs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(store, "NEEDED_BYTES", 10**18)
    with pytest.raises(MachineError, match="MB free on the disk"):
        Store(tmp_path).prepare()


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n@A1",
        "\u00a0\u3000+1",
        "\uff1d1",
        " \uff0b1",
        "\uff0d1",
        "\uff20A1",
        "\ufeff=1",
    ],
)
def test_a_formula_in_a_text_is_made_inert(text: str) -> None:
    (header, row) = csv.reader(io.StringIO(csv_text([text], [[text]]), newline=""))
    assert header == row
    assert row == [f"'{text}"]


def test_numbers_stay_numbers_and_the_unknown_is_empty() -> None:
    assert csv_text(["a"], [["a;=1+1"], ["b\t @x"], ["c; 3-1"]]) == "a\r\na;'=1+1\r\nb\t' @x\r\nc; 3-1\r\n"
    assert csv_text(["a", "b", "c"], [[-1.5, None, True]]) == "a,b,c\r\n-1.5,,True\r\n"


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=4))
def test_no_cell_of_any_text_starts_a_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline="")))[1:]
    assert len(read) == len(rows)
    assert not any(cell.lstrip().startswith(FORMULA_STARTS) for row in read for cell in row)


def test_the_catalogue_names_every_report_in_words(shelf: Store) -> None:
    keep(shelf, "run1", "2026-09-01")
    hostile = "<script>alert(1)</script>"
    keep(shelf, "run2", business=hostile, headline="Repeat rate was 36.6 %.", checks="REVIEW")
    html = catalogue.write_catalogue(shelf)
    assert (shelf.root / store.INDEX).read_text() == html
    for words in (
        "Toy study",
        "Repeat rate was 36.6\u00a0%.",
        "Data need a review",
        "30 September 2026",
        "toy/latest.html",
    ):
        assert words in html
    assert "toy/2026-09-01/run1/report.html" in html
    assert "<script>" not in html
    assert gate.check_page(html) == []


def test_the_catalogue_says_that_a_later_run_failed(shelf: Store) -> None:
    keep(shelf, "run1")
    fail(shelf, "run2")
    assert "toy/last-failure.html" in catalogue.write_catalogue(shelf)


def test_a_notebook_name_cannot_leave_the_folder(shelf: Store) -> None:
    assert shelf.folder("../../etc") == shelf.root / "etc"


def test_run_ids_sort_by_time_and_differ() -> None:
    from datetime import UTC, datetime

    early = manifest.new_run_id(datetime(2026, 1, 2, tzinfo=UTC))
    late = manifest.new_run_id(datetime(2026, 1, 3, tzinfo=UTC))
    assert early < late
    assert manifest.new_run_id(datetime(2026, 1, 2, tzinfo=UTC)) != early


def test_a_list_made_without_the_lock_leaves_nothing_for_a_run_to_sweep(shelf: Store, monkeypatch) -> None:
    for run_id in ("run1", "run2"):
        keep(shelf, run_id)
    made = []
    original = os.replace
    monkeypatch.setattr(Path, "replace", lambda self, target: (made.append(self), original(self, target))[1])
    catalogue.write_catalogue(shelf)
    assert (shelf.root / "toy" / "runs.html").is_file()
    assert {path.parent for path in made} == {shelf.root}


def test_failures_that_go_while_others_look_hide_no_run(shelf: Store, monkeypatch) -> None:
    keep(shelf, "run1")
    fail(shelf, "run2")
    original = os.scandir

    def scandir(path: Any = ".") -> Any:
        if Path(path).name == "failed":
            raise FileNotFoundError(path)
        return original(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert [found.manifest.run_id for found in shelf.runs("toy")] == ["run1"]
