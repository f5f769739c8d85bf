"""Rolling origins: forecasts made at many earlier days, what came of each, and the common shock that they show."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.fitter import fit
from kpikit.clv.formulas import Array
from kpikit.clv.histories import KEYS, codes, is_expression, require_columns
from kpikit.clv.model import SEED, Fit
from kpikit.clv.models import MODELS
from kpikit.clv.uncertainty import FEWEST_ORIGINS, Shock, interval_of, shock_of
from kpikit.clv.value import totals
from kpikit.errors import ParameterError, one_of
from kpikit.formatting import counted, number, percent
from kpikit.results import Result

NEEDED = ["origin", "customer_id", *KEYS, "holdout_purchases"]


def rolling(origins: Any, *, horizon_days: float, model: str = "mbg_nbd", unit: str = "", seed: int = SEED) -> Result:
    """Forecast the base's purchases at each origin and compare with what came: one row per origin.

    At each origin the model is fitted to what was known then. The interval with the common shock takes the shock from
    those earlier origins whose holdout was over by then: nothing is learned after the day of the forecast.

    Parameters
    ----------
    origins
        One row per customer and origin: :func:`kpikit.customers.rolling_origins`. No rows: no earlier forecasts.
    horizon_days
        Length of the holdouts in days, as given there.
    model, unit, seed
        As in :func:`kpikit.clv.fit`.

    Returns
    -------
    Result
        ``.table``: ``origin``, ``n_customers``, ``verdict``, ``used``, ``forecast``, ``actual``, ``bias``, ``low`` and
        ``high`` (95 %, chance and parameters alone), ``shock_low`` and ``shock_high`` (with the shock of earlier
        origins; NaN where fewer than three are over), ``chance_variance`` (of log(actual / forecast)), ``inside``,
        ``shock_inside`` (bool; None where there is no such interval) and ``customers_inside`` (share of the customers
        in their own interval). ``.facts``: ``shock`` (of all origins; None where there are fewer than three), which
        :func:`kpikit.clv.base_total` takes with the whole result, ``coverage``, ``shock_coverage``, ``n_origins``.

    Raises
    ------
    ContractError
        When a column is missing.
    ParameterError
        When the model is unknown or the horizon is not above 0.
    """
    one_of("model", model, MODELS)
    if not 0 < horizon_days < np.inf:
        raise ParameterError("more than 0 days", got=str(horizon_days), fix="Pass 90.", where="horizon_days")
    require_columns(origins, NEEDED)
    frame: pd.DataFrame = origins.to_pandas() if is_expression(origins) else origins
    if frame.empty:
        return _none(horizon_days)
    frame = frame.assign(origin=pd.to_datetime(frame["origin"]))
    rows = []
    for origin, known in frame.sort_values("origin").groupby("origin"):
        known = known.drop(columns=["origin", "monetary_value"], errors="ignore")  # purchases alone: no spend is fitted
        found = fit(known.reset_index(drop=True), model, unit=unit, seed=seed)
        rows.append({"origin": origin, **_outcome(found, horizon_days)})
    table = _with_shock(pd.DataFrame(rows), horizon_days)
    shock = _shock(table, horizon_days)
    inside, shock_inside = _share(table["inside"]), _share(table["shock_inside"])
    facts = {
        "shock": asdict(shock) if shock else None,
        "coverage": inside,
        "shock_coverage": shock_inside,
        "n_origins": len(table),
    }
    return Result("clv-origins", "table", _title(table), _text(table, shock), table=table, facts=facts)


def _none(horizon_days: float) -> Result:
    """Return that there are no earlier forecasts, which leaves the common shock unknown."""
    title = f"The history is too short to forecast again from earlier days for {counted(horizon_days, 'day')}"
    text = (
        f"{title}: it takes three such horizons. What hits all customers at once has not been seen, and no interval "
        "holds it."
    )
    facts = {"shock": None, "coverage": None, "shock_coverage": None, "n_origins": 0}
    return Result("clv-origins", "text", title, text, facts=facts)


def _outcome(found: Fit, horizon_days: float) -> dict[str, Any]:
    customers = found.customers()
    actual = found.source["holdout_purchases"].to_numpy(dtype=float)
    row = totals(found, horizon_days=horizon_days, annual_discount_rate=0.0).iloc[0]
    index, groups = codes(customers, found.keys)
    own = found.spread(groups, horizon_days, money=False)
    inside = (actual >= own.low[index]) & (actual <= own.high[index])
    came = float(actual.sum())
    chance = row.process_sd**2 + np.nan_to_num(row.parameter_sd) ** 2
    return {
        "n_customers": len(customers),
        "verdict": found.verdict,
        "used": found.used,
        "forecast": row.expected,
        "actual": came,
        "bias": row.expected / came - 1 if came > 0 else np.nan,
        "low": row.low,
        "high": row.high,
        "chance_variance": chance / row.expected**2 if row.expected > 0 else np.nan,
        "inside": bool(row.low <= came <= row.high) if np.isfinite(row.expected) else None,
        "customers_inside": float(inside.mean()) if found.fitted else np.nan,
    }


def _with_shock(table: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
    """Return the table with the interval that earlier origins, over by then, would have given."""
    over = table["origin"] + pd.Timedelta(days=horizon_days)
    ends: list[tuple[float, float]] = []
    held: list[bool | None] = []
    rows: list[Any] = list(table.itertuples())
    for row in rows:
        shock = _shock(table[over <= row.origin], horizon_days)
        if shock is None or not row.forecast > 0:
            ends.append((np.nan, np.nan))
            held.append(None)
            continue
        low, high = interval_of(row.forecast, row.chance_variance * row.forecast**2, shock)
        ends.append((low, high))
        held.append(bool(low <= row.actual <= high))
    table[["shock_low", "shock_high"]] = ends
    return table.assign(shock_inside=pd.Series(held, table.index, dtype=object))


def _shock(table: pd.DataFrame, horizon_days: float) -> Shock | None:
    if len(table) < FEWEST_ORIGINS:
        return None
    known = (table["actual"] > 0) & (table["forecast"] > 0)
    ratio = np.where(known, table["actual"], 1.0) / np.where(known, table["forecast"], 1.0)
    days: Array = (table["origin"] - table["origin"].iloc[0]).dt.days.to_numpy(dtype=float)
    return shock_of(np.where(known, np.log(ratio), np.nan), table["chance_variance"].to_numpy(), days, horizon_days)


def _share(inside: pd.Series[Any]) -> float:
    judged = inside.dropna()
    return float(judged.astype(float).mean()) if len(judged) else float("nan")


def _title(table: pd.DataFrame) -> str:
    judged = table["inside"].dropna()
    made = counted(len(judged), "forecast")
    return f"By chance alone the interval held in {int(judged.sum())} of {made} made again from earlier days"


def _text(table: pd.DataFrame, shock: Shock | None) -> str:
    text = f"{_title(table)}."
    judged = table["shock_inside"].dropna()
    if len(judged):
        text += (
            f" With the common shock that was known by then it held in {int(judged.sum())} of {number(len(judged))}."
        )
    bias = table["bias"].dropna()
    if len(bias):
        text += f" The forecasts came out between {percent(bias.min())} and {percent(bias.max())} off."
    return f"{text} {shock.text}" if shock else f"{text} There are too few origins to estimate a common shock."
