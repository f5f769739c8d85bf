"""Revenue and its bridge, orders, order value, active and new customers: one row per order → one row per period.

All KPIs take ``orders`` (Ibis table or DataFrame), ``period`` (None: one row over all), ``by`` (a column) and ``as_of``
(first unknown day; None: the day after the newest row), and return the table of :func:`kpikit.metrics.grid.summed`.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, Contributions, bounds, every_period
from kpikit.metrics.purchases import customer_periods, first_orders
from kpikit.periods import Period
from kpikit.timeline import days, one_if, period_start, quotient


def _prepared(orders: Any, period: str | None, by: str | None, as_of: Any) -> tuple[ir.Table, ir.Table]:
    """Return what each customer bought in each period, and the span of the orders."""
    table = as_table("orders", orders, also=(by,) if by else ())
    return customer_periods(table, period, by, as_of), bounds(table, period, as_of)


@kpi(
    title="Revenue",
    question="How much did customers pay, net of refunds?",
    formula="Σ amount of orders, refunds subtracted: in their order where they share its id, else when they happen",
    grain="period and segment",
    unit="currency",
    style="money",
    direction="up",
    needs=("orders",),
    interval="compound_poisson",
    caveat="Amounts without a customer are not in it. The interval says how far an equal period may differ by chance.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def revenue(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return net revenue."""
    each, span = _prepared(orders, period, by, as_of)
    return Contributions(each.select(*KEYS, x="amount", y=ibis.literal(1)), span, ratio=False)


