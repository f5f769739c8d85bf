"""The money of subscriptions: recurring revenue, what moves it, and how much of it stays.

An account is a customer; its amount at the end of a period is the sum of the monthly amounts of its spans that run
then. Accounts with a span whose amount is missing are left out of all of it: a price that nobody knows is not 0.
Between two spans an account pays nothing, however short the gap.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, Contributions, bounds, cell_status, every_period, located
from kpikit.metrics.spans import there_at_ends
from kpikit.timeline import days, one_if, period_index, period_start

AMOUNT = ("subscriptions.monthly_amount",)
ACCOUNT = ("customer_id", "period")
MOVES = ("new", "reactivated", "expansion", "contraction", "churned")
SOURCE = "SaaS Metrics Standards Board, 2023"


def paid_spans(table: ir.Table, span: ir.Table, by: str | None, as_of: Any) -> ir.Table:
    """Return the spans of known customers: ``customer_id``, ``segment``, ``since``, ``until`` (numbers of days).

    A span without an end, or with one that was not known yet, runs until the first unknown day. Spans that end before
    they begin are left out. ``amount`` is there where the table has ``monthly_amount``.
    """
    known = located(table, "started_at", by=by, as_of=as_of).cross_join(span.select("end"))
    until = ibis.least(ibis.coalesce(days(known.ended_at), known.end), known.end)
    amount = {"amount": known.monthly_amount.cast("float64")} if "monthly_amount" in known.columns else {}
    spans = known.select("customer_id", "segment", since=known.day, until=until, **amount)
    return spans.filter(spans.customer_id.notnull(), spans.since <= spans.until)


def _priced(subscriptions: Any, period: str | None, by: str | None, as_of: Any) -> tuple[ir.Table, ir.Table]:
    """Return the spans of the accounts whose every amount is known, and the span of the data: none without amounts."""
    table = as_table("subscriptions", subscriptions, also=("monthly_amount", *((by,) if by else ())))
    priced = table.aggregate(amounts=table.monthly_amount.count())
    span = bounds(table, period, as_of, time="started_at").cross_join(priced)
    none = ibis.null("int64")
    span = span.select("end", first=(span.amounts > 0).ifelse(span["first"].cast("int64"), none), last=span["last"])
    spans = paid_spans(table, span, by, as_of)
    without = spans.filter(spans.amount.isnull()).select("customer_id").distinct()
    return spans.anti_join(without, "customer_id"), span


def _paying(running: ir.Table, *keys: str) -> ir.Table:
    """Return what each account pays: one row per ``keys`` with an ``amount`` above 0."""
    each = running.group_by(list(keys)).aggregate(amount=running.amount.sum())
    return each.filter(each.amount > 0)


def _held(subscriptions: Any, period: str | None, by: str | None, as_of: Any, *, most: bool) -> Contributions:
    """Return what each account paid at a period's start (``y``) and at its end (``x``; ``most``: no more than then).

    ``w`` is by how much it pays less.
    """
    spans, span = _priced(subscriptions, period, by, as_of)
    running = there_at_ends(spans, span, period)
    now = _paying(running, *ACCOUNT)
    then = now.mutate(period=now.period + 1, y=now.amount).drop("amount").left_join(_home(running), [*ACCOUNT])
    then = then.select("customer_id", "period", "segment", "y")
    both = then.left_join(now, [*ACCOUNT])
    both = both.select(then.customer_id, then.period, then.segment, "y", net=both.amount.fill_null(0.0))
    both = both.mutate(gross=ibis.least(both.net, both.y))
    both = both if period else both.filter(ibis.literal(False))
    part = "gross" if most else "net"
    each = both.select(*KEYS, "y", x=part, w=both.y - both.gross)
    return Contributions(each, span, skip_periods=1, totals=_totals(both, part))


def _totals(both: ir.Table, part: str) -> ir.Table:
    """Return the sums over accounts for ``net`` or ``gross``, out of one aggregation that has both."""
    y, net, gross = both.y, both.net, both.gross
    found = both.group_by("period", "segment").aggregate(
        denominator=y.sum(),
        n=both.count(),
        sum_yy=(y * y).sum(),
        sum_ww=(y - gross).sum(),
        net=net.sum(),
        net_xx=(net * net).sum(),
        net_xy=(net * y).sum(),
        gross=gross.sum(),
        gross_xx=(gross * gross).sum(),
        gross_xy=(gross * y).sum(),
    )
    own = {"numerator": part, "sum_xx": f"{part}_xx", "sum_xy": f"{part}_xy"}
    return found.select("period", "segment", "denominator", "n", "sum_yy", "sum_ww", **own)


def _home(running: ir.Table) -> ir.Table:
    """Return the one segment of each account at the start of a period: that of its span that began last."""
    newest_first = ibis.window(group_by=[*ACCOUNT], order_by=[running.since.desc(), running.segment])
    places = running.mutate(place=ibis.row_number().over(newest_first))
    return places.filter(places.place == 0).select("customer_id", "segment", period=places.period + 1)


@kpi(
    title="Net revenue retention",
    question="Of the recurring revenue at the start of the period, how much do the same accounts pay at its end?",
    formula="monthly amount at the end, of the accounts that paid at the start / their monthly amount at the start",
    grain="period, and the account's segment at its start",
    unit="share of recurring revenue",
    style="percent",
    direction="up",
    needs=("subscriptions",),
    columns=AMOUNT,
    interval="retained_share",
    caveat="New accounts are not in it, upgrades are: it can pass 100 % while accounts leave. Accounts with a span "
    "without an amount are left out.",
    source=SOURCE,
)
def net_revenue_retention(
    subscriptions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return what the accounts of a period's start pay at its end, over what they paid; null without a period."""
    return _held(subscriptions, period, by, as_of, most=False)


