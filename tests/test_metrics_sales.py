"""Revenue, its bridge, orders, order value, active and new customers: hand-typed cases and traps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from shops import any_orders, orders, three_months

import kpikit
from kpikit import intervals
from kpikit.metrics import sales

MOVES = ["acquired", "returned", "lost", "frequency", "order_value", "refunds_only"]

pytestmark = pytest.mark.usefixtures("engine")


def by_month(function, table=three_months, **options) -> pd.DataFrame:
    return function(table, period="month", **options).to_pandas()


def test_three_months_by_hand():
    assert by_month(sales.revenue).numerator.tolist() == [50.0, 130.0, 25.0]
    assert by_month(sales.orders).numerator.tolist() == [2, 3, 2]
    assert by_month(sales.active_customers).numerator.tolist() == [2, 2, 2]
    assert by_month(sales.new_customers).numerator.tolist() == [2, 1, 0]
    value = by_month(sales.average_order_value)
    assert (value.numerator / value.denominator).tolist() == pytest.approx([25.0, 130 / 3, 12.5])
    each = by_month(sales.revenue_per_customer)
    assert each.numerator.tolist() == [50.0, 130.0, 25.0]
    assert each.denominator.tolist() == [2, 2, 2]  # zoe's refund in March makes her no customer of March


def test_two_orders_of_one_customer_are_two_orders_and_one_customer():
    bought = orders(("a", "2024-01-01", 10.0), ("a", "2024-01-05", 20.0), ("b", "2024-01-09", 6.0))
    assert sales.average_order_value(bought).to_pandas().denominator.tolist() == [3]
    row = sales.revenue_per_customer(bought).to_pandas().iloc[0]
    assert (row.numerator, row.denominator, row.n) == (36, 2, 2)


def test_interval_of_revenue_per_customer_agrees_with_the_bootstrap():
    amounts = np.random.default_rng(4).lognormal(3, 0.8, 150).round(2)
    bought = orders(*((f"c{i}", "2024-01-05", amount) for i, amount in enumerate(amounts)))
    row = kpikit.compute({"orders": bought}, ["revenue_per_customer"]).iloc[0]
    low, high = intervals.cluster_bootstrap(amounts)
    assert row.value == pytest.approx(amounts.mean())
    assert (row.low, row.high) == pytest.approx((low, high), abs=0.12 * (high - low))


def test_a_month_of_refunds_only_has_no_revenue_per_customer():
    bought = orders(("a", "2024-01-05", 10.0), ("a", "2024-02-05", -10.0), ("b", "2024-03-31", 1.0))
    found = kpikit.compute({"orders": bought}, ["revenue_per_customer"], period="month")
    assert found.denominator.tolist() == [1, 0, 1]
    assert found.value.isna().tolist() == [False, True, False]


def test_without_a_period_there_is_one_row_over_all():
    table = sales.revenue(three_months).to_pandas()
    assert table.numerator.tolist() == [205.0]
    assert table.period.isna().all()


def test_refunds_change_money_but_are_no_orders():
    march = by_month(sales.orders).iloc[-1]
    assert march.numerator == 2  # zoe's refund is none
    assert by_month(sales.revenue).numerator.iloc[-1] == 20 + 10 - 5


def test_a_month_without_orders_is_zero_and_not_missing():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-03-31", 1.0))
    table = by_month(sales.revenue, bought)
    assert table.numerator.tolist() == [1.0, 0.0, 1.0]
    value = by_month(sales.average_order_value, bought)
    assert value.denominator.tolist() == [1, 0, 1]


def test_the_running_month_is_partial():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-02-10", 1.0))
    assert by_month(sales.revenue, bought).status.tolist() == ["complete", "partial"]
    assert by_month(sales.revenue, bought, as_of="2024-03-01").status.tolist() == ["complete", "complete"]


def test_segments_are_kept_apart_and_missing_ones_named():
    bought = three_months.assign(shop=["x", "y", "x", "x", "x", None, "y", "y", "x"])
    table = sales.revenue(bought, by="shop").to_pandas().set_index("segment").numerator
    assert table.to_dict() == {"unknown": 50.0, "x": 75.0, "y": 80.0}


def test_sums_of_squares_are_over_customers():
    row = sales.average_order_value(three_months).to_pandas().iloc[0]
    each = {"ann": (60, 3), "bob": (50, 2), "eve": (100, 2), "zoe": (-5, 0)}
    assert row.n == 4
    assert row.sum_xx == sum(x * x for x, _ in each.values())
    assert row.sum_xy == sum(x * y for x, y in each.values())
    assert row.sum_yy == sum(y * y for _, y in each.values())


def test_bridge_by_hand():
    table = sales.revenue_bridge(three_months, as_of="2024-04-01").to_pandas()
    february, march = table.iloc[0], table.iloc[1]
    assert february[["opening", "closing"]].tolist() == [50.0, 130.0]
    assert february[["acquired", "lost", "returned"]].tolist() == [100.0, -40.0, 0.0]
    assert february[["frequency", "order_value"]].tolist() == [0.0, 20.0]  # ann: one order of 10, then one of 30
    assert march[["acquired", "returned", "lost"]].tolist() == [0.0, 10.0, -100.0]
    assert march[["order_value", "refunds_only"]].tolist() == [-10.0, -5.0]


@given(any_orders())
@settings(max_examples=15, deadline=None)
def test_the_bridge_balances_on_any_orders(bought):
    table = sales.revenue_bridge(bought).to_pandas()
    assert (table.opening + table[MOVES].sum(axis=1)).tolist() == pytest.approx(table.closing.tolist(), abs=1e-6)
    revenue = by_month(sales.revenue, bought).numerator.tolist()
    assert table.closing.tolist() == pytest.approx(revenue[1:], abs=1e-6)
