"""The benchmarks still run, compare what they say they compare, and write the page they say they write."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest

from benchmarks import cohorts, histories, kpis, page, run, scale
from benchmarks.measuring import DidNotFinishError, Measured, alternately, measure, size_of
from benchmarks.orders import orders_file, write
from benchmarks.table import Row, compare, line, markdown
from kpikit.metrics import KPIS

TINY = 0.0002  # 2,000 orders


def test_orders_are_the_same_each_time_skewed_and_in_order_of_time(tmp_path: Path) -> None:
    one, two = (pd.read_parquet(write(tmp_path / f"{name}.parquet", 20_000)) for name in "ab")
    assert one.equals(two)
    assert one.ordered_at.is_monotonic_increasing
    assert (one.amount > 0).all()
    per_customer = one.customer_id.value_counts()
    assert per_customer.median() <= 10 < 100 < per_customer.max()
    assert one.customer_id.str.fullmatch(r"c\d{7}").all()


@pytest.fixture
def mostly_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run steps in this process, which is quicker; lifetimes keeps its own, since it changes options and filters."""

    def measure_here(step: str, arguments: dict[str, str]) -> Measured:
        if "lifetimes" in step:
            return measure(step, arguments)
        module, function = step.split(":")
        answer = getattr(run.import_module(f"benchmarks.{module}"), function)(**arguments)()
        return Measured(1, 100, 0, answer.to_pandas() if hasattr(answer, "to_pandas") else answer)

    monkeypatch.setattr("benchmarks.measuring.measure", measure_here)


@pytest.mark.usefixtures("mostly_here")
def test_histories_are_equal_to_those_of_lifetimes() -> None:
    found = histories.rows(TINY, rounds=1)
    assert [row.size for row in found] == [2_000] * 4
    assert all("customers equal, money to" in row.agreement for row in found)
    assert all(row.ratio and row.memory_ratio for row in found)


@pytest.mark.usefixtures("mostly_here")
def test_cohort_table_is_equal_to_that_of_pandas_and_to_the_scan() -> None:
    against_pandas, against_scan = cohorts.rows(TINY, rounds=1)
    assert against_pandas.agreement.endswith("cells equal")
    assert against_scan.agreement.endswith("customer-months in both")


def test_unequal_results_are_seen() -> None:
    ours = pd.DataFrame({"customer_id": ["a"], "frequency": [1], "recency": [2.0], "T": [3.0], "monetary_value": [4.0]})
    for column, value in (("frequency", 2), ("recency", 2.5), ("monetary_value", 4.0001)):
        theirs = ours.assign(**{column: [value]}).set_index("customer_id")
        said = histories.agreement(Measured(1, 1, 0, ours), Measured(1, 1, 0, theirs))
        assert said.startswith("NOT EQUAL")
    cells = pd.DataFrame({"cohort": pd.to_datetime(["2021-02-01"]), "age": [0], "active": [5]})
    assert cohorts.agreement(cells, pd.DataFrame({"cohort": [24_253], "age": [0], "active": [5]})) == "1 cells equal"
    assert cohorts.agreement(cells, pd.DataFrame({"cohort": [24_253], "age": [0], "active": [4]})) == "NOT EQUAL"


@pytest.mark.usefixtures("mostly_here")
@pytest.mark.slow
def test_every_kpi_is_equal_to_that_of_pandas() -> None:
    against_pandas, every = kpis.measured(500)
    assert against_pandas.agreement.endswith("cells equal")
    assert (against_pandas.name, against_pandas.size) == (f"{len(KPIS)} KPIs by month and segment", 500)
    assert (every.name, every.ratio, every.agreement) == (f"{len(KPIS)} KPIs by month", None, "")


def test_one_kpi_of_each_family_is_equal_to_that_of_pandas() -> None:
    with kpis.shop_files(500) as (folder, as_of):
        theirs = kpis.by_pandas(folder, as_of)()
        chosen = [list(its)[-1] for its in kpis.pandas_kpis().values()]
        ours = kpis.kpikit(folder, as_of, chosen)()
    assert ours.kpi.nunique() == len(chosen) == 9
    assert kpis.agreement(ours, theirs[theirs.kpi.isin(chosen)]).endswith("cells equal")
    assert set(theirs.kpi) == set(KPIS), "a KPI of the registry has no counterpart in pandas, or is left out by intent"


def test_cells_that_differ_are_counted_by_kpi() -> None:
    ours = pd.DataFrame(
        {
            "kpi": ["nps", "nps", "orders", "nps"],
            "period": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-01-01", "2026-03-01"]),
            "segment": "home",
            "numerator": [2.0, 0, 7, None],  # the second has nobody to count, the last is not yet observed
            "denominator": [4.0, 0, None, None],
            "value": [50.0, None, 7, None],
        }
    )
    theirs = ours.head(1).assign(month=672).drop(columns="period")  # January 2026 is 56 · 12 months after 1970 began
    theirs = pd.concat([theirs, ours.iloc[[2]].assign(month=672).drop(columns="period")])
    assert kpis.agreement(ours, theirs) == "4 cells equal"
    for column, by in (("numerator", 1e-6), ("denominator", 1), ("value", 1e-6)):
        other = theirs.assign(**{column: theirs[column] + by})
        assert kpis.agreement(ours, other).startswith("NOT EQUAL")
    assert kpis.agreement(ours, theirs.head(1)) == "NOT EQUAL: 1 of 4 cells: orders 1"
    assert kpis.agreement(ours.head(1), theirs) == "NOT EQUAL: 1 of 2 cells: orders 1"
    unseen = theirs.head(1).assign(month=674)
    assert kpis.agreement(ours, pd.concat([theirs, unseen])) == "NOT EQUAL: 1 of 4 cells: nps 1"


