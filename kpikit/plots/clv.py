"""Figures of lifetime value: tracking, calibration, concentration."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter

from kpikit.formatting import money, number, percent
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import figure
from kpikit.plots.html import Format, show
from kpikit.results import Result

PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
THOUSANDS = FuncFormatter(lambda value, _: number(value))


def tracking(result: Result) -> Result:
    """Return cumulative repeat purchases, expected and actual, drawn; the holdout is shaded."""
    return figure(
        result,
        draw_tracking,
        what="Lines of cumulative repeat purchases by day, expected by the model and actual, with the holdout shaded",
        labels={"day": "Day", "period": "Part", "expected": "Expected", "actual": "Actual"},
        formats={"day": lambda day: f"{day:%Y-%m-%d}", "expected": number, "actual": number},
    )


def draw_tracking(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw expected against actual cumulative repeat purchases."""
    later = table[table.period == "holdout"]
    if len(later):
        ax.axvspan(later.day.iloc[0], later.day.iloc[-1], color=LIGHT["panel"], zorder=0)
        ax.text(
            later.day.iloc[0],
            0.02,
            " not seen by the model",
            transform=ax.get_xaxis_transform(),
            color=LIGHT["muted"],
            fontsize=9,
        )
    ax.plot(table.day, table.actual, color=LIGHT["ink"], label="Actual")
    ax.plot(table.day, table.expected, color=SERIES[1], linestyle="--", label="Expected by the model")
    ax.legend(loc="upper left", fontsize=9)
    ax.set(ylabel="Repeat purchases so far", ylim=(0, None))
    if len(table) == 1:  # a single day has no width in which to place ticks
        day = table.day.iloc[0]
        ax.set_xlim(day - pd.Timedelta(days=1), day + pd.Timedelta(days=1))
    ax.yaxis.set_major_formatter(THOUSANDS)
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    return ax


def calibration(result: Result) -> Result:
    """Return mean forecast and mean outcome by group drawn, outcomes with their interval."""
    xlabel = result.facts.get("groups", "")
    return figure(
        result,
        lambda table, ax: draw_calibration(table, ax, xlabel=xlabel),
        what="Mean purchases by group of customers, forecast against outcome with 95 % interval",
        labels={
            "group": "Group",
            "n_customers": "Customers",
            "predicted": "Forecast",
            "actual": "Outcome",
            "low": "Low",
            "high": "High",
        },
        formats={name: lambda value: number(value, 2) for name in ("predicted", "actual", "low", "high")},
    )


def draw_calibration(table: pd.DataFrame, ax: Axes, *, xlabel: str = "") -> Axes:
    """Draw forecast and outcome side by side for each group."""
    places = range(len(table))
    ax.vlines(places, table.low, table.high, color=LIGHT["ink"], linewidth=1.6)
    ax.scatter(places, table.actual, color=LIGHT["ink"], s=26, zorder=3, label="Outcome, with interval")
    ax.plot(
        places,
        table.predicted,
        color=SERIES[1],
        marker="D",
        markersize=5,
        linestyle="--",
        linewidth=1,
        label="Forecast",
    )
    ax.set_xticks(list(places), [str(group) for group in table.group])
    ax.legend(loc="upper left", fontsize=9)
    ax.set(xlabel=xlabel, ylabel="Purchases per customer", ylim=(0, None))
    return ax


def concentration(result: Result) -> Result:
    """Return the concentration curve drawn: share of customers, most valuable first, against share of the value."""
    return figure(
        result,
        draw_concentration,
        what="Curve of the share of expected value held by the most valuable share of customers",
        labels={"customer_share": "Customers, most valuable first", "clv_share": "Share of the value"},
        formats={"customer_share": lambda value: percent(value, 0), "clv_share": percent},
    )


