"""The tables of a scorecard as their readers see them: texts, in page order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.formatting import counted, difference, interval, number, percent, styled
from kpikit.periods import Period
from kpikit.scorecard.control import Control
from kpikit.scorecard.wording import (
    SIGNS,
    TONES,
    benchmark_sentence,
    detectable_sentence,
    goal_sentence,
    history_sentence,
    interval_of_change,
    rows_of,
)

if TYPE_CHECKING:
    from kpikit.metrics import Card
    from kpikit.scorecard.building import Figures

NO_GOAL = "no goal"
MOST_CHARTS, FEWEST_CHARTS = 6, 3
ORDER = ("off target", "at risk", "on target", "unknown")
COMPARED = {"previous": "period before", "year ago": "year ago"}


def status_rows(found: Figures) -> pd.DataFrame:
    """Return goals, worst first, then the KPIs without one: ``status``, ``sign``, ``tone``, ``title``, ``text`` …"""
    unit, known = Period.parse(found.period), {row.kpi: row for row in rows_of(found.table)}
    rows: list[dict[str, Any]] = []
    for row in sorted(rows_of(found.goals), key=lambda one: ORDER.index(one.status)):
        its = found.card(row.kpi)
        title = its.title if row.segment == "all" else f"{its.title}, {row.segment}"
        text = goal_sentence(row, its, unit, found.currency)
        context = _context(found, known[row.kpi]) if row.kpi in known and row.segment == "all" else ""
        rows.append(_status_row(row.status, title, row.owner, text, context))
    for row in (row for name, row in known.items() if name not in set(found.goals.kpi)):
        its = found.card(row.kpi)
        held = "" if pd.isna(row.low) else f" (95 % interval {interval(row.low, row.high, its.style, found.currency)})"
        text = f"{styled(row.value, its.style, found.currency)} in {unit.label(row.period)}{held}."
        rows.append(_status_row(NO_GOAL, its.title, "", text, _context(found, row)))
    return pd.DataFrame(rows, columns=["status", "sign", "tone", "title", "owner", "text", "context"])


def _status_row(status: str, title: str, owner: str, text: str, context: str) -> dict[str, Any]:
    sign, tone = SIGNS.get(status, "–"), TONES.get(status, "neutral")
    return {
        "status": status,
        "sign": sign,
        "tone": tone,
        "title": title,
        "owner": owner,
        "text": text,
        "context": context,
    }


def _context(found: Figures, row: Any) -> str:
    """Return a KPI's own history and its benchmark in words."""
    its = found.card(row.kpi)
    parts = [history_sentence(row, its, Period.parse(found.period), found.currency)]
    parts += [detectable_sentence(row, its, found.currency), benchmark_sentence(row, its, found.currency)]
    text = ". ".join(part[:1].upper() + part[1:] for part in parts if part)
    return f"{text}."


