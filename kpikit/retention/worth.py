"""What coming back is worth: spending by age, and why revenue changed."""

from __future__ import annotations

import pandas as pd

from kpikit.cells import SUPPRESSED
from kpikit.formatting import joined, money, number, percent
from kpikit.kpis.pooling import TOGETHER, largest, pooled_parts
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.retention.tables import maybe_truncated, small_cohorts_text


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
            "spending-curve", "table", "No period is over yet", f"Nothing can be said.{small_cohorts_text(revenue)}",
            table=table, facts=facts,
        )  # fmt: skip
    start, end = table.iloc[0], table.iloc[-1]
    later = end.cumulative - start.cumulative
    share = later / end.cumulative if end.cumulative else float("nan")
    at_first, in_all = money(start.cumulative, currency), money(end.cumulative, currency)
    title = f"A new customer brings {at_first} in the {unit} of the first order and {money(later, currency)} later"
    text = (
        f"Net of refunds, a new customer has spent {at_first} by the end of the calendar {unit} of the first order "
        f"and {in_all} by {unit} {int(end.age)}: {percent(share, 0)} of it comes after that {unit}. Ages pool the "
        f"cohorts that have reached them ({int(start.cohorts)} at {unit} 0, {int(end.cohorts)} at {unit} "
        f"{int(end.age)}; n = {number(end.cohort_size)} customers).{small_cohorts_text(revenue)}"
    )
    ends = f"{unit} {int(end.age)}"
    headline = f"{percent(share, 0)} of what a customer spends by {ends} comes after the {unit} of the first order."
    headline = headline if end.cumulative else ""
    return Result("spending-curve", "table", title, text, headline, table=table, facts=facts)


def bridge(moves: pd.DataFrame, *, period: str, currency: str = "", min_cell: int = 1) -> Result:
    """Return why revenue changed between the last two complete periods, from ``metrics.sales.revenue_bridge``.

    Parameters
    ----------
    moves
        One row per period, whole or through ``kk.protected``.
    min_cell
        Moves of fewer customers are put together, see :func:`kpikit.kpis.pooling.pooled_parts`.

    Returns
    -------
    Result
        ``table``: ``part``, ``amount``, ``customers``; opening and moves add up to closing. Empty where the last two
        periods that are over are suppressed: an earlier change is not shown as if it were the last.
    """
    done = moves[moves.status.isin(["complete", SUPPRESSED])]
    unit = Period.parse(period)
    facts = {"period": period, "currency": currency}
    if done.empty or done.iloc[-1].status == SUPPRESSED:
        empty = pd.DataFrame({"part": pd.Series(dtype=str), "amount": pd.Series(dtype=float)})
        title, text = "A change needs two complete periods", ""
        if len(done):
            title = f"Why revenue changed in {unit.label(done.iloc[-1].period)} is not shown"
            text = f"Too few customers bought then, or in the {unit.unit} before."
        return Result("revenue-bridge", "table", title, text, table=empty, facts=facts)
    last = done.iloc[-1]
    names = {
        "opening": f"Revenue {unit.label(unit.start(unit.index(last.period) - 1))}",
        "acquired": "First-time customers", "returned": "Back after a pause", "lost": "Not back this time",
        "frequency": "Orders per kept customer", "order_value": "Value of their orders",
        "refunds_only": "Refunds without an order", "closing": f"Revenue {unit.label(last.period)}",
    }  # fmt: skip
    people = {"frequency": "n_kept", "order_value": "n_kept"}
    each = [(said, float(last[key]), float(last[people.get(key, f"n_{key}")])) for key, said in names.items()]
    table = pooled_parts(pd.DataFrame(each, columns=["part", "amount", "customers"]), min_cell)
    change = last.closing - last.opening
    drivers = largest(table, currency)
    ratio = f" ({'+' if change > 0 else ''}{percent(change / last.opening)})" if last.opening else ""
    title = f"Revenue {'fell' if change < 0 else 'rose'} by {money(abs(change), currency)} in {unit.label(last.period)}"
    if not change:
        title = f"Revenue stayed at {money(last.closing, currency)} in {unit.label(last.period)}"
        return Result("revenue-bridge", "table", title, f"{title}.", table=table, facts=facts)
    few = f" Moves of fewer than {min_cell} customers are put together." if TOGETHER in set(table.part) else ""
    text = (
        f"{title}{ratio}, from {money(last.opening, currency)} to {money(last.closing, currency)}. The largest moves: "
        f"{joined(drivers)}. The parts add up exactly; seasons are not taken out.{few}"
    )
    return Result("revenue-bridge", "table", title, text, table=table, facts=facts)
