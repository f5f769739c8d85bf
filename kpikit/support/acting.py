"""What to do about support, each with the number behind it."""

from __future__ import annotations

import pandas as pd

from kpikit.formatting import counted, number, percent, points
from kpikit.results import Result
from kpikit.support.contacts import WORSE
from kpikit.support.places import SLOWER, named
from kpikit.support.rest import OVER, UNITS

Action = tuple[str, str, float]


def actions(curve: Result, places: Result, times: Result, contacts: Result) -> Result:
    """Return ranked things to do about support, each with the number behind it.

    Parameters
    ----------
    curve, places, times, contacts
        Results of :func:`wait_curve`, :func:`bottlenecks`, :func:`by_hour` and :func:`first_contact`.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``, ``value`` (customer-hours or cases); empty where no number supports any.
    """
    unit, over = UNITS[curve.facts["hours"]], OVER[curve.facts["event"]]
    found = (
        _answer(places, unit, over),
        _unblock(places, unit),
        _solve(contacts.table),
        _staff(times, unit),
    )
    table = pd.DataFrame([row for row in found if row], columns=["action", "reason", "value"])
    return Result("what-to-do", "actions", "What to do", table=table)


def _answer(places: Result, unit: str, over: str) -> Action | None:
    """Return the cases that still wait, where they have lost hours already."""
    waiting, lost = places.facts["waiting"], places.facts["hours_waiting"]
    if not waiting or not lost:
        return None
    reason = (
        f"{counted(waiting, 'case')} not {over} yet, {number(lost)} {unit} beyond the median wait so far. Take the "
        "oldest first, and find out how they were lost sight of."
    )
    return "Take up the cases that still wait", reason, float(lost)


def _unblock(places: Result, unit: str) -> Action | None:
    slower = places.table[places.table.verdict == SLOWER]
    if slower.empty:
        return None
    row, groups = slower.iloc[0], places.facts["groups"]
    reason = (
        f"{number(row.hours_lost)} {unit} lost, {percent(row.share_of_hours)} of all with "
        f"{percent(row.share_of_cases)} of the cases. Look at what its cases wait for, before looking at who works "
        "on them: hard cases may go to the same people."
    )
    return f"Clear the bottleneck at {named(row, groups)}", reason, float(row.hours_lost)


def _solve(contacts: pd.DataFrame) -> Action | None:
    worse = contacts[contacts.verdict == WORSE]
    if worse.empty:
        return None
    more = (-worse.difference * worse["cases"]).astype(float)
    row = worse.iloc[int(more.argmax())]
    reason = (
        f"{percent(row.rate)} are solved by one contact, {points(row.difference)} on all others. As good as those, "
        f"{number(more.max())} more of its {counted(row['cases'], 'case')} would have taken one contact. Read the "
        "second contacts: what was missing in the first reply?"
    )
    return f"Solve more at the first contact where the {row.by} is {row.group}", reason, float(more.max())


def _staff(times: Result, unit: str) -> Action | None:
    slower = times.table[times.table.verdict == SLOWER].sort_values("median", ascending=False)
    if slower.empty:
        return None
    row = slower.iloc[0]
    reason = (
        f"Half of the {counted(row['cases'], 'case')} opened then take more than {number(row['median'], 1)} {unit}; "
        f"{percent(row.slower_share)} take longer than the median of all. Where that is when nobody works, say so in "
        "the automatic reply."
    )
    return f"Staff for cases opened on {row.when}", reason, float(row["cases"])
