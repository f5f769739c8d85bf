"""The open cases over time."""

from __future__ import annotations

import pandas as pd

from kpikit.cells import SUPPRESSED
from kpikit.formatting import counted
from kpikit.periods import Period
from kpikit.results import Result

COLUMNS = ["period", "open", "status"]


def backlog(values: pd.DataFrame, *, period: str) -> Result:
    """Return the open cases at the end of each period.

    Parameters
    ----------
    values
        As ``kpikit.compute`` returns it, with ``period`` and without ``by``; rows of other KPIs are left out.

    Returns
    -------
    Result
        ``table``: ``period`` (first day), ``open``, ``status``; empty where the backlog was not computed.
    """
    every = values[values.kpi == "backlog"]
    found = every[every.value.notna()]
    late = every[(every.status == SUPPRESSED) & (every.period > found.period.max())] if len(found) else every[:0]
    table = found.assign(open=found.value)[COLUMNS].reset_index(drop=True)
    unit, facts = Period.parse(period), {"period": period}
    if table.empty and len(every):
        text = "Too few customers have a case."
        return Result("backlog", "table", "The backlog is not shown", text, table=table, facts=facts)
    if table.empty:
        text = "The backlog needs to know when cases were solved: tickets.resolved_at."
        return Result("backlog", "table", "The backlog cannot be told", text, table=table, facts=facts)
    now, highest = table.iloc[-1], table.iloc[int(table.open.argmax())]
    label = unit.label(now.period)
    when = f"so far in {label}" if now.status == "partial" else f"at the end of {label}"
    title = f"{counted(now.open, 'case')} open {when}"
    text = (
        f"The most were {counted(highest.open, 'case')}, at the end of {unit.label(highest.period)}; the first "
        f"{unit.unit} of these data ended with {counted(table.open.iloc[0], 'case')}. Cases from before the data begin "
        "are not in it, so the first figures are too low. A backlog is counted, not estimated."
    )
    if len(late):
        text += f" {unit.label(late.period.max())} has too few customers with a case to be shown."
    return Result("backlog", "table", title, text, table=table, facts=facts)
