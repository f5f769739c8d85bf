"""Proof of a forecast: what a model said at a cutoff, what came, and what simple rules would have said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.comparing import FAMILIES, fits_of
from kpikit.clv.formulas import Array
from kpikit.clv.histories import codes, customers_of, is_expression
from kpikit.clv.model import SEED, Fit
from kpikit.clv.models import MODELS, TITLES
from kpikit.clv.value import totals
from kpikit.errors import ContractError, ParameterError, listed, one_of
from kpikit.formatting import agreed, counted, number, percent
from kpikit.periods import DAYS_PER_UNIT
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
    unit: str = "",
    seed: int = SEED,
) -> Result:
    """Score forecasts made at a cutoff against what came in the holdout: one row per model or simple rule.

    Parameters
    ----------
    calibration
        The fits of :func:`kpikit.clv.fits` to histories at the cutoff (nothing is fitted again), or such histories, one
        row per customer (``customer_id, frequency, recency, T, monetary_value``).
    holdout_counts
        One row per customer with purchases in the holdout: ``customer_id``, ``purchases`` (occasions) and, for money,
        ``spend``. Known customers without a row made none; customers unknown at the cutoff are counted apart. The
        names ``holdout_purchases`` and ``holdout_spend`` are read too: None means that ``calibration`` has them (or
        what was fitted), as ``kpikit.customers.calibration_holdout`` returns it.
    horizon_days
        Length of the holdout in days.
    model
        The model to put first; the others of its kind, or those given as fits, stand beside it.
    unit
        Unit of ``recency`` and ``T``; empty: read from the numbers.

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
    one_of("model", model, MODELS)
    if not 0 < horizon_days < np.inf:
        raise ParameterError("more than 0 days", got=str(horizon_days), where="horizon_days")
    kind = next(family for family in FAMILIES if model in family)
    given = isinstance(calibration, (Mapping, list, tuple))
    found = fits_of(calibration, kind) if given else {}
    if given:
        one_of("model", model, found)
    source = found[model].source if given else calibration
    customers = found[model].customers() if given else customers_of(calibration)
    holdout_counts = holdout_frame(source if holdout_counts is None else holdout_counts)
    actual, unknown = match_customers(customers, holdout_counts, "purchases")
    found = found or fits_of(customers, kind, unit=unit, seed=seed)
    unit = found[model].unit
    rows: list[dict[str, Any]] = []
    for name in (model, *(other for other in found if other != model)):
        one = found[name]
        if one.used in {row["used"] for row in rows}:
            continue  # a fallback that has been scored already
        title = TITLES[name] if one.used == name else f"{TITLES.get(one.used, 'nothing')} in place of {TITLES[name]}"
        rows.append({"rule": name, "title": title, "used": one.used, **_score(one, actual, horizon_days)})
    for name, forecast in _naive(customers, horizon_days / DAYS_PER_UNIT[unit]).items():
        rows.append({"rule": name, "title": NAIVE[name], "used": name, **_errors(forecast, actual)})
    table = pd.DataFrame(rows)
    if "spend" in holdout_counts.columns:
        spend, _ = match_customers(customers, holdout_counts, "spend")
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


def holdout_frame(data: Any) -> pd.DataFrame:
    """Return the outcome as a DataFrame with the names used here."""
    frame: pd.DataFrame = data.to_pandas() if is_expression(data) else data
    return frame.rename(columns={"holdout_purchases": "purchases", "holdout_spend": "spend"})


def match_customers(customers: pd.DataFrame, counts: pd.DataFrame, column: str) -> tuple[Array, int]:
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
    index, groups = codes(found.customers(), found.keys)
    interval = found.spread(groups, horizon_days, money=False)
    total = totals(found, horizon_days=horizon_days, annual_discount_rate=0.0).iloc[0]
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
    are = agreed(unknown, "is", "are")
    apart = f" {counted(unknown, 'customer')} who first bought later {are} not scored." if unknown else ""
    came = f"{counted(n, 'customer')} made {number(first.total_actual)} purchases in {number(horizon_days)} days"
    if np.isnan(first.total_forecast) or first.total_actual <= 0 or finite.empty:
        return f"{came}; the forecasts cannot be compared.{apart}"
    direction = "below" if first.bias < 0 else "above"
    held = first.total_low <= first.total_actual <= first.total_high
    named = TITLES | NAIVE
    best = {name: named[finite["used"].iloc[int(finite[name].argmin())]] for name in ("poisson_deviance", "rmse")}
    best["mae"] = named[table["used"].iloc[int(table["mae"].argmin())]]
    zero = float(table["mae"].iloc[-1])  # the last rule
    return (
        f"{came}; {first.title} forecast {number(first.total_forecast)}, "
        f"{percent(abs(first.bias))} {direction} what came "
        f"(95 % interval {number(first.total_low)} to {number(first.total_high)}: it "
        f"{'held' if held else 'did not hold: the interval knows no common shock'}). Best by Poisson deviance is "
        f"{best['poisson_deviance']}, by RMSE {best['rmse']}, by MAE {best['mae']}. MAE says little here: zero for all "
        f"has {number(zero, 3)} against {number(first.mae, 3)}. The tenth of the customers forecast highest made "
        f"{percent(first.top_decile_capture, 0)} of the purchases.{apart}"
    )
