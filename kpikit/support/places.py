"""Where and when the time is lost: groups of cases by channel, topic and agent, and by the hour of their opening."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.cells import left_out, left_out_text
from kpikit.formatting import counted, joined, number, percent
from kpikit.periods import WEEKDAYS
from kpikit.results import Result
from kpikit.support.rest import FEW, FEWEST_CASES, OVER, UNITS, against_rest

SLOWER, FASTER = "slower than the rest", "faster than the rest"
NOT_GROUPS = (
    "median", "low", "high", "cases", "customers", "waiting", "slower", "slower_of", "late", "late_of", "hours_lost",
    "hours_waiting", "overall_median", "overall_p90",
)  # fmt: skip


def bottlenecks(delays: pd.DataFrame, *, event: str = "first_response_at", hours: str = "calendar") -> Result:
    """Return where customers lose most hours: one row per combination of channel, topic and agent, worst first.

    Parameters
    ----------
    delays
        As ``metrics.waiting.delays`` gives it.
    event, hours
        What ends a wait, and which hours were counted.

    Returns
    -------
    Result
        ``table``: the groups' columns, ``cases``, ``customers``, ``waiting``, ``median``, ``low``, ``high``,
        ``late_share`` (share of cases that wait longer than nine in ten of all do), ``hours_lost`` (beyond the overall
        median, in cases that are over), ``share_of_hours``, ``share_of_cases``, ``p_adjusted``, ``verdict``. Groups of
        fewer than 10 cases are marked and not judged. ``facts``: ``groups`` (the columns), ``hours_waiting`` (lost so
        far in cases that still wait), ``waiting``.
    """
    groups = [str(name) for name in delays.columns if name not in NOT_GROUPS]
    known = delays.late_of * delays.overall_p90.notna()
    judged = against_rest(delays.late.where(known > 0, 0), known, delays.customers, higher=SLOWER, lower=FASTER)
    few = delays["cases"].to_numpy() < FEWEST_CASES
    table = delays[[*groups, "cases", "customers", "waiting", "median", "low", "high", "hours_lost"]].assign(
        late_share=judged.share.to_numpy(),
        share_of_hours=_shares(delays.hours_lost),
        share_of_cases=_shares(delays["cases"]),
        p_adjusted=judged.p_adjusted.to_numpy(),
        verdict=np.where(few, FEW, judged.verdict.to_numpy()),
    )
    table = table.sort_values(["hours_lost", *groups], ascending=[False, *[True] * len(groups)], ignore_index=True)
    facts = {
        "groups": groups, "hours": hours, "event": event, "hours_waiting": float(delays.hours_waiting.sum()),
        "waiting": int(delays.waiting.sum()), "median": _one(delays.overall_median), "p90": _one(delays.overall_p90),
    }  # fmt: skip
    gone = left_out(delays)
    title, text, headline = _places_in_words(table, facts)
    if gone and table.empty:
        title, text = "Where time is lost is not shown", "Every group of cases is of too few customers."
    text += left_out_text(gone)
    return Result("bottlenecks", "table", title, text, headline, table=table, facts=facts)


def _shares(values: pd.Series) -> pd.Series:
    total = float(values.sum())
    return values.astype(float) / total if total else values.astype(float) * np.nan


def _one(values: pd.Series) -> float:
    return float(values.iloc[0]) if len(values) and pd.notna(values.iloc[0]) else float("nan")


def named(row: pd.Series, groups: list[str]) -> str:
    """Return a group's name for a sentence: ``phone, billing, Ana``."""
    return ", ".join(str(row[name]) for name in groups)


