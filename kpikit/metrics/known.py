"""What was known at the end of the data: values dated later are missing, whoever calls."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import CONTRACTS
from kpikit.periods import as_date
from kpikit.timeline import before, days, end_of_data, period_index


def end_of(name: str, table: ir.Table, as_of: Any) -> ir.DateValue | None:
    """Return the first unknown day of a contract's table; None where neither ``as_of`` nor a time says it."""
    if as_of is not None:
        return ibis.literal(as_date(as_of))
    time = CONTRACTS[name].time
    return end_of_data(table, time=time) if time in table.columns else None


def as_known(name: str, table: ir.Table, end: ir.DateValue | None) -> ir.Table:
    """Return a contract's table as it was known just before the day ``end``: what became known later is missing.

    Where the time is missing that says when a value became known (``rated_at``), the value stays.
    """
    later = [one for one in CONTRACTS[name].columns if one.known_at in table.columns and one.name in table.columns]
    if end is None or not later:
        return table
    masked = {
        one.name: before(table[one.known_at], end).ifelse(table[one.name], ibis.null(table[one.name].type()))
        for one in later
    }
    return table.mutate(**masked)


def span_until(rows: ir.Table, time: str, period: str | None, end: ir.DateValue) -> ir.Table:
    """Return the span of rows up to the day ``end``, by any of their times; see :func:`kpikit.metrics.grid.bounds`."""
    spans = rows.aggregate(oldest=rows[time].min())
    newest = (end - ibis.interval(days=1)).cast("date")
    if not period:
        whole = ibis.literal(0, type="int64")
        return spans.select(end=days(end), first=whole, last=whole)
    return spans.select(end=days(end), first=period_index(spans.oldest, period), last=period_index(newest, period))
