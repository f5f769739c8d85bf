"""Cohort tables: PostHog's published tables, Online Retail, traps by name, properties on any orders."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from shops import FIRST_DAY, any_orders, one_customer_one_order, online_retail_lines, orders, three_months, visits

from kpikit import cohorts
from kpikit.errors import ContractError, ParameterError

pytestmark = pytest.mark.usefixtures("engine")


def seen(table) -> pd.DataFrame:
    frame = table.to_pandas()
    return frame[frame.status != "not_yet_observed"]


def rows_of(table, column: str = "active") -> list[list[int]]:
    return [group[column].astype(int).tolist() for _, group in seen(table).groupby("cohort")]


def day(number: int) -> str:
    return f"{FIRST_DAY + pd.Timedelta(days=number):%Y-%m-%d}"


def test_posthog_recurring_table():
    # PostHog, product analytics retention tests: p1 and p2 over eleven days
    events = visits({"p1": [0, 1, 2, 5, 5, 6], "p2": [1, 2, 3, 6]})
    table = cohorts.cohort_retention(events, period="day", entry="recurring", as_of=day(11))
    assert rows_of(table) == [
        [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0],
        [2, 2, 1, 0, 1, 2, 0, 0, 0, 0],
        [2, 1, 0, 1, 2, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0, 0, 0],
        [0] * 7,
        [1, 1, 0, 0, 0, 0],
        [2, 0, 0, 0, 0],
        [0] * 4,
        [0] * 3,
        [0, 0],
        [0],
    ]


def test_posthog_rolling_table():
    events = visits({"p1": [0, 3, 4], "p2": [0, 1], "p3": [1, 2, 3], "p4": [3, 4], "p5": [4]})
    table = cohorts.cohort_retention(events, period="day", entry="recurring", mode="rolling", as_of=day(6))
    assert rows_of(table) == [[2, 2, 1, 1, 1, 0], [2, 1, 1, 0, 0], [1, 1, 0, 0], [3, 2, 0], [3, 0], [0]]


def test_online_retail_december_2010():
    lines = online_retail_lines()
    lines = lines[lines.customer_id.notna()]
    frame = lines.assign(
        customer_id=lines.customer_id.astype(int).astype(str), amount=lines.quantity * lines.unit_price
    )
    frame = frame.rename(columns={"invoice_date": "ordered_at"})[["customer_id", "ordered_at", "amount"]]
    table = cohorts.cohort_retention(frame).to_pandas()
    first = table[table.cohort == "2010-12-01"]
    assert first.active.astype(int).tolist() == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert first.status.tolist() == ["complete"] * 12 + ["partial"]


def test_three_months_by_hand():
    table = cohorts.cohort_retention(three_months).to_pandas()
    assert table.columns.tolist() == ["cohort", "age", "cohort_size", "active", "retention", "status"]
    january = table[table.cohort == "2024-01-01"]
    assert january.cohort_size.tolist() == [2, 2, 2]
    assert january.active.tolist() == [2, 1, 2]
    assert january.retention.tolist() == [1.0, 0.5, 1.0]
    assert january.status.tolist() == ["complete"] * 3
    february = table[table.cohort == "2024-02-01"]
    assert february.active.tolist()[:2] == [1, 0]
    assert february.status.tolist()[2] == "not_yet_observed"


def test_refund_only_customers_are_in_no_cohort():
    table = cohorts.cohort_retention(three_months).to_pandas()
    assert table[table.age == 0].cohort_size.sum() == 3  # zoe only returned something


def test_zero_is_not_not_yet_observed():
    table = cohorts.cohort_retention(visits({"a": [0], "b": [20]}), period="week").to_pandas()
    first = table[table.cohort == table.cohort.min()]
    assert first.active.tolist() == [1, 0, 0]
    last = table[(table.cohort == table.cohort.max()) & (table.age == 1)]
    assert last.status.item() == "not_yet_observed"
    assert last.active.isna().all()
    assert last.retention.isna().all()
    assert last.cohort_size.item() == 1


def test_empty_cohorts_between_others_are_there():
    table = cohorts.cohort_retention(visits({"a": [0], "b": [20]}), period="week").to_pandas()
    middle = table[(table.cohort == "2024-01-08") & (table.age == 0)]
    assert middle.cohort_size.item() == 0
    assert middle.retention.isna().all()


def test_the_last_cell_is_partial_until_its_period_is_over():
    bought = orders(("a", "2024-01-31", 1.0), ("a", "2024-02-28", 1.0))
    assert seen(cohorts.cohort_retention(bought)).status.tolist() == ["complete", "partial", "partial"]
    over = cohorts.cohort_retention(bought, as_of="2024-03-01")
    assert seen(over).status.tolist() == ["complete"] * 3


def test_weeks_start_where_the_business_says():
    bought = orders(("a", "2024-01-07", 1.0), ("b", "2024-01-08", 1.0))  # a Sunday and a Monday
    monday = cohorts.cohort_retention(bought, period="week").to_pandas()
    sunday = cohorts.cohort_retention(bought, period="week-sunday").to_pandas()
    assert sorted(monday.cohort.dt.strftime("%Y-%m-%d").unique()) == ["2024-01-01", "2024-01-08"]
    assert sunday.cohort.dt.strftime("%Y-%m-%d").unique().tolist() == ["2024-01-07"]


def test_elapsed_clock_counts_from_the_customers_own_moment():
    bought = orders(("a", "2024-01-01 18:00", 1.0), ("a", "2024-01-02 17:59", 1.0), ("b", "2024-01-01 08:00", 1.0),
                    ("b", "2024-01-02 08:00", 1.0))  # fmt: skip
    calendar = cohorts.cohort_retention(bought, period="day", as_of="2024-01-05")
    elapsed = cohorts.cohort_retention(bought, period="day", clock="elapsed", as_of="2024-01-05")
    assert rows_of(calendar)[0][:2] == [2, 2]
    assert rows_of(elapsed)[0][:2] == [2, 1]


def test_elapsed_months_are_anniversaries():
    bought = orders(("a", "2024-01-15 12:00", 1.0), ("a", "2024-02-15 11:59", 1.0), ("a", "2024-03-15 12:00", 1.0))
    assert rows_of(cohorts.cohort_retention(bought, clock="elapsed", as_of="2024-06-01"))[0] == [1, 0, 1, 0, 0]


def test_elapsed_cells_are_complete_only_when_the_last_member_has_lived_them():
    bought = orders(("a", "2024-01-01", 1.0), ("b", "2024-01-31", 1.0))
    table = cohorts.cohort_retention(bought, clock="elapsed", as_of="2024-03-01").to_pandas()
    assert table[table.cohort == "2024-01-01"].status.tolist() == ["complete", "partial"]


def test_brackets_are_lengths_after_age_zero():
    bought = visits({"a": [0, 1, 3, 7], "b": [0, 9], "c": [0, 10]})
    table = cohorts.cohort_retention(bought, period="day", brackets=[1, 3, 5], as_of=day(20))
    assert rows_of(table)[0] == [3, 1, 1, 2]  # day 1; days 2 to 4; days 5 to 9; day 10 lies beyond


def test_a_bracket_is_partial_until_its_last_period_is_over():
    table = cohorts.cohort_retention(visits({"a": [0, 1, 2]}), period="day", brackets=[1, 3], as_of=day(4)).to_pandas()
    assert table[table.cohort == table.cohort.min()].status.tolist() == ["complete", "complete", "partial"]


def test_minimum_occurrences_count_orders_in_the_cell():
    bought = visits({"a": [0, 7, 8], "b": [0, 7]})
    assert rows_of(cohorts.cohort_retention(bought, period="week", min_occurrences=2))[0] == [2, 1]


def test_a_customer_belongs_to_the_segment_of_the_first_order():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-02-01", 1.0), ("b", "2024-01-01", 1.0)).assign(
        channel=["web", "shop", None]
    )
    table = cohorts.cohort_retention(bought, by="channel").to_pandas()
    assert table.columns[0] == "channel"
    first = table[(table.cohort == "2024-01-01") & (table.age == 0)].set_index("channel").cohort_size
    assert first.to_dict() == {"unknown": 1, "web": 1}


def test_revenue_of_cohorts_holds_refunds_and_adds_up():
    table = cohorts.cohort_revenue(three_months).to_pandas()
    january = table[table.cohort == "2024-01-01"]
    assert january.revenue.tolist() == [50.0, 30.0, 30.0]
    assert january.revenue_per_customer.tolist() == [25.0, 15.0, 15.0]
    assert table[table.cohort == "2024-02-01"].revenue.tolist()[:2] == [100.0, 0.0]
    assert table.revenue.sum() == 210.0  # zoe's refund belongs to no cohort


def test_one_customer_one_order():
    table = cohorts.cohort_retention(one_customer_one_order).to_pandas()
    assert table[["cohort_size", "active", "status"]].to_numpy().tolist() == [[1, 1, "partial"]]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"mode": "exat"}, "Did you mean 'exact'"),
        ({"entry": "frist"}, "Did you mean 'first'"),
        ({"clock": "wall"}, "calendar, elapsed"),
        ({"period": "moth"}, "Did you mean 'month'"),
        ({"brackets": [1, 0]}, r"Pass \[1, 3, 5\]"),
        ({"min_occurrences": 0}, "1 or more"),
        ({"as_of": "30.9.2026"}, "ISO date"),
    ],
)
def test_wrong_options_say_what_is_valid(option, message):
    with pytest.raises(ParameterError, match=message):
        cohorts.cohort_retention(three_months, **option)


def test_a_missing_column_is_named_with_its_nearest():
    with pytest.raises(ContractError, match=r"tables\.orders\.columns\.customer_id: customer"):
        cohorts.cohort_retention(three_months.rename(columns={"customer_id": "customer"}))


def test_times_with_a_zone_are_refused_rather_than_guessed():
    aware = three_months.assign(ordered_at=three_months.ordered_at.dt.tz_localize("UTC"))
    with pytest.raises(ContractError, match="local time without a zone"):
        cohorts.cohort_retention(aware)


@given(any_orders())
@settings(max_examples=10, deadline=None)
def test_properties_on_any_orders(bought):
    exact = cohorts.cohort_retention(bought, period="month").to_pandas()
    rolling = cohorts.cohort_retention(bought, period="month", mode="rolling").to_pandas()
    assert (rolling.active.fillna(0) >= exact.active.fillna(0)).all()
    buyers = bought[bought.amount >= 0].customer_id.nunique()
    assert exact[exact.age == 0].cohort_size.sum() == buyers
    shuffled = cohorts.cohort_retention(bought.sample(frac=1, random_state=1), period="month").to_pandas()
    pd.testing.assert_frame_equal(exact, shuffled)


@given(any_orders(), any_orders())
@settings(max_examples=10, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_anything(bought, other):
    as_of = FIRST_DAY + pd.Timedelta(days=90)
    later = other.assign(ordered_at=other.ordered_at + pd.Timedelta(days=90))
    before = bought[bought.ordered_at < as_of]
    if before.empty:
        return
    for function in (cohorts.cohort_retention, cohorts.cohort_revenue):
        expected = function(before, as_of=f"{as_of:%Y-%m-%d}").to_pandas()
        found = function(pd.concat([before, later]), as_of=f"{as_of:%Y-%m-%d}").to_pandas()
        pd.testing.assert_frame_equal(expected, found)


def test_rolling_with_brackets_knows_who_came_after_the_last_bracket():
    bought = visits({"a": [0, 20], "b": [0, 30]})
    table = cohorts.cohort_retention(bought, period="day", mode="rolling", brackets=[1, 3, 5], as_of=day(40))
    assert rows_of(table)[0] == [2, 2, 2, 2]


def test_minimum_occurrences_count_in_a_period_not_in_its_bracket():
    bought = visits({"a": [0, 2, 3], "b": [0, 2, 2]})
    table = cohorts.cohort_retention(bought, period="day", brackets=[1, 3], min_occurrences=2, as_of=day(10))
    assert rows_of(table)[0] == [2, 0, 1]


def test_a_refund_before_the_first_order_counts_alike_by_both_clocks():
    bought = orders(
        ("a", "2024-01-03", -4.0), ("a", "2024-01-10", 30.0), ("b", "2023-12-20", -9.0), ("b", "2024-01-05", 5.0)
    )
    for clock in ("calendar", "elapsed"):
        table = cohorts.cohort_revenue(bought, clock=clock, as_of="2024-03-01").to_pandas()
        assert table[(table.cohort == "2024-01-01") & (table.age == 0)].revenue.item() == 31.0


def test_a_column_of_the_result_cannot_be_the_segment():
    with pytest.raises(ParameterError, match="Rename it first"):
        cohorts.cohort_retention(three_months.assign(status="x"), by="status")


def test_lengths_may_be_numpy_integers():
    import numpy as np

    table = cohorts.cohort_retention(visits({"a": [0, 1]}), period="day", brackets=np.array([1, 3]), as_of=day(9))
    assert rows_of(table)[0] == [1, 1, 0]
