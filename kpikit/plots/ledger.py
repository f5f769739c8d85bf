"""Forecasts that are kept, and earlier ones beside what came, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from kpikit.formatting import MISSING, interval, missing, number, percent, styled
from kpikit.plots.html import render, show, table_html
from kpikit.results import Result, slug

WHOLE = "all"


def forecasts(result: Result) -> Result:
    """Return what a run forecasts drawn: a sentence, and the forecasts behind a fold."""
    currency = result.facts.get("currency", "")
    if not len(result.table):
        return show(replace(result, table=None), kind=result.kind)
    labels = {"what": "Forecast", "whose": "Of whom", "until": "Up to", "value": "Forecast value",
              "interval": "Interval", "model": "Model"}  # fmt: skip
    rows = _texts(result.table, currency).assign(
        until=[_day_before(ends) for ends in result.table.ends], model=result.table.model
    )
    folded = table_html(rows, result.title, labels=labels)
    text, ask = f"{result.title}. {result.text}", "Show these forecasts"
    return result.with_html(render("folded", name=slug(result.name), text=text, summary=ask, table=folded))


def earlier_forecasts(result: Result) -> Result:
    """Return earlier forecasts beside what came drawn; only the sentence where none has come due."""
    if result.table is None or not len(result.table):
        return show(result, kind="text")
    labels = {"what": "Forecast", "whose": "Of whom", "period": "Horizon", "value": "Forecast value",
              "interval": "Interval", "came": "Came", "error": "Off by", "verdict": "Interval held"}  # fmt: skip
    table, currency = result.table, result.facts.get("currency", "")
    rows = _texts(table, currency).assign(
        period=table.period,
        came=[styled(row.came, row.style, currency) for row in table.itertuples()],
        error=[MISSING if missing(error) else f"{'+' if error >= 0 else ''}{percent(error)}" for error in table.error],
        verdict=["yes" if verdict == "inside" else f"no: {verdict}" if verdict != "no interval" else verdict
                 for verdict in table.verdict],
    )  # fmt: skip
    drawn = show(replace(result, table=rows), labels=labels)
    return result.with_html(drawn.html, "table")


def _texts(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return what both tables show: each number as its own style has it."""
    rows: list[Any] = list(table.itertuples())
    return pd.DataFrame(
        {
            "what": [row.title for row in rows],
            "whose": [_whose(row) for row in rows],
            "value": [styled(row.value, row.style, currency) for row in rows],
            "interval": [interval(row.low, row.high, row.style, currency) for row in rows],
        }
    )


def _whose(row: Any) -> str:
    size = "" if missing(row.n) else f" (n = {number(row.n)})"
    return f"{row.segment if row.segment != WHOLE else 'all'}{size}"


def _day_before(ends: str) -> str:
    return f"{pd.Timestamp(ends) - pd.Timedelta(days=1):%Y-%m-%d}"
