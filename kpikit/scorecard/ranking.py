"""What to do on Monday: ranked, each with the number behind it and its owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.formatting import counted, joined, number, percent, styled
from kpikit.kpis.showing import sentence_case
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.scorecard.acting import DONE, OVERDUE
from kpikit.scorecard.goals import AT_RISK, OFF_TARGET
from kpikit.scorecard.wording import distance_text, goal_text, interval_of_change, rows_of

if TYPE_CHECKING:
    from kpikit.scorecard.building import Figures

MOST_ACTIONS = 7
BAD = {("up", "down"), ("down", "up"), ("high", "down"), ("low", "up")}
Todo = tuple[str, str, str, str]


def what_to_do(found: Figures) -> Result:
    """Return what to do, most pressing first: goals off target, overdue actions, signals, bad changes, risks, gaps.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``, ``owner``, ``kpi``; empty where no number asks for anything.
    """
    rows: list[Todo] = [*_goals(found, OFF_TARGET), *_overdue(found), *_signals(found), *_goals(found, AT_RISK)]
    named = {row[3] for row in rows}
    rows += [row for row in _changes(found) if row[3] not in named]
    rows += _incomplete(found)
    table = pd.DataFrame(rows, columns=["action", "reason", "owner", "kpi"])
    left = len(table) - MOST_ACTIONS
    text = f"{counted(left, 'further thing')} of less weight left out." if left > 0 else ""
    owner = f" ({rows[0][2]})" if rows and rows[0][2] else ""
    first = f"First to do: {rows[0][0]}{owner}." if rows else ""
    return Result("what-to-do", "actions", "What to do", text, first, table=table.head(MOST_ACTIONS))


def _goals(found: Figures, status: str) -> Iterator[Todo]:
    rows = found.goals[found.goals.status == status].sort_values("chance", na_position="last", kind="stable")
    for row in rows_of(rows):
        its, currency = found.card(row.kpi), found.currency
        acted = found.actions[(found.actions.kpi == row.kpi) & (found.actions.state != DONE)]
        doing = (
            f"Under way: {joined(str(title) for title in acted.title)}."
            if len(acted)
            else "No action under way names it."
        )
        chance = "" if pd.isna(row.chance) else f", and its trend gives it {_chance(row.chance)}"
        value = styled(row.value, its.style, currency)
        reason = f"{value}: {distance_text(row, its, currency)} of {goal_text(row, its, currency)}{chance}. {doing}"
        verb = "Close the gap" if status == OFF_TARGET else "Watch"
        yield f"{verb}: {_named(its.title, row.segment)}", reason, str(row.owner), str(row.kpi)


def _overdue(found: Figures) -> Iterator[Todo]:
    for row in rows_of(found.actions[found.actions.state == OVERDUE]):
        title = found.card(row.kpi).title if row.kpi in found.cards else str(row.kpi)
        due = f"It was due on {row.due_on:%Y-%m-%d}, {counted(row.days_late, 'day')} ago"
        reason = f"{due}, and is to move {sentence_case(title)}."
        yield f"Finish or give a new date to: {row.title}", reason, str(row.owner), str(row.kpi)


def _signals(found: Figures) -> Iterator[Todo]:
    for row in rows_of(found.table):
        its, last = found.card(row.kpi), found.controls[str(row.kpi)].table
        if (row.signal, its.direction) not in BAD:
            continue
        limits = last.iloc[-1]
        end = limits.low if row.signal == "low" else limits.high
        reason = (
            f"{styled(row.value, its.style, found.currency)} in {_label(found, row.period)} lies outside its "
            f"control limits (limit {styled(end, its.style, found.currency)}): look for a cause in that "
            f"{Period.parse(found.period).unit}."
        )
        yield f"Find out what happened: {its.title}", reason, _owner(found, str(row.kpi)), str(row.kpi)


def _changes(found: Figures) -> Iterator[Todo]:
    seen = set()
    for row in rows_of(found.changes):
        its = found.card(row.kpi)
        if (row.verdict, its.direction) not in BAD or row.kpi in seen:
            continue
        seen.add(row.kpi)
        reason = (
            f"{styled(row.value, its.style, found.currency)} in {_label(found, row.period)} against "
            f"{styled(row.previous, its.style, found.currency)} in {_label(found, row.previous_period)} "
            f"(interval {interval_of_change(row.change_low, row.change_high, its.style, found.currency)})."
        )
        yield (
            f"Ask why it went {row.verdict}: {its.title}",
            reason,
            _owner(found, str(row.kpi)),
            str(row.kpi),
        )


def _incomplete(found: Figures) -> Iterator[Todo]:
    rows = found.goals[found.goals.lacks != ""]
    if len(rows):
        names = joined(dict.fromkeys(sentence_case(found.card(kpi).title) for kpi in rows.kpi))
        what = joined(dict.fromkeys(name for lacks in rows.lacks for name in lacks.split(", ")))
        of = f"{number(len(rows))} of {counted(len(found.goals), 'goal')} ({names})"
        yield "Complete the goals", f"{of} lack {what}: without, nobody can say whether it was reached.", "", ""


def _chance(chance: float) -> str:
    if chance < 0.01:
        return "a chance below 1 %"
    return f"a chance of {percent(min(chance, 0.99), 0)}"


def _owner(found: Figures, kpi: str) -> str:
    owners = found.goals[(found.goals.kpi == kpi) & (found.goals.owner != "")].owner
    return str(owners.iloc[0]) if len(owners) else ""


def _named(title: str, segment: Any) -> str:
    return title + ("" if segment == "all" else f", {segment}")


def _label(found: Figures, day: Any) -> str:
    return Period.parse(found.period).label(day)