@kpi(
    title="Gross revenue retention",
    question="Of the recurring revenue at the start of the period, how much is left without counting upgrades?",
    formula="Σ min(monthly amount at the end, at the start) / Σ monthly amount at the start, over the accounts that "
    "paid at the start",
    grain="period, and the account's segment at its start",
    unit="share of recurring revenue",
    style="percent",
    direction="up",
    needs=("subscriptions",),
    columns=AMOUNT,
    interval="retained_share",
    caveat="Capped at what each account paid, account by account: one's upgrade does not make up for another's loss. "
    "Accounts with a span without an amount are left out.",
    source=SOURCE,
)
def gross_revenue_retention(
    subscriptions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the part of the amounts of a period's start that is left at its end; null without a period."""
    return _held(subscriptions, period, by, as_of, most=True)


@kpi(
    title="Monthly recurring revenue",
    question="How much do subscriptions bring in a month, at the end of the period?",
    formula="Σ monthly amount of the subscriptions that run at the end of the period",
    grain="end of the period, and segment of the subscription",
    unit="currency per month",
    style="money",
    direction="up",
    needs=("subscriptions",),
    columns=AMOUNT,
    interval="compound_poisson",
    caveat="Not what was paid in the period. Subscriptions of one account that overlap add up. Accounts with a span "
    "without an amount are left out. The interval says how far an equal base may differ by chance.",
    source=SOURCE,
    aliases=("monthly_recurring_revenue",),
)
def mrr(subscriptions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the monthly amounts that run at the end of each period, or at ``as_of``."""
    spans, span = _priced(subscriptions, period, by, as_of)
    paying = _paying(there_at_ends(spans, span, period), *KEYS)
    return Contributions(paying.select(*KEYS, x="amount", y=ibis.literal(1)), span, ratio=False)


@kpi(
    title="Average revenue per account",
    question="How much does a paying account bring in a month?",
    formula="monthly recurring revenue / accounts with a monthly amount above 0, at the end of the period",
    grain="end of the period, and segment of the subscription",
    unit="currency per account and month",
    style="money",
    direction="up",
    needs=("subscriptions",),
    columns=AMOUNT,
    interval="clustered_ratio",
    caveat="It rises when small accounts leave. An account with subscriptions in two segments counts in each.",
    source=SOURCE,
)
def arpa(subscriptions: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the monthly amount per paying account at the end of each period, or at ``as_of``."""
    spans, span = _priced(subscriptions, period, by, as_of)
    paying = _paying(there_at_ends(spans, span, period), *KEYS)
    return Contributions(paying.select(*KEYS, x="amount", y=ibis.literal(1)), span)


def mrr_waterfall(subscriptions: Any, *, period: str = "month", as_of: Any = None) -> ir.Table:
    """Return why recurring revenue changed: one row per paid span → one row per period.

    Returns
    -------
    Table
        ``period`` (date), ``opening`` (monthly recurring revenue at its start), ``new`` (accounts that never paid
        before the period), ``reactivated`` (accounts that paid before, but not at its start), ``expansion`` and
        ``contraction`` (accounts that pay more or less than at its start), ``churned`` (accounts that pay no more),
        ``closing``, ``status`` (``complete``, ``partial``). Opening and moves add up to closing. How many accounts each
        rests on: ``n`` (at either end), ``n_opening``, ``n_new`` and so on, ``n_closing``.
    """
    spans, span = _priced(subscriptions, period, None, as_of)
    now = _paying(there_at_ends(spans, span, period), *ACCOUNT)
    then = now.mutate(period=now.period + 1)
    both = now.outer_join(then, [*ACCOUNT])
    moved = both.select(
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_right),
        period=ibis.coalesce(both.period, both.period_right),
        now=both.amount.fill_null(0.0),
        then=both.amount_right.fill_null(0.0),
    ).view()  # ends the join, so that the next one may use the coalesced keys
    paid = spans.filter(spans.amount > 0)
    first = paid.group_by("customer_id").aggregate(first_day=paid.since.min())
    both = moved.left_join(first, "customer_id")
    first_period = period_index(period_start(both.first_day, "day"), period)
    gone, starts, change = both.now == 0, both.then == 0, both.now - both.then
    who = {
        "new": starts & (first_period >= both.period),
        "reactivated": starts & (first_period < both.period),
        "expansion": ~starts & (change > 0),
        "contraction": ~gone & (change < 0),
        "churned": gone,
    }
    moves = both.group_by("period").aggregate(
        opening=both.then.sum(),
        **{name: change.sum(where=those) for name, those in who.items()},
        closing=both.now.sum(),
        n=both.count(),
        n_opening=one_if(~starts).sum(),
        **{f"n_{name}": one_if(those).sum() for name, those in who.items()},
        n_closing=one_if(~gone).sum(),
    )
    rows = every_period(span).left_join(moves, "period")
    shown = rows.select(
        period=period_start(rows.period, period),
        **{name: rows[name].fill_null(0.0) for name in ("opening", *MOVES, "closing")},
        **{name: rows[name].fill_null(0) for name in ("n", "n_opening", *(f"n_{one}" for one in MOVES), "n_closing")},
        status=cell_status(rows, period),
    )
    return shown.order_by("period")


def recurring_moves(subscriptions: Any, *, period: str = "month", as_of: Any = None) -> ir.Table:
    """Return :func:`mrr_waterfall`, without rows where the table has no ``monthly_amount``: a price nobody knows."""
    table = as_table("subscriptions", subscriptions)
    if "monthly_amount" not in table.columns:
        table = table.mutate(monthly_amount=ibis.null("float64"))
    return mrr_waterfall(table, period=period, as_of=as_of)
