"""What a lifetime-value run forecasts, to be judged when the horizon is over, and what came of earlier forecasts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from kpikit import ledger
from kpikit.clv.model import Fit
from kpikit.clv.models import TITLES
from kpikit.clv.reading import GROUPS
from kpikit.clv.uncertainty import LEVEL, Shock, common_shock
from kpikit.clv.value import ALL, totals
from kpikit.errors import ContractError, listed
from kpikit.forecasts import KEY
from kpikit.formatting import counted, percent
from kpikit.periods import as_date
from kpikit.results import Result

BY = "purchases so far"
KPIS = {"purchases": "expected_purchases", "clv": "clv"}
NAMES = {"expected_purchases": ("Purchases", "count"), "clv": ("Value of today's customers", "money")}
NEEDED = ("opens", "ends", "frequency", "purchases", "discounted_spend")


def forecasts(
    found: Fit, *, as_of: Any, horizon_days: int, annual_discount_rate: float = 0.10, margin_fraction: float = 1.0,
    currency: str = "", shock: Shock | Result | None = None,
) -> Result:  # fmt: skip
    """Return what the customers who were fitted are expected to buy and to be worth: one row per group and quantity.

    Parameters
    ----------
    found
        The fit, with its histories.
    as_of
        First day that is not known: the horizon begins with it.
    horizon_days
        Length of the horizon in whole days, 1 or more.
    annual_discount_rate, margin_fraction, shock
        As in :func:`kpikit.clv.base_total`.
    currency
        Of the amounts.

    Returns
    -------
    Result
        As :func:`kpikit.ledger.forecasts` gives it: ``expected_purchases`` and ``clv`` of all customers and of each
        group by the number of purchases so far, with their 95 % intervals.
    """
    begins = as_date(as_of)
    customers = found.customers()
    group = group_of(customers.frequency)
    money = {"annual_discount_rate": annual_discount_rate, "margin_fraction": margin_fraction}
    rows = totals(found, horizon_days=horizon_days, by=list(group), shock=common_shock(shock), **money)
    sizes = {ALL: len(customers), **group.value_counts()}
    kpi = rows.quantity.map(KPIS)
    table = pd.DataFrame(
        {
            "kpi": kpi, "title": kpi.map(lambda name: NAMES[name][0]), "by": np.where(rows.segment == ALL, "", BY),
            "segment": rows.segment.astype(str), "as_of": begins.isoformat(),
            "ends": (begins + timedelta(days=horizon_days)).isoformat(), "value": rows.expected, "low": rows.low,
            "high": rows.high, "confidence": LEVEL, "style": kpi.map(lambda name: NAMES[name][1]),
            "n": rows.segment.map(sizes), "model": TITLES.get(found.used, "no model"),
        }
    )  # fmt: skip
    order = [ALL, *GROUPS]
    table = table.sort_values(["kpi", "segment"], key=lambda name: name.map({**dict(zip(order, range(9), strict=False)),
                              "expected_purchases": 0, "clv": 1}), kind="stable")  # fmt: skip
    return ledger.forecasts(table, definitions=definitions(horizon_days, currency=currency, **money), currency=currency)


def definitions(
    horizon_days: int, *, annual_discount_rate: float, margin_fraction: float, currency: str = ""
) -> dict[str, str]:
    """Return what exactly is forecast, with its settings."""
    bought = f"days with an order in {counted(horizon_days, 'day')}, of customers with one before (version 1)"
    amount = f"net amount{f' in {currency}' if currency else ''} of {bought}"
    return {
        "expected_purchases": bought,
        "clv": f"{amount}, times the margin {percent(margin_fraction)}, discounted at {percent(annual_discount_rate)} "
        "a year",
    }


def what_came(bought: Any, *, margin_fraction: float = 1.0) -> pd.DataFrame:
    """Return what came of earlier forecasts of purchases and value: one row per horizon, group and quantity.

    Parameters
    ----------
    bought
        From :func:`kpikit.features.purchases_after` for ``due.windows``, with the discount rate of the forecasts.
    margin_fraction
        Share of the spend that is margin, as in the forecasts.

    Returns
    -------
    DataFrame
        ``kpi``, ``by``, ``segment``, ``as_of``, ``ends``, ``came``: for :func:`kpikit.ledger.scored`. A group without a
        customer then has no row: what it did is not 0, it was not there.

    Raises
    ------
    ContractError
        When a column is missing.
    """
    frame: pd.DataFrame = bought if isinstance(bought, pd.DataFrame) else bought.to_pandas()
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        fix = "Pass kpikit.features.purchases_after(orders, windows=due.windows, …)."
        raise ContractError(f"columns {missing}", got=f"[{listed(frame.columns)}]", fix=fix, where="bought")
    frame = frame.assign(
        as_of=frame.opens.map(_iso), ends=frame.ends.map(_iso), expected_purchases=frame.purchases,
        clv=frame.discounted_spend * margin_fraction,
    )  # fmt: skip
    whole = frame.assign(by="", segment=ALL)
    parts = frame.assign(by=BY, segment=group_of(frame.frequency))
    keys = ["by", "segment", "as_of", "ends"]
    sums = pd.concat([whole, parts]).groupby(keys, as_index=False, sort=False)[list(NAMES)].sum()
    came = sums.melt(keys, list(NAMES), var_name="kpi", value_name="came")
    return came[[*KEY, "came"]].astype({"came": "float64"})


def group_of(frequency: Any) -> pd.Series[str]:
    """Return the group of each customer by the number of purchases so far (``frequency`` is that less one)."""
    repeats = pd.Series(np.asarray(frequency, dtype=float))
    bounds = [high for _, high in GROUPS.values()]
    return pd.Series(np.array(list(GROUPS))[np.searchsorted(bounds, repeats)], repeats.index, dtype=object)


def _iso(day: Any) -> str:
    return as_date(day).isoformat()
