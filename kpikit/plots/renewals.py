"""Figures of renewals: how long subscriptions last, cohorts of starts, the projection and its test."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.formatting import number, percent
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.cohorts import MOST_COHORTS, MOST_COHORTS_NARROW, draw_heatmap
from kpikit.plots.figure import figure, is_narrow
from kpikit.plots.html import Format, show
from kpikit.plots.support import draw_waits
from kpikit.results import Result

PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
SHARES: dict[str, Format] = dict.fromkeys(("share", "low", "high", "survival", "seen", "expected"), percent)
MOST_ROWS, MOST_ROWS_NARROW = 24, 14
MOST_BANDS = 4  # more intervals on one another are not read
FEWEST_DUE = 10  # of a cohort that is not old enough as a whole: fewer are not drawn


def how_long(result: Result) -> Result:
    """Return the share of subscriptions that still run after how many days drawn, one curve for each plan."""
    return figure(
        result,
        draw_how_long,
        what="Falling steps of the share of subscriptions that still run, by days since the start, for each plan",
        labels={"segment": "Plan", "duration": "Days", "at_risk": "Followed so long", "events": "Ended",
                "survival": "Still run", "low": "Low", "high": "High"},
        formats={**SHARES, **dict.fromkeys(("duration", "at_risk", "events"), number)},
    )  # fmt: skip


def draw_how_long(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share that still runs as steps from 1, each plan with its interval."""
    draw_waits(table, ax)
    groups = list(table.groupby("segment", sort=False))
    for colour, (_, steps) in zip(SERIES, groups if 1 < len(groups) <= MOST_BANDS else [], strict=False):
        ax.fill_between(steps.duration, steps.low, steps.high, step="post", color=colour, alpha=0.1, linewidth=0)
    ax.set(xlabel="Days since the start", ylabel="Share still running")
    return ax


def plans_compared(result: Result) -> Result:
    """Return the log-rank comparison of plans as a table; as text where there is nothing to compare."""
    return show(
        result,
        labels={"segment": "Plan", "n": "Subscriptions", "events": "Ended", "expected": "Expected if alike",
                "ratio": "Ended / expected"},
        formats={"n": number, "events": number, "expected": lambda value: number(value, 1),
                 "ratio": lambda value: number(value, 2)},
        kind=result.kind,
    )  # fmt: skip


def renewal_heatmap(result: Result) -> Result:
    """Return the cohorts of starts drawn as a heat map: cohorts down, renewals across, partial cells marked with *."""
    unit = result.facts["period"].partition("-")[0]
    cohorts = result.table.cohort.nunique()
    return figure(
        result,
        lambda table, ax: draw_renewals(table, ax, unit=unit),
        what=f"Heat map of the share of each {unit}'s new subscriptions that is left after each renewal",
        height=max(2.2, 1.0 + 0.27 * min(cohorts, MOST_COHORTS)),
        narrow_height=max(2.2, 1.0 + 0.27 * min(cohorts, MOST_COHORTS_NARROW)),
        labels={"cohort": "Started", "renewal": "Renewal", "cohort_size": "Subscriptions", "due": "Old enough",
                "renewed": "Left", "share": "Share", "low": "Low", "high": "High", "status": "Status"},
        formats={**SHARES, **dict.fromkeys(("cohort_size", "due", "renewed"), number)},
    )  # fmt: skip


