"""What a scheduler builds on: locks, signals, retries, reruns on the same inputs, logs; with real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import COMMON, GOOD_CELLS, PAGE

from kpikit.errors import DataUnreachableError, LockedError, MachineError
from kpikit.report import locks, logs, notebooks, run
from kpikit.report.attempt import Outcome
from kpikit.report.manifest import Manifest
from kpikit.report.run import Inputs
from kpikit.report.stopping import Stop, on_signals

SLOW = "import time\ntime.sleep(60)"


def ran(tmp_path: Path, *paths: Path, **options) -> list[Outcome]:
    jobs, _ = run.plan([notebooks.read(path) for path in paths], {})
    return run.run(jobs, tmp_path / "reports", working_folder=tmp_path, **options)


def process(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kpikit", "run", *words], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for(found, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().split()[2] != "Z"


def test_a_second_holder_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    told = rf"toy.*since .* UTC \(process {os.getpid()} on"
    with locks.held(tmp_path, "toy"), pytest.raises(LockedError, match=told), locks.held(tmp_path, "toy"):
        pytest.fail("two hold one lock")
    with locks.held(tmp_path, "toy"):
        pass


def test_a_holder_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from kpikit.report import locks\n"
    code += "with locks.held(Path(sys.argv[1]), 'toy'):\n    print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid}"), locks.held(tmp_path, "toy"):
            pytest.fail("two hold one lock")
        holder.kill()
        holder.wait()
        with locks.held(tmp_path, "toy", wait_seconds=10):
            note = json.loads((tmp_path / locks.HOLDER).read_text())
            assert note["pid"] == os.getpid()
    assert not (tmp_path / locks.HOLDER).exists()


def test_a_signal_asks_to_end_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with on_signals() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
        assert (stop.asked, stop.exit_code) == (True, 143)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_at_once_and_nohup_is_honoured(tmp_path: Path) -> None:
    code = "import signal, sys, time\nfrom kpikit.report.stopping import on_signals\n"
    code += "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    code += "with on_signals() as stop:\n    print('ready', flush=True)\n    time.sleep(60)\n    time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as listening:
        assert listening.stdout.readline() == "ready\n"
        for number in (signal.SIGHUP, signal.SIGTERM):
            listening.send_signal(number)
            time.sleep(0.5)
            assert listening.poll() is None
        listening.send_signal(signal.SIGTERM)
        assert listening.wait(20) == -signal.SIGTERM


def test_events_are_lines_of_json_by_the_tenth() -> None:
    lines: list[str] = []
    events = logs.Events(lines.append)
    for cell in range(1, 101):
        events.tell("toy", cell, 100)
    found = [json.loads(line) for line in lines]
    assert [one["event"] for one in found] == ["started", *["progress"] * 9]
    assert found[0]["cells"] == 100
    lost = Outcome("toy", "failed", error=DataUnreachableError("a file", got="none"), seconds=1.23456)
    told = json.loads(logs.outcome_line(lost))
    del told["time"]
    assert told == {
        "event": "finished", "notebook": "toy", "status": "failed", "seconds": 1.235, "kind": "data not reachable",
        "exit_code": 7, "message": "expected a file; found none",
    }  # fmt: skip


def test_the_schema_in_docs_is_that_of_the_manifest() -> None:
    written = json.loads((Path(__file__).parents[1] / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
    assert written == Manifest.model_json_schema(), "write it anew: Manifest.model_json_schema()"


@pytest.mark.slow
def test_the_second_of_two_runs_of_a_report_fails_and_leaves_the_first_alone(tmp_path: Path, make_notebook) -> None:
    path = make_notebook()
    (tmp_path / "reports" / "toy").mkdir(parents=True)
    with locks.held(tmp_path / "reports" / "toy", "toy"):
        (outcome,) = ran(tmp_path, path)
    assert (outcome.status, outcome.error.exit_code, run.exit_code([outcome])) == ("failed", 6, 6)
    assert not (tmp_path / "reports" / "toy" / "last-failure.html").exists()


@pytest.mark.slow
def test_a_rerun_on_the_same_inputs_changes_nothing(tmp_path: Path, make_notebook) -> None:
    path, asked = make_notebook(), []

    def read() -> str:
        asked.append("data")
        return "ab12"  # what the toy notebook says of its data

    (first,) = ran(tmp_path, path, inputs=Inputs("c1", read))
    assert (first.status, asked) == ("succeeded", [])  # nothing to compare with: the data are not read twice
    (second,) = ran(tmp_path, path, inputs=Inputs("c1", read))
    assert (second.status, second.report, asked) == ("unchanged", first.report, ["data"])
    assert "--force" in second.notes[0]
    assert run.exit_code([second]) == 0
    for changed in (Inputs("c2", read), Inputs("c2", lambda: "other"), None):
        (again,) = ran(tmp_path, path, inputs=changed)
        assert again.status == "succeeded"
    assert len(list((tmp_path / "reports" / "toy").glob("*/*/manifest.json"))) == 4


@pytest.mark.slow
def test_failed_checks_the_day_and_files_of_parameters_are_inputs_too(tmp_path: Path, make_notebook) -> None:
    bad = 'Result("status", "quality", "Failed", "Two rows.", facts={"status": "FAIL"})'
    path = make_notebook([PAGE, bad], name="toy")
    inputs = Inputs("c", lambda: "ab12")
    (published,) = ran(tmp_path, path, inputs=inputs, despite_failed_checks=True)
    assert (published.status, published.checks) == ("succeeded", "FAIL")
    (again,) = ran(tmp_path, path, inputs=inputs, despite_failed_checks=True)
    assert again.status == "unchanged"
    (strict,) = ran(tmp_path, path, inputs=inputs)
    assert strict.error.exit_code == 2

    path = make_notebook(name="other")
    ran(tmp_path, path, inputs=Inputs("c", lambda: "ab12", ages=True))
    made = next((tmp_path / "reports" / "other").glob("*/*/manifest.json"))
    (today,) = ran(tmp_path, path, inputs=Inputs("c", lambda: "ab12", ages=True))
    assert today.status == "unchanged"
    made.write_text(made.read_text().replace('"started": "20', '"started": "19'))
    (older,) = ran(tmp_path, path, inputs=Inputs("c", lambda: "ab12", ages=True))
    assert older.status == "succeeded"

    list_of = tmp_path / "ready.csv"
    list_of.write_text("a,b\n1,2\n")
    path = make_notebook(name="ready", parameters=COMMON + '\nready: str = ""  # a file')
    jobs, _ = run.plan([notebooks.read(path)], {"ready": "ready.csv"})
    statuses = []
    for text in ("a,b\n1,2\n", "a,b\n1,2\n", "a,b\n1,3\n"):
        list_of.write_text(text)
        (one,) = run.run(jobs, tmp_path / "reports", working_folder=tmp_path, inputs=inputs)
        statuses.append(one.status)
    assert statuses == ["succeeded", "unchanged", "succeeded"]


@pytest.mark.slow
def test_what_may_pass_is_tried_again_and_what_will_not_is_not(tmp_path: Path, make_notebook) -> None:
    tries = tmp_path / "tries"
    count = f"from pathlib import Path\nn = Path({str(tries)!r})\n"
    count += "n.write_text(n.read_text() + '.' if n.exists() else '.')\n"
    lost = count + "from kpikit.errors import DataUnreachableError\n"
    lost += "if len(n.read_text()) < 3: raise DataUnreachableError('a server')"
    (outcome,) = ran(tmp_path, make_notebook([*GOOD_CELLS, lost]), retries=3)
    assert (outcome.status, len(tries.read_text())) == ("succeeded", 3)
    assert not (tmp_path / "reports" / "toy" / "last-failure.html").exists()
    tries.unlink()
    (outcome,) = ran(tmp_path, make_notebook([PAGE, count + "raise ValueError('wrong')"]), retries=3)
    assert (outcome.error.exit_code, len(tries.read_text())) == (3, 1)


@pytest.mark.slow
def test_asked_to_end_it_kills_its_kernels_and_records_the_interruption(tmp_path: Path, make_notebook) -> None:
    good, stop = make_notebook(name="toy"), Stop()
    (before,) = ran(tmp_path, good)
    latest = (tmp_path / "reports" / "toy" / "latest.html").read_bytes()
    note = tmp_path / "pid"
    make_notebook([PAGE, f"import os\nopen({str(note)!r}, 'w').write(str(os.getpid()))\n{SLOW}"], name="toy")
    other = make_notebook(name="other")

    def ask() -> None:
        wait_for(lambda: note.is_file() and note.read_text())
        stop.ask()

    threading.Thread(target=ask).start()
    began = time.monotonic()
    stopped, never = ran(tmp_path, good, other, stop=stop)
    assert time.monotonic() - began < 45
    assert (stopped.error.kind, never.error.kind) == ("interrupted", "interrupted")
    record = Manifest.model_validate_json(next((tmp_path / "reports/toy/failed").glob("*/manifest.json")).read_text())
    assert (record.status, record.failure.exit_code) == ("interrupted", 143)
    assert (tmp_path / "reports" / "toy" / "latest.html").read_bytes() == latest
    assert before.report.is_file()
    assert not alive(int(note.read_text()))


@pytest.mark.slow
def test_sigterm_ends_the_command_with_143_and_json_lines(tmp_path: Path, make_notebook) -> None:
    path = make_notebook([PAGE, SLOW])
    running = process(tmp_path, str(path), "--log-format", "json")
    wait_for(lambda: (tmp_path / "reports" / "toy" / locks.HOLDER).is_file())
    time.sleep(2)
    running.send_signal(signal.SIGTERM)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 143
    events = [json.loads(line) for line in told.splitlines()]
    assert events[-1]["kind"] == "interrupted"


@pytest.mark.slow
def test_of_eight_runs_at_once_one_works_and_seven_say_so(tmp_path: Path, make_notebook) -> None:
    path = make_notebook([*GOOD_CELLS, "import time\ntime.sleep(25)"])
    runs = [process(tmp_path, str(path), "--force") for _ in range(8)]
    codes = sorted(one.wait(timeout=180) for one in runs)
    for one in runs:
        one.stdout.close()
        one.stderr.close()
    assert codes == [0, 6, 6, 6, 6, 6, 6, 6]
    assert len(list((tmp_path / "reports" / "toy").glob("*/*/manifest.json"))) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("requires_browser")
def test_a_pdf_lies_beside_the_page_and_goes_with_the_latest(tmp_path: Path, make_notebook) -> None:
    path = make_notebook()
    (printed,) = ran(tmp_path, path, with_pdf=True, inputs=Inputs("c", lambda: "ab12"))
    made = printed.report.with_name("report.pdf").read_bytes()
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) >= 1
    assert b"/StructTreeRoot" in made  # tagged, for those who listen to it
    assert "report.pdf" in Manifest.model_validate_json(printed.report.with_name("manifest.json").read_text()).artefacts
    latest = tmp_path / "reports" / "toy" / "latest.pdf"
    assert latest.read_bytes() == made
    (unchanged,) = ran(tmp_path, path, with_pdf=True, inputs=Inputs("c", lambda: "ab12"))
    assert unchanged.status == "unchanged"
    ran(tmp_path, path)
    assert not latest.exists()  # it would show another run than latest.html
    (again,) = ran(tmp_path, path, with_pdf=True, inputs=Inputs("", lambda: "ab12"))
    assert again.status == "succeeded"  # nothing changed, but there is no PDF of it


def test_without_a_chromium_nothing_starts(tmp_path: Path, make_notebook, monkeypatch) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match=r"expected a Chromium for --pdf; found none on the PATH\. Install one"):
        ran(tmp_path, make_notebook(), with_pdf=True)
    assert not (tmp_path / "reports" / "toy").exists()


@pytest.mark.slow
def test_backfill_makes_a_report_of_each_past_period(tmp_path: Path, make_notebook) -> None:
    words = ["backfill", "--from", "2025-12", "--to", "2026-02", str(make_notebook())]
    done = subprocess.run([sys.executable, "-m", "kpikit", *words], cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    records = [json.loads(path.read_text()) for path in (tmp_path / "reports" / "toy").glob("*/*/manifest.json")]
    assert sorted(record["parameters"]["period"] for record in records) == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.slow
def test_an_earlier_report_stands_where_a_later_one_is_the_latest(tmp_path: Path, make_notebook) -> None:
    """Filling in the past twice makes nothing twice; other parameters on the same data are run anew."""
    path = make_notebook()

    def of(**values: str) -> Outcome:
        jobs, _ = run.plan([notebooks.read(path)], values)
        inputs = Inputs("c", lambda: "ab12")
        (outcome,) = run.run(jobs, tmp_path / "reports", working_folder=tmp_path, inputs=inputs)
        return outcome

    early, late = of(as_of="2026-08-01"), of(as_of="2026-09-01")
    again = of(as_of="2026-08-01")
    assert (again.status, again.report) == ("unchanged", early.report)
    assert of(as_of="2026-09-01", audience="manager").status == "succeeded"
    assert of(as_of="2026-09-01").status == "succeeded"  # latest.html showed the manager's
    assert late.status == "succeeded"
