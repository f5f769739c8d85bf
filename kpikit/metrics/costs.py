"""What a new customer costs: spend and first orders → one row per period and segment.

Three numbers that are often taken for one another: media per new customer of all (blended), media per new customer of
the channels that are paid for (paid), and all spend, salaries and tools too, per new customer (fully loaded).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import OVERHEAD, as_table
from kpikit.errors import ParameterError
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import ALL, WHOLE, Contributions
from kpikit.metrics.purchases import first_orders
from kpikit.periods import Period, as_date
from kpikit.timeline import before, days, end_of_data, marked, period_index, period_start, quotient, segment_of

UNKNOWN = "unknown"
NO_SPEND = {"spent_on": "timestamp", "amount": "float64"}
LONGEST_LAG_MONTHS = 12
LAG = "Spend of earlier months may bring this month's customers: compare with lag_months 1 to 3. "
FACTS: dict[str, Any] = {
    "grain": "period, and segment (of the spend; of a customer's own row in customers, else of the first order)",
    "unit": "currency per new customer",
    "style": "money",
    "direction": "down",
    "interval": "poisson_denominator",
    "family": "acquisition",
}


@kpi(
    title="Cost of a new customer, blended",
    question="What does a new customer cost in media, counting those who came unpaid?",
    formula="media spend / all customers with their first order in the period",
    needs=("spend", "orders"),
    wants=("customers",),
    caveat="Customers who come unpaid make paid channels look cheap; salaries and tools are not in it. "
    + LAG
    + "Spend "
    "without a channel is shared by all new customers of the period.",
    source="Jordan, Hariharan, Chen and Kasireddy, 16 Startup Metrics, Andreessen Horowitz, 2015 (blended CAC); "
    "Farris et al., Marketing Metrics, 4th ed., 2020",
    **FACTS,
)
def cac(
    spend: Any,
    orders: Any,
    customers: Any = None,
    *,
    lag_months: int = 0,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return media spend per new customer; ``customers``, where given, says whom a segment (a channel) brought."""
    costs = booked(spend, period=period, by=by, as_of=as_of, lag_months=lag_months, overhead=False)
    first = newcomers(orders, customers, period=period, by=by, as_of=as_of)
    return _shared_out(costs, first, known_span(spend, orders, period, as_of, lag_months))