def draw_concentration(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the concentration curve, with equal shares as a reference and the top tenth marked."""
    ax.plot([0, 1], [0, 1], color=LIGHT["muted"], linestyle=":", linewidth=1, label="Everybody equal")
    ax.plot(table.customer_share, table.clv_share, color=SERIES[0])
    ax.fill_between(table.customer_share, table.clv_share, color=SERIES[0], alpha=0.12, linewidth=0)
    tenth = table[table.customer_share.round(2) == 0.10]
    if len(tenth) and tenth.clv_share.notna().all():
        share = float(tenth.clv_share.iloc[0])
        ax.scatter([0.10], [share], color=SERIES[0], s=36, zorder=3)
        ax.annotate(
            f"top 10 %: {percent(share, 0)}", (0.10, share), (0.16, share - 0.10), color=LIGHT["ink"], fontsize=10
        )
    ax.legend(loc="lower right", fontsize=9)
    ax.set(xlabel="Customers, most valuable first", ylabel="Share of the expected value", xlim=(0, 1), ylim=(0, 1.02))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)
    return ax


def holdout_table(result: Result) -> Result:
    """Return the holdout proof as a table: models and simple rules against what came."""
    labels = {"title": "Forecast by", "total_forecast": "Forecast", "total_actual": "Came", "bias": "Off by",
              "mae": "Mean error",
              "rmse": "RMSE", "poisson_deviance": "Deviance", "top_decile_capture": "Top tenth caught"}  # fmt: skip
    formats = {
        "total_forecast": number,
        "total_actual": number,
        "bias": percent,
        "top_decile_capture": lambda v: percent(v, 0),
    }
    formats |= {name: lambda value: number(value, 3) for name in ("mae", "rmse", "poisson_deviance")}
    return show(result, labels=labels, formats=formats)


def origins_table(result: Result) -> Result:
    """Return earlier forecasts of the base's purchases against what came of them, or why there are none."""
    labels = {"origin": "Made on", "n_customers": "Customers", "forecast": "Forecast", "actual": "Came",
              "bias": "Off by", "low": "Low", "high": "High"}  # fmt: skip
    formats: dict[str, Format] = {"origin": lambda day: f"{day:%Y-%m-%d}", "bias": percent}
    formats |= dict.fromkeys(("n_customers", "forecast", "actual", "low", "high"), number)
    return show(result, labels=labels, formats=formats)


def month_table(result: Result) -> Result:
    """Return what the months of the year have to say, each with its factor where there is one."""
    labels = {"month": "Month", "factor": "Factor", "low": "Low", "high": "High", "purchases": "Repeat purchases",
              "expected": "Expected without season"}  # fmt: skip
    known = result.table.dropna(axis="columns", how="all")  # without factors, or without intervals of given ones
    formats: dict[str, Format] = {name: lambda value: number(value, 2) for name in ("factor", "low", "high")}
    formats |= {"purchases": number, "expected": number}
    shown = {name: style for name, style in formats.items() if name in known.columns}
    named = {name: label for name, label in labels.items() if name in known.columns}
    return show(replace(result, table=known), labels=named, formats=shown)


def _in(label: str, currency: str) -> str:
    return f"{label} ({currency})" if currency else label


def _cents(value: float) -> str:
    return money(value)


def value_table(result: Result) -> Result:
    """Return who holds the value, by number of purchases."""
    value = _in("Value", result.facts["currency"])
    labels = {"group": "Purchase days", "customers": "Customers", "share_of_customers": "Share",
              "p_alive": "Mean P(alive)", "expected_purchases": "Purchases expected each", "clv": value,
              "share_of_value": "Share of value"}  # fmt: skip
    if result.table.p_alive.isna().all():
        labels.pop("p_alive")
    formats = {"share_of_customers": percent, "share_of_value": percent, "p_alive": lambda v: percent(v, 0),
               "expected_purchases": lambda v: number(v, 2), "clv": number}  # fmt: skip
    return show(result, labels=labels, formats=formats)


def customers_table(result: Result) -> Result:
    """Return the top customers as a table."""
    currency = result.facts["currency"]
    labels = {"customer": "Customer", "frequency": "Repeat days", "p_alive": "P(alive)",
              "expected_purchases": "Purchases expected",
              "expected_spend": _in("Spend each", currency), "clv": _in("Value", currency), "clv_low": "Low",
              "clv_high": "High"}  # fmt: skip
    if result.table.p_alive.isna().all():
        labels.pop("p_alive")
    formats: dict[str, Format] = {"expected_spend": _cents, "clv": number, "clv_low": number, "clv_high": number}
    formats |= {"p_alive": lambda v: percent(v, 0), "expected_purchases": lambda v: number(v, 1)}
    return show(result, labels=labels, formats=formats)


def models_table(result: Result) -> Result:
    """Return the models side by side."""
    greek = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}
    params = [name for name in ("r", "alpha", "a", "b", "s", "beta", "gamma", "delta") if name in result.table]
    labels = {"title": "Model", **{name: greek.get(name, name) for name in params}, "log_likelihood": "Log-likelihood",
              "aic": "AIC", "verdict": "Verdict"}  # fmt: skip
    formats: dict[str, Format] = {name: lambda value: number(value, 3) for name in params}
    formats |= {name: lambda value: number(value, 1) for name in ("log_likelihood", "aic")}
    if "holdout_bias" in result.table:
        labels |= {"holdout_bias": "Off in the holdout", "holdout_deviance": "Deviance"}
        formats |= {"holdout_bias": percent, "holdout_deviance": lambda value: number(value, 3)}
    return show(result, labels=labels, formats=formats)
