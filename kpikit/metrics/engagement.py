"""Visits: how many come, how often and for how long, and how often customers buy: one row per visit → per period.

The KPIs take ``sessions`` (the last one ``orders``), ``period`` (None: one row over all), ``by`` (channel, device or
any column) and ``as_of`` (first unknown day; None: the day after the newest row).
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.metrics.cards import kpi
from kpikit.metrics.durations import quantiles
from kpikit.metrics.grid import ALL, KEYS, Contributions, bounds, cell_status, every_period
from kpikit.metrics.purchases import active
from kpikit.metrics.visits import VISITOR, visitor_periods, visits
from kpikit.periods import SECONDS_PER_MINUTE, Period
from kpikit.timeline import days, period_start, quotient

MEDIAN = 0.5


def _prepared(
    sessions: Any, period: str | None, by: str | None, as_of: Any, *columns: str
) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Return the visits of known visitors, what each of them did in each period, and the span of the visits."""
    table = as_table("sessions", sessions, also=(*columns, *((by,) if by else ())))
    each = visitor_periods(table, period, by, as_of).rename(customer_id="visitor_id")
    span = bounds(table.filter(table.visitor_id.notnull()), period, as_of, "started_at")
    return visits(table, period, by, as_of), each, span


@kpi(
    title="Active visitors",
    counts="visitor",
    question="How many visitors came?",
    formula="number of distinct visitors with a visit in the period",
    grain="period and segment",
    unit="visitors",
    style="count",
    direction="up",
    needs=("sessions",),
    interval="poisson",
    caveat="A person with two devices is two visitors; periods cannot be added up.",
    source="Web Analytics Association, Web Analytics Definitions, 2008 (unique visitors)",
)
def active_visitors(
    sessions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the number of distinct visitors."""
    _, each, span = _prepared(sessions, period, by, as_of)
    return Contributions(each.select(*KEYS, x=ibis.literal(1), y=ibis.literal(1)), span, ratio=False)


@kpi(
    title="Stickiness",
    counts="visitor",
    question="On how many of a period's days does one of its visitors come?",
    formula="mean visitors a day / visitors of the period (a day with several visits counts once)",
    grain="period and segment",
    unit="share of the period's days",
    style="percent",
    direction="up",
    needs=("sessions",),
    interval="clustered_ratio",
    caveat="With months it is DAU/MAU. Wider periods give lower values: compare equal ones only. In a period that is "
    "not over, its known days count.",
    source="Croll and Yoskovitz, Lean Analytics, 2013 (DAU/MAU)",
)
def stickiness(sessions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return mean daily over period's active visitors: the mean share of days on which a visitor comes."""
    known, _, span = _prepared(sessions, period, by, as_of)
    oldest = known.aggregate(oldest=known.day.min())
    cells = _days_of_periods(span.cross_join(oldest), period)
    each = known.group_by(list(VISITOR)).aggregate(came=known.day.nunique()).rename(customer_id="visitor_id")
    joined = each.inner_join(cells, "period")
    rows = joined.select("customer_id", "period", "segment", x=quotient(joined.came, joined.length), y=ibis.literal(1))
    return Contributions(rows, span)


def _days_of_periods(span: ir.Table, period: str | None) -> ir.Table:
    """Return one row per period: its number and how many of its days the data cover."""
    every = every_period(span)
    begins, ends = every.oldest, every.end
    if period:
        unit = Period.parse(period)
        begins = ibis.greatest(begins, days(period_start(every.period, unit)))
        ends = ibis.least(ends, days(period_start(every.period + 1, unit)))
    return every.select("period", length=ends - begins)


@kpi(
    title="Visits per visitor",
    counts="visitor",
    question="How often does a visitor come?",
    formula="visits / distinct visitors",
    grain="period and segment",
    unit="visits per visitor",
    style="decimal",
    direction="up",
    needs=("sessions",),
    interval="clustered_ratio",
    caveat="A few frequent visitors can carry the mean. Wider periods give higher values.",
    source="Web Analytics Association, Web Analytics Definitions, 2008 (visits per visitor)",
)
def sessions_per_visitor(
    sessions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return visits per distinct visitor."""
    _, each, span = _prepared(sessions, period, by, as_of)
    return Contributions(each.select(*KEYS, x="visits", y=ibis.literal(1)), span)


@kpi(
    title="Time on site, mean",
    counts="visitor",
    question="How many minutes does a visit last on average?",
    formula="Σ minutes of visits / visits whose length is known",
    grain="period and segment",
    unit="minutes per visit",
    style="decimal",
    direction="neutral",
    needs=("sessions",),
    columns=("sessions.duration_s",),
    interval="clustered_ratio",
    caveat="A few long visits carry the mean: read the median beside it. Longer is not better for who looks for help.",
    source="Web Analytics Association, Web Analytics Definitions, 2008 (visit duration)",
)
def time_on_site(
    sessions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the mean length of a visit in minutes; visits of unknown length are left out."""
    _, each, span = _prepared(sessions, period, by, as_of, "duration_s")
    return Contributions(each.filter(each.timed > 0).select(*KEYS, x="minutes", y="timed"), span)


@kpi(
    title="Time on site, median",
    counts="visitor",
    question="How many minutes does a typical visit last?",
    formula="the length that half of the visits reach",
    grain="period and segment",
    unit="minutes",
    style="decimal",
    direction="neutral",
    needs=("sessions",),
    columns=("sessions.duration_s",),
    interval="kaplan_meier",
    caveat="Half of the visits are shorter, however long the longest are. Longer is not better for who looks for help.",
    source="Brookmeyer and Crowley, Biometrics 38, 1982, without censoring",
)
def time_on_site_median(
    sessions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> ir.Table:
    """Return the median length of a visit in minutes, with its interval, per period and segment."""
    known, each, span = _prepared(sessions, period, by, as_of, "duration_s")
    timed = known.filter(known.duration_s.notnull())
    cases = timed.select(
        "period", "segment", customer_id=timed.visitor_id, observed=ibis.literal(True),
        duration=quotient(timed.duration_s, SECONDS_PER_MINUTE),
    )  # fmt: skip
    found = quantiles(cases, ["period", "segment"], MEDIAN, customers=each.select(*KEYS, cases="timed"))
    every = every_period(span)
    cells = every.cross_join(found.select("segment").distinct()) if by else every.mutate(segment=ibis.literal(ALL))
    cells = cells.left_join(found, ["period", "segment"])
    cases = cells.cases.fill_null(0).cast("float64")
    shown = cells.select(
        period=period_start(cells.period, period) if period else ibis.null("date"),
        segment=cells.segment,
        numerator=cases,
        denominator=cases,
        n=cells.customers.fill_null(0).cast("int64"),
        value=cells.value,
        low=cells.low,
        high=cells.high,
        status=cell_status(cells, period),
    )
    return shown.order_by("period", "segment")


@kpi(
    title="Orders per active customer",
    question="How often does an active customer buy?",
    formula="orders / distinct customers with an order in the period",
    grain="period and segment",
    unit="orders per active customer",
    style="decimal",
    direction="up",
    needs=("orders",),
    interval="clustered_ratio",
    caveat="Never below 1: who buys nothing is not active. Wider periods give higher values.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def purchases_per_active_customer(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return orders per customer with an order."""
    table = as_table("orders", orders, also=(by,) if by else ())
    bought = active(table, period, by, as_of)
    return Contributions(bought.select(*KEYS, x="orders", y=ibis.literal(1)), bounds(table, period, as_of))
