"""Figures of support: who still waits, when cases wait longest, the backlog; and its tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.formatting import number, percent, points
from kpikit.palette import LIGHT, SERIES
from kpikit.periods import WEEKDAYS
from kpikit.plots.figure import figure, is_narrow
from kpikit.plots.html import show
from kpikit.results import Result

PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
SHOWN_SHARE = 0.02  # the curve is drawn until so few still wait
MOST_PLACES = 25


def _hours(value: float) -> str:
    return number(value, 1)


def wait_curve(result: Result) -> Result:
    """Return who still waits after how many hours drawn, with its interval."""
    unit = _unit(result)
    return figure(
        result,
        lambda table, ax: draw_waits(table, ax, unit=unit),
        what=f"Falling steps of the share of cases that still wait, by {unit} since the opening, with 95 % interval",
        labels={"segment": "Cases", "duration": unit.capitalize(), "survival": "Still waiting", "low": "Low",
                "high": "High", "at_risk": "Cases left"},
        formats={"duration": _hours, "survival": percent, "low": percent, "high": percent, "at_risk": number},
    )  # fmt: skip


def draw_waits(table: pd.DataFrame, ax: Axes, *, unit: str = "hours") -> Axes:
    """Draw the share that still waits as steps from 1, each segment with its interval, until few are left."""
    shown = 0.0
    groups = list(table.groupby("segment", sort=False))[: len(SERIES)]
    for colour, (name, steps) in zip(SERIES, groups, strict=False):
        at = np.concatenate([[0.0], steps.duration])
        values = {side: np.concatenate([[1.0], steps[side].astype(float)]) for side in ("survival", "low", "high")}
        if len(groups) == 1:
            ax.fill_between(at, values["low"], values["high"], step="post", color=colour, alpha=0.18, linewidth=0)
        ax.step(at, values["survival"], where="post", color=colour, label=str(name))
        many = at[values["survival"] >= SHOWN_SHARE]
        shown = max(shown, float(many[-1]) * 1.05)
    if groups:
        ax.axhline(0.5, color=LIGHT["muted"], linewidth=0.8, linestyle=":")
    if len(groups) > 1:
        ax.legend(loc="best", fontsize=9)
    ax.set(xlabel=f"{unit.capitalize()} since the opening", ylabel="Share still waiting", ylim=(0, 1.02))
    ax.set_xlim(0, shown or 1)
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def waits_by_hour(result: Result) -> Result:
    """Return the median wait by weekday and time of day drawn as a heat map."""
    unit, width = _unit(result), result.facts["width"]
    return figure(
        result,
        lambda table, ax: draw_week(table, ax, width=width),
        what=f"Heat map of the median wait in {unit}, by weekday and time of day of the opening",
        height=3.0,
        narrow_height=3.2,
        labels={"when": "Opened", "cases": "Cases", "median": f"Median ({unit})",
                "slower_share": "Longer than the median of all", "p_adjusted": "p (adjusted)", "verdict": "Verdict"},
        formats={"cases": number, "median": _hours, "slower_share": percent, "p_adjusted": lambda p: number(p, 3)},
    )  # fmt: skip


def draw_week(table: pd.DataFrame, ax: Axes, *, width: int = 3) -> Axes:
    """Draw weekdays down, hours across; cells of few cases stay empty, clear ones are marked with *."""
    ax.grid(visible=False)
    cells = table.pivot_table(index="weekday", columns="hour", values="median", dropna=False)
    cells = cells.reindex(range(len(WEEKDAYS)))
    if not cells.notna().any().any():
        ax.text(0.5, 0.5, "Too few cases", ha="center", transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    clear = table.assign(clear=~table.verdict.isin(["no clear difference", "few cases"]))
    marks = clear.pivot_table(index="weekday", columns="hour", values="clear", dropna=False).reindex_like(cells)
    texts = cells.map(lambda value: "" if np.isnan(value) else number(value, 1 if value < 100 else 0))
    texts += marks.fillna(0).astype(bool).map(lambda is_clear: "*" if is_clear else "")
    colours = LinearSegmentedColormap.from_list("kpikit", ["#f2f6f9", "#7fb3cc", LIGHT["accent"]])
    sns.heatmap(
        cells, ax=ax, annot=texts, fmt="", cmap=colours, cbar=False, linewidths=1, linecolor="white",
        annot_kws={"fontsize": 7 if is_narrow(ax) else 8.5},
        yticklabels=[day[:3].capitalize() for day in WEEKDAYS], xticklabels=[f"{hour:02d}" for hour in cells.columns],
    )  # fmt: skip
    ax.tick_params(axis="y", rotation=0)
    note = "" if is_narrow(ax) else f" (blocks of {width} hours; * clearly unlike the rest)"
    ax.set(xlabel=f"Hour of the opening{note}", ylabel="")
    return ax


def backlog(result: Result) -> Result:
    """Return the open cases over time drawn."""
    return figure(
        result,
        draw_backlog,
        what=f"Bars of the open cases at the end of each {result.facts['period'].partition('-')[0]}",
        height=2.8,
        narrow_height=2.8,
        labels={"period": "Period", "open": "Open cases", "status": "Status"},
        formats={"open": number, "status": lambda text: str(text).replace("_", " ")},
    )


def draw_backlog(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw open cases as bars, the running period paler."""
    done = table.status == "complete"
    places = np.arange(len(table))
    ax.bar(places[done], table.open[done], color=SERIES[0], width=0.8, label="End of the period")
    if (~done).any():
        ax.bar(places[~done], table.open[~done], color=SERIES[0], alpha=0.4, width=0.8, label="So far")
        ax.legend(loc="upper left", fontsize=9)
        ax.margins(y=0.2)
    every = max(1, -(-len(table) // (5 if is_narrow(ax) else 10)))
    ax.set_xticks(
        places[::every], [f"{day:%Y-%m-%d}" if day.day > 1 else f"{day:%Y-%m}" for day in table.period[::every]]
    )
    ax.set(ylabel="Open cases")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    return ax


def bottlenecks(result: Result) -> Result:
    """Return where most hours are lost as a table: the first 25 groups."""
    groups = {name: str(name).replace("_", " ").capitalize() for name in result.facts["groups"]}
    unit = _unit(result)
    shown = Result(**{**vars(result), "table": result.table.head(MOST_PLACES)})
    drawn = show(
        shown,
        labels={**groups, "cases": "Cases", "waiting": "Still waiting", "median": f"Median ({unit})",
                "late_share": "Later than nine in ten", "hours_lost": "Hours lost", "share_of_hours": "Share of hours",
                "share_of_cases": "Share of cases", "verdict": "Verdict"},
        formats={"cases": number, "waiting": number, "median": _hours, "late_share": percent, "hours_lost": number,
                 "share_of_hours": percent, "share_of_cases": percent},
    )  # fmt: skip
    return result.with_html(drawn.html)


def first_contact(result: Result) -> Result:
    """Return first contact resolution by group as a table."""
    return show(
        result,
        labels={"by": "By", "group": "Group", "cases": "Cases", "solved": "Solved at once", "rate": "Rate",
                "low": "Low", "high": "High", "difference": "Against the rest",
                "p_adjusted": "p (adjusted)", "verdict": "Verdict"},
        formats={"cases": number, "solved": number, "rate": percent, "low": percent, "high": percent,
                 "difference": points, "p_adjusted": lambda p: number(p, 3)},
    )  # fmt: skip


def _unit(result: Result) -> str:
    return "business hours" if result.facts.get("hours") == "business" else "hours"
