"""Retention by sets, churn, repeat purchase with eligibility, purchase frequency: hand-typed cases and traps."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from shops import FIRST_DAY, any_orders, orders, three_months, visits

from kpikit.errors import ParameterError
from kpikit.metrics import retention

pytestmark = pytest.mark.usefixtures("engine")


def by_month(function, table=three_months, **options) -> pd.DataFrame:
    return function(table, period="month", **options).to_pandas()


def test_three_months_by_hand():
    table = by_month(retention.retention_rate, as_of="2024-04-01")
    assert table.period.dt.strftime("%Y-%m").tolist() == ["2024-02", "2024-03"]
    assert table.numerator.tolist() == [1, 1]  # ann; ann again (eve does not come back)
    assert table.denominator.tolist() == [2, 2]


def test_retention_is_counted_by_sets_although_joiners_leave():
    """S = 100, 20 join, 10 of them leave, 5 of S leave: (E − N)/S says 85 %, the truth is 95 %."""
    start = [(f"s{i}", "2024-01-10", 1.0) for i in range(100)]
    stayed = [(f"s{i}", "2024-02-10", 1.0) for i in range(95)]
    joined = [(f"j{i}", "2024-01-20", 1.0) for i in range(0)] + [(f"j{i}", "2024-02-20", 1.0) for i in range(10)]
    row = by_month(retention.retention_rate, orders(*start, *stayed, *joined), as_of="2024-03-01").iloc[0]
    assert (row.numerator, row.denominator) == (95, 100)


def test_retention_without_a_period_is_undefined_rather_than_wrong():
    table = retention.retention_rate(three_months).to_pandas()
    assert table.denominator.fillna(0).sum() == 0


def test_repeat_purchase_waits_until_customers_are_old_enough():
    bought = orders(("old", "2024-01-01", 1.0), ("old", "2024-02-01", 1.0), ("idle", "2024-01-02", 1.0),
                    ("young", "2024-03-30", 1.0), ("young", "2024-03-31", 1.0))  # fmt: skip
    row = retention.repeat_purchase_rate(bought, within_days=31, as_of="2024-04-15").to_pandas().iloc[0]
    assert (row.numerator, row.denominator) == (1, 2)  # young came back at once, but is not 31 days old
    later = retention.repeat_purchase_rate(bought, within_days=31, as_of="2024-05-01").to_pandas().iloc[0]
    assert (later.numerator, later.denominator) == (2, 3)


@pytest.mark.parametrize(("days", "came_back"), [(30, 0), (31, 1)])
def test_repeat_purchase_window_includes_its_last_day(days, came_back):
    bought = orders(("a", "2024-01-01 20:00", 1.0), ("a", "2024-02-01 08:00", 1.0))
    row = retention.repeat_purchase_rate(bought, within_days=days, as_of="2024-06-01").to_pandas().iloc[0]
    assert row.numerator == came_back


def test_a_second_basket_on_the_first_day_is_no_repeat_purchase():
    bought = orders(("a", "2024-01-01 08:00", 1.0), ("a", "2024-01-01 09:00", 1.0))
    row = retention.repeat_purchase_rate(bought, within_days=10, as_of="2024-06-01").to_pandas().iloc[0]
    assert (row.numerator, row.denominator) == (0, 1)


def test_cohorts_that_are_too_young_are_not_yet_observed():
    bought = orders(("a", "2024-01-01", 1.0), ("b", "2024-02-01", 1.0), ("c", "2024-03-01", 1.0))
    table = by_month(retention.repeat_purchase_rate, bought, within_days=30, as_of="2024-03-15")
    assert table.status.tolist() == ["complete", "partial", "not_yet_observed"]
    assert table.denominator.isna().tolist() == [False, False, True]


def test_one_order_thirty_days_ago_is_not_twelve_a_year():
    row = retention.purchase_frequency(orders(("a", "2024-01-01", 1.0)), as_of="2024-01-31").to_pandas().iloc[0]
    assert row.numerator == 0
    assert row.denominator == pytest.approx(29 / 365.25)


def test_frequency_counts_time_since_the_first_order_only():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-01-21", 1.0), ("b", "2024-02-01", 1.0))
    row = retention.purchase_frequency(bought, as_of="2024-02-11").to_pandas().iloc[0]
    assert row.numerator == 1
    assert row.denominator == pytest.approx((40 + 9) / 365.25)
    months = by_month(retention.purchase_frequency, bought, as_of="2024-02-11")
    assert months.numerator.tolist() == [1, 0]
    assert (months.denominator * 365.25).tolist() == pytest.approx([30, 10 + 9])


def test_a_window_below_one_day_is_refused():
    with pytest.raises(ParameterError, match="1 day or more"):
        retention.repeat_purchase_rate(three_months, within_days=0)


def in_days(table) -> list[tuple[str, int, float, bool]]:
    frame = table.to_pandas().sort_values(["customer_id", "gap"])
    return list(frame[["customer_id", "gap", "duration", "observed"]].itertuples(index=False, name=None))


def test_gaps_between_purchases_by_hand():
    bought = visits({"ann": [0, 10, 40], "bob": [35]})
    table = retention.purchase_gaps(bought, as_of="2024-02-11")  # the last known day is day 40
    assert in_days(table) == [("ann", 1, 10, True), ("ann", 2, 30, True), ("ann", 3, 0, False), ("bob", 1, 5, False)]
    began = pd.to_datetime(table.to_pandas().query("gap == 2").began)
    assert began.tolist() == [pd.Timestamp("2024-01-11")]


def test_the_open_gap_is_there_and_marked():
    bought = visits({"ann": [0]})
    assert in_days(retention.purchase_gaps(bought, as_of="2024-03-01")) == [("ann", 1, 59, False)]


def test_two_baskets_and_refunds_are_no_gap():
    bought = orders(("a", "2024-01-01 08:00", 1.0), ("a", "2024-01-01 20:00", 1.0), ("a", "2024-01-05", -1.0),
                    ("a", "2024-01-08", 1.0))  # fmt: skip
    assert in_days(retention.purchase_gaps(bought)) == [("a", 1, 7, True), ("a", 2, 0, False)]


def test_time_to_the_second_order_by_hand():
    bought = visits({"ann": [0, 10, 40], "bob": [35]}).assign(shop=["x", "y", "y", None])
    table = retention.time_to_second_order(bought, by="shop", as_of="2024-02-11").to_pandas().set_index("customer_id")
    assert table.duration.to_dict() == {"ann": 10, "bob": 5}
    assert table.observed.to_dict() == {"ann": True, "bob": False}
    assert table.segment.to_dict() == {"ann": "x", "bob": "unknown"}


def test_counts_of_durations_hold_everybody():
    gaps = retention.purchase_gaps(visits({"a": [0, 10, 20], "b": [0, 10], "c": [5]}), as_of="2024-01-26")
    counts = retention.duration_counts(gaps).to_pandas()
    rows = list(counts[["duration", "observed", "n"]].itertuples(index=False, name=None))
    assert rows == [(4, False, 1), (10, True, 3), (14, False, 1), (19, False, 1)]  # the last known day is day 24


@given(any_orders(), any_orders())
@settings(max_examples=5, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_a_gap(bought, other):
    as_of = FIRST_DAY + pd.Timedelta(days=80)
    before = bought[bought.ordered_at < as_of]
    if before.empty:
        return
    later = other.assign(ordered_at=other.ordered_at + pd.Timedelta(days=80))
    found = (retention.purchase_gaps(rows, as_of="2024-03-21") for rows in (before, pd.concat([before, later])))
    alone, together = (in_days(table) for table in found)
    assert alone == together
    assert sum(not observed for *_, observed in alone) == before[before.amount >= 0].customer_id.nunique()


@given(any_orders())
@settings(max_examples=6, deadline=None)
def test_properties_on_any_orders(bought):
    kept, left = by_month(retention.retention_rate, bought), by_month(retention.churn_rate, bought)
    assert (kept.numerator + left.numerator).tolist() == kept.denominator.tolist()
    assert (kept.numerator <= kept.denominator).all()
    months = by_month(retention.purchase_frequency, bought)
    whole = retention.purchase_frequency(bought).to_pandas()
    assert months.numerator.sum() == whole.numerator.sum()
    assert months.denominator.sum() == pytest.approx(whole.denominator.sum())
    parts = by_month(retention.repeat_purchase_rate, bought, within_days=30)
    pooled = retention.repeat_purchase_rate(bought, within_days=30).to_pandas()
    assert parts.denominator.sum() == pooled.denominator.sum()
    assert parts.numerator.sum() == pooled.numerator.sum()


def test_purchase_days_are_counted_once_however_many_orders_they_have():
    bought = visits({"a": [0, 40, 40, 45, 50], "b": [3, 4, 4], "c": [41, 41]})  # February begins on day 31
    table = retention.purchase_frequency(bought, period="month", as_of="2024-03-01").to_pandas()
    assert table.numerator.tolist() == [1, 3]  # b again on day 4; a on three days; c's two orders are one first day
