"""The command line as a user meets it: messages, exit codes, and the last line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import COMMON, PAGE

from kpikit import cli
from kpikit.report import notebooks


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def kpikit(tmp_path: Path, monkeypatch, capsys):
    """Run the command line in a folder of its own, in this process."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["kpikit", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(int(end.value.code or 0), said.out, said.err)

    return call


def test_help_leads_a_newcomer_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, kpikit.cli as cli; sys.argv = ['kpikit', '--help']\ntry: cli.main()\nexcept SystemExit: pass\n"
        "assert not {'pandas', 'ibis', 'papermill', 'nbconvert'} & set(sys.modules), 'loaded'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for words in ("Begin with kpikit run", "kpikit init DATA", "explain", "check", "list", "8 the export gate refused"):
        assert words in said


def test_version(kpikit) -> None:
    assert kpikit("--version").out.startswith("kpikit 0.")


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "kpikit", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:9]) == (0, "kpikit 0.")


@pytest.mark.slow
def test_run_ends_with_the_page_to_open(kpikit, make_notebook) -> None:
    said = kpikit("run", make_notebook(), "-p", "audience=executive")
    assert said.code == 0
    assert said.out == "reports/index.html\n"
    assert "No kpikit.yaml: reporting on the data that come with kpikit, a simulated coffee shop" in said.err
    assert "toy: started, 6 cells" in said.err
    assert re.search(r"toy: done in \d+\.\d s, data checks: PASS, reports/toy/2026-10-01/", said.err)


@pytest.mark.slow
def test_a_failing_notebook_is_one_message_and_exit_3(kpikit, make_notebook) -> None:
    said = kpikit("run", make_notebook(["1 / 0"]))
    assert said.code == 3
    assert "toy: notebook failed: toy, cell 3: expected no error; found ZeroDivisionError: division by zero" in said.err
    assert "reports/toy/last-failure.html" in said.err
    assert said.out == ""


@pytest.mark.slow
def test_failed_data_checks_are_published_only_when_asked_for(kpikit, make_notebook) -> None:
    book = make_notebook([PAGE, 'Result("checks", "quality", "Failed", "9 of 10 bad.", facts={"status": "FAIL"})'])
    said = kpikit("run", book)
    assert said.code == 2
    assert "toy: data contract: toy: expected data checks without a FAIL; found 9 of 10 bad. See kpikit ch" in said.err
    said = kpikit("run", book, "--despite-failed-checks")
    assert said.code == 0
    assert "data checks: FAIL, reports/toy/" in said.err


@pytest.mark.slow
def test_the_configuration_sets_folder_and_kernel_folder(kpikit, make_notebook, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "mine.yaml").write_text("business: {name: Harbor Coffee}\nreport: {folder: out}\n")
    cell = "from pathlib import Path\nassert Path(config).is_file() and config == 'mine.yaml'"
    said = kpikit("run", make_notebook(["assert config", cell]), "--config", "shop/mine.yaml")
    assert said.code == 3
    assert "one result of the kind 'page'" in said.err
    assert (shop / "out" / "toy" / "last-failure.html").is_file()


def test_an_unknown_notebook_names_the_nearest(kpikit, make_notebook, monkeypatch) -> None:
    folder = make_notebook(name="cohort_retention").parent
    monkeypatch.setattr(notebooks, "folder", lambda: folder)
    said = kpikit("run", "cohort_retentoin")
    assert said.code == 2
    assert "found 'cohort_retentoin'. Did you mean 'cohort_retention'?" in said.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-p", "audiense=x"], "Did you mean 'audience'?"),
        (["-p", "weeks=twelve"], "toy, weeks: expected a whole number; found 'twelve'"),
        (["-p", "weeks"], "expected -p name=value; found 'weeks'"),
        (["-p", "x y=1"], "which is not a name"),
        (["--as-of", "30.9.2026"], "expected an ISO date such as 2026-09-30; found '30.9.2026'"),
        (["--period", "Q3"], "expected a period such as 2026, 2026-Q3"),
    ],
)
def test_a_wrong_parameter_stops_the_run_before_a_kernel_starts(kpikit, make_notebook, options, message) -> None:
    said = kpikit("run", make_notebook(parameters=f"{COMMON}\nweeks: int = 12"), *options)
    assert said.code == 2
    assert message in said.err
    assert not Path("reports").exists()


