"""Are newer cohorts better? Older and newer ones at equal age."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.errors import listed
from kpikit.formatting import joined, number, percent, points
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.retention.tables import checked, maybe_truncated, small_cohorts_text


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
    table = checked(cohorts)
    done = table[(table.status == "complete") & (table.cohort_size > 0) & (table.age > 0)]
    left_out = maybe_truncated(table)
    done = done[~done.cohort.isin(left_out)]
    done = done[done.groupby("age").cohort.transform("nunique") >= 2]
    unit = Period.parse(period).unit
    name, facts = "newer-against-older", {"period": period}
    if done.empty:
        empty = pd.DataFrame(columns=["age", "difference", "low", "high", "verdict"])
        text = f"No age has been reached by two cohorts yet: newer and older ones cannot be compared by {unit}."
        text += small_cohorts_text(table)
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
    text += small_cohorts_text(table)
    return Result(name, "table", title, text, f"{title}.", table=compared, facts=facts)


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
