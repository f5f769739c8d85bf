"""Where each customer's equity went between two days: expected at the first, come since, expected at the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.economics import check_economics, continuous_rate
from kpikit.clv.formulas import Array
from kpikit.clv.histories import FIX, KEYS, codes, customers_of, is_expression, require_columns
from kpikit.clv.model import Fit
from kpikit.clv.spend import Spend
from kpikit.errors import ContractError, ParameterError
from kpikit.formatting import counted, number
from kpikit.periods import DAYS_PER_UNIT, as_date

LINES = ["opening", "acquired", "time_passed", "changed_behaviour", "realised", "closing"]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
SAME_DAY = 1e-6  # days: ages are divided by the length of their unit, and come back rounded
SAME_ORDERS = "Build both with customers.histories from the same orders, with the two days as as_of."


def equity_by_customer(
    found: Fit,
    opening: Any,
    closing: Any = None,
    *,
    opening_day: Any,
    closing_day: Any,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
) -> pd.DataFrame:
    """Return the lines of :func:`kpikit.clv.customer_equity` by customer: one row per customer known at closing.

    Parameters and errors are those of :func:`kpikit.clv.customer_equity`.

    Returns
    -------
    DataFrame
        ``customer_id``, ``frequency``, ``T`` (at closing), ``is_new`` (first bought since the opening day), ``bought``
        (repeat purchases since), then ``opening``, ``acquired``, ``time_passed``, ``changed_behaviour``, ``realised``
        (above 0 where money came), ``closing``, in money: closing is the sum of the first four less what was realised.
        NaN where there is no model or no spend to value with.
    """
    if found.season or found.coefficients:
        got = "a season" if found.season else "covariates"
        fix = "Pass the plain fit: one model in calendar time values both days."
        raise ParameterError("a fit without season or covariates", got=got, fix=fix, where="found")
    length = _days_between(opening_day, closing_day)
    check_economics(horizon_days, annual_discount_rate, margin_fraction)
    if horizon_days == 0:
        raise ParameterError("more than 0 days", got="0", fix="Pass days, for example 365.", where="horizon_days")
    after = found.customers(closing)
    before = _known_at_opening(opening, opening_day)
    place = _matched(before, after, DAYS_PER_UNIT[found.unit], length)
    if found.spend is not None:
        _check_priced(before, "opening")
        _check_priced(after, "closing")
    is_new = np.ones(len(after), dtype=bool)
    is_new[place] = False

    nothing = np.zeros(len(after))
    lines = {name: nothing.copy() for name in LINES}
    terms = (horizon_days, annual_discount_rate)
    value = _spend(found.spend, before) * margin_fraction
    start, drift = _forecast(found, before, length, *terms)
    lines["opening"][place], lines["time_passed"][place] = start * value, drift * value
    newborn = after.loc[is_new].assign(frequency=0.0, monetary_value=np.nan)
    value = _spend(found.spend, newborn) * margin_fraction
    start, drift = _forecast_newborn(found, newborn["T"].to_numpy(), *terms)
    lines["acquired"][is_new], lines["time_passed"][is_new] = start * value, drift * value
    index, groups = codes(after, found.keys)
    ahead = found.forecast(groups, *terms)["discounted"].to_numpy()[index]
    lines["closing"] = ahead * _spend(found.spend, after) * margin_fraction
    earlier = nothing.copy()
    earlier[place] = _spent(before)
    lines["realised"] = (_spent(after) - earlier) * margin_fraction
    expected = lines["opening"] + lines["acquired"] + lines["time_passed"]
    lines["changed_behaviour"] = lines["closing"] + lines["realised"] - expected
    bought = after["frequency"].to_numpy(copy=True)
    bought[place] -= before["frequency"].to_numpy()
    return after[["customer_id", "frequency", "T"]].assign(is_new=is_new, bought=bought.astype(int), **lines)


def _days_between(opening_day: Any, closing_day: Any) -> int:
    first, last = as_date(opening_day, name="opening_day"), as_date(closing_day, name="closing_day")
    if last <= first:
        raise ParameterError(
            f"a closing day after the opening day ({first})",
            got=str(last),
            fix="Both are first days that are not known: leave days between them.",
            where="closing_day",
        )
    return (last - first).days


def _known_at_opening(opening: Any, opening_day: Any) -> pd.DataFrame:
    require_columns(opening, KEYS)
    frame = opening.to_pandas() if is_expression(opening) else opening
    if not len(frame):
        raise ParameterError(
            "an opening day after the first order",
            got=f"{opening_day}, when nobody was known",
            fix="Open later, when there are customers.",
            where="opening_day",
        )
    return customers_of(frame)


def _matched(before: pd.DataFrame, after: pd.DataFrame, unit_days: float, length: int) -> Array:
    """Return each opening customer's row at closing; raise unless both tables can be views of the same customers."""
    place: Array = pd.Index(after["customer_id"]).get_indexer(pd.Index(before["customer_id"]))
    lost = int((place < 0).sum())
    if lost:
        raise ContractError(
            "at closing every customer known at opening",
            got=f"{counted(lost, 'customer')} of opening without a row",
            fix=SAME_ORDERS,
            where="closing",
        )
    then, now = (frame["T"].to_numpy() * unit_days for frame in (before, after))
    older = now[place] - then
    if (np.abs(older - length) > SAME_DAY * (1 + now[place])).any():
        raise ParameterError(
            f"ages that grow by the {counted(length, 'day')} between opening_day and closing_day",
            got=f"{number(older.min(), 2)} to {number(older.max(), 2)} days",
            fix="Pass the as_of of the two histories as the two days; both in the unit of the fit.",
            where="closing_day",
        )
    born = np.delete(now, place)
    if (born > length - SAME_DAY).any():
        raise ContractError(
            "at opening every customer whose first purchase lies before it",
            got=f"{counted(int((born > length - SAME_DAY).sum()), 'customer')} without a row",
            fix=SAME_ORDERS,
            where="opening",
        )
    fewer = after["frequency"].to_numpy()[place] < before["frequency"].to_numpy()
    if fewer.any():
        raise ContractError(
            "purchases that do not become fewer",
            got=f"{counted(int(fewer.sum()), 'customer')} with a lower frequency at closing",
            fix="Build both from the same orders: what was cancelled later must be gone from both.",
            where="closing",
        )
    return place


