"""Many KPIs over periods and segments, with their intervals: ``kpikit.compute``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.contracts import CONTRACTS
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.metrics import CARDS, FUNCTIONS, Card, card
from kpikit.periods import Period

COLUMNS = ["kpi", "period", "segment", "numerator", "denominator", "value", "low", "high", "n", "status"]


def compute(
    tables: Mapping[str, Any],
    kpis: Sequence[str] | None = None,
    *,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """Return KPIs with their counts and intervals: one row per KPI, period and segment.

    Parameters
    ----------
    tables
        Ibis tables or DataFrames by contract name, for example ``{"orders": orders}``.
    kpis
        Ids of KPIs; None means every KPI that these tables can feed.
    period
        ``day``, ``week``, ``week-sunday``, ``month``, ``quarter``, ``year``; None means one row over all.
    by
        Column to split by.
    as_of
        First day that is not known; None means the day after the newest row of ``orders``.

    Returns
    -------
    DataFrame
        ``kpi``, ``period`` (first day; missing without a period), ``segment`` (``all`` without ``by``), ``numerator``,
        ``denominator`` (missing for totals), ``value``, ``low``, ``high`` (95 % interval), ``n`` (customers), ``status``
        (``complete``, ``partial``, ``not_yet_observed``). A denominator of 0 gives a missing value.

    Raises
    ------
    ParameterError
        When a KPI, period or date is not valid.
    ContractError
        When a table or column is missing.
    """
    if period is not None:
        Period.parse(period)
    unknown = [name for name in tables if name not in CONTRACTS]
    if unknown:
        raise ParameterError(f"tables named {listed(CONTRACTS)}", got=listed(unknown), fix="Rename the key.", where="tables")
    if kpis is None:
        kpis = [name for name, its in CARDS.items() if all(table in tables for table in its.needs)]
    elif isinstance(kpis, str):
        kpis = [kpis]
    return pd.concat([_one(card(name), tables, period, by, as_of) for name in kpis], ignore_index=True)[COLUMNS]


def _one(its: Card, tables: Mapping[str, Any], period: str | None, by: str | None, as_of: Any) -> pd.DataFrame:
    missing = [table for table in its.needs if table not in tables]
    if missing:
        raise ContractError(
            f"table {listed(missing)} for {its.id}", got=listed(tables), fix=f"Map tables.{missing[0]} in kpikit.yaml."
        )
    inputs = [tables[table] for table in its.needs]
    counts = FUNCTIONS[its.id](*inputs, period=period, by=by, as_of=as_of).to_pandas()
    return with_interval(counts, its)


def with_interval(counts: pd.DataFrame, its: Card) -> pd.DataFrame:
    """Return a KPI's counts with ``kpi``, ``value``, ``low`` and ``high``, as the card's interval says."""
    floats = ["numerator", "denominator", "sum_xx", "sum_yy", "sum_xy", "n"]
    x, y, xx, yy, xy, n = (counts[name].to_numpy(dtype=float, na_value=np.nan) for name in floats)
    is_total = its.interval in {"poisson", "compound_poisson"}
    value = x if is_total else np.divide(x, y, out=np.full(len(x), np.nan), where=(y != 0) & ~np.isnan(y))
    if its.interval == "wilson":
        low, high = intervals.wilson(x, y)
    elif its.interval == "clustered_ratio":
        low, high = intervals.clustered_ratio(x, y, xx, yy, xy, n)
    elif its.interval == "poisson":
        low, high = intervals.poisson(x)
    else:
        low, high = intervals.compound_poisson(x, xx)
    shown = counts.assign(kpi=its.id, value=value, low=np.where(np.isnan(value), np.nan, low))
    shown["high"] = np.where(np.isnan(value), np.nan, high)
    shown["period"] = pd.to_datetime(shown["period"]).astype("datetime64[s]")
    shown["n"] = shown["n"].astype("Int64")
    return shown[COLUMNS]