def _places_in_words(table: pd.DataFrame, facts: dict[str, Any]) -> tuple[str, str, str]:
    unit, over, groups = UNITS[facts["hours"]], OVER[facts["event"]], facts["groups"]
    if table.empty or np.isnan(facts["median"]):
        return "Where time is lost cannot be told yet", f"Too few cases are {over} to say what a usual wait is.", ""
    text = (
        f"Half of the cases are {over} within {number(facts['median'], 1)} {unit}; hours beyond that are lost. In "
        f"cases that are {over}, {counted(len(table), 'group')} by {joined(groups)} lost "
        f"{number(table.hours_lost.sum())} {unit}."
    )
    slower = table[table.verdict == SLOWER]
    title, headline = "No group stands out: none is clearly slower than the rest", ""
    if len(slower):
        worst = slower.iloc[0]
        title = f"Most hours among clearly slower groups are lost at {named(worst, groups)}"
        headline = f"{title}."
        text += (
            f" {named(worst, groups)} lost {number(worst.hours_lost)}: {percent(worst.share_of_hours)} of the hours "
            f"with {percent(worst.share_of_cases)} of the cases; {percent(worst.late_share)} of its "
            f"{counted(worst['cases'], 'case')} took longer than {number(facts['p90'], 1)} {unit}, as one case in ten "
            "does overall."
        )
    few = int((table.verdict == FEW).sum())
    if few:
        text += f" Groups of fewer than {FEWEST_CASES} cases ({number(few)}) are marked, not judged."
    if facts["waiting"]:
        text += (
            f" {counted(facts['waiting'], 'case')} not {over} yet, in no group's hours, have lost "
            f"{number(facts['hours_waiting'])} {unit} more so far."
        )
    return title, text, headline


def by_hour(waits: pd.DataFrame, *, event: str = "first_response_at", hours: str = "calendar") -> Result:
    """Return when cases wait longest, by weekday and time of day of their opening.

    Parameters
    ----------
    waits
        As ``metrics.waiting.waits_by_hour`` gives it.

    Returns
    -------
    Result
        ``table``: ``weekday`` (Monday 0), ``hour`` (first of its block), ``when`` (in words), ``cases``, ``median``
        (hours; missing where fewer than 10 cases), ``slower_share`` (share above the overall median), ``p_adjusted``,
        ``verdict``.
    """
    width = int(waits.block_hours.max()) if len(waits) else 0
    judged = against_rest(waits.slower, waits.slower_of, waits.customers, higher=SLOWER, lower=FASTER)
    table = waits[["weekday", "hour", "cases"]].assign(
        when=[_when(int(day), int(hour), width) for day, hour in zip(waits.weekday, waits.hour, strict=True)],
        median=waits["median"].where(waits["cases"] >= FEWEST_CASES),
        slower_share=judged.share.to_numpy(),
        p_adjusted=judged.p_adjusted.to_numpy(),
        verdict=judged.verdict.to_numpy(),
    )
    unit, over = UNITS[hours], OVER[event]
    slower = table[table.verdict == SLOWER].sort_values("median", ascending=False)
    facts = {"hours": hours, "event": event, "width": width}
    name = "waits-by-hour"
    small = left_out_text(left_out(waits), "block")
    if table.empty or np.isnan(_one(waits.overall_median)):
        text = f"Too few cases are {over} to say what a usual wait is."
        text = "Each block of hours has cases of too few customers." if small and table.empty else text
        return Result(name, "table", "When customers wait longest cannot be told yet", text, table=table, facts=facts)
    if slower.empty:
        title = "No time of the week stands out: waits do not differ clearly by when a case is opened"
        known = table[table["median"].notna()].sort_values("median")
        text = (
            f"Medians run from {_block(known.iloc[0], unit)} to {_block(known.iloc[-1], unit)}. " if len(known) else ""
        )
        text += (
            f"{counted(table['cases'].sum(), 'case')} in {counted(len(table), 'block')} of {width} hours, each judged "
            f"against all others, adjusted for their number.{small}"
        )
        return Result(name, "table", title, text, table=table, facts=facts)
    worst = slower.iloc[0]
    title = f"Cases opened on {worst.when} wait clearly longer than others"
    text = (
        f"Half of its {counted(worst['cases'], 'case')} are {over} within {number(worst['median'], 1)} {unit}; "
        f"{percent(worst.slower_share)} take longer than the median of all cases. Clearly slower than the rest: "
        f"{joined(list(slower.when.head(5)))}. Each block is judged against all others, adjusted for their number."
        f"{small}"
    )
    return Result(name, "table", title, text, f"{title}.", table=table, facts=facts)


def _block(row: pd.Series, unit: str) -> str:
    return f"{number(row['median'], 1)} {unit} ({row.when}, {counted(row['cases'], 'case')})"


def _when(weekday: int, hour: int, width: int) -> str:
    return f"{WEEKDAYS[weekday].capitalize()} {hour:02d}:00–{(hour + width) % 24:02d}:00"
