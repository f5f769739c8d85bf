"""Figures of what customers get: figures against targets, products' returns, the same KPI in every channel."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.formatting import interval, money, number, percent, styled
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import figure, is_narrow
from kpikit.plots.html import Format, show
from kpikit.results import Result

MOST_PRODUCTS, MOST_PRODUCTS_NARROW, MOST_KPIS = 20, 12, 6
TARGETS = {"met": (LIGHT["good"], "^", "clearly met"), "missed": (LIGHT["bad"], "v", "clearly missed")}
RETURNS = {"more returns": (LIGHT["bad"], "^", "more returns"), "fewer returns": (LIGHT["good"], "v", "fewer returns")}


def experience(result: Result) -> Result:
    """Return the shares of what customers get drawn as dots with intervals beside their targets; else a table."""
    shares = result.table[result.table["style"] == "percent"]
    labels = {"title": "What customers get", "shown": "Last complete period", "held": "95 % interval",
              "n": "Customers", "aim": "Target", "target_verdict": "Target is"}  # fmt: skip
    table = result.table.assign(
        shown=[styled(row.value, row.style) for row in result.table.itertuples()],
        held=[interval(row.low, row.high, row.style) for row in result.table.itertuples()],
        aim=[styled(row.target, row.style) for row in result.table.itertuples()],
    )
    drawn = replace(result, table=table)
    if shares.empty:
        return _kept(result, show(drawn, labels=labels))
    return _kept(result, figure(
        drawn,
        lambda rows, ax: draw_experience(rows[rows["style"] == "percent"], ax),
        what="Dots with 95 % intervals of what customers got in the last complete period, targets as strokes",
        height=1.0 + 0.42 * len(shares),
        narrow_height=1.2 + 0.5 * len(shares),
        labels=labels,
    ))  # fmt: skip


def _kept(result: Result, drawn: Result) -> Result:
    """Return the result as it was, with the fragment: the columns made for readers are not for the CSV file."""
    return result.with_html(drawn.html, drawn.kind)


def draw_experience(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw one row per KPI: its value with its interval, its target as a stroke."""
    places = np.arange(len(table))
    low, value, high = (table[name].astype(float) for name in ("low", "value", "high"))
    _by_verdict(ax, places, low, value, high, table.target_verdict, TARGETS, (SERIES[0], "o", "not clear"))
    aimed = table.target.notna().to_numpy()
    ax.scatter(table.target[aimed].astype(float), places[aimed], marker="|", s=260, color=LIGHT["ink"], zorder=2)
    ax.set_yticks(places, [_wrapped(title, ax) for title in table.title])
    ax.invert_yaxis()
    ax.margins(x=0.06, y=0.12)
    note = "; | target" if aimed.any() else ""
    ax.set(xlabel=f"Share{note}")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    _only_across(ax)
    return ax


def products(result: Result) -> Result:
    """Return the products drawn: how often each comes back, with its interval; a table where that is not known."""
    currency = result.facts.get("currency", "")
    labels = {"product": "Product", "revenue": "Revenue", "share_of_revenue": "Share", "orders": "Orders",
              "lines_old_enough": "Lines", "return_rate": "Returned", "return_low": "Low", "return_high": "High",
              "return_shrunk": "Drawn to the mean", "verdict": "Against the others", "rating": "Rating",
              "came_back_rate": "First buyers who came back", "began": "First buyers"}  # fmt: skip
    shares = ("share_of_revenue", "return_rate", "return_low", "return_high", "return_shrunk", "came_back_rate")
    formats: dict[str, Format] = dict.fromkeys(shares, percent)
    written: dict[str, Format] = {
        **formats,
        "revenue": partial(money, currency=currency),
        "rating": partial(number, decimals=2),
    }
    written |= dict.fromkeys(("orders", "lines_old_enough", "began"), number)
    if "return_rate" not in result.table.columns or result.table.return_rate.isna().all():
        named = {name: label for name, label in labels.items() if name in result.table.columns}
        return show(result, labels=named or None, formats=written)
    shown = min(len(result.table), MOST_PRODUCTS)
    return figure(
        result,
        draw_products,
        what="Dots with 95 % intervals of the share of each product's order lines that came back",
        height=1.0 + 0.3 * shown,
        narrow_height=1.2 + 0.32 * min(shown, MOST_PRODUCTS_NARROW),
        labels=labels,
        formats=written,
    )


