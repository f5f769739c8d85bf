"""What lengths of subscriptions say: how long they last, who renews, what moved recurring revenue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals, survival
from kpikit.cells import SUPPRESSED, left_out_text
from kpikit.formatting import counted, interval, joined, money, number, percent
from kpikit.kpis.pooling import TOGETHER, largest, pooled_parts
from kpikit.kpis.suppression import hidden, suppressed
from kpikit.periods import Period
from kpikit.renewals.histories import checked, with_renewals
from kpikit.renewals.projection import seen
from kpikit.results import Result

MOST_PLANS = 5
OTHER = "other plans"
SURPRISING = 5.0  # ends that were expected where none is: by chance one time in 150


def lasting(lengths: Any, *, min_cell: int = 1) -> Result:
    """Return how long subscriptions last, by the plan at the start: one row per plan and number of days.

    Parameters
    ----------
    lengths
        As :func:`kpikit.features.subscription_lengths` returns it.
    min_cell
        Plans of fewer subscriptions are put together, and with the next smallest where that alone is too few.

    Returns
    -------
    Result
        As :func:`kpikit.survival.curve` gives it; beyond the five largest plans the others are one.
    """
    frame = _plans(checked(lengths), min_cell)
    found = survival.curve(frame)
    if not frame.observed.any():
        n = counted(frame.n.sum(), "subscription")
        text = f"{n}, the oldest of them {number(frame.duration.max())} days old, and none has ended."
        return replace(found, name="how-long", title="No subscription has ended yet", text=text)
    whole = survival.curve(frame.assign(segment="all"))
    half = whole.facts["medians"]["all"]
    title = f"Half of all subscriptions last {number(half)} days or longer" if half else ""
    if not title:
        last: Any = whole.table.iloc[-1]
        title = f"{percent(last.survival, 0)} of subscriptions last longer than {number(last.duration)} days"
    said = found.text.replace("Days until half are gone, by Kaplan–Meier, open cases", "Days until half have ended, by "
                              "Kaplan–Meier, running subscriptions")  # fmt: skip
    return replace(found, name="how-long", title=title, text=said, headline=f"{title}.")


def plans_compared(lengths: Any, *, min_cell: int = 1) -> Result:
    """Return whether plans differ in how long their subscriptions last, by the log-rank test: one row per plan.

    Parameters
    ----------
    lengths, min_cell
        As for :func:`lasting`.

    Returns
    -------
    Result
        As :func:`kpikit.survival.log_rank` gives it; of kind ``text``, with the verdict ``cannot be tested``, where
        there is one plan only or nothing has ended.
    """
    known = checked(lengths)
    frame = _plans(known, min_cell)
    plans = sorted(frame.segment.unique())
    if len(plans) < 2 or not frame.observed.any():
        what = "No subscription has ended."
        if len(plans) < 2:
            what = f"There is one plan only ({plans[0]})."
        if len(plans) < 2 < known.segment.nunique() + 1:
            what = f"Without plans of fewer than {min_cell} subscriptions there is nothing to compare."
        facts = {"verdict": "cannot be tested"}
        return Result("plans-compared", "text", "Plans cannot be compared", what, facts=facts)
    found = survival.log_rank(frame)
    soonest: Any = found.table.loc[int(found.table.ratio.argmax())]
    title = "No clear difference between plans in how long subscriptions last"
    if found.facts["verdict"] == "they differ":
        title = f"Plans differ in how long subscriptions last: {soonest.segment} ends soonest"
    return replace(found, name="plans-compared", title=title, headline=f"{title}.")


def _plans(frame: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return subscriptions with the largest plans by name and all others, the small ones among them, as one."""
    sizes = frame.groupby("segment").n.sum().sort_values(ascending=False, kind="stable")
    large = sizes[~hidden(sizes.to_numpy(), min_cell)]
    kept = large.index[:MOST_PLANS] if len(sizes) > MOST_PLANS + 1 else large.index
    return frame.assign(segment=frame.segment.where(frame.segment.isin(kept), OTHER))


