"""What one contact solves: first contact resolution by topic, channel and whatever else the data know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kpikit.formatting import counted, interval, percent, points
from kpikit.kpis.available import available
from kpikit.kpis.computing import compute
from kpikit.results import Result
from kpikit.support.rest import FEW, against_rest, judged

KPI = "first_contact_resolution"
COLUMNS = ["by", "group", "cases", "solved", "rate", "low", "high", "rest", "difference", "p_adjusted", "verdict"]
BETTER, WORSE = "better than the rest", "worse than the rest"


def first_contact(data: Any, *, by: Sequence[str] = ("topic", "channel"), as_of: Any = None) -> Result:
    """Return first contact resolution in each group, beside all other groups: one row per column and value.

    Parameters
    ----------
    data
        What ``kpikit.load`` returns, or tables by name.
    by
        Columns of ``tickets``, or of ``customers``; those that are not there are left out.

    Returns
    -------
    Result
        ``table``: ``by``, ``group``, ``cases``, ``solved``, ``rate``, ``low``, ``high`` (clustered Wilson), ``rest``
        (rate of all other groups of the column), ``difference``, ``p_adjusted`` (Benjamini and Hochberg over all
        rows), ``verdict`` (``better than the rest``, ``worse than the rest``, ``no clear difference``, ``few
        cases``). Empty where these data cannot say.
    """
    tables = [_grouped(data, name, as_of) for name in by if available(data, [KPI], by=name)]
    tables = [table for table in tables if len(table) > 1]
    if not tables:
        empty = pd.DataFrame(columns=COLUMNS)
        text = "It needs solved cases with their number of contacts, and a topic or channel."
        return Result("first-contact", "table", "First contact resolution cannot be compared", text, table=empty)
    table = judged(pd.concat(tables, ignore_index=True), higher=BETTER, lower=WORSE)[COLUMNS]
    title, text = _in_words(table)
    headline = f"{title}." if (table.verdict == WORSE).any() else ""
    return Result("first-contact", "table", title, text, headline, table=table)


def _grouped(data: Any, by: str, as_of: Any) -> pd.DataFrame:
    found = compute(data, KPI, by=by, as_of=as_of)
    found = found[found.denominator > 0].reset_index(drop=True)
    beside = against_rest(found.numerator, found.denominator, found.n)
    table = pd.DataFrame(
        {"by": by, "group": found.segment, "cases": found.denominator, "solved": found.numerator,
         "rate": found.value, "low": found.low, "high": found.high}
    )  # fmt: skip
    table = pd.concat([table, beside.drop(columns="share")], axis=1)
    return table.sort_values(["rate", "group"], ignore_index=True)


def _in_words(table: pd.DataFrame) -> tuple[str, str]:
    first = table.by.iloc[0]
    whole = table[table.by == first]
    overall = whole.solved.sum() / whole["cases"].sum()
    text = (
        f"{percent(overall)} of {counted(whole['cases'].sum(), 'eligible case')} were solved by one contact for good."
    )
    worse = table[table.verdict == WORSE].sort_values("difference")
    if worse.empty:
        title = f"No {' or '.join(dict.fromkeys(table.by))} stands out in what one contact solves"
    else:
        row = worse.iloc[0]
        title = f"One contact solves clearly less where the {row.by} is {row.group}"
        text += (
            f" Where the {row.by} is {row.group} it is {percent(row.rate)} of {counted(row['cases'], 'case')} (95 % "
            f"interval {interval(row.low, row.high)}), {points(row.difference)} on all others."
        )
    few = int((table.verdict == FEW).sum())
    text += f" {counted(few, 'group')} of few cases not judged." if few else ""
    return title, f"{text} Each group is judged against the others of its column, adjusted for the number of groups."
