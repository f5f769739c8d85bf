"""Who is lost: churn of subscribers and churn by inactivity, by sets.

Both ask who was a customer when a period began and is none when it ends. With a contract the span that was paid for
says so; without one, an order makes somebody a customer for a number of days. A short gap is a pause and no loss.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, Contributions, bounds, complement
from kpikit.metrics.purchases import customer_periods, over_segments
from kpikit.metrics.retention import by_sets
from kpikit.metrics.spans import bridged, there_at_ends, whole_days
from kpikit.metrics.subscriptions import paid_spans
from kpikit.timeline import days, one_if, period_index, period_start

INACTIVE_DAYS = 90
GRACE_DAYS = 14


def _subscribers(subscriptions: Any, grace_days: int, period: str | None, by: str | None, as_of: Any) -> Contributions:
    """Return, for each subscriber at a period's start, whether they were one at its end (``x``)."""
    whole_days(0, grace_days=grace_days)
    table = as_table("subscriptions", subscriptions, also=(by,) if by else ())
    span = bounds(table, period, as_of, time="started_at")
    spans = bridged(paid_spans(table, span, by, as_of), span, grace_days)
    seen = there_at_ends(spans, span, period).select(*KEYS).distinct()
    return by_sets(seen, span, period, lag_days=grace_days)