def renewal_table(lengths: Any, *, period: str = "month", term_months: int = 1, min_cell: int = 1) -> Result:
    """Return who is left after each renewal, by the period of the start: one row per cohort and renewal.

    Parameters
    ----------
    lengths
        As :func:`kpikit.features.subscription_lengths` returns it.
    period
        Width of a cohort: ``week``, ``month``, ``quarter`` or ``year``.
    term_months
        Length of a term, in months.
    min_cell
        Cohorts of fewer subscriptions are suppressed, with what would reveal them, before anything is said.

    Returns
    -------
    Result
        ``table``: ``cohort`` (first day), ``renewal`` (0 is the start), ``cohort_size`` (subscriptions), ``due`` (those
        old enough for that renewal, those who left before it too), ``renewed`` (of them there after it), ``share``,
        ``low``, ``high`` (Wilson, 95 %), ``status`` (``complete``: due for the whole cohort, else ``partial``).
    """
    histories = with_renewals(lengths, period=period, term_months=term_months)
    rows = []
    for cohort, part in histories.groupby("cohort"):
        size = float(part.n.sum())
        for renewal in range(int(part.came_up.max()) + 1):
            due, there = part.came_up >= renewal, part.renewed >= renewal
            rows.append((cohort, renewal, size, float(part.n[due].sum()), float(part.n[due & there].sum())))
    table = pd.DataFrame(rows, columns=["cohort", "renewal", "cohort_size", "due", "renewed"])
    ends = dict(zip(("low", "high"), intervals.wilson(table.renewed, table.due), strict=True))
    status = np.where(table.due == table.cohort_size, "complete", "partial")
    table = suppressed(table.assign(share=table.renewed / table.due, **ends, status=status), min_cell)
    gone = table[table.status == SUPPRESSED].cohort.unique()
    histories = histories[~histories.cohort.isin(gone)]
    facts = {"period": period, "term_months": term_months}
    if len(gone) and histories.empty:
        n = counted(len(gone), "cohort")
        text = f"{n} with fewer than {min_cell} subscriptions, or that would reveal one of them, and no other."
        return Result("renewal-table", "table", "No cohort is large enough to be shown", text, table=table, facts=facts)
    past = seen(histories)
    if past.empty:
        n = counted(histories.n.sum(), "subscription")
        text = f"{n}, all younger than a term of {counted(term_months, 'month')}.{left_out_text(len(gone), 'cohort')}"
        return Result("renewal-table", "table", "No renewal has come up yet", text, table=table, facts=facts)
    first: Any = past.iloc[0]
    low, high = (float(end) for end in intervals.wilson(first.due - first.lost, first.due))
    renewed = f"{number(first.due - first.lost)} of {number(first.due)} whose first renewal has come up"
    title = f"{percent(1 - first.lost / first.due)} of subscriptions are renewed the first time"
    width = Period.parse(period).unit
    text = (
        f"{title} (interval {interval(low, high)}; {renewed}). "
        f"{counted(histories.cohort.nunique(), 'cohort')}, one for each {width} of the "
        "start; cells marked * hold only those of the cohort who are old enough, where they are ten or more."
        f"{left_out_text(len(gone), 'cohort')}"
    )
    return Result("renewal-table", "table", title, text, f"{title}.", table=table, facts=facts)


