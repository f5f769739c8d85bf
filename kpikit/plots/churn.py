"""Figures and tables of churn: reliability, lift, profit, rivals, importance, the watch list, curves of survival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from kpikit.formatting import money, number, percent
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import figure, is_narrow
from kpikit.plots.html import Format, render, show
from kpikit.results import Result, slug

PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
THOUSANDS = FuncFormatter(lambda value, _: number(value))
MOST_LISTED, MOST_FEATURES = 20, 15


def _three(value: Any) -> str:
    return number(value, 3)


def _two(value: Any) -> str:
    return number(value, 2)


def _said(result: Result) -> Result:
    """Return a result without rows: its title and its sentence."""
    html = render("section", name=slug(result.name), title=result.title, text=result.text, table=Markup())
    return result.with_html(html, "text")


def performance(result: Result) -> Result:
    """Return the scores of models and rivals as a table: what fits a page, the CSV beside it has every score."""
    labels = {"title": "Foretold by", "auc": "AUC", "auc_low": "Low", "auc_high": "High", "brier": "Brier",
              "calibration_slope": "Slope", "lift": "Lift"}  # fmt: skip
    formats: dict[str, Format] = dict.fromkeys(("auc", "auc_low", "auc_high"), _three)
    formats |= {"brier": lambda value: number(value, 4), "calibration_slope": _two, "lift": _two}
    return show(result, labels=labels, formats=formats)


def reliability(result: Result) -> Result:
    """Return foretold against actual churn drawn, outcomes with their interval."""
    return figure(
        result,
        draw_reliability,
        what="Actual share lost with 95 % interval against the foretold risk, in groups of equal size, with the line "
        "on which both agree",
        height=4.0,
        labels={"group": "Group by risk", "n": "Customers", "foretold": "Foretold", "churned": "Lost",
                "actual": "Actual", "low": "Low", "high": "High", "agrees": "Agrees"},
        formats={"n": number, "churned": number, "foretold": percent, "actual": percent, "low": percent,
                 "high": percent, "agrees": lambda does: "yes" if does else "no"},
    )  # fmt: skip


def draw_reliability(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the diagonal, and each group's outcome with its interval; groups that do not agree are hollow."""
    top = float(np.nanmax([table.high.max(), table.foretold.max(), 0.05])) * 1.05
    ax.plot([0, top], [0, top], color=LIGHT["muted"], linestyle=":", linewidth=1, label="Foretold and actual agree")
    ax.vlines(table.foretold, table.low, table.high, color=LIGHT["ink"], linewidth=1.4)
    held = table.agrees.astype(bool)
    ax.scatter(table.foretold[held], table.actual[held], color=SERIES[0], s=34, zorder=3, label="In its interval")
    if (~held).any():
        ax.scatter(table.foretold[~held], table.actual[~held], facecolors="white", edgecolors=SERIES[1], s=38,
                   zorder=3, label="Outside")  # fmt: skip
    ax.legend(loc="upper left", fontsize=9)
    ax.set(xlabel="Foretold risk", ylabel="Share lost", xlim=(0, min(top, 1.02)), ylim=(0, min(top, 1.02)))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def lift(result: Result) -> Result:
    """Return the share of the lost that the customers ranked highest hold drawn, with its interval."""
    return figure(
        result,
        draw_lift,
        what="Curve of the share of the lost held by the share of customers ranked highest, with 95 % interval and the "
        "line of a ranking at random",
        labels={"share": "Customers, highest risk first", "churned": "Lost in this tenth", "lift": "Lift so far",
                "low": "Low", "high": "High", "capture": "Share of the lost", "capture_low": "Low ",
                "capture_high": "High "},
        formats={"share": lambda value: percent(value, 0), "churned": number, "lift": _two, "low": _two, "high": _two,
                 "capture": percent, "capture_low": percent, "capture_high": percent},
    )  # fmt: skip


