"""What customers have brought, as margin: the sums behind LTV:CAC, payback, return and the profit of segments.

The functions take the tables by name (``data.tables``): ``orders``, and where they are there ``customers`` (whom a
channel brought) and ``spend``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import one_of
from kpikit.metrics.costs import UNKNOWN, spend_bounds, spend_of
from kpikit.metrics.grid import ALL
from kpikit.metrics.lifetime import check_economics, checked
from kpikit.periods import DAYS_PER_UNIT, DAYS_PER_YEAR
from kpikit.timeline import days, end_of_data, marked, one_if, period_start, quotient, segment_of

LABELS = ("channel", "segment")
MONTH = DAYS_PER_UNIT["month"]
MOST_MONTHS = 36
WITHIN_DAYS = 365


def customer_margins(
    tables: Mapping[str, Any],
    *,
    margin_fraction: float = 1.0,
    annual_discount_rate: float = 0.10,
    within_days: int = WITHIN_DAYS,
    as_of: Any = None,
) -> ir.Table:
    """Return what each customer has brought so far: one row per order → one row per customer.

    Parameters
    ----------
    tables
        ``orders``, and ``customers`` where it is known whom a channel brought.
    margin_fraction
        Margin of an order that states none in ``margin``, as a share of its amount.
    annual_discount_rate
        Rate at which ``discounted`` is brought back to the day of the first order.
    within_days
        Days after the first order that ``within`` counts.

    Returns
    -------
    Table
        ``customer_id``; ``acquired_on`` (date of the first order); ``channel`` and ``segment`` (the customer's own,
        else of the first order, else ``unknown``); ``age_days``; ``orders``; ``amount`` (net); ``margin``;
        ``discounted`` (margin); ``within`` (margin of the first ``within_days``, null for a younger customer).
        Refunds from before the first order are in none.
    """
    check_economics(margin_fraction, annual_discount_rate)
    checked("within_days", within_days, "1 day or more", "Pass 365.", valid=within_days >= 1)
    moves, end = _moves(tables, margin_fraction, as_of)
    worth = (moves.since * (-math.log1p(annual_discount_rate) / DAYS_PER_YEAR)).exp() * moves.margin
    moves = moves.mutate(worth=worth)
    found = moves.group_by("customer_id", "first_day", "channel", "segment").aggregate(
        orders=one_if(moves.is_activity).sum(),
        amount=moves.amount.sum(),
        margin=moves.margin.sum(),
        discounted=moves.worth.sum(),
        early=moves.margin.sum(where=moves.since <= within_days),
    )
    age = days(end) - 1 - found.first_day
    names = ("orders", "amount", "margin", "discounted")
    return found.select(
        "customer_id",
        "channel",
        "segment",
        *names,
        acquired_on=period_start(found.first_day, "day"),
        age_days=age,
        within=(age >= within_days).ifelse(found.early.fill_null(0.0), ibis.null("float64")),
    )


def margins_by_age(
    tables: Mapping[str, Any],
    *,
    by: str = "channel",
    margin_fraction: float = 1.0,
    most_months: int = MOST_MONTHS,
    as_of: Any = None,
) -> ir.Table:
    """Return what customers have brought by each age: one row per order → one row per segment and age in months.

    Parameters
    ----------
    by
        ``channel`` or ``segment``, as in :func:`customer_margins`. There is also a segment ``all``.
    most_months
        Oldest age.

    Returns
    -------
    Table
        ``segment``; ``months`` (0: the day of the first order; a month is a twelfth of a year); ``customers`` (at least
        that old), ``margin`` (Σ of what they had brought by then) and ``sum_xx`` (Σ of its squares). Where spend is
        known, only customers who came since it is.
    """
    one_of("by", by, LABELS)
    check_economics(margin_fraction, 0.0)
    moves, end = _moves(tables, margin_fraction, as_of)
    moves = moves.mutate(segment=moves[by], reached=-_months(-moves.since)).cross_join(_begins(tables, as_of))
    moves = moves.filter(lambda t: t.first_day >= t.begins)
    each = moves.group_by("customer_id", "segment", "first_day").aggregate(
        last=ibis.least(_months(days(end) - 1 - moves.first_day.max()), most_months)
    )
    ages = each.mutate(months=ibis.range(0, each["last"] + 1).unnest().cast("int64"))
    sums = moves.group_by(who="customer_id", at="reached").aggregate(added=moves.margin.sum())
    lived = ages.left_join(sums, [ages.customer_id == sums.who, ages.months == sums["at"]])
    so_far = ibis.window(group_by="customer_id", order_by="months", preceding=None, following=0)
    grown = lived.select("customer_id", "segment", "months", added=lived.added.fill_null(0.0))
    grown = grown.mutate(x=grown.added.sum().over(so_far))
    both = grown.union(grown.mutate(segment=ibis.literal(ALL)))
    found = both.group_by("segment", "months").aggregate(
        customers=both.count(), margin=both.x.sum(), sum_xx=(both.x * both.x).sum()
    )
    return found.order_by("segment", "months")


def segment_margins(
    tables: Mapping[str, Any], *, by: str = "segment", margin_fraction: float = 1.0, as_of: Any = None
) -> ir.Table:
    """Return what customers have brought by segment: one row per order → one row per segment.

    Parameters
    ----------
    by
        A column of ``customers``, else of ``orders`` (then of a customer's first order). Where neither has it, all
        customers are ``unknown``.

    Returns
    -------
    Table
        ``segment``, ``customers``, ``orders``, ``amount``, ``margin`` (Σ over customers), ``sum_xx`` (Σ of the squares
        of customers' margins).
    """
    check_economics(margin_fraction, 0.0)
    moves, _ = _moves(tables, margin_fraction, as_of, labels=(by,))
    each = moves.group_by("customer_id", segment=moves[by]).aggregate(
        orders=one_if(moves.is_activity).sum(), amount=moves.amount.sum(), x=moves.margin.sum()
    )
    found = each.group_by("segment").aggregate(
        customers=each.count(),
        orders=each.orders.sum(),
        amount=each.amount.sum(),
        margin=each.x.sum(),
        sum_xx=(each.x * each.x).sum(),
    )
    return found.order_by("segment")


def _months(number_of_days: ir.IntegerValue) -> ir.IntegerValue:
    """Return how many whole months go into a number of days, rounded down below zero too."""
    return quotient(number_of_days, MONTH).floor().cast("int64")


def _moves(
    tables: Mapping[str, Any], margin_fraction: float, as_of: Any, labels: tuple[str, ...] = LABELS
) -> tuple[ir.Table, ir.DateScalar]:
    """Return orders and refunds since each customer's first order, with what is known of the customer, and the end."""
    table = as_table("orders", tables["orders"])
    known = marked(table, as_of)
    amount = known.amount.cast("float64")
    stated = known.margin.cast("float64") if "margin" in known.columns else ibis.null("float64")
    own = {name: segment_of(known, name) if name in known.columns else ibis.literal(UNKNOWN) for name in labels}
    rows = known.select(
        "customer_id",
        "ordered_at",
        "is_activity",
        day=days(known.ordered_at),
        amount=amount,
        margin=stated.fill_null(amount * margin_fraction),
        **own,
    )
    first = _labelled(_first(rows, labels), tables, labels)
    later = rows.drop(*labels).rename(who="customer_id").drop("ordered_at")
    moves = first.inner_join(later, [first.customer_id == later.who, later.day >= first.first_day]).drop("who")
    return moves.mutate(since=moves.day - moves.first_day), end_of_data(table, as_of)


def _first(rows: ir.Table, labels: tuple[str, ...]) -> ir.Table:
    """Return each customer's first order: ``customer_id``, ``first_day``, and its labels."""
    bought = rows.filter(rows.is_activity)
    first = bought.group_by("customer_id").aggregate(ordered_at=bought.ordered_at.min())
    opening = first.inner_join(bought, ["customer_id", "ordered_at"])
    return opening.group_by("customer_id").aggregate(
        first_day=opening.day.min(), **{name: opening[name].min() for name in labels}
    )


def _labelled(first: ir.Table, tables: Mapping[str, Any], labels: tuple[str, ...]) -> ir.Table:
    """Return first orders with the customers' own channel and segment where the table ``customers`` has them."""
    if "customers" not in tables:
        return first
    people = as_table("customers", tables["customers"])
    named = [name for name in labels if name in people.columns]
    if not named:
        return first
    own = people.group_by(who="customer_id").aggregate(**{name: segment_of(people, name).max() for name in named})
    both = first.drop(*named).left_join(own, first.customer_id == own.who)
    return both.select(
        "customer_id",
        "first_day",
        **{name: both[name].fill_null(UNKNOWN) if name in named else both[name] for name in labels},
    )


def _begins(tables: Mapping[str, Any], as_of: Any) -> ir.Table:
    """Return one row: ``begins``, the number of the first day of known spend, or of the first day there is."""
    if "spend" in tables:
        bounds = spend_bounds(spend_of(tables), as_of)
        return bounds.select(begins=bounds.begins.fill_null(0))
    table = as_table("orders", tables["orders"])
    return table.aggregate(begins=days(table.ordered_at.min()))
