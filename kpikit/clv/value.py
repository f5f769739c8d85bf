"""The base as a whole: its total with an interval, and how concentrated value is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.economics import check_economics
from kpikit.clv.formulas import Array
from kpikit.clv.histories import KEYS, codes
from kpikit.clv.model import Fit
from kpikit.clv.models import NAMES
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.formatting import interval, number, percent
from kpikit.results import Result

STEP = 1e-3  # of a parameter's logarithm, for the slope of the total
Z = 1.959964


def base_total(
    found: Fit,
    histories: Any = None,
    *,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
) -> Result:
    """Forecast the sum over customers with its 95 % predictive interval: one row for purchases, one for CLV.

    The interval contains the process noise of every customer (independent of one another) and the noise of the fitted
    parameters (delta method on their logarithms). It does not contain what hits all customers at once — a season, a
    price change, a rival — which is usually the larger part: read it as a lower bound of the uncertainty.

    Returns
    -------
    Result
        ``.table``: ``quantity`` (``purchases``, ``clv``), ``expected``, ``low``, ``high``, ``process_sd``,
        ``parameter_sd`` (NaN where the parameters' noise is not known and therefore left out).
    """
    values = totals(
        found,
        histories,
        horizon_days=horizon_days,
        annual_discount_rate=annual_discount_rate,
        margin_fraction=margin_fraction,
    )
    table = pd.DataFrame([{"quantity": name, **value} for name, value in values.items()])
    row = table.iloc[0]
    known = bool(np.isfinite(table["parameter_sd"].iloc[0]))
    text = (
        f"The base is expected to make {number(row.expected)} purchases in {number(horizon_days)} days "
        f"({interval(row.low, row.high, 'count')}), worth {number(table.iloc[1].expected)} discounted. The interval "
        f"holds the customers' own chance{' and the noise of the fitted parameters' if known else ''}, not a common "
        "shock to all of them."
    )
    return Result("clv-base-total", "table", "The base as a whole", text, table=table)


def totals(
    found: Fit,
    histories: Any = None,
    *,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
) -> dict[str, dict[str, float]]:
    """Return ``expected``, ``low``, ``high``, ``process_sd`` and ``parameter_sd`` of total purchases and total CLV."""
    check_economics(horizon_days, annual_discount_rate, margin_fraction)
    customers = found.customers(histories)
    index, groups = codes(customers, KEYS)
    forecast = found.forecast(groups, horizon_days, annual_discount_rate)
    discount = forecast["discount"].to_numpy() * margin_fraction
    expected = _sums(found, customers, index, groups, horizon_days, discount)
    process = _process_variance(found, customers, index, groups, horizon_days, discount)
    parameter = _parameter_variance(found, customers, index, groups, horizon_days, discount)
    result = {}
    for i, name in enumerate(("purchases", "clv")):
        sd = math.sqrt(process[i] + np.nan_to_num(parameter[i]))
        result[name] = {
            "expected": float(expected[i]),
            "low": max(float(expected[i]) - Z * sd, 0.0) if np.isfinite(expected[i]) else math.nan,
            "high": float(expected[i]) + Z * sd,
            "process_sd": math.sqrt(process[i]),
            "parameter_sd": math.sqrt(parameter[i]),
        }
    return result


def _sums(
    found: Fit, customers: pd.DataFrame, index: Array, groups: pd.DataFrame, horizon_days: float, discount: Array
) -> Array:
    """Return total expected purchases and total CLV."""
    purchases = found.forecast(groups, horizon_days)["expected_purchases"].to_numpy()
    if found.spend is None:
        return np.array([purchases[index].sum(), np.nan])
    spend = found.spend.expected(customers["frequency"].to_numpy(), customers["monetary_value"].to_numpy())
    return np.array([purchases[index].sum(), ((purchases * discount)[index] * spend).sum()])


def _process_variance(
    found: Fit, customers: pd.DataFrame, index: Array, groups: pd.DataFrame, horizon_days: float, discount: Array
) -> Array:
    """Return the variances of both totals that the customers' own chance makes, from the simulated moments."""
    counts = found.spread(groups, horizon_days, money=False)
    purchases = (counts.second - counts.mean**2)[index].sum()
    if found.spend is None:
        return np.array([purchases, np.nan])
    paid = found.spread(groups, horizon_days, money=True)
    scale = found.spend.scale(customers["frequency"].to_numpy(), customers["monetary_value"].to_numpy())
    variance = (paid.second - paid.mean**2) * discount**2
    return np.array([purchases, (variance[index] * scale**2).sum()])


def _parameter_variance(
    found: Fit, customers: pd.DataFrame, index: Array, groups: pd.DataFrame, horizon_days: float, discount: Array
) -> Array:
    """Return the variances of both totals that the noise of the parameters makes; NaN where it is not known."""
    variance = np.full(2, np.nan)
    if found.covariance is not None:
        slopes = [
            _slope(pair, customers, index, groups, horizon_days, discount) for pair in _purchase_neighbours(found)
        ]
        variance = np.einsum("ik,ij,jk->k", np.array(slopes), np.array(found.covariance), np.array(slopes))
    if found.spend is not None and found.spend.modelled and found.spend.covariance is not None:
        slopes = [_slope(pair, customers, index, groups, horizon_days, discount) for pair in _spend_neighbours(found)]
        spend = np.einsum("ik,ij,jk->k", np.array(slopes), np.array(found.spend.covariance), np.array(slopes))
        variance = np.array([variance[0], variance[1] + spend[1]])
    return variance


def _slope(pair: tuple[Fit, Fit], *facts: Any) -> Array:
    up, down = pair
    return (_sums(up, *facts) - _sums(down, *facts)) / (2 * STEP)


def _purchase_neighbours(found: Fit) -> Iterator[tuple[Fit, Fit]]:
    for name in NAMES[found.used]:
        yield tuple(  # type: ignore[misc]
            replace(found, params={**found.params, name: found.params[name] * math.exp(step)}) for step in (STEP, -STEP)
        )


def _spend_neighbours(found: Fit) -> Iterator[tuple[Fit, Fit]]:
    spend = found.spend
    assert spend is not None  # the caller asks only then
    for name, value in spend.params.items():
        yield tuple(  # type: ignore[misc]
            replace(found, spend=replace(spend, params={**spend.params, name: value * math.exp(step)}))
            for step in (STEP, -STEP)
        )


def concentration(scores: pd.DataFrame, top: float = 0.10) -> Result:
    """Say how concentrated value is: the most valuable customers first, their share of all CLV.

    Parameters
    ----------
    scores
        One row per customer with ``clv``, from :meth:`Fit.predict`; rows without a CLV are left out and counted.
    top
        Share of the customers whose share of the value is stated, above 0, at most 1.

    Returns
    -------
    Result
        ``.table`` of 101 rows: ``customer_share``, ``clv_share`` (both 0 to 1, most valuable first). ``.facts``:
        ``top``, ``top_share``, ``gini``, ``n_customers``, ``n_without_clv``.

    >>> concentration(pd.DataFrame({"clv": [70.0, 10.0, 10.0, 10.0]}), top=0.25).facts["top_share"]
    0.7
    """
    if "clv" not in scores.columns:
        raise ContractError("columns ['clv']", got=f"[{listed(scores.columns)}]", where="scores")
    if not 0 < top <= 1:
        raise ParameterError("a share above 0, at most 1", got=str(top), fix="Write 10 % as 0.10.", where="top")
    clv = np.sort(scores["clv"].dropna().to_numpy(dtype=float))[::-1]
    n, total = len(clv), float(clv.sum())
    missing = len(scores) - n
    shares = np.linspace(0, 1, 101)
    if total <= 0:
        table = pd.DataFrame({"customer_share": shares, "clv_share": np.nan})
        facts: dict[str, Any] = {"top": top, "top_share": None, "gini": None}
        title, headline = "No value to concentrate", ""
        text = "No customer has a positive expected value: there is nothing to concentrate."
    else:
        curve = np.concatenate([[0.0], np.cumsum(clv) / total])
        at = np.interp([*shares, top], np.arange(n + 1) / n, curve)
        gini = float((curve[1:] + curve[:-1]).sum() / n - 1)
        table = pd.DataFrame({"customer_share": shares, "clv_share": at[:-1]})
        facts = {"top": top, "top_share": float(at[-1]), "gini": gini}
        title = f"The most valuable {percent(top, 0)} of customers hold {percent(at[-1], 0)} of the expected value"
        headline = f"{title}."
        text = (
            f"The most valuable {percent(top, 0)} of {number(n)} customers hold {percent(at[-1])} of the expected "
            f"value (Gini {number(gini, 2)}; 0 is equal shares, 1 is one customer with everything)."
        )
    text += f" {number(missing)} customers have no value and are left out." if missing else ""
    facts.update(n_customers=n, n_without_clv=missing)
    return Result("clv-concentration", "table", title, text, headline, table=table, facts=facts)
