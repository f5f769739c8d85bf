"""What to do about retention, each with the number behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.formatting import money, number, percent, points
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.retention.tables import maybe_truncated

Action = tuple[str, str, float]


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
    done = every[~every.cohort.isin(maybe_truncated(cohorts))]
    if len(done) < 2:
        return None
    low, _ = intervals.wilson(done.active.astype(float), done.cohort_size)
    best = done.iloc[int(np.argmax(low))]  # by the lower end: one customer of one is not the best cohort
    missing = best.retention * done.cohort_size.sum() - done.active.sum()
    if missing < 1:
        return None
    spent, returned = spending[spending.age == 1].revenue.sum(), done.active.sum()
    worth = float(missing * spent / returned) if returned and spent else float("nan")
    unit = period.unit
    gain = "" if np.isnan(worth) else f", worth about {money(worth, currency)} at what returning customers spent then"
    reason = (
        f"Had every cohort come back like the best ({period.label(best.cohort)}, {percent(best.retention)}), "
        f"{number(missing)} more customers would have ordered in {unit} 1{gain}. The best of several cohorts is partly "
        "luck: take it as a ceiling, not a forecast."
    )
    return f"Bring first-time customers back by the next {unit}", reason, worth


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
