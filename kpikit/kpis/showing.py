"""Computed KPIs as tiles, records and definition cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from kpikit.formatting import counted, interval, joined, number, styled
from kpikit.keyfigures import Tile, change_in_words, history_in_words, key_figures
from kpikit.kpis.changes import latest, withheld
from kpikit.metrics import Card, find
from kpikit.metrics.cards import INTERVALS
from kpikit.metrics.configured import configured
from kpikit.periods import Period
from kpikit.results import Result

Cards = Mapping[str, Card]


def cards_of(data: Any) -> Cards:
    """Return the cards of the KPIs of loaded data by id: with their settings, own questions and indicators.

    None, or data without a configuration, gives the cards that come with kpikit.
    """
    config = getattr(data, "config", None)
    return {name: its.card for name, its in configured(config).items()}


def sentence_case(title: str) -> str:
    """Return a title as it stands within a sentence.

    >>> sentence_case("Average order value"), sentence_case("NPS of the web shop")
    ('average order value', 'NPS of the web shop')
    """
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title


def scores(
    values: pd.DataFrame, *, period: str, currency: str = "", partial_note: str = "", data: Any = None
) -> Result:
    """Return the key figures of a page: the last complete period of every KPI, with what changed.

    Parameters
    ----------
    values
        As :func:`compute` returns it, with ``period`` and without ``by``.
    data
        What :func:`kpikit.load` returned, where the configuration's own KPIs are among the values.
    """
    table, cards = latest(values), cards_of(data)
    unit = Period.parse(period)
    gone: list[Any] = list(withheld(values).itertuples())
    said = [_score_sentence(row, cards[str(row.kpi)], unit, currency) for row in table.itertuples()]
    said += [f"{cards[row.kpi].title}, {unit.label(row.period)}: too few people to be shown." for row in gone]
    text = " ".join(said)
    complete = values[(values.status == "complete") & values.value.notna()]
    histories = {str(name): tuple(group.value.astype(float)) for name, group in complete.groupby("kpi", sort=False)}
    tiles = [_tile(row, cards[str(row.kpi)], histories[str(row.kpi)], unit, currency) for row in table.itertuples()]
    tiles += [Tile(cards[row.kpi].title, "–", unit.label(row.period), count="too few people") for row in gone]
    return key_figures(
        tiles,
        text=f"{text} {partial_note}".strip(),
        headline=_headline(table, cards, unit, currency),
        table=table,
        kpis=records(values, cards),
        facts={"period": period, "currency": currency},
    )


def _tile(row: Any, its: Card, history: tuple[float, ...], unit: Period, currency: str) -> Tile:
    before = "" if pd.isna(row.previous_period) else unit.label(row.previous_period)
    change, tone = change_in_words(
        row.verdict, row.change, row.previous, before, style=its.style, direction=its.direction, currency=currency
    )
    return Tile(
        title=its.title,
        value=styled(row.value, its.style, currency),
        period=unit.label(row.period) + (f" · {its.unit}" if its.style == "decimal" else ""),
        change=change,
        tone=tone,
        interval="" if pd.isna(row.low) else f"95 % interval {interval(row.low, row.high, its.style, currency)}",
        count=f"n = {counted(row.n, its.counts)}",
        history=history,
        history_text=history_in_words(its.title, history, unit.unit, style=its.style, currency=currency),
    )


def records(values: pd.DataFrame, cards: Cards | None = None) -> tuple[dict[str, Any], ...]:
    """Return computed KPIs as plain values for ``kpis.json``, each with the version of its definition."""
    cards = cards_of(None) if cards is None else cards
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()}
        for row in values.astype(object).where(values.notna(), None).to_dict("records")
    ]
    for row in rows:
        row["period"] = None if row["period"] is None else row["period"].date().isoformat()
        row["definition"] = cards[row["kpi"]].version
        row.update(
            {
                name: float(row[name])
                for name in ("numerator", "denominator", "value", "low", "high")
                if row[name] is not None
            }
        )
        row["n"] = None if row["n"] is None else int(row["n"])
    return tuple(rows)


def definitions(*cards: str | Card, data: Any = None) -> Result:
    """Return the definitions used on a page, as cards; with ``data``, those of its configuration too."""
    config = getattr(data, "config", None)
    known = configured(config)
    shown = [one if isinstance(one, Card) else find(one, known).card for one in cards]
    rows = pd.DataFrame(
        [asdict(one) | {"needs": ", ".join(one.needs), "interval": INTERVALS[one.interval]} for one in shown]
    )
    return Result("definitions", "definitions", "Definitions used on this page", table=rows)


def _headline(table: pd.DataFrame, cards: Cards, unit: Period, currency: str) -> str:
    """Return the sentence about the figures that moved clearly, or that none did."""
    moved: list[Any] = list(table[table.verdict.isin(["up", "down"])].itertuples())
    if (table.verdict == "no comparison").all():
        return ""
    if not moved:
        return "No key figure changed clearly against the period before."
    parts = []
    for row in moved[:2]:
        its = cards[row.kpi]
        now, then = styled(row.value, its.style, currency), styled(row.previous, its.style, currency)
        parts.append(
            f"{sentence_case(its.title)} went {row.verdict} to {now} in {unit.label(row.period)} "
            f"from {then} in {unit.label(row.previous_period)}"
        )
    sentence = joined(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _score_sentence(row: Any, its: Card, unit: Period, currency: str) -> str:
    value = styled(row.value, its.style, currency)
    held = interval(row.low, row.high, its.style, currency)
    said = {"up": "clearly up on", "down": "clearly down on", "no clear change": "no clear change against"}.get(
        row.verdict
    )
    then = f"; {said} {styled(row.previous, its.style, currency)} in {unit.label(row.previous_period)}" if said else ""
    return f"{its.title}, {unit.label(row.period)}: {value} (95 % interval {held}; n = {number(row.n)}){then}."
