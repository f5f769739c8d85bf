"""The ledger across runs: with real kernels, from the files that runs leave, against what SQL counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import PAGE, STATUS

from kpikit import forecasts
from kpikit.datasets import cdnow
from kpikit.report import ledger, notebooks, run, store
from kpikit.report.attempt import Outcome
from kpikit.report.history import Told
from kpikit.report.manifest import Manifest
from kpikit.report.store import Run, Store
from kpikit.report.warm import Forks
from kpikit.results import MIME

FORECAST = {"kpi": "visits", "title": "Visits", "by": "", "segment": "all", "as_of": "2026-07-01", "ends": "2026-08-01",
            "value": 100.0, "low": 90.0, "high": 110.0, "confidence": 0.95, "style": "count", "n": 50.0, "model": "toy",
            "definition": "days with a visit"}  # fmt: skip


def manifest(run_id: str, as_of: str = "2026-07-01", **facts: Any) -> Manifest:
    moment = f"2026-11-0{run_id[-1]}T08:00:00+00:00"
    own = {"notebook": "toy", "status": "succeeded", "business": "Harbor Coffee", "started": moment, "finished": moment}
    return Manifest.model_validate({"run_id": run_id, "as_of": as_of, **own, **facts})


def keep(shelf: Store, run_id: str, *rows: dict[str, Any], **facts: Any) -> Run:
    made = manifest(run_id, **facts)
    told = {"run_id": run_id, "notebook": "toy", "as_of": made.as_of, "forecasts": list(rows)}
    with shelf.building("toy", run_id) as building:
        store.write_artefacts(building, html=run_id, kpis=[], tables={}, facts=told)
        return Run(shelf.keep(building, made), made)


def test_earlier_forecasts_are_those_of_comparable_runs_first_made_first(tmp_path: Path) -> None:
    shelf = Store(tmp_path / "reports")
    keep(shelf, "run3", {**FORECAST, "value": 140.0}, parameters={"model": "a"})
    keep(shelf, "run1", FORECAST, parameters={"model": "a", "as_of": "2026-07-01", "audience": "executive"})
    keep(shelf, "run2", FORECAST, parameters={"model": "b"})
    keep(shelf, "run4", parameters={"model": "a"})
    stray = keep(shelf, "run5", FORECAST, parameters={"model": "a"})
    (stray.folder / store.KPIS).write_text("{", encoding="utf-8")
    failed = keep(shelf, "run6", FORECAST, parameters={"model": "a"}, status="failed")
    assert (failed.folder / store.KPIS).is_file()
    found = ledger.earlier(shelf, manifest("run9", "2026-09-01", parameters={"model": "a", "period": "2026-08"}))
    assert [(row["run_id"], row["value"], row["business"]) for row in found] == [
        ("run1", 100.0, "Harbor Coffee"), ("run3", 140.0, "Harbor Coffee"),
    ]  # fmt: skip
    assert {name: found[0][name] for name in FORECAST} == FORECAST


def test_the_file_is_handed_and_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{**FORECAST, "run_id": "run1", "business": "Harbor Coffee", "low": None}]
    with ledger.handed(rows, tmp_path) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert forecasts.handed() == rows
    assert list(tmp_path.iterdir()) == []


def test_the_schema_in_docs_is_that_of_kpis_json() -> None:
    written = json.loads((Path(__file__).parents[1] / "docs" / "kpis.schema.json").read_text(encoding="utf-8"))
    assert written == Told.model_json_schema(), "write it anew: kpikit.report.history.Told.model_json_schema()"
    assert set(written["$defs"]["Foretold"]["properties"]) == set(forecasts.COLUMNS)


# ---- with real kernels

TOY = """import os
from pathlib import Path
from types import SimpleNamespace
import kpikit as kk
means = {"visits": Path("definition.txt").read_text()}
ends = (pd.Timestamp(known) + pd.DateOffset(months=1)).date().isoformat()
row = {"kpi": "visits", "title": "Visits", "by": "", "segment": "all", "as_of": known, "ends": ends, "value": 100.0,
       "low": 90.0, "high": 110.0, "confidence": 0.95, "style": "count", "n": 50, "model": "toy"}
