"""The customer's own view: what the customer gets, on time, complete, intact, and indicators of the business's own.

The KPIs take ``orders`` (Ibis table or DataFrame), ``period`` (None: one row over all), ``by`` (a column) and ``as_of``
(first unknown day; None: the day after the newest order), and return the table of :func:`kpikit.metrics.grid.summed`.
A promise of a whole day (at midnight) is kept until that day is over. Refunds are no deliveries.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.config.translating import condition
from kpikit.contracts import CONTRACTS, as_table, missing_columns
from kpikit.errors import ParameterError
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, Contributions, clustered, located
from kpikit.metrics.hours import local_seconds
from kpikit.metrics.known import as_known, end_of, span_until
from kpikit.metrics.purchases import WISH, customer_periods
from kpikit.periods import SECONDS_PER_DAY
from kpikit.timeline import activity, before, days, end_of_data, one_if, quotient, seconds_of_day

MOST_DAYS_LATE = 30
FLAGS = ("is_complete", "is_intact")
SUPPLY_CHAIN = "Supply Chain Operations Reference (SCOR) model, version 12, 2017, RL.1.1 perfect order fulfilment"


def _orders(
    orders: Any, time: str, columns: tuple[str, ...], period: str | None, by: str | None, as_of: Any
) -> tuple[ir.Table, ir.Table, ir.DateValue]:
    """Return the orders that count, as known at the end and located by ``time``, their span, and the end."""
    table = as_table("orders", orders, also=(time, *columns, *((by,) if by else ())))
    table = table.mutate(**{name: table[name].cast("boolean") for name in FLAGS if name in table.columns})
    end = end_of_data(table, as_of)
    known = as_known("orders", activity(table, as_of), end)
    due = known.filter(known[time].notnull(), before(known[time], end))
    return located(due, time, period=period, by=by), span_until(due, time, period, end), end


def _counts(rows: ir.Table, **conditions: ir.BooleanValue) -> ir.Table:
    """Return for how many orders each condition holds: one row per order → one per customer, period and segment.

    KPIs share it where they ask for the same conditions.
    """
    counts = {name: one_if(condition).cast("float64").sum() for name, condition in conditions.items()}
    return rows.group_by(list(KEYS)).aggregate(**counts)


def _promised(
    orders: Any, columns: tuple[str, ...], period: str | None, by: str | None, as_of: Any
) -> tuple[ir.Table, ir.Table]:
    """Return how many orders were promised, came on time, and where the data say it were perfect; and their span."""
    rows, span, _ = _orders(orders, "promised_at", ("delivered_at", *columns), period, by, as_of)
    is_on_time = _is_on_time(rows)
    conditions = {"promised": rows.promised_at.notnull(), "on_time": is_on_time}
    if {"is_complete", "is_intact"} <= set(rows.columns):
        conditions["judged"] = rows.delivered_at.isnull() | (rows.is_complete.notnull() & rows.is_intact.notnull())
        conditions["perfect"] = is_on_time & rows.is_complete.fill_null(False) & rows.is_intact.fill_null(False)
    return _counts(rows, **conditions), span


def _delivered(orders: Any, flag: str, period: str | None, by: str | None, as_of: Any) -> Contributions:
    """Return the share of deliveries for which a flag holds, among those for which it is known."""
    rows, span, _ = _orders(orders, "delivered_at", (flag,), period, by, as_of)
    flags = [name for name in ("is_complete", "is_intact") if name in rows.columns]
    known = {f"{name}_known": rows[name].notnull() for name in flags}
    each = _counts(rows, **known, **{name: rows[name] for name in flags})
    return _share(each, flag, f"{flag}_known", span)


def _share(each: ir.Table, part: str, whole: str, span: ir.Table) -> Contributions:
    return Contributions(each.filter(each[whole] > 0).select(*KEYS, x=part, y=whole), span)


def _is_on_time(rows: ir.Table) -> ir.BooleanValue:
    """Say which orders came by their promise; one that has not come has not."""
    promised, delivered = rows.promised_at, rows.delivered_at
    same_day = (delivered.date() <= promised.date()) & _is_whole_day(promised)
    return ((delivered <= promised) | same_day).fill_null(False)


def _is_whole_day(moment: ir.Value) -> ir.BooleanValue:
    return seconds_of_day(moment) == 0


def _shares(rows: ir.Table, success: ir.BooleanValue, span: ir.Table) -> Contributions:
    return Contributions(clustered(rows.select(*KEYS, x=one_if(success), y=ibis.literal(1))), span)


@kpi(
    title="Delivered on time",
    question="How many orders came when they were promised?",
    formula="orders delivered by their promise / orders whose promise is over",
    grain="period and segment of the promise",
    unit="share of orders",
    style="percent",
    direction="up",
    needs=("orders",),
    columns=("orders.promised_at", "orders.delivered_at"),
    interval="clustered_wilson",
    caveat="An order that has not come after its promise is late, not missing. A promise of a day is kept until that "
    "day is over. Generous promises raise it: read it beside how long customers wait.",
    source=SUPPLY_CHAIN,
)
def on_time_delivery(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the share of orders that came by their promise, among those promised before ``as_of``."""
    each, span = _promised(orders, (), period, by, as_of)
    return _share(each, "on_time", "promised", span)