def recurring_bridge(moves: pd.DataFrame, *, period: str = "month", currency: str = "", min_cell: int = 1) -> Result:
    """Return why recurring revenue changed in the last complete period, from ``metrics.subscriptions.mrr_waterfall``.

    Parameters
    ----------
    moves
        One row per period, whole or through ``kk.protected``.
    min_cell
        Moves of fewer accounts are put together, see :func:`kpikit.kpis.pooling.pooled_parts`.

    Returns
    -------
    Result
        ``table``: ``part``, ``amount``, ``customers`` (accounts); opening and moves add up to closing. Empty where no
        period is complete, no amount is known, or the last period that is over is suppressed. ``facts``:
        ``period_label``, and where they are shown apart ``churned`` and ``contraction`` (below 0).
    """
    unit = Period.parse(period)
    facts: dict[str, Any] = {"period": period, "currency": currency}
    paid = (moves.status == "complete") & (moves[["opening", "closing"]].sum(axis=1) > 0)
    done = moves[paid | (moves.status == SUPPRESSED)]
    if done.empty or done.iloc[-1].status == SUPPRESSED:
        empty = pd.DataFrame({"part": pd.Series(dtype=str), "amount": pd.Series(dtype=float)})
        title = "No recurring revenue to follow"
        text = "No complete period has a monthly amount above 0; subscriptions.monthly_amount says what each pays."
        if len(done):
            title = f"Why recurring revenue changed in {unit.label(done.iloc[-1].period)} is not shown"
            text = "Too few accounts paid then."
        return Result("mrr-waterfall", "table", title, text, table=empty, facts=facts)
    last = done.iloc[-1]
    when = unit.label(last.period)
    names = {"opening": "MRR at the start", "new": "New accounts", "reactivated": "Back after a pause",
             "expansion": "Pay more", "contraction": "Pay less", "churned": "Pay no more",
             "closing": "MRR at the end"}  # fmt: skip
    each = [(said, float(last[key]), float(last[f"n_{key}"])) for key, said in names.items()]
    table = pooled_parts(pd.DataFrame(each, columns=["part", "amount", "customers"]), min_cell)
    change = float(last.closing - last.opening)
    few = f" Moves of fewer than {min_cell} accounts are put together." if TOGETHER in set(table.part) else ""
    verb = "fell" if change < 0 else "rose"
    title = f"Recurring revenue {verb} by {money(abs(change), currency)} in {when}"
    if not change:
        title = f"Recurring revenue stayed at {money(last.closing, currency)} in {when}"
    relative = f" ({'+' if change > 0 else ''}{percent(change / last.opening)})" if last.opening else ""
    text = (
        f"{title}{relative}, from {money(last.opening, currency)} to {money(last.closing, currency)} a month. The "
        f"largest moves: {joined(largest(table, currency))}. The parts add up exactly.{few}"
    )
    apart = {name: float(last[name]) for name in ("churned", "contraction") if names[name] in set(table.part)}
    facts |= {"period_label": when, **apart}
    return Result("mrr-waterfall", "table", title, text, f"{title}{relative}.", table=table, facts=facts)


def ends_known(lengths: Any) -> Result:
    """Return whether ends are missing from the early days: an export of running subscriptions holds none.

    The ends that were to be expected before the first known one, at the rate of later days: where they are more than
    five, those who left before that day are missing, and everything on the page looks better than it is.

    Returns
    -------
    Result
        ``facts``: ``verdict`` (``complete``, ``early ends are missing``, ``no ends``), ``expected``.
    """
    frame = checked(lengths)
    ended = frame[frame.observed]
    n, name = counted(frame.n.sum(), "subscription"), "ends-known"
    if ended.empty:
        text = f"{n}, none with an end. An export that holds running subscriptions only looks like this."
        return Result(name, "text", "No end is known", text, facts={"verdict": "no ends", "expected": None})
    ends = ended.started_on + pd.to_timedelta(ended.duration, unit="D")
    first = ends.min()
    early = np.minimum((first - frame.started_on).dt.days.clip(lower=0), frame.duration) @ frame.n
    later = float(frame.duration @ frame.n - early)
    expected = float(early) * float(ended.n.sum()) / later if later > 0 else 0.0
    verdict = "early ends are missing" if expected > SURPRISING else "complete"
    title = f"Ends before {first:%Y-%m-%d} seem to be missing" if expected > SURPRISING else "Ends are known throughout"
    text = (
        f"{number(ended.n.sum())} of {n} have ended, the first on {first:%Y-%m-%d}; at the rate of later days "
        f"{number(expected, 1)} were to be expected before."
    )
    if expected > SURPRISING:
        text += " Those who left earlier are not in the table: retention looks better than it was."
    return Result(name, "text", title, text, facts={"verdict": verdict, "expected": expected})
