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
from kpikit.metrics.grid import SUMS, Contributions, bounds, complement, every_period
from kpikit.metrics.purchases import active, customer_periods, first_orders, over_segments, placed
from kpikit.periods import DAYS_PER_YEAR, Period
from kpikit.timeline import days, one_if, period_start, quotient

REPEAT_WITHIN_DAYS = 90


def by_sets(seen: ir.Table, span: ir.Table, period: str | None, *, lag_days: int = 0) -> Contributions:
    """Return, for each customer seen in a period, whether the next one saw them too (``x``): one row in the next.

    ``seen`` has a row per customer, period and segment. Without a period there is no next one, and no row.
    """
    if not period:
        seen = seen.filter(ibis.literal(False))
    again = seen.select("customer_id", "period").distinct()
    start = seen.select("customer_id", "segment", period=seen.period + 1)
    both = start.left_join(again, ["customer_id", "period"])
    each = both.select(
        start.customer_id,
        start.period,
        start.segment,
        x=one_if(both.customer_id_right.notnull()),
        y=ibis.literal(1),
    )
    kept = start.semi_join(seen.select("customer_id", "period"), ["customer_id", "period"])
    return Contributions(each, span, lag_days=lag_days, skip_periods=1, totals=_share_of(start, kept))


def _share_of(start: ir.Table, kept: ir.Table) -> ir.Table:
    """Return the sums over customers, of whom those ``kept`` count 1 in the numerator, the others 0."""
    keys = ["period", "segment"]
    began = start.group_by(keys).aggregate(y=start.count())
    stayed = kept.group_by(keys).aggregate(x=kept.count())
    both = began.left_join(stayed, keys)
    x, y = both.x.fill_null(0).cast("float64"), both.y.cast("float64")
    ones = {"numerator": x, "denominator": y, "n": both.y, "sum_xx": x, "sum_yy": y, "sum_xy": x}
    return both.select(began.period, began.segment, **ones, sum_ww=ibis.literal(0.0))


def _returns(orders: Any, period: str | None, by: str | None, as_of: Any) -> Contributions:
    """Return, for each customer of a period, whether the next one saw them again (``x``)."""
    table = as_table("orders", orders, also=(by,) if by else ())
    return by_sets(active(table, period, by, as_of), bounds(table, period, as_of), period)


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
    return _returns(orders, period, by, as_of)


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
    return complement(_returns(orders, period, by, as_of))


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
    span = bounds(table, period, as_of)
    first = first_orders(table, period, by, as_of)
    eligible = first.cross_join(span.select("end")).filter(lambda t: t.first_day + within_days < t.end)
    known = placed(table, None, None, as_of)
    later = known.filter(known.is_activity).inner_join(first.select("customer_id", "first_day"), "customer_id")
    in_time = later.filter(later.day > later.first_day, later.day <= later.first_day + within_days)
    back = in_time.select("customer_id").distinct()
    joined = eligible.left_join(back, "customer_id")
    each = joined.select(
        eligible.customer_id,
        eligible.period,
        eligible.segment,
        x=one_if(joined.customer_id_right.notnull()),
        y=ibis.literal(1),
    )
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
    first = first_orders(table, period, by, as_of)
    counts = _purchase_days(table, period, by, as_of).inner_join(first.rename(opening="period"), "customer_id")
    moved = counts.mutate(x=counts.purchase_days - one_if(counts.period == counts.opening))
    return since_first(first, moved, bounds(table, period, as_of), period)


def _purchase_days(table: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return on how many days customers bought: one row per order → one row per customer and period with any.

    The first and the last order say it of all who bought once or twice, or on one day. Others' days are counted.
    """
    keys = ["customer_id", "period"]
    runs = over_segments(customer_periods(table, period, by, as_of))
    runs = runs.filter(runs.orders > 0)
    several = one_if(days(runs.first_at) < days(runs.last_at))
    is_sure = (several == 0) | (runs.orders == 2)  # two orders on different days
    sure = runs.filter(is_sure).select(*keys, purchase_days=1 + several)
    known = placed(table, period, None, as_of)
    others = known.filter(known.is_activity).semi_join(runs.filter(~is_sure), keys).select(*keys, "day").distinct()
    return sure.union(others.group_by(keys).aggregate(purchase_days=others.count()))


def since_first(first: ir.Table, moved: ir.Table, span: ir.Table, period: str | None) -> Contributions:
    """Return what customers did since their first order, per customer-year: one row per customer and period lived.

    Parameters
    ----------
    first
        One row per customer: ``customer_id``, ``first_day``, ``segment``.
    moved
        What they did: one row per customer and period with any, ``customer_id``, ``period``, ``x``, and ``first_day``
        and ``segment`` of the customer.
    span
        See :func:`kpikit.metrics.grid.bounds`.

    Notes
    -----
    All who began on one day have lived equally long. The totals need a row only for those who did something.
    """
    lived = _lived(first.drop("period"), span, period)
    both = lived.left_join(moved.select("customer_id", "period", "x"), ["customer_id", "period"])
    each = both.select(lived.customer_id, lived.period, lived.segment, x=both.x.fill_null(0), y=lived.years)
    alike = first.group_by("first_day", "segment").aggregate(alike=first.count())
    crowds = _lived(alike, span, period)
    years = crowds.group_by("period", "segment").aggregate(
        denominator=(crowds.alike * crowds.years).sum(),
        n=crowds.alike.sum(),
        sum_yy=(crowds.alike * crowds.years * crowds.years).sum(),
    )
    x = moved.x.cast("float64")
    did = moved.group_by("period", "segment", "first_day").aggregate(x=x.sum(), xx=(x * x).sum())
    did = did.cross_join(span.select("end"))
    did = did.mutate(xy=did.x * _years(did, period))
    deeds = did.group_by("period", "segment").aggregate(numerator=did.x.sum(), sum_xx=did.xx.sum(), sum_xy=did.xy.sum())
    joined = years.left_join(deeds, ["period", "segment"])
    values = {name: joined[name].fill_null(0) if name in deeds.columns else joined[name] for name in SUMS[:-1]}
    totals = joined.select(years.period, years.segment, **values, sum_ww=ibis.literal(0.0))
    return Contributions(each, span, totals=totals)


def _lived(since: ir.Table, span: ir.Table, period: str | None) -> ir.Table:
    """Return rows with a ``first_day`` once per period in which there was time since, with its length in ``years``."""
    rows = since.cross_join(every_period(span))
    rows = rows.mutate(years=_years(rows, period))
    return rows.filter(rows.years > 0)


def _years(rows: ir.Table, period: str | None) -> ir.FloatingValue:
    """Return the years that a period has after the day ``first_day`` and before the day ``end``."""
    if not period:
        return quotient(rows.end - 1 - rows.first_day, DAYS_PER_YEAR)
    begins, ends = (days(period_start(rows.period + k, Period.parse(period))) for k in (0, 1))
    return quotient(ibis.least(ends, rows.end) - 1 - ibis.greatest(rows.first_day, begins - 1), DAYS_PER_YEAR)


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
