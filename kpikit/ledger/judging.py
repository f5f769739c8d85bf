"""How earlier forecasts turned out: each beside what came, and whether their intervals hold as often as they say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from kpikit.errors import ContractError, listed
from kpikit.forecasts import KEY
from kpikit.formatting import agreed, counted, joined, number, percent
from kpikit.intervals import wilson
from kpikit.ledger.keeping import Due, last_day
from kpikit.results import Result

INSIDE, ABOVE, BELOW, NO_INTERVAL = "inside", "came above", "came below", "no interval"
NAME, TITLE = "earlier-forecasts", "Earlier forecasts"
STAKE = 0.5  # of what is won so far, on each further horizon
STRONG = 20.0  # evidence that chance alone reaches once in 20 ledgers
WELL_ENOUGH = 0.80  # where the data cannot tell holding so often from holding as often as said, they are too few


def scored(due: Due, came: Any) -> Result:
    """Return the forecasts that have come due beside what came: one row per forecast.

    Parameters
    ----------
    due
        From :func:`kpikit.ledger.due`.
    came
        What came, counted from the data and never from a model: ``kpi``, ``by``, ``segment``, ``as_of``, ``ends`` (as
        in ``due.table``), ``came`` (missing where it is not known).

    Returns
    -------
    Result
        ``table``: ``kpi``, ``title``, ``by``, ``segment``, ``period`` (the horizon in words), ``as_of``, ``ends``,
        ``value`` (forecast), ``low``, ``high``, ``confidence``, ``came``, ``error`` (forecast / came − 1; missing where
        nothing came), ``verdict`` (``inside``, ``came above``, ``came below``, ``no interval``), ``style``, ``n``,
        ``model``, ``run_id``. Of kind ``text`` where nothing has come due. ``facts``: ``inside``, ``judged`` (intervals
        of which it is known), ``horizons`` (different ones), ``side_by_side`` (that do not overlap), ``low`` and
        ``high`` (Wilson's interval of the share inside, as many of them counted as horizons lie side by side),
        ``evidence`` (against the intervals, see below; 20 or more is strong), ``currency``.

    Raises
    ------
    ContractError
        When ``came`` lacks a column.

    Notes
    -----
    Forecasts of one horizon share what happened in it, in a way that nobody knows. So the evidence that intervals hold
    less often than they say is a bet that needs no independence within a horizon: of horizons that lie side by side,
    each multiplies it by (1 − λ) + λ × share missed / (1 − confidence), λ = 1/2. If the intervals held as often as they
    say, it would reach 20 at any time with a chance of at most 1 in 20, however often it is looked at.

    References
    ----------
    Shafer, G. (2021), "Testing by betting", Journal of the Royal Statistical Society A 184.
    """
    outcomes = came if isinstance(came, pd.DataFrame) else came.to_pandas()
    missing = [name for name in (*KEY, "came") if name not in outcomes.columns]
    if missing:
        raise ContractError(f"columns {missing}", got=f"[{listed(outcomes.columns)}]", where="came")
    if not due.has_runs:
        text = "A notebook that is run by hand has no earlier reports beside it; kpikit run judges their forecasts."
        return Result(NAME, "text", "Earlier forecasts are not judged here", text)
    table = _judged(due, outcomes)
    unknown = len(due.table) - len(table)
    notes = [_unknown(unknown), _redefined(due)]
    if table.empty:
        title = "No earlier forecast has come due"
        if unknown or len(due.redefined):
            title = "No earlier forecast can be judged"
        return Result(NAME, "text", title, " ".join(note for note in notes if note))
    facts = {**_held(table), "currency": due.currency}
    title = _title(table, facts)
    notes = [_telling(facts), _off(table), _as_known(due), *notes]
    text = " ".join(note for note in notes if note)
    return Result(NAME, "table", title, text, f"{title}: {_verdict(facts)}.", table=table, facts=facts)


def side_by_side(windows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return as many horizons as can lie side by side, no two sharing a day.

    >>> side_by_side([("2026-01-01", "2026-04-01"), ("2026-02-01", "2026-05-01"), ("2026-04-01", "2026-07-01")])
    [('2026-01-01', '2026-04-01'), ('2026-04-01', '2026-07-01')]
    """
    found: list[tuple[str, str]] = []
    for window in sorted(set(windows), key=lambda window: (window[1], window[0])):
        if not found or window[0] >= found[-1][1]:
            found.append(window)
    return found


def _judged(due: Due, outcomes: pd.DataFrame) -> pd.DataFrame:
    keyed = outcomes[[*KEY, "came"]].astype(dict.fromkeys(KEY, "object") | {"came": "float64"})
    table = due.table.merge(keyed, on=list(KEY), how="left", validate="one_to_one")
    table = table[table.came.notna()].reset_index(drop=True)
    numbers = {name: pd.to_numeric(table[name]).astype("float64") for name in ("value", "low", "high", "n")}
    table = table.assign(**numbers)
    verdict = np.select(
        [table.low.isna() | table.high.isna(), table.came > table.high, table.came < table.low],
        [NO_INTERVAL, ABOVE, BELOW], INSIDE,
    )  # fmt: skip
    table = table.assign(
        period=[f"{begins} to {last_day(ends)}" for begins, ends in zip(table.as_of, table.ends, strict=True)],
        error=(table.value / table.came.where(table.came > 0) - 1).astype("float64"),
        verdict=verdict,
    )
    return table[["kpi", "title", "by", "segment", "period", "as_of", "ends", "value", "low", "high", "confidence",
                  "came", "error", "verdict", "style", "n", "model", "run_id"]]  # fmt: skip


def _held(table: pd.DataFrame) -> dict[str, Any]:
    """Return how often the intervals held, and what that can tell of how often they hold."""
    told = table[table.verdict != NO_INTERVAL]
    windows = list(zip(told.as_of, told.ends, strict=True))
    held, apart = told.verdict == INSIDE, side_by_side(windows)
    share, n = (float(held.mean()), len(apart)) if len(told) else (np.nan, 0)
    low, high = wilson(share * n, n) if n else (np.nan, np.nan)
    evidence = 1.0
    for window in apart:
        one = told[[each == window for each in windows]]
        missed = float((one.verdict != INSIDE).mean())
        evidence *= 1 - STAKE + STAKE * missed / (1 - float(one.confidence.mean()))
    return {"inside": int(held.sum()), "judged": len(told), "horizons": len(set(windows)), "side_by_side": n,
            "low": float(low), "high": float(high), "evidence": evidence}  # fmt: skip


def _title(table: pd.DataFrame, facts: dict[str, Any]) -> str:
    if not facts["judged"]:
        return f"{counted(len(table), 'earlier forecast')} came due, without an interval"
    claimed = percent(float(table.confidence.mean()), 0)
    judged = counted(facts["judged"], "interval")
    return f"{number(facts['inside'])} of {judged} of {claimed} held in earlier forecasts"


def _verdict(facts: dict[str, Any]) -> str:
    """Return what the share tells of the intervals, in words."""
    if not facts["judged"]:
        return "nothing can be told of intervals"
    if facts["evidence"] >= STRONG:
        return "fewer than they say, so the intervals are too narrow: plan with wider ones"
    if facts["low"] < WELL_ENOUGH:
        return "too few to tell whether they hold as often as they say"
    return "nothing speaks against them"


def _telling(facts: dict[str, Any]) -> str:
    if not facts["judged"]:
        return ""
    verdict, horizons, apart = _verdict(facts), facts["horizons"], facts["side_by_side"]
    if facts["judged"] == 1:
        return f"{verdict[0].upper()}{verdict[1:]}."
    told = (
        f"{verdict[0].upper()}{verdict[1:]}. Forecasts of one horizon, or of horizons that overlap, share what "
        "happened in those days and are not independent. "
    )
    if horizons == 1:
        return f"{told}These are of one horizon, which is one piece of evidence."
    lie = f"{number(apart)} of {counted(horizons, 'horizon')} {agreed(apart, 'lies', 'lie')} side by side"
    if apart == 1:
        return f"{told}All {number(horizons)} horizons overlap and are one piece of evidence."
    return (
        f"{told}{lie}: with so many independent ones, the share that holds in the long run is between "
        f"{percent(facts['low'])} and {percent(facts['high'])} (Wilson, 95 %)."
    )


def _off(table: pd.DataFrame) -> str:
    """Return by how much the forecasts missed, of the wholes where there are any."""
    whole = table[table.segment == "all"]
    errors = (whole if len(whole) else table).error.dropna()
    if errors.empty:
        return ""
    whose = " of all customers" if len(whole) and len(whole) < len(table) else ""
    if len(errors) == 1:
        return f"The forecast{whose} missed what came by {_signed(errors.iloc[0])}."
    span = f"{_signed(errors.min())} to {_signed(errors.max())}"
    return f"The forecasts{whose} missed what came by {span}, half of them by {percent(errors.abs().median())} or less."


def _as_known(due: Due) -> str:
    known = due.as_of - timedelta(days=1)
    return f"What came is counted from the data as they are known up to {known}: rows that come later may change it."


def _unknown(size: int) -> str:
    if not size:
        return ""
    return f"Of {counted(size, 'forecast')} that came due the data do not say, or not yet, what came."


def _redefined(due: Due) -> str:
    """Return which forecasts are defined otherwise, and how the first of each is."""
    if due.redefined.empty:
        return ""
    told = [
        f"{its.iloc[0].title} (then: {its.iloc[0].definition}; now: {its.iloc[0].now or 'not forecast here'})"
        for _, its in due.redefined.groupby("kpi", sort=False)
    ]
    size = len(due.redefined)
    return (
        f"{counted(size, 'earlier forecast')} that came due {agreed(size, 'is', 'are')} defined otherwise and not "
        f"judged: {joined(told)}."
    )


def _signed(error: float) -> str:
    text = percent(error)
    return text if error < 0 else f"+{text}"