def _check_priced(customers: pd.DataFrame, name: str) -> None:
    unpriced = int(((customers["frequency"] > 0) & customers["monetary_value"].isna()).sum())
    if unpriced:
        raise ContractError(
            "monetary_value of every repeat buyer",
            got=f"{counted(unpriced, 'repeat buyer')} without one",
            fix=FIX,
            where=name,
        )


def _forecast(found: Fit, customers: pd.DataFrame, length: int, horizon: float, rate: float) -> tuple[Array, Array]:
    """Return discounted purchases to come of each customer, and what ``length`` days are expected to add to them."""
    index, groups = codes(customers, found.keys)
    to_horizon = found.forecast(groups, horizon, rate)["discounted"].to_numpy()
    between = found.forecast(groups, length, rate)
    to_end = found.forecast(groups, length + horizon, rate)["discounted"].to_numpy()
    nearer = np.exp(continuous_rate(rate, "day") * length)
    later = nearer * (to_end - between["discounted"].to_numpy())
    drift = between["expected_purchases"].to_numpy() + later - to_horizon
    return to_horizon[index], drift[index]


def _forecast_newborn(found: Fit, age: Array, horizon: float, rate: float) -> tuple[Array, Array]:
    """Return the same of customers at their first purchase, each for as long as they have been there since."""
    ages, index = np.unique(age, return_inverse=True)
    ahead, unit_rate = found.in_unit(horizon), continuous_rate(rate, found.unit)
    plain, between = _newborn_purchases(found, ages, unit_rate)
    to_horizon = _newborn_purchases(found, np.array([ahead]), unit_rate)[1]
    to_end = _newborn_purchases(found, ages + ahead, unit_rate)[1]
    drift = plain + np.exp(unit_rate * ages) * (to_end - between) - to_horizon
    return np.broadcast_to(to_horizon, age.shape), drift[index]


def _newborn_purchases(found: Fit, until: Array, rate: float) -> tuple[Array, Array]:
    """Return a new customer's expected repeat purchases until each age, plain and discounted to the first purchase."""
    nodes = until[:, None] * (NODES + 1) / 2
    plain = found.new_customer_purchases(until)
    inner = (found.new_customer_purchases(nodes) * np.exp(-rate * nodes)) @ WEIGHTS * until / 2
    return plain, np.exp(-rate * until) * plain + rate * inner


def _spend(spend: Spend | None, customers: pd.DataFrame) -> Array:
    """Return the expected spend per purchase of each customer; NaN without a spend model."""
    if spend is None:
        return np.full(len(customers), np.nan)
    return spend.expected(customers["frequency"].to_numpy(), customers["monetary_value"].to_numpy())


def _spent(customers: pd.DataFrame) -> Array:
    """Return what each customer's repeat purchases have come to so far."""
    frequency = customers["frequency"].to_numpy()
    return np.where(frequency > 0, frequency * customers["monetary_value"].to_numpy(), 0.0)