def draw_lift(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the capture curve from 0, with its interval and the diagonal of chance."""
    share = np.concatenate([[0.0], table.share])
    held, low, high = (np.concatenate([[0.0], table[name].astype(float)])
                       for name in ("capture", "capture_low", "capture_high"))  # fmt: skip
    ax.plot([0, 1], [0, 1], color=LIGHT["muted"], linestyle=":", linewidth=1, label="At random")
    ax.fill_between(share, low, high, color=SERIES[0], alpha=0.18, linewidth=0)
    ax.plot(share, held, color=SERIES[0], marker="o", markersize=3.5, label="By risk")
    ax.legend(loc="lower right", fontsize=9)
    ax.set(xlabel="Customers, highest risk first", ylabel="Share of the lost", xlim=(0, 1), ylim=(0, 1.02))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def profit(result: Result) -> Result:
    """Return the profit by share of customers contacted drawn, with the cut-off that was chosen beforehand."""
    currency = result.facts.get("currency", "")

    def cents(value: Any) -> str:
        return money(value, currency)

    return figure(
        result,
        lambda table, ax: draw_profit(table, ax, chosen=result.facts.get("share"), currency=currency),
        what="Curve of the profit per 1,000 customers by the share contacted, highest expected gain first, with 95 % "
        "interval and the line of contacts at random",
        labels={"share": "Contacted", "contacts": "Contacts", "profit": "Profit per 1,000", "low": "Low",
                "high": "High", "random": "At random"},
        formats={"share": lambda value: percent(value, 0), "contacts": number, "profit": cents, "low": cents,
                 "high": cents, "random": cents},
    )  # fmt: skip


def draw_profit(table: pd.DataFrame, ax: Axes, *, chosen: float | None = None, currency: str = "") -> Axes:
    """Draw the profit curve with its interval, contacts at random, and the cut-off chosen before the test."""
    ax.axhline(0, color=LIGHT["muted"], linewidth=0.8)
    ax.fill_between(table.share, table.low, table.high, color=SERIES[0], alpha=0.18, linewidth=0)
    ax.plot(table.share, table.profit, color=SERIES[0], label="By expected gain")
    ax.plot(table.share, table.random, color=LIGHT["muted"], linestyle=":", linewidth=1, label="At random")
    if chosen is not None and np.isfinite(chosen):
        label = "Cut-off" if is_narrow(ax) else "Cut-off chosen before the test"
        ax.axvline(chosen, color=SERIES[1], linestyle="--", linewidth=1.2, label=label)
    ax.legend(loc="best", fontsize=9)
    unit = f" ({currency})" if currency else ""
    ax.set(xlabel="Customers contacted", ylabel=f"Profit per 1,000{unit}", xlim=(0, 1))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(THOUSANDS)
    return ax


def rivals(result: Result) -> Result:
    """Return the model's lead in AUC over each rival drawn with its interval, and all scores as a table."""
    if result.table.empty:
        return _said(result)
    return figure(
        result,
        draw_rivals,
        what="Difference in AUC between the model and each rival with joint intervals, and the line of no difference",
        height=1.3 + 0.42 * result.table.rival.nunique(),
        labels={"title": "Rival", "score": "Score", "model": "Model", "other": "Rival's", "difference": "Difference",
                "low": "Low", "high": "High", "verdict": "The model is"},
        formats=dict.fromkeys(("model", "other", "difference", "low", "high"), _three),
    )  # fmt: skip


def draw_rivals(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the differences in AUC from the first rival down, with a line at none."""
    ranked = table[table.score == "AUC"]
    places = np.arange(len(ranked))
    ax.axvline(0, color=LIGHT["muted"], linewidth=1, linestyle=":")
    ax.hlines(places, ranked.low, ranked.high, color=SERIES[0], linewidth=1.6)
    ax.scatter(ranked.difference, places, color=SERIES[0], s=30, zorder=3)
    longest = 24 if is_narrow(ax) else 44
    ax.set_yticks(places, [str(title)[:longest] for title in ranked.title])
    ax.set_ylim(len(ranked) - 0.5, -0.5)
    ax.set(xlabel="AUC of the model less the rival's")
    return ax


def importance(result: Result) -> Result:
    """Return what the ranking loses without each feature as a table: the first fifteen."""
    labels = {"feature": "Feature", "auc_loss": "AUC lost when shuffled", "low": "Least over splits",
              "high": "Most over splits", "share_of_splits": "Splits it helped in"}  # fmt: skip
    formats = {"feature": lambda name: str(name).replace("_", " "), "auc_loss": _three, "low": _three, "high": _three,
               "share_of_splits": lambda value: percent(value, 0)}  # fmt: skip
    shown = show(_first(result, MOST_FEATURES), labels=labels, formats=formats)
    return result.with_html(shown.html)


def dependence(result: Result) -> Result:
    """Return the mean risk over one feature drawn, with the middle half of the customers."""
    feature = str(result.facts.get("feature", "")).replace("_", " ")
    return figure(
        result,
        lambda table, ax: draw_dependence(table, ax, feature=feature),
        what=f"Mean risk by {feature}, all else as it is, with the middle half of the customers",
        height=3.0,
        labels={"value": feature.capitalize() or "Value", "risk": "Mean risk", "low": "A quarter below",
                "high": "A quarter above"},
        formats={"risk": percent, "low": percent, "high": percent},
    )  # fmt: skip


def draw_dependence(table: pd.DataFrame, ax: Axes, *, feature: str = "") -> Axes:
    """Draw the mean risk as a line over numbers, as marks over texts."""
    is_number = pd.api.types.is_numeric_dtype(table["value"])
    places = table["value"] if is_number else np.arange(len(table))
    if is_number:
        ax.fill_between(places, table.low, table.high, color=SERIES[0], alpha=0.18, linewidth=0)
        ax.plot(places, table.risk, color=SERIES[0], marker="o", markersize=3)
    else:
        ax.vlines(places, table.low, table.high, color=SERIES[0], linewidth=1.6)
        ax.scatter(places, table.risk, color=SERIES[0], s=30, zorder=3)
        ax.set_xticks(places, [str(value)[:14] for value in table["value"]], rotation=30, ha="right")
    ax.set(xlabel=feature.capitalize(), ylabel="Mean risk", ylim=(0, 1.02))
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def watch_list(result: Result) -> Result:
    """Return the watch list as a table: its first twenty rows; the CSV beside the page holds all."""
    if result.table.empty:
        return _said(result)
    currency = result.facts.get("currency", "")
    labels = {"customer": "Customer", "risk": "Risk", "value": "Worth if kept", "expected_gain": "Expected gain",
              "arm": "Arm", "reasons": "What raises the risk"}  # fmt: skip
    formats: Mapping[str, Format] = {
        "risk": percent, "value": lambda value: money(value, currency),
        "expected_gain": lambda value: money(value, currency),
    }  # fmt: skip
    shown = show(_first(result, MOST_LISTED), labels=labels, formats=formats)
    return result.with_html(shown.html)


def contact_effect(result: Result) -> Result:
    """Return what contacting changed as a table, or the sentence that says how to find out."""
    if result.table is None or result.table.empty:
        return _said(result)
    labels = {"arm": "Arm", "n": "Customers", "churned": "Lost", "rate": "Share lost", "low": "Low", "high": "High"}
    return show(
        result, labels=labels,
        formats={"n": number, "churned": number, "rate": percent, "low": percent, "high": percent},
    )  # fmt: skip


def survival_curve(result: Result) -> Result:
    """Return who is left after how many days drawn, by group."""
    return figure(
        result,
        draw_survival,
        what="Falling steps of the share left by days, with 95 % interval",
        labels={"segment": "Group", "duration": "Days", "survival": "Share left", "low": "Low", "high": "High",
                "at_risk": "Still followed", "events": "Events"},
        formats={"duration": number, "survival": percent, "low": percent, "high": percent, "at_risk": number,
                 "events": number},
    )  # fmt: skip


def draw_survival(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each group's curve as steps from 1; a single one with its interval."""
    groups = list(table.groupby("segment", sort=False))[: len(SERIES)]
    for colour, (name, steps) in zip(SERIES, groups, strict=False):
        at = np.concatenate([[0.0], steps.duration])
        left, low, high = (np.concatenate([[1.0], steps[side].astype(float)]) for side in ("survival", "low", "high"))
        if len(groups) == 1:
            ax.fill_between(at, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
        ax.step(at, left, where="post", color=colour, label=str(name))
    if len(groups) > 1:
        ax.legend(loc="best", fontsize=9)
    ax.set(xlabel="Days", ylabel="Share left", ylim=(0, 1.02), xlim=(0, None))
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def second_order(result: Result) -> Result:
    """Return how many buy again within so many days as a table."""
    labels = {"segment": "Group", "days": "Within days", "n": "New customers", "at_risk": "Followed for longer without",
              "share": "Bought again", "low": "Low", "high": "High"}  # fmt: skip
    formats = {"days": number, "n": number, "at_risk": number, "share": percent, "low": percent, "high": percent}
    return show(result, labels=labels, formats=formats)


def _first(result: Result, most: int) -> Result:
    return Result(**{**vars(result), "table": result.table.head(most)})
