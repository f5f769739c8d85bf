"""When the cost of a new customer is earned back: cumulative margin by age against cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.formatting import counted, money, number, percent
from kpikit.growth.matching import ALL, PAID, absent
from kpikit.results import Result

COLUMNS = [
    "channel", "customers", "full_cost", "months", "months_low", "months_high", "media_cost", "media_months",
    "last_month", "last_customers", "earned", "earned_low", "earned_high",
]  # fmt: skip
CURVE_COLUMNS = ["channel", "months", "customers", "per_customer", "earned", "low", "high"]
FEWEST_CUSTOMERS, SMALLEST_SHARE = 30, 0.1
NOT_REACHED = "not within the data"


def payback_curve(by_age: pd.DataFrame, costs: Result) -> Result:
    """Return the share of its cost that a new customer has earned by each age: one row per channel and month.

    Parameters
    ----------
    by_age
        From ``metrics.margins.margins_by_age`` by channel.
    costs
        From :func:`kpikit.growth.acquisition_costs`.

    Returns
    -------
    Result
        ``table``: ``channel``, ``months`` (since the first order), ``customers`` (at least that old), ``per_customer``
        (cumulative margin), ``earned`` (its ratio to the fully loaded cost) with ``low`` and ``high``. Ages that fewer
        than 30 customers, or a tenth of them, have reached are left out. The interval is linearised on the
        log scale: the customers' margins and the number of customers in the cost vary, independently of each other.
    """
    facts = costs.facts
    table = _curve(by_age, costs.table, "full_cost")
    name = "payback-curve"
    if table.empty:
        why = costs.text if costs.table.empty else "Too few customers are known for long enough."
        return absent(name, "Payback is not known", why, CURVE_COLUMNS, **facts)
    whole = table[table.channel == ALL].iloc[-1]
    title = f"After {counted(whole.months, 'month')} a new customer has earned {percent(whole.earned, 0)} of the cost"
    text = (
        f"Cumulative margin per customer against the fully loaded cost, by months since the first order; each age "
        f"counts the customers who have reached it (n = {number(whole.customers)} at the last). Margin "
        "is not discounted."
    )
    return Result(name, "table", title, text, table=table, facts=facts)


def _curve(by_age: pd.DataFrame, costs: pd.DataFrame, cost: str) -> pd.DataFrame:
    """Return cumulative margin per customer and its ratio to a cost, by channel and age, with intervals."""
    if costs.empty or by_age.empty:
        return pd.DataFrame(columns=CURVE_COLUMNS)
    ages = by_age.assign(channel=by_age.segment.replace({"all": ALL})).astype({"customers": float})
    both = ages.merge(costs[["channel", "customers", cost]], on="channel", suffixes=("", "_won"))
    enough = np.maximum(FEWEST_CUSTOMERS, SMALLEST_SHARE * both.groupby("channel").customers.transform("max"))
    both = both[(both.customers >= enough) & (both[cost] > 0)]
    n, mean = both.customers, both.margin / both.customers
    spread = np.maximum(both.sum_xx / n - mean**2, 0) / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(spread / mean**2 + 1 / both.customers_won)
        factor = np.exp(np.minimum(intervals.normal_quantile(intervals.CONFIDENCE) * error, 50))
    earned = mean / both[cost]
    table = both.assign(per_customer=mean, earned=earned, low=earned / factor, high=earned * factor)
    order = {name: place for place, name in enumerate(costs.channel)}
    return table[CURVE_COLUMNS].sort_values(
        ["channel", "months"], key=lambda column: column.map(order) if column.name == "channel" else column,
        ignore_index=True,
    )  # fmt: skip


def payback_months(by_age: pd.DataFrame, costs: Result) -> Result:
    """Return after how many months a new customer has earned the cost: one row per channel.

    Parameters
    ----------
    by_age, costs
        As for :func:`payback_curve`.

    Returns
    -------
    Result
        ``table``: ``channel``, ``customers``, ``full_cost``, ``months`` (first age at which cumulative margin has
        reached the fully loaded cost; missing where it is not reached within the data), ``months_low`` and
        ``months_high`` (first ages at which the interval's upper and lower end reach it), ``media_cost`` and
        ``media_months`` (against media alone; missing too where there is no media), ``last_month``,
        ``last_customers`` and ``earned`` (share of the cost at the oldest age) with its interval.
    """
    name, facts = "payback", costs.facts
    curve, media = _curve(by_age, costs.table, "full_cost"), _curve(by_age, costs.table, "media_cost")
    if curve.empty:
        why = costs.text if costs.table.empty else "Too few customers are known for long enough."
        return absent(name, "Payback is not known", why, COLUMNS, **facts)
    known = costs.table.set_index("channel")
    rows = []
    for channel, ages in curve.groupby("channel", sort=False):
        last, its = ages.iloc[-1], known.loc[channel]
        against_media = media[media.channel == channel]
        rows.append(
            (channel, its.customers, its.full_cost, *(_reached(ages, end) for end in ("earned", "high", "low")),
             its.media_cost, _reached(against_media, "earned"), last.months, last.customers, last.earned, last.low,
             last.high)
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    title, text = _in_words(table, facts.get("currency", ""))
    return Result(name, "table", title, text, f"{title}.", table=table, facts=facts)


def _reached(ages: pd.DataFrame, column: str) -> float:
    """Return the first age at which a share of the cost is 1 or more; NaN where it is not within the data."""
    there = ages[ages[column] >= 1]
    return float(there.months.iloc[0]) if len(there) else float("nan")


def months_in_words(months: float) -> str:
    """Return an age at payback in words.

    >>> months_in_words(0), months_in_words(3), months_in_words(float("nan"))
    ('with the first order', 'after 3 months', 'not within the data')
    """
    if np.isnan(months):
        return NOT_REACHED
    return "with the first order" if months == 0 else f"after {counted(months, 'month')}"


def _in_words(table: pd.DataFrame, currency: str) -> tuple[str, str]:
    whole = table[table.channel == ALL].iloc[0]
    cost = money(whole.full_cost, currency)
    if np.isnan(whole.months):
        title = f"The cost of a new customer is not earned back within the {counted(whole.last_month, 'month')} known"
    elif whole.months == 0:
        title = "A new customer earns the cost with the first order"
    else:
        title = f"A new customer has earned the cost after {counted(whole.months, 'month')}"
    text = (
        f"Fully loaded, a new customer costs {cost}. {_when(whole)}; {_media_when(whole)}. "
        f"{counted(whole.last_month, 'month')} after the first order {percent(whole.earned, 0)} of it is earned "
        f"(n = {counted(whole.last_customers, 'customer')} that old)."
    )
    each: list[Any] = list(table[~table.channel.isin([ALL, PAID])].itertuples())
    if len(each) > 1:
        text += " By channel: " + "; ".join(f"{row.channel} {months_in_words(row.months)}" for row in each) + "."
    return title, text


def _when(row: pd.Series) -> str:
    """Return when the cost is earned back, with its interval, whichever of the three are within the data."""
    early, late = months_in_words(row.months_low), months_in_words(row.months_high)
    if np.isnan(row.months):
        upper = "not at its interval's upper end either" if np.isnan(row.months_low) else f"at the earliest {early}"
        return f"That is not earned back within the data ({upper})"
    if np.isnan(row.months_high):
        return f"That is earned back {months_in_words(row.months)} (interval: {early}, or later than the data reach)"
    held = early if early == late else f"{early} to {late}"
    return f"That is earned back {months_in_words(row.months)} (interval: {held})"


def _media_when(row: pd.Series) -> str:
    if not row.media_cost > 0:
        return "no spend on media is known"
    if np.isnan(row.media_months):
        return "media alone is not earned back within the data"
    return f"media alone {months_in_words(row.media_months)}"