@kpi(
    title="Cost of a new customer of paid channels",
    question="What does a new customer cost in media, in the channels that are paid for?",
    formula="media spend / customers with their first order in the period, of the channels that have media spend",
    needs=("spend", "orders", "customers"),
    columns=("spend.channel", "customers.channel"),
    caveat="It rests on how customers are attributed to channels, and attribution credits the last touch; whom paid "
    "media bring through other channels is not seen. " + LAG.strip(),
    source="Jordan, Hariharan, Chen and Kasireddy, 16 Startup Metrics, Andreessen Horowitz, 2015 (paid CAC)",
    **FACTS,
)
def cac_paid(
    spend: Any,
    orders: Any,
    customers: Any,
    *,
    lag_months: int = 0,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return media spend per new customer of the channels that have media spend."""
    costs = booked(spend, period=period, by=by, as_of=as_of, lag_months=lag_months, overhead=False)
    first = newcomers(orders, customers, period=period, by=by, as_of=as_of)
    media = booked(spend, period=None, by="channel", as_of=as_of, lag_months=lag_months, overhead=False)
    paid = media.filter((media.amount > 0) & media.segment.notnull()).select(channel="segment").distinct()
    people = as_table("customers", customers, also=("channel",))
    own = people.group_by("customer_id").aggregate(channel=people.channel.cast("string").max())
    bought = own.semi_join(paid, "channel").select("customer_id")
    return _shared_out(
        costs, first.semi_join(bought, "customer_id"), known_span(spend, orders, period, as_of, lag_months)
    )


@kpi(
    title="Cost of a new customer, fully loaded",
    question="What does a new customer cost, with the salaries and tools of those who win them?",
    formula="all acquisition spend (media, salaries, tools, …) / all customers with their first order in the period",
    needs=("spend", "orders"),
    wants=("customers",),
    caveat="Only as whole as the spend table. Spend without a channel is shared by all new customers of the period. "
    + LAG.strip(),
    source="Skok, SaaS Metrics 2.0, For Entrepreneurs, 2013; Farris et al., Marketing Metrics, 4th ed., 2020",
    **FACTS,
)
def cac_fully_loaded(
    spend: Any,
    orders: Any,
    customers: Any = None,
    *,
    lag_months: int = 0,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return all acquisition spend per new customer."""
    costs = booked(spend, period=period, by=by, as_of=as_of, lag_months=lag_months, overhead=True)
    first = newcomers(orders, customers, period=period, by=by, as_of=as_of)
    return _shared_out(costs, first, known_span(spend, orders, period, as_of, lag_months))


def booked(spend: Any, *, period: str | None, by: str | None, as_of: Any, lag_months: int, overhead: bool) -> ir.Table:
    """Return known spend: one row per booking, with ``day`` and ``period`` (numbers), ``segment``, ``amount``.

    A lag moves a booking that many calendar months ahead. Rows without a value of ``by`` have no segment: they are
    shared. With days or weeks as periods, a series (channel and kind) that is booked on the first of a month only is
    spread over the days of its months; otherwise a row counts at its date.
    """
    if not 0 <= lag_months <= LONGEST_LAG_MONTHS:
        fix = "Pass 0 to 3, and compare."
        raise ParameterError(f"0 to {LONGEST_LAG_MONTHS} months", got=str(lag_months), fix=fix, where="lag_months")
    table = as_table("spend", spend, also=(by,) if by else ())
    rows = table.filter(table.spent_on.notnull() & table.amount.notnull())
    if as_of is not None:
        rows = rows.filter(before(rows.spent_on, as_date(as_of)))
    if not overhead:
        rows = rows.filter(~is_overhead(rows))
    rows = _moved(rows, lag_months)
    if period and Period.parse(period).unit in {"day", "week"}:
        rows = _spread(rows)
    return rows.select(
        day=rows.day,
        period=_number(rows.day, period),
        segment=rows[by].cast("string") if by else ibis.literal(ALL),
        amount=rows.amount.cast("float64"),
    )


def is_overhead(spend: ir.Table) -> ir.BooleanValue:
    """Say which rows are salaries or tools; every other kind, and none at all, is media."""
    if "kind" not in spend.columns:
        return ibis.literal(False)
    return spend.kind.cast("string").lower().isin(OVERHEAD).fill_null(False)


def monthly_spend(tables: Mapping[str, Any], *, as_of: Any = None) -> ir.Table:
    """Return acquisition spend: one row per booking → one row per month and channel; none where there is no ``spend``.

    Returns
    -------
    Table
        ``month`` (date), ``channel`` (null where none is stated), ``media``, ``overhead`` (salaries and tools), and the
        same on every row: ``begins`` (date of the first known spend), ``ends`` (first day after the last known).
    """
    spend = spend_of(tables)
    rows = spend.filter(spend.spent_on.notnull() & spend.amount.notnull())
    if as_of is not None:
        rows = rows.filter(before(rows.spent_on, as_date(as_of)))
    over = is_overhead(rows)
    rows = rows.mutate(
        month=period_index(rows.spent_on, "month"),
        channel=rows.channel.cast("string") if "channel" in rows.columns else ibis.null("string"),
        media=over.ifelse(0.0, rows.amount.cast("float64")),
        overhead=over.ifelse(rows.amount.cast("float64"), 0.0),
    )
    sums = rows.group_by("month", "channel").aggregate(media=rows.media.sum(), overhead=rows.overhead.sum())
    both = sums.cross_join(spend_bounds(spend, as_of))
    return both.select(
        month=period_start(both.month, "month"),
        channel=both.channel,
        media=both.media,
        overhead=both.overhead,
        begins=period_start(both.begins, "day"),
        ends=period_start(both.ends, "day"),
    ).order_by("month", "channel")


def spend_of(tables: Mapping[str, Any]) -> ir.Table:
    """Return the table of spend, an empty one where there is none."""
    return as_table("spend", tables["spend"] if "spend" in tables else ibis.memtable([], schema=NO_SPEND))


def newcomers(orders: Any, customers: Any, *, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return each customer's first order: ``customer_id``, ``first_day`` and ``period`` (numbers), ``segment``.

    The segment is the customer's own where ``customers`` has the column, else that of the first order.
    """
    own = by if by and customers is not None and by in customers.columns else None
    table = as_table("orders", orders, also=(by,) if by and not own else ())
    first = first_orders(table, period, None if own else by, as_of)
    if not own:
        return first
    people = as_table("customers", customers)
    named = people.group_by("customer_id").aggregate(own=segment_of(people, own).max())
    joined = first.left_join(named, "customer_id")
    return joined.select(first.customer_id, first.first_day, first.period, segment=joined.own.fill_null(UNKNOWN))


def spend_bounds(spend: ir.Table, as_of: Any, lag_months: int = 0) -> ir.Table:
    """Return one row: ``begins`` and ``ends``, numbers of the first day of known spend and of the first after it.

    Where every row is dated on the first of a month, a row stands for its month.
    """
    rows = spend.filter(spend.spent_on.notnull())
    if as_of is not None:
        rows = rows.filter(before(rows.spent_on, as_date(as_of)))
    rows = _moved(rows, lag_months).mutate(known=days(rows.spent_on), month=period_index(rows.spent_on, "month"))
    found = rows.aggregate(
        begins=rows.day.min(), newest=rows.known.max(), month=rows.month.max(), latest=rows.spent_on.day().max()
    )
    closing = days(period_start(found.month + 1, "month"))
    return found.select("begins", ends=(found.latest == 1).ifelse(closing, found.newest + 1))


def known_span(spend: Any, orders: Any, period: str | None, as_of: Any, lag_months: int) -> ir.Table:
    """Return one row, of spend and orders both: ``begins``, ``end`` (numbers of days), ``first``, ``last`` (periods).

    Spend from before the month of the first order, and customers from before the first spend, are in no count. No row
    where either is not known at all: greatest and least would take the other for both.
    """
    costs, bought = as_table("spend", spend), as_table("orders", orders)
    spent = spend_bounds(costs, as_of, lag_months)
    known = marked(bought, as_of)
    oldest = known.aggregate(oldest=known.ordered_at.min())
    both = oldest.cross_join(spent).filter(lambda table: table.oldest.notnull() & table.begins.notnull())
    month = days(period_start(period_index(both.oldest, "month"), "month"))
    end = days(end_of_data(bought, as_of))
    if as_of is None:
        end = ibis.least(end, both.ends)
    both = both.select(begins=ibis.greatest(month, both.begins), end=end)
    return both.mutate(first=_number(both.begins, period), last=_number(both.end - 1, period))


def _number(day: ir.IntegerValue, period: str | None) -> ir.IntegerValue:
    """Return the number of the period that holds a numbered day."""
    return period_index(period_start(day, "day"), period) if period else ibis.literal(WHOLE, type="int64")


def _moved(rows: ir.Table, lag_months: int) -> ir.Table:
    """Return bookings with ``day``, ``month_start`` and ``month_days`` (numbers), as many months later."""
    month = period_index(rows.spent_on, "month") + lag_months
    start = days(period_start(month, "month"))
    rows = rows.mutate(month_start=start, month_days=days(period_start(month + 1, "month")) - start)
    return rows.mutate(day=rows.month_start + ibis.least(rows.spent_on.day().cast("int64"), rows.month_days) - 1)


def _spread(rows: ir.Table) -> ir.Table:
    """Return bookings, those of series that are booked by the month spread over its days."""
    keys = [name for name in ("channel", "kind") if name in rows.columns]
    latest = rows.spent_on.day().max().over(ibis.window(group_by=keys))
    parts = (latest == 1).ifelse(rows.month_days, 1).cast("int64")
    rows = rows.mutate(parts=parts)
    rows = rows.mutate(part=ibis.range(0, rows.parts).unnest())
    return rows.mutate(day=rows.day + rows.part.cast("int64"), amount=quotient(rows.amount, rows.parts))


def _shared_out(costs: ir.Table, first: ir.Table, span: ir.Table) -> Contributions:
    """Return contributions: each new customer carries an equal part of the cell's spend, and of what has no segment."""
    limits = span.select("begins", "end")
    first = first.cross_join(limits).filter(lambda t: (t.first_day >= t.begins) & (t.first_day < t.end))
    first = first.select("customer_id", "period", "segment")
    costs = costs.cross_join(limits).filter(lambda t: (t.day >= t.begins) & (t.day < t.end))
    sums = costs.group_by("period", "segment").aggregate(amount=costs.amount.sum())
    shared = sums.filter(sums.segment.isnull()).select(shared_period="period", shared="amount")
    direct = sums.filter(sums.segment.notnull())
    here, everywhere = (ibis.window(group_by=keys) for keys in (["period", "segment"], ["period"]))
    people = first.mutate(few=first.count().over(here), many=first.count().over(everywhere))
    named = direct.select(direct_period="period", direct_segment="segment", direct="amount")
    paid = people.left_join(
        named, [people.period == named.direct_period, people.segment == named.direct_segment]
    ).left_join(shared, people.period == shared.shared_period)
    carried = quotient(paid.direct.fill_null(0.0), paid.few) + quotient(paid.shared.fill_null(0.0), paid.many)
    each = paid.select("customer_id", "period", "segment", x=carried, y=ibis.literal(1.0))
    rows = each.union(_without_customers(direct, shared, first))
    return Contributions(rows, span.select("end", "first", "last"), count_where_y=True)


def _without_customers(direct: ir.Table, shared: ir.Table, first: ir.Table) -> ir.Table:
    """Return spend that brought nobody: its cell has a numerator, and no value."""
    alone = direct.anti_join(first, ["period", "segment"]).select("period", "segment", x="amount")
    lost = shared.anti_join(first, shared.shared_period == first.period)
    rows = alone.union(lost.select(period="shared_period", segment=ibis.literal(UNKNOWN), x="shared"))
    return rows.select(ibis.null("string").name("customer_id"), "period", "segment", "x", ibis.literal(0.0).name("y"))
