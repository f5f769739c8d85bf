"""Figures of retention: heat map, curves with intervals, newer against older cohorts, spending, revenue bridge."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.formatting import money, number, percent, points
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import figure, is_narrow
from kpikit.results import Result

PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
MOST_COHORTS, MOST_COHORTS_NARROW = 30, 14
MONTH_FORMAT = {"month": "%Y-%m", "quarter": "%Y-%m", "year": "%Y"}


def cohort_heatmap(result: Result) -> Result:
    """Return the cohort table drawn as a heat map: cohorts down, ages across, partial cells marked with *."""
    unit = result.facts["period"].partition("-")[0]
    cohorts = result.table[result.table.cohort_size > 0].cohort.nunique()
    height = 1.0 + 0.27 * min(cohorts, MOST_COHORTS)
    return figure(
        result,
        lambda table, ax: draw_heatmap(table, ax, unit=unit),
        what=f"Heat map of the share of each {unit}'s new customers who ordered again, by age in {unit}s",
        height=max(2.2, height),
        narrow_height=max(2.2, 1.0 + 0.27 * min(cohorts, MOST_COHORTS_NARROW)),
        labels={"cohort": "Cohort", "age": f"Age ({unit}s)", "cohort_size": "Customers", "active": "Ordered again",
                "retention": "Share", "low": "Low", "high": "High", "status": "Status"},
        formats={"retention": percent, "low": percent, "high": percent, "active": number, "cohort_size": number,
                 "status": lambda text: str(text).replace("_", " ")},
    )  # fmt: skip


def draw_heatmap(table: pd.DataFrame, ax: Axes, *, unit: str = "month") -> Axes:
    """Draw cohort × age shares; age 0 (always 100 %) is shown as the cohort's size."""
    most = MOST_COHORTS_NARROW if is_narrow(ax) else MOST_COHORTS
    shown = table[table.cohort_size > 0]
    shown = shown[shown.cohort.isin(sorted(shown.cohort.unique())[-most:]) & (shown.age > 0)]
    shown = shown[shown.age <= (12 if is_narrow(ax) else 24)]
    shares = shown.pivot_table(index="cohort", columns="age", values="retention", dropna=False)
    shares = shares.loc[:, shares.notna().any()]
    ax.grid(visible=False)
    if shares.empty:
        ax.text(0.5, 0.5, f"No {unit} after a first order has begun yet", ha="center", transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    partial = shown.assign(p=shown.status == "partial").pivot_table(
        index="cohort", columns="age", values="p", dropna=False
    )
    partial = partial.reindex_like(shares).fillna(0).astype(bool)
    texts = shares.map(lambda share: "" if np.isnan(share) else f"{share * 100:.0f}") + partial.map(
        lambda p: "*" if p else ""
    )
    colours = LinearSegmentedColormap.from_list("kpikit", ["#f2f6f9", "#7fb3cc", LIGHT["accent"]])
    complete = shares.where(~partial)
    top = float(np.nanmax(complete)) if complete.notna().any().any() else 1.0
    sizes, pattern = table[table.age == 0].set_index("cohort").cohort_size, MONTH_FORMAT.get(unit, "%Y-%m-%d")
    names = [f"{cohort:{pattern}}  n = {number(sizes[cohort])}" for cohort in shares.index]
    sns.heatmap(
        shares, ax=ax, annot=texts, fmt="", cmap=colours, vmin=0, vmax=top, cbar=False, linewidths=1,
        linecolor="white", annot_kws={"fontsize": 7.5 if is_narrow(ax) else 8.5}, yticklabels=names, xticklabels=1,
    )  # fmt: skip
    ax.tick_params(axis="y", rotation=0)
    left_out = table[table.cohort_size > 0].cohort.nunique() - len(shares)
    note = f"; latest {len(shares)} cohorts" if left_out > 0 else ""
    unit_note = f", %{note}" if is_narrow(ax) else f" (% of the cohort{note})"
    ax.set(xlabel=f"{unit.capitalize()}s after the first order{unit_note}", ylabel="")
    return ax


def retention_curve(result: Result) -> Result:
    """Return the pooled curve drawn with its interval."""
    unit = result.facts["period"].partition("-")[0]
    return figure(
        result,
        lambda table, ax: draw_curve(table, ax, unit=unit),
        what=f"Line of the share of customers who ordered again, by {unit}s since the first order, with 95 % interval",
        labels={"age": f"Age ({unit}s)", "cohorts": "Cohorts", "cohort_size": "Customers", "active": "Ordered again",
                "retention": "Share", "low": "Low", "high": "High", "first_cohort": "First cohort"},
        formats=dict.fromkeys(("retention", "low", "high", "first_cohort"), percent),
    )  # fmt: skip


def draw_curve(table: pd.DataFrame, ax: Axes, *, unit: str = "month") -> Axes:
    """Draw retention by age, from age 1, with its interval as a band."""
    later = table[table.age > 0]
    ax.fill_between(later.age, later.low, later.high, color=SERIES[0], alpha=0.18, linewidth=0)
    ax.plot(later.age, later.retention, color=SERIES[0], marker="o", markersize=4, label="All other cohorts")
    if later.first_cohort.notna().any():
        ax.plot(
            later.age, later.first_cohort, color=LIGHT["muted"], linestyle="--", linewidth=1.2, label="First cohort"
        )
        ax.legend(loc="best", fontsize=9)
    ax.set(xlabel=f"{unit.capitalize()}s after the first order", ylabel="Share ordering again", ylim=(0, None))
    ax.yaxis.set_major_formatter(PERCENT)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def newer_against_older(result: Result) -> Result:
    """Return the comparison of newer with older cohorts drawn: difference and interval at each age."""
    unit = result.facts["period"].partition("-")[0]
    return figure(
        result,
        lambda table, ax: draw_differences(table, ax, unit=unit),
        what=f"Difference in retention between newer and older cohorts at each age in {unit}s, with intervals",
        labels={"age": f"Age ({unit}s)", "older_active": "Older: ordered", "older_size": "of",
                "newer_active": "Newer: ordered", "newer_size": "of ", "difference": "Difference",
                "low": "Low", "high": "High", "p_adjusted": "p (adjusted)",
                "verdict": "Verdict"} if len(result.table) else None,
        formats={"difference": points, "low": points, "high": points, "p_adjusted": lambda p: number(p, 3)},
    )  # fmt: skip


def draw_differences(table: pd.DataFrame, ax: Axes, *, unit: str = "month") -> Axes:
    """Draw differences with intervals around a zero line; clear ones filled, unclear ones hollow."""
    ax.axhline(0, color=LIGHT["muted"], linewidth=1)
    if len(table):
        colours = {"better": LIGHT["good"], "worse": LIGHT["bad"], "no clear change": LIGHT["muted"]}
        markers = {"better": "^", "worse": "v"}
        for verdict, group in table.groupby("verdict"):
            colour = colours[str(verdict)]
            ax.vlines(group.age, group.low, group.high, color=colour, linewidth=2)
            filled = "white" if verdict == "no clear change" else colour
            ax.scatter(
                group.age, group.difference, s=40, color=filled, edgecolor=colour, zorder=3, label=str(verdict),
                marker=markers.get(str(verdict), "o"),
            )  # fmt: skip
        ax.legend(loc="best", ncols=3, fontsize=9)
        ax.margins(y=0.18)
    ax.set(xlabel=f"{unit.capitalize()}s after the first order", ylabel="Newer minus older (% points)")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value * 100, 0)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def spending_curve(result: Result) -> Result:
    """Return what a customer has spent by each age drawn."""
    unit, currency = result.facts.get("period", "month").partition("-")[0], result.facts.get("currency", "")
    return figure(
        result,
        lambda table, ax: draw_spending(table, ax, unit=unit, currency=currency),
        what=f"Cumulative spending per customer by {unit}s since the first order",
        labels={"age": f"Age ({unit}s)", "cohorts": "Cohorts", "cohort_size": "Customers", "revenue": "Revenue",
                "per_customer": "Per customer", "cumulative": "Cumulative"},
        formats={name: lambda value: money(value, currency) for name in ("revenue", "per_customer", "cumulative")},
    )  # fmt: skip


