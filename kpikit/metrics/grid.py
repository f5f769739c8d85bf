"""From customers' contributions to counts per period and segment, on a grid with explicit zeros.

A KPI states what each customer contributes to its numerator (``x``) and denominator (``y``) in a period and segment.
The sums over customers, and the sums of squares that an interval needs, are the same for every KPI.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.periods import Period
from kpikit.timeline import days, end_of_data, marked, period_index, period_start, segment_of

ALL = "all"
WHOLE = 0  # the number of the one period when no period is asked for


def placed(orders: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return known orders with ``period`` (its number), ``segment``, ``day`` (its number) and ``is_activity``."""
    known = marked(orders, as_of)
    return known.select(
        "customer_id",
        "ordered_at",
        "is_activity",
        amount=known.amount.cast("float64"),
        day=days(known.ordered_at),
        period=period_index(known.ordered_at, period) if period else ibis.literal(WHOLE, type="int64"),
        segment=segment_of(known, by) if by else ibis.literal(ALL),
    )


def first_orders(bought: ir.Table) -> ir.Table:
    """Return one row per customer: day, period and segment of the first order."""
    first = bought.group_by("customer_id").aggregate(ordered_at=bought.ordered_at.min())
    opening = first.inner_join(bought, ["customer_id", "ordered_at"])
    return opening.group_by("customer_id").aggregate(
        first_day=opening.day.min(), period=opening.period.min(), segment=opening.segment.min()
    )


def bounds(orders: ir.Table, period: str | None, as_of: Any) -> ir.Table:
    """Return one row: ``end`` (number of the first unknown day), ``first`` and ``last`` period number."""
    end = end_of_data(orders, as_of)
    newest = (end - ibis.interval(days=1)).cast("date")
    known = marked(orders, as_of)
    spans = known.aggregate(oldest=known.ordered_at.min())
    if not period:
        return spans.select(
            end=days(end), first=ibis.literal(WHOLE, type="int64"), last=ibis.literal(WHOLE, type="int64")
        )
    return spans.select(end=days(end), first=period_index(spans.oldest, period), last=period_index(newest, period))


def summed(
    contributions: ir.Table,
    orders: ir.Table,
    *,
    period: str | None,
    by: str | None,
    as_of: Any,
    ratio: bool,
    lag_days: int = 0,
    skip_periods: int = 0,
) -> ir.Table:
    """Return counts and sums per period and segment: one row per customer, period and segment → one per cell.

    Parameters
    ----------
    contributions
        ``customer_id``, ``period`` (number), ``segment``, ``x`` and ``y``.
    ratio
        True when the KPI is Σx / Σy, False when it is Σx (then the denominator is null).
    lag_days
        Days after its end that a period needs before it is complete (an eligibility window).
    skip_periods
        Leading periods without a value by definition.

    Returns
    -------
    Table
        ``period`` (date, null without a period), ``segment``, ``numerator``, ``denominator``, ``n`` (customers),
        ``sum_xx``, ``sum_yy``, ``sum_xy``, ``status``; every period from the first to the last is there.
    """
    rows = contributions.mutate(x=contributions.x.cast("float64"), y=contributions.y.cast("float64"))
    sums = rows.group_by("period", "segment").aggregate(
        numerator=rows.x.sum(),
        denominator=rows.y.sum(),
        n=rows.count(),
        sum_xx=(rows.x * rows.x).sum(),
        sum_yy=(rows.y * rows.y).sum(),
        sum_xy=(rows.x * rows.y).sum(),
    )
    span = bounds(orders, period, as_of)
    first = span["first"] + (skip_periods if period else 0)
    every = span.mutate(period=ibis.range(first, span["last"] + 1).unnest().cast("int64"))
    cells = every.cross_join(rows.select("segment").distinct()) if by else every.mutate(segment=ibis.literal(ALL))
    cells = cells.left_join(sums, ["period", "segment"])
    values = {
        name: cells[name].fill_null(0) for name in ("numerator", "denominator", "n", "sum_xx", "sum_yy", "sum_xy")
    }
    status = _status(cells, period, lag_days)
    seen = status != "not_yet_observed"
    shown = {name: seen.ifelse(value, ibis.null(value.type())) for name, value in values.items()}
    if not ratio:
        shown["denominator"] = ibis.null("float64")
    day = period_start(cells.period, period) if period else ibis.null("date")
    return cells.select(period=day, segment=cells.segment, **shown, status=status).order_by("period", "segment")


def _status(cells: ir.Table, period: str | None, lag_days: int) -> ir.StringValue:
    if not period:
        return ibis.literal("complete")
    begins = days(period_start(cells.period, Period.parse(period))) + lag_days
    ends = days(period_start(cells.period + 1, Period.parse(period))) + lag_days
    return ibis.cases((begins >= cells.end, "not_yet_observed"), (ends > cells.end, "partial"), else_="complete")
