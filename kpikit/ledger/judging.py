"""How earlier forecasts turned out: each beside what came, and whether their intervals hold as often as they say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit.errors import ContractError, listed
from kpikit.forecasts import KEY
from kpikit.formatting import agreed, counted, interval, joined, number, percent
from kpikit.intervals import wilson
from kpikit.ledger.keeping import Due, last_day
from kpikit.results import Result

INSIDE, ABOVE, BELOW, NO_INTERVAL = "inside", "came above", "came below", "no interval"
NAME, TITLE = "earlier-forecasts", "Earlier forecasts"
SURPRISING = 0.025  # so few inside by chance, if the intervals held as often as they say: then they do not
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
        ``high`` (Wilson's interval of the share inside, as many of them counted as horizons lie side by side), ``currency``.

    Raises
    ------
    ContractError
        When ``came`` lacks a column.
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
    notes = [_telling(table, facts), _off(table), _as_known(due), *notes]
    text = " ".join(note for note in notes if note)
    return Result(NAME, "table", title, text, f"{title}: {_verdict(table, facts)}.", table=table, facts=facts)


def side_by_side(windows: list[tuple[str, str]]) -> int:
    """Return how many horizons lie side by side at most, no two sharing a day.

    >>> side_by_side([("2026-01-01", "2026-04-01"), ("2026-02-01", "2026-05-01"), ("2026-04-01", "2026-07-01")])
    2
    """
    found, until = 0, ""
    for begins, ends in sorted(set(windows), key=lambda window: window[1]):
        if begins >= until:
            found, until = found + 1, ends
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
    inside, apart = int((told.verdict == INSIDE).sum()), side_by_side(windows)
    share = inside / len(told) if len(told) else np.nan
    low, high = wilson(share * apart, apart) if len(told) else (np.nan, np.nan)
    return {"inside": inside, "judged": len(told), "horizons": len(set(windows)), "side_by_side": apart,
            "share": share, "low": float(low), "high": float(high)}  # fmt: skip


def _title(table: pd.DataFrame, facts: dict[str, Any]) -> str:
    if not facts["judged"]:
        return f"{counted(len(table), 'earlier forecast')} came due, without an interval"
    claimed = percent(float(table.confidence.mean()), 0)
    judged = counted(facts["judged"], "interval")
    return f"{number(facts['inside'])} of {judged} of {claimed} held in earlier forecasts"


def _verdict(table: pd.DataFrame, facts: dict[str, Any]) -> str:
    """Return what the share tells, in words. All forecasts of one horizon count as one: they share what happened."""
    if not facts["judged"]:
        return "nothing can be told of intervals"
    apart, claimed = facts["side_by_side"], float(table.confidence.mean())
    held = int(np.ceil(facts["share"] * apart - 1e-9))
    if stats.binom.cdf(held, apart, claimed) < SURPRISING:
        return "fewer than they say, so the intervals are too narrow: plan with wider ones"
    if facts["low"] < WELL_ENOUGH:
        return "too few to tell whether they hold as often as they say"
    return "nothing speaks against them"


def _telling(table: pd.DataFrame, facts: dict[str, Any]) -> str:
    if not facts["judged"]:
        return ""
    apart = facts["side_by_side"]
    horizons = counted(facts["horizons"], "horizon")
    how = (
        f"{agreed(facts['horizons'], 'has', 'have')} no day in common"
        if apart == facts["horizons"]
        else f"overlap: only {number(apart)} {agreed(apart, 'lies', 'lie')} side by side"
    )
    if facts["horizons"] == 1:
        how = "is one piece of evidence"
    verdict = _verdict(table, facts)
    return (
        f"{verdict[0].upper()}{verdict[1:]}. Forecasts of one horizon, and of horizons that share days, share what "
        f"happened in them and are not independent. Here {horizons} {how}, so the share that holds in the long run is "
        f"only known to lie between {interval(facts['low'], facts['high'])} (Wilson, 95 %, "
        f"{number(apart)} independent)."
    )


def _off(table: pd.DataFrame) -> str:
    """Return by how much the forecasts missed, of the wholes where there are any."""
    whole = table[table.segment == "all"]
    errors = (whole if len(whole) else table).error.dropna()
    if errors.empty:
        return ""
    span = (
        f"{_signed(errors.min())} to {_signed(errors.max())} off, half of them within {percent(errors.abs().median())}"
    )
    whose = "of all customers " if len(whole) and len(whole) < len(table) else ""
    return f"Forecasts {whose}came out {span if len(errors) > 1 else f'{_signed(errors.iloc[0])} off'} what came."


def _as_known(due: Due) -> str:
    known = due.as_of - timedelta(days=1)
    return f"What came is counted from the data as they are known up to {known}: rows that come later may change it."


def _unknown(size: int) -> str:
    if not size:
        return ""
    return f"Of {counted(size, 'forecast')} that came due the data do not say what came."


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
