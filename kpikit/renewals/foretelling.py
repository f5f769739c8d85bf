"""How many running subscriptions a run expects to be left, kept to be judged; and how many were left."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from kpikit import ledger
from kpikit.forecasts import COLUMNS, KEY
from kpikit.formatting import counted
from kpikit.periods import as_date
from kpikit.renewals.histories import checked, returns_before
from kpikit.renewals.projection import LEVEL
from kpikit.results import Result

KPI, ALL = "subscriptions_left", "all"


def forecasts(
    outlook: Result, lengths: Any, *, as_of: Any, grace_days: int, ahead: int = 12, term_months: int = 1
) -> Result:
    """Return how many running subscriptions are expected to make ``ahead`` more renewals: one row.

    It comes due when the last of these renewals has come up for everyone who runs, and the grace after it is over.

    Parameters
    ----------
    outlook
        From :func:`kpikit.renewals.outlook` with the same ``ahead`` and ``term_months``.
    lengths
        As :func:`kpikit.features.subscription_lengths` returns it for ``as_of`` and ``grace_days``.
    as_of
        First day that is not known.
    grace_days
        Longest gap within a subscription, in days.
    """
    means = (
        f"first subscriptions (gaps of up to {counted(grace_days, 'day')} are none) with every renewal made that had "
        f"come up, and {counted(ahead, 'more renewal')} made, a term of {counted(term_months, 'month')} (version 1)"
    )
    rows = []
    if outlook.table is not None and len(outlook.table):
        whole: Any = outlook.table.iloc[-1]
        last = _last_renewal(lengths, ahead=ahead, term_months=term_months)
        ends = last + timedelta(days=1 + grace_days)  # what ends on a day is told the day after, and after the grace
        rows.append(
            {
                "kpi": KPI, "title": "Subscriptions left", "by": "", "segment": ALL,
                "as_of": as_date(as_of).isoformat(), "ends": ends.isoformat(), "value": whole.expected,
                "low": whole.low, "high": whole.high, "confidence": LEVEL, "style": "count", "n": int(whole.running),
                "model": "sBG",
            }
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "definition"])
    return ledger.forecasts(table, definitions={KPI: means})


def what_came(due: ledger.Due, lengths: Any, *, grace_days: int, ahead: int = 12, term_months: int = 1) -> pd.DataFrame:
    """Return how many subscriptions were left, for :func:`kpikit.ledger.scored`: one row per forecast that is due.

    Parameters
    ----------
    due
        From :func:`kpikit.ledger.due`.
    lengths
        As :func:`kpikit.features.subscription_lengths` returns it now.
    grace_days, ahead, term_months
        As in :func:`forecasts`.
    """
    frame = _with_renewals(lengths, term_months) if len(due.table) else pd.DataFrame()
    came = [_left(frame, as_date(day) - timedelta(days=grace_days), ahead, term_months) for day in due.table.as_of]
    return due.table[list(KEY)].assign(came=np.array(came, dtype=float))


def _left(frame: pd.DataFrame, told: date, ahead: int, term_months: int) -> float:
    """Return how many that ran on a day made so many more renewals; NaN where some of these have not come up."""
    known = frame[frame.started_on < pd.Timestamp(told)]
    up = returns_before(known.started_on, (pd.Timestamp(told) - known.started_on).dt.days) // term_months
    runs = (known.renewed >= up).to_numpy()
    if (known.came_up[runs] < (up + ahead)[runs]).any():
        return float("nan")
    return float(known.n[runs & (known.renewed >= up + ahead).to_numpy()].sum())


def _last_renewal(lengths: Any, *, ahead: int, term_months: int) -> date:
    """Return the day on which the last of ``ahead`` more renewals comes up, of all that run."""
    frame = _with_renewals(lengths, term_months)
    runs = frame[frame.renewed == frame.came_up]
    months = pd.PeriodIndex(runs.started_on, freq="M") + ((runs.came_up + ahead) * term_months).to_numpy()
    day = np.minimum(runs.started_on.dt.day.to_numpy(), months.days_in_month.to_numpy())
    latest: pd.Timestamp = (months.to_timestamp() + pd.to_timedelta(day - 1, unit="D")).max()
    return latest.date()


def _with_renewals(lengths: Any, term_months: int) -> pd.DataFrame:
    """Return subscriptions with the renewals that came up and were made: one row per distinct length."""
    frame = checked(lengths)
    came_up = returns_before(frame.started_on, frame.followed_days) // term_months
    made = np.minimum(returns_before(frame.started_on, frame.duration) // term_months, came_up)
    return frame.assign(came_up=came_up, renewed=np.where(frame.observed, made, came_up))