made = kk.ledger.forecasts(pd.DataFrame([row]), definitions=means)
due = kk.ledger.due(SimpleNamespace(as_of=known, business="Harbor Coffee"), made)
came = due.table[["kpi", "by", "segment", "as_of", "ends"]].assign(came=107.0)"""
SHOWN = ("kk.plots.earlier_forecasts(kk.ledger.scored(due, came))", "kk.plots.forecasts(made)")


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """What the kernels are forked from: the imports are made once."""
    with Forks(tmp_path_factory.mktemp("forks")) as made:
        yield made


def ran(forks: Forks, tmp_path: Path, path: Path, **values: object) -> Outcome:
    jobs, _ = run.plan([notebooks.read(path)], values)
    (outcome,) = run.run(jobs, tmp_path / "reports", working_folder=tmp_path, forks=forks)
    return outcome


def shown(report: Path, name: str = "earlier-forecasts") -> dict[str, Any]:
    document = json.loads((report.parent / "notebook.ipynb").read_text(encoding="utf-8"))
    found = [output["data"][MIME] for cell in document["cells"] for output in cell.get("outputs", [])
             if MIME in output.get("data", {})]  # fmt: skip
    return next(one for one in found if one["name"] == name)


def without_run_and_times(page: Path) -> str:
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "(run)", page.read_text(encoding="utf-8"))
    return re.sub(r"\d{1,2} [A-Z][a-z]+ 20\d\d, \d\d:\d\d UTC", "(time)", text)


@pytest.mark.slow
def test_a_later_run_judges_what_an_earlier_one_forecast(forks: Forks, tmp_path: Path, make_notebook: Any) -> None:
    """Runs made twice are judged once and give the same page; what is defined otherwise is not judged, and said."""
    meant = tmp_path / "definition.txt"
    meant.write_text("days with a visit", encoding="utf-8")
    path = make_notebook([PAGE, STATUS, TOY, "## Earlier forecasts", *SHOWN])
    first = ran(forks, tmp_path, path, as_of="2026-07-01")
    assert shown(first.report)["title"] == "No earlier forecast has come due"
    kept = json.loads((first.report.parent / "kpis.json").read_text(encoding="utf-8"))
    assert [(one["as_of"], one["ends"], one["value"]) for one in kept["forecasts"]] == [
        ("2026-07-01", "2026-08-01", 100.0)
    ]
    assert not (first.report.parent / ledger.HANDED).exists()

    pages = [ran(forks, tmp_path, path, as_of="2026-08-01").report for _ in range(3)]
    for page in pages:
        told = shown(page)
        assert told["title"] == "1 of 1 interval of 95 % held in earlier forecasts"
        assert [row[told["table"]["columns"].index("as_of")] for row in told["table"]["rows"]] == ["2026-07-01"]
    assert without_run_and_times(pages[1]) == without_run_and_times(pages[2])

    meant.write_text("days with a purchase", encoding="utf-8")
    changed = shown(ran(forks, tmp_path, path, as_of="2026-08-01").report)
    assert changed["title"] == "No earlier forecast can be judged"
    assert "then: days with a visit; now: days with a purchase" in changed["text"]


CONFIG = """business: {name: Music, currency: USD, timezone: UTC}
sources: {shop: {url: shop}}
tables: {orders: {from: shop.orders, columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}}}
economics: {margin_fraction: 0.4, annual_discount_rate: 0.1}
"""
CAME = """
with days as (  -- purchase days: CDNOW has no refunds
    select customer_id, ordered_at::date as day, sum(amount) as net from orders group by all
), each as (
    select customer_id, count(*) filter (day < $opens) - 1 as frequency, count(*) filter (day >= $opens) as purchases,
        sum(net * 0.4 * power(1.1, -(date_diff('day', $opens::date, day) + 1) / 365.25)) filter (day >= $opens) as value
    from days where day < $ends group by 1 having count(*) filter (day < $opens) > 0
)
select case when frequency = 0 then 'one purchase' when frequency = 1 then 'two'
    when frequency <= 3 then 'three or four' when frequency <= 8 then 'five to nine' else 'ten or more' end as segment,
    sum(purchases), sum(value)
from each group by 1 union all select 'all', sum(purchases), sum(value) from each"""


@pytest.mark.slow
def test_lifetime_value_forecasts_are_scored_as_sql_counts_what_came(forks: Forks, tmp_path: Path) -> None:
    """The real notebook on CDNOW's sample: the run that knows the whole horizon judges the one that foretold it."""
    orders = cdnow(sample=True)[["customer_id", "ordered_at", "amount"]]
    (tmp_path / "shop").mkdir()
    orders.to_csv(tmp_path / "shop" / "orders.csv", index=False)
    (tmp_path / "kpikit.yaml").write_text(CONFIG, encoding="utf-8")
    (book,) = notebooks.find(["customer_lifetime_value"])
    days = ("1997-10-01", "1997-12-30")
    reports = [ran(forks, tmp_path, book.path, as_of=day, horizon_days=90, config="kpikit.yaml").report for day in days]
    assert [shown(report)["kind"] for report in reports] == ["text", "table"]

    told = shown(reports[-1])
    table = pd.DataFrame(told["table"]["rows"], columns=told["table"]["columns"])
    assert set(table.as_of) == {"1997-10-01"}
    kept = json.loads((reports[0].parent / "kpis.json").read_text(encoding="utf-8"))["forecasts"]
    forecast = {(one["kpi"], one["segment"]): one for one in kept}
    with duckdb.connect() as engine:
        engine.register("orders", orders)
        came = engine.execute(CAME, {"opens": days[0], "ends": days[1]}).fetchall()
    counted = {("expected_purchases", segment): purchases for segment, purchases, _ in came}
    counted |= {("clv", segment): value for segment, _, value in came}
    assert len(table) == len(counted) == len(forecast) == 12
    for row in table.itertuples():
        then, actual = forecast[row.kpi, row.segment], counted[row.kpi, row.segment]
        assert (row.value, row.low, row.high, row.n) == (then["value"], then["low"], then["high"], then["n"])
        assert row.came == pytest.approx(actual, rel=1e-9)
        assert row.error == pytest.approx(then["value"] / actual - 1)
        outside = "came above" if actual > then["high"] else "came below"
        assert row.verdict == ("inside" if then["low"] <= actual <= then["high"] else outside)
    assert told["title"] == f"{(table.verdict == 'inside').sum()} of 12 intervals of 95 % held in earlier forecasts"
    page = reports[-1].read_text(encoding="utf-8").replace("\u00a0", " ")
    assert f"<h3>{told['title']}</h3>" in page
