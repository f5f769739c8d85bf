"""Actions under way: what is being done about a KPI, by whom, and what the KPI did since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.kpis.changes import difference
from kpikit.kpis.differences import judged

if TYPE_CHECKING:
    from datetime import date

    from kpikit.kpis.measuring import Measured

DONE, OVERDUE, UNDER_WAY = "done", "overdue", "under way"
SINCE = [
    "title", "kpi", "owner", "started_on", "due_on", "done_on", "state", "days_late", "before_period", "before",
    "period", "value", "change", "change_low", "change_high", "verdict",
]  # fmt: skip


def under_way(
    actions: pd.DataFrame, measured: Mapping[str, Measured], *, as_of: date, kpi_of: Callable[[str], str]
) -> pd.DataFrame:
    """Return the actions with their state, and their KPI before the start beside the last complete period.

    Grain: one row per action; open ones first, then by due date.

    Parameters
    ----------
    actions
        The table ``actions``, as its contract has it, known up to ``as_of``.
    kpi_of
        Function from the name of a KPI in the table to its id.

    Returns
    -------
    DataFrame
        ``state`` (``overdue``, ``under way``, ``done``), ``days_late``, ``before`` (last complete period before the
        start), ``value`` (last complete period), ``change`` with its interval and ``verdict``. A KPI that moved after a
        start did not move because of it.
    """
    rows = actions.reindex(columns=["title", "kpi", "owner", "started_on", "due_on", "done_on"])
    rows = rows.assign(kpi=[kpi_of(str(name)) for name in rows.kpi], owner=rows.owner.astype(object).fillna(""))
    for name in ("started_on", "due_on", "done_on"):
        rows[name] = pd.to_datetime(rows[name]).astype("datetime64[s]")
    today = pd.Timestamp(as_of)
    is_done = rows.done_on.notna() & (rows.done_on < today)
    is_late = ~is_done & rows.due_on.notna() & (rows.due_on < today)
    rows["state"] = [
        DONE if done else OVERDUE if late else UNDER_WAY for done, late in zip(is_done, is_late, strict=True)
    ]
    rows["days_late"] = (today - rows.due_on).dt.days.where(is_late)
    since = [_since(one, measured.get(str(one.kpi))) for one in rows.itertuples()]
    changed = judged(pd.DataFrame(since, columns=["before_period", "before", "period", "value", *_INTERVAL]))
    found = pd.concat([rows.reset_index(drop=True), changed], axis=1)[SINCE]
    rank = found.state.map({OVERDUE: 0, UNDER_WAY: 1, DONE: 2})
    return found.assign(rank=rank).sort_values(["rank", "due_on", "title"], ignore_index=True).drop(columns="rank")


_INTERVAL = ("change", "change_low", "change_high")


def _since(action: Any, measured: Measured | None) -> tuple[Any, ...]:
    """Return the KPI before an action's start and now, with the 95 % interval of the change."""
    nothing = (pd.NaT, float("nan"), pd.NaT, float("nan"), float("nan"), float("nan"), float("nan"))
    if measured is None or measured.current.empty or pd.isna(action.started_on):
        return nothing
    done = measured.current
    started = measured.period.index(action.started_on.date())
    earlier = done[done.number < started]
    if earlier.empty or done.number.iloc[-1] < started:
        return nothing
    asked = pd.DataFrame(
        {"segment": ["all"], "comparison": ["since"], "now": [done.number.iloc[-1]], "then": [earlier.number.iloc[-1]]}
    )
    row = difference(measured, asked).iloc[0]
    return (row.previous_period, row.previous, row.period, row.value, row.change, row.change_low, row.change_high)
