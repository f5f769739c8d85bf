"""What the page says: its case, key figures, the earlier list's effect, what to do; figures, and whole pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import churners
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from kpikit import churn, features, load, plots, survival
from kpikit.churn.case import SNAPSHOT_FEATURES
from kpikit.config import Business, Config
from kpikit.errors import ContractError, DataUnreachableError, ParameterError
from kpikit.plots.style import NARROW_INCHES, WIDE_INCHES, drawing
from kpikit.privacy import hashed
from kpikit.results import Result

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("KPIKIT_HASH_KEY", "a key for tests")


def shop_orders(
    customers: int = 130, seed: int = 3, gaps: tuple[float, float] = (5, 30), stay: float = 250.0
) -> pd.DataFrame:
    """Return a year of orders of customers who come every few weeks until they leave."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(customers):
        day, gap, stays = rng.integers(0, 150), rng.uniform(*gaps), rng.exponential(stay)
        end = min(360, day + stays)
        while day < end:
            rows.append((f"c{number:03d}", pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(day)), rng.gamma(4, 10)))
            day += 1 + rng.exponential(gap)
    rows.append(("last", pd.Timestamp("2024-12-25"), 20.0))
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"]).round({"amount": 2})


@pytest.fixture(scope="module")
def data():
    config = Config(business=Business(name="Toy shop", currency="EUR"))
    return load(config, tables={"orders": shop_orders()})


@pytest.fixture(scope="module")
def case(data) -> churn.Case:
    until = {"horizon_days": 45, "as_of": data.as_of}
    days = churn.cutoffs(data.orders, **until)
    lost = features.inactivity_labels(data.orders, cutoffs=days, **until)
    past = features.labelled(features.snapshots(data.orders, cutoffs=days, active_days=200), lost)
    today = features.snapshots(data.orders, cutoffs=data.as_of, active_days=200)
    histories = features.histories(data.orders, cutoffs=[*days, data.as_of])
    return churn.case(data, past, today, histories, horizon_days=45)


@pytest.fixture(scope="module")
def found(case) -> dict[str, Result]:
    study = churn.study(case.sample, folds=2)
    model = churn.final_model(study)
    watched = churn.watch_list(
        model, case.current, churn.Economics(0.5, 0.3), value=case.value, as_of=case.as_of, currency="EUR"
    )
    named = {
        "performance": churn.performance(study), "reliability": churn.reliability(study), "lift": churn.lift(study),
        "profit": churn.profit(study, churn.Economics(0.5, 0.3), currency="EUR"),
        "rivals": churn.rivals(study, churn.Economics(0.5, 0.3)), "importance": churn.importance(study),
        "dependence": churn.dependence(model, "recency_days"), "watch_list": watched,
        "losses": churn.expected_losses(case, model),
    }  # fmt: skip
    return named | {"tiles": churn.key_values(case, named["performance"], named["profit"], named["losses"])}


def test_a_case_of_orders_has_rivals_and_a_value_at_each_cutoff(case, data):
    assert set(case.sample.rivals.columns) >= {"recency", "p_no_purchase"}
    assert case.value == "value"
    assert (case.sample.value >= 0).all()
    assert not {"value", "p_alive", "p_no_purchase", "recency"} & set(case.sample.features.columns)
    assert case.page(data).facts["business"] == "Toy shop"
    assert case.as_of == "2024-12-26"
    assert set(case.current.cutoff) == {pd.Timestamp("2024-12-26")}


def case_of(data, *, horizon_days: int, active_days: int, **leak) -> churn.Case:
    until = {"horizon_days": horizon_days, "as_of": data.as_of}
    days = churn.cutoffs(data.orders, **until)
    lost = features.inactivity_labels(data.orders, cutoffs=days, **until)
    past = features.labelled(features.snapshots(data.orders, cutoffs=days, active_days=active_days), lost)
    today = features.snapshots(data.orders, cutoffs=data.as_of, active_days=active_days)
    if leak:
        past, today = past.mutate(fee=past.churned * 9 + past.spend / 1e9), today.mutate(fee=today.spend)
    return churn.case(
        data, past, today, features.histories(data.orders, cutoffs=[*days, data.as_of]), horizon_days=horizon_days
    )


def test_a_cafe_whose_regulars_come_every_nine_days_has_a_page():
    """Silence says nearly all there: the library's own recency is noted and used, a column of others is refused."""
    config = Config(business=Business(name="Cafe", currency="EUR"))
    cafe = load(config, tables={"orders": shop_orders(250, seed=5, gaps=(9, 9), stay=150.0)})
    made = case_of(cafe, horizon_days=60, active_days=365)
    noted = made.sample.found.table
    assert "recency_days" in noted.column[noted.severity == "note"].tolist()
    assert "recency_days" in made.sample.features.columns
    assert "recency_days (knows the answer on its own (AUC 0.9" in made.sample.found.text
    assert "recency days" in made.sample.found.title
    assert "recency_days (knows" in plots.show(made.sample.found).html
    with pytest.raises(ContractError, match="fee: knows the answer"):
        case_of(cafe, horizon_days=60, active_days=365, leak=True)


