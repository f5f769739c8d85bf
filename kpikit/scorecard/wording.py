"""A scorecard in words: each sentence is made from the numbers that stand beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.formatting import agreed, counted, difference, interval, joined, missing, number, percent, styled
from kpikit.kpis.showing import sentence_case
from kpikit.periods import Period
from kpikit.scorecard.goals import AT_RISK, OFF_TARGET, ON_TARGET, STATUSES, UNKNOWN

if TYPE_CHECKING:
    from kpikit.metrics import Card
    from kpikit.scorecard.building import Figures

TONES = {ON_TARGET: "good", AT_RISK: "warn", OFF_TARGET: "bad", UNKNOWN: "neutral"}
SIGNS = {ON_TARGET: "✓", AT_RISK: "!", OFF_TARGET: "✕", UNKNOWN: "?"}
MOST_NAMED = 3


def goal_text(row: Any, its: Card, currency: str) -> str:
    """Return what a goal asks for: "at least 88.0 % by 2026-12-31"."""
    least = "at least" if row.is_at_least else "at most"
    by = "" if pd.isna(row.by) else f" by {row.by:%Y-%m-%d}"
    return f"{least} {styled(row.goal, its.style, currency)}{by}"


def distance_text(row: Any, its: Card, currency: str) -> str:
    """Return how far a KPI is from its goal: "4.8 points short", "2.0 points better than asked"."""
    if pd.isna(row.beyond):
        return ""
    size = difference(abs(row.beyond), its.style, currency).removeprefix("+")
    return f"{size} better than asked" if row.beyond > 0 else f"{size} short" if row.beyond < 0 else "just met"


def way_text(row: Any, its: Card, currency: str) -> str:
    """Return where the trend leads: "on the trend 84.1 % at that date (80.0 % to 88.2 %): unlikely to meet it"."""
    if row.is_over:
        return "the date is over"
    if pd.isna(row.chance):
        return "" if pd.isna(row.by) else "too few complete periods to project that far"
    held = interval(row.projected_low, row.projected_high, its.style, currency)
    chance = {"likely": "likely to meet it", "unlikely": "unlikely to meet it", "open": "open whether it meets it"}
    shown = styled(row.projected, its.style, currency)
    return f"on its trend {shown} then (95 % interval {held}): {chance[row.on_the_way]}"


def goal_sentence(row: Any, its: Card, period: Period, currency: str) -> str:
    """Return the one line of a goal on the status list."""
    if pd.isna(row.value):
        return f"Goal: {goal_text(row, its, currency)}. No complete period yet, or too few people in the last."
    value = styled(row.value, its.style, currency)
    held = "" if pd.isna(row.low) else f" (95 % interval {interval(row.low, row.high, its.style, currency)})"
    parts = [
        f"{value} in {period.label(row.period)}{held}; goal {goal_text(row, its, currency)}",
        f"nothing known of the {counted(row.silent, period.unit)} since" if row.silent else "",
        "" if row.silent else distance_text(row, its, currency),
        "" if row.silent else way_text(row, its, currency),
    ]
    lacks = f" For a complete goal it lacks {joined(row.lacks.split(', '))}." if row.lacks else ""
    return f"{'; '.join(part for part in parts if part)}.{lacks}"


def status_title(statuses: Iterable[str]) -> str:
    """Return how many goals are where.

    >>> status_title(["on target", "off target", "off target"])
    'Of 3 goals, 1 is on target and 2 are off target'
    """
    found = list(statuses)
    if not found:
        return "No goals are set"
    counts = [(found.count(status), status) for status in STATUSES]
    said = [f"{size} {agreed(size, 'is', 'are')} {status}" for size, status in counts if size]
    return f"Of {counted(len(found), 'goal')}, {joined(said)}"


def reached_text(row: Any, found: Figures) -> str:
    """Return value and goal of a goal: "89.6 %, goal at least 95.0 %"."""
    its = found.card(row.kpi)
    least = "at least" if row.is_at_least else "at most"
    value, goal = (styled(one, its.style, found.currency) for one in (row.value, row.goal))
    return f"{value}, goal {least} {goal}"


def changes_headline(clear: pd.DataFrame, found: Figures) -> str:
    """Return the clear changes in one sentence, at most three for each comparison, the surest first."""
    period, parts = Period.parse(found.period), []
    for comparison, name in (("previous", f"the {period.unit} before"), ("year ago", f"the {period.unit} a year ago")):
        rows = list(rows_of(clear[clear.comparison == comparison]))[:MOST_NAMED]
        said = [
            f"{sentence_case(found.card(row.kpi).title)} went {row.verdict} by {_size(row, found)}"
            f"{_since(row, period) if comparison == 'previous' else ''}"
            for row in rows
        ]
        if said:
            parts.append(f"against {name}, {joined(said)}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _since(row: Any, period: Period) -> str:
    """Name the earlier period where it is not the one just before: a survey may skip some."""
    skipped = period.index(row.period) - period.index(row.previous_period) > 1
    return f" since {period.label(row.previous_period)}" if skipped else ""


def _size(row: Any, found: Figures) -> str:
    """Return the size of a change without its sign, and what it leads to: "4.6 points to 59.3 %"."""
    its = found.card(row.kpi)
    size = difference(abs(row.change), its.style, found.currency).removeprefix("+")
    if row.previous > 0 and its.style not in ("points", "percent"):
        size = percent(abs(row.change / row.previous))
    return f"{size} to {styled(row.value, its.style, found.currency)}"


def interval_of_change(low: float, high: float, style: str, currency: str) -> str:
    """Return the two ends of a change: "+1.2 points to +3.4 points"."""
    if missing(low) or missing(high):
        return "no interval"
    return f"{difference(low, style, currency)} to {difference(high, style, currency)}"


def history_sentence(row: Any, its: Card, period: Period, currency: str) -> str:
    """Return where the last period lies in the KPI's own history."""
    middle = styled(row.median, its.style, currency)
    usual = interval(row.quartile_low, row.quartile_high, its.style, currency)
    text = f"own history of {counted(row.periods, period.unit)}: median {middle}, middle half {usual}"
    if pd.isna(row.rank):
        return text
    best = styled(row.best, its.style, currency)
    return f"{text}, best {best}; this one ranks {number(row.rank)} of {number(row.periods)}"


def benchmark_sentence(row: Any, its: Card, currency: str) -> str:
    """Return how a KPI stands to somebody else's value, with its source; nothing where there is none."""
    if pd.isna(row.benchmark):
        return ""
    gap = difference(row.value - row.benchmark, its.style, currency)
    return f"{gap} against {styled(row.benchmark, its.style, currency)} ({row.benchmark_kind}: {row.benchmark_source})"


def detectable_sentence(row: Any, its: Card, currency: str) -> str:
    """Return the smallest change that so many customers find; nothing where it cannot be said."""
    if pd.isna(row.detectable):
        return ""
    change = difference(row.detectable, its.style, currency).removeprefix("+")
    return f"{counted(row.n, its.counts)} find changes of {change} or more, four times in five"


def alarm_sentence(periods: int, rate: float) -> str:
    """Return how many false alarms so many periods give where nothing changes."""
    return (
        "Limits are at 3 standard errors, wider where a period has few customers. Where nothing changes, "
        f"{percent(rate, 1)} of periods lie outside: {number(periods * rate, 1)} of the {number(periods)} shown here."
    )


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Return the rows of a table, their columns as attributes."""
    yield from table.itertuples()
