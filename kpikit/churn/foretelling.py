"""How many customers a churn run expects to be lost, kept to be judged; and how many were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from kpikit import ledger
from kpikit.churn.case import Case
from kpikit.churn.study import Model
from kpikit.errors import ContractError, listed
from kpikit.forecasts import COLUMNS, KEY
from kpikit.formatting import counted
from kpikit.intervals import CONFIDENCE
from kpikit.periods import as_date
from kpikit.results import Result

KPI, ALL = "customers_lost", "all"


def forecasts(case: Case, model: Model, losses: Result, *, active_days: int) -> Result:
    """Return how many of today's customers are expected to be lost: one row; none of a ready table.

    Of a ready table nothing says when its horizon is over, or what came.

    Parameters
    ----------
    case, model, losses
        The case, the model and :func:`kpikit.churn.expected_losses` of it.
    active_days
        Customers are those whose last order is so many days back at most.
    """
    if case.is_table:
        return ledger.forecasts(pd.DataFrame(columns=list(COLUMNS)), definitions={})
    expected, begins, days = losses.table.iloc[0], as_date(case.as_of), case.sample.horizon_days
    row = {
        "kpi": KPI, "title": "Customers lost", "by": "", "segment": ALL, "as_of": begins.isoformat(),
        "ends": (begins + timedelta(days=days)).isoformat(), "value": expected.expected, "low": expected.low,
        "high": expected.high, "confidence": CONFIDENCE, "style": "count", "n": int(expected.n), "model": model.name,
    }  # fmt: skip
    means = (
        f"no order in {counted(days, 'day')}, of customers whose last order is at most {counted(active_days, 'day')} "
        "back (version 1)"
    )
    return ledger.forecasts(pd.DataFrame([row]), definitions={KPI: means})


def what_came(lost: pd.DataFrame) -> pd.DataFrame:
    """Return how many were lost, for :func:`kpikit.ledger.scored`: one row per horizon.

    Parameters
    ----------
    lost
        From :func:`kpikit.features.lost_after` for the horizons that have come due, with the same ``active_days``.

    Raises
    ------
    ContractError
        When a column is missing.
    """
    missing = [name for name in ("opens", "ends", "lost") if name not in lost.columns]
    if missing:
        fix = "Pass kpikit.features.lost_after(orders, windows=due.windows, …).to_pandas()."
        raise ContractError(f"columns {missing}", got=f"[{listed(lost.columns)}]", fix=fix, where="lost")
    days = {"as_of": lost.opens.map(_iso), "ends": lost.ends.map(_iso)}
    return lost.assign(kpi=KPI, by="", segment=ALL, came=lost.lost.astype("float64"), **days)[[*KEY, "came"]]


def _iso(day: Any) -> str:
    return as_date(day).isoformat()
