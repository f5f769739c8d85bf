"""Forecast and outcome group by group and week by week: where a model is off, and since when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.economics import check_economics
from kpikit.clv.formulas import Array
from kpikit.clv.histories import codes, require_columns
from kpikit.clv.model import Fit
from kpikit.clv.proof import holdout_frame, match_customers
from kpikit.errors import ContractError, ParameterError
from kpikit.formatting import joined, number, percent
from kpikit.periods import DAYS_PER_UNIT, as_date
from kpikit.results import Result


def calibration_by_frequency(
    found: Fit, holdout_counts: Any, *, horizon_days: float, histories: Any = None, most: int = 7
) -> Result:
    """Compare mean forecast and mean outcome by past frequency: one row per frequency, ``most`` and above together.

    ``.table``: ``group``, ``n_customers``, ``predicted`` and ``actual`` (mean purchases), ``low`` and ``high`` (95 %
    interval of the actual mean).
    """
    customers, forecast, actual = _outcome(found, holdout_counts, horizon_days, histories)
    frequency = np.minimum(customers["frequency"].to_numpy(), most).astype(int)
    labels = {level: f"{level}+" if level == most else str(level) for level in range(most + 1)}
    return _calibration("frequency", frequency, labels, forecast, actual)


def calibration_by_decile(
    found: Fit, holdout_counts: Any, *, horizon_days: float, histories: Any = None, groups: int = 10
) -> Result:
    """Compare mean forecast and mean outcome by predicted decile: 1 is the tenth forecast lowest.

    Customers with the same forecast stay together, so that deciles may differ in size or be missing. ``.table`` has the
    columns of :func:`calibration_by_frequency`.
    """
    _, forecast, actual = _outcome(found, holdout_counts, horizon_days, histories)
    rank = pd.Series(forecast).rank(method="average", pct=True).to_numpy()
    decile = np.clip(np.ceil(rank * groups), 1, groups).astype(int)
    return _calibration("decile", decile, {level: str(level) for level in range(1, groups + 1)}, forecast, actual)


def _outcome(found: Fit, counts: Any, horizon_days: float, histories: Any) -> tuple[pd.DataFrame, Array, Array]:
    check_economics(horizon_days, 0.0, 1.0)
    customers = found.customers(histories)
    index, groups = codes(customers, found.keys)
    forecast = found.forecast(groups, horizon_days)["expected_purchases"].to_numpy()[index]
    if np.isnan(forecast).any():
        raise ParameterError("a model that forecasts", got=found.verdict, fix="Give it more history.", where="fit")
    return customers, forecast, match_customers(customers, holdout_frame(counts), "purchases")[0]


def _calibration(by: str, group: Array, labels: dict[int, str], forecast: Array, actual: Array) -> Result:
    frame = pd.DataFrame({"group": group, "predicted": forecast, "actual": actual})
    table = frame.groupby("group").agg(
        n_customers=("actual", "size"),
        predicted=("predicted", "mean"),
        actual=("actual", "mean"),
        variance=("actual", "var"),
    )
    # few customers who all did the same show no variance: a Poisson count of that mean still has some
    floor = np.maximum(table["actual"], 1 / table["n_customers"])
    error = np.sqrt(np.maximum(table["variance"].fillna(0), floor) / table["n_customers"])
    table["low"], table["high"] = np.maximum(table["actual"] - 1.96 * error, 0), table["actual"] + 1.96 * error
    table = table.drop(columns="variance").reset_index()
    table["group"] = table["group"].map(labels)
    inside = table["predicted"].between(table["low"], table["high"])
    outside = table.loc[~inside, ["group", "predicted", "actual"]].to_dict("records")
    off = [f"{row['group']} ({number(row['predicted'], 2)} to {number(row['actual'], 2)})" for row in outside]
    text = f"The forecast lies in the interval of the outcome in {inside.sum()} of {len(table)} groups by {by}."
    if off:
        text += f" Outside (forecast to outcome): {joined(off)}."
    named = {"frequency": "repeat purchases so far", "decile": "tenth of the forecast (lowest first)"}[by]
    title = f"Forecast and outcome agree in {inside.sum()} of {len(table)} groups by {named}"
    facts = {"groups": f"{named[:1].upper()}{named[1:]}"}
    return Result(f"clv-calibration-by-{by}", "table", title, text, table=table, facts=facts)


def tracking(found: Fit, daily: pd.DataFrame, *, as_of: Any, until: Any, step_days: int = 7) -> Result:
    """Follow cumulative repeat purchases, expected and actual, through calibration and holdout: one row per step.

    Parameters
    ----------
    daily
        ``day``, ``first_purchases``, ``repeat_purchases`` of the customers known at ``as_of``, through ``until``:
        ``customers.daily_purchases(orders, known_before=as_of, as_of=until)``.
    as_of
        First day that the model did not know.
    until
        First day after the holdout.
    step_days
        Days from row to row.

    Returns
    -------
    Result
        ``.table``: ``day`` (last day counted), ``period`` (``calibration`` or ``holdout``), cumulative ``expected`` and
        ``actual``, and their ``expected_step`` and ``actual_step``.
    """
    require_columns(daily, ["day", "first_purchases", "repeat_purchases"])
    cutoff, end = pd.Timestamp(as_date(as_of)), pd.Timestamp(as_date(until, name="until"))
    starts = daily.set_index(pd.to_datetime(daily["day"])).sort_index()
    if starts.empty or end <= starts.index[0]:
        raise ContractError("first purchases before until", got=f"{len(starts)} days with purchases", where="daily")
    opening = starts.index[0] + pd.Timedelta(days=step_days - 1)
    days = pd.date_range(opening, end - pd.Timedelta(days=1), freq=f"{step_days}D")
    born = starts[starts.first_purchases > 0]
    expected = _by_age(found, pd.DatetimeIndex(born.index), days) @ born.first_purchases.to_numpy(dtype=float)
    reached = np.concatenate([[0.0], np.cumsum(starts.repeat_purchases.to_numpy(dtype=float))])
    actual = reached[np.searchsorted(starts.index.to_numpy(), days.to_numpy(), side="right")]
    table = pd.DataFrame(
        {
            "day": days,
            "period": np.where(days < cutoff, "calibration", "holdout"),
            "expected": expected,
            "actual": actual,
            "expected_step": np.diff(expected, prepend=0.0),
            "actual_step": np.diff(actual, prepend=0.0),
        }
    )
    return Result("clv-tracking", "table", _tracking_title(table), _tracking_text(table), table=table)


def _by_age(found: Fit, born: pd.DatetimeIndex, days: pd.DatetimeIndex) -> Array:
    """Return the purchases expected of a customer so far: one row per day, one column per day of first purchase."""
    first, last = (np.array([day.toordinal() for day in index], dtype=float) for index in (born, days))
    start, end = np.broadcast_arrays(first[None, :] + 1, np.maximum(last[:, None], first[None, :]) + 1)
    ages = found.season.days(start, end) if found.season else end - start
    levels, index = np.unique(ages, return_inverse=True)
    by_age = replace(found, season=None).new_customer_purchases(levels / DAYS_PER_UNIT[found.unit])
    return np.asarray(by_age[index].reshape(ages.shape))


def _tracking_title(table: pd.DataFrame) -> str:
    later = table[table.period == "holdout"]
    last = table.iloc[-1] if later.empty else later.iloc[-1]
    if not last.actual > 0 or not np.isfinite(last.expected):
        return "Repeat purchases, expected and actual"
    gap = last.expected / last.actual - 1
    return f"The model expected {percent(abs(gap))} {'more' if gap > 0 else 'fewer'} repeat purchases in all than came"


def _tracking_text(table: pd.DataFrame) -> str:
    parts = []
    for period, rows in table.groupby("period", sort=False):
        last = rows.iloc[-1]
        gap = last.expected / last.actual - 1 if last.actual > 0 else np.nan
        off = f", {percent(abs(gap))} {'above' if gap > 0 else 'below'}" if np.isfinite(gap) else ""
        parts.append(
            f"by the end of the {period} ({last.day:%Y-%m-%d}) {number(last.actual)} repeat purchases had come and "
            f"{number(last.expected)} were expected{off}"
        )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