def draw_spending(table: pd.DataFrame, ax: Axes, *, unit: str = "month", currency: str = "") -> Axes:
    """Draw cumulative spending per customer as steps of bars, the first period set apart."""
    if len(table):
        ax.bar(table.age, table.cumulative, color=SERIES[0], alpha=0.35, width=0.8, label="Coming back")
        ax.bar(table.age, table.cumulative.iloc[0], color=SERIES[0], width=0.8, label=f"First {unit}")
        ax.legend(loc="upper left", fontsize=9)
        ax.margins(y=0.15)
    ax.set(xlabel=f"{unit.capitalize()}s after the first order", ylabel=f"Spent per customer ({currency or 'amount'})")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def revenue_bridge(result: Result) -> Result:
    """Return the revenue bridge drawn as a waterfall."""
    currency = result.facts.get("currency", "")
    return figure(
        result,
        lambda table, ax: draw_bridge(table, ax, currency=currency),
        what="Waterfall from the revenue of one period to that of the next",
        height=3.4,
        narrow_height=3.8,
        labels={"part": "Part", "amount": "Amount"},
        formats={"amount": lambda value: money(value, currency, 0)},
    )


def draw_bridge(table: pd.DataFrame, ax: Axes, *, currency: str = "") -> Axes:
    """Draw opening, moves and closing as horizontal bars that hang on each other."""
    amounts = np.nan_to_num(table.amount.to_numpy(dtype=float))
    if len(amounts) < 2:
        ax.set_axis_off()
        return ax
    ends = np.concatenate([[amounts[0]], amounts[0] + np.cumsum(amounts[1:-1]), [amounts[-1]]])
    starts = np.concatenate([[0.0], ends[:-2], [0.0]])
    colours = [
        LIGHT["muted"],
        *[LIGHT["good"] if move >= 0 else LIGHT["bad"] for move in amounts[1:-1]],
        LIGHT["muted"],
    ]
    places = range(len(table))
    ax.barh(places, ends - starts, left=starts, color=colours, height=0.62)
    low, high = float(min(0.0, ends.min())), float(max(0.0, ends.max()))
    span = (high - low) or 1.0
    for place, start, end, amount in zip(places, starts, ends, table.amount, strict=True):
        sign = "+" if amount > 0 and place not in (0, len(table) - 1) else ""
        ax.text(max(start, end) + span * 0.012, place, f"{sign}{number(amount)}", va="center", fontsize=9)
    ax.set_yticks(places, list(table.part))
    ax.invert_yaxis()
    ax.set(xlabel=currency or "amount", xlim=(low, high + span * 0.2))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 1000:,.0f}k" if abs(value) >= 1000 else number(value))
    )
    ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 6))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    return ax
