"""From a notebook to a published report, with real kernels: one that works, and each way of failing."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path

import nbformat
import pytest
from conftest import GOOD_CELLS, PAGE, needs

from kpikit.errors import (
    ContractError,
    GateError,
    KernelDiedError,
    MachineError,
    NotebookError,
    ParameterError,
    RunTimeoutError,
)
from kpikit.report import attempt, notebooks, run, store
from kpikit.report.execute import Limits
from kpikit.report.manifest import Manifest
from kpikit.report.run import Outcome

pytestmark = pytest.mark.slow


def ran(
    tmp_path: Path, *paths: Path, limits: Limits | None = None, workers: int = 1, **values: object
) -> list[Outcome]:
    jobs, _ = run.plan([notebooks.read(path) for path in paths], values)
    return run.run(jobs, tmp_path / "reports", working_folder=tmp_path, limits=limits, workers=workers)


def test_a_good_notebook_becomes_a_report_its_files_and_a_catalogue(tmp_path: Path, make_notebook) -> None:
    told: list[tuple[str, int, int]] = []
    jobs, _ = run.plan([notebooks.read(make_notebook())], {"audience": "executive", "as_of": "2026-09-01"})
    reports = tmp_path / "reports"
    (outcome,) = run.run(jobs, reports, working_folder=tmp_path, tell=lambda *facts: told.append(facts))

    assert (outcome.status, outcome.error, outcome.notes) == ("succeeded", None, ())
    place = outcome.report.parent
    assert place.parent == reports / "toy" / "2026-09-01"
    assert sorted(path.name for path in place.iterdir()) == [
        "kpis.json",
        "manifest.json",
        "notebook.ipynb",
        "report.html",
        "tables",
    ]
    assert (reports / "toy" / "latest.html").read_bytes() == outcome.report.read_bytes()
    assert "Toy study" in (reports / "index.html").read_text()
    assert not list(reports.glob("toy/.building*"))
    assert told == [("toy", cell, 6) for cell in range(1, 7)]

    record = Manifest.model_validate_json((place / "manifest.json").read_text())
    assert record.status == "succeeded"
    assert record.parameters == {"audience": "executive", "as_of": "2026-09-01"}
    assert (record.title, record.business, record.period) == ("Toy study", "Harbor Coffee", "2026-Q3")
    assert (record.checks, record.headline) == ("PASS", "Repeat rate was 36.6 %.")
    assert record.data_fingerprint == "ab12"
    assert record.seconds["execute"] > 0
    assert set(record.artefacts) == {"kpis.json", "notebook.ipynb", "report.html", "tables/segments.csv"}
    assert record.kpis == [{"kpi": "repeat_rate", "value": 0.366, "n": 865, "definition": "1"}]
    assert json.loads((place / "kpis.json").read_text())["kpis"] == record.kpis
    assert (place / "tables" / "segments.csv").read_bytes() == (
        b"segment,change\r\n'=cmd|' /C calc'!A0,-1.5\r\nb,2.0\r\n"
    )
    assert str(tmp_path) not in (place / "notebook.ipynb").read_text()


def test_one_failure_does_not_stop_the_others(tmp_path: Path, make_notebook) -> None:
    good = make_notebook(name="good")
    bad = make_notebook([PAGE, "first = 1\nraise ValueError('two\\nlines <b>')"], name="bad")
    failed, succeeded = ran(tmp_path, bad, good, workers=2)
    assert succeeded.status == "succeeded"
    assert isinstance(failed.error, NotebookError)
    assert str(failed.error) == "bad, cell 4: expected no error; found ValueError: lines <b>"
    assert run.exit_code([failed, succeeded]) == 3
    assert failed.report == tmp_path / "reports" / "bad" / "last-failure.html"
    page = failed.report.read_text()
    assert "lines &lt;b&gt;" in page
    assert "Traceback" not in page
    (kept,) = (tmp_path / "reports" / "bad" / "failed").glob("*/manifest.json")
    record = Manifest.model_validate_json(kept.read_text())
    assert (record.status, record.failure.cell, record.failure.exit_code) == ("failed", 4, 3)
    assert str(tmp_path) not in (kept.parent / "notebook.ipynb").read_text()


@pytest.mark.parametrize(("name", "code"), [("ContractError", 2), ("DataUnreachableError", 7)])
def test_a_kpikit_error_in_the_kernel_keeps_its_class_and_its_exit_code(
    tmp_path: Path, make_notebook, name: str, code: int
) -> None:
    cell = (
        f"from kpikit.errors import {name}\nraise {name}('a customer_id', got='client', fix='Map it.', where='orders')"
    )
    (outcome,) = ran(tmp_path, make_notebook([cell]))
    assert type(outcome.error).__name__ == name
    assert str(outcome.error) == "toy, cell 3, orders: expected a customer_id; found client. Map it."
    assert run.exit_code([outcome]) == code
    assert not (tmp_path / "reports" / "index.html").exists()


def test_a_server_that_goes_away_under_a_notebook_is_data_out_of_reach(tmp_path: Path, make_notebook) -> None:
    needs("psycopg (pip install kpikit[postgres])", present=importlib.util.find_spec("psycopg") is not None)
    cell = "import psycopg\nraise psycopg.errors.AdminShutdown('terminating connection')"
    (outcome,) = ran(tmp_path, make_notebook([cell]))
    assert run.exit_code([outcome]) == 7
    assert "a server that answers to the end; found terminating connection. Run again." in str(outcome.error)


@pytest.mark.parametrize("limits", [Limits(cell_seconds=1.5), Limits(total_seconds=1.5)], ids=["cell", "total"])
def test_a_cell_that_hangs_is_stopped(tmp_path: Path, make_notebook, limits: Limits) -> None:
    hanging = make_notebook(["1", "import time\ntime.sleep(600)"])
    (outcome,) = ran(tmp_path, hanging, limits=limits)
    assert isinstance(outcome.error, RunTimeoutError)
    assert "toy, cell 4" in str(outcome.error)
    assert "within 1.5 s" in str(outcome.error)
    assert outcome.seconds < 30
    assert run.exit_code([outcome]) == 4


def test_a_kernel_that_dies_is_said_to_be_dead(tmp_path: Path, make_notebook) -> None:
    (outcome,) = ran(tmp_path, make_notebook(["import os\nos._exit(1)"]))
    assert isinstance(outcome.error, KernelDiedError)
    assert "toy, cell 3" in str(outcome.error)
    assert run.exit_code([outcome]) == 5


def test_a_refused_page_is_not_published_and_the_last_good_report_stays(tmp_path: Path, make_notebook) -> None:
    (good,) = ran(tmp_path, make_notebook())
    reports = tmp_path / "reports"
    before = {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()}
    script = 'Result("x", "text", "T", html="<script>alert(1)</script>")'
    (refused,) = ran(tmp_path, make_notebook([*GOOD_CELLS, script]))
    assert isinstance(refused.error, GateError)
    assert {path: path.read_bytes() for path in before} == before
    assert len(list(reports.glob("toy/*/*/report.html"))) == 1
    assert run.exit_code([good, refused]) == 8
    (kept,) = reports.glob("toy/failed/*/notebook.ipynb")
    cells = [cell for cell in nbformat.read(kept, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs for cell in cells), "what must not be shown is not kept either"


def test_a_warning_in_the_kernel_refuses_the_page(tmp_path: Path, make_notebook) -> None:
    warning = "import warnings\nwarnings.warn('the mean of nothing', RuntimeWarning, stacklevel=1)"
    (outcome,) = ran(tmp_path, make_notebook([*GOOD_CELLS, warning]))
    assert isinstance(outcome.error, GateError)
    assert "RuntimeWarning: the mean of nothing (cell 7)" in str(outcome.error)


def test_the_kernel_runs_in_the_working_folder_and_this_process_does_not_move(tmp_path: Path, make_notebook) -> None:
    here = Path.cwd()
    (tmp_path / "mark").touch()
    (outcome,) = ran(tmp_path, make_notebook([*GOOD_CELLS, "assert open('mark').read() == ''"]))
    assert outcome.status == "succeeded"
    assert Path.cwd() == here


def test_braces_in_a_path_are_not_parameters(tmp_path: Path, make_notebook) -> None:
    odd = tmp_path / "{as_of} {x}"
    odd.mkdir()
    path = make_notebook().replace(odd / "toy.ipynb")
    jobs, _ = run.plan([notebooks.read(path)], {})
    (outcome,) = run.run(jobs, odd / "reports", working_folder=odd)
    assert outcome.status == "succeeded"


def test_kernels_side_by_side_use_no_tcp_port_and_leave_no_sockets(tmp_path: Path, make_notebook, monkeypatch) -> None:
    sockets = Path(tempfile.mkdtemp(prefix="k"))
    monkeypatch.setattr(tempfile, "tempdir", str(sockets))
    cell = "import ipykernel\nassert ipykernel.get_connection_info(unpack=True)['transport'] == 'ipc'"
    outcomes = ran(
        tmp_path, make_notebook([*GOOD_CELLS, cell], name="a"), make_notebook([*GOOD_CELLS, cell], name="b"), workers=2
    )
    assert [outcome.status for outcome in outcomes] == ["succeeded", "succeeded"]
    assert list(sockets.glob("kk-*")) == []
    shutil.rmtree(sockets)


def test_a_long_temporary_folder_does_not_make_a_socket_too_long(tmp_path: Path, make_notebook, monkeypatch) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    (outcome,) = ran(tmp_path, make_notebook())
    assert outcome.error is None


def test_an_unwritable_folder_is_said_before_a_kernel_starts(tmp_path: Path, make_notebook, monkeypatch) -> None:
    (tmp_path / "reports").write_text("in the way")
    monkeypatch.setattr(attempt, "execute", lambda *_, **__: pytest.fail("a kernel was started"))
    with pytest.raises(MachineError):
        ran(tmp_path, make_notebook())


def test_a_disk_that_fills_up_is_a_machine_error_and_leaves_no_half_run(tmp_path, make_notebook, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    document = nbformat.v4.new_notebook()
    monkeypatch.setattr(attempt, "execute", lambda *_, **__: document)
    monkeypatch.setattr(
        attempt, "_page", lambda document, record, *_: (record.model_copy(update={"as_of": "2026-10-01"}), "", ())
    )
    monkeypatch.setattr(store, "_write_synced", full)
    (outcome,) = ran(tmp_path, make_notebook())
    assert isinstance(outcome.error, MachineError)
    assert run.exit_code([outcome]) == 1
    assert not list((tmp_path / "reports").rglob("report.html"))
    assert not list((tmp_path / "reports").glob("toy/.building*"))


def test_an_unforeseen_exception_becomes_an_internal_error(tmp_path: Path, make_notebook, monkeypatch) -> None:
    monkeypatch.setattr(attempt, "execute", lambda *_, **__: 1 / 0)
    (outcome,) = ran(tmp_path, make_notebook())
    assert run.exit_code([outcome]) == 1
    assert "ZeroDivisionError" in str(outcome.error)
    assert isinstance(outcome.error.__cause__, ZeroDivisionError)
    assert outcome.report == tmp_path / "reports" / "toy" / "last-failure.html"
    assert "ZeroDivisionError" in outcome.report.read_text()
    assert len(list(tmp_path.glob("reports/toy/failed/*/manifest.json"))) == 1


def test_the_kernel_process_says_nothing_on_the_terminal(tmp_path: Path, make_notebook, capfd) -> None:
    cell = "import os, sys\nos.write(getattr(sys.stderr, '_original_stdstream_copy', 2) or 2, b'[IPKernelApp] noise')"
    ran(tmp_path, make_notebook([*GOOD_CELLS, cell]))
    assert "noise" not in "".join(capfd.readouterr())


FAILED_CHECKS = """Result("data-quality", "quality", "Data checks failed", "Orders: 9 of 10 without customer.",
       facts={"status": "FAIL"})"""


def test_a_run_whose_data_checks_fail_is_not_published_unless_asked_for(tmp_path: Path, make_notebook) -> None:
    (good,) = ran(tmp_path, make_notebook())
    reports = tmp_path / "reports"
    before = {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()}
    book = make_notebook([PAGE, FAILED_CHECKS])
    (refused,) = ran(tmp_path, book)
    assert isinstance(refused.error, ContractError)
    assert "expected data checks without a FAIL; found Orders: 9 of 10 without customer. See" in str(refused.error)
    assert "--despite-failed-checks" in refused.error.fix
    assert run.exit_code([good, refused]) == 2
    assert {path: path.read_bytes() for path in before} == before
    assert refused.report == reports / "toy" / "last-failure.html"

    jobs, _ = run.plan([notebooks.read(book)], {})
    (asked,) = run.run(jobs, reports, working_folder=tmp_path, despite_failed_checks=True)
    assert (asked.status, asked.checks) == ("succeeded", "FAIL")
    assert "some failed: do not rely on this page yet" in asked.report.read_text()


def test_a_report_on_earlier_data_says_that_it_is_not_the_latest(tmp_path: Path, make_notebook) -> None:
    book = make_notebook()
    (newer,) = ran(tmp_path, book, as_of="2026-01-01")
    (older,) = ran(tmp_path, book, as_of="2025-07-01")
    assert newer.notes == ()
    assert older.notes == ("latest.html still shows the report on data up to 2025-12-31",)
    assert (tmp_path / "reports" / "toy" / "latest.html").read_bytes() == newer.report.read_bytes()


def test_a_value_goes_to_the_notebooks_that_declare_it(make_notebook) -> None:
    one = notebooks.read(make_notebook(name="one", parameters="weeks: int = 1"))
    two = notebooks.read(make_notebook(name="two", parameters="days: int = 1"))
    jobs, _ = run.plan([one, two], {"weeks": "3"})
    assert [job.values for job in jobs] == [{"weeks": 3}, {}]
    with pytest.raises(ParameterError, match=r"one, two: expected one of the parameters weeks \(int\), days \(int\)"):
        run.plan([one, two], {"months": "3"})


def test_a_notebook_that_lacks_a_table_is_listed_not_failed(make_notebook) -> None:
    book = notebooks.read(make_notebook(needs=["orders", "tickets"]))
    jobs, (skipped,) = run.plan([book], {}, tables=["orders"])
    assert jobs == []
    assert (skipped.status, skipped.notes) == ("skipped", ("needs the table tickets",))
    assert run.exit_code([skipped]) == 0


def test_of_several_failures_the_weightiest_code_counts() -> None:
    failures = [Outcome("a", "failed", error=kind("x")) for kind in (GateError, KernelDiedError, NotebookError)]
    assert run.exit_code(failures) == 5
    assert run.exit_code([*failures, Outcome("b", "failed", error=MachineError("x"))]) == 1
    assert run.exit_code([]) == 0
