"""Who was a customer when: spans of days → who was there at the end of each period.

A span covers the midnights after the day ``since`` up to the day ``until`` (numbers of days): who begins during a day
is there at the next midnight, who leaves during a day was there at its first. The midnight of ``as_of`` can thus be
judged by what happened before it.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.errors import ParameterError
from kpikit.timeline import one_if, period_index, period_start


def whole_days(least: int, **settings: Any) -> None:
    """Raise :class:`ParameterError` unless each setting is a number of days, ``least`` or more."""
    for name, value in settings.items():
        if value < least:
            noun = "day" if least == 1 else "days"
            raise ParameterError(f"{least} {noun} or more", got=str(value), fix=f"Pass {max(least, 14)}.", where=name)


def bridged(spans: ir.Table, span: ir.Table, grace_days: int) -> ir.Table:
    """Return spans and the gaps after them that are no longer than ``grace_days``: one row per span or gap.

    Parameters
    ----------
    spans
        One row per span: ``customer_id``, ``segment``, ``since``, ``until``; those of one customer may overlap.
    span
        One row with ``end`` (number of the first unknown day), as :func:`kpikit.metrics.grid.bounds` returns it.

    Returns
    -------
    Table
        The same columns. A last gap that is still within the grace reaches to ``end``: nobody is lost before it is
        over. A gap belongs to the segment of the span that began last.
    """
    names = ("customer_id", "segment", "since", "until")
    rows = spans.select(*names).cross_join(span.select("end"))
    rows = rows.mutate(until=ibis.least(rows.until, rows.end))
    by_customer = {"group_by": "customer_id", "order_by": ["since", "until", "segment"]}
    rows = rows.mutate(
        reached=rows.until.max().over(ibis.cumulative_window(**by_customer)),
        resumed=ibis.coalesce(rows.since.lead().over(ibis.window(**by_customer)), rows.end),
    )
    gaps = rows.filter(rows.resumed > rows.reached, rows.resumed - rows.reached <= grace_days)
    gaps = gaps.select("customer_id", "segment", since="reached", until="resumed")
    return rows.select(*names).union(gaps)


def there_at_ends(spans: ir.Table, span: ir.Table, period: str | None) -> ir.Table:
    """Return who was there when each period ended, or at ``as_of`` where it runs: a row per span and such ``period``.

    Parameters
    ----------
    spans
        One row per span: ``since``, ``until`` and any other columns, which are kept.
    span
        One row with ``end``, ``first`` and ``last``, as :func:`kpikit.metrics.grid.bounds` returns it.
    """
    rows = spans.cross_join(span.select("end", "last"))
    to_the_end = rows.until >= rows.end
    if period:
        first, beyond = (period_index(period_start(day, "day"), period) for day in (rows.since, rows.until))
        beyond = to_the_end.ifelse(rows["last"] + 1, beyond)
    else:
        first, beyond = rows["last"], rows["last"] + one_if(to_the_end)
    rows = rows.mutate(first=first, beyond=beyond)
    rows = rows.filter(rows.first < rows.beyond)
    return rows.mutate(period=ibis.range(rows.first, rows.beyond).unnest().cast("int64")).drop(
        "end", "last", "first", "beyond"
    )
