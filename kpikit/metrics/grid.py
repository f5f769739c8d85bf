"""From customers' contributions to counts per period and segment, on a grid with explicit zeros.

A KPI states what each customer contributes to its numerator (``x``) and denominator (``y``) in a period and segment.
The sums over customers, and the sums of squares that an interval needs, are the same for every KPI.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.periods import Period, as_date
from kpikit.timeline import before, days, end_of_data, marked, one_if, period_index, period_start, segment_of

ALL = "all"
WHOLE = 0  # the number of the one period when no period is asked for
KEYS = ("customer_id", "period", "segment")
SUMS = ("numerator", "denominator", "n", "sum_xx", "sum_yy", "sum_xy", "sum_ww")


@dataclass(frozen=True)
class Contributions:
    """What each customer adds to a KPI, and over which periods.

    Parameters
    ----------
    rows
        One row per customer, period and segment: ``customer_id`` (null: a cluster of its own), ``period`` (number),
        ``segment``, ``x``, ``y``, and where an interval needs it ``w`` (sum of the squares of single values).
    span
        One row: ``end`` (number of the first unknown day), ``first`` and ``last`` period number; see :func:`bounds`.
    ratio
        True when the KPI is Σx / Σy, False when it is Σx (then the denominator is null).
    lag_days
        Days after its end that a period needs before it is complete (an eligibility window).
    skip_periods
        Leading periods without a value by definition.
    count_where_y
        True where a row with ``y`` = 0 is no customer (spend that brought nobody): it is summed, and not counted.
    totals
        What :func:`sums` would return, where it can be had without a row for each customer; None: sum the rows.
    """

    rows: ir.Table
    span: ir.Table
    ratio: bool = True
    lag_days: int = 0
    skip_periods: int = 0
    count_where_y: bool = False
    totals: ir.Table | None = None


def located(
    table: ir.Table, time: str, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> ir.Table:
    """Return the rows with a ``time`` before ``as_of``, with ``period`` (its number), ``segment`` and ``day``."""
    known = table.filter(table[time].notnull())
    if as_of is not None:
        known = known.filter(before(known[time], as_date(as_of)))
    return known.mutate(
        day=days(known[time]),
        period=period_index(known[time], period) if period else ibis.literal(WHOLE, type="int64"),
        segment=segment_of(known, by) if by else ibis.literal(ALL),
    )


def clustered(rows: ir.Table) -> ir.Table:
    """Return contributions from single rows with ``customer_id``, ``period``, ``segment``, ``x``, ``y`` (and ``w``).

    One row per event → one row per customer, period and segment; events of nobody known stay rows of their own.
    """
    values = [name for name in ("x", "y", "w") if name in rows.columns]
    rows = rows.select(*KEYS, **{name: rows[name].cast("float64") for name in values})
    named = rows.filter(rows.customer_id.notnull())
    summed_up = named.group_by(list(KEYS)).aggregate(**{name: named[name].sum() for name in values})
    return summed_up.union(rows.filter(rows.customer_id.isnull()))


def bounds(table: ir.Table, period: str | None, as_of: Any, time: str = "ordered_at") -> ir.Table:
    """Return one row: ``end`` (number of the first unknown day), ``first`` and ``last`` period number."""
    end = end_of_data(table, as_of, time)
    newest = (end - ibis.interval(days=1)).cast("date")
    known = marked(table, as_of) if time == "ordered_at" and "customer_id" in table.columns else located(
        table, time, as_of=as_of
    )  # fmt: skip
    spans = known.aggregate(oldest=known[time].min())
    if not period:
        return spans.select(
            end=days(end), first=ibis.literal(WHOLE, type="int64"), last=ibis.literal(WHOLE, type="int64")
        )
    return spans.select(end=days(end), first=period_index(spans.oldest, period), last=period_index(newest, period))


def every_period(span: ir.Table, skip: int = 0) -> ir.Table:
    """Return one row per period of a span: ``period`` (number) and ``end``."""
    return span.mutate(period=ibis.range(span["first"] + skip, span["last"] + 1).unnest().cast("int64"))


def sums(each: Contributions) -> ir.Table:
    """Return what customers contribute together: one row per ``period`` (number) and ``segment`` that has any.

    Returns
    -------
    Table
        ``numerator`` Σx, ``denominator`` Σy, ``n`` (customers), ``sum_xx``, ``sum_yy``, ``sum_xy``, ``sum_ww`` (Σw).
    """
    if each.totals is not None:
        return each.totals
    rows = each.rows.mutate(x=each.rows.x.cast("float64"), y=each.rows.y.cast("float64"))
    squares = rows.w.cast("float64").sum() if "w" in rows.columns else ibis.literal(0.0)
    return rows.group_by("period", "segment").aggregate(
        numerator=rows.x.sum(),
        denominator=rows.y.sum(),
        n=one_if(rows.y != 0).sum() if each.count_where_y else rows.count(),
        sum_xx=(rows.x * rows.x).sum(),
        sum_yy=(rows.y * rows.y).sum(),
        sum_xy=(rows.x * rows.y).sum(),
        sum_ww=squares,
    )


def complement(kept: Contributions, **changes: Any) -> Contributions:
    """Return the same customers with what is left over as numerator: y − x (lost, where x is kept)."""
    rows = kept.rows.mutate(x=kept.rows.y - kept.rows.x)
    found = sums(kept)
    totals = found.mutate(
        numerator=found.denominator - found.numerator,
        sum_xx=found.sum_yy - 2 * found.sum_xy + found.sum_xx,
        sum_xy=found.sum_yy - found.sum_xy,
    )
    return replace(kept, rows=rows, totals=totals, **changes)


def summed(each: Contributions, *, period: str | None, by: str | None) -> ir.Table:
    """Return counts and sums per period and segment: one row per customer, period and segment → one per cell.

    Returns
    -------
    Table
        ``period`` (date, null without a period), ``segment``, ``numerator``, ``denominator``, ``n`` (customers),
        ``sum_xx``, ``sum_yy``, ``sum_xy``, ``sum_ww``, ``status``; every period from the first to the last is there.
    """
    every = every_period(each.span, each.skip_periods if period else 0)
    found = sums(each)
    cells = every.cross_join(found.select("segment").distinct()) if by else every.mutate(segment=ibis.literal(ALL))
    cells = cells.left_join(found, ["period", "segment"])
    values = {name: cells[name].fill_null(0) for name in SUMS}
    status = cell_status(cells, period, each.lag_days)
    seen = status != "not_yet_observed"
    shown = {name: seen.ifelse(value, ibis.null(value.type())) for name, value in values.items()}
    if not each.ratio:
        shown["denominator"] = ibis.null("float64")
    day = period_start(cells.period, period) if period else ibis.null("date")
    return cells.select(period=day, segment=cells.segment, **shown, status=status).order_by("period", "segment")


def paired(each: Contributions, *, lag: int) -> ir.Table:
    """Return what a cell shares with the cell ``lag`` periods before: sums over the customers who are in both.

    Returns
    -------
    Table
        ``period`` (number, the later one), ``segment``, ``shared`` (customers), ``xx``, ``xy``, ``yx``, ``yy`` (later
        value times earlier value). Cells that share nobody are not there.
    """
    rows = each.rows.filter(each.rows.customer_id.notnull())
    rows = rows.select(*KEYS, x=rows.x.cast("float64"), y=rows.y.cast("float64"))
    then = rows.select("customer_id", "segment", period=(rows.period + lag).cast("int64"), x_then=rows.x, y_then=rows.y)
    both = rows.inner_join(then, list(KEYS))
    return both.group_by("period", "segment").aggregate(
        shared=both.count(),
        xx=(both.x * both.x_then).sum(),
        xy=(both.x * both.y_then).sum(),
        yx=(both.y * both.x_then).sum(),
        yy=(both.y * both.y_then).sum(),
    )


def cell_status(cells: ir.Table, period: str | None, lag_days: int = 0) -> ir.StringValue:
    """Return the status of cells with ``period`` (number) and ``end`` (number of the first unknown day)."""
    if not period:
        return ibis.literal("complete")
    begins = days(period_start(cells.period, Period.parse(period))) + lag_days
    ends = days(period_start(cells.period + 1, Period.parse(period))) + lag_days
    return ibis.cases((begins >= cells.end, "not_yet_observed"), (ends > cells.end, "partial"), else_="complete")
