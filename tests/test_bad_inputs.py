"""Every bad input is answered: read with a repair that is told, or refused with what was expected, found and to do."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bad_inputs import CASES, FAMILIES
from bad_inputs.case import CONFIG, GOOD, Case, Content
from bad_inputs.page import page
from conftest import COMMON, GOOD_CELLS, notebook
from typer.testing import CliRunner

from kpikit import checks, cli, sources
from kpikit.errors import KpikitError

SECONDS = 30
TITLES = {"PASS": "Data checks passed", "REVIEW": "some need a review", "FAIL": "Data checks failed"}
LAST_GOOD = {
    "reports/index.html": "the catalogue",
    "reports/toy/latest.html": "the last good page",
    "reports/toy/2024-05-19/run-1/report.html": "the last good page",
    "reports/toy/2024-05-19/run-1/manifest.json": '{"status": "succeeded"}',
}
LOADED = """import pandas as pd
import kpikit as kk
from kpikit.results import Result
data = kk.load(config, as_of=as_of, period=period, audience=audience)
data"""
IN_A_PROCESS = [
    "an empty file",
    "a gzip file cut off",
    "anchors that multiply (a billion laughs)",
    "a picture for init",
]
RUN = ["no such file", "text in amounts", "two currencies", "a Parquet file cut off", "too little memory for the file"]

BOTH = ("cohort_retention", "customer_lifetime_value")


def write(folder: Path, files: dict[str, Content]) -> None:
    for name, content in files.items():
        made = content() if callable(content) else content
        if made is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.encode() if isinstance(made, str) else made)


def given(case: Case) -> dict[str, Content]:
    return {"sales.csv": case.sales, "kpikit.yaml": case.config, **case.also}


def files(folder: Path) -> dict[str, bytes]:
    """Return every file and folder below, with its bytes; pipes have none."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer in {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def kpikit(*words: str) -> tuple[int, str]:
    """Run a command as main() does: an error is its message and its exit code; any other exception fails the test."""
    with at_most(SECONDS):
        done = CliRunner().invoke(cli.app, list(words))
    if isinstance(done.exception, KpikitError):
        return done.exception.exit_code, str(done.exception)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a toy notebook and the last good reports, and a folder of its own for temporary files."""
    home, temporary = tmp_path / "shop", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("KPIKIT_HASH_KEY", "a key for tests")
    write(home, dict(LAST_GOOD))
    (home / "notebooks").mkdir()
    nbformat.write(notebook(GOOD_CELLS, f"{COMMON}\nweeks: int = 12"), home / "notebooks" / "toy.ipynb")
    return home


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command loads and audits, to be looked at behind it."""
    found: dict[str, Any] = {}
    load, audit = sources.load, checks.audit
    monkeypatch.setattr(sources, "load", lambda *words, **more: found.setdefault("data", load(*words, **more)))
    monkeypatch.setattr(checks, "audit", lambda data: found.setdefault("audit", audit(data)))
    return found


