"""The audit: one row per check, and every row of the data accounted for."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from shops import orders as sold

from kpikit.checks import answers, audit, consistency, declared, missing_days, references, set_aside_table
from kpikit.checks.grading import Check
from kpikit.config import Benchmark, Business, Config, Goal, PerformanceIndicator, Table
from kpikit.contracts import CONTRACTS, as_table
from kpikit.metrics import surveys
from kpikit.results import Result
from kpikit.sources import Data, load
from kpikit.sources.data import Counts

TODAY = date(2026, 3, 1)
ONLINE_RETAIL = Path(__file__).parents[2] / "shared" / "data" / "online_retail.parquet"


def daily(days: int = 40, per_day: int = 6, **more: object) -> pd.DataFrame:
    times = [pd.Timestamp("2026-01-05") + timedelta(days=day, minutes=n) for day in range(days) for n in range(per_day)]
    frame = pd.DataFrame(
        {"customer_id": [f"c{n % 50}" for n in range(len(times))], "ordered_at": times, "amount": 10.0}
    )
    return frame.assign(**more)


def status(data: Data, check: str, table: str = "orders", today: date = TODAY) -> str:
    checks = audit(data, today=today).table
    return str(checks[(checks.table == table) & (checks.check == check)].status.item())


def seen(result: Result, check: str) -> str:
    return str(result.table.loc[result.table.check == check, "seen"].item())


def test_clean_data_pass_every_check() -> None:
    result = audit(load(tables={"orders": daily()}), today=TODAY)
    assert (result.kind, result.facts["status"]) == ("quality", "PASS")
    assert set(result.table.status) == {"PASS"}
    assert list(result.table.columns) == ["table", "check", "status", "seen", "do"]
    assert result.text == "Orders: 240 rows came in, all were used. All 9 checks passed."
    assert result.facts["counts"]["orders"] == {"rows_in": 240, "used": 240, "set_aside": {}, "rows": 240}


@pytest.mark.parametrize(("lost", "grade"), [(10, "PASS"), (20, "REVIEW"), (130, "FAIL")])
def test_rows_without_customer(lost: int, grade: str) -> None:
    orders = daily()
    orders.loc[: lost - 1, "customer_id"] = None
    data = load(tables={"orders": orders})
    assert status(data, "customers known") == grade
    table = set_aside_table(data).table
    assert table[["reason", "rows", "amount"]].to_dict("split")["data"] == [["no customer", lost, lost * 10.0]]
    assert f"{lost} set aside ({lost} with no customer)" in audit(data, today=TODAY).text


def test_a_row_from_the_future_fails() -> None:
    orders = daily()
    orders.loc[0, "ordered_at"] = pd.Timestamp("2062-01-05")
    result = audit(load(tables={"orders": orders}), today=TODAY)
    assert result.facts["status"] == "FAIL"
    assert seen(result, "future dates") == "1 row dated after 2026-03-01, the newest 2062-01-05"
    remedy = result.table.loc[result.table.check == "future dates", "do"].item()
    assert remedy == "Correct them, or pass as_of: 2026-02-14."  # the newest order until today is on 2026-02-13
    gap = result.table[result.table.check == "missing days"]
    assert gap.status.item() == "REVIEW"
    assert gap.seen.item() == "no order for 13,109 days (2026-02-14 to 2062-01-04), then orders on 1 day"


def test_an_order_far_above_the_others_needs_a_review() -> None:
    orders = daily(days=400)
    assert status(load(tables={"orders": orders}), "amounts", today=date(2027, 3, 1)) == "PASS"
    orders.loc[0, "amount"] = 10.0 * 101
    assert status(load(tables={"orders": orders}), "amounts", today=date(2027, 3, 1)) == "REVIEW"


def test_refunds_above_sales_fail() -> None:
    orders = daily(amount=-10.0)
    orders.loc[0, "amount"] = 5.0
    assert status(load(tables={"orders": orders}), "refunds") == "FAIL"


def test_exact_copies_need_a_review() -> None:
    orders = daily()
    assert status(load(tables={"orders": pd.concat([orders, orders.head(3)])}), "exact duplicates") == "REVIEW"


def test_repeated_keys_fail_and_shared_orders_need_a_review() -> None:
    customers = pd.DataFrame({"customer_id": ["c1", "c1"], "country": ["PT", "ES"]})
    assert status(load(tables={"orders": daily(), "customers": customers}), "grain", "customers") == "FAIL"
    orders = daily(days=1, per_day=2, order_id="1")
    assert status(load(tables={"orders": orders}), "grain") == "REVIEW"


def test_freshness_is_judged_by_the_day_given() -> None:
    config = Config(freshness={"orders": timedelta(days=2)})
    data = load(config, tables={"orders": daily()})  # newest 2026-02-13
    assert status(data, "freshness", today=date(2026, 2, 15)) == "PASS"
    assert status(data, "freshness", today=date(2026, 2, 16)) == "FAIL"


def test_a_report_on_the_past_is_as_fresh_as_it_was_then() -> None:
    config = Config(freshness={"orders": timedelta(days=2)})
    long_after = date(2026, 11, 22)
    for asked in ({"as_of": "2026-02-10"}, {"period": "2026-01"}):
        data = load(config, tables={"orders": daily()}, **asked)
        assert status(data, "freshness", today=long_after) == "PASS"
    data = load(config, tables={"orders": daily()}, as_of="2026-02-18")  # the newest order is of the 13th
    assert status(data, "freshness", today=long_after) == "FAIL"


def test_a_gap_is_a_missing_day_but_a_closed_weekday_is_not() -> None:
    days = [day for day in pd.date_range("2026-01-05", "2026-02-15") if day.day_of_week < 6]  # closed on Sundays
    counts = pd.Series(8, index=[day.date() for day in days])
    assert missing_days(counts) == []
    gap = date(2026, 1, 14)
    assert missing_days(counts.drop(gap)) == [gap]
    assert missing_days(counts.drop(gap), (gap,)) == []  # a holiday
    assert missing_days(counts.drop(gap) - 6) == []  # at two orders a day, a day without one is nothing


def test_a_missing_day_is_told() -> None:
    orders = daily()
    orders = orders[orders.ordered_at.dt.date != date(2026, 1, 20)]
    result = audit(load(tables={"orders": orders}), today=TODAY)
    assert "1 day without an order" in seen(result, "missing days")
    config = Config(business=Business(holidays=(date(2026, 1, 20),)))
    assert status(load(config, tables={"orders": orders}), "missing days") == "PASS"


def test_scores_and_amounts_outside_their_range_need_a_review() -> None:
    answers = pd.DataFrame(
        {"responded_at": ["2026-01-06"] * 2, "kind": "nps", "score": [11, 5], "scale_min": 0, "scale_max": 10}
    )
    spans = pd.DataFrame(
        {"customer_id": ["a"], "started_at": ["2026-01-06"], "ended_at": [None], "monthly_amount": [-1.0]}
    )
    data = load(tables={"orders": daily(), "survey_responses": answers, "subscriptions": spans})
    assert status(data, "score", "survey_responses") == "REVIEW"
    assert status(data, "monthly_amount", "subscriptions") == "REVIEW"


def test_the_audit_accounts_for_every_line_of_online_retail() -> None:
    if not ONLINE_RETAIL.exists():
        pytest.skip("needs ../shared/data/online_retail.parquet")
    columns = {"ordered_at": "invoice_date", "order_id": "invoice_no", "amount": "quantity * unit_price"}
    table = Table.model_validate({"from": str(ONLINE_RETAIL), "columns": columns})
    result = audit(load(Config(tables={"orders": table})), today=date(2011, 12, 10))
    counts = result.facts["counts"]["orders"]
    assert counts == {"rows_in": 541909, "used": 406829, "set_aside": {"no customer": 135080}, "rows": 22190}
    assert result.facts["status"] == "REVIEW"
    assert "never an order on Saturday" in seen(result, "missing days")


def test_no_amount_above_zero_fails() -> None:
    result = audit(load(tables={"orders": daily(amount=0.0)}), today=TODAY)
    assert result.table.loc[result.table.check == "refunds", "status"].item() == "FAIL"


def test_refunds_are_counted_on_the_lines_where_the_order_sums_to_nothing() -> None:
    order = {"customer_id": "a", "ordered_at": "2026-01-05", "order_id": "1"}
    rows = [{**order, "amount": 10.0}, {**order, "amount": -4.0}, {**order, "amount": -1.0}]
    result = audit(load(tables={"orders": pd.DataFrame(rows)}), today=TODAY)
    assert seen(result, "refunds") == "sales 10.00, refunds 5.00 on 2 rows"


def table(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    """Return a hand-typed table; columns that end in _at or _on are times."""
    frame = pd.DataFrame(rows, columns=columns.split())
    times = [name for name in frame.columns if name.endswith(("_at", "_on"))]
    return frame.assign(
        **{name: pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]") for name in times}
    )


def held(config: Config | None = None, **tables: pd.DataFrame) -> Data:
    """Return tables as the engine holds them, without loading."""
    typed = {name: as_table(name, frame) for name, frame in tables.items()}
    counts = {name: Counts(len(frame), len(frame), {}, {}, len(frame)) for name, frame in tables.items()}
    return Data(config or Config(), typed, date(2026, 3, 1), dict.fromkeys(tables), counts, (), "", "tables")


def grades(checks: Iterable[Check]) -> dict[str, tuple[str, str]]:
    return {check.check: (check.status, check.seen) for check in checks}


ANSWERS = table(
    "responded_at kind score scale_min scale_max response_id",
    ("2026-01-05", "nps", 11.0, None, None, "1"),  # off the scale of 0 to 10
    ("2026-01-05", "NPS", 9.0, None, None, "2"),
    ("2026-01-05", "nps", 4.0, 1.0, 5.0, "3"),  # nobody is a promoter on a scale of 1 to 5
    ("2026-01-05", "nps", 3.0, 0.0, 10.0, "4"),
    ("2026-01-05", "csat", 5.0, 5.0, 1.0, "4"),  # the ends are swapped; the id is that of another question
    ("2026-01-05", "csat", 4.0, 1.0, 5.0, "5"),
    ("2026-01-05", "csat", 4.0, 1.0, 5.0, "5"),  # the same answer again
    ("2026-01-05", "ces", 7.0, None, None, None),
    ("2026-01-05", "mood", 7.0, None, None, None),  # nobody counts it
)


@pytest.mark.usefixtures("engine")
def test_answers_are_judged_by_kind() -> None:
    found = grades(answers.of_its_answers(held(survey_responses=ANSWERS)))
    assert found["kind"] == ("REVIEW", "1 row of a kind that no KPI counts: 'mood' (1 row)")
    assert found["score"] == ("REVIEW", "1 score outside its scale (nps: 1 of 4)")
    assert found["scale"] == (
        "REVIEW", "1 answer with scale_min not below scale_max and 1 answer to NPS on another scale than 0 to 10",
    )  # fmt: skip
    assert found["response_id"] == ("FAIL", "1 row that repeats a response_id of the same kind")
    assert found["missing scores"][0] == "PASS"


def test_what_is_set_aside_is_what_the_kpis_set_aside() -> None:
    lost = surveys.off_scale(ANSWERS).to_pandas().set_index("kind")["rows"].drop("mood").to_dict()
    assert lost == {"nps": 2, "csat": 1, "ces": 0}
    rows = answers._by_kind(as_table("survey_responses", ANSWERS), answers.SCALES).to_pandas().set_index("kind")
    assert rows[["off", "other", "inverted", "unknown"]].sum(axis=1).drop("mood").to_dict() == lost


@pytest.mark.parametrize("name", ["ces", "customer_effort_score"])
def test_the_first_version_of_the_effort_question_ends_at_5(name: str) -> None:
    rows = table("responded_at kind score", ("2026-01-05", "ces", 6.0), ("2026-01-05", "ces", 2.0))
    assert grades(answers.of_its_answers(held(survey_responses=rows)))["score"][0] == "PASS"
    config = Config(kpis={name: {"version": 1}})
    assert grades(answers.of_its_answers(held(config, survey_responses=rows)))["score"][0] == "REVIEW"


def test_a_question_of_ones_own_is_counted_on_its_scale() -> None:
    rows = table("responded_at kind score", ("2026-01-05", " Again", 4.0), ("2026-01-05", "again", 9.0))
    rows = rows.assign(kind=rows.kind.str.strip())
    for scale, grade in (({"scale": [1, 5]}, "REVIEW"), ({}, "PASS")):
        config = Config(kpis={"return": {"kind": "AGAIN ", **scale}})
        found = grades(answers.of_its_answers(held(config, survey_responses=rows)))
        assert found["kind"][0] == "PASS"
        assert found["score"][0] == grade
    assert found["scale"] == ("FAIL", "2 answers on a scale that is not stated")


@pytest.mark.usefixtures("engine")
def test_referrals_name_another_customer() -> None:
    customers = table("customer_id referred_by", ("a", None), ("b", "a"), ("c", "c"), ("d", "z"), ("e", "a"))
    found = grades(
        references.of_its_references(held(orders=sold(("a", "2026-01-05", 1.0)), customers=customers), "customers")
    )
    assert found == {
        "referred by oneself": ("REVIEW", "1 customer referred by themselves"),
        "referred by unknown": ("REVIEW", "1 customer referred by somebody who is not in customers"),
    }


@pytest.mark.usefixtures("engine")
def test_lines_are_compared_with_their_order_to_the_cent() -> None:
    orders = sold(
        ("a", "2026-01-05", 10.0), ("a", "2026-01-06", 20.0), ("b", "2026-01-07", 30.0), ("b", "2026-01-08", 0.0)
    )
    orders = orders.assign(order_id=["1", "2", "3", "4"])
    lines = table(
        "order_id product amount",
        ("1", "tea", 4.0), ("1", "mug", 6.01),  # a cent of rounding on two lines
        ("2", "tea", 15.0),  # five are missing
        ("4", "tea", 8.0),  # given back in full: nothing is left of the order
        ("9", "tea", 7.0),  # no such order
    )  # fmt: skip
    found = grades(references.of_its_references(held(orders=orders, order_lines=lines), "order_lines"))
    assert found == {
        "orders known": ("REVIEW", "1 line of an order that is not there, worth 7.00"),
        "sums": ("REVIEW", "lines sum to another amount in 1 of 3 orders: 20.00 on the orders, 15.00 on the lines"),
    }


@pytest.mark.usefixtures("engine")
def test_invitations_come_before_their_own_answers() -> None:
    invites = table(
        "invite_id sent_at response_id",
        ("1", "2026-01-05 10:00", "a"), ("2", "2026-01-05 10:00", "b"), ("3", "2026-01-05 10:00", "b"),
        ("4", "2026-01-05 10:00", "c"), ("5", "2026-01-05 10:00", None), ("6", "2026-01-05 10:00", None),
    )  # fmt: skip
    given = table(
        "response_id responded_at kind score",
        ("a", "2026-01-05 09:00", "nps", 9.0), ("b", "2026-01-06", "nps", 9.0), ("c", "2026-01-05", "nps", 9.0),
    )  # fmt: skip
    found = grades(references.of_its_references(held(
        orders=sold(("a", "2026-01-05", 1.0)), survey_invites=invites, survey_responses=given
    ), "survey_invites"))  # fmt: skip
    assert found == {
        "response_id": ("REVIEW", "1 invitation with the response_id of another"),
        "answers": ("REVIEW", "1 answer given before the invitation was sent"),  # c is a date without its time
    }


@pytest.mark.usefixtures("engine")
def test_spend_is_judged_by_kind_sign_and_channel() -> None:
    spend = table(
        "spent_on amount channel kind",
        ("2026-01-05", 5.0, "web", "media"), ("2026-01-05", 5.0, None, "Tools"), ("2026-01-05", 5.0, None, None),
        ("2026-01-05", -1.0, "web", "MEDIA"), ("2026-01-05", 2.0, "web", "salary"),
    )  # fmt: skip
    checks = list(consistency.of_its_values(held(spend=spend), "spend"))
    assert grades(checks) == {
        "channel": ("REVIEW", "1 row without channel"),
        "amount": ("REVIEW", "1 amount below 0"),
        "kind": ("REVIEW", "1 row of a kind that is not media, salaries, tools: 'salary'"),
    }
    assert checks[-1].do == "Did you mean 'salaries' for 'salary'? Until then they count as media."


@pytest.mark.usefixtures("engine")
def test_every_sequence_is_looked_at_and_a_date_without_its_time_is_not_too_early() -> None:
    for name, pairs in consistency.SEQUENCES.items():
        for first, then, _ in pairs:
            rows = table(
                f"{first} {then}", ("2026-01-05 10:00", "2026-01-05 09:00"), ("2026-01-05 10:00", "2026-01-05"),
                ("2026-01-05 10:00", "2026-01-05 10:00"), ("2026-01-05 10:00", None),
            )  # fmt: skip
            needed = {one.name: "x" if one.kind != "number" else 1.0 for one in CONTRACTS[name].columns if one.needed}
            filled = {
                key: value for key, value in needed.items() if key not in rows.columns and not key.endswith(TIMES)
            }
            times = {
                key: pd.Timestamp("2026-01-01") for key in needed if key.endswith(TIMES) and key not in rows.columns
            }
            found = consistency.of_its_values(held(None, **{name: rows.assign(**filled, **times)}), name)
            seen = [check.seen for check in found if f"{then} before {first}" in check.seen]
            assert seen == [f"1 row with {then} before {first}"]


TIMES = ("_at", "_on")
TWO_DAYS = sold(("a", "2026-01-05", 1.0), ("b", "2026-01-06", 2.0))
AHEAD = date(2026, 12, 31)


@pytest.mark.usefixtures("engine")
def test_actions_name_a_kpi() -> None:
    actions = table(
        "title kpi started_on",
        ("Card", "retention_rate", "2026-01-05"), ("Call", "retention_rat", "2026-01-05"), ("Call", "x", "2026-01-05"),
    )  # fmt: skip
    (check,) = declared.of_its_actions(held(orders=TWO_DAYS, actions=actions))
    assert (check.status, check.seen) == (
        "REVIEW", "2 actions for an unknown KPI: 'retention_rat' (1 row), 'x' (1 row)",
    )  # fmt: skip
    assert check.do.startswith("Did you mean 'retention_rate' for 'retention_rat'?")


@pytest.mark.parametrize(
    ("kpi", "value", "grade"),
    [
        ("retention_rate", 0.0, "PASS"), ("retention_rate", 1.0, "PASS"), ("retention_rate", 1.01, "FAIL"),
        ("retention_rate", -0.1, "FAIL"), ("nps", 45.0, "PASS"), ("nps", -100.0, "PASS"), ("nps", 0.0, "PASS"),
        ("nps", 0.45, "REVIEW"), ("nps", -101.0, "FAIL"), ("revenue", 85_000.0, "PASS"), ("on_time", 0.95, "PASS"),
        ("on_time", 95.0, "FAIL"),
    ],
)  # fmt: skip
def test_goals_benchmarks_and_targets_are_in_the_unit_of_their_kpi(kpi: str, value: float, grade: str) -> None:
    if kpi == "on_time":
        config = Config(performance_indicators=(indicator("amount > 1", target=value),))
    else:
        goal, benchmark = Goal(kpi=kpi, at_most=value, by=AHEAD), Benchmark(kpi=kpi, value=value, source="a study")
        config = Config(goals=(goal,), benchmarks=(benchmark,))
    found = grades(declared.of_its_declarations(held(config, orders=TWO_DAYS)))
    assert found["scale of goals"][0] == grade
    if grade != "PASS" and kpi != "on_time":
        assert found["scale of goals"][1].count(f"{value:g} for {kpi}") == 2


def indicator(success: str, **more: Any) -> PerformanceIndicator:
    return PerformanceIndicator(id="on_time", title="On time", success=success, **more)


def test_a_goal_of_the_last_known_day_is_over_and_one_of_the_next_is_not() -> None:
    for day, grade in ((date(2026, 2, 28), "REVIEW"), (date(2026, 3, 1), "PASS")):  # as_of is the first of March
        config = Config(goals=(Goal(kpi="revenue", at_least=1.0, by=day),))
        assert grades(declared.of_its_declarations(held(config, orders=TWO_DAYS)))["dates of goals"][0] == grade


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("success", "eligible", "grade", "seen"),
    [
        ("amount > 1", "true", "PASS", "1 of 2 eligible rows is a success"),
        ("amount > 9", "true", "REVIEW", "success is never true in 2 eligible rows: amount > 9"),
        ("amount > 1", "amount > 9", "REVIEW", "no row of orders is ever eligible: amount > 9"),
        ("amount > 1", "amount < 2", "REVIEW", "success is never true in 1 eligible row: amount > 1"),
        ("promised_at < :as_of", "true", "REVIEW", "it reads promised_at, which orders has not"),
        ("amout > 1", "true", "FAIL", "performance_indicators.0.success: found 'amout'"),
    ],
)
def test_an_indicator_is_tried_on_the_data(success: str, eligible: str, grade: str, seen: str) -> None:
    config = Config(performance_indicators=(indicator(success, eligible=eligible),))
    found = grades(declared.of_its_declarations(held(config, orders=TWO_DAYS)))
    assert found["indicator on_time"] == (grade, seen)


def test_without_tables_and_declarations_nothing_more_is_asked() -> None:
    assert not list(declared.of_its_declarations(held(orders=TWO_DAYS)))
    result = audit(load(tables={"orders": daily()}), today=TODAY)
    assert set(result.table.table) == {"orders"}
