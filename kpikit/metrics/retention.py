"""Retention, churn, repeat purchase and purchase frequency from orders: one row per order → one row per period.

All KPIs take ``orders`` (Ibis table or DataFrame), ``period`` (None: one row over all), ``by`` (a column) and ``as_of``
(first unknown day; None: the day after the newest row), and return the table of :func:`kpikit.metrics.grid.summed`.
Beside them stand the durations between purchases, with the open ones marked.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError
from kpikit.handing import in_engine
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import Contributions, bounds, every_period, first_orders, placed
from kpikit.periods import DAYS_PER_YEAR, Period
from kpikit.timeline import days, one_if, period_start, quotient

REPEAT_WITHIN_DAYS = 90


def by_sets(seen: ir.Table, period: str | None) -> ir.Table:
    """Return, for each customer seen in a period, whether the next one saw them too (``x``): one row in the next.

    Without a period there is no next one, and no row.
    """
    seen = seen.select("customer_id", "period", "segment").distinct()
    again = seen.select("customer_id", "period").distinct()
    start = seen.mutate(period=seen.period + 1)
    both = start.left_join(again, ["customer_id", "period"])
    each = both.select(
        start.customer_id,
        start.period,
        start.segment,
        x=one_if(both.customer_id_right.notnull()),
        y=ibis.literal(1),
    )
    return each if period else each.filter(ibis.literal(False))


def _returns(orders: Any, period: str | None, by: str | None, as_of: Any) -> tuple[ir.Table, ir.Table]:
    """Return, for each customer of a period, whether the next one saw them again (``x``)."""
    table = as_table("orders", orders, also=(by,) if by else ())
    known = placed(table, period, by, as_of)
    return table, by_sets(known.filter(known.is_activity), period)


@kpi(
    title="Customer retention",
    question="Of the customers of the previous period, how many ordered again in this one?",
    formula="customers of the previous period who ordered in this one / customers of the previous period (by sets)",
    grain="period, and segment in the previous period",
    unit="share of customers",
    style="percent",
    direction="up",
    needs=("orders",),
    interval="wilson",
    caveat="Without contracts a customer who pauses looks lost; new customers are never in it.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020; by sets, since (E − N) / S is wrong when joiners leave",
)
def retention_rate(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the share of the previous period's customers who ordered again; null without a period."""
    table, each = _returns(orders, period, by, as_of)
    return Contributions(each, bounds(table, period, as_of), skip_periods=1)


