"""The base as a whole: its total with an interval, and how concentrated value is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.economics import check_economics
from kpikit.clv.formulas import Array
from kpikit.clv.histories import codes, segments_of
from kpikit.clv.model import Fit
from kpikit.clv.models import NAMES
from kpikit.clv.uncertainty import Shock, common_shock, interval_of
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.formatting import agreed, counted, interval, number, percent
from kpikit.results import Result

STEP = 1e-3  # of a parameter's logarithm, for the slope of the total
QUANTITIES = ("purchases", "clv")
ALL = "all"


def base_total(
    found: Fit,
    histories: Any = None,
    *,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
    by: Any = None,
    shock: Shock | Result | None = None,
) -> Result:
    """Forecast the sum over customers with its 95 % predictive interval: one row for purchases, one for CLV.

    The interval contains the process noise of every customer (independent of one another) and the noise of the fitted
    parameters (delta method on their logarithms). What hits all customers at once — a season, a price change, a rival —
    is usually the larger part: it is in the interval where ``shock`` is given, and else the interval is a lower bound.

    Parameters
    ----------
    found, histories, horizon_days, annual_discount_rate, margin_fraction
        As in :meth:`Fit.predict`.
    by
        Segment of each customer: a Series by ``customer_id``, or a list in the order of the customers; None for none.
    shock
        What earlier forecasts missed all at once: the result of :func:`kpikit.clv.rolling`, or a :class:`Shock`.

    Returns
    -------
    Result
        ``.table``: ``quantity`` (``purchases``, ``clv``), ``expected``, ``low``, ``high``, ``process_sd``,
        ``parameter_sd`` (NaN where the parameters' noise is not known and therefore left out), ``shock_sd`` (0 without
        a shock). With ``by`` also ``segment``: the whole base (``all``) first, then each segment.
    """
    shock = common_shock(shock)
    table = totals(
        found,
        histories,
        horizon_days=horizon_days,
        annual_discount_rate=annual_discount_rate,
        margin_fraction=margin_fraction,
        by=by,
        shock=shock,
    )
    row = table.iloc[0]
    known = bool(np.isfinite(row.parameter_sd))
    holds = "the customers' own chance" + (" and the noise of the fitted parameters" if known else "")
    common = (
        f", and the common shock of earlier forecasts. {shock.text}"
        if shock
        else ", not a common shock to all of them."
    )
    text = (
        f"The base is expected to make {number(row.expected)} purchases in {number(horizon_days)} days "
        f"({interval(row.low, row.high, 'count')}), worth {number(table.iloc[1].expected)} discounted. The interval "
        f"holds {holds}{common}"
    )
    if by is None:
        table = table.drop(columns="segment")
    return Result("clv-base-total", "table", "The base as a whole", text, table=table)


def totals(
    found: Fit,
    histories: Any = None,
    *,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
    by: Any = None,
    shock: Shock | None = None,
) -> pd.DataFrame:
    """Return the table of :func:`base_total`, always with ``segment``."""
    check_economics(horizon_days, annual_discount_rate, margin_fraction)
    customers = found.customers(histories)
    index, groups = codes(customers, found.keys)
    discount = found.forecast(groups, horizon_days, annual_discount_rate)["discount"].to_numpy() * margin_fraction
    rows = []
    for segments, part in ((np.array([ALL]), np.zeros(len(customers), dtype=int)), *_segments(customers, by)):
        base = _Base(customers, index, groups, horizon_days, discount, part, len(segments))
        expected, process = _sums(found, base), _process_variance(found, base)
        parameter = _parameter_variance(found, base)
        for j, segment in enumerate(segments):
            for i, quantity in enumerate(QUANTITIES):
                chance = process[i, j] + np.nan_to_num(parameter[i, j])
                low, high = interval_of(float(expected[i, j]), float(chance), shock)
                rows.append(
                    {
                        "segment": segment, "quantity": quantity, "expected": float(expected[i, j]), "low": low,
                        "high": high, "process_sd": math.sqrt(process[i, j]),
                        "parameter_sd": math.sqrt(parameter[i, j]),
                        "shock_sd": float(expected[i, j]) * shock.sd if shock else 0.0,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Base:
    """Customers, their distinct histories and their segments: what every sum is over."""

    customers: pd.DataFrame
    index: Array
    groups: pd.DataFrame
    horizon_days: float
    discount: Array
    part: Array
    n_parts: int

    def sums(self, values: Array) -> Array:
        """Return the sum of a value per customer over each segment."""
        return np.bincount(self.part, values, self.n_parts)


def _segments(customers: pd.DataFrame, by: Any) -> Iterator[tuple[Array, Array]]:
    if by is not None:
        part, names = segments_of(customers, by)
        yield names, part


def _sums(found: Fit, base: _Base) -> Array:
    """Return total expected purchases and total CLV: two rows, one column per segment."""
    purchases = found.forecast(base.groups, base.horizon_days)["expected_purchases"].to_numpy()
    purchased = base.sums(purchases[base.index])
    if found.spend is None:
        return np.array([purchased, np.full(base.n_parts, np.nan)])
    facts = (base.customers[name].to_numpy() for name in ("frequency", "monetary_value"))
    paid = (purchases * base.discount)[base.index] * found.spend.expected(*facts)
    return np.array([purchased, base.sums(paid)])


def _process_variance(found: Fit, base: _Base) -> Array:
    """Return the variances of both totals that the customers' own chance makes, from the simulated moments."""
    counts = found.spread(base.groups, base.horizon_days, money=False)
    purchases = base.sums((counts.second - counts.mean**2)[base.index])
    if found.spend is None:
        return np.array([purchases, np.full(base.n_parts, np.nan)])
    paid = found.spread(base.groups, base.horizon_days, money=True)
    scale = found.spend.scale(*(base.customers[name].to_numpy() for name in ("frequency", "monetary_value")))
    variance = (paid.second - paid.mean**2) * base.discount**2
    return np.array([purchases, base.sums(variance[base.index] * scale**2)])


