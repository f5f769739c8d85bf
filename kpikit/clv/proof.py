"""Proof of a forecast: what a model said at a cutoff, what came, and what simple rules would have said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.economics import check_economics
from kpikit.clv.formulas import TITLES, Array
from kpikit.clv.histories import KEYS, codes, customers_of, is_expression, require_columns
from kpikit.clv.model import SEED, Fit, fit
from kpikit.clv.value import totals
from kpikit.errors import ContractError, ParameterError, listed, one_of
from kpikit.formatting import joined, number, percent
from kpikit.periods import DAYS_PER_UNIT, as_date
from kpikit.results import Result

TOP = 0.10
NAIVE = {"own_rate": "own rate carried forward", "mean_rate": "everybody at the mean", "zero": "zero for all"}
SCORES = ["total_forecast", "total_low", "total_high", "total_actual", "bias", "mae", "rmse", "poisson_deviance"]


def holdout(
    calibration: Any,
    holdout_counts: Any = None,
    *,
    horizon_days: float,
    model: str = "mbg_nbd",
    unit: str = "week",
    seed: int = SEED,
) -> Result:
    """Score forecasts made at a cutoff against what came in the holdout: one row per model or simple rule.

    Parameters
    ----------
    calibration
        Histories at the cutoff, one row per customer (``customer_id, frequency, recency, T, monetary_value``).
    holdout_counts
        One row per customer with purchases in the holdout: ``customer_id``, ``purchases`` (occasions) and, for money,
        ``spend``. Known customers without a row made none; customers unknown at the cutoff are counted apart. The
        names ``holdout_purchases`` and ``holdout_spend`` are read too: None means that ``calibration`` has them, as
        ``kpikit.customers.calibration_holdout`` returns it.
    horizon_days
        Length of the holdout in days.
    model
        The model to put first; the other dropout model and NBD stand beside it.
    unit
        Unit of ``recency`` and ``T``.

    Returns
    -------
    Result
        ``.table``: ``rule``, ``title``, ``used`` (the model that forecast), ``total_forecast`` with ``total_low`` and
        ``total_high`` (95 %, process and parameter noise; models only), ``total_actual``, ``bias`` (forecast / actual
        − 1), ``mae``, ``rmse``, ``poisson_deviance`` (mean; infinite where a forecast of 0 was refuted),
        ``top_decile_capture`` (share of the purchases made by the tenth forecast highest), ``interval_coverage`` (share
        of customers inside their 95 % interval), and ``spend_forecast``, ``spend_actual`` where spend is given.

    Raises
    ------
    ContractError
        When a table is not what it must be.
    ParameterError
        When the horizon is not positive.
    """
    one_of("model", model, TITLES)
    one_of("unit", unit, DAYS_PER_UNIT)
    if not 0 < horizon_days < np.inf:
        raise ParameterError("more than 0 days", got=str(horizon_days), where="horizon_days")
    customers = customers_of(calibration)
    holdout_counts = _counts(calibration if holdout_counts is None else holdout_counts)
    actual, unknown = _match(customers, holdout_counts, "purchases")
    rows: list[dict[str, Any]] = []
    for name in (model, *(other for other in TITLES if other != model)):
        found = fit(customers, name, unit=unit, seed=seed)
        if found.used in {row["used"] for row in rows}:
            continue  # a fallback that has been scored already
        title = (
            TITLES[name] if found.used == name else f"{TITLES.get(found.used, 'nothing')} in place of {TITLES[name]}"
        )
        rows.append({"rule": name, "title": title, "used": found.used, **_score(found, actual, horizon_days)})
    for name, forecast in _naive(customers, horizon_days / DAYS_PER_UNIT[unit]).items():
        rows.append({"rule": name, "title": NAIVE[name], "used": name, **_errors(forecast, actual)})
    table = pd.DataFrame(rows)
    if "spend" in holdout_counts.columns:
        spend, _ = _match(customers, holdout_counts, "spend")
        table["spend_actual"] = spend.sum()
    else:
        table = table.drop(columns="spend_forecast")
    return Result(
        name="clv-holdout",
        kind="table",
        title=_holdout_title(table, horizon_days),
        text=_holdout_text(table, len(customers), unknown, horizon_days),
        headline=f"{_holdout_title(table, horizon_days)}.",
        table=table,
        facts={"n_customers": len(customers), "n_unknown_at_cutoff": unknown, "horizon_days": horizon_days},
    )


def _counts(data: Any) -> pd.DataFrame:
    """Return the outcome as a DataFrame with the names used here."""
    frame: pd.DataFrame = data.to_pandas() if is_expression(data) else data
    return frame.rename(columns={"holdout_purchases": "purchases", "holdout_spend": "spend"})


def _match(customers: pd.DataFrame, counts: pd.DataFrame, column: str) -> tuple[Array, int]:
    """Return the column of each known customer, 0 without a row, and the number of customers that are not known."""
    missing = [name for name in ("customer_id", column) if name not in counts.columns]
    if missing:
        raise ContractError(
            f"columns {missing}",
            got=f"[{listed(counts.columns)}]",
            fix="Pass customer_id and purchases, one row per customer.",
            where="holdout_counts",
        )
    if counts["customer_id"].duplicated().any():
        raise ContractError(
            "one row per customer", got="customers that repeat", fix="Sum them first.", where="holdout_counts"
        )
    values = counts.set_index("customer_id")[column]
    matched = values.reindex(customers["customer_id"]).fillna(0).to_numpy(dtype=float)
    return matched, int((~counts["customer_id"].isin(customers["customer_id"])).sum())


def _score(found: Fit, actual: Array, horizon_days: float) -> dict[str, Any]:
    """Return the scores of a model, with the intervals that only a model has."""
    customers = found.predict(horizon_days=horizon_days, annual_discount_rate=0.0)
    index, groups = codes(found.customers(), KEYS)
    interval = found.spread(groups, horizon_days, money=False)
    total = totals(found, horizon_days=horizon_days, annual_discount_rate=0.0)["purchases"]
    inside = (actual >= interval.low[index]) & (actual <= interval.high[index])
    return {
        **_errors(customers["expected_purchases"].to_numpy(), actual),
        "total_low": total["low"],
        "total_high": total["high"],
        "interval_coverage": inside.mean() if found.fitted else np.nan,
        "spend_forecast": customers["clv"].sum(min_count=1),
    }


def _errors(forecast: Array, actual: Array) -> dict[str, float]:
    """Return the scores of a forecast per customer."""
    total, came = float(forecast.sum()), float(actual.sum())
    return {
        "total_forecast": total,
        "total_low": np.nan,
        "total_high": np.nan,
        "total_actual": came,
        "bias": total / came - 1 if came > 0 else np.nan,
        "mae": float(np.abs(forecast - actual).mean()),
        "rmse": float(np.sqrt(((forecast - actual) ** 2).mean())),
        "poisson_deviance": _poisson_deviance(forecast, actual),
        "top_decile_capture": _capture(forecast, actual),
        "interval_coverage": np.nan,
        "spend_forecast": np.nan,
    }


def _poisson_deviance(forecast: Array, actual: Array) -> float:
    """Return the mean Poisson deviance: the score that a forecast of a count's mean cannot cheat."""
    if np.isnan(forecast).any():
        return float("nan")
    if ((forecast <= 0) & (actual > 0)).any():
        return float("inf")
    ratio = np.where(actual > 0, actual, 1.0) / np.where(actual > 0, forecast, 1.0)
    return float(2 * (actual * np.log(ratio) - (actual - forecast)).mean())


