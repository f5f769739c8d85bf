"""Kaplan–Meier curves with their limits, by group: who is left after how many days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kpikit.errors import ContractError, ParameterError, listed
from kpikit.formatting import counted, interval, number, percent
from kpikit.intervals import CONFIDENCE, normal_quantile
from kpikit.results import Result

STEPS = ("duration", "at_risk", "events", "survival", "greenwood")
CASES = ("duration", "observed")
AT_DAYS = (30, 90, 365)
GROUP = "segment"
TIE = 1e-12


def steps_of(data: Any) -> pd.DataFrame:
    """Return Kaplan–Meier steps: one row per group and duration, in order.

    Parameters
    ----------
    data
        The engine's steps (``metrics.durations.kaplan_meier``, keyed by ``segment``) or single cases: ``duration``,
        ``observed`` (False: the event had not come after so long), perhaps ``n`` (how many such cases) and
        ``segment``. DataFrame or Ibis table; each case of a customer of its own.

    Returns
    -------
    DataFrame
        ``segment``, ``duration``, ``at_risk``, ``events``, ``survival``, ``greenwood`` (variance of its logarithm).

    Raises
    ------
    ContractError
        When columns are missing, a duration is negative, or there is no case.
    """
    frame = data if isinstance(data, pd.DataFrame) else data.to_pandas()
    if GROUP not in frame.columns:
        frame = frame.assign(**{GROUP: "all"})
    if all(name in frame.columns for name in STEPS):
        return frame[[GROUP, *STEPS]].sort_values([GROUP, "duration"], ignore_index=True)
    missing = [name for name in CASES if name not in frame.columns]
    if missing:
        raise ContractError(
            f"columns {missing}", got=f"[{listed(frame.columns)}]", where="cases",
            fix="Pass metrics.retention.time_to_second_order(orders), or duration and observed of each case.",
        )  # fmt: skip
    known = frame[frame.duration.notna()]
    if known.empty or (known.duration < 0).any():
        got = "no case" if known.empty else f"{int((known.duration < 0).sum())} below 0"
        raise ContractError("durations of 0 or more", got=got, where="cases")
    size = known["n"].astype(float) if "n" in known.columns else pd.Series(1.0, index=known.index)
    sizes = known.assign(left=size, events=size.where(known.observed.astype(bool), 0.0))
    steps = sizes.groupby([GROUP, "duration"], as_index=False)[["left", "events"]].sum()
    return pd.concat([_survived(part) for _, part in steps.groupby(GROUP)], ignore_index=True)


def _survived(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of one group with the share left and Greenwood's sum."""
    at_risk = steps.left.to_numpy()[::-1].cumsum()[::-1]
    events = steps.events.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - events / at_risk)
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
    greenwood = np.where(at_risk > events, greenwood, np.nan)
    found = steps.assign(at_risk=at_risk, events=events, survival=survival, greenwood=greenwood)
    return found[[GROUP, *STEPS]]