def _parameter_variance(found: Fit, base: _Base) -> Array:
    """Return the variances of both totals that the noise of the parameters makes; NaN where it is not known."""
    variance = np.full((2, base.n_parts), np.nan)
    if found.covariance is not None:
        slopes = np.array([_slope(pair, base) for pair in _purchase_neighbours(found)])
        variance = np.einsum("iks,ij,jks->ks", slopes, np.array(found.covariance), slopes)
    if found.spend is not None and found.spend.modelled and found.spend.covariance is not None:
        slopes = np.array([_slope(pair, base) for pair in _spend_neighbours(found)])
        spend = np.einsum("iks,ij,jks->ks", slopes, np.array(found.spend.covariance), slopes)
        variance = np.array([variance[0], variance[1] + spend[1]])
    return variance


def _slope(pair: tuple[Fit, Fit], base: _Base) -> Array:
    up, down = pair
    return (_sums(up, base) - _sums(down, base)) / (2 * STEP)


def _purchase_neighbours(found: Fit) -> Iterator[tuple[Fit, Fit]]:
    for name in NAMES[found.used]:
        yield tuple(  # type: ignore[misc]
            replace(found, params={**found.params, name: found.params[name] * math.exp(step)}) for step in (STEP, -STEP)
        )
    for name, value in found.coefficients.items():
        yield tuple(  # type: ignore[misc]  # of two
            replace(found, coefficients={**found.coefficients, name: value + step}) for step in (STEP, -STEP)
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
    have, are = agreed(missing, "has", "have"), agreed(missing, "is", "are")
    text += f" {counted(missing, 'customer')} {have} no value and {are} left out." if missing else ""
    facts.update(n_customers=n, n_without_clv=missing)
    return Result("clv-concentration", "table", title, text, headline, table=table, facts=facts)