def _capture(forecast: Array, actual: Array, top: float = TOP) -> float:
    """Return the share of what came from the customers forecast highest; ties count at their average."""
    came, wanted = actual.sum(), int(np.ceil(top * len(forecast)))
    if came <= 0 or np.isnan(forecast).any():
        return float("nan")
    edge = np.sort(forecast)[-wanted]
    above, tied = forecast > edge, forecast == edge
    return float((actual[above].sum() + actual[tied].mean() * (wanted - above.sum())) / came)


def _naive(customers: pd.DataFrame, horizon: float) -> dict[str, Array]:
    """Return the forecasts of the simple rules, per customer."""
    x, T = customers["frequency"].to_numpy(), customers["T"].to_numpy()
    mean = x.sum() / T.sum() if T.sum() > 0 else 0.0
    own = np.where(T > 0, x / np.where(T > 0, T, 1.0), mean)
    return {"own_rate": own * horizon, "mean_rate": np.full(len(x), mean * horizon), "zero": np.zeros(len(x))}


def _holdout_title(table: pd.DataFrame, horizon_days: float) -> str:
    bias = table["bias"].iloc[0]
    if not np.isfinite(bias):
        return "The forecast could not be tested"
    said = f"{percent(abs(bias))} {'above' if bias > 0 else 'below'} what happened"
    return f"In the last test the forecast for {number(horizon_days)} days came out {said}"


def _holdout_text(table: pd.DataFrame, n: int, unknown: int, horizon_days: float) -> str:
    first = table.iloc[0]
    finite = table[np.isfinite(table["poisson_deviance"])]
    apart = f" {number(unknown)} customers who first bought later are not scored." if unknown else ""
    came = f"{number(n)} customers made {number(first.total_actual)} purchases in {number(horizon_days)} days"
    if np.isnan(first.total_forecast) or first.total_actual <= 0 or finite.empty:
        return f"{came}; the forecasts cannot be compared.{apart}"
    direction = "below" if first.bias < 0 else "above"
    held = first.total_low <= first.total_actual <= first.total_high
    named = TITLES | NAIVE
    best = {name: named[finite["used"].iloc[int(finite[name].argmin())]] for name in ("poisson_deviance", "rmse")}
    best["mae"] = named[table["used"].iloc[int(table["mae"].argmin())]]
    zero = float(table["mae"].iloc[-1])  # the last rule
    return (
        f"{came}; {first.title} forecast {number(first.total_forecast)}, {percent(abs(first.bias))} {direction} that "
        f"(95 % interval {number(first.total_low)} to {number(first.total_high)}: it "
        f"{'held' if held else 'did not hold: the interval knows no common shock'}). Best by Poisson deviance is "
        f"{best['poisson_deviance']}, by RMSE {best['rmse']}, by MAE {best['mae']}. MAE says little here: zero for all "
        f"has {number(zero, 3)} against {number(first.mae, 3)}. The tenth of the customers forecast highest made "
        f"{percent(first.top_decile_capture, 0)} of the purchases.{apart}"
    )


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
    index, groups = codes(customers, KEYS)
    forecast = found.forecast(groups, horizon_days)["expected_purchases"].to_numpy()[index]
    if np.isnan(forecast).any():
        raise ParameterError("a model that forecasts", got=found.verdict, fix="Give it more history.", where="fit")
    return customers, forecast, _match(customers, _counts(counts), "purchases")[0]


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
    ages = (days.to_numpy()[:, None] - born.index.to_numpy()[None, :]) / np.timedelta64(1, "D")
    levels, index = np.unique(np.maximum(ages, 0), return_inverse=True)
    by_age = found.new_customer_purchases(levels / DAYS_PER_UNIT[found.unit])
    expected = by_age[index].reshape(ages.shape) @ born.first_purchases.to_numpy(dtype=float)
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
