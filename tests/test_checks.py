"""The audit: one row per check, and every row of the data accounted for."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from kpikit.checks import audit, missing_days, set_aside_table
from kpikit.config import Business, Config, Table
from kpikit.results import Result
from kpikit.sources import Data, load

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
    assert seen(result, "future dates") == "1 rows dated after 2026-03-01, the newest 2062-01-05"
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
    assert "1 days without an order" in seen(result, "missing days")
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
