"""The scorecard drawn: goals in words, status list, control charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.formatting import number, percent, styled
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import encoded as encoded
from kpikit.plots.html import render, table_html
from kpikit.plots.style import NARROW_INCHES
from kpikit.results import Result, slug

SMALL_HEIGHT = 2.3
NO_GOAL = "no goal"
STATUSES = (
    ("on target", "good", "✓"),
    ("at risk", "warn", "!"),
    ("off target", "bad", "✕"),
    ("unknown", "neutral", "?"),
)


def status_line(result: Result) -> Result:
    """Return how many goals are on target, at risk, off target and unknown: sign, number and word."""
    found = result.facts["goals"]
    counts = [
        {"status": status, "tone": tone, "sign": sign, "size": found[status]}
        for status, tone, sign in STATUSES
        if found.get(status)
    ]
    return result.with_html(render("counts", text=result.text, counts=counts))


def status_list(result: Result) -> Result:
    """Return a status list drawn: for each goal its status in words, value, goal, way to go, owner and history.

    Parameters
    ----------
    result
        ``table``: ``status``, ``sign``, ``tone`` (``good``, ``warn``, ``bad``, ``neutral``), ``title``, ``owner``,
        ``text``, ``context``.
    """
    rows = result.table.to_dict("records")
    goals, others = ([row for row in rows if (row["status"] == NO_GOAL) is without] for without in (False, True))
    html = render("statuses", name=slug(result.name), title=result.title, goals=goals, others=others)
    return result.with_html(html)


def changes(result: Result) -> Result:
    """Return what changed drawn: the clear changes as a table, all that was judged behind a fold.

    Parameters
    ----------
    result
        ``table``: the texts of one row per figure and comparison; ``verdict`` says which are clear.
    """
    clear = result.table[result.table.verdict.isin(["up", "down"])]
    html = render(
        "changes", name=slug(result.name), title=result.title, text=result.text,
        clear=table_html(clear, "Clear changes") if len(clear) else Markup(),
        every=table_html(result.table, "All changes judged") if len(result.table) else Markup(),
    )  # fmt: skip
    return result.with_html(html)


def control_charts(result: Result) -> Result:
    """Return control charts drawn as small multiples, each with its sentence; all numbers in one table below.

    Parameters
    ----------
    result
        ``table``: ``kpi``, ``period``, ``value``, ``center``, ``low``, ``high``, ``z``, ``signal``;
        ``facts["charts"]``: for each KPI ``kpi``, ``title``, ``text``, ``what``, ``style``, ``unit``, ``goal``.
    """
    currency = result.facts["currency"]
    charts = [
        _chart(chart, result.table[result.table.kpi == chart["kpi"]], currency) for chart in result.facts["charts"]
    ]
    html = render(
        "charts", name=slug(result.name), title=result.title, text=result.text, charts=charts,
        table=_numbers(result, currency),
    )  # fmt: skip
    return result.with_html(html, "figure")


def _chart(chart: Mapping[str, Any], table: pd.DataFrame, currency: str) -> Markup:
    def draw(rows: pd.DataFrame, ax: Axes) -> Axes:
        return draw_control(rows, ax, style=chart["style"], currency=currency, goal=chart["goal"])

    return render(
        "small figure",
        name=slug(f"control {chart['kpi']}"),
        title=chart["title"],
        text=chart["text"],
        alt=f"{chart['what']}. {chart['title']}.",
        image=encoded(Result(chart["kpi"], "figure", chart["title"], table=table), draw, NARROW_INCHES, SMALL_HEIGHT),
    )


def draw_control(
    table: pd.DataFrame, ax: Axes, *, style: str = "decimal", currency: str = "", goal: float | None = None
) -> Axes:
    """Draw values between their limits; what lies outside is ringed, a goal is a dotted line."""
    ax.fill_between(table.period, table.low, table.high, color=SERIES[0], alpha=0.13, linewidth=0, step="mid")
    ax.plot(table.period, table.center, color=LIGHT["muted"], linewidth=1, drawstyle="steps-mid")
    ax.plot(table.period, table.value, color=SERIES[0], marker="o", markersize=3.5)
    outside = table[table.signal != ""]
    ax.scatter(outside.period, outside.value, s=90, facecolor="none", edgecolor=LIGHT["bad"], linewidth=1.6, zorder=3)
    if goal is not None:
        ax.axhline(goal, color=SERIES[2], linestyle=":", linewidth=1.6)
        ax.annotate(
            f"goal {styled(goal, style, currency)}", (0.995, goal), xycoords=("axes fraction", "data"),
            ha="right", va="bottom", fontsize=8.5, color=SERIES[2], zorder=1.5,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
        )  # fmt: skip
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, style)))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    dates = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]  # matplotlib has no types there
    ax.xaxis.set_major_locator(dates)
    short = ConciseDateFormatter(dates, show_offset=False)  # type: ignore[no-untyped-call]  # likewise
    ax.xaxis.set_major_formatter(short)
    ax.tick_params(labelsize=9)
    ax.set_ylabel({"money": currency or "amount", "percent": "", "count": ""}.get(style, style), fontsize=9)
    ax.margins(x=0.03, y=0.12)
    return ax


def _tick(value: float, style: str) -> str:
    if style == "percent":
        return percent(value, 0 if abs(value * 100 - round(value * 100)) < 1e-6 else 1)
    return number(value, 0 if float(value).is_integer() else 1)


def _numbers(result: Result, currency: str) -> Markup:
    if result.table.empty:
        return Markup()
    styles = {chart["kpi"]: chart["style"] for chart in result.facts["charts"]}
    names = {chart["kpi"]: chart["title"].partition(":")[0] for chart in result.facts["charts"]}
    shown = result.table[["kpi", "period", "value", "low", "high", "signal"]].astype(object)
    for column in ("value", "low", "high"):
        shown[column] = [styled(v, styles[kpi], currency) for kpi, v in zip(shown.kpi, shown[column], strict=True)]
    shown["kpi"] = [names[kpi] for kpi in shown.kpi]
    labels = {"kpi": "Figure", "period": "Period", "value": "Value", "low": "Lower limit", "high": "Upper limit",
              "signal": "Outside"}  # fmt: skip
    shown["signal"] = [{"high": "above", "low": "below"}.get(signal, "no") for signal in shown.signal]
    return table_html(shown, "Values and control limits", labels=labels)
