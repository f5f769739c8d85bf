"""From lengths of subscriptions to renewals: how many came up, how many were made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.errors import ContractError, ParameterError, listed
from kpikit.periods import Period

COLUMNS = ("started_on", "segment", "duration", "observed", "followed_days", "n")
FIX = "Pass features.subscription_lengths(subscriptions, as_of=…).to_pandas()."
MONTHS_PER_YEAR = 12

Whole = NDArray[np.int64]


def checked(lengths: Any) -> pd.DataFrame:
    """Return lengths of subscriptions, checked: the table of :func:`kpikit.features.subscription_lengths`.

    Raises
    ------
    ContractError
        When columns are missing, there is no subscription, or one lasted longer than it was followed.
    """
    frame = lengths if isinstance(lengths, pd.DataFrame) else lengths.to_pandas()
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ContractError(f"columns {missing}", got=f"[{listed(frame.columns)}]", fix=FIX, where="lengths")
    if frame.empty:
        fix = "Check as_of, and that the table holds subscriptions that began before it."
        raise ContractError("at least one subscription", got="none", fix=fix, where="lengths")
    wrong = (frame.duration < 0) | (frame.duration > frame.followed_days) | (frame.n <= 0)
    if wrong.any():
        expected, got = "durations from 0 to followed_days, n above 0", f"{int(wrong.sum())} rows that are not so"
        raise ContractError(expected, got=got, fix=FIX, where="lengths")
    kinds = {"n": "float64", "duration": "int64", "followed_days": "int64", "observed": "bool"}
    return frame.assign(started_on=pd.to_datetime(frame.started_on)).astype(kinds).reset_index(drop=True)


def with_renewals(lengths: Any, *, period: str = "month", term_months: int = 1) -> pd.DataFrame:
    """Return subscriptions with their renewals: one row per distinct length → one row per cohort and history.

    A renewal comes up each ``term_months`` after the start, on the same day of the month (in a shorter month on its
    last day). Who is gone on that day or before has not renewed. A renewal that would be decided on the last day that
    is told, or later, has not come up.

    Parameters
    ----------
    lengths
        As :func:`kpikit.features.subscription_lengths` returns it.
    period
        Width of the cohorts of starts: ``week``, ``month``, ``quarter`` or ``year``.
    term_months
        Length of a term, in whole months, 1 or more.

    Returns
    -------
    DataFrame
        ``cohort`` (first day), ``came_up``, ``renewed`` (of those, 0 to ``came_up``), ``n``.
    """
    if isinstance(term_months, bool) or int(term_months) != term_months or term_months < 1:
        raise ParameterError("1 whole month or more", got=str(term_months), fix="Pass 12.", where="term_months")
    frame, width = checked(lengths), Period.parse(period)
    days = {day: pd.Timestamp(width.start(width.index(day.date()))) for day in frame.started_on.unique()}
    came_up = returns_before(frame.started_on, frame.followed_days) // term_months
    renewed = np.minimum(returns_before(frame.started_on, frame.duration) // term_months, came_up)
    renewed = np.where(frame.observed, renewed, came_up)
    histories = pd.DataFrame(
        {"cohort": frame.started_on.map(days), "came_up": came_up, "renewed": renewed, "n": frame.n}
    )
    return histories.groupby(["cohort", "came_up", "renewed"], as_index=False)[["n"]].sum()


def returns_before(start: pd.Series[Any], days: pd.Series[Any]) -> Whole:
    """Return how many monthly returns of the start's day lie before the day that is so many days later."""
    later = start + pd.to_timedelta(days, unit="D")
    months = (later.dt.year - start.dt.year) * MONTHS_PER_YEAR + later.dt.month - start.dt.month
    # on the last day of a shorter month later.day is below start.day too: that is its return, and not before it
    before: Whole = np.maximum((months - (later.dt.day <= start.dt.day)).to_numpy(dtype="int64"), 0)
    return before