@kpi(
    title="Subscriber retention",
    question="Of the subscribers at the start of the period, how many still were at its end?",
    formula="subscribers at the start who are still subscribers at the end / subscribers at the start (by sets)",
    grain="period, and segment at its start",
    unit="share of subscribers",
    style="percent",
    direction="up",
    needs=("subscriptions",),
    interval="wilson",
    caveat="Who is back within {grace_days} days never left, so a period is complete only {grace_days} days after its "
    "end; who left and is back by the end of the period counts as kept. Spans without a customer are not in it. An "
    "export that holds running subscriptions only shows no loss.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020; by sets, since (E − N) / S is wrong when joiners leave",
    family="retention",
)
def subscriber_retention(
    subscriptions: Any,
    *,
    grace_days: int = GRACE_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of the subscribers at a period's start who were still there at its end; null without a period.

    ``grace_days``: spans of one customer with a gap of so many days or fewer are one. A span ends on the day
    ``ended_at``; who ends on the first day of a period, at whatever time, was there at its start.
    """
    return _subscribers(subscriptions, grace_days, period, by, as_of)


@kpi(
    title="Subscriber churn",
    question="Of the subscribers at the start of the period, how many were gone at its end?",
    formula="1 − subscriber retention, on the same subscribers",
    grain="period, and segment at its start",
    unit="share of subscribers",
    style="percent",
    direction="down",
    needs=("subscriptions",),
    interval="wilson",
    caveat="Who is back within {grace_days} days never left, so a period is complete only {grace_days} days after its "
    "end. Not to be multiplied to other horizons: 3 % a month is not 36 % a year.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
    family="retention",
)
def subscriber_churn(
    subscriptions: Any,
    *,
    grace_days: int = GRACE_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of the subscribers at a period's start who were gone at its end; null without a period."""
    return complement(_subscribers(subscriptions, grace_days, period, by, as_of))


def _runs(bought: ir.Table) -> ir.Table:
    """Return each customer's purchases of a period: its number, ``since`` and ``latest`` (days), the last ``segment``.

    One row per customer, period and segment → one per customer and period. At one instant the first by name counts.
    """
    keys = ["customer_id", "period"]
    runs = over_segments(bought)
    runs = runs.filter(runs.orders > 0)
    mixed = runs.filter(runs.segment != runs.other).select(*keys, "last_at")
    named = bought.filter(bought.orders > 0).select(*keys, "last_at", newest="segment")
    newest = mixed.inner_join(named, [*keys, "last_at"])
    newest = newest.group_by(keys).aggregate(newest=newest.newest.min())
    both = runs.left_join(newest, keys)
    segment = ibis.coalesce(both.newest, both.segment)
    return both.select(*keys, segment=segment, since=days(both.first_at), latest=days(both.last_at))


def _kept_active(runs: ir.Table, span: ir.Table, inactive_days: int, grace_days: int, period: str) -> ir.Table:
    """Return the periods at whose ends a run keeps its customer active: from ``period`` to before ``stop``.

    ``leave`` is 1 where the customer is then lost, 0 where the next run goes on.

    A run keeps a customer active to the day ``latest + inactive_days``, and over a pause that ends within the grace to
    the next run; from the next run's period on, that run says so. Later runs never end sooner.
    """
    by_customer = ibis.window(group_by="customer_id", order_by="period")
    rows = runs.mutate(
        following=runs.period.lead().over(by_customer),
        since_2=runs.since.lead().over(by_customer),
        latest_2=runs.latest.lead().over(by_customer),
        since_3=runs.since.lead(2).over(by_customer),
    ).cross_join(span.select("end", "last"))

    def beyond(latest: ir.Value, resumed: ir.Value) -> ir.Value:
        """Return the first period at whose end a run no longer keeps its customer active."""
        reached = ibis.least(latest + inactive_days, rows.end)
        resumed = ibis.coalesce(resumed, rows.end)
        until = ((resumed > reached) & (resumed - reached <= grace_days)).ifelse(resumed, reached)
        return (until >= rows.end).ifelse(rows["last"] + 1, period_index(period_start(until, "day"), period))

    rows = rows.mutate(beyond=beyond(rows.latest, rows.since_2), beyond_2=beyond(rows.latest_2, rows.since_3))
    stop = ibis.least(rows.beyond, ibis.coalesce(rows.following, rows.beyond))
    is_lost = rows.following.isnull() | (rows.following > rows.beyond) | (rows.beyond_2 <= rows.following)
    return rows.select("customer_id", "segment", "period", stop=stop, leave=one_if(is_lost.fill_null(True)))


def _at_starts(kept: ir.Table) -> ir.Table:
    """Return a row for each period that began with somebody active: ``x`` is 1 where they were silent at its end."""
    kept = kept.filter(kept.period < kept.stop)
    each = kept.mutate(end_of=ibis.range(kept.period, kept.stop).unnest().cast("int64"))
    return each.mutate(period=each.end_of + 1, x=each.leave * one_if(each.end_of + 1 == each.stop)).drop("end_of")


def _counted(kept: ir.Table) -> ir.Table:
    """Return the sums over customers: those with the same span are counted before their periods are laid out."""
    alike = kept.group_by("segment", "period", "stop", "leave").aggregate(alike=kept.count())
    each = _at_starts(alike)
    lost, there = (each.alike * each.x).sum().cast("float64"), each.alike.sum().cast("float64")
    return each.group_by("period", "segment").aggregate(
        numerator=lost, denominator=there, n=each.alike.sum().cast("int64"), sum_xx=lost, sum_yy=there, sum_xy=lost,
        sum_ww=ibis.literal(0.0),
    )  # fmt: skip


@kpi(
    title="Churn by inactivity ({inactive_days} days)",
    question="Of the customers active at the start of the period, how many have been silent for more than "
    "{inactive_days} days at its end?",
    formula="customers active at the start who are not active at the end / customers active at the start; "
    "active: an order in the last {inactive_days} days, or a pause that ended within {grace_days} days more",
    grain="period, and segment of the last order before it",
    unit="share of customers",
    style="percent",
    direction="down",
    needs=("orders",),
    interval="wilson",
    caveat="The {inactive_days} days are a choice: show churn at half and at twice as many. Who returns within "
    "{grace_days} days more is not lost, so a period is complete only {grace_days} days after its end. Periods that "
    "begin before the data are {inactive_days} days old are left out: nobody seen in them can have been lost.",
    source="kpikit; by sets, as subscriber churn",
    family="retention",
    aliases=("churn",),
)
def inactivity_churn(
    orders: Any,
    *,
    inactive_days: int = INACTIVE_DAYS,
    grace_days: int = GRACE_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of the customers active at a period's start who were not at its end; null without a period.

    ``inactive_days`` (τ): an order on day d makes a customer active through day d + τ. ``grace_days``: an order no
    later than d + τ + grace bridges the pause.
    """
    whole_days(1, inactive_days=inactive_days)
    whole_days(0, grace_days=grace_days)
    table = as_table("orders", orders, also=(by,) if by else ())
    span = bounds(table, period, as_of)
    bought = customer_periods(table, period, by, as_of)
    if not period:
        nobody = bought.select(*KEYS, x=ibis.literal(0), y=ibis.literal(1)).filter(ibis.literal(False))
        return Contributions(nobody, span, lag_days=grace_days, skip_periods=1)
    kept = _kept_active(_runs(bought), span, inactive_days, grace_days, period)
    each = _at_starts(kept).select(*KEYS, "x", y=ibis.literal(1))
    oldest = bought.aggregate(day=days(bought.first_at.min()))
    ready = period_index(period_start(oldest.day + inactive_days - 1, "day"), period)
    span = span.drop("first").cross_join(oldest.select(first=ready))
    return Contributions(each, span, lag_days=grace_days, skip_periods=1, totals=_counted(kept))
