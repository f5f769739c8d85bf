"""Jobs of JupyterLab, through jupyter-scheduler's own API on a real server."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jupyter_servers
import nbformat
import pytest
from conftest import GOOD_CELLS, PAGE, needs, notebook
from jupyter_servers import Server

from kpikit.report import locks
from kpikit.report.gate import check_page

pytestmark = pytest.mark.slow

MANAGER = "--Scheduler.execution_manager_class=kpikit.scheduling.ReportExecutionManager"
JOB_SECONDS = 300  # on a busy machine
ENDED = ("COMPLETED", "FAILED", "STOPPED")
FAILING = (PAGE, "1 / 0")
HANGING = ("import os, time", "open('pid', 'w').write(str(os.getpid()))", "time.sleep(600)")
SHOP = """business: {name: Harbor Coffee, currency: EUR, timezone: UTC}
tables: {orders: {from: sales.csv}}
report: {folder: published}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    needs("jupyter-scheduler (pip install kpikit[schedule])", importlib.util.find_spec("jupyter_scheduler") is not None)
    root = tmp_path_factory.mktemp("root")
    shop = root / "shop"
    shop.mkdir()
    (shop / "kpikit.yaml").write_text(SHOP, encoding="utf-8")
    (shop / "sales.csv").write_text("customer_id,ordered_at,amount\nc1,2026-01-05,10\n", encoding="utf-8")
    shutil.copy(jupyter_servers.ROOT / "notebooks" / "cohort_retention.ipynb", root)
    nbformat.write(notebook(FAILING), root / "failing.ipynb")
    nbformat.write(notebook(HANGING), root / "hanging.ipynb")
    nbformat.write(notebook(GOOD_CELLS, needs=["orders"]), root / "mapped.ipynb")
    nbformat.write(notebook(GOOD_CELLS, needs=["subscriptions"]), root / "unfed.ipynb")
    with jupyter_servers.serving(root, tmp_path_factory.mktemp("home"), MANAGER) as running:
        yield running


@pytest.fixture(scope="module")
def jobs(server: Server) -> dict[str, dict[str, Any]]:
    """All jobs at once, by notebook, as they ended. One is made by a definition, as it is when its time has come."""
    weekly = request("mapped", config='"shop/kpikit.yaml"', as_of="'2026-09-01'")
    weekly |= {"schedule": "0 6 * * MON", "timezone": "Europe/Lisbon"}
    made = server.ask("scheduler/job_definitions", "POST", weekly)["job_definition_id"]
    sent = {
        "mapped": server.ask(f"scheduler/job_definitions/{made}/jobs", "POST", {})["job_id"],
        "failing": send(server, "failing"),
        "hanging": send(server, "hanging", as_off="2026-09-01"),
        "unfed": send(server, "unfed", config="shop/kpikit.yaml"),
        "cohort_retention": send(server, "cohort_retention", as_of="1998-04-01"),
    }
    return {name: ended(server, job) for name, job in sent.items()}


def request(name: str, **parameters: str) -> dict[str, Any]:
    return {
        "name": name,
        "input_uri": f"{name}.ipynb",
        "runtime_environment_name": "any",
        "output_formats": ["html", "ipynb"],
        "parameters": parameters,
    }


def send(server: Server, name: str, **parameters: str) -> str:
    return server.ask("scheduler/jobs", "POST", request(name, **parameters))["job_id"]


def ended(server: Server, job: str) -> dict[str, Any]:
    """Return the job at its end, its files brought to the folder ``jobs``."""

    def look() -> Any:
        found = server.ask(f"scheduler/jobs/{job}")  # one that has not begun is called STOPPED, too
        return found["start_time"] and found["status"] in ENDED and found

    name = until(look)["input_filename"]
    server.ask(f"scheduler/jobs/{job}/download_files")
    last = server.root / "jobs" / f"{Path(name).stem}-{job}" / name  # what is brought last
    until(lambda: last.is_file() and last.stat().st_size)
    return server.ask(f"scheduler/jobs/{job}")


def until(look: Callable[[], Any]) -> Any:
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("nothing within the time")


def file(server: Server, job: dict[str, Any], kind: str) -> str:
    """Return the content of a job's file, from where the API says it is."""
    path = next(one["file_path"] for one in job["job_files"] if one["file_format"] == kind)
    return (server.root / path).read_text(encoding="utf-8")


def test_a_job_with_parameters_ends_with_the_gated_report(server: Server, jobs: dict[str, Any]) -> None:
    job = jobs["cohort_retention"]
    assert (job["status"], job["end_time"] > job["start_time"]) == ("COMPLETED", True)
    page = file(server, job, "html")
    reports = server.root / "reports"
    assert page == (reports / "cohort_retention" / "latest.html").read_text(encoding="utf-8")
    assert check_page(page) == []
    (record,) = (reports / "cohort_retention" / "1998-04-01").glob("*/manifest.json")
    assert json.loads(record.read_text(encoding="utf-8"))["parameters"] == {"as_of": "1998-04-01"}
    assert job["status_message"] == str(record.with_name("report.html"))
    assert "cohort_retention" in (reports / "index.html").read_text(encoding="utf-8")


def test_a_definition_makes_jobs_and_quotes_are_no_part_of_a_text(server: Server, jobs: dict[str, Any]) -> None:
    assert jobs["mapped"]["status"] == "COMPLETED"
    reports = server.root / "shop" / "published" / "mapped"  # where the configuration says
    (record,) = reports.glob("2026-09-01/*/manifest.json")
    assert json.loads(record.read_text(encoding="utf-8"))["parameters"] == {
        "config": "kpikit.yaml",
        "as_of": "2026-09-01",
    }
    assert file(server, jobs["mapped"], "html") == (reports / "latest.html").read_text(encoding="utf-8")


def test_a_job_whose_notebook_fails_is_failed_in_one_sentence(server: Server, jobs: dict[str, Any]) -> None:
    job = jobs["failing"]
    assert job["status"] == "FAILED"
    assert job["status_message"] == "failing, cell 4: expected no error; found ZeroDivisionError: division by zero"
    page = file(server, job, "html")
    assert "division by zero" in page
    assert "Traceback" not in page
    executed = nbformat.reads(file(server, job, "ipynb"), as_version=4)
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    assert "ZeroDivisionError" in [output.get("ename") for output in outputs]
    assert not (server.root / "reports" / "failing" / "latest.html").exists()


def test_what_is_wrong_with_a_job_is_said_before_a_kernel_starts(server: Server, jobs: dict[str, Any]) -> None:
    assert jobs["hanging"]["status"] == "FAILED"
    assert "found 'as_off'. Did you mean 'as_of'?" in jobs["hanging"]["status_message"]
    assert jobs["unfed"]["status"] == "FAILED"
    assert "it needs the table subscriptions" in jobs["unfed"]["status_message"]


def test_a_job_that_is_stopped_leaves_no_kernel_and_no_lock(server: Server, jobs: dict[str, Any]) -> None:
    job = send(server, "hanging")
    pid = until(lambda: (path := server.root / "pid").is_file() and path.read_text())
    assert alive(pid)
    server.ask(f"scheduler/jobs/{job}", "PATCH", {"status": "STOPPED"})
    assert ended(server, job)["status"] == "STOPPED"
    until(lambda: not alive(pid))
    with locks.held(server.root / "reports" / "hanging", "hanging"):
        pass


def alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True