def value(data: sources.Data, sql: str, table: str = "orders") -> object:
    return data.tables[table].get_backend().raw_sql(f"SELECT {sql} FROM {table}").fetchone()[0]


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_is_answered_and_changes_nothing(
    folder: Path, kept: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    case = CASES[name]
    write(folder, given(case))
    for variable, text in case.env.items():
        monkeypatch.setenv(variable, text)
    with case.setting(folder) if case.setting else nullcontext():
        before = files(folder)
        code, said = kpikit(*case.command)
        after = files(folder)
    assert code == case.code, said
    assert "Traceback" not in said
    assert after == before
    assert not files(folder.parent / "temporary")
    if case.grade:
        assert TITLES[case.grade] in said
        table = kept["audit"].table
        judged = "\n".join(f"{row.table}, {row.check}: {row.seen}. {row.do}" for row in table.itertuples())
        for words in (*case.seen, case.do):
            assert words in judged + kept["audit"].text
        for sql, wanted in case.reads.items():
            wanted, *elsewhere = wanted if isinstance(wanted, tuple) else (wanted,)
            assert value(kept["data"], sql, *elsewhere) == wanted
    else:
        for words in (f"expected {case.expected}", case.found, case.fix, case.where):
            assert words in said
        assert len(said) < 1500


def test_the_catalogue_is_whole() -> None:
    every = [case for cases in FAMILIES.values() for case in cases]
    assert len(every) == len(CASES) >= 100
    assert all(len(cases) >= 10 for cases in FAMILIES.values())
    for case in every:
        if case.grade:
            assert (case.code == 2) == (case.grade == "FAIL"), case.name
            assert case.seen or case.reads, f"{case.name}: nothing shows how it was read"
        else:
            assert case.code, case.name
            assert case.expected, case.name
            assert case.found, case.name


def test_the_page_about_bad_inputs_is_the_catalogue() -> None:
    written = Path(__file__).parents[1] / "docs" / "bad-inputs.md"
    how = "write it anew: PYTHONPATH=tests .venv/bin/python -m bad_inputs.page > docs/bad-inputs.md"
    assert written.read_text(encoding="utf-8") == page(), how


@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_the_command_itself_ends_with_one_message(folder: Path, name: str) -> None:
    case = CASES[name]
    write(folder, given(case))
    before = files(folder)
    done = subprocess.run(
        [sys.executable, "-m", "kpikit", *case.command],
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
        check=False,
    )
    assert done.returncode == case.code
    assert done.stdout == ""
    assert done.stderr.startswith("kpikit: ")
    assert case.fix in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert files(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_a_run_on_a_bad_input_leaves_the_last_good_report(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for path in ("reports/toy/2024-05-19/run-1/manifest.json", "reports/index.html"):
        (folder / path).unlink()
    case = CASES[name]
    nbformat.write(notebook([LOADED, *GOOD_CELLS[1:]]), folder / "notebooks" / "toy.ipynb")
    write(folder, {"sales.csv": GOOD, "kpikit.yaml": CONFIG})
    assert kpikit("run", "notebooks/toy.ipynb")[0] == 0
    good = files(folder / "reports")
    (folder / "sales.csv").unlink()
    write(folder, given(case))
    with monkeypatch.context() as set_for_it:
        for variable, text in case.env.items():
            set_for_it.setenv(variable, text)
        code, said = kpikit("run", "notebooks/toy.ipynb")
    assert code == case.code, said
    assert all(words in " ".join(said.split()) for words in (case.expected, case.fix))
    assert "Traceback" not in said
    left = files(folder / "reports")
    del good["index.html"]  # the catalogue says that the last run failed
    assert {path: left[path] for path in good} == good
    failure = left["toy/last-failure.html"].decode()
    assert "Traceback" not in failure
    assert case.expected in failure
    write(folder, {"sales.csv": GOOD, "kpikit.yaml": CONFIG})
    assert kpikit("run", "notebooks/toy.ipynb")[0] == 0
    assert not (folder / "reports/toy/last-failure.html").exists()


@pytest.mark.slow
def test_one_customer_with_three_orders_makes_both_reports_and_says_what_they_are_worth(folder: Path) -> None:
    write(
        folder,
        {"sales.csv": "client,day,total\na,2024-01-05,3\na,2024-02-05,4\na,2024-03-09,5\n", "kpikit.yaml": CONFIG},
    )
    assert kpikit("run", *BOTH, "--jobs", "2")[0] == 0
    page = (folder / "reports/customer_lifetime_value/latest.html").read_text(encoding="utf-8")
    assert "too little data for a model" in page
    assert "Wait for more data" in page


@pytest.mark.slow
def test_one_order_makes_the_retention_report_and_names_what_the_other_lacks(folder: Path) -> None:
    write(folder, {"sales.csv": "client,day,total\na,2024-01-05,3\n", "kpikit.yaml": CONFIG})
    code, said = kpikit("run", *BOTH, "--jobs", "2")
    assert code == 2
    assert "orders over at least 2 days" in said
    assert (folder / "reports/cohort_retention/latest.html").is_file()
    assert not (folder / "reports/customer_lifetime_value/latest.html").exists()


def test_a_message_gives_its_line_whatever_stands_above(folder: Path) -> None:
    rows = [f"c{number},2024-01-05,{number}" for number in range(500)]
    for place in (0, 7, 499):
        wrong = [*rows[:place], "x,2024-01-05,ten", *rows[place:]]
        write(folder, {"sales.csv": "client,day,total\n" + "\n".join(wrong) + "\n", "kpikit.yaml": CONFIG})
        said = kpikit("check")[1]
        assert re.search(rf"sales\.csv, line {place + 2}: expected a number", said)