@kpi(
    title="Orders",
    question="How many orders were placed?",
    formula="number of orders with at least one positive or free line; refunds are not orders",
    grain="period and segment",
    unit="orders",
    style="count",
    direction="up",
    needs=("orders",),
    interval="compound_poisson",
    caveat="Orders without a customer are not in it.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def orders(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the number of orders."""
    each, span = _prepared(orders, period, by, as_of)
    bought = each.filter(each.orders > 0)
    return Contributions(bought.select(*KEYS, x="orders", y=ibis.literal(1)), span, ratio=False)


@kpi(
    title="Average order value",
    question="What is an order worth?",
    formula="revenue / orders",
    grain="period and segment",
    unit="currency per order",
    style="money",
    direction="up",
    needs=("orders",),
    interval="clustered_ratio",
    caveat="Refunds lower the order whose id they share; others lower the period in which they happen.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def average_order_value(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return revenue per order."""
    each, span = _prepared(orders, period, by, as_of)
    return Contributions(each.select(*KEYS, x="amount", y="orders"), span)


@kpi(
    title="Revenue per customer",
    question="What does a customer who orders spend in a period?",
    formula="revenue / customers with an order in the period",
    grain="period and segment",
    unit="currency per customer",
    style="money",
    direction="up",
    needs=("orders",),
    interval="clustered_ratio",
    caveat="It depends on the length of the period, and is no customer lifetime value. Refunds of customers without an "
    "order in the period lower it: n counts these customers too, the denominator does not.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def revenue_per_customer(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return revenue per customer with an order."""
    each, span = _prepared(orders, period, by, as_of)
    return Contributions(each.select(*KEYS, x="amount", y=one_if(each.orders > 0)), span)


@kpi(
    title="Active customers",
    question="How many customers ordered?",
    formula="number of distinct customers with an order in the period",
    grain="period and segment",
    unit="customers",
    style="count",
    direction="up",
    needs=("orders",),
    interval="poisson",
    caveat="A customer active in two segments counts in each; periods cannot be added up.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def active_customers(
    orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the number of customers with an order."""
    each, span = _prepared(orders, period, by, as_of)
    bought = each.filter(each.orders > 0)
    return Contributions(bought.select(*KEYS, x=ibis.literal(1), y=ibis.literal(1)), span, ratio=False)


@kpi(
    title="New customers",
    question="How many customers placed their first order?",
    formula="number of customers whose first order lies in the period",
    grain="period and segment of the first order",
    unit="customers",
    style="count",
    direction="up",
    needs=("orders",),
    interval="poisson",
    caveat="Customers from before the data begin look new in the first periods.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
)
def new_customers(orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the number of first-time customers."""
    table = as_table("orders", orders, also=(by,) if by else ())
    first = first_orders(table, period, by, as_of)
    each = first.select(*KEYS, x=ibis.literal(1), y=ibis.literal(1))
    return Contributions(each, bounds(table, period, as_of), ratio=False)


def revenue_bridge(orders: Any, *, period: str = "month", as_of: Any = None) -> ir.Table:
    """Return why revenue changed from one period to the next: one row per order → one row per period.

    Returns
    -------
    Table
        ``period`` (date), ``opening`` (revenue of the period before), ``acquired`` (first-time customers), ``returned``
        (customers back after a pause), ``lost`` (bought before, not now), ``frequency`` and ``order_value`` (customers
        of both periods: more or fewer orders, dearer or cheaper ones), ``refunds_only`` (customers with refunds but no
        order), ``closing``, ``status``. Opening and moves add up to closing. How many customers each rests on:
        ``n`` (in either period), ``n_opening``, ``n_acquired``, ``n_returned``, ``n_lost``, ``n_kept`` (of both
        periods: frequency and order value), ``n_refunds_only``, ``n_closing``.

    Notes
    -----
    The change of customers of both periods is split at the mean of the two periods, so that nothing is left over:
    ΔR = ΔO · (v₀ + v₁)/2 + Δv · (O₀ + O₁)/2.
    """
    table = as_table("orders", orders)
    each = customer_periods(table, period, None, as_of).select("customer_id", "period", "amount", "orders")
    first = first_orders(table, period, None, as_of).select("customer_id", first_period="period")
    before = each.mutate(period=each.period + 1)
    both = each.outer_join(before, ["customer_id", "period"])
    moved = both.select(
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_right),
        period=ibis.coalesce(both.period, both.period_right),
        now=both.amount.fill_null(0),
        then=both.amount_right.fill_null(0),
        orders_now=both.orders.fill_null(0),
        orders_then=both.orders_right.fill_null(0),
    ).view()  # ends the join, so that the next one may use the coalesced keys
    both = moved.left_join(first, "customer_id")
    here, was = both.orders_now > 0, both.orders_then > 0
    is_new = here & (both.first_period == both.period)
    moves = both.group_by("period").aggregate(
        opening=both.then.sum(),
        closing=both.now.sum(),
        acquired=both.now.sum(where=is_new).fill_null(0),
        returned=both.now.sum(where=here & ~was & ~is_new).fill_null(0),
        lost=-both.then.sum(where=was & ~here).fill_null(0),
        r1=both.now.sum(where=here & was).fill_null(0),
        r0=both.then.sum(where=here & was).fill_null(0),
        o1=both.orders_now.sum(where=here & was).fill_null(0),
        o0=both.orders_then.sum(where=here & was).fill_null(0),
        refunds_now=both.now.sum(where=~here).fill_null(0),
        refunds_then=both.then.sum(where=~was).fill_null(0),
        n=both.count(),
        n_opening=one_if(was | (both.then != 0)).sum(),
        n_acquired=one_if(is_new).sum(),
        n_returned=one_if(here & ~was & ~is_new).sum(),
        n_lost=one_if(was & ~here).sum(),
        n_kept=one_if(here & was).sum(),
        n_refunds_only=one_if((~here & (both.now != 0)) | (~was & (both.then != 0))).sum(),
        n_closing=one_if(here | (both.now != 0)).sum(),
    )
    v1, v0 = quotient(moves.r1, moves.o1), quotient(moves.r0, moves.o0)
    named = moves.mutate(
        frequency=((moves.o1 - moves.o0) * (v0 + v1) / 2).fill_null(0),
        order_value=((v1 - v0) * (moves.o0 + moves.o1) / 2).fill_null(0),
        refunds_only=moves.refunds_now - moves.refunds_then,
    )
    span = bounds(table, period, as_of)
    rows = every_period(span, 1).left_join(named, "period")
    names = ("opening", "acquired", "returned", "lost", "frequency", "order_value", "refunds_only", "closing")
    people = ("n", *(f"n_{name}" for name in ("opening", "acquired", "returned", "lost", "kept")))
    people = (*people, "n_refunds_only", "n_closing")
    ends = days(period_start(rows.period + 1, Period.parse(period)))
    shown = rows.select(
        period=period_start(rows.period, period),
        **{name: rows[name].fill_null(0) for name in (*names, *people)},
        status=(ends > rows.end).ifelse("partial", "complete"),
    )
    return shown.order_by("period")
