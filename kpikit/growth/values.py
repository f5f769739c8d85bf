"""The simple lifetime value beside the model's: the same years, the same margin, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import ParameterError
from kpikit.formatting import interval, money, number, percent
from kpikit.growth.matching import absent
from kpikit.periods import DAYS_PER_YEAR, MONTHS_PER_YEAR
from kpikit.results import Result

if TYPE_CHECKING:
    from kpikit.clv import Fit

COLUMNS = ["method", "purchases", "per_purchase", "value", "low", "high", "n"]
STEPS_PER_YEAR = MONTHS_PER_YEAR


def simple_and_model(
    simple: pd.DataFrame,
    fit: Fit,
    *,
    lifespan_years: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
    currency: str = "",
) -> Result:
    """Return what a new customer brings after the first order, by rate × lifespan and by the model: two rows.

    Parameters
    ----------
    simple
        One row of ``kpikit.compute`` for ``clv_simple`` with the same lifespan, discount rate and margin.
    fit
        A purchase model with its spend model, from ``clv.fit``.

    Returns
    -------
    Result
        ``table``: ``method``, ``purchases`` (expected in the lifespan), ``per_purchase`` (amount), ``value`` (margin,
        discounted), ``low``, ``high`` (of the simple value: the noise of the customers; none for the model), ``n``.
    """
    if not lifespan_years > 0:
        raise ParameterError("more than 0 years", got=str(lifespan_years), fix="Pass 3.", where="lifespan_years")
    name, facts = "simple-and-model", {"currency": currency}
    row = simple.iloc[0] if len(simple) else None
    if row is None or np.isnan(row.value):
        why = "Nobody has been a customer for a day yet."
        return absent(name, "A lifetime value cannot be said yet", why, COLUMNS, **facts)
    purchases, discounted = _expected(fit, lifespan_years, annual_discount_rate)
    spend = fit.spend.population_mean if fit.spend else np.nan
    model = discounted * spend * margin_fraction
    table = pd.DataFrame(
        [
            ("rate × lifespan", np.nan, np.nan, row.value, row.low, row.high, float(row.n)),
            (f"model ({fit.verdict})", purchases, spend, model, np.nan, np.nan, float(fit.n_customers)),
        ],
        columns=COLUMNS,
    )
    title, text = _in_words(float(row.value), table, lifespan_years, currency)
    return Result(name, "table", title, text, table=table, facts=facts)


def _expected(fit: Fit, years: float, annual_discount_rate: float) -> tuple[float, float]:
    """Return the repeat purchases of a new customer in so many years, plain and discounted month by month."""
    steps = max(1, round(years * STEPS_PER_YEAR))
    ages = np.linspace(0, years, steps + 1)
    so_far = np.asarray(fit.new_customer_purchases(fit.in_unit(1.0) * ages * DAYS_PER_YEAR), dtype=float)
    middle = (ages[1:] + ages[:-1]) / 2
    return float(so_far[-1]), float((np.diff(so_far) * (1 + annual_discount_rate) ** -middle).sum())


def _in_words(simple: float, table: pd.DataFrame, years: float, currency: str) -> tuple[str, str]:
    held = interval(table.low.iloc[0], table.high.iloc[0], "money", currency)
    model = float(table.value.iloc[1])
    title = (
        f"A customer brings {money(simple, currency)} after the first order, if {number(years, 1)} years go on as now"
    )
    text = (
        f"Average repeat purchase × repeat purchases a year × {number(years, 1)} years, discounted: "
        f"{money(simple, currency)} of margin (interval {held}). It takes the lifespan as given and the pace of all "
        "customers so far, whoever has left among them, as everybody's for all those years."
    )
    if np.isnan(model):
        return title, f"{text} There is too little data for the model's value."
    change = f", {percent(abs(model / simple - 1), 0)} {'less' if model < simple else 'more'}" if simple else ""
    text += (
        f" The model, for a new customer over the same years, says {money(model, currency)}{change}: it lets customers "
        f"differ and leave, and expects {number(table.purchases.iloc[1], 2)} repeat purchases. Its verdict: "
        f"{table.method.iloc[1].removeprefix('model (').removesuffix(')')}."
    )
    return title, text