def change_rows(found: Figures) -> pd.DataFrame:
    """Return the changes as texts: clear ones first."""
    unit, rows = Period.parse(found.period), []
    rank = {"up": 0, "down": 0, "no clear change": 1, "not tested": 2}
    told = found.changes[found.changes.verdict != "no comparison"]
    for row in sorted(rows_of(told), key=lambda one: (rank[one.verdict], one.p)):
        its = found.card(row.kpi)
        relative = percent(row.change / row.previous) if row.previous > 0 and its.style != "points" else "–"
        rows.append(
            {
                "figure": its.title,
                "period": unit.label(row.period),
                "value": styled(row.value, its.style, found.currency),
                "against": f"{COMPARED[row.comparison]}, {unit.label(row.previous_period)}",
                "before": styled(row.previous, its.style, found.currency),
                "change": difference(row.change, its.style, found.currency),
                "relative": relative,
                "interval": interval_of_change(row.change_low, row.change_high, its.style, found.currency),
                "verdict": row.verdict,
            }
        )
    columns = ["figure", "period", "value", "against", "before", "change", "relative", "interval", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def charts(found: Figures) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Return what to draw (KPI, title, text, style), and the values with their limits: one row per KPI and period."""
    have = [name for name, one in found.controls.items() if len(one.table)]
    signals = [name for name in have if found.controls[name].signal]
    goals = [name for name in dict.fromkeys(found.goals.kpi) if name in have]
    chosen = list(dict.fromkeys([*signals, *goals]))[:MOST_CHARTS] or have[:FEWEST_CHARTS]
    drawn = [_chart(found, name) for name in chosen]
    tables = [found.controls[name].table.assign(kpi=name) for name in chosen]
    columns = ["kpi", "period", "value", "center", "low", "high", "z", "signal"]
    return drawn, pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _chart(found: Figures, name: str) -> dict[str, Any]:
    its, limits, unit = found.card(name), found.controls[name], Period.parse(found.period)
    last = limits.table.iloc[-1]
    held = interval(last.low, last.high, its.style, found.currency)
    where = {"high": "above its limits", "low": "below its limits", "": "within its limits"}[limits.signal]
    shown = styled(last.value, its.style, found.currency)
    goals = found.goals[(found.goals.kpi == name) & (found.goals.segment == "all")]
    earlier = int((limits.table.signal != "").sum()) - bool(limits.signal)
    outside = f" Earlier periods outside: {number(earlier)}." if earlier else ""
    return {
        "kpi": name,
        "style": its.style,
        "signal": limits.signal,
        "title": f"{its.title}: {shown} in {unit.label(last.period)} is {where}",
        "text": f"Limits for {unit.label(last.period)}: {held}{_taken_out(limits)}.{outside}",
        "what": f"Line of {its.title} by {unit.unit} between control limits",
        "goal": None if goals.empty else float(goals.goal.iloc[0]),
        "unit": unit.unit,
    }


def _taken_out(limits: Control) -> str:
    parts = [name for name, is_there in (("trend", limits.has_trend), ("season", limits.has_season)) if is_there]
    out = f", with its {' and '.join(parts)} taken out" if parts else ""
    wider = f"; periods vary {number(limits.spread, 1)} times as much as their numbers of customers explain"
    return out + (wider if limits.spread >= 1.2 else "")


def action_rows(found: Figures) -> pd.DataFrame:
    """Return the actions as texts: state, owner, dates, and the KPI before the start and now."""
    rows = []
    for row in rows_of(found.actions):
        its = found.cards.get(row.kpi)
        rows.append(
            {
                "action": row.title,
                "figure": row.kpi if its is None else its.title,
                "owner": row.owner or "–",
                "state": row.state if pd.isna(row.days_late) else f"{row.state}, {counted(row.days_late, 'day')}",
                "began": _day(row.started_on),
                "due": _day(row.due_on),
                **_since(row, its, found),
            }
        )
    return pd.DataFrame(rows, columns=["action", "figure", "owner", "state", "began", "due", "before", "now", "change"])


def _since(row: Any, its: Card | None, found: Figures) -> dict[str, str]:
    """Return a KPI before an action and now, or why that cannot be said."""
    if its is None or row.kpi not in found.measured:
        return {"before": "–", "now": "–", "change": "not measured here"}
    if pd.isna(row.change):
        return {"before": "–", "now": "–", "change": "no complete period since"}
    moved = difference(row.change, its.style, found.currency)
    return {
        "before": styled(row.before, its.style, found.currency),
        "now": styled(row.value, its.style, found.currency),
        "change": f"{moved}, {row.verdict}",
    }


def review_rows(found: Figures) -> pd.DataFrame:
    """Return the review as texts: one row per KPI."""
    rows = []
    for row in rows_of(found.review):
        moves = {True: "more than chance", False: "no more than chance"}.get(row.moves, "too few periods to say")
        twin = "no other found"
        if row.twin:
            like = f"rank correlation {number(row.twin_correlation, 2)}, n = {row.twin_changes}"
            twin = f"{found.card(row.twin).title} ({like})"
        rows.append(
            {
                "figure": found.card(row.kpi).title,
                "moves": f"{moves} ({number(row.periods)} periods)",
                "actionable": "yes: goal with an owner, or an action" if row.is_actionable else "no owner, no action",
                "twin": twin,
                "verdict": row.verdict,
            }
        )
    return pd.DataFrame(rows, columns=["figure", "moves", "actionable", "twin", "verdict"])


def _day(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:%Y-%m-%d}"