@kpi(
    title="Customer churn",
    question="Of the customers of the previous period, how many did not order in this one?",
    formula="1 − customer retention, on the same customers",
    grain="period, and segment in the previous period",
    unit="share of customers",
    style="percent",
    direction="down",
    needs=("orders",),
    interval="wilson",
    caveat="Inactivity is not departure: many come back later. Not to be multiplied to other horizons.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def churn_rate(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the share of the previous period's customers who did not order; null without a period."""
    table, each = _returns(orders, period, by, as_of)
    return Contributions(each.mutate(x=1 - each.x), bounds(table, period, as_of), skip_periods=1)


@kpi(
    title="Repeat purchase within {within_days} days",
    question="How many customers buy again within {within_days} days of their first order?",
    formula="customers with an order on a later day, within {within_days} days of the first / "
    "customers first seen ≥ {within_days} days ago",
    grain="period and segment of the first order",
    unit="share of customers",
    style="percent",
    direction="up",
    needs=("orders",),
    interval="wilson",
    caveat="Customers younger than {within_days} days are not yet eligible and are in neither count.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020; eligibility as in survival analysis (right-censoring)",
)
def repeat_purchase_rate(
    orders: Any,
    *,
    within_days: int = REPEAT_WITHIN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of eligible customers who came back within ``within_days`` (h) of their first order."""
    if within_days < 1:
        raise ParameterError("1 day or more", got=str(within_days), fix="Pass 90.", where="within_days")
    table = as_table("orders", orders, also=(by,) if by else ())
    known = placed(table, period, by, as_of)
    bought = known.filter(known.is_activity)
    first = first_orders(bought)
    span = bounds(table, period, as_of)
    eligible = first.cross_join(span.select("end")).filter(lambda t: t.first_day + within_days < t.end)
    later = bought.select("customer_id", "day")
    joined = eligible.left_join(later, "customer_id")
    within = (joined.day > joined.first_day) & (joined.day <= joined.first_day + within_days)
    each = joined.group_by("customer_id", "period", "segment").aggregate(x=one_if(within.any()), y=ibis.literal(1))
    return Contributions(each, span, lag_days=within_days)


@kpi(
    title="Purchase frequency",
    question="How often does a customer buy again in a year?",
    formula="repeat purchase days / customer-years since the first order",
    grain="period, and segment of the first order",
    unit="repeat purchases per customer-year",
    style="decimal",
    direction="up",
    needs=("orders",),
    interval="clustered_ratio",
    caveat="Customers who have left without a word still add time: it falls as a base ages.",
    source="occurrence / exposure rate, as in epidemiology (Rothman, Modern Epidemiology, 2008)",
)
def purchase_frequency(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return repeat purchases per customer-year since the first order."""
    table = as_table("orders", orders, also=(by,) if by else ())
    known = placed(table, period, by, as_of)
    bought = known.filter(known.is_activity)
    first = first_orders(bought)
    visits = bought.select("customer_id", "day", "period").distinct()
    repeats = visits.inner_join(first.select("customer_id", "first_day"), "customer_id")
    repeats = repeats.filter(repeats.day > repeats.first_day)
    counts = repeats.group_by("customer_id", "period").aggregate(x=repeats.count())
    span = bounds(table, period, as_of)
    lived = first.drop("period").cross_join(every_period(span))
    if period:
        begins, ends = (days(period_start(lived.period + k, Period.parse(period))) for k in (0, 1))
        lived = lived.mutate(exposure=ibis.least(ends, lived.end) - 1 - ibis.greatest(lived.first_day, begins - 1))
    else:
        lived = lived.mutate(exposure=lived.end - 1 - lived.first_day)
    lived = lived.filter(lived.exposure > 0)
    both = lived.left_join(counts, ["customer_id", "period"])
    each = both.select(
        lived.customer_id, lived.period, lived.segment, x=both.x.fill_null(0), y=quotient(lived.exposure, DAYS_PER_YEAR)
    )
    return Contributions(each, span)


def purchase_gaps(orders: Any, *, by: str | None = None, as_of: Any = None) -> ir.Table:
    """Return how long customers wait between purchases: one row per order → one row per customer and purchase day.

    Returns
    -------
    Table
        ``customer_id``; ``segment`` (of the day that the gap follows, the first by name where there are several;
        ``all`` without ``by``); ``gap`` (1: from the
        first purchase to the second); ``began`` (date); ``duration`` (float, days: to the next purchase day, or to the
        last known day); ``observed`` (False: the gap is open, nobody knows how long it will be). Several orders on one
        day are one purchase.
    """
    table = as_table("orders", orders, also=(by,) if by else ())
    known = placed(table, None, by, as_of)
    bought = known.filter(known.is_activity)
    visits = bought.group_by("customer_id", "day").aggregate(segment=bought.segment.min())
    rows = visits.cross_join(bounds(table, None, as_of).select("end"))
    by_customer = ibis.window(group_by="customer_id", order_by="day")
    rows = rows.mutate(following=rows.day.lead().over(by_customer), place=ibis.row_number().over(by_customer))
    return rows.select(
        "customer_id",
        "segment",
        gap=(rows.place + 1).cast("int64"),
        began=period_start(rows.day, "day"),
        duration=(ibis.coalesce(rows.following, rows.end - 1) - rows.day).cast("float64"),
        observed=rows.following.notnull(),
    )


def time_to_second_order(orders: Any, *, by: str | None = None, as_of: Any = None) -> ir.Table:
    """Return how long new customers wait before they buy again: one row per order → one row per customer.

    Returns
    -------
    Table
        ``customer_id``, ``segment`` (of the first purchase), ``began`` (date of the first purchase), ``duration``
        (float, days to the second purchase day, or to the last known day), ``observed`` (False: not back yet).
    """
    gaps = purchase_gaps(orders, by=by, as_of=as_of)
    return gaps.filter(gaps.gap == 1).drop("gap")


def duration_counts(durations: Any) -> ir.Table:
    """Return how often each duration comes: one row per duration → one row per segment, duration and ``observed``.

    Returns
    -------
    Table
        ``segment``, ``duration``, ``observed``, ``n`` (int): small, whatever the number of customers.
    """
    keys = ["segment", "duration", "observed"]
    table = in_engine(durations)
    return table.group_by(keys).aggregate(n=table.count()).order_by(keys)