def test_the_features_that_need_no_second_look_are_those_of_snapshots(data):
    tickets = pd.DataFrame({"ticket_id": ["t"], "customer_id": ["c000"], "opened_at": [pd.Timestamp("2024-06-01")]})
    answers = pd.DataFrame({"response_id": ["r"], "customer_id": ["c000"], "kind": ["nps"], "score": [9.0],
                            "responded_at": [pd.Timestamp("2024-06-01")]})  # fmt: skip
    made = features.snapshots(data.orders, cutoffs=data.as_of, tickets=tickets, survey_responses=answers)
    assert set(SNAPSHOT_FEATURES) == set(made.columns) - {"customer_id", "cutoff"}


def test_expected_losses_are_the_sum_of_the_risks(case, found):
    row = found["losses"].table.iloc[0]
    assert row.n == len(case.current)
    assert row.low < row.expected < row.high
    assert row.expected == pytest.approx(row.mean_risk * row.n)
    assert row.value_at_risk <= case.current.value.sum()


def test_tiles_have_counts_and_intervals(found):
    tiles = found["tiles"].facts["tiles"]
    assert [tile["title"] for tile in tiles] == [
        "Lost in the test", "Ranking (AUC)", "Lift of the top tenth", "Expected to be lost",
        "Profit per 1,000 customers",
    ]  # fmt: skip
    assert all(tile["count"] and tile["interval"] for tile in tiles)
    assert {kpi["kpi"] for kpi in found["tiles"].kpis} == {"churn_auc", "churn_brier", "churn_lift"}


def test_a_list_of_an_earlier_run_is_read_and_measured(data, found, tmp_path):
    """An earlier list, by its file: its own day and horizon, its hashed names, and what became of them."""
    orders = data.orders.to_pandas()
    who = sorted(orders.customer_id[orders.ordered_at < "2024-09-01"].unique())
    listed = pd.DataFrame({"customer": hashed(who), "arm": ["contact", "control"] * (len(who) // 2) + ["contact"] * (
        len(who) % 2), "value": 50.0, "listed_on": "2024-09-01", "horizon_days": 60})  # fmt: skip
    path = tmp_path / "watch-list.csv"
    listed.to_csv(path, index=False)
    kept = churn.kept_list(str(path), data)
    since = churn.listed_on(kept, data.as_of, 45)
    assert since["cutoffs"] == "2024-09-01"
    assert since["horizon_days"] == 60
    effect = churn.contact_effect(kept, features.inactivity_labels(data.orders, **since))
    bought = set(orders.customer_id[(orders.ordered_at >= "2024-09-01") & (orders.ordered_at < "2024-10-31")])
    lost = pd.Series([one not in bought for one in who])
    assert effect.table.churned.tolist() == [lost[listed.arm == arm].sum() for arm in ("contact", "control")]
    assert effect.facts["verdict"] == "no clear change"
    todo = churn.actions(found["watch_list"], found["rivals"], found["reliability"], effect)
    assert "Change what is offered, or measure for longer" in todo.table.action.tolist()
    late = churn.listed_on(listed.assign(listed_on="2024-12-01"), data.as_of, 45)
    with pytest.raises(ParameterError, match="labels after as_of"):
        features.inactivity_labels(data.orders, **late)
    path.write_text("customer,arm,value,listed_on,horizon_days\n012345678901,contact,1,2024-09-01,60\n")
    assert churn.kept_list(str(path), data).customer.tolist() == ["012345678901"]  # a hash may be all digits
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ContractError, match="a watch list with the columns"):
        churn.kept_list(str(path), data)


def test_without_an_earlier_list_the_page_says_that_the_effect_is_unknown(data, found):
    kept = churn.kept_list("", data)
    labels = features.inactivity_labels(data.orders, **churn.listed_on(kept, data.as_of, 45))
    effect = churn.contact_effect(kept, labels)
    assert effect.title == "What contacting changes is not known yet"
    todo = churn.actions(found["watch_list"], found["rivals"], found["reliability"], effect, currency="EUR").table
    assert todo.action.iloc[0] == "Contact the contact arm of the watch list, and nobody else on it"
    assert todo.value.iloc[0] == pytest.approx(found["watch_list"].table.query("arm == 'contact'").expected_gain.sum())


