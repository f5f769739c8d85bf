"""Buying up to a cutoff: recency, frequency, spend, trend, gaps and tenure of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError
from kpikit.features.cutoffs import at_each, dated, days_of
from kpikit.features.service import joined_to, with_support, with_surveys
from kpikit.timeline import count_if, days, marked, quotient

WINDOW_DAYS = 90


def snapshots(
    orders: Any,
    *,
    cutoffs: Any,
    window_days: int = WINDOW_DAYS,
    active_days: int | None = None,
    last: Sequence[str] = (),
    tickets: Any = None,
    survey_responses: Any = None,
) -> ir.Table:
    """Return what was known of each customer at each cutoff: one row per order → one row per customer and cutoff.

    Only what is dated before the first instant of the cutoff counts, in every table; a ticket that was resolved later
    is open. Customers have an order before the cutoff.

    One thing is known later: a return that a source writes as a line of its order is summed into that order when it is
    loaded, at the order's time, whenever it was made. So the four columns of money (``spend…``, ``recent_spend``) know
    such returns as of the end of the data. Returns that are orders of their own count from their own day.

    Parameters
    ----------
    orders
        Ibis table or DataFrame with ``customer_id``, ``ordered_at`` (local) and ``amount``.
    cutoffs
        First unknown day of each snapshot: one date, or several.
    window_days
        Length of the recent window and of the one before it, in days.
    active_days
        Only customers whose last order is so many days back at most; None: all of them.
    last
        Columns of ``orders`` (channel, segment) whose value at the last order is a feature, as ``last_<name>``. A
        column that is overwritten in place holds what was known when it was loaded: leave it out.
    tickets, survey_responses
        Support cases and survey answers with ``customer_id``; None: no such features.

    Returns
    -------
    Table
        ``customer_id``; ``cutoff`` (date); ``recency_days`` (since the last day with an order, 1 or more);
        ``tenure_days`` (since the first); ``purchase_days`` (days with an order); ``recent_purchase_days`` (in the
        recent window); ``purchase_trend`` (recent less earlier window); ``spend`` (net), ``spend_per_day`` (of
        purchase), ``recent_spend``, ``spend_trend``; ``mean_gap_days`` and ``longest_gap_days`` between purchases and
        ``silence_in_gaps`` (recency / mean gap), null without a second purchase; ``refunds`` (orders that are no
        activity); ``last_<name>``. From tickets: ``tickets``, ``recent_tickets``, ``open_tickets``,
        ``reopened_tickets``, ``days_since_ticket``, ``first_response_hours`` (mean). From surveys: ``answers``,
        ``days_since_answer``, ``last_nps``, ``last_csat``, ``last_ces``.

    Raises
    ------
    ContractError
        When a table lacks a column.
    ParameterError
        When a number of days is below 1 or a cutoff is no date.
    """
    at = days_of(cutoffs)
    for name, value in (("window_days", window_days), ("active_days", active_days)):
        if value is not None and value < 1:
            raise ParameterError("1 day or more", got=str(value), fix="Pass 90.", where=name)
    known = marked(as_table("orders", orders, also=tuple(last)))
    each = _bought(known, at, window_days)
    if active_days is not None:
        each = each.filter(each.recency_days <= active_days)
    if last:
        each = _with_last(each, known, at, last)
    if tickets is not None:
        each = with_support(each, tickets, at, window_days)
    if survey_responses is not None:
        each = with_surveys(each, survey_responses, at)
    return dated(each)


def _bought(known: ir.Table, at: list[int], window_days: int) -> ir.Table:
    """Return the features of the orders: one row per customer and cutoff with an order before it."""
    daily = known.group_by(known.customer_id, day=days(known.ordered_at)).aggregate(
        net=known.amount.sum(), is_active=known.is_activity.any(), refunds=count_if(~known.is_activity)
    )
    active = daily.filter(daily.is_active)
    before = active.day.lag().over(ibis.window(group_by="customer_id", order_by=active.day))
    gaps = active.select("customer_id", "day", gap=active.day - before)
    joined = daily.left_join(gaps, ["customer_id", "day"])
    rows = at_each(joined.select(daily.customer_id, daily.day, daily.net, daily.is_active, daily.refunds, "gap"), at)
    rows = rows.filter(rows.day < rows["at"])
    recent = rows.day >= rows["at"] - window_days
    earlier = ~recent & (rows.day >= rows["at"] - 2 * window_days)
    each = rows.group_by(["customer_id", "at"]).aggregate(
        first=rows.day.min(where=rows.is_active),
        last=rows.day.max(where=rows.is_active),
        purchase_days=count_if(rows.is_active),
        recent_purchase_days=count_if(rows.is_active & recent),
        earlier_purchase_days=count_if(rows.is_active & earlier),
        spend=rows.net.sum(),
        recent_spend=rows.net.sum(where=recent).fill_null(0.0),
        earlier_spend=rows.net.sum(where=earlier).fill_null(0.0),
        gaps=rows.gap.sum(),
        longest_gap_days=rows.gap.max(),
        refunds=rows.refunds.sum().cast("int64"),
    )
    each = each.filter(each["last"].notnull())
    recency, mean_gap = each["at"] - each["last"], quotient(each.gaps, each.purchase_days - 1)
    return each.select(
        "customer_id",
        "at",
        recency_days=recency,
        tenure_days=each["at"] - each["first"],
        purchase_days="purchase_days",
        recent_purchase_days="recent_purchase_days",
        purchase_trend=each.recent_purchase_days - each.earlier_purchase_days,
        spend="spend",
        spend_per_day=quotient(each.spend, each.purchase_days),
        recent_spend="recent_spend",
        spend_trend=each.recent_spend - each.earlier_spend,
        mean_gap_days=mean_gap,
        longest_gap_days="longest_gap_days",
        silence_in_gaps=quotient(recency, mean_gap),
        refunds="refunds",
    )


def _with_last(each: ir.Table, known: ir.Table, at: list[int], names: Sequence[str]) -> ir.Table:
    """Return the features with the columns of each customer's last order before the cutoff."""
    bought = known.filter(known.is_activity)
    rows = at_each(bought.select("customer_id", "ordered_at", *names, day=days(bought.ordered_at)), at)
    rows = rows.filter(rows.day < rows["at"])
    order = [rows.ordered_at.desc(), *[rows[name].cast("string").desc() for name in names]]
    place = ibis.row_number().over(ibis.window(group_by=["customer_id", "at"], order_by=order))
    newest = rows.mutate(place=place)
    values = newest.filter(newest.place == 0).select(
        "customer_id", "at", **{f"last_{name}": newest[name] for name in names}
    )
    return joined_to(each, values)