def draw_renewals(table: pd.DataFrame, ax: Axes, *, unit: str = "month") -> Axes:
    """Draw cohort × renewal shares as the heat map of cohorts does, with its own words."""
    shown = table[(table.status == "complete") | (table.due >= FEWEST_DUE)]
    cells = shown.rename(columns={"renewal": "age", "share": "retention"})
    if not (cells.age > 0).any():
        ax.text(0.5, 0.5, "No renewal has come up yet", ha="center", transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    draw_heatmap(cells, ax, unit=unit)
    ax.set_xlabel("Renewal, %" if is_narrow(ax) else "Renewal (% of the cohort that is left after it)")
    return ax


def projection(result: Result) -> Result:
    """Return the share left after each renewal drawn: projected with its interval, and what was seen."""
    if result.table is None:
        return show(result, kind="text")
    last = int(result.facts["last_seen"])
    return figure(
        result,
        lambda table, ax: draw_projection(table, ax, last=last),
        what="Line of the share that is left after each renewal by sBG with 95 % interval, points are what was seen",
        labels={"renewal": "Renewal", "due": "Due", "seen": "Seen", "expected": "Projected", "low": "Low",
                "high": "High"},
        formats={**SHARES, "due": number},
    )  # fmt: skip


def draw_projection(table: pd.DataFrame, ax: Axes, *, last: int) -> Axes:
    """Draw the projection as a line with a band, what was seen as points, and where the data end."""
    ax.fill_between(table.renewal, table.low, table.high, color=SERIES[0], alpha=0.18, linewidth=0)
    ax.plot(table.renewal, table.expected, color=SERIES[0], label="Projected (sBG)")
    shown = table[(table.renewal > 0) & (table.renewal <= last)]
    ax.scatter(shown.renewal, shown.seen, s=20, color=LIGHT["ink"], zorder=3, label="Seen (all cohorts)")
    ax.axvline(last + 0.5, color=LIGHT["muted"], linewidth=1, linestyle=":")
    ax.legend(loc="best", fontsize=9)
    note = "" if is_narrow(ax) else " (right of the dotted line nothing is seen yet)"
    ax.set(xlabel=f"Renewal{note}", ylabel="Share left", ylim=(0, 1.02))
    ax.yaxis.set_major_formatter(PERCENT)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def held_out(result: Result) -> Result:
    """Return the earlier projection against what came drawn: a line for each older cohort."""
    if result.table is None:
        return show(result, kind="text")
    rows = min(len(result.table) - 1, MOST_ROWS)
    return figure(
        result,
        draw_held_out,
        what="Share of each older cohort that is left, as foretold with its 95 % interval and as it came",
        height=1.4 + 0.24 * rows,
        narrow_height=1.6 + 0.26 * min(rows, MOST_ROWS_NARROW),
        labels={"cohort": "Started", "there": "Ran then", "expected": "Expected now", "low": "Low", "high": "High",
                "actual": "Left now", "inside": "Inside"},
        formats={"there": number, "actual": number, "low": number, "high": number,
                 "expected": lambda value: number(value, 1), "inside": lambda inside: "yes" if inside else "no"},
    )  # fmt: skip


def draw_held_out(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw, of those who ran at the time of the forecast, the share foretold and the share that is left."""
    most = MOST_ROWS_NARROW if is_narrow(ax) else MOST_ROWS
    shown = table.tail(most)
    places = np.arange(len(shown))
    low, high, expected, actual = (shown[name] / shown.there for name in ("low", "high", "expected", "actual"))
    ax.hlines(places, low, high, color=SERIES[0], linewidth=2)
    ax.scatter(expected, places, s=22, facecolor="white", edgecolor=SERIES[0], zorder=3, label="Expected")
    inside = shown.inside.to_numpy(dtype=bool)
    for part, colour, label in ((inside, LIGHT["ink"], "Came, inside"), (~inside, LIGHT["bad"], "Came, outside")):
        if part.any():
            marker = "o" if label.endswith("inside") else "X"
            ax.scatter(actual[part], places[part], s=30, color=colour, marker=marker, zorder=4, label=label)
    ax.set_yticks(places, [f"{name}  n = {number(n)}" for name, n in zip(shown.cohort, shown.there, strict=True)])
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8 if is_narrow(ax) else 9)
    ax.set(xlabel="Share left" if is_narrow(ax) else "Share left of those who ran then")
    ax.set_xlim(right=min(1.02, ax.get_xlim()[1]))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 8))
    return ax


def outlook(result: Result) -> Result:
    """Return what is expected of each cohort's running subscriptions as a table; as text where nothing can be."""
    if result.table is None:
        return show(result, kind="text")
    return show(
        result,
        labels={"cohort": "Started", "started": "Subscriptions", "running": "Running",
                "expected": f"Expected after {number(result.facts['ahead'])} more", "low": "Low", "high": "High"},
        formats={"started": number, "running": number, "expected": lambda value: number(value, 1), "low": number,
                 "high": number},
    )  # fmt: skip
