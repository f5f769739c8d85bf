"""Subscriptions up to a cutoff: who runs at it, for how long, on what plan and price."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.features.cutoffs import as_day, dated, days_of
from kpikit.features.service import with_support, with_surveys
from kpikit.metrics.spans import whole_days
from kpikit.periods import EPOCH
from kpikit.timeline import before, days, one_if

WINDOW_DAYS = 90
GRACE_DAYS = 14
NEVER = (date(9999, 1, 1) - EPOCH).days


def subscriber_snapshots(
    subscriptions: Any,
    *,
    cutoffs: Any,
    grace_days: int = GRACE_DAYS,
    window_days: int = WINDOW_DAYS,
    tickets: Any = None,
    survey_responses: Any = None,
) -> ir.Table:
    """Return what was known of each subscriber at each cutoff: one row per paid span → one per customer and cutoff.

    Subscribers at a cutoff have a span that began before it and did not end before it: who ends on the cutoff's day was
    there at its first instant. An end that comes later is not known.

    Parameters
    ----------
    subscriptions
        Ibis table or DataFrame with ``customer_id``, ``started_at`` and ``ended_at`` (null: running).
    cutoffs
        First unknown day of each snapshot: one date, or several.
    grace_days
        Spans with a gap of so many days or fewer are one subscription.
    window_days
        Length of the recent window of support, in days.
    tickets, survey_responses
        As in :func:`kpikit.features.snapshots`.

    Returns
    -------
    Table
        ``customer_id``, ``cutoff`` (date), ``tenure_days`` (of the subscription), ``spans`` (of the customer so far),
        ``interruptions`` (gaps beyond the grace so far), and, where the table has them, ``plan`` and ``monthly_amount``
        of the span that began last; then as in :func:`kpikit.features.snapshots`.
    """
    at = days_of(cutoffs)
    whole_days(0, grace_days=grace_days)
    whole_days(1, window_days=window_days)
    table = as_table("subscriptions", subscriptions)
    spans = []
    for day in at:  # an end is known at one cutoff and not at another: so are the gaps
        known = before(table.started_at, as_day(day))
        spans.append(with_runs(table.filter(known), as_day(day), grace_days).mutate(at=ibis.literal(day, "int64")))
    rows = ibis.union(*spans) if len(spans) > 1 else spans[0]
    grouped = ibis.window(group_by=["customer_id", "at"])
    newest = ibis.window(group_by=["customer_id", "at"], order_by=[rows.since.desc(), rows.until.desc(), *_extra(rows)])
    rows = rows.mutate(
        place=ibis.row_number().over(newest),
        spans=rows.count().over(grouped),
        interruptions=one_if(rows.is_new).sum().over(grouped) - 1,
        reaches=rows.until.max().over(grouped),
    )
    rows = rows.filter(rows.place == 0, rows.reaches >= rows["at"])
    extra = [name for name in ("plan", "monthly_amount") if name in rows.columns]
    each = rows.select("customer_id", "at", "spans", "interruptions", *extra, tenure_days=rows["at"] - rows.run_since)
    if tickets is not None:
        each = with_support(each, tickets, at, window_days)
    if survey_responses is not None:
        each = with_surveys(each, survey_responses, at)
    return dated(each)


def _extra(rows: ir.Table) -> list[ir.Value]:
    return [rows[name].desc() for name in ("plan", "monthly_amount") if name in rows.columns]


def with_runs(table: ir.Table, end: date, grace_days: int) -> ir.Table:
    """Return spans as known at ``end`` with the subscription that each belongs to: one row per span.

    Returns
    -------
    Table
        ``customer_id``, ``since``, ``until`` (numbers of days; running: never), ``is_new`` (begins a subscription),
        ``run`` (its number), ``run_since``, ``run_until``, and the other columns of the table. Spans that end before
        they begin are left out.
    """
    known = table.filter(table.customer_id.notnull(), before(table.started_at, end))
    over = before(known.ended_at, end).fill_null(False)
    until = over.ifelse(days(known.ended_at), ibis.literal(NEVER, "int64"))
    spans = known.mutate(since=days(known.started_at), until=until)
    spans = spans.filter(spans.since <= spans.until)
    order = ["since", "until"]
    reached = spans.until.max().over(ibis.cumulative_window(group_by="customer_id", order_by=order))
    spans = spans.mutate(reached=reached)
    previous = spans.reached.lag().over(ibis.window(group_by="customer_id", order_by=order))
    spans = spans.mutate(is_new=(spans.since > previous + grace_days).fill_null(True))
    number = one_if(spans.is_new).sum().over(ibis.cumulative_window(group_by="customer_id", order_by=order))
    spans = spans.mutate(run=number)
    whole = ibis.window(group_by=["customer_id", "run"])
    return spans.mutate(run_since=spans.since.min().over(whole), run_until=spans.until.max().over(whole))