@kpi(
    title="Delivered in full",
    question="How many deliveries held all that was ordered?",
    formula="delivered orders that were complete / delivered orders whose completeness is known",
    grain="period and segment of the delivery",
    unit="share of delivered orders",
    style="percent",
    direction="up",
    needs=("orders",),
    columns=("orders.is_complete", "orders.delivered_at"),
    interval="clustered_wilson",
    caveat="Orders that have not come are in neither count, and so are deliveries that nobody checked.",
    source=SUPPLY_CHAIN,
)
def in_full(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the share of delivered orders that were complete."""
    return _delivered(orders, "is_complete", period, by, as_of)


@kpi(
    title="Delivered intact",
    question="How many deliveries came undamaged?",
    formula="delivered orders that were intact / delivered orders whose state is known",
    grain="period and segment of the delivery",
    unit="share of delivered orders",
    style="percent",
    direction="up",
    needs=("orders",),
    columns=("orders.is_intact", "orders.delivered_at"),
    interval="clustered_wilson",
    caveat="Orders that have not come are in neither count. Where only complaints are recorded, it is too high.",
    source=SUPPLY_CHAIN,
)
def intact(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the share of delivered orders that were undamaged."""
    return _delivered(orders, "is_intact", period, by, as_of)


@kpi(
    title="Perfect orders",
    question="How many orders came on time, complete and undamaged?",
    formula="orders on time and in full and intact / orders whose promise is over and whose three facts are known",
    grain="period and segment of the promise",
    unit="share of orders",
    style="percent",
    direction="up",
    needs=("orders",),
    columns=("orders.promised_at", "orders.delivered_at", "orders.is_complete", "orders.is_intact"),
    interval="clustered_wilson",
    caveat="An order that has not come after its promise is not perfect. A delivery whose completeness or state is not "
    "known is in neither count, on time or late, so that late ones do not weigh more.",
    source=SUPPLY_CHAIN,
)
def perfect_order(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the share of orders that were on time, in full and intact."""
    each, span = _promised(orders, ("is_complete", "is_intact"), period, by, as_of)
    return _share(each, "perfect", "judged", span)


@kpi(
    title="Days late",
    question="How late are late orders, counted up to {most_days} days?",
    formula="Σ days from promise to delivery of late orders, {most_days} at most / late orders "
    "promised ≥ {most_days} days ago",
    grain="period and segment of the promise",
    unit="days per late order",
    style="days",
    direction="down",
    needs=("orders",),
    columns=("orders.promised_at", "orders.delivered_at"),
    interval="clustered_ratio",
    caveat="An order that has not come counts {most_days} days, as one that came later still does: the true mean is "
    "higher. Younger promises are not yet eligible: dropping what has not come would make lateness look short.",
    source="restricted mean survival time: Royston and Parmar, BMC Medical Research Methodology 13, 2013",
)
def days_late(
    orders: Any,
    *,
    most_days: int = MOST_DAYS_LATE,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the mean days late of late orders, restricted to ``most_days``."""
    if most_days < 1:
        raise ParameterError("1 day or more", got=str(most_days), fix="Pass 30.", where="most_days")
    rows, span, end = _orders(orders, "promised_at", ("delivered_at",), period, by, as_of)
    late = rows.filter(~_is_on_time(rows), rows.day + most_days < days(end))
    due = local_seconds(late.promised_at) + SECONDS_PER_DAY * one_if(_is_whole_day(late.promised_at))
    waited = quotient(local_seconds(late.delivered_at) - due, SECONDS_PER_DAY).fill_null(float(most_days))
    each = late.select(*KEYS, x=ibis.least(waited, ibis.literal(float(most_days))), y=ibis.literal(1))
    return Contributions(clustered(each), span, lag_days=most_days)


@kpi(
    title="Preferred way to pay offered",
    question="How many orders could be paid the way the customer prefers?",
    formula="orders with the preferred method on offer / orders for which that is known",
    grain="period and segment",
    unit="share of orders",
    style="percent",
    direction="up",
    needs=("orders",),
    columns=("orders.preferred_method_offered",),
    interval="clustered_wilson",
    caveat="Who could not pay as they wished and left placed no order: the true share of wishes met is lower.",
    source="kpikit",
)
def preferred_payment_offered(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the share of orders whose customer was offered the preferred way to pay."""
    table = as_table("orders", orders, also=(WISH, *((by,) if by else ())))
    each = customer_periods(table, period, by, as_of)
    span = span_until(activity(table, as_of), "ordered_at", period, end_of_data(table, as_of))
    return _share(each, "wishes_met", "wishes", span)


def indicator(
    table: Any,
    *,
    table_name: str,
    success: str,
    eligible: str = "true",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return what each customer adds to an indicator of the business's own: successes among eligible rows.

    Parameters
    ----------
    table
        Ibis table or DataFrame of the contract ``table_name``.
    success, eligible
        Conditions in SQL, as in kpikit.yaml; ``:as_of`` is the end of what is known. A row for which ``eligible`` is
        not known is left out; one for which ``success`` is not known is none. Refunds are no orders.

    Raises
    ------
    ConfigError
        When a condition is not one that every engine reads alike; see :func:`kpikit.config.translating.to_ibis`.
    ContractError
        When periods are asked for and the table has no time.
    """
    typed = as_table(table_name, table, also=(by,) if by else ())
    time, end = CONTRACTS[table_name].time, end_of(table_name, typed, as_of)
    if end is None or (period and time not in typed.columns):
        raise missing_columns(table_name, [time], typed.columns)
    known = as_known(table_name, activity(typed) if table_name == "orders" else typed, end)
    rows = known.mutate(
        kk_eligible=condition(eligible, known, end),
        kk_success=condition(success, known, end),
        customer_id=known.customer_id if "customer_id" in known.columns else ibis.null("string"),
    )
    if time not in typed.columns:  # everything that is there counts as known
        rows = rows.mutate(**{time: (end - ibis.interval(days=1)).cast("timestamp")})
    found = located(rows.filter(before(rows[time], end)), time, period=period, by=by)
    chosen = found.filter(found.kk_eligible)
    return _shares(chosen, chosen.kk_success, span_until(found, time, period, end))