def test_a_reports_folder_that_cannot_be_written_is_exit_1(kpikit, make_notebook, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file is in the way")
    said = kpikit("run", make_notebook())
    assert said.code == 1
    assert "choose another folder with --folder" in said.err
    assert len(said.err.strip().splitlines()) == 2  # what is reported on, and the error


def test_a_misspelt_key_of_the_configuration_is_exit_2(kpikit, make_notebook, tmp_path: Path) -> None:
    (tmp_path / "kpikit.yaml").write_text("bussiness: {name: Harbor Coffee}\n")
    said = kpikit("run", make_notebook())
    assert said.code == 2
    assert "kpikit.yaml, line 1" in said.err
    assert "business" in said.err


def test_a_configuration_that_is_not_there_is_exit_7(kpikit, make_notebook) -> None:
    assert kpikit("run", make_notebook(), "--config", "other.yaml").code == 7


def orders_alone(folder: Path) -> None:
    (folder / "sales.csv").write_text("customer_id,ordered_at,amount\na,2026-01-02,5\n")
    (folder / "kpikit.yaml").write_text("tables: {orders: {from: sales.csv}}\n")


def test_a_notebook_that_lacks_a_table_is_listed_and_exit_0(kpikit, make_notebook, tmp_path: Path) -> None:
    orders_alone(tmp_path)
    said = kpikit("run", make_notebook(needs=["tickets"]))
    assert said.code == 0
    assert "toy: not run, it needs the table tickets" in said.err


def test_list_says_which_notebooks_the_data_can_feed(kpikit, make_notebook, monkeypatch, tmp_path: Path) -> None:
    orders_alone(tmp_path)
    folder = make_notebook(needs=["orders"]).parent
    make_notebook(name="desk", title="Support [desk]", needs=["tickets"])
    monkeypatch.setattr(notebooks, "folder", lambda: folder)
    lines = kpikit("list").out.splitlines()
    assert "lacks tickets" in lines[1]
    assert "Support [desk]" in lines[1]
    assert "ready" in lines[2]


def test_explain_prints_the_card(kpikit) -> None:
    said = kpikit("explain", "repeat_purchase_rate")
    assert said.code == 0
    assert "formula" in said.out


def test_the_kpi_that_the_help_of_explain_names_exists(kpikit) -> None:
    named = re.search(r"such as\W+(\w+)", kpikit("explain", "--help").out)
    assert named
    assert kpikit("explain", named[1]).code == 0


def test_explain_of_an_unknown_kpi_names_the_nearest(kpikit) -> None:
    said = kpikit("explain", "repeat_purchase_rat")
    assert said.code == 2
    assert "Did you mean 'repeat_purchase_rate'?" in said.err


def test_check_prints_every_check_of_the_embedded_data(kpikit) -> None:
    said = kpikit("check")
    assert said.code in (0, 2)
    assert any(word in said.out for word in ("PASS", "REVIEW", "FAIL"))
    assert "No kpikit.yaml: reporting on the data that come with kpikit, a simulated coffee shop" in said.err
    assert said.out.startswith("Harbor Coffee")


def test_check_with_a_fail_is_exit_2(kpikit, monkeypatch) -> None:
    import pandas as pd

    from kpikit import checks
    from kpikit.results import Result

    table = pd.DataFrame({"check": ["orders have customers"], "status": ["FAIL"]})
    failed = Result("checks", "quality", "1 of 1 checks failed", "Look at it.", table=table, facts={"status": "FAIL"})
    monkeypatch.setattr(checks, "audit", lambda data: failed)
    said = kpikit("check")
    assert said.code == 2
    assert "orders have customers" in said.out


def test_init_writes_a_configuration_that_check_can_read(kpikit, tmp_path: Path) -> None:
    rows = "\n".join(f"c{number},2026-0{number % 9 + 1}-01,{number}.5" for number in range(1, 40))
    (tmp_path / "sales.csv").write_text(f"customer_id,ordered_at,amount\n{rows}\n")
    said = kpikit("init", "sales.csv")
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == "kpikit.yaml"
    assert "kpikit check" in said.err
    assert kpikit("check").code in (0, 2)


def test_an_unforeseen_exception_is_one_line_and_exit_1(kpikit, make_notebook, monkeypatch) -> None:
    monkeypatch.setattr(notebooks, "find", lambda *_, **__: 1 / 0)
    said = kpikit("run", make_notebook())
    assert said.code == 1
    assert "internal error: ZeroDivisionError: division by zero" in said.err
    assert "--debug" in said.err


def test_debug_shows_the_traceback(make_notebook, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["kpikit", "--debug", "run", str(make_notebook()), "-p", "audiense=x"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_unknown_option_is_exit_2(kpikit) -> None:
    said = kpikit("run", "--nope")
    assert said.code == 2
    assert "--nope" in said.err


def test_list_kpis_says_what_each_needs_and_whether_it_is_there(kpikit, tmp_path: Path) -> None:
    orders_alone(tmp_path)
    lines = {
        line.split()[0]: " ".join(line.split()) for line in kpikit("list", "--kpis").out.splitlines() if line.strip()
    }
    assert lines["revenue"].endswith("sales orders ready")
    assert "lacks survey_responses" in lines["nps"]


def test_explain_knows_the_settings_of_kpikit_yaml(kpikit, tmp_path: Path) -> None:
    (tmp_path / "kpikit.yaml").write_text("kpis: {repeat_purchase_rate: {within_days: 60}}\n")
    assert "Repeat purchase within 60 days" in kpikit("explain", "repeat_purchase_rate").out


def test_a_goal_for_an_unknown_kpi_stops_a_run_before_it_starts(kpikit, tmp_path: Path) -> None:
    text = "goals:\n  - {kpi: retention, at_least: 0.5, by: 2026-12-31}\n"
    (tmp_path / "kpikit.yaml").write_text(text)
    said = kpikit("run")
    assert said.code == 2
    assert "kpikit.yaml, line 2" in said.err
    assert "Did you mean 'retention_rate'?" in said.err