def test_a_contact_that_harms_is_stopped(found):
    kept = pd.DataFrame({"customer": hashed(range(200)), "arm": ["contact", "control"] * 100})
    after = pd.DataFrame({"customer_id": range(200), "churned": [1, 0] * 100})
    effect = churn.measure(kept, after)
    assert effect.facts["verdict"] == "contacting lost customers"
    todo = churn.actions(found["watch_list"], found["rivals"], found["reliability"], effect).table
    assert todo.action.iloc[0] == "Stop contacting the watch list"


def test_contacts_that_lost_money_in_the_test_are_not_advised(found):
    losing = {**found["profit"].facts, "profit": -500.0, "low": -900.0, "high": -100.0, "verdict": "loses money"}
    lost = Result("churn-profit", "table", "Contacting would have lost money", facts=losing)
    unknown = Result("contact-effect", "text", "What contacting changes is not known yet")
    given = (found["watch_list"], found["rivals"], found["reliability"], unknown)
    todo = churn.actions(*given, lost, currency="EUR").table
    assert todo.action.iloc[0].startswith("Contact nobody at these costs")
    assert "−500" in todo.reason.iloc[0]
    assert not todo.action.str.contains("Contact the contact arm").any()
    assert churn.actions(*given, found["profit"]).table.action.iloc[0].startswith("Contact the contact arm")


def ready_case(data, tmp_path, **more) -> churn.Case:
    path = tmp_path / "members.csv"
    churners.ready(300).drop(columns="true_risk").to_csv(path, index=False)
    given = {"ready": str(path), "label": "left", "customer_id": "who", "value": "worth", "value_factor": 12.0, **more}
    return churn.case(data, None, None, None, horizon_days=45, **given)


def test_a_ready_table_stands_in_for_the_orders(data, tmp_path):
    case = ready_case(data, tmp_path)
    assert case.is_table
    assert case.name == "members"
    made = churners.ready(300)
    assert len(case.current) == (made.left == "No").sum()
    assert case.sample.value == pytest.approx(12 * made.worth.to_numpy())
    page = case.page(data)
    assert page.facts["business"] == "members"
    assert "nothing of the orders is used" in page.text
    quality = case.quality(Result("data-quality", "quality", "The orders", facts={"status": "FAIL"}))
    assert quality.facts["status"] == "PASS"
    assert "300 rows came in" in quality.text


def test_ids_keep_their_leading_zeros_and_rows_without_one_are_called_rows(data, tmp_path):
    made = churners.ready(300).drop(columns="true_risk")
    path = tmp_path / "numbered.csv"
    made.assign(who=[f"{number:05d}" for number in range(300)]).to_csv(path, index=False)
    given = {"ready": str(path), "label": "left", "value": "worth"}
    case = churn.case(data, None, None, None, horizon_days=45, customer_id="who", **given)
    model = churn.final_model(churn.study(case.sample, folds=2))
    costs = churn.Economics(0.5, 0.3)
    assert case.sample.customers.iloc[48] == "00048"
    shown = {"value": case.value, "customer_id": case.customer_id, "customer_ids": case.customer_ids}
    watched = churn.watch_list(model, case.current, costs, **shown).table
    assert set(watched.customer) <= set(hashed([f"{number:05d}" for number in range(300)]))
    made.drop(columns="who").to_csv(path, index=False)
    nameless = churn.case(data, None, None, None, horizon_days=45, **given)
    shown = {"value": nameless.value, "customer_id": nameless.customer_id, "customer_ids": nameless.customer_ids}
    rows = churn.watch_list(model, nameless.current, costs, **shown).table.customer
    stayed = {f"row {place + 1}" for place in np.flatnonzero(made.left == "No")}
    assert set(rows) <= stayed


def test_a_ready_table_promises_no_later_run_and_its_list_is_not_read(data, tmp_path):
    case = ready_case(data, tmp_path)
    kept = churn.kept_list("", data)
    said = churn.contact_effect(kept, None, case=case).text
    assert "earlier_list" not in said
    assert "kk.churn.measure(list, outcomes)" in said
    model = churn.final_model(churn.study(case.sample, folds=2))
    watched = churn.watch_list(model, case.current, churn.Economics(0.5, 0.3), value=case.value, customer_id="who",
                               as_of=case.as_of)  # fmt: skip
    path = churn.write_csv(watched, tmp_path / "watch-list.csv")
    with pytest.raises(ContractError, match=r"one of a ready table \(horizon_days 0\)"):
        churn.kept_list(str(path), data)
    outcomes = pd.DataFrame({"customer_id": case.current.who, "churned": 0})  # what the page says can be done
    assert churn.measure(pd.read_csv(path, dtype={"customer": str}), outcomes).facts["not_found"] == 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ready": "no-such.csv"}, DataUnreachableError, "no such file"),
        ({"ready": "members.xlsx"}, ParameterError, "a file that ends with .csv, .parquet"),
        ({"label": ""}, ParameterError, "the label column of the ready table"),
        ({"label": "gone"}, ContractError, "the label column 'gone'"),
        ({"value_factor": 0.0}, ParameterError, "more than 0"),
        ({"customer_id": ""}, ContractError, "who: an identifier"),
    ],
)
def test_a_ready_table_that_cannot_be_used_is_refused(data, tmp_path, change, error, message):
    with pytest.raises(error, match=message):
        ready_case(data, tmp_path, **change)


