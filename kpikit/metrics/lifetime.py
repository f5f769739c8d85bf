"""The simple lifetime value: an average customer, an assumed lifespan. It belongs beside the model's."""

from __future__ import annotations

import math
from typing import Any

import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import Contributions, bounds
from kpikit.metrics.purchases import customer_periods, first_orders, over_segments, placed
from kpikit.metrics.retention import since_first

LIFESPAN_YEARS = 3.0


@kpi(
    title="Simple lifetime value",
    question="What does a customer bring after the first order, if {lifespan_years} years go on as now?",
    formula="average repeat purchase × repeat purchases per customer-year × {lifespan_years} years (discounted at "
    "{annual_discount_rate} a year) × margin {margin_fraction}",
    grain="period, and segment of the first order",
    unit="currency per customer",
    style="money",
    direction="up",
    needs=("orders",),
    family="sales",
    interval="clustered_ratio",
    caveat="The lifespan is assumed, not measured, and everybody is taken to be alike and to stay that long: customers "
    "who have left lower the rate, not the years. The first order is not in it. The model's value belongs beside it.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020 (customer lifetime value); Gupta and Lehmann, Managing "
    "Customers as Investments, 2005",
)
def clv_simple(
    orders: Any,
    *,
    lifespan_years: float = LIFESPAN_YEARS,
    margin_fraction: float = 1.0,
    annual_discount_rate: float = 0.10,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return average repeat purchase × repeat purchases a year × lifespan × margin, discounted: per customer."""
    checked("lifespan_years", lifespan_years, "more than 0 years", "Pass 3.", valid=lifespan_years > 0)
    check_economics(margin_fraction, annual_discount_rate)
    table = as_table("orders", orders, also=(by,) if by else ())
    first = first_orders(table, period, by, as_of)
    factor = margin_fraction * discounted_years(lifespan_years, annual_discount_rate)
    money = _later_amounts(table, first, period, by, as_of)
    money = money.mutate(x=money.amount * factor)
    return since_first(first, money, bounds(table, period, as_of), period)


def _later_amounts(orders: ir.Table, first: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return what customers paid after the day of their first order: one row per customer and period with any.

    After the period of the first order that is all they paid. Only in that period are single orders looked at.
    """
    names = ["customer_id", "period", "segment", "first_day"]
    runs = over_segments(customer_periods(orders, period, by, as_of)).select("customer_id", "period", "amount")
    runs = runs.inner_join(first.rename(opening="period"), "customer_id")
    runs = runs.filter(runs.period > runs.opening).select(*names, "amount")
    placed_then = placed(orders, period, None, as_of).drop("segment").inner_join(first, ["customer_id", "period"])
    placed_then = placed_then.filter(placed_then.day > placed_then.first_day)
    return runs.union(placed_then.group_by(names).aggregate(amount=placed_then.amount.sum()))


def discounted_years(years: float, annual_discount_rate: float) -> float:
    """Return what an even flow of 1 a year over ``years`` is worth now.

    >>> discounted_years(3, 0), round(discounted_years(3, 0.10), 4)
    (3.0, 2.6092)
    """
    if annual_discount_rate == 0:
        return float(years)
    rate = math.log1p(annual_discount_rate)
    return (1 - math.exp(-rate * years)) / rate


def check_economics(margin_fraction: float, annual_discount_rate: float) -> None:
    """Raise unless margin and discount rate are numbers that can be meant."""
    checked(
        "margin_fraction",
        margin_fraction,
        "a share above 0, at most 1",
        "Write a margin of 42 % as 0.42.",
        valid=0 < margin_fraction <= 1,
    )
    checked(
        "annual_discount_rate",
        annual_discount_rate,
        "a rate from 0 to below 1",
        "Write 10 % a year as 0.10.",
        valid=0 <= annual_discount_rate < 1,
    )


def checked(name: str, value: float, expected: str, fix: str, *, valid: bool) -> None:
    """Raise unless a setting is valid."""
    if not valid:
        raise ParameterError(expected, got=str(value), fix=fix, where=name)
