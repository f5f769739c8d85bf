"""What each customer bought in each period: the step that most KPIs of orders begin with.

They share it: :func:`kpikit.compute` of many KPIs runs it once. All take ``period`` (None: one over all), ``by`` (a
column) and ``as_of`` (first unknown day; None: the day after the newest row).
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.metrics.grid import KEYS, WHOLE, located
from kpikit.metrics.openings import openings
from kpikit.timeline import days, marked, one_if, period_index

WISH = "preferred_method_offered"


def placed(orders: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return known orders with ``period`` (its number), ``segment``, ``day`` (its number) and ``is_activity``.

    ``amount`` is a float64; ``wish_met`` says whether the preferred way to pay was on offer, where the table does.
    """
    known = located(marked(orders, as_of), "ordered_at", period=period, by=by)
    names = ("customer_id", "ordered_at", "is_activity", "day", "period", "segment")
    wish = {"wish_met": known[WISH].cast("boolean")} if WISH in known.columns else {}
    return known.select(*names, amount=known.amount.cast("float64"), **wish)


def customer_periods(orders: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return what customers bought: one row per order → one row per customer, period and segment with any.

    Returns
    -------
    Table
        ``customer_id``, ``period`` (number), ``segment``; ``amount`` (net of refunds), ``orders`` (0: refunds only),
        ``first_at`` and ``last_at`` (the earliest and the latest order that is activity; null without one); where the
        table says whether the preferred way to pay was on offer, for how many orders that is known (``wishes``), and
        for how many it was (``wishes_met``).
    """
    known = placed(orders, period, by, as_of)
    wishes = {}
    if "wish_met" in known.columns:
        wishes["wishes"] = one_if(known.is_activity & known.wish_met.notnull()).sum()
        wishes["wishes_met"] = one_if(known.is_activity & known.wish_met.fill_null(False)).sum()
    return known.group_by(list(KEYS)).aggregate(
        amount=known.amount.sum(),
        orders=one_if(known.is_activity).sum(),
        first_at=known.ordered_at.min(where=known.is_activity),
        last_at=known.ordered_at.max(where=known.is_activity),
        **wishes,
    )


def active(orders: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return the rows of :func:`customer_periods` that hold an order."""
    each = customer_periods(orders, period, by, as_of)
    return each.filter(each.orders > 0)


def over_segments(each: ir.Table) -> ir.Table:
    """Return the rows of :func:`customer_periods` with the segments put together: one row per customer and period.

    Returns
    -------
    Table
        ``customer_id``, ``period``, ``amount``, ``orders``, ``first_at``, ``last_at``; ``segment`` and ``other``: the
        first and the last by name of the segments with an order.
    """
    is_bought = each.orders > 0
    return each.group_by("customer_id", "period").aggregate(
        amount=each.amount.sum(),
        orders=each.orders.sum().cast("int64"),
        first_at=each.first_at.min(),
        last_at=each.last_at.max(),
        segment=each.segment.min(where=is_bought),
        other=each.segment.max(where=is_bought),
    )


def first_orders(orders: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return one row per customer: ``first_day`` (number), ``period`` and ``segment`` of the first order.

    Of several segments in which a customer began at the same instant, the first by name counts.
    """
    each = active(orders, period, by, as_of)
    first = openings(each, ["customer_id"])
    number = period_index(first.first_at, period) if period else ibis.literal(WHOLE, type="int64")
    return first.select("customer_id", "segment", first_day=days(first.first_at), period=number)
