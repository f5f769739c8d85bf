"""What a new customer costs: blended, paid and fully loaded, by channel, and with spend that works later."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.errors import ParameterError
from kpikit.formatting import counted, interval, money, number
from kpikit.growth.matching import ALL, PAID, Matched, absent, cost_rows, matched
from kpikit.results import Result

COLUMNS = [
    "channel", "customers", "media", "overhead", "media_cost", "media_low", "media_high", "full_cost", "full_low",
    "full_high",
]  # fmt: skip
LAG_COLUMNS = ["lag_months", "customers", "media_cost", "media_low", "media_high", "full_cost", "full_low", "full_high"]
MOST_LAG_MONTHS = 3
TITLE = "What a new customer costs"


def acquisition_costs(each: pd.DataFrame, spent: pd.DataFrame, *, currency: str = "", min_cell: int = 1) -> Result:
    """Return what a new customer costs, in media and fully loaded: for all channels, the paid ones, and each.

    Parameters
    ----------
    each
        One row per customer, from ``metrics.margins.customer_margins``.
    spent
        One row per month and channel, from ``metrics.costs.monthly_spend``; it may have no rows.
    min_cell
        Channels with fewer new customers are put together (``small channels``).

    Returns
    -------
    Result
        ``table``: ``channel``, ``customers`` (new), ``media``, ``overhead`` (salaries and tools, shared alike),
        ``media_cost`` and ``full_cost`` (per new customer) with their intervals (exact Poisson of the count; the spend
        is known). No new customers: missing. Whole months only.
    """
    found = matched(each, spent, min_cell=min_cell)
    if not found.known:
        return absent("acquisition-cost", f"{TITLE} is not known", found.why_not, COLUMNS, currency=currency)
    table = costed(cost_rows(found))[COLUMNS]
    title, text = _in_words(table, found, currency)
    return Result(
        "acquisition-cost", "table", title, text, f"{title}.", table=table, facts={"currency": currency}
    )  # fmt: skip


def costed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of spend and customers with the cost of one, in media and in all, and its interval."""
    table = rows.copy()
    for name, spend in (("media", rows.media), ("full", rows.media + rows.overhead)):
        some = rows.customers > 0
        table[f"{name}_cost"] = np.where(some, spend / rows.customers.where(some, 1), np.nan)
        low, high = intervals.per_count(spend, rows.customers)
        table[f"{name}_low"], table[f"{name}_high"] = np.where(some, low, np.nan), np.where(some, high, np.nan)
    return table


def _in_words(table: pd.DataFrame, found: Matched, currency: str) -> tuple[str, str]:
    whole = table.iloc[0]
    media, full = money(whole.media_cost, currency), money(whole.full_cost, currency)
    held = interval(whole.full_low, whole.full_high, "money", currency)
    if not whole.customers:
        return "Spend has brought no new customer yet", f"No first order from {found.span}.{found.note}"
    if not whole.media:
        text = (
            f"{counted(whole.customers, 'new customer')} of {found.span} against {money(whole.overhead, currency, 0)} "
            f"of salaries and tools: {full} each ({held}). No spend on media is known, so nothing is said by channel."
        )
        return f"A new customer costs {full} in salaries and tools", text + found.note
    title = f"A new customer costs {media} in media"
    title += f", {full} with salaries and tools" if whole.overhead else ""
    text = (
        f"{counted(whole.customers, 'new customer')} of {found.span} against {money(whole.media, currency, 0)} of "
        f"media and {money(whole.overhead, currency, 0)} of salaries and tools: blended {media} "
        f"({interval(whole.media_low, whole.media_high, 'money', currency)}), fully loaded {full} "
        f"({held})."
    )
    paid = table[table.channel == PAID]
    if len(paid):
        row = paid.iloc[0]
        text += (
            f" Counting only the {counted(row.customers, 'customer')} of paid channels, media cost "
            f"{money(row.media_cost, currency)} each."
        )
    each = table[~table.channel.isin([ALL, PAID]) & table.media_cost.gt(0)]
    if len(each) > 1:
        cheap, dear = each.iloc[int(each.full_cost.argmin())], each.iloc[int(each.full_cost.argmax())]
        text += (
            f" By channel from {money(cheap.full_cost, currency)} ({cheap.channel}, n = {number(cheap.customers)}) to "
            f"{money(dear.full_cost, currency)} ({dear.channel}, n = {number(dear.customers)}), fully loaded."
        )
    return title, text + found.note


def lag_sensitivity(
    each: pd.DataFrame, spent: pd.DataFrame, *, most_lag_months: int = MOST_LAG_MONTHS, currency: str = ""
) -> Result:
    """Return the cost of a new customer when spend works 0, 1, 2 … months later: one row per lag.

    All lags are counted over the same months of acquisition, so that only the spend differs.

    Returns
    -------
    Result
        ``table``: ``lag_months``, ``customers``, ``media_cost`` and ``full_cost`` with their intervals.
    """
    if most_lag_months < 1:
        raise ParameterError("1 month or more", got=str(most_lag_months), fix="Pass 3.", where="most_lag_months")
    name, facts = "cost-by-lag", {"currency": currency}
    every = [matched(each, spent, lag_months=lag) for lag in range(most_lag_months + 1)]
    shared = tuple(month for month in every[0].months if all(month in one.months for one in every))
    if not shared:
        why = every[0].why_not if not every[0].known else "The months of spend are too few to move it by some."
        return absent(name, "How late spend works cannot be said", why, LAG_COLUMNS, **facts)
    rows = [
        {"lag_months": lag, **cost_rows(matched(each, spent, lag_months=lag, months=shared)).iloc[0].to_dict()}
        for lag in range(most_lag_months + 1)
    ]
    table = costed(pd.DataFrame(rows))[LAG_COLUMNS]
    low, high = table.full_cost.min(), table.full_cost.max()
    change = high / low - 1 if low else float("nan")
    title = f"Should spend work later, a new customer would cost {money(low, currency)} to {money(high, currency)}"
    text = (
        f"Moving spend by 0 to {most_lag_months} months, over the same {counted(len(shared), 'month')} of first "
        f"orders: fully loaded {money(low, currency)} to {money(high, currency)}, a range of {number(change * 100)} %. "
        "Which lag is right these numbers cannot say."
    )
    return Result(name, "table", title, text, table=table, facts=facts)