def draw_products(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw return rates of the products with most revenue, highest first, and the mean of all as a line."""
    known = table[table.return_rate.notna()]
    mean = known.returned.sum() / known.lines_old_enough.sum()
    shown = known.head(MOST_PRODUCTS_NARROW if is_narrow(ax) else MOST_PRODUCTS)
    shown = shown.sort_values("return_rate", ascending=False)
    places = np.arange(len(shown))
    ax.axvline(mean, color=LIGHT["muted"], linewidth=1, linestyle="--")
    _by_verdict(ax, places, shown.return_low, shown.return_rate, shown.return_high, shown.verdict, RETURNS,
                (LIGHT["muted"], "o", "no clear difference"))  # fmt: skip
    ax.set_yticks(places, [_wrapped(str(name), ax) for name in shown["product"]])
    ax.invert_yaxis()
    ax.margins(y=0.08)
    ax.set(xlabel="Order lines returned; dashes: all products", xlim=(0, None))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    _only_across(ax)
    return ax


def _by_verdict(
    ax: Axes,
    places: Any,
    low: Any,
    value: Any,
    high: Any,
    verdicts: Any,
    looks: dict[str, tuple[str, str, str]],
    other: tuple[str, str, str],
) -> None:
    """Draw values with their intervals; a verdict has a shape and a name besides its colour."""
    for key in dict.fromkeys(verdict if verdict in looks else "" for verdict in verdicts):
        colour, marker, label = looks.get(key, other)
        at = np.array([(verdict if verdict in looks else "") == key for verdict in verdicts])
        ax.hlines(places[at], low[at], high[at], color=colour, linewidth=2)
        ax.scatter(value[at], places[at], s=44, color=colour, marker=marker, zorder=3, label=label)
    if any(verdict in looks for verdict in verdicts):
        narrow = is_narrow(ax)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2 if narrow else 3, fontsize=8 if narrow else 9)


def consistency(result: Result) -> Result:
    """Return KPIs by channel drawn below one another; only the sentence where there is nothing to compare."""
    if result.table.empty:
        return show(replace(result, table=None))
    by = result.facts["by"]
    table = result.table.assign(
        shown=[styled(row.value, row.style) for row in result.table.itertuples()],
        held=[interval(row.low, row.high, row.style) for row in result.table.itertuples()],
    )
    kpis, rows = table.kpi.nunique(), len(table[table.kpi.isin(table.kpi.unique()[:MOST_KPIS])])
    return _kept(result, figure(
        replace(result, table=table),
        draw_consistency,
        what=f"Dots with 95 % intervals of {number(kpis)} figures in each {by}, as differences from their mean",
        height=1.0 + 0.26 * (rows + min(kpis, MOST_KPIS)),
        narrow_height=1.2 + 0.28 * (rows + min(kpis, MOST_KPIS)),
        labels={"title": "Figure", "segment": by.capitalize(), "shown": "Value", "held": "95 % interval",
                "n": "Customers", "verdict": "Verdict"},
    ))  # fmt: skip


def draw_consistency(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each KPI's channels below one another, as a relation to the mean of its channels: 1 is that mean."""
    place, places, names, heads = 0, [], [], set()
    for number_of, (_, group) in enumerate(table.groupby("kpi", sort=False)):
        if number_of == MOST_KPIS:
            break
        middle = float(group.value.mean()) or 1.0
        heads.add(place)
        places.append(place)
        names.append(_wrapped(str(group.title.iloc[0]), ax))
        differ = group.verdict.iloc[0] == "channels differ"
        for row in list(group.itertuples()):
            place += 1
            _draw_channel(ax, row, place, middle, SERIES[0] if differ else LIGHT["muted"])
            places.append(place)
            names.append(f"{row.segment}")
        place += 1
    ax.axvline(1, color=LIGHT["muted"], linewidth=1)
    ax.set_yticks(places, names)
    ax.set_ylim(place - 0.4, -0.6)
    for at, label in zip(places, ax.get_yticklabels(), strict=True):
        if at in heads:
            label.set_fontweight("bold")
    ax.set(xlabel="Relative to the mean of the channels (1 = the mean)")
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
    _only_across(ax)
    return ax


def _draw_channel(ax: Axes, row: Any, place: int, middle: float, colour: str) -> None:
    ax.hlines(place, row.low / middle, row.high / middle, color=colour, linewidth=2)
    ax.scatter([row.value / middle], [place], s=26, color=colour, zorder=3)


def unmeasured(result: Result) -> Result:
    """Return what the data lack, as a table; only the sentence where they lack nothing."""
    if result.table.empty:
        return show(replace(result, table=None))
    return show(result, labels={"title": "Not measured", "lacks": "Needs"})


def _wrapped(text: str, ax: Axes) -> str:
    most = 18 if is_narrow(ax) else 34
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _only_across(ax: Axes) -> None:
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
