"""What to do about what customers say, each with the number behind it."""

from __future__ import annotations

import pandas as pd

from kpikit.formatting import counted, number, percent
from kpikit.results import Result
from kpikit.voice.wording import difference_text, name_of

Action = tuple[str, str, float]
LOOP_DONE = 0.95  # share of detractors contacted in time above which nothing is asked for
FEWEST_ANSWERS_IN_A_GROUP, CLEARLY_LESS = 30, 0.75


def actions(values: pd.DataFrame, segments: Result, groups: Result, *, kind: str = "nps") -> Result:
    """Return ranked things to do, each with the number of customers or answers behind it.

    Parameters
    ----------
    values
        As ``kpikit.compute`` returns it; ``closed_loop`` is read where it is there.
    segments, groups
        Results of :func:`by_segment` and :func:`response_by_group`.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``, ``value`` (answers or invitations concerned); empty where no number supports
        any.
    """
    found = (_call(values), _ask_why(segments, kind), _hear_the_silent(groups))
    table = pd.DataFrame([row for row in found if row], columns=["action", "reason", "value"])
    return Result("what-to-do", "actions", "What to do", table=table)


def _call(values: pd.DataFrame) -> Action | None:
    """Return how many detractors nobody called in time, over all that were due."""
    rows = values[(values.kpi == "closed_loop") & (values.status == "complete") & (values.denominator > 0)]
    due, done = float(rows.denominator.sum()), float(rows.numerator.sum())
    if not due or done / due >= LOOP_DONE:
        return None
    last = rows.sort_values("period").iloc[-1]
    open_now = (
        f"; in the last complete period {number(last.denominator - last.numerator)} of {number(last.denominator)}"
    )
    reason = (
        f"{number(due - done)} of {counted(due, 'unhappy answer')} ({percent(1 - done / due)}) were not followed by a "
        f"contact in time{open_now if len(rows) > 1 else ''}. Give each one an owner on the day it comes in."
    )
    return "Contact every detractor in time", reason, due - done


def _ask_why(segments: Result, kind: str) -> Action | None:
    """Return the segment that lies clearly below the others, the one with most answers first."""
    if "verdict" not in segments.table.columns:
        return None
    below = segments.table[segments.table.verdict == "below the rest"]
    if below.empty:
        return None
    row = below.iloc[int(below.answers.argmax())]
    reason = (
        f"Its {name_of(kind)} lies {difference_text(abs(row.difference), kind).lstrip('+')} below that of the others "
        f"({counted(row.answers, 'answer')}; the interval of the difference is "
        f"{difference_text(row.difference_low, kind)} to {difference_text(row.difference_high, kind)}). Read its "
        "comments and talk to ten of its customers before anything is changed."
    )
    return f"Find out what {row.segment} customers miss", reason, float(row.answers)


def _hear_the_silent(groups: Result) -> Action | None:
    """Return the group that answers clearly less than all together, where it is of a size to matter."""
    if groups.table.empty:
        return None
    table = groups.table[groups.table.invited >= FEWEST_ANSWERS_IN_A_GROUP]
    overall = groups.table.answered.sum() / groups.table.invited.sum()
    quiet = table[table.rate < CLEARLY_LESS * overall]
    if quiet.empty:
        return None
    row = quiet.iloc[int(quiet.invited.argmax())]
    reason = (
        f"{percent(row.rate)} of {counted(row.invited, 'invitation')} were answered, against {percent(overall)} of "
        f"all: {percent(row.of_invited)} of those asked, {percent(row.of_answers)} of the answers. Ask them at another "
        "moment or on another channel, and keep weighting the score until they answer alike."
    )
    return f"Hear more of {row.group} customers", reason, float(row.invited - row.answered)
