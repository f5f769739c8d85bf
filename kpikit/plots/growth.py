"""Figures and tables of growth: cost, value against cost, payback, return, segments, concentration, funnel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from kpikit.formatting import money, number, percent
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import Draw, figure, is_narrow
from kpikit.plots.html import Format, render, show
from kpikit.results import Result, slug

PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
NOT_REACHED = "not within the data"
MOST_LINES = 6
HIGHEST = 5.0  # times the cost: above it the axis is logarithmic, else nothing is seen where the cost is earned


def _said(result: Result) -> Result:
    """Return a result without rows drawn: its title and its reason."""
    html = render("section", name=slug(result.name), title=result.title, text=result.text, table=Markup())
    return result.with_html(html, "text")


def _drawn(
    result: Result,
    draw: Draw,
    *,
    what: str,
    labels: Mapping[str, str],
    formats: Mapping[str, Format],
    height: float = 3.6,
) -> Result:
    if result.table.empty:
        return _said(result)
    return figure(result, draw, what=what, labels=labels, formats=formats, height=height)


def _shown(result: Result, labels: Mapping[str, str], formats: Mapping[str, Format]) -> Result:
    return _said(result) if result.table.empty else show(result, labels=labels, formats=formats)


def _amounts(result: Result, *names: str, decimals: int | None = None) -> dict[str, Format]:
    currency = result.facts.get("currency", "")
    return dict.fromkeys(names, lambda value: money(value, currency, decimals))


def _rows_height(table: pd.DataFrame) -> float:
    return 1.2 + 0.36 * max(len(table), 1)


def acquisition_costs(result: Result) -> Result:
    """Return what a new customer costs by channel drawn: media and fully loaded, with intervals."""
    formats = _amounts(result, "media", "overhead", decimals=0)
    formats |= _amounts(result, "media_cost", "full_cost", "media_low", "media_high", "full_low", "full_high")
    return _drawn(
        result,
        lambda table, ax: draw_costs(table, ax, currency=result.facts.get("currency", "")),
        what="Cost of a new customer by channel, in media and fully loaded, with 95 % intervals",
        height=_rows_height(result.table),
        labels={"channel": "Channel", "customers": "New customers", "media": "Media", "overhead": "Salaries, tools",
                "media_cost": "Media each", "media_low": "Low", "media_high": "High", "full_cost": "Fully loaded each",
                "full_low": "Low ", "full_high": "High "},
        formats={**formats, "customers": number},
    )  # fmt: skip


def draw_costs(table: pd.DataFrame, ax: Axes, *, currency: str = "") -> Axes:
    """Draw two marks with their intervals for each channel: media, fully loaded."""
    places = np.arange(len(table))
    for kind, shift, colour, label in (("media", -0.13, SERIES[0], "Media"), ("full", 0.13, SERIES[1], "Fully loaded")):
        _marks(ax, places + shift, table[f"{kind}_cost"], table[f"{kind}_low"], table[f"{kind}_high"], colour, label)
    _channels(ax, table.channel)
    _legend(ax)
    ax.set(xlabel=f"Cost of a new customer ({currency or 'amount'})", xlim=(0, None))
    return ax


def lag_sensitivity(result: Result) -> Result:
    """Return the cost of a new customer by lag as a table."""
    labels = {"lag_months": "Spend works later by (months)", "customers": "New customers", "media_cost": "Media each",
              "full_cost": "Fully loaded each", "full_low": "Low", "full_high": "High"}  # fmt: skip
    return _shown(
        result, labels, {**_amounts(result, "media_cost", "full_cost", "full_low", "full_high"), "customers": number}
    )


def ltv_to_cac(result: Result) -> Result:
    """Return value over cost by channel drawn, with the line at which a customer just earns the cost."""
    formats = _amounts(result, "value", "so_far", "media_cost", "full_cost")
    formats |= dict.fromkeys(
        ("to_media", "to_media_low", "to_media_high", "to_full", "to_full_low", "to_full_high"),
        lambda value: number(value, 2),
    )
    return _drawn(
        result,
        draw_ratios,
        what="Lifetime value over the cost of a new customer by channel, with joint 95 % intervals",
        height=_rows_height(result.table),
        labels={"channel": "Channel", "customers": "Customers", "value": "Value each", "so_far": "of it so far",
                "media_cost": "Media each", "full_cost": "Fully loaded each", "to_media": "Value / media",
                "to_media_low": "Low", "to_media_high": "High", "to_full": "Value / fully loaded",
                "to_full_low": "Low ", "to_full_high": "High "},
        formats={**formats, "customers": number},
    )  # fmt: skip


def draw_ratios(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw value over cost against media and against all spend, from 0, with a line at 1."""
    places = np.arange(len(table))
    ax.axvline(1, color=LIGHT["muted"], linewidth=1, linestyle=":")
    for kind, shift, colour, label in (
        ("full", -0.13, SERIES[1], "Against the fully loaded cost"),
        ("media", 0.13, SERIES[0], "Against media alone"),
    ):
        _marks(
            ax, places + shift, table[f"to_{kind}"], table[f"to_{kind}_low"], table[f"to_{kind}_high"], colour, label
        )
    _channels(ax, table.channel)
    _legend(ax)
    words = "Value / cost" if is_narrow(ax) else "Lifetime value / cost of a new customer"
    ax.set(xlabel=f"{words} (1: just earned)", xlim=(0, None))
    return ax