FIGURES = ("reliability", "lift", "profit", "rivals", "dependence")
SURVIVAL = survival.curve(pd.DataFrame({"duration": [3.0, 5, 9, 12], "observed": [True, False, True, True]}))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_text_data_and_an_alternative_text(name, found):
    result = getattr(plots.churn, name)(found[name])
    assert result.kind == "figure"
    assert "<figcaption>" in result.html
    assert "<caption>" in result.html
    alt = re.search(r'alt="([^"]*)"', result.html)[1]
    assert len(alt) > 40
    assert plt.get_fignums() == []


def test_a_curve_of_survival_is_drawn_with_one_group_and_with_two():
    one = plots.churn.survival_curve(SURVIVAL)
    assert one.kind == "figure"
    two = pd.concat([SURVIVAL.table, SURVIVAL.table.assign(segment="<b>other</b>")], ignore_index=True)
    drawn = plots.churn.survival_curve(Result(**{**vars(SURVIVAL), "table": two}))
    assert "<b>other" not in drawn.html
    assert "&lt;b&gt;other" in drawn.html


@pytest.mark.parametrize("width", [WIDE_INCHES, NARROW_INCHES])
@pytest.mark.parametrize(
    ("name", "table"),
    [("reliability", "reliability"), ("lift", "lift"), ("profit", "profit"), ("rivals", "rivals"),
     ("dependence", "dependence")],
)  # fmt: skip
def test_figures_are_drawn_on_however_little(name, table, width, found):
    with drawing():
        for rows in (1, len(found[table].table)):
            draw = getattr(plots.churn, f"draw_{name}")
            draw(found[table].table.head(rows), Figure(figsize=(width, 3)).subplots())


def test_tables_escape_what_customers_are_called(found):
    watched = found["watch_list"]
    evil = Result(**{**vars(watched), "table": watched.table.head(3).assign(reasons="<script>alert(1)</script>")})
    assert "<script>" not in plots.churn.watch_list(evil).html
    drawn = plots.churn.performance(found["performance"])
    assert drawn.html.count('<th scope="col"') <= 7  # more do not fit beside each other; the data keep every score
    assert {"log_loss", "pr_auc", "auc_fold_min"} <= set(drawn.payload()["table"]["columns"])
    assert "recency days" in plots.churn.importance(found["importance"]).html
    empty = Result(**{**vars(watched), "table": watched.table.head(0)})
    assert "<table" not in plots.churn.watch_list(empty).html


def test_the_whole_list_goes_into_the_csv_and_twenty_rows_on_the_page(found):
    drawn = plots.churn.watch_list(found["watch_list"])
    assert drawn.html.count("<tr>") <= 21
    assert len(drawn.payload()["table"]["rows"]) == len(found["watch_list"].table) > 20


def run(folder: Path, *parameters: str) -> dict:
    """Run the report as its users do; return its kpis.json."""
    words = [word for pair in parameters for word in ("-p", pair)]
    command = [sys.executable, "-m", "kpikit", "run", "churn_risk", *words]
    environment = {**os.environ, "KPIKIT_HASH_KEY": "a key for tests"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(next((folder / "reports/churn_risk").glob("*/*/kpis.json")).read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_report_runs_on_the_shop_on_cdnow_and_on_telco(tmp_path):
    for name, parameters in {
        "shop": (),
        "cdnow": ("example=cdnow", "horizon_days=90"),
        "telco": (f"ready={churners.TELCO}", "label=Churn", "customer_id=customerID", "value=MonthlyCharges"),
    }.items():
        if name == "telco":
            churners.telco()
        folder = tmp_path / name
        folder.mkdir()
        values = {row["kpi"]: row["value"] for row in run(folder, *parameters)["kpis"]}
        page = (folder / "reports/churn_risk/latest.html").read_text(encoding="utf-8")
        assert 0.7 < values["churn_auc"] < 0.87
        assert "Risk is not effect" in page or "risk is not effect" in page
        assert "Foretold and actual churn agree" in page
        assert "control" in next(folder.rglob("watch-list.csv")).read_text(encoding="utf-8")
        ids = re.compile(r"\bC\d{6,}\b|\b\d{4}-[A-Z]{5}\b")
        assert not ids.search(re.sub(r'"data:[^"]*"', "", page)), "a customer in clear"
