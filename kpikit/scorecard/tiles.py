"""The key figures of a scorecard: which ones, and what each tile says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.formatting import counted, difference, interval, styled
from kpikit.keyfigures import Tile, change_in_words, history_in_words, key_figures
from kpikit.kpis.changes import withheld
from kpikit.kpis.showing import records
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.scorecard.goals import STATUSES
from kpikit.scorecard.wording import SIGNS, TONES, distance_text, goal_text, rows_of

if TYPE_CHECKING:
    from kpikit.scorecard.building import Figures

MOST_TILES, MOST_UNGROUPED = 12, 6
SAY, GET, DO = "What customers say", "What customers get", "What customers do and bring"
GROUPS = {
    "surveys": SAY, "questions": SAY, "performance": GET, "support": GET, "products": GET, "retention": DO, "churn": DO,
    "engagement": DO, "sales": DO, "subscriptions": DO, "acquisition": DO, "lifetime": DO, "margins": DO,
}  # fmt: skip


def tiles(found: Figures) -> Result:
    """Return the key figures: those with a goal first, then what moved, at most twelve; by kind where many."""
    chosen = most_telling(found)
    shown = found.table[found.table.kpi.isin(chosen)] if len(found.table) else found.table
    ranked = sorted(rows_of(shown), key=lambda row: chosen.index(row.kpi))
    if len(ranked) > MOST_UNGROUPED:
        groups = list(dict.fromkeys(_group(row.family) for row in ranked))
        ranked = sorted(ranked, key=lambda row: groups.index(_group(row.family)))
    is_grouped = len(ranked) > MOST_UNGROUPED
    made = [_tile(found, row, _group(row.family) if is_grouped else "") for row in ranked]
    every = pd.concat([one.computed for one in found.measured.values()], ignore_index=True)
    unit, gone = Period.parse(found.period), rows_of(withheld(every))
    made += [Tile(found.card(row.kpi).title, "–", unit.label(row.period), count="too few people") for row in gone]
    return key_figures(
        made,
        table=found.table,
        kpis=records(every, found.cards),
        facts={"period": found.period, "currency": found.currency},
    )


def most_telling(found: Figures) -> list[str]:
    """Return at most twelve KPIs: with a goal, then with a signal or a clear change, then in the order measured."""
    if found.table.empty:
        return []
    clear = found.table.verdict.isin(["up", "down"]) | found.table.year_verdict.isin(["up", "down"])
    moved = found.table[(found.table.signal != "") | clear].kpi
    goals = [kpi for kpi in found.goals.kpi if kpi in set(found.table.kpi)]
    return list(dict.fromkeys([*goals, *moved, *found.table.kpi]))[:MOST_TILES]


def _tile(found: Figures, row: Any, group: str) -> Tile:
    its, unit, currency = found.card(row.kpi), Period.parse(found.period), found.currency
    change, tone = _changed(row, "", found)
    year, _ = _changed(row, "year_", found)
    status, status_tone, goal = _goal(found, row.kpi)
    history = tuple(found.measured[row.kpi].complete.value.astype(float))
    return Tile(
        title=its.title,
        value=styled(row.value, its.style, currency),
        period=unit.label(row.period)
        + ("" if its.style in ("percent", "money", "hours", "days") else f" · {its.unit}"),
        change=change,
        tone=tone,
        interval="" if pd.isna(row.low) else f"95 % interval {interval(row.low, row.high, its.style, currency)}",
        count=f"n = {counted(row.n, its.counts)}",
        history=history,
        history_text=history_in_words(its.title, history, unit.unit, style=its.style, currency=currency),
        status=status,
        status_tone=status_tone,
        goal=goal,
        year_change=year,
        noise=_neutral(row, its.style, currency),
        group=group,
    )


def _group(family: str) -> str:
    return GROUPS.get(family, family.capitalize())


def _changed(row: Any, prefix: str, found: Figures) -> tuple[str, str]:
    """Return a change against the period before, or a year ago, in words with its tone."""
    verdict, change, previous, then = (
        getattr(row, f"{prefix}{name}") for name in ("verdict", "change", "previous", "previous_period")
    )
    its = found.card(row.kpi)
    before = "" if pd.isna(then) else Period.parse(found.period).label(then)
    return change_in_words(
        str(verdict), change, previous, before, style=its.style, direction=its.direction, currency=found.currency
    )


def _neutral(row: Any, style: str, currency: str) -> str:
    """Return the range of changes that say nothing, from the widened interval of this one."""
    if pd.isna(row.change_low) or row.verdict not in ("up", "down", "no clear change"):
        return ""
    half = (row.change_high - row.change_low) / 2
    return f"neutral within ±{difference(half, style, currency).removeprefix('+')}"


def _goal(found: Figures, kpi: str) -> tuple[str, str, str]:
    """Return status, tone and goal of a KPI's first goal for all customers; empty where it has none."""
    goals = found.goals[(found.goals.kpi == kpi) & (found.goals.segment == "all")]
    if goals.empty:
        return "", "neutral", ""
    first = goals.assign(rank=goals.status.map(STATUSES.index)).sort_values(["is_over", "by"]).iloc[0]
    its = found.card(kpi)
    said = f"{goal_text(first, its, found.currency)}: {distance_text(first, its, found.currency)}".removesuffix(": ")
    return f"{SIGNS[first.status]} {first.status}", TONES[first.status], f"Goal {said}"