def test_what_falls_short_of_pandas_is_said_of_the_largest_shop() -> None:
    small, good = Row("a", "pandas", 10, ratio=0.1, memory_ratio=9), Row("a", "pandas", 20, ratio=2, memory_ratio=0.5)
    assert kpis.falls_short([small, good, Row("b", "nothing", 20)]) == []
    bad = Row("a", "pandas", 20, ratio=0.5, memory_ratio=1.5)
    assert kpis.falls_short([bad]) == ["2.0 times the seconds of pandas", "1.5 times the memory of pandas"]


def test_scale_says_seconds_per_million_and_how_linear_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scale, "measure", lambda step, arguments, limits: Measured(_size(arguments) / 1e6, 300, 5, None)
    )
    steps = {"cohort table": "cohorts:kpikit"}
    small, middle, large = scale.measured(steps, [1_000, 2_000, 4_000], linear_from=2_000)
    assert (small.ratio, middle.ratio, large.ratio) == (None, 1, 1)
    assert large.seconds_per_million == pytest.approx(1)
    assert scale.falls_short([small, middle, large]) == []
    slower = Row("cohort table", "", 4_000, ratio=0.5)
    assert scale.falls_short([slower]) == ["cohort table at 4,000: 2.00 times the seconds per order"]


def _size(arguments: dict[str, str]) -> int:
    return duckdb.sql(f"SELECT count(*) FROM read_parquet('{arguments['path']}')").fetchall()[0][0]


def test_a_step_that_fails_is_a_row_that_says_so() -> None:
    with pytest.raises(DidNotFinishError, match="no_such_file"):
        measure("cohorts:bare_scan", {"path": "no_such_file.parquet"})


def test_what_lies_on_disk_is_counted(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "spilled").write_bytes(b"x" * 100_000)
    assert 100_000 <= size_of(tmp_path) < 200_000


def test_steps_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def pretend(step: str, arguments: dict[str, str]) -> Measured:
        seen.append(step)
        return Measured(len(seen), 100, 0, step)

    monkeypatch.setattr("benchmarks.measuring.measure", pretend)
    found = alternately({"one": ("a:b", {}), "two": ("c:d", {})}, rounds=3)
    assert seen == ["a:b", "c:d"] * 3
    assert (found["one"].seconds, found["two"].seconds) == (3, 4)


def test_a_row_is_a_line_and_a_line_of_a_table() -> None:
    row = compare(
        "a", "b", 1_000_000, Measured(2, 250, 0, None, 3), Measured(24, 1_000, 0, None, 20), agreement="equal"
    )
    assert (row.ratio, row.memory_ratio) == (12, 0.25)
    assert "1,000,000" in line(row)
    assert "12.0×" in line(row)
    head, _, body = markdown([row]).splitlines()
    assert head.count("|") == body.count("|")
    assert "spilled" not in head
    assert "| 12.0 | 2.00 | 24.0 | 3.00 | 20.0 | 0.25 | 250 | 1,000 | equal |" in body


def test_the_page_says_what_fell_short_and_replaces_one_section_alone(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.md"
    module = SimpleNamespace(TITLE="Speed", AIM="10 times faster", METHOD="How.", falls_short=lambda rows: [])
    other = SimpleNamespace(TITLE="Memory", AIM="a quarter", METHOD="How.", falls_short=lambda rows: ["a: a half"])
    page.replace("speed", module, [Row("first", "b", 1, ratio=2.0)], 0, path)
    page.replace("memory", other, [Row("a", "b", 1)], 0, path)
    page.replace("speed", module, [Row("second", "b", 1, ratio=3.0)], 2.5, path)
    text = path.read_text(encoding="utf-8")
    assert [part for part in text.splitlines() if part.startswith("#")] == ["# Benchmarks", "## Speed", "## Memory"]
    assert "second" in text
    assert "first" not in text
    assert "Reached." in text
    assert "Short of it: a: a half." in text
    assert "load 2.5" in text


def test_unequal_results_end_with_1_and_quick_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scales: list[float] = []

    def rows(size: float) -> list[Row]:
        scales.append(size)
        return [Row("a", "b", 1, agreement="NOT EQUAL")]

    monkeypatch.setattr(run, "import_module", lambda name: SimpleNamespace(__name__=name, rows=rows))
    monkeypatch.setattr(page, "replace", lambda *facts: pytest.fail("nothing is to be written"))
    assert run.main(["--quick", "histories"]) == 1
    assert scales == [run.QUICK]
    assert "NOT EQUAL" in capsys.readouterr().out


def test_a_subject_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["speed"])
    assert "no subject speed; there are histories" in capsys.readouterr().err


@pytest.mark.parametrize("subject", [name for name in run.SUBJECTS if name != "clv"])
def test_a_subject_says_what_it_does_and_aims_at(subject: str) -> None:
    module = run.import_module(f"benchmarks.{subject}")
    assert all(getattr(module, name) for name in ("TITLE", "METHOD", "AIM", "falls_short", "rows"))


def test_the_files_of_a_run_are_gone_afterwards() -> None:
    with orders_file(100) as path:
        assert Path(path).exists()
    assert not Path(path).parent.exists()
