"""Forecasts that are kept, and earlier ones beside what came, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from kpikit.formatting import MISSING, interval, missing, percent, styled
from kpikit.plots.html import render, show, table_html
from kpikit.results import Result, slug

WHOLE, INSIDE, NO_INTERVAL = "all", "inside", "no interval"
MADE = {"title": "Forecast", "segment": "Of whom", "n": "n", "until": "Up to", "value": "Expected",
        "interval": "Interval", "model": "Model"}  # fmt: skip
JUDGED = {"title": "Forecast", "segment": "Of whom", "n": "n", "as_of": "From", "until": "Up to", "value": "Expected",
          "interval": "Interval", "came": "Came", "error": "Off by", "held": "Interval held"}  # fmt: skip


def forecasts(result: Result) -> Result:
    """Return what a run forecasts drawn: a sentence, and the forecasts behind a fold."""
    if not len(result.table):
        return show(replace(result, table=None), kind=result.kind)
    more = table_html(_texts(result), result.title, labels=MADE)
    said = {"name": slug(result.name), "title": "", "text": f"{result.title}. {result.text}", "table": Markup()}
    return result.with_html(render("folded", **said, ask="Show these forecasts", more=more))


def earlier_forecasts(result: Result) -> Result:
    """Return earlier forecasts beside what came drawn, the newest first; those of segments behind a fold.

    Only the sentence where none has come due.
    """
    if result.table is None or not len(result.table):
        return show(result, kind="text")
    texts = _texts(result).sort_values(["ends", "as_of"], ascending=False, kind="stable")
    whole = texts[texts.segment == WHOLE]
    if whole.empty or len(whole) == len(texts):
        table, more = table_html(texts, result.title, labels=JUDGED), Markup()
    else:
        table = table_html(whole, f"{result.title}: those of the whole", labels=JUDGED)
        more = table_html(texts, f"{result.title}: all of them", labels=JUDGED)
    said = {"name": slug(result.name), "title": result.title, "text": result.text, "table": table}
    return result.with_html(render("folded", **said, ask="Show every forecast judged", more=more), "table")


def _texts(result: Result) -> pd.DataFrame:
    """Return a table's rows as readers see them: each number as its own style has it."""
    currency = result.facts.get("currency", "")
    rows: list[Any] = list(result.table.itertuples())
    table: pd.DataFrame = result.table
    texts = table.assign(
        until=[_day_before(row.ends) for row in rows],
        value=[styled(row.value, row.style, currency) for row in rows],
        interval=[interval(row.low, row.high, row.style, currency) for row in rows],
    )
    if "came" in texts.columns:
        texts = texts.assign(
            came=[styled(row.came, row.style, currency) for row in rows],
            error=[_signed(row.error) for row in rows],
            held=[_held(row.verdict) for row in rows],
        )
    return texts


def _signed(error: float) -> str:
    if missing(error):
        return MISSING
    return f"+{percent(error)}" if error >= 0 else percent(error)


def _held(verdict: str) -> str:
    return {INSIDE: "yes", NO_INTERVAL: NO_INTERVAL}.get(verdict, f"no: {verdict}")


def _day_before(ends: str) -> str:
    return f"{pd.Timestamp(ends) - pd.Timedelta(days=1):%Y-%m-%d}"
