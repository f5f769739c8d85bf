"""The cohort table and its pooled curve: who comes back, by age."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.formatting import counted, interval, number, percent
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.retention.tables import checked, maybe_truncated, small_cohorts_text


def cohort_table(cohorts: pd.DataFrame, *, period: str) -> Result:
    """Return the cohort table as a result: one row per cohort and age, as ``cohorts.cohort_retention`` gives it.

    Returns
    -------
    Result
        ``table`` adds ``low`` and ``high`` (Wilson, 95 %) to the columns given.
    """
    table = checked(cohorts)
    seen = table.active.notna() & (table.cohort_size > 0)
    low, high = intervals.wilson(table.active.where(seen).fillna(0), table.cohort_size.where(seen, 0))
    table = table.assign(low=low, high=high)
    unit = Period.parse(period)
    sizes = table[(table.age == 0) & (table.cohort_size > 0)]
    title, facts = f"Share of each cohort that ordered again, by {unit.unit}", {"period": period}
    small = small_cohorts_text(table)
    if sizes.empty:
        why = "Every cohort is too small to be shown." if small else "Nobody has ordered yet."
        return Result("cohort-retention", "table", title, why, table=table, facts=facts)
    first = table[(table.age == 1) & (table.status == "complete") & (table.cohort_size > 0)]
    text = (
        f"{counted(sizes.cohort_size.sum(), 'customer')} in {counted(len(sizes), 'cohort')} by {unit.unit} of first "
        f"order, {unit.label(sizes.cohort.min())} to {unit.label(sizes.cohort.max())}."
    )
    if len(first) > 1:
        best, worst = first.iloc[int(first.retention.argmax())], first.iloc[int(first.retention.argmin())]
        title = (
            f"{percent(worst.retention)} to {percent(best.retention)} of a cohort order again in the next {unit.unit}"
        )
        text += (
            f" In the {unit.unit} after their first order, between {percent(worst.retention)} "
            f"(cohort {unit.label(worst.cohort)}, {number(worst.active)} of {number(worst.cohort_size)}) and "
            f"{percent(best.retention)} ({unit.label(best.cohort)}, {number(best.active)} of "
            f"{number(best.cohort_size)}) ordered again."
        )
    if (table.status == "partial").any():
        text += f" Cells marked * are of a {unit.unit} that is not over: they may grow, and are compared with nothing."
    text += small
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
    table = checked(cohorts)
    apart = maybe_truncated(table)
    done = table[(table.status == "complete") & (table.cohort_size > 0)]
    pooled = done[~done.cohort.isin(apart)].groupby("age", as_index=False).agg(
        cohorts=("cohort", "nunique"), cohort_size=("cohort_size", "sum"), active=("active", "sum")
    )  # fmt: skip
    low, high = intervals.wilson(pooled.active, pooled.cohort_size)
    pooled = pooled.assign(retention=pooled.active / pooled.cohort_size, low=low, high=high)
    pooled["first_cohort"] = pooled.age.map(done[done.cohort.isin(apart)].set_index("age").retention)
    title, text, headline = _curve_in_words(pooled, Period.parse(period).unit)
    if small := small_cohorts_text(table):  # who is pooled is no longer everybody
        title, text = f"{title} (small cohorts left out)", f"{text}{small}"
        headline = f"{headline}{small}" if headline else ""
    return Result("retention-curve", "table", title, text, headline, table=pooled, facts={"period": period})


def _curve_in_words(pooled: pd.DataFrame, unit: str) -> tuple[str, str, str]:
    later = pooled[pooled.age > 0]
    if later.empty:
        return "Too early to tell who comes back", f"No {unit} after a first order is over yet.", ""
    one = later.iloc[0]
    last = later[later.cohorts >= max(1, one.cohorts / 3)].iloc[-1]
    said = (
        f"{percent(one.retention)} of new customers (95 % interval {interval(one.low, one.high)}; "
        f"{number(one.active)} of {number(one.cohort_size)}) order again in the calendar {unit} after their first"
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
    title = f"{percent(one.retention, 0)} of new customers order again in the calendar {unit} after their first"
    return title, f"{text}.", f"{said}."