def return_on_spend(result: Result) -> Result:
    """Return the return on acquisition spend by channel as a table."""
    labels = {"channel": "Channel", "customers": "Customers", "margin": "Margin", "spend": "Spend, fully loaded",
              "roi": "Return", "roi_low": "Low", "roi_high": "High", "media_roi": "Return on media"}  # fmt: skip
    formats: dict[str, Format] = dict.fromkeys(
        ("roi", "roi_low", "roi_high", "media_roi"), lambda value: percent(value, 0)
    )  # fmt: skip
    return _shown(result, labels, {**formats, **_amounts(result, "margin", "spend", decimals=0), "customers": number})


def payback_curve(result: Result) -> Result:
    """Return the earned share of the cost by age drawn, with the line at which it is paid back."""
    return _drawn(
        result,
        draw_payback,
        what="Lines of cumulative margin over the cost of a new customer, by months since the first order",
        labels={"channel": "Channel", "months": "Months", "customers": "Customers", "per_customer": "Margin each",
                "earned": "Earned", "low": "Low", "high": "High"},
        formats={**_amounts(result, "per_customer"), **dict.fromkeys(("earned", "low", "high"), percent),
                 "customers": number},
    )  # fmt: skip


def draw_payback(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw one line for each channel, all channels with their interval, and a line at 100 %."""
    ax.axhline(1, color=LIGHT["muted"], linewidth=1, linestyle=":")
    names = list(dict.fromkeys(table.channel))[:MOST_LINES]
    for name, colour in zip(names, (LIGHT["ink"], *SERIES), strict=False):
        part = table[table.channel == name]
        if name == names[0]:
            ax.fill_between(part.months, part.low, part.high, color=colour, alpha=0.14, linewidth=0)
        width = 2.0 if name == names[0] else 1.3
        ax.plot(part.months, part.earned, color=colour, linewidth=width, label=str(name), marker="o", markersize=2.5)
    ax.legend(loc="best", fontsize=8 if is_narrow(ax) else 9)
    top = float(table.high.max())
    ax.set(xlabel="Months since the first order", ylabel="Margin so far / cost", ylim=(0, top * 1.05))
    if top > HIGHEST and float(table.low.min()) > 0:
        ax.set_yscale("log")
        ax.set_ylim(min(0.9, float(table.low.min())) * 0.95, top * 1.05)
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_ylabel("Margin so far / cost (log scale)")
    ax.yaxis.set_major_formatter(PERCENT)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def payback_months(result: Result) -> Result:
    """Return when the cost is earned back, by channel, as a table."""
    labels = {"channel": "Channel", "customers": "Customers", "full_cost": "Fully loaded each",
              "months": "Earned back after", "months_low": "At the earliest", "months_high": "At the latest",
              "media_months": "Media alone", "earned": "Earned at the oldest age",
              "last_customers": "Customers that old"}  # fmt: skip
    formats: dict[str, Format] = dict.fromkeys(("months", "months_low", "months_high"), _months)
    formats |= {"earned": lambda value: percent(value, 0), "customers": number, "last_customers": number}
    given = result.table
    told = given.media_months.map(_months).where(given.media_cost > 0, "no media")
    table = given.assign(media_months=told.astype(object))
    drawn = _shown(replace(result, table=table), labels, {**formats, **_amounts(result, "full_cost")})
    return replace(drawn, table=given)


def _months(value: float) -> str:
    if np.isnan(value):
        return NOT_REACHED
    return "first order" if value == 0 else f"{number(value)} mo."


def segment_profitability(result: Result) -> Result:
    """Return margin per customer by segment drawn: own mean, and drawn towards the mean with its interval."""
    currency = result.facts.get("currency", "")
    formats = _amounts(result, "per_customer", "low", "high", "shrunk", "shrunk_low", "shrunk_high")
    formats |= _amounts(result, "margin", decimals=0)
    formats |= {"share_of_margin": percent, "customers": number, "own_weight": lambda value: percent(value, 0)}
    return _drawn(
        result,
        lambda table, ax: draw_segments(table, ax, currency=currency),
        what="Margin per customer by segment, small segments drawn towards the mean, with 95 % intervals",
        height=_rows_height(result.table.head(30)),
        labels={"segment": "Segment", "customers": "Customers", "orders": "Orders", "margin": "Margin",
                "share_of_margin": "Share of margin", "per_customer": "Margin each", "low": "Low", "high": "High",
                "shrunk": "Drawn to the mean", "shrunk_low": "Low ", "shrunk_high": "High ",
                "own_weight": "Own weight"},
        formats=formats,
    )  # fmt: skip


def draw_segments(table: pd.DataFrame, ax: Axes, *, currency: str = "") -> Axes:
    """Draw the shrunk mean with its interval for each segment, and its own mean hollow."""
    shown = table.head(30)
    places = np.arange(len(shown))
    _marks(ax, places, shown.shrunk, shown.shrunk_low, shown.shrunk_high, SERIES[0], "Drawn to the mean, with interval")
    ax.scatter(shown.per_customer, places, s=40, facecolor="none", edgecolor=LIGHT["muted"], label="Own mean")
    _channels(ax, shown.segment)
    _legend(ax)
    ax.set(xlabel=f"Margin per customer ({currency or 'amount'})")
    return ax


def rfm_segments(result: Result) -> Result:
    """Return customers and margin by RFM segment as a table."""
    labels = {"segment": "Segment", "customers": "Customers", "share_of_customers": "Share", "orders": "Orders each",
              "recency_days": "Days since the last (median)", "margin": "Margin", "share_of_margin": "Share of margin",
              "per_customer": "Margin each", "low": "Low", "high": "High"}  # fmt: skip
    formats: dict[str, Format] = {"share_of_customers": percent, "share_of_margin": percent, "customers": number}
    formats |= {"orders": lambda value: number(value, 1), "recency_days": number}
    formats |= {**_amounts(result, "margin", decimals=0), **_amounts(result, "per_customer", "low", "high")}
    return _shown(result, labels, formats)


def revenue_concentration(result: Result) -> Result:
    """Return the concentration of revenue drawn: share of customers, highest spending first, against revenue."""
    top, share = result.facts.get("top", 0.1), result.facts.get("top_share")
    return _drawn(
        result,
        lambda table, ax: draw_concentration(table, ax, top=top, share=share),
        what="Curve of the share of revenue brought by the customers who spent most",
        labels={"customer_share": "Customers, highest spending first", "revenue_share": "Share of revenue"},
        formats={"customer_share": lambda value: percent(value, 0), "revenue_share": percent},
    )


def draw_concentration(table: pd.DataFrame, ax: Axes, *, top: float = 0.1, share: float | None = None) -> Axes:
    """Draw the concentration curve with equal shares as a reference and the top share marked."""
    ax.plot([0, 1], [0, 1], color=LIGHT["muted"], linestyle=":", linewidth=1, label="Everybody equal")
    ax.plot(table.customer_share, table.revenue_share, color=SERIES[0])
    ax.fill_between(table.customer_share, table.revenue_share, color=SERIES[0], alpha=0.12, linewidth=0)
    if share is not None:
        ax.scatter([top], [share], color=SERIES[0], s=36, zorder=3)
        note = f"top {percent(top, 0)}: {percent(share, 0)}"
        ax.annotate(
            note, (top, share), (min(top + 0.06, 0.7), max(share - 0.10, 0.02)), color=LIGHT["ink"], fontsize=10
        )
    ax.legend(loc="lower right", fontsize=9)
    ax.set(xlabel="Customers, highest spending first", ylabel="Share of revenue", xlim=(0, 1), ylim=(0, 1.02))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def funnel(result: Result) -> Result:
    """Return the funnel drawn: visitors at each step, with the share that came from the step before."""
    return _drawn(
        result,
        draw_funnel,
        what="Bars of the visitors who reach each step of the journey",
        height=_rows_height(result.table.drop_duplicates("step_number")) if len(result.table) else 3.0,
        labels={"segment": "Segment", "step": "Step", "visitors": "Visitors", "of_previous": "Of the step before",
                "low": "Low", "high": "High", "of_entered": "Of all who began"},
        formats={**dict.fromkeys(("of_previous", "low", "high", "of_entered"), percent), "visitors": number},
    )  # fmt: skip


def draw_funnel(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw one bar for each step, all periods and segments together."""
    whole = table.groupby(["step_number", "step"], as_index=False)[["visitors", "previous"]].sum()
    places = range(len(whole))
    ax.barh(places, whole.visitors, color=SERIES[0], height=0.62)
    widest = float(whole.visitors.max()) or 1.0
    rows: list[Any] = list(whole.itertuples())
    for place, row in zip(places, rows, strict=True):
        share = "" if row.step_number == 1 or not row.previous else f"  ({percent(row.visitors / row.previous, 0)})"
        ax.text(row.visitors + widest * 0.012, place, f"{number(row.visitors)}{share}", va="center", fontsize=9)
    _channels(ax, whole.step)
    ax.set(xlabel="Visitors (share of the step before)", xlim=(0, widest * 1.3))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 6))
    return ax


def simple_and_model(result: Result) -> Result:
    """Return the simple lifetime value beside the model's as a table."""
    labels = {"method": "Method", "purchases": "Repeat purchases", "per_purchase": "Amount each", "value": "Value",
              "low": "Low", "high": "High", "n": "Customers"}  # fmt: skip
    formats: dict[str, Format] = {"purchases": lambda value: number(value, 2), "n": number}
    return _shown(result, labels, {**formats, **_amounts(result, "per_purchase", "value", "low", "high")})


def _marks(ax: Axes, places: Any, values: Any, low: Any, high: Any, colour: str, label: str) -> None:
    """Draw values with their intervals as horizontal lines."""
    ax.hlines(places, low, high, color=colour, linewidth=1.8)
    ax.scatter(values, places, s=26, color=colour, zorder=3, label=label)


def _legend(ax: Axes) -> None:
    """Put the legend above the axes, where no mark can be."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1 if is_narrow(ax) else 2, fontsize=9)


def _channels(ax: Axes, names: Any) -> None:
    """Name the rows, the first on top, and draw the grid across."""
    ax.set_yticks(range(len(names)), [str(name) for name in names])
    ax.invert_yaxis()
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
