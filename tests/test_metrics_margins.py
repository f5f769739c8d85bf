"""The simple lifetime value and what customers have brought as margin: hand-typed cases and traps."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from shops import any_orders, one_customer_one_order, orders

from kpikit import intervals
from kpikit.errors import ParameterError
from kpikit.kpis import with_interval
from kpikit.metrics import KPIS, find, lifetime, margins

pytestmark = pytest.mark.usefixtures("engine")

# ann: 10, then 20 after 31 days and −5 after 60; bob: 8, then 12 on the day after; eve: 50
bought = orders(
    ("ann", "2024-01-01", 10.0), ("ann", "2024-02-01", 20.0), ("ann", "2024-03-01", -5.0),
    ("bob", "2024-01-10", 8.0), ("bob", "2024-01-11", 12.0), ("eve", "2024-03-31", 50.0),
).assign(channel=["web", "shop", "web", "shop", "web", "web"], margin=[4.0, None, -2.0, 4.0, 6.0, 25.0])  # fmt: skip
people = pd.DataFrame(
    {"customer_id": ["ann", "bob"], "channel": ["search", "social"], "segment": ["home", "office"]}
)  # fmt: skip
TABLES = {"orders": bought, "customers": people}
KNOWN = {"as_of": "2024-04-01"}
HALF = {"margin_fraction": 0.5, **KNOWN}


def by_customer(tables, **options) -> pd.DataFrame:
    return margins.customer_margins(tables, **options).to_pandas().set_index("customer_id").sort_index()


# simple lifetime value


def test_simple_value_by_hand():
    table = lifetime.clv_simple(bought, lifespan_years=2.0, annual_discount_rate=0.0, margin_fraction=0.5, **KNOWN)
    row = table.to_pandas().iloc[0]
    years = (90 + 81 + 0) / 365.25  # eve is a customer since today: no time yet
    assert row.denominator == pytest.approx(years)
    assert row.numerator == pytest.approx((20 - 5 + 12) * 2 * 0.5)


def test_the_first_order_and_a_second_basket_on_its_day_are_not_in_the_simple_value():
    twice = orders(("a", "2024-01-01 09:00", 10.0), ("a", "2024-01-01 19:00", 10.0), ("a", "2024-02-01", 7.0))
    row = lifetime.clv_simple(twice, lifespan_years=1.0, annual_discount_rate=0.0).to_pandas().iloc[0]
    assert row.numerator == pytest.approx(7)


def test_one_order_thirty_days_ago_is_not_twelve_a_year():
    row = lifetime.clv_simple(one_customer_one_order, as_of="2024-02-10").to_pandas().iloc[0]
    assert row.numerator == 0
    assert row.denominator == pytest.approx(30 / 365.25)


def test_the_discount_is_that_of_an_even_flow():
    # Gupta and Lehmann: a flow over three years at 10 %, against a sum over 30,000 steps
    steps = (np.arange(30_000) + 0.5) / 10_000
    assert lifetime.discounted_years(3.0, 0.10) == pytest.approx(float((1.1**-steps).sum() / 10_000), rel=1e-6)
    assert lifetime.discounted_years(3.0, 0.0) == 3.0


def test_simple_value_has_the_interval_of_whole_customers():
    paid = orders(*[(f"c{i}", "2024-01-01", 1.0) for i in range(8)],
                  *[(f"c{i}", "2024-03-01", float(i)) for i in range(8)])  # fmt: skip
    how = {"lifespan_years": 1.0, "annual_discount_rate": 0.0}
    table = with_interval(lifetime.clv_simple(paid, **how, **KNOWN).to_pandas(), KPIS["clv_simple"].card).iloc[0]
    years = 90 / 365.25
    spread = np.std(np.arange(8), ddof=1) / math.sqrt(8) / 3.5  # all have the same time: the mean's relative error
    factor = math.exp(2.3646242510103 * spread)  # Student's t with 7 degrees of freedom
    assert (table.value, table.low, table.high) == pytest.approx(
        (3.5 / years, 3.5 / years / factor, 3.5 / years * factor)
    )


def test_simple_value_by_month_and_segment():
    months = lifetime.clv_simple(bought, period="month", by="channel", **KNOWN).to_pandas()
    assert months.numerator[months.segment == "web"].round(4).tolist() == [
        0, round(20 * lifetime.discounted_years(3, 0.1), 4), round(-5 * lifetime.discounted_years(3, 0.1), 4)
    ]  # fmt: skip


def test_the_card_says_the_settings():
    card = find("clv_simple").using(lifespan_years=5.0, margin_fraction=0.42).card
    assert "5.0 years" in card.formula
    assert "margin 0.42" in card.formula


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"lifespan_years": 0.0}, "more than 0 years"), ({"margin_fraction": 42.0}, "a share above 0"),
     ({"annual_discount_rate": 10.0}, "a rate from 0")],
)  # fmt: skip
def test_settings_out_of_range_are_refused(setting, message):
    with pytest.raises(ParameterError, match=message):
        lifetime.clv_simple(bought, **setting)


@given(any_orders(), any_orders())
@settings(max_examples=10, deadline=None)
def test_what_is_dated_at_or_after_as_of_changes_no_value(known, later):
    known = known[known.ordered_at < "2024-03-01"]
    if known.empty:
        return
    more = later.assign(ordered_at=later.ordered_at + pd.Timedelta(days=60))
    how = {"period": "month", "as_of": "2024-03-01"}
    before, after = (lifetime.clv_simple(table, **how).to_pandas() for table in (known, pd.concat([known, more])))
    pd.testing.assert_frame_equal(before, after)


# margins of customers


def test_customers_by_hand():
    table = by_customer(TABLES, within_days=31, annual_discount_rate=0.0, **HALF)
    assert table.margin.to_dict() == {"ann": 4 + 10 - 2, "bob": 10, "eve": 25}  # ann's second states none: a half
    assert table.amount.to_dict() == {"ann": 25, "bob": 20, "eve": 50}
    assert table.orders.to_dict() == {"ann": 2, "bob": 2, "eve": 1}  # a refund is no order
    assert table.age_days.to_dict() == {"ann": 90, "bob": 81, "eve": 0}
    assert table.within.fillna(-1).to_dict() == {"ann": 14, "bob": 10, "eve": -1}  # eve is too young


def test_the_customers_own_channel_counts_and_else_that_of_the_first_order():
    assert by_customer(TABLES, **HALF).channel.to_dict() == {"ann": "search", "bob": "social", "eve": "unknown"}
    assert by_customer({"orders": bought}, **HALF).channel.to_dict() == {"ann": "web", "bob": "shop", "eve": "web"}
    assert set(by_customer({"orders": bought}, **HALF).segment) == {"unknown"}


def test_margins_are_brought_back_to_the_first_order():
    table = by_customer(TABLES, annual_discount_rate=0.10, **HALF)
    ann = 4 + 10 * 1.1 ** -(31 / 365.25) - 2 * 1.1 ** -(60 / 365.25)
    assert table.discounted["ann"] == pytest.approx(ann)
    assert table.discounted["eve"] == 25


def test_refunds_from_before_the_first_order_are_in_none():
    early = orders(("a", "2024-01-01", -30.0), ("a", "2024-01-05", 10.0))
    assert by_customer({"orders": early}, **KNOWN).margin.tolist() == [10]


def test_margins_by_age_by_hand():
    table = margins.margins_by_age(TABLES, **HALF).to_pandas()
    whole = table[table.segment == "all"].set_index("months")
    # a month is 30.4375 days: ann's 31st day is in the second, bob's first in the first; eve is 0 days old
    assert whole.customers.to_dict() == {0: 3, 1: 2, 2: 2}
    assert whole.margin.to_dict() == {0: 4 + 4 + 25, 1: 4 + 10, 2: 12 + 10}
    assert whole.sum_xx.to_dict() == {0: 16 + 16 + 625, 1: 16 + 100, 2: 144 + 100}
    assert table[table.segment == "social"].margin.tolist() == [4, 10, 10]


def test_ages_end_at_the_oldest_asked_for():
    assert margins.margins_by_age(TABLES, most_months=1, **HALF).to_pandas().months.max() == 1


def test_margins_by_age_leave_out_customers_from_before_the_spend():
    spend = pd.DataFrame({"spent_on": [pd.Timestamp("2024-01-05")], "amount": [9.0]})
    table = margins.margins_by_age({**TABLES, "spend": spend}, **HALF).to_pandas()
    assert table[table.segment == "all"].customers.tolist() == [2, 1, 1]


def test_margins_of_segments_by_hand():
    table = margins.segment_margins(TABLES, **HALF).to_pandas().set_index("segment")
    assert table.customers.to_dict() == {"home": 1, "office": 1, "unknown": 1}
    assert table.margin.to_dict() == {"home": 12, "office": 10, "unknown": 25}
    own = margins.segment_margins({"orders": bought.assign(shop="x")}, by="shop", **HALF).to_pandas()
    assert own[["customers", "margin", "sum_xx"]].iloc[0].tolist() == [3, 47, 144 + 100 + 625]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: margins.margins_by_age(TABLES, by="store"), "one of channel and segment|one of channel, segment"),
        (lambda: margins.customer_margins(TABLES, within_days=0), "1 day or more"),
        (lambda: margins.customer_margins(TABLES, margin_fraction=0), "a share above 0"),
    ],
)
def test_wrong_calls_say_what_is_valid(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


@given(any_orders())
@settings(max_examples=10, deadline=None)
def test_segments_and_ages_sum_to_the_customers(found):
    each = by_customer({"orders": found})
    sums = margins.segment_margins({"orders": found}).to_pandas()
    assert sums.customers.sum() == len(each)
    assert sums.margin.sum() == pytest.approx(each.margin.sum(), abs=1e-6)
    ages = margins.margins_by_age({"orders": found}).to_pandas()
    whole = ages[ages.segment == "all"]
    assert (whole.customers.diff().dropna() <= 0).all()
    assert whole.customers.max() == len(each) if len(each) else whole.empty


def test_interval_of_a_segment_is_that_of_its_customers():
    row = margins.segment_margins({"orders": bought}, by="channel", **HALF).to_pandas().set_index("segment").loc["web"]
    low, high = intervals.clustered_mean(row.margin, 2, row.sum_xx, 2, row.margin, 2)
    mean, error = (12 + 25) / 2, np.std([12, 25], ddof=1) / math.sqrt(2)
    assert (float(low), float(high)) == pytest.approx((mean - 12.7062047 * error, mean + 12.7062047 * error))
