"""What a cohort table says: pooled curves, newer against older cohorts, and what it is worth.

Reads the small tables of ``kpikit.cohorts`` (as DataFrames) and returns results with a table and a paragraph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.errors import ContractError, listed
from kpikit.formatting import counted, interval, joined, money, number, percent, points
from kpikit.periods import Period
from kpikit.results import Result

NEEDED = ("cohort", "age", "cohort_size", "active", "retention", "status")
ENOUGH_TO_DROP_THE_FIRST = 4
Action = tuple[str, str, float]


def cohort_table(cohorts: pd.DataFrame, *, period: str) -> Result:
    """Return the cohort table as a result: one row per cohort and age, as ``cohorts.cohort_retention`` gives it.

    Returns
    -------
    Result
        ``table`` adds ``low`` and ``high`` (Wilson, 95 %) to the columns given.
    """
    table = _checked(cohorts)
    seen = table.active.notna() & (table.cohort_size > 0)
    low, high = intervals.wilson(table.active.where(seen).fillna(0), table.cohort_size.where(seen, 0))
    table = table.assign(low=low, high=high)
    unit = Period.parse(period)
    sizes = table[(table.age == 0) & (table.cohort_size > 0)]
    title, facts = f"Share of each cohort that ordered again, by {unit.unit}", {"period": period}
    if sizes.empty:
        return Result("cohort-retention", "table", title, "Nobody has ordered yet.", table=table, facts=facts)
    first = table[(table.age == 1) & (table.status == "complete") & (table.cohort_size > 0)]
    text = (
        f"{counted(sizes.cohort_size.sum(), 'customer')} in {counted(len(sizes), 'cohort')} by {unit.unit} of first "
        f"order, {unit.label(sizes.cohort.min())} to {unit.label(sizes.cohort.max())}."
    )
    if len(first) > 1:
        best, worst = first.iloc[int(first.retention.argmax())], first.iloc[int(first.retention.argmin())]
        text += (
            f" In the {unit.unit} after their first order, between {percent(worst.retention)} "
            f"(cohort {unit.label(worst.cohort)}, {number(worst.active)} of {number(worst.cohort_size)}) and "
            f"{percent(best.retention)} ({unit.label(best.cohort)}, {number(best.active)} of "
            f"{number(best.cohort_size)}) ordered again."
        )
    if (table.status == "partial").any():
        text += f" Cells marked * are of a {unit.unit} that is not over: they may grow, and are compared with nothing."
    return Result("cohort-retention", "table", title, text, table=table, facts=facts)


def pooled_curve(cohorts: pd.DataFrame, *, period: str) -> Result:
    """Return retention by age over all cohorts whose cell is complete: one row per age.

    Among four or more cohorts the first is set apart: it may hold customers from before the data begin, who only look
    new (left truncation), and would lift the late ages that it alone has reached.

    Returns
    -------
    Result
        ``table`` has ``age``, ``cohorts`` (count), ``cohort_size``, ``active`` (pooled), ``retention``, ``low``,
        ``high``, ``first_cohort`` (retention of the cohort set apart, else missing). Cohorts are pooled by
        their customers, never averaged as rates.
    """
    table = _checked(cohorts)
    apart = _maybe_truncated(table)
    done = table[(table.status == "complete") & (table.cohort_size > 0)]
    pooled = done[~done.cohort.isin(apart)].groupby("age", as_index=False).agg(
        cohorts=("cohort", "nunique"), cohort_size=("cohort_size", "sum"), active=("active", "sum")
    )  # fmt: skip
    low, high = intervals.wilson(pooled.active, pooled.cohort_size)
    pooled = pooled.assign(retention=pooled.active / pooled.cohort_size, low=low, high=high)
    pooled["first_cohort"] = pooled.age.map(done[done.cohort.isin(apart)].set_index("age").retention)
    title, text, headline = _curve_in_words(pooled, Period.parse(period).unit)
    return Result("retention-curve", "table", title, text, headline, table=pooled, facts={"period": period})


def _curve_in_words(pooled: pd.DataFrame, unit: str) -> tuple[str, str, str]:
    later = pooled[pooled.age > 0]
    if later.empty:
        return "Too early to tell who comes back", f"No {unit} after a first order is over yet.", ""
    one = later.iloc[0]
    last = later[later.cohorts >= max(1, one.cohorts / 3)].iloc[-1]
    said = (
        f"{percent(one.retention)} of new customers (95 % interval {interval(one.low, one.high)}; "
        f"{number(one.active)} of {number(one.cohort_size)}) order again in the {unit} after their first order"
    )
    if last.age > one.age:
        said += f", and {percent(last.retention)} (interval {interval(last.low, last.high)}) in {unit} {int(last.age)}"
    text = f"{said}. Each age pools the cohorts whose {unit} is over: {int(one.cohorts)} at {unit} {int(one.age)}"
    final = later.iloc[-1]
    if final.age > one.age:
        text += f", {int(final.cohorts)} at {unit} {int(final.age)}, so late ages speak of the oldest cohorts only"
    first = one.first_cohort
    if not np.isnan(first):
        text += (
            f". The first cohort is set apart ({percent(first)} in {unit} {int(one.age)}): it may hold customers from "
            "before the data begin, who only look new"
        )
    title = f"{percent(one.retention, 0)} of new customers order again in the {unit} after their first order"
    return title, f"{text}.", f"{said}."


def newer_against_older(cohorts: pd.DataFrame, *, period: str) -> Result:
    """Return whether newer cohorts come back more than older ones at equal age: one row per age.

    At each age the cohorts with a complete cell are split by date into an older and a newer half (the middle one counts
    as newer). Among four or more cohorts the first is left out: it may hold customers from before the data begin, who
    only look new (left truncation). Differences carry Newcombe intervals, widened by Bonferroni for the number of
    ages, so that a claim at any age holds together with the others; p-values are adjusted by Benjamini and Hochberg.

    Returns
    -------
    Result
        ``table``: ``age``, ``older_active``, ``older_size``, ``newer_active``, ``newer_size``, ``older``, ``newer``,
        ``difference``, ``low``, ``high``, ``p_adjusted``, ``verdict`` (``better``, ``worse``, ``no clear change``).
    """
    table = _checked(cohorts)
    done = table[(table.status == "complete") & (table.cohort_size > 0) & (table.age > 0)]
    left_out = _maybe_truncated(table)
    done = done[~done.cohort.isin(left_out)]
    done = done[done.groupby("age").cohort.transform("nunique") >= 2]
    unit = Period.parse(period).unit
    name, facts = "newer-against-older", {"period": period}
    if done.empty:
        empty = pd.DataFrame(columns=["age", "difference", "low", "high", "verdict"])
        text = f"No age has been reached by two cohorts yet: newer and older ones cannot be compared by {unit}."
        return Result(name, "table", "Newer and older cohorts cannot be compared yet", text, table=empty, facts=facts)
    is_newer = done.groupby("age").cohort.transform(lambda dates: dates.rank() > len(dates) // 2)
    halves = done.assign(half=np.where(is_newer, "newer", "older"))
    sums = halves.pivot_table(index="age", columns="half", values=["active", "cohort_size"], aggfunc="sum")
    x1, n1 = sums["active"]["newer"], sums["cohort_size"]["newer"]
    x2, n2 = sums["active"]["older"], sums["cohort_size"]["older"]
    low, high = intervals.newcombe(x1, n1, x2, n2, confidence=1 - 0.05 / len(sums))
    compared = pd.DataFrame(
        {
            "age": sums.index, "older_active": x2.to_numpy(), "older_size": n2.to_numpy(),
            "newer_active": x1.to_numpy(), "newer_size": n1.to_numpy(),
            "older": (x2 / n2).to_numpy(), "newer": (x1 / n1).to_numpy(),
            "difference": (x1 / n1 - x2 / n2).to_numpy(), "low": low, "high": high,
            "p_adjusted": intervals.benjamini_hochberg(intervals.two_proportions_p(x1, n1, x2, n2)),
        }
    )  # fmt: skip
    compared["verdict"] = np.select([compared.low > 0, compared.high < 0], ["better", "worse"], "no clear change")
    title, text = _compared_in_words(compared, unit)
    if left_out:
        text += " The first cohort is left out: it may hold customers from before the data begin."
    return Result(name, "table", title, text, f"{title}.", table=compared, facts=facts)


def _maybe_truncated(table: pd.DataFrame) -> list[Any]:
    """Return the first cohort, where enough others remain: its customers may have bought before the data begin."""
    dates = sorted(table[table.cohort_size > 0].cohort.unique())
    return dates[:1] if len(dates) >= ENOUGH_TO_DROP_THE_FIRST else []


def _compared_in_words(compared: pd.DataFrame, unit: str) -> tuple[str, str]:
    ages = {verdict: list(group.age.astype(int)) for verdict, group in compared.groupby("verdict")}
    better, worse = ages.get("better", []), ages.get("worse", [])
    first = compared.iloc[0]
    at_first = (
        f"At {unit} {int(first.age)} newer cohorts stand at {percent(first.newer)} ({number(first.newer_active)} of "
        f"{number(first.newer_size)}), older ones at {percent(first.older)} ({number(first.older_active)} of "
        f"{number(first.older_size)}): a difference of {points(first.difference)} "
        f"(interval {points(first.low)} to {points(first.high)})"
    )
    how = f"Intervals are widened so that the {len(compared)} ages hold together. " if len(compared) > 1 else ""
    how += f"Cohorts reach an age in different {unit}s of the calendar: a season can look like a change of cohorts."
    clear = [f"{word} at {unit} {listed(at, 6)}" for word, at in (("more", better), ("less", worse)) if at]
    if better and worse:
        title = "Newer and older cohorts differ at equal age, but in no steady direction"
    elif clear:
        title = f"Newer cohorts come back {clear[0]} than older ones at the same age"
    else:
        title = "No clear change between newer and older cohorts at equal age"
    said = f" Newer cohorts come back {joined(clear)}." if better and worse else ""
    return title, f"{at_first}.{said} {how}"


def spending_curve(revenue: pd.DataFrame, *, period: str, currency: str = "") -> Result:
    """Return what a customer has spent by each age: one row per cohort and age → one row per age.

    Parameters
    ----------
    revenue
        As ``cohorts.cohort_revenue`` returns it.

    Returns
    -------
    Result
        ``table``: ``age``, ``cohorts``, ``cohort_size``, ``revenue``, ``per_customer`` (at that age), ``cumulative``.
    """
    done = revenue[(revenue.status == "complete") & (revenue.cohort_size > 0)]
    table = done.groupby("age", as_index=False).agg(
        cohorts=("cohort", "nunique"), cohort_size=("cohort_size", "sum"), revenue=("revenue", "sum")
    )
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
    title = f"A new customer brings {at_first} in the first {unit} and {money(later, currency)} later"
    text = (
        f"Net of refunds, a new customer has spent {at_first} by the end of the first {unit} and {in_all} by "
        f"{unit} {int(end.age)}: {percent(share, 0)} of it comes from coming back. "
        f"Late ages are known for the oldest cohorts only ({int(end.cohorts)} at {unit} {int(end.age)})."
    )
    headline = f"{percent(share, 0)} of what a customer spends by {unit} {int(end.age)} comes after the first {unit}."
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


def actions(curve: Result, spending: Result, compared: Result, cohorts: pd.DataFrame, *, currency: str = "") -> Result:
    """Return ranked things to do about retention, each with the number behind it.

    Parameters
    ----------
    curve, spending, compared
        Results of :func:`pooled_curve`, :func:`spending_curve` and :func:`newer_against_older`.
    cohorts
        The cohort table, for the best cohort's rate.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``, ``value`` (money, where it can be said); empty where no number supports any.
    """
    period = Period.parse(curve.facts["period"])
    found = (
        _bring_back(spending.table, cohorts, period, currency),
        _find_out(compared.table, period.unit),
        _remind(curve.table, period.unit),
    )
    table = pd.DataFrame([row for row in found if row], columns=["action", "reason", "value"])
    return Result("what-to-do", "actions", "What to do", table=table)


def _bring_back(spending: pd.DataFrame, cohorts: pd.DataFrame, period: Period, currency: str) -> Action | None:
    """Return what the first age after the first order would gain, had every cohort been like the best."""
    every = cohorts[(cohorts.age == 1) & (cohorts.status == "complete") & (cohorts.cohort_size > 0)]
    done = every[~every.cohort.isin(_maybe_truncated(cohorts))]
    if len(done) < 2:
        return None
    low, _ = intervals.wilson(done.active.astype(float), done.cohort_size)
    best = done.iloc[int(np.argmax(low))]  # by the lower end: one customer of one is not the best cohort
    missing = best.retention * done.cohort_size.sum() - done.active.sum()
    if missing < 1:
        return None
    spent, returned = spending[spending.age == 1].revenue.sum(), every.active.sum()
    worth = float(missing * spent / returned) if returned and spent else float("nan")
    unit = period.unit
    gain = "" if np.isnan(worth) else f", worth about {money(worth, currency)} at what returning customers spent then"
    reason = (
        f"Had every cohort come back like the best ({period.label(best.cohort)}, {percent(best.retention)}), "
        f"{number(missing)} more customers would have ordered in {unit} 1{gain}. The best of several cohorts is partly "
        "luck: take it as a ceiling, not a forecast."
    )
    return f"Bring first-time customers back within a {unit}", reason, worth


def _find_out(compared: pd.DataFrame, unit: str) -> Action | None:
    """Return what to look into where newer cohorts come back clearly less, and nowhere more."""
    worse = compared[compared.verdict == "worse"]
    if worse.empty or (compared.verdict == "better").any():
        return None
    row = worse.iloc[int(worse.difference.argmin())]
    reason = (
        f"At {unit} {int(row.age)} they come back less: {points(row.difference)} (interval {points(row.low)} to "
        f"{points(row.high)}), {number(-row.difference * row.newer_size)} customers. Compare channels, offers and "
        "first products of the two halves."
    )
    return "Find out what changed for newer customers", reason, float("nan")


def _remind(curve: pd.DataFrame, unit: str) -> Action | None:
    """Return when to test a reminder: before the steepest fall whose two intervals do not touch."""
    later = curve[curve.age > 0]
    falls = later.assign(fall=later.retention.shift() - later.retention)[later.low.shift() > later.high]
    if falls.empty:
        return None
    row = falls.iloc[int(falls.fall.argmax())]
    reason = (
        f"After the first {unit} the steepest fall is from {unit} {int(row.age) - 1} to {int(row.age)}: "
        f"{points(-row.fall)}. Send it to a random half, so that its effect can be measured."
    )
    return f"Test a reminder before {unit} {int(row.age)}", reason, float("nan")


def _checked(cohorts: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in NEEDED if name not in cohorts.columns]
    if missing:
        raise ContractError(
            f"columns {missing}", got=f"[{listed(cohorts.columns)}]",
            fix="Pass cohorts.cohort_retention(orders).to_pandas().", where="cohorts",
        )  # fmt: skip
    if cohorts.duplicated(["cohort", "age"]).any():
        raise ContractError("one row per cohort and age", got="several", fix="Pass one segment.", where="cohorts")
    return cohorts.astype({"active": "float64", "retention": "float64"})