def limits(steps: pd.DataFrame, *, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return steps with ``low`` and ``high``: log(−log) limits by Greenwood's variance.

    Missing where the curve is still 1 or nobody is left: there is no variance to read there.

    References
    ----------
    Kalbfleisch, J. D. and Prentice, R. L. (2002), The Statistical Analysis of Failure Time Data, 2nd ed., section 1.4.
    """
    z, survival = normal_quantile(confidence), steps.survival.to_numpy(float)
    inside = (survival > TIE) & (survival < 1 - TIE)
    log = np.log(np.where(inside, survival, 0.5))
    spread = z * np.sqrt(steps.greenwood.to_numpy(float)) / -log
    low, high = np.exp(log * np.exp(spread)), np.exp(log * np.exp(-spread))
    return steps.assign(low=np.where(inside, low, np.nan), high=np.where(inside, high, np.nan))


def curve(data: Any, *, title: str = "", confidence: float = CONFIDENCE) -> Result:
    """Return the share left after how many days, by group, with its limits: one row per group and duration.

    Parameters
    ----------
    data
        As in :func:`steps_of`.
    title
        Finding to put above the curve; empty: the median of the first group.
    confidence
        Of the limits.

    Returns
    -------
    Result
        ``table``: ``segment``, ``duration`` (days), ``at_risk``, ``events``, ``survival``, ``low``, ``high``.
        ``facts["medians"]``: group → days until half are gone, or None where the curve does not reach it.
    """
    steps = limits(steps_of(data), confidence=confidence).drop(columns="greenwood")
    medians = {str(name): _median(part) for name, part in steps.groupby(GROUP)}
    said = [
        f"{name}: {'not reached' if median is None else f'{number(median)} days'} (n = "
        f"{number(part.at_risk.iloc[0])}, {number(part.events.sum())} events)"
        for (name, part), median in zip(steps.groupby(GROUP), medians.values(), strict=True)
    ]
    text = f"Days until half are gone, by Kaplan–Meier, open cases counted as long as they lasted: {'; '.join(said)}."
    return Result("survival", "table", title or "How long they stay", text, table=steps, facts={"medians": medians})


def _median(part: pd.DataFrame) -> float | None:
    """Return the first duration at which half are gone; on a level of exactly half, the middle of that step."""
    steps = part[part.events > 0]
    on = steps.duration[steps.survival <= 0.5 + TIE]
    below = steps.duration[steps.survival < 0.5 - TIE]
    if on.empty:
        return None
    return float((on.iloc[0] + (below.iloc[0] if len(below) else on.iloc[0])) / 2)


def share_by(data: Any, days: Sequence[float], *, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return the share that had the event within so many days: one row per group and number of days.

    Returns
    -------
    DataFrame
        ``segment``, ``days``, ``n`` (cases), ``at_risk`` (followed for so long without it), ``share``, ``low``,
        ``high``; missing where nobody was followed for so long and not all have had it.
    """
    if not days or any(day < 0 for day in days):
        raise ParameterError("numbers of days, 0 or more", got=str(list(days)), fix="Pass [30, 90].", where="days")
    rows = []
    for name, part in limits(steps_of(data), confidence=confidence).groupby(GROUP):
        for day in days:
            past = part[part.duration <= day]
            onward = part[part.duration > day]
            at_risk = float(onward.at_risk.iloc[0]) if len(onward) else 0.0
            last = past.iloc[-1] if len(past) else None
            known = last is not None and (at_risk > 0 or last.survival <= TIE or last.duration == day)
            values = [1 - last[end] for end in ("survival", "high", "low")] if known and last is not None else None
            share, low, high = values or ([0.0, np.nan, np.nan] if at_risk and last is None else [np.nan] * 3)
            rows.append([name, day, float(part.at_risk.iloc[0]), at_risk, share, low, high])
    return pd.DataFrame(rows, columns=[GROUP, "days", "n", "at_risk", "share", "low", "high"])


def second_order(data: Any, *, at_days: Sequence[float] = AT_DAYS) -> Result:
    """Return how many new customers buy again within so many days: one row per group and number of days.

    Parameters
    ----------
    data
        ``metrics.retention.time_to_second_order(orders)``, its ``duration_counts`` or its Kaplan–Meier steps.
    at_days
        Numbers of days to read the curve at.

    Returns
    -------
    Result
        ``table`` as :func:`share_by` gives it. Customers who joined lately count for as long as they are known:
        leaving them out, or calling them lost, would bend the share.
    """
    table = share_by(data, at_days)
    known = table[table.share.notna()]
    title, headline = "Too early to tell who buys a second time", ""
    text = "Nobody has been followed for so long."
    if len(known):
        each: list[Any] = list(known.itertuples())
        first = max((row for row in each if row.segment == each[0].segment), key=lambda row: row.days)
        who = "" if first.segment == "all" else f" ({first.segment})"
        title = f"{percent(first.share, 0)} of new customers{who} buy again within {number(first.days)} days"
        said = [
            f"{'' if row.segment == 'all' else f'{row.segment}: '}{percent(row.share)} within "
            f"{counted(row.days, 'day')} (interval {interval(row.low, row.high)}; {number(row.at_risk)} of "
            f"{number(row.n)} followed for longer without)"
            for row in each
        ]
        text = f"By Kaplan–Meier: {'; '.join(said)}."
        headline = f"{title} (interval {interval(first.low, first.high)})."
    return Result("second-order", "table", title, text, headline, table=table)
