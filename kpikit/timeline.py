"""Periods and activity as Ibis expressions: the same calendar as ``periods``, computed by the engine."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.periods import DAYS_PER_WEEK, EPOCH, MONTHS_PER_QUARTER, MONTHS_PER_YEAR, Period, as_date


def quotient(numerator: ir.Value, denominator: Any) -> ir.FloatingValue:
    """Return a ratio as a 64-bit number, null where the denominator is 0: left alone, PostgreSQL divides 1 / 2 to 0."""
    below = ibis.literal(float(denominator)) if isinstance(denominator, (int, float)) else denominator.cast("float64")
    return numerator.cast("float64") / below.nullif(0)


def one_if(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Return 1 where the condition holds, else 0 (PostgreSQL casts no boolean to a number)."""
    return condition.ifelse(1, 0).cast("int64")


def count_if(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Return for how many rows the condition holds: Spark counts none, not 0, where it is unknown for all of them."""
    return one_if(condition).sum().fill_null(0).cast("int64")


def whole(number: ir.Value, size: int) -> ir.IntegerValue:
    """Return how many whole ``size`` go into a number, rounded down below zero too."""
    return quotient(number, size).floor().cast("int64")


def seconds_of_day(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Return whole seconds since midnight on a local timestamp's own clock (Spark's second has a fraction)."""
    second = moment.second().cast("float64").floor().cast("int64")
    return ((moment.hour().cast("int64") * 60 + moment.minute()) * 60 + second).cast("int64")


def days(moment: ir.Value) -> ir.IntegerColumn:
    """Return whole days since 1970-01-01 of a timestamp or date column."""
    day = moment if moment.type().is_date() else moment.date()
    return day.delta(ibis.literal(EPOCH), unit="day").cast("int64")


def period_index(moment: ir.Value, period: str | Period) -> ir.IntegerColumn:
    """Return the number of the period that holds each moment, as :meth:`Period.index` counts it."""
    period = Period.parse(period)
    if period.unit == "day":
        return days(moment)
    if period.unit == "week":
        return whole(days(moment) - period.week_offset, DAYS_PER_WEEK)
    months = moment.year().cast("int64") * MONTHS_PER_YEAR + moment.month() - 1
    if period.unit == "month":
        return months
    if period.unit == "quarter":
        return whole(months, MONTHS_PER_QUARTER)
    return moment.year().cast("int64")


def period_start(index: ir.Value, period: str | Period) -> ir.DateColumn:
    """Return the first day of each numbered period, as :meth:`Period.start` counts it."""
    period = Period.parse(period)
    if period.unit in {"day", "week"}:
        step, offset = (1, 0) if period.unit == "day" else (DAYS_PER_WEEK, period.week_offset)
        return (ibis.literal(EPOCH) + (index * step + offset).cast("int32").as_interval("D")).cast("date")
    months = index * {"month": 1, "quarter": MONTHS_PER_QUARTER, "year": MONTHS_PER_YEAR}[period.unit]
    year = whole(months, MONTHS_PER_YEAR).cast("int32")
    return ibis.date(year, (months - year * MONTHS_PER_YEAR + 1).cast("int32"), ibis.literal(1, type="int32"))


def end_of_data(table: ir.Table, as_of: Any = None, time: str = "ordered_at") -> ir.DateScalar:
    """Return ``as_of`` as an expression; None means the midnight after the newest row of ``table``."""
    if as_of is not None:
        return ibis.literal(as_date(as_of))
    newest = table.aggregate(newest=table[time].max())
    return newest.select(end=(newest.newest.date() + ibis.interval(days=1)).cast("date")).as_scalar()


def before(moment: ir.Value, day: ir.DateValue | date) -> ir.BooleanColumn:
    """Say which moments lie before the first instant of ``day``."""
    if isinstance(day, date):
        return moment < ibis.literal(datetime.combine(day, time()))
    return moment < day.cast("timestamp")


def marked(orders: ir.Table, as_of: Any = None) -> ir.Table:
    """Return the orders with a known customer and time before ``as_of``, with a column ``is_activity``.

    Grain: one row per order, as given. Refunds and cancellations change money only. Where the loader has marked
    orders already, its mark stands; otherwise an order is activity when its amount is not negative and it is no refund.
    """
    known = orders.filter(orders.customer_id.notnull(), orders.ordered_at.notnull())
    if as_of is not None:
        known = known.filter(before(known.ordered_at, as_date(as_of)))
    if "is_activity" in known.columns:
        return known
    positive = known.amount >= 0
    if "is_refund" in known.columns:
        positive = positive & ~known.is_refund.cast("boolean").fill_null(False)
    return known.mutate(is_activity=positive.fill_null(False))


def activity(orders: ir.Table, as_of: Any = None) -> ir.Table:
    """Return the orders that count as activity: those that :func:`marked` marks."""
    known = marked(orders, as_of)
    return known.filter(known.is_activity)


def segment_of(table: ir.Table, by: str) -> ir.StringColumn:
    """Return the ``by`` column as text, with ``unknown`` where it is missing."""
    return table[by].cast("string").fill_null("unknown")
