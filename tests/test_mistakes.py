"""The plain mistakes through the command line: message, exit code, nothing half-written, last good report kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpikit import cli
from kpikit.errors import KpikitError

GOOD = "client,day,total\n" + "\n".join(f"c{i % 7},2024-0{1 + i % 5}-1{i % 9},{10 + i}.5" for i in range(60)) + "\n"
MISTAKES = {
    "no such file": (None, 7, ["sales.csv", "no such file"]),
    "missing column": (GOOD.replace("client", "clint"), 2, ["column 'client'", "clint, day", "mean 'clint'"]),
    "text in amount": (GOOD.replace("12.5", "twelve"), 2, ["line 4", "a number", "'twelve'", "total", "1 such row"]),
    "unparseable dates": (GOOD.replace("2024-02-11", "some day"), 2, ["line 3", "a date", "'some day'", "try_cast"]),
    "header only": ("client,day,total\n", 2, ["at least one row", "a header without rows"]),
    "empty file": ("", 2, ["a header and rows", "an empty file"]),
    "all refunds": (re.sub(r",(\d+\.5)", r",-\1", GOOD), 2, ["a positive or free line", "refunds only"]),
}  # fmt: skip
CONFIG = """\
business: {name: Harbor Coffee}
tables:
  orders:
    from: sales.csv
    columns: {customer_id: client, ordered_at: day, amount: total}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KPIKIT_HASH_KEY", "a key for tests")
    (tmp_path / "kpikit.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def kpikit(*words: str) -> tuple[int, str]:
    """Run a command as main() does: an error is its message and its exit code."""
    done = CliRunner().invoke(cli.app, list(words))
    if isinstance(done.exception, KpikitError):
        return done.exception.exit_code, str(done.exception)
    return done.exit_code, done.output


def write(folder: Path, content: str | None) -> None:
    path = folder / "sales.csv"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content, encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", MISTAKES)
def test_check_says_what_was_expected_found_and_to_do(folder: Path, name: str) -> None:
    content, code, said = MISTAKES[name]
    write(folder, content)
    before = files(folder)
    assert (found := kpikit("check"))[0] == code, found
    assert all(words in found[1] for words in said), found[1]
    assert files(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no such file", "text in amount"])
def test_run_leaves_the_last_good_report_as_it_was(folder: Path, name: str) -> None:
    write(folder, GOOD)
    assert kpikit("run", "cohort_retention")[0] == 0
    good = files(folder / "reports")
    content, code, said = MISTAKES[name]
    write(folder, content)
    found = kpikit("run", "cohort_retention")
    assert found[0] == code
    assert all(words in " ".join(found[1].split()) for words in said), found[1]
    kept = files(folder / "reports")
    del good["index.html"]  # the catalogue says that the last run failed
    assert {path: kept[path] for path in good} == good
    failure = (folder / "reports/cohort_retention/last-failure.html").read_text(encoding="utf-8")
    assert "Traceback" not in failure
    assert said[0] in failure
    write(folder, GOOD)
    assert kpikit("run", "cohort_retention")[0] == 0
    assert not (folder / "reports/cohort_retention/last-failure.html").exists()


@pytest.mark.slow
def test_one_customer_with_three_orders_makes_both_reports_and_says_what_they_are_worth(folder: Path) -> None:
    write(folder, "client,day,total\na,2024-01-05,3\na,2024-02-05,4\na,2024-03-09,5\n")
    assert kpikit("run", "--jobs", "2")[0] == 0
    page = (folder / "reports/customer_lifetime_value/latest.html").read_text(encoding="utf-8")
    assert "too little data for a model" in page
    assert "Wait for more data" in page


@pytest.mark.slow
def test_one_order_makes_the_retention_report_and_names_what_the_other_lacks(folder: Path) -> None:
    write(folder, "client,day,total\na,2024-01-05,3\n")
    code, said = kpikit("run", "--jobs", "2")
    assert code == 2
    assert "orders over at least 2 days" in said
    assert (folder / "reports/cohort_retention/latest.html").is_file()
    assert not (folder / "reports/customer_lifetime_value/latest.html").exists()


def test_a_parameter_that_is_unknown_or_of_the_wrong_type_starts_no_kernel(folder: Path) -> None:
    write(folder, GOOD)
    for words, said in ((["horizon_day=30"], "Did you mean 'horizon_days'"), (["horizon_days=soon"], "'soon'")):
        code, found = kpikit("run", "customer_lifetime_value", "-p", *words)
        assert code == 2
        assert said in found, found
    assert not (folder / "reports").exists()


def test_a_misspelt_key_names_file_line_and_nearest(folder: Path) -> None:
    (folder / "kpikit.yaml").write_text(CONFIG.replace("columns:", "colums:"), encoding="utf-8")
    code, said = kpikit("run")
    assert code == 2
    assert "kpikit.yaml, line 5" in said
    assert "columns" in said
    assert not (folder / "reports").exists()


def test_reports_that_cannot_be_written_stop_the_run_before_it_starts(folder: Path) -> None:
    write(folder, GOOD)
    (folder / "reports").write_text("a file in the way", encoding="utf-8")
    code, said = kpikit("run")
    assert code == 1, said
    assert "reports" in said
    assert (folder / "reports").read_text(encoding="utf-8") == "a file in the way"
