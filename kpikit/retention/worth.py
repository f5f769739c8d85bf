"""What coming back is worth: spending by age, and why revenue changed."""

from __future__ import annotations

import pandas as pd

from kpikit.formatting import joined, money, number, percent
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.retention.tables import maybe_truncated


def spending_curve(revenue: pd.DataFrame, *, period: str, currency: str = "") -> Result:
    """Return what a customer has spent by each age: one row per cohort and age → one row per age.

    Parameters
    ----------
    revenue
        As ``cohorts.cohort_revenue`` returns it.

    Returns
    -------
    Result
        ``table``: ``age``, ``cohorts``, ``cohort_size``, ``revenue``, ``per_customer`` (at that age), ``cumulative``,
        as far as a third of the cohorts has come; among four or more cohorts the first is left out (left truncation).
    """
    done = revenue[(revenue.status == "complete") & (revenue.cohort_size > 0)]
    done = done[~done.cohort.isin(maybe_truncated(revenue))]
    table = done.groupby("age", as_index=False).agg(
        cohorts=("cohort", "nunique"), cohort_size=("cohort_size", "sum"), revenue=("revenue", "sum")
    )
    table = table[table.cohorts >= table.cohorts.max() / 3]  # a sum over ages needs the same customers, nearly
    table["per_customer"] = table.revenue / table.cohort_size
    table["cumulative"] = table.per_customer.cumsum()
    unit, facts = Period.parse(period).unit, {"period": period, "currency": currency}
    if table.empty:
        return Result(
            "spending-curve", "table", "No period is over yet", "Nothing can be said.", table=table, facts=facts
        )
    start, end = table.iloc[0], table.iloc[-1]
    later = end.cumulative - start.cumulative
    share = later / end.cumulative if end.cumulative else float("nan")
    at_first, in_all = money(start.cumulative, currency), money(end.cumulative, currency)
    title = f"A new customer brings {at_first} in the {unit} of the first order and {money(later, currency)} later"
    text = (
        f"Net of refunds, a new customer has spent {at_first} by the end of the calendar {unit} of the first order "
        f"and {in_all} by {unit} {int(end.age)}: {percent(share, 0)} of it comes after that {unit}. Ages pool the "
        f"cohorts that have reached them ({int(start.cohorts)} at {unit} 0, {int(end.cohorts)} at {unit} "
        f"{int(end.age)}; n = {number(end.cohort_size)} customers)."
    )
    ends = f"{unit} {int(end.age)}"
    headline = f"{percent(share, 0)} of what a customer spends by {ends} comes after the {unit} of the first order."
    headline = headline if end.cumulative else ""
    return Result("spending-curve", "table", title, text, headline, table=table, facts=facts)


def bridge(moves: pd.DataFrame, *, period: str, currency: str = "") -> Result:
    """Return why revenue changed between the last two complete periods, from ``metrics.sales.revenue_bridge``.

    Returns
    -------
    Result
        ``table``: ``part``, ``amount``; opening and moves add up to closing.
    """
    done = moves[moves.status == "complete"]
    unit = Period.parse(period)
    facts = {"period": period, "currency": currency}
    if done.empty:
        empty = pd.DataFrame({"part": pd.Series(dtype=str), "amount": pd.Series(dtype=float)})
        return Result("revenue-bridge", "table", "A change needs two complete periods", table=empty, facts=facts)
    last = done.iloc[-1]
    names = {
        "opening": f"Revenue {unit.label(unit.start(unit.index(last.period) - 1))}",
        "acquired": "First-time customers", "returned": "Back after a pause", "lost": "Not back this time",
        "frequency": "Orders per kept customer", "order_value": "Value of their orders",
        "refunds_only": "Refunds without an order", "closing": f"Revenue {unit.label(last.period)}",
    }  # fmt: skip
    table = pd.DataFrame({"part": list(names.values()), "amount": [float(last[key]) for key in names]})
    change = last.closing - last.opening
    ranked = sorted(((abs(last[key]), key) for key in names if key not in {"opening", "closing"}), reverse=True)[:2]
    drivers = [
        f"{names[key].lower()} ({'+' if last[key] > 0 else ''}{money(last[key], currency)})" for _, key in ranked
    ]
    ratio = f" ({'+' if change > 0 else ''}{percent(change / last.opening)})" if last.opening else ""
    title = f"Revenue {'fell' if change < 0 else 'rose'} by {money(abs(change), currency)} in {unit.label(last.period)}"
    if not change:
        title = f"Revenue stayed at {money(last.closing, currency)} in {unit.label(last.period)}"
        return Result("revenue-bridge", "table", title, f"{title}.", table=table, facts=facts)
    text = (
        f"{title}{ratio}, from {money(last.opening, currency)} to {money(last.closing, currency)}. The largest moves: "
        f"{joined(drivers)}. The parts add up exactly; seasons are not taken out."
    )
    return Result("revenue-bridge", "table", title, text, table=table, facts=facts)
